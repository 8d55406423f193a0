//! Hosts in memory on which a cluster of three runs.

use std::sync::Arc;

use quorate_engine::value::Value;
use quorate_engine::world::Reply;
use quorate_providers::transport::fake::{Fake, Fakes};

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
