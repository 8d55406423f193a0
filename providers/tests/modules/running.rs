//! The same on hosts where things run: kubelet's unit, etcd's answers, gates.

use std::sync::Arc;

use quorate_engine::plan::Goal;
use quorate_engine::value::Value;
use quorate_engine::world::{Op, Reply};
use quorate_providers::transport::Hosts;
use quorate_providers::transport::fake::{Fake, Fakes};

use crate::Bench;

pub(crate) const MEMBERS: [(&str, &str); 3] =
    [("infra0", "10.0.0.6"), ("infra1", "10.0.0.7"), ("infra2", "10.0.0.8")];

/// The members' hosts, in HCL.
pub(crate) const HOSTS: &str = r#"
        locals {
          members = { infra0 = "10.0.0.6", infra1 = "10.0.0.7", infra2 = "10.0.0.8" }
        }
        data "host" "fake" {
          for_each  = local.members
          name      = each.key
          transport = "fake"
          address   = each.value
        }"#;

fn hcl(extra: &str) -> String {
    format!(
        r#"{HOSTS}
        module "etcd" {{
          source  = "builtin:etcd-static-pod"
          members = local.members
          hosts   = data.host.fake
          {extra}
        }}
        output "id" {{ value = module.etcd.cluster_id }}
        "#
    )
}

fn facts() -> Value {
    let runtime = [
        ("name", Value::string("containerd")),
        ("socket", "/run/containerd/containerd.sock".into()),
        ("cgroup_driver", "systemd".into()),
    ];
    Value::object([
        ("init", Value::string("systemd")),
        ("kubelet_version", "1.34.1".into()),
        ("container_runtime", Value::object(runtime)),
    ])
}

fn status(id: usize) -> Reply {
    Reply::Value(Value::object([
        ("cluster_id", "c".into()),
        ("member_id", format!("m{id}").into()),
        ("leader", "m0".into()),
        ("version", "3.6.4".into()),
    ]))
}

fn listed() -> Reply {
    let members = MEMBERS.iter().enumerate().map(|(id, (name, _))| {
        Value::object([("id", format!("m{id}").into()), ("name", (*name).into())])
    });
    Reply::Value(Value::object([("members", Value::tuple(members))]))
}

/// A host on which everything is well as soon as it is asked.
pub(crate) fn well(fakes: &Fakes, name: &str) -> Arc<Fake> {
    let host = fakes.host(name);
    host.unit("kubelet.service", "activating", "enabled", &[]);
    let http = |body: &str| Reply::Http { status: 200, body: body.as_bytes().into() };
    let mut world = host.world();
    world.facts = Some(facts());
    world.http.insert("http://127.0.0.1:10248/healthz".into(), http("ok"));
    world.http.insert("http://127.0.0.1:2381/health".into(), http(r#"{"health":"true"}"#));
    for (id, (_, ip)) in MEMBERS.iter().enumerate() {
        let health = Reply::Value(Value::object([("health", true.into())]));
        let calls = [("status", status(id)), ("members", listed()), ("health", health)];
        for (call, reply) in calls {
            let key = ("etcd".to_owned(), call.to_owned(), format!("https://{ip}:2379"));
            world.api.insert(key, reply);
        }
    }
    drop(world);
    host
}

/// A bench with one host on which everything is well, whose etcd is a cluster by itself.
pub(crate) fn alone(name: &str) -> (Bench, Arc<Fake>) {
    let fakes = Fakes::default();
    let host = well(&fakes, name);
    let member = Value::object([("id", "m0".into()), ("name", name.into())]);
    let members = Value::object([("members", Value::tuple([member]))]);
    let call = ("etcd".into(), "members".into(), "https://10.0.0.6:2379".into());
    host.world().api.insert(call, Reply::Value(members));
    (Bench::with(Hosts::with_fakes(fakes)), host)
}

/// What kubelet does with the manifest; `further` are arguments it is going to have.
pub(crate) fn start_etcd(host: &Fake, further: &[&str]) {
    host.put("/var/lib/etcd/member/wal/0", 0o600, b"");
    let mut world = host.world();
    let manifest = &world.files["/etc/kubernetes/manifests/etcd.yaml"].content;
    let manifest = String::from_utf8(manifest.clone()).unwrap();
    let words = manifest.lines().filter_map(|line| line.trim().strip_prefix("- --"));
    let words = words.map(|word| format!("--{word}"));
    let words = words.chain(further.iter().map(|word| (*word).to_owned())).collect();
    world.processes = [(42, words)].into();
}

fn writes(host: &Fake) -> usize {
    let world = host.world();
    world.done.iter().filter(|op| matches!(op, Op::WriteFile { .. })).count()
}

#[tokio::test]
async fn a_cluster_comes_up_changes_and_goes() {
    let fakes = Fakes::default();
    let hosts = MEMBERS.map(|(name, _)| well(&fakes, name));
    let bench = Bench::with(Hosts::with_fakes(fakes));
    let first = bench.apply(&hcl("")).await;
    assert_eq!(first.changes.len(), 3 * 8 + 2);
    hosts.iter().for_each(|host| start_etcd(host, &["--log-level=debug"]));
    let again = bench.plan(&hcl("")).await;
    assert_eq!(again.changes, [""; 0]);
    // A CA file, four pairs, drop-in and configuration, kubeadm's file, the manifest.
    assert_eq!(hosts.each_ref().map(|host| writes(host)), [13; 3]);

    let changed = hcl("extra_args = { log-level = \"debug\" }");
    let planned = bench.apply(&changed).await;
    let waits = planned.steps.iter().filter(|step| step.starts_with("wait until")).count();
    assert_eq!(waits, 6, "{:#?}", planned.steps);
    assert_eq!(bench.plan(&changed).await.changes, [""; 0]);

    hosts.iter().for_each(|host| host.world().processes.clear());
    bench.run(&changed, Goal::Destroy, true).await;
    for host in &hosts {
        let world = host.world();
        assert!(world.files.is_empty(), "{:?}", world.files.keys());
        assert_eq!(world.units["kubelet.service"].as_ref().unwrap().active, "inactive");
    }
}

#[tokio::test]
async fn a_member_that_is_down_is_seen_and_waited_for() {
    let fakes = Fakes::default();
    let hosts = MEMBERS.map(|(name, _)| well(&fakes, name));
    let bench = Bench::with(Hosts::with_fakes(fakes));
    bench.apply(&hcl("")).await;
    hosts.iter().for_each(|host| start_etcd(host, &[]));
    let health = "http://127.0.0.1:2381/health".to_owned();
    hosts[1].world().http.insert(health, Reply::Absent);
    let planned = bench.plan(&hcl("")).await;
    assert_eq!(planned.changes, ["Update module.etcd.etcd_cluster.this"]);
    assert_eq!(planned.steps.len(), 1);
}
