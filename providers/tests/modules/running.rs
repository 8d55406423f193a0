//! The same on hosts where things run: kubelet's unit, etcd's answers, gates.

use std::sync::Arc;

use quorate_engine::plan::Goal;
use quorate_engine::value::Value;
use quorate_engine::world::{Op, Reply};
use quorate_providers::transport::Hosts;
use quorate_providers::transport::fake::{Fake, Fakes};

use crate::Bench;
use crate::cluster::{HOSTS, MEMBERS, start_etcd, well};

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
