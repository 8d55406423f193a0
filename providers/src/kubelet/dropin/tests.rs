use super::*;
use crate::testing::{but, file_reply, host_value, lines, make, plan, staging_value};

fn config() -> Value {
    let facts = [
        ("kubelet_version", Value::string("v1.20.2")),
        (
            "container_runtime",
            Value::object([
                ("name", "containerd".into()),
                ("socket", "/run/containerd/containerd.sock".into()),
                ("cgroup_driver", "cgroupfs".into()),
            ]),
        ),
    ];
    Value::object([("host", attrs::with(&host_value("infra0"), facts))])
}

fn unit_reply(active: &str, needs_reload: bool) -> Reply {
    Reply::Unit(UnitReply {
        active: active.to_owned(),
        enabled: "enabled".to_owned(),
        needs_reload,
        files: vec![],
    })
}

fn replies(object: &Value) -> [Reply; 3] {
    let file = |name| file_reply(attrs::text(object, name).unwrap().as_bytes(), 0o644);
    [file("drop_in"), file("config"), unit_reply("active", false)]
}

#[test]
fn facts_of_the_host_decide() {
    let planned = plan(&KubeletDropin::default(), &config(), None).unwrap();
    let drop_in = attrs::text(&planned.after, "drop_in").unwrap();
    assert!(drop_in.contains("--container-runtime=remote"), "{drop_in}");
    let text = attrs::text(&planned.after, "config").unwrap();
    assert!(text.contains("cgroupDriver: cgroupfs"), "{text}");
    assert_eq!(
        lines(&planned.steps),
        [
            "write /etc/systemd/system/kubelet.service.d/20-etcd-service-manager.conf (0644 root:root)",
            "write /var/lib/kubelet/etcd-service-manager.yaml (0644 root:root)",
            "systemctl daemon-reload",
            "systemctl enable kubelet.service",
            "systemctl restart kubelet.service",
            "wait until kubelet is healthy (at most 60 s)",
        ]
    );
    assert!(make(&KubeletDropin::default(), &config(), None).after.is_wholly_known());
}

#[test]
fn an_upgraded_kubelet_gets_its_flags() {
    let resource = KubeletDropin::default();
    let made = make(&resource, &config(), None).after;
    let host = attrs::with(config().attr("host").unwrap(), [("kubelet_version", "v1.34.1".into())]);
    let planned = plan(&resource, &but(&config(), [("host", host)]), Some(&made)).unwrap();
    assert_eq!(attrs::text(&planned.after, "kubernetes_version"), Some("1.34.1"));
    assert_eq!(planned.steps.len(), 6);
}

#[test]
fn drift_is_answered() {
    let resource = KubeletDropin::default();
    let made = make(&resource, &config(), None).after;
    assert_eq!(resource.look(&made).len(), 3);
    let whole = replies(&made);
    assert_eq!(resource.seen(&made, &whole), Seen::Present(made.clone()));
    let steps = |index: usize, reply: Reply| {
        let mut replies = whole.clone();
        replies[index] = reply;
        let Seen::Present(prior) = resource.seen(&made, &replies) else { panic!("it is there") };
        plan(&resource, &config(), Some(&prior)).unwrap().steps.len()
    };
    assert_eq!(steps(2, unit_reply("active", false)), 0);
    assert_eq!(steps(0, Reply::Absent), 5);
    assert_eq!(steps(1, file_reply(b"by hand", 0o644)), 5);
    assert_eq!(steps(2, unit_reply("active", true)), 4);
    assert_eq!(steps(2, unit_reply("failed", false)), 4);
    let gone = [Reply::Absent, Reply::Absent, unit_reply("activating", false)];
    assert_eq!(resource.seen(&made, &gone), Seen::Absent);
}

#[test]
fn a_folder_gets_the_files_only() {
    let resource = KubeletDropin::default();
    let staging = Value::object([("host", staging_value("infra0"))]);
    let refusal = plan(&resource, &staging, None).unwrap_err();
    assert_eq!(refusal.attr, Some("kubernetes_version"));
    let staging = but(&staging, [("kubernetes_version", "1.34.1".into())]);
    let made = make(&resource, &staging, None);
    assert_eq!(made.steps.len(), 2);
    assert_eq!(resource.look(&made.after).len(), 2);
    let seen = resource.seen(&made.after, &replies(&made.after)[..2]);
    assert_eq!(seen, Seen::Present(made.after.clone()));
    let steps = resource.destroy(&DestroyRequest { prior: &made.after });
    assert!(lines(&steps).iter().all(|line| line.starts_with("remove")));
}

#[test]
fn removal_stops_kubelet_and_nothing_else() {
    let resource = KubeletDropin::default();
    let made = make(&resource, &config(), None).after;
    assert_eq!(
        lines(&resource.destroy(&DestroyRequest { prior: &made })),
        [
            "systemctl stop kubelet.service",
            "remove /etc/systemd/system/kubelet.service.d/20-etcd-service-manager.conf",
            "remove /var/lib/kubelet/etcd-service-manager.yaml",
            "remove directory /var/lib/kubelet if empty",
            "remove directory /etc/systemd/system/kubelet.service.d if empty",
            "systemctl daemon-reload",
        ]
    );
}

#[test]
fn only_kubelets_own_word_counts() {
    let resource = KubeletDropin::default();
    let step = Step::here(Op::DaemonReload);
    let http = |status| Reply::Http { status, body: b"ok".as_slice().into() };
    let awaited = |reply| resource.awaited(&Value::NULL, &step, &[reply]);
    assert_eq!(awaited(http(200)), Awaited::Yes);
    assert!(matches!(awaited(http(500)), Awaited::NotYet(_)));
    assert!(matches!(awaited(Reply::Absent), Awaited::NotYet(_)));
}

#[test]
fn a_kubelet_without_docker_is_not_told_to_use_it() {
    let config = but(
        &config(),
        [
            ("kubernetes_version", "1.24".into()),
            ("container_runtime_endpoint", "dockershim".into()),
        ],
    );
    assert!(plan(&KubeletDropin::default(), &config, None).is_err());
}
