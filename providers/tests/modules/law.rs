//! The law of every resource type: a run that fails at any step of a host, and is then repeated, ends
//! where an undisturbed one ends, and the plan after it is empty.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use quorate_engine::plan::Goal;
use quorate_engine::state::State;
use quorate_providers::registry::registry;
use quorate_providers::transport::fake::{Fake, Trouble};

use crate::Bench;
use crate::cluster::start_etcd;
use crate::running::alone;

pub(crate) const HOST: &str = "infra0";

/// Every resource type, on one host; a revision changes what can be changed in place.
pub(crate) fn hcl(revision: u32) -> String {
    format!(
        r#"
        data "host" "fake" {{
          name      = "infra0"
          transport = "fake"
          address   = "10.0.0.6"
        }}
        module "etcd" {{
          source        = "builtin:etcd-static-pod"
          members       = {{ infra0 = "10.0.0.6" }}
          hosts         = {{ infra0 = data.host.fake }}
          key_algorithm = "ECDSA-P256"
          extra_args    = {{ log-level = "revision{revision}" }}
        }}
        resource "host_directory" "d" {{
          host = data.host.fake
          path = "/srv/one/two"
          mode = "070{revision}"
        }}
        resource "host_file" "f" {{
          host    = data.host.fake
          path    = "${{host_directory.d.path}}/f"
          content = "revision {revision}"
        }}
        resource "pki_certificate" "further" {{
          host             = data.host.fake
          ca               = module.etcd.ca
          profile          = "free"
          common_name      = "further"
          algorithm        = "ECDSA-P256"
          certificates_dir = "/srv/pki"
          cert_path        = "/srv/pki/further.crt"
          key_path         = "/srv/pki/further.key"
          sans             = ["r{revision}.example.com"]
        }}
        "#
    )
}

/// What is done, from what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scenario {
    Create,
    Update,
    Destroy,
}

impl Scenario {
    fn goal(self) -> Goal {
        if self == Scenario::Destroy { Goal::Destroy } else { Goal::Converge }
    }

    fn hcl(self) -> String {
        hcl(if self == Scenario::Update { 2 } else { 1 })
    }

    /// A host as the scenario finds it.
    async fn begin(self) -> (Bench, Arc<Fake>) {
        let (bench, host) = alone(HOST);
        if self != Scenario::Create {
            bench.apply(&hcl(1)).await;
        }
        match self {
            Scenario::Create => {}
            // What kubelet is going to start with the new manifest.
            Scenario::Update => start_etcd(&host, &["--log-level=revision2"]),
            Scenario::Destroy => host.world().processes.clear(),
        }
        host.world().done.clear();
        (bench, host)
    }
}

/// What is on a host, but for what is made at random.
fn shape(host: &Fake) -> (BTreeMap<String, String>, BTreeSet<String>, String) {
    let world = host.world();
    let files = world.files.iter().filter(|(path, _)| !path.starts_with("/var/lib/etcd/"));
    let files = files.map(|(path, file)| {
        let random = path.ends_with(".key") || path.ends_with(".crt");
        let content = if random { "".into() } else { String::from_utf8_lossy(&file.content) };
        (path.clone(), format!("{:o} {}:{} {content}", file.mode, file.owner, file.group))
    });
    let folders = world.directories.iter().filter(|(path, _)| !path.starts_with("/var/lib/etcd/"));
    let folders = folders.map(|(path, folder)| format!("{path} {folder:?}"));
    (files.collect(), folders.collect(), format!("{:?}", world.units))
}

/// Where there is a manifest, kubelet starts etcd.
fn kubelet_sees_it(host: &Fake) {
    let there = host.world().files.contains_key("/etc/kubernetes/manifests/etcd.yaml");
    if there {
        start_etcd(host, &[]);
    }
}

fn objects(state: &State) -> BTreeMap<String, String> {
    let objects = state.objects.iter();
    objects.map(|(addr, stored)| (addr.to_string(), format!("{:?}", stored.status))).collect()
}

/// A run that is disturbed after so many steps, and one that repeats it.
async fn law(scenario: Scenario, disturb: Option<(usize, Trouble)>) -> (Bench, Arc<Fake>) {
    let (bench, host) = scenario.begin().await;
    let hcl = scenario.hcl();
    if let Some((at, trouble)) = disturb {
        host.trouble(at, trouble);
        bench.try_run(&hcl, scenario.goal(), true).await;
        host.world().trouble = None;
        if scenario == Scenario::Create {
            kubelet_sees_it(&host);
        }
    }
    let (_, outcome) = bench.try_run(&hcl, scenario.goal(), true).await;
    let outcome = outcome.unwrap();
    assert!(outcome.is_complete(), "{scenario:?} {disturb:?}: {outcome:#?}");
    (bench, host)
}

async fn holds(scenario: Scenario) {
    let (bench, host) = law(scenario, None).await;
    let (expected, expected_objects) = (shape(&host), objects(bench.lock().state()));
    let steps = host.world().done.len();
    let mut tried = 0;
    let stride = if std::env::var("QUORATE_FAULTS").is_ok_and(|v| v == "all") { 1 } else { 7 };
    for at in 0..steps {
        for (kind, trouble) in [Trouble::Fail, Trouble::Drop, Trouble::DiskFull].iter().enumerate()
        {
            if (at + kind) % stride != 0 {
                continue;
            }
            let (bench, host) = law(scenario, Some((at, *trouble))).await;
            let about = format!("{scenario:?}, {trouble:?} at step {at} of {steps}");
            assert_eq!(shape(&host), expected, "{about}");
            assert_eq!(objects(bench.lock().state()), expected_objects, "{about}");
            if scenario == Scenario::Create {
                kubelet_sees_it(&host);
            }
            if scenario != Scenario::Destroy {
                assert_eq!(bench.plan(&scenario.hcl()).await.changes, [""; 0], "{about}");
            }
            tried += 1;
        }
    }
    println!("{scenario:?}: {steps} steps, {tried} faults, no loss");
}

#[tokio::test]
async fn what_fails_while_it_is_made_is_made() {
    holds(Scenario::Create).await;
}

#[tokio::test]
async fn what_fails_while_it_is_changed_is_changed() {
    holds(Scenario::Update).await;
}

#[tokio::test]
async fn what_fails_while_it_is_removed_is_removed() {
    holds(Scenario::Destroy).await;
}

#[tokio::test]
async fn every_type_is_under_the_law() {
    let (bench, _) = law(Scenario::Create, None).await;
    let locked = bench.lock();
    let kinds: BTreeSet<_> =
        locked.state().objects.keys().map(|addr| addr.block.kind.to_string()).collect();
    for kind in registry().resource_kinds() {
        assert!(kinds.contains(kind), "{kind}");
    }
}
