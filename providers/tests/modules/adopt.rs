//! Adoption: what a host has already is imported by every type that can be, and the plan after it is
//! empty.

use std::collections::BTreeMap;

use quorate_engine::addr::InstanceAddr;
use quorate_engine::state::{Entry, Stored};
use serde_json::Value as Json;

use crate::Bench;
use crate::cluster::start_etcd;
use crate::law::{HOST, hcl};
use crate::running::alone;

/// The attribute that an object of a type is imported by.
const IDS: [(&str, &str); 7] = [
    ("host_file", "path"),
    ("host_directory", "path"),
    ("kubeadm_config", "path"),
    ("kubelet_dropin", "drop_in_path"),
    ("pki_certificate", "cert_path"),
    ("etcd_static_pod", "name"),
    ("etcd_cluster", "cluster_id"),
];

fn objects(bench: &Bench) -> BTreeMap<InstanceAddr, Stored> {
    bench.lock().state().objects.clone()
}

/// Has the state forget objects of a type.
fn forget(bench: &Bench, forgets: impl Fn(&str) -> bool) {
    let mut locked = bench.lock();
    let all: Vec<_> = locked.state().objects.keys().cloned().collect();
    let gone = all.into_iter().filter(|addr| forgets(&addr.block.kind));
    let gone: Vec<_> = gone.map(|addr| Entry::Gone { addr }).collect();
    assert!(!gone.is_empty());
    locked.record(&gone).unwrap();
    locked.fold().unwrap();
}

/// `import` blocks for objects as the state knew them.
fn imports(objects: &BTreeMap<InstanceAddr, Stored>, imports: impl Fn(&str) -> bool) -> String {
    let wanted = objects.iter().filter(|(addr, _)| imports(&addr.block.kind));
    let block = |(addr, stored): (&InstanceAddr, &Stored)| {
        let (_, attr) = IDS.iter().find(|(kind, _)| **kind == *addr.block.kind).unwrap();
        let id = stored.record.attributes()[attr].as_str().unwrap();
        format!("import {{\n  to = {addr}\n  id = {id:?}\n}}\n")
    };
    wanted.map(block).collect()
}

/// What the state says, but for what only who makes an object can know: which folders were made.
fn known(objects: &BTreeMap<InstanceAddr, Stored>) -> BTreeMap<String, Json> {
    let one = |(addr, stored): (&InstanceAddr, &Stored)| {
        let mut attributes = stored.record.attributes().clone();
        for made in ["created_directories", "made"] {
            attributes[made] = Json::Null;
        }
        (addr.to_string(), attributes)
    };
    objects.iter().map(one).collect()
}

#[tokio::test]
async fn what_a_host_has_is_taken_over_by_every_type() {
    let (bench, host) = alone(HOST);
    bench.apply(&hcl(1)).await;
    start_etcd(&host, &[]);
    let before = objects(&bench);
    host.world().done.clear();

    let on_host = |kind: &str| !["pki_ca", "etcd_cluster"].contains(&kind);
    forget(&bench, on_host);
    let with_imports = format!("{}\n{}", hcl(1), imports(&before, on_host));
    assert_eq!(bench.apply(&with_imports).await.changes, [""; 0]);
    assert_eq!(bench.plan(&with_imports).await.changes, [""; 0]);
    assert_eq!(bench.plan(&hcl(1)).await.changes, [""; 0]);
    assert_eq!(known(&objects(&bench)), known(&before));
    assert_eq!(host.world().done.len(), 0);

    // The cluster is only believed to be the one that its members say it is.
    let cluster = |kind: &str| kind == "etcd_cluster";
    forget(&bench, cluster);
    let wrong = imports(&before, cluster).replace("id = \"c\"", "id = \"d\"");
    let (_, outcome) = bench
        .try_run(&format!("{}\n{wrong}", hcl(1)), quorate_engine::plan::Goal::Converge, true)
        .await;
    let failed = outcome.unwrap().failed;
    assert!(failed[0].1.detail.contains("the members belong to the cluster c"), "{failed:?}");
    forget(&bench, cluster);
    let with_imports = format!("{}\n{}", hcl(1), imports(&before, cluster));
    assert_eq!(bench.apply(&with_imports).await.changes.len(), 1);
    assert_eq!(bench.plan(&hcl(1)).await.changes, [""; 0]);
    assert_eq!(known(&objects(&bench)), known(&before));

    // Its members need not be known before.
    let but_ca = |kind: &str| kind != "pki_ca";
    forget(&bench, but_ca);
    let with_imports = format!("{}\n{}", hcl(1), imports(&before, but_ca));
    let changes = bench.apply(&with_imports).await.changes;
    assert!(matches!(&changes[..], [one] if one.contains("etcd_cluster")), "{changes:?}");
    assert_eq!(bench.plan(&hcl(1)).await.changes, [""; 0]);
    assert_eq!(known(&objects(&bench)), known(&before));
}

#[tokio::test]
async fn what_differs_is_changed_after_it_was_taken_over() {
    let (bench, host) = alone(HOST);
    let hcl = |content: &str| {
        format!(
            r#"
            data "host" "fake" {{
              name      = "infra0"
              transport = "fake"
              address   = "10.0.0.6"
            }}
            resource "host_file" "f" {{
              host    = data.host.fake
              path    = "/etc/f"
              content = "{content}"
            }}
            import {{
              to = host_file.f
              id = "infra0:/etc/f"
            }}
            "#
        )
    };
    host.put("/etc/f", 0o644, b"old");
    let planned = bench.apply(&hcl("new")).await;
    assert_eq!(planned.changes, ["Update host_file.f"]);
    assert_eq!(host.world().files["/etc/f"].content, b"new");
    // What is in the state is not imported again.
    assert_eq!(bench.plan(&hcl("new")).await.changes, [""; 0]);
}
