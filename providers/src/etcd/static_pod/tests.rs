use super::*;
use crate::etcd::ask::STATUS;
use crate::testing::{
    PlanCase, but, file_reply, host_value, lines, make, plan, propose, staging_value,
};

const GOLDEN: &str = include_str!("../../kube/testdata/v1.20.2/guide-infra0.etcd.yaml");

fn config() -> Value {
    let cluster = [("infra0", "10.0.0.6"), ("infra1", "10.0.0.7"), ("infra2", "10.0.0.8")];
    Value::object([
        ("host", host_value("infra0")),
        ("name", "infra0".into()),
        ("address", "10.0.0.6".into()),
        ("cluster", Value::object(cluster.map(|(name, ip)| (name, ip.into())))),
        ("kubernetes_version", "1.20.2".into()),
    ])
}

fn directory(entries: u64) -> Reply {
    Reply::Directory { mode: 0o700, owner: "root".into(), group: "root".into(), entries }
}

fn made() -> Value {
    make(&EtcdStaticPod::default(), &config(), None).after
}

fn seen(object: &Value, manifest: Reply, data: Reply) -> Value {
    match EtcdStaticPod::default().seen(object, &[manifest, data]) {
        Seen::Present(value) => value,
        Seen::Absent => panic!("it is there"),
    }
}

fn step_lines(change: &Value, prior: &Value) -> Vec<String> {
    lines(&plan(&EtcdStaticPod::default(), change, Some(prior)).unwrap().steps)
}

const GATED: [&str; 3] = [
    "wait until the other members carry a quorum (at most 30 s)",
    "write /etc/kubernetes/manifests/etcd.yaml (0600 root:root)",
    "wait until infra0 is healthy again (at most 120 s)",
];

#[test]
fn the_manifest_is_kubeadms() {
    let planned = plan(&EtcdStaticPod::default(), &config(), None).unwrap();
    assert_eq!(attrs::text(&planned.after, "manifest"), Some(GOLDEN));
    assert!(made().is_wholly_known());
    let text = |name| attrs::text(&planned.after, name).unwrap();
    assert_eq!(text("image"), "k8s.gcr.io/etcd:3.4.13-0");
    assert_eq!(text("client_url"), "https://10.0.0.6:2379");
    assert_eq!(text("peer_url"), "https://10.0.0.6:2380");
    assert_eq!(text("health_url"), "http://127.0.0.1:2381/health");
    assert_eq!(
        lines(&planned.steps),
        [
            "make directory /etc/kubernetes/manifests (0700)",
            "make directory /var/lib/etcd (0700)",
            "write /etc/kubernetes/manifests/etcd.yaml (0600 root:root)",
        ]
    );
    assert_eq!(planned.disrupts, None);
    assert_eq!(planned.warnings[0].summary, "This etcd is older than recommended");
}

#[test]
fn form_is_no_change() {
    let made = made();
    let resource = EtcdStaticPod::default();
    let same = seen(&made, file_reply(GOLDEN.as_bytes(), 0o600), directory(1));
    assert_eq!(same, made);
    assert_eq!(step_lines(&config(), &same), [""; 0]);

    let commented = format!("# by hand\n{GOLDEN}");
    let other_form = seen(&made, file_reply(commented.as_bytes(), 0o600), directory(1));
    assert_eq!(attrs::text(&other_form, "manifest"), Some(GOLDEN));
    let planned = plan(&resource, &config(), Some(&other_form)).unwrap();
    assert_eq!((planned.after, planned.steps), (other_form, vec![]));

    let open = seen(&made, file_reply(GOLDEN.as_bytes(), 0o644), directory(1));
    assert_eq!(step_lines(&config(), &open), [GATED[1]]);
}

#[test]
fn a_change_goes_through_the_gates() {
    let made = made();
    let args = Value::object([("quota-backend-bytes", "8589934592".into())]);
    let changed = but(&config(), [("extra_args", args)]);
    let planned = plan(&EtcdStaticPod::default(), &changed, Some(&made)).unwrap();
    assert_eq!(lines(&planned.steps), GATED);
    let disrupts = planned.disrupts.unwrap();
    assert_eq!((&*disrupts.member, disrupts.rank), ("infra0", 1));
    assert!(disrupts.domain.starts_with("etcd cluster https://10.0.0.6:2380,https://10.0.0.7"));

    let by_hand = GOLDEN.replace("3.4.13-0", "3.4.20-0");
    let drifted = seen(&made, file_reply(by_hand.as_bytes(), 0o600), directory(1));
    assert_eq!(attrs::text(&drifted, "image"), Some("k8s.gcr.io/etcd:3.4.20-0"));
    let lines = step_lines(&config(), &drifted);
    assert_eq!(lines[..2], GATED[..2]);
    assert!(lines[2].contains("infra0 is healthy again, no longer as etcd 3.4.20 "), "{lines:?}");
}

#[test]
fn a_member_that_is_down_goes_first_and_waits_for_nobody() {
    let made = made();
    for reply in [Reply::Absent, file_reply(b"apiVersion: v1\n", 0o600)] {
        let down = seen(&made, reply, directory(1));
        let planned = plan(&EtcdStaticPod::default(), &config(), Some(&down)).unwrap();
        assert_eq!(
            lines(&planned.steps),
            [GATED[1], "wait until infra0 has started (at most 120 s)"]
        );
        assert_eq!(planned.disrupts.unwrap().rank, 0);
    }
    let resource = EtcdStaticPod::default();
    assert_eq!(resource.seen(&made, &[Reply::Absent, Reply::Absent]), Seen::Absent);
    let lost = seen(&made, file_reply(GOLDEN.as_bytes(), 0o600), Reply::Absent);
    let planned = plan(&resource, &config(), Some(&lost)).unwrap();
    assert_eq!(planned.steps, []);
    assert!(planned.warnings.iter().any(|warning| warning.summary == "A member has no data"));
}

#[test]
fn what_would_lose_a_member_is_refused() {
    let made = made();
    let refused = |change: [(&'static str, Value); 1]| {
        let config = but(&config(), change);
        plan(&EtcdStaticPod::default(), &config, Some(&made)).unwrap_err().attr
    };
    let fourth = [("infra0", "10.0.0.6"), ("infra3", "10.0.0.9")];
    let cluster = Value::object(fourth.map(|(name, ip)| (name, ip.into())));
    assert_eq!(refused([("cluster", cluster)]), Some("cluster"));
    assert_eq!(refused([("data_dir", "/srv/etcd".into())]), Some("data_dir"));
    let host = attrs::with(&host_value("infra0"), [("address", "10.0.0.9".into())]);
    assert_eq!(refused([("host", host)]), Some("host"));
    assert_eq!(refused([("manifests_dir", "/srv/manifests".into())]), Some("manifests_dir"));
    assert_eq!(refused([("image", "k8s.gcr.io/etcd:3.6.4-0".into())]), Some("image"));
}

#[test]
fn a_member_is_not_made_anew() {
    let resource = EtcdStaticPod::default();
    let made = made();
    let down = seen(&made, Reply::Absent, directory(1));
    let kept = but(&made, [("keep_data", true.into())]);
    for prior in [&made, &down, &kept] {
        let refusal = resource.replaced(prior).unwrap_err();
        assert_eq!(refusal.diagnostic.summary, "A member would be lost");
    }
    let folder = but(&config(), [("host", staging_value("infra0"))]);
    assert!(resource.replaced(&make(&resource, &folder, None).after).unwrap().is_empty());
}

#[test]
fn members_that_run_belong_to_one_service() {
    let resource = EtcdStaticPod::default();
    let made = made();
    let service = resource.service(&made).unwrap();
    assert!(service.starts_with("etcd cluster https://10.0.0.6:2380,"), "{service}");
    let other = but(&made, [("name", "infra1".into()), ("address", "10.0.0.7".into())]);
    assert_eq!(resource.service(&other), Some(service.clone()), "whichever member says so");
    let args = Value::object([("quota-backend-bytes", "8589934592".into())]);
    let changed = but(&config(), [("extra_args", args)]);
    let disrupts = plan(&resource, &changed, Some(&made)).unwrap().disrupts.unwrap();
    assert_eq!(disrupts.domain, service);
    let folder = but(&config(), [("host", staging_value("infra0"))]);
    assert_eq!(resource.service(&make(&resource, &folder, None).after), None, "nothing runs there");
}

#[test]
fn data_of_others_are_not_taken_over() {
    let resource = EtcdStaticPod::default();
    let proposed = propose(resource.schema(), &config(), None);
    let config = config();
    let case = PlanCase::of(&config).proposed(&proposed);
    let found = seen(&proposed, Reply::Absent, directory(1));
    let refusal = resource.plan(&case.found(&found).request()).unwrap_err();
    assert_eq!(refusal.diagnostic.summary, "The data directory is in use");
    assert!(resource.plan(&case.found(&found).in_flight().request()).is_ok());
    let other = seen(&proposed, file_reply(b"kind: Pod", 0o600), Reply::Absent);
    let refusal = resource.plan(&case.found(&other).request()).unwrap_err();
    assert_eq!(refusal.diagnostic.summary, "A file is in the way");
    assert_eq!(resource.seen(&proposed, &[Reply::Absent, directory(0)]), Seen::Absent);
}

#[test]
fn a_folder_gets_files_only() {
    let resource = EtcdStaticPod::default();
    let config = but(&config(), [("host", staging_value("infra0"))]);
    let made = make(&resource, &config, None).after;
    assert_eq!(seen(&made, file_reply(GOLDEN.as_bytes(), 0o600), directory(0)), made);
    let changed = but(&config, [("extra_args", Value::object([("log-level", "debug".into())]))]);
    let planned = plan(&resource, &changed, Some(&made)).unwrap();
    assert_eq!((lines(&planned.steps), planned.disrupts), (vec![GATED[1].to_owned()], None));
    let steps = lines(&resource.destroy(&DestroyRequest { prior: &made }));
    assert!(!steps.iter().any(|line| line.starts_with("wait")), "{steps:?}");
}

#[test]
fn removal_waits_before_it_takes_the_data() {
    let made = made();
    let steps = |object: &Value| {
        lines(&EtcdStaticPod::default().destroy(&DestroyRequest { prior: object }))
    };
    let all = [
        "remove /etc/kubernetes/manifests/etcd.yaml",
        "wait until infra0 has ended (at most 60 s)",
        "remove /var/lib/etcd with all in it (etcd data of infra0)",
        "remove directory /etc/kubernetes/manifests if empty",
    ];
    assert_eq!(steps(&made), all);
    let kept = but(&made, [("keep_data", true.into())]);
    assert_eq!(steps(&kept), [all[0], all[1], all[3]]);
}

#[test]
fn an_open_member_is_planned_as_far_as_it_is_known() {
    let open = but(&config(), [("kubernetes_version", Value::unknown(Type::String))]);
    let resource = EtcdStaticPod::default();
    let planned = plan(&resource, &open, None).unwrap();
    let known = plan(&resource, &config(), None).unwrap();
    assert!(planned.after.attr("manifest").unwrap().is_unknown());
    assert_eq!(planned.steps.len(), known.steps.len());
    assert!(known.steps.iter().zip(&planned.steps).all(|(step, open)| step.completes(open)));
    assert!(plan(&resource, &open, Some(&made())).is_err());
}

fn status(leader: &str, version: &str, cluster: &str) -> Reply {
    Reply::Value(Value::object([
        ("cluster_id", cluster.into()),
        ("member_id", "40e0ff5ee27c98d0".into()),
        ("leader", leader.into()),
        ("version", version.into()),
    ]))
}

#[test]
fn the_others_must_carry_a_quorum() {
    let made = made();
    let changed = but(&config(), [("extra_args", Value::object([("log-level", "debug".into())]))]);
    let planned = plan(&EtcdStaticPod::default(), &changed, Some(&made)).unwrap();
    let Op::Await { asks, .. } = &planned.steps[0].op else { panic!("a gate") };
    let urls: Vec<_> = asks
        .iter()
        .map(|ask| match &ask.query {
            Query::Api { service: "etcd", call, args } => {
                assert_eq!((*call, &*ask.host.name), (STATUS, "infra0"));
                attrs::text(args, "endpoint").unwrap()
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(urls, ["https://10.0.0.7:2379", "https://10.0.0.8:2379"]);
    let gate =
        |replies: &[Reply]| EtcdStaticPod::default().awaited(&made, &planned.steps[0], replies);
    let well = || status("2", "3.4.13", "c");
    assert_eq!(gate(&[well(), well()]), Awaited::Yes);
    let why = "without infra0 only 1 of 3 are healthy; 2 must be".to_owned();
    assert_eq!(gate(&[well(), Reply::Absent]), Awaited::NotYet(why.clone()));
    assert_eq!(gate(&[well(), status("0", "3.4.13", "c")]), Awaited::NotYet(why));
    assert!(matches!(gate(&[well(), status("2", "3.4.13", "d")]), Awaited::Never(_)));
    assert_eq!(gate(&[well()]), Awaited::Yes);
}

#[test]
fn a_member_is_back_when_the_new_process_follows_a_leader() {
    let made = made();
    let image = [("image", "k8s.gcr.io/etcd:3.5.24-0".into())];
    let planned = plan(&EtcdStaticPod::default(), &but(&config(), image), Some(&made)).unwrap();
    let gate = |replies: &[Reply]| {
        EtcdStaticPod::default().awaited(&planned.after, &planned.steps[2], replies)
    };
    let runs = || Reply::Processes(vec![42]);
    let reads = |well: bool| Reply::Value(Value::object([("health", well.into())]));
    assert_eq!(gate(&[runs(), status("2", "3.5.24", "c"), reads(true)]), Awaited::Yes);
    for replies in [
        [Reply::Processes(vec![]), status("2", "3.5.24", "c"), reads(true)],
        [runs(), Reply::Absent, reads(true)],
        [runs(), status("", "3.5.24", "c"), reads(true)],
        [runs(), status("2", "3.4.13", "c"), reads(true)],
        [runs(), status("2", "3.5.24", "c"), reads(false)],
    ] {
        assert!(matches!(gate(&replies), Awaited::NotYet(_)), "{replies:?}");
    }
    let removed = EtcdStaticPod::default().destroy(&DestroyRequest { prior: &made });
    let gone = |numbers| {
        EtcdStaticPod::default().awaited(&made, &removed[1], &[Reply::Processes(numbers)])
    };
    assert_eq!(gone(vec![]), Awaited::Yes);
    assert_ne!(gone(vec![7]), Awaited::Yes);
}
