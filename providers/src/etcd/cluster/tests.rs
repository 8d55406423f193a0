use super::*;
use crate::testing::{host_value, lines, make, plan, staging_value};

fn config(host: fn(&str) -> Value) -> Value {
    let members = [("infra0", "10.0.0.6"), ("infra1", "10.0.0.7")].map(|(name, ip)| {
        let parts = [
            ("host", host(name)),
            ("client_url", format!("https://{ip}:2379").into()),
            ("health_url", "http://127.0.0.1:2381/health".into()),
            ("manifest", "more than is needed".into()),
        ];
        (name, Value::object(parts))
    });
    Value::object([("members", Value::object(members))])
}

fn status(cluster: &str, member: &str, version: &str) -> Reply {
    Reply::Value(Value::object([
        ("cluster_id", cluster.into()),
        ("member_id", member.into()),
        ("leader", "a".into()),
        ("version", version.into()),
    ]))
}

fn listed(names: &[&str]) -> Reply {
    let member = |name: &&str| {
        Value::object([("id", format!("id-{name}").into()), ("name", (*name).into())])
    };
    Reply::Value(Value::object([("members", Value::tuple(names.iter().map(member)))]))
}

fn whole() -> [Reply; 4] {
    let both = ["infra0", "infra1"];
    [status("c", "m0", "3.5.9"), listed(&both), status("c", "m1", "3.5.10"), listed(&both)]
}

fn finished() -> Value {
    let realized = make(&EtcdCluster::default(), &config(host_value), None);
    EtcdCluster::default().finish(realized.after, &realized.steps, &[whole().to_vec()])
}

#[test]
fn a_cluster_is_there_when_all_say_so() {
    let planned = plan(&EtcdCluster::default(), &config(host_value), None).unwrap();
    assert_eq!(
        lines(&planned.steps),
        ["wait until all 2 members answer, and know one another as one cluster (at most 300 s)"]
    );
    let Op::Await { asks, .. } = &planned.steps[0].op else { panic!("a gate") };
    assert_eq!(asks.len(), 4);
    let made = finished();
    assert!(made.is_wholly_known());
    assert_eq!(attrs::text(&made, "cluster_id"), Some("c"));
    assert_eq!(attrs::text(&made, "version"), Some("3.5.9"));
    assert_eq!(
        attrs::texts(&made, "endpoints"),
        ["https://10.0.0.6:2379", "https://10.0.0.7:2379"]
    );
    assert_eq!(attrs::text_map(&made, "member_ids")["infra1"], "m1");
    let again = plan(&EtcdCluster::default(), &config(host_value), Some(&made)).unwrap();
    assert_eq!((again.after, again.steps), (made, vec![]));
}

#[test]
fn one_cluster_with_the_same_members_is_waited_for() {
    let made = finished();
    let awaited = |index: usize, reply: Reply| {
        let mut replies = whole();
        replies[index] = reply;
        match EtcdCluster::default().awaited(&made, &Step::here(Op::DaemonReload), &replies) {
            Awaited::NotYet(why) => why,
            other => format!("{other:?}"),
        }
    };
    assert_eq!(awaited(0, whole()[0].clone()), "Yes");
    assert_eq!(awaited(2, Reply::Absent), "infra1 does not answer");
    assert_eq!(
        awaited(2, Reply::Value(crate::etcd::api::trouble("tls: x"))),
        "infra1 answers: tls: x"
    );
    assert_eq!(awaited(2, status("d", "m1", "3")), "the members belong to different clusters");
    assert_eq!(awaited(3, listed(&["infra1"])), "infra1 knows other members: infra1");
    let alone =
        Reply::Value(Value::object([("cluster_id", "c".into()), ("member_id", "m".into())]));
    assert_eq!(awaited(0, alone), "infra0 has no leader");
}

#[test]
fn an_unhealthy_member_is_drift_and_waited_for() {
    let made = finished();
    let cluster = EtcdCluster::default();
    assert_eq!(cluster.look(&made).len(), 2);
    let http = |body: &str| Reply::Http { status: 200, body: body.as_bytes().into() };
    let well = || http(r#"{"health":"true","reason":""}"#);
    assert_eq!(cluster.seen(&made, &[well(), well()]), Seen::Present(made.clone()));
    for (reply, words) in
        [(Reply::Absent, "does not answer"), (http(r#"{"health":"false"}"#), "unhealthy")]
    {
        let Seen::Present(seen) = cluster.seen(&made, &[well(), reply]) else { panic!("there") };
        assert_eq!(attrs::text_map(&seen, "health")["infra1"], words);
        let planned = plan(&cluster, &config(host_value), Some(&seen)).unwrap();
        assert_eq!(planned.steps.len(), 1);
    }
}

#[test]
fn folders_are_not_asked() {
    let cluster = EtcdCluster::default();
    let made = make(&cluster, &config(staging_value), None);
    assert_eq!(made.steps, []);
    assert!(made.after.is_wholly_known() && made.after.attr("cluster_id").unwrap().is_null());
    assert_eq!(cluster.look(&made.after), []);
    assert_eq!(cluster.seen(&made.after, &[]), Seen::Present(made.after.clone()));
    let again = plan(&cluster, &config(staging_value), Some(&made.after)).unwrap();
    assert_eq!((again.after, again.steps), (made.after, vec![]));
}
