use super::*;
use crate::testing::{but, file_reply, host_value, lines, make, plan};

fn member() -> Value {
    let cluster = [("infra0", "10.0.0.6"), ("infra1", "10.0.0.7"), ("infra2", "10.0.0.8")];
    Value::object([
        ("host", host_value("infra0")),
        ("name", "infra0".into()),
        ("address", "10.0.0.6".into()),
        ("cluster", Value::object(cluster.map(|(name, ip)| (name, ip.into())))),
        ("kubernetes_version", "1.34.1".into()),
    ])
}

fn control_plane() -> Value {
    Value::object([
        ("host", host_value("master0")),
        ("role", "control-plane".into()),
        ("path", "/etc/kubernetes/kubeadm-config.yaml".into()),
        ("kubernetes_version", "1.20.2".into()),
        ("endpoints", Value::tuple(["https://10.0.0.6:2379".into()])),
        ("control_plane_endpoint", "10.0.0.9:6443".into()),
    ])
}

#[test]
fn a_members_file_is_written_and_rests() {
    let resource = KubeadmConfig::default();
    let made = make(&resource, &member(), None);
    assert_eq!(lines(&made.steps), ["write /etc/kubernetes/kubeadmcfg.yaml (0600 root:root)"]);
    let content = attrs::text(&made.after, "content").unwrap();
    assert!(content.contains("initial-cluster"), "{content}");
    assert_eq!(attrs::text(&made.after, "api_version"), Some("kubeadm.k8s.io/v1beta4"));
    let reply = file_reply(content.as_bytes(), 0o600);
    assert_eq!(resource.seen(&made.after, &[reply]), Seen::Present(made.after.clone()));
    let again = plan(&resource, &member(), Some(&made.after)).unwrap();
    assert_eq!((&again.after, again.steps), (&made.after, vec![]));
    assert_eq!(resource.seen(&made.after, &[Reply::Absent]), Seen::Absent);
    let by_hand = resource.seen(&made.after, &[file_reply(b"by hand", 0o600)]);
    let Seen::Present(prior) = by_hand else { panic!("it is there") };
    assert_eq!(plan(&resource, &member(), Some(&prior)).unwrap().steps.len(), 1);
    let steps = resource.destroy(&DestroyRequest { prior: &made.after });
    let lines = lines(&steps);
    assert_eq!(
        lines,
        ["remove /etc/kubernetes/kubeadmcfg.yaml", "remove directory /etc/kubernetes if empty"]
    );
}

#[test]
fn a_control_plane_is_told_of_the_etcd_it_uses() {
    let planned = plan(&KubeadmConfig::default(), &control_plane(), None).unwrap();
    let content = attrs::text(&planned.after, "content").unwrap();
    for line in ["controlPlaneEndpoint: 10.0.0.9:6443", "    - https://10.0.0.6:2379", "v1.20.2"] {
        assert!(content.contains(line), "{content}");
    }
    let open = but(&control_plane(), [("endpoints", Value::unknown(Type::list(Type::String)))]);
    let planned = plan(&KubeadmConfig::default(), &open, None).unwrap();
    assert!(planned.after.attr("content").unwrap().is_unknown());
    assert_eq!(planned.steps.len(), 1);
}

#[test]
fn no_file_among_static_pods() {
    let resource = KubeadmConfig::default();
    for path in ["/etc/kubernetes/manifests/kubeadmcfg.yaml", "/srv/manifests/x.yaml"] {
        let config = but(&member(), [("path", path.into())]);
        assert_eq!(resource.check(&config)[0].attr, Some("path"));
        assert_eq!(plan(&resource, &config, None).unwrap_err().attr, Some("path"));
    }
    assert!(resource.check(&member()).is_empty());
    assert_eq!(resource.check(&but(&member(), [("role", "x".into())]))[0].attr, Some("role"));
}

#[test]
fn each_role_has_its_needs() {
    let refused = |config: &Value| plan(&KubeadmConfig::default(), config, None).unwrap_err().attr;
    assert_eq!(refused(&but(&member(), [("name", Value::NULL)])), Some("name"));
    let none = [("endpoints", Value::tuple([]))];
    assert_eq!(refused(&but(&control_plane(), none)), Some("endpoints"));
    let odd = [("advertise_address", "x".into())];
    assert_eq!(refused(&but(&control_plane(), odd)), Some("advertise_address"));
}
