//! Every built-in module and every example, by the whole engine, into folders that stand for hosts.
#![allow(
    clippy::print_stdout,
    reason = "the figures of a run are for whoever asks with --nocapture"
)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by its panic")]

#[cfg(feature = "testing")]
mod adopt;
#[cfg(feature = "testing")]
mod cluster;
#[cfg(feature = "testing")]
mod law;
#[cfg(feature = "testing")]
mod members;
#[cfg(feature = "testing")]
mod running;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use quorate_engine::apply::{Outcome, Run, Stop, apply};
use quorate_engine::build::build;
use quorate_engine::builtin;
use quorate_engine::config::{MemoryFiles, load};
use quorate_engine::desired::Inputs;
use quorate_engine::diag::{Diagnostic, Diagnostics};
use quorate_engine::event::Silent;
use quorate_engine::observe::{Senses, observe};
use quorate_engine::plan::{Action, Aim, Goal, Planning, make, schedule};
use quorate_engine::resource::Realm;
use quorate_engine::source::Sources;
use quorate_engine::state::{FileStore, Holder, LockedState};
use quorate_providers::modules::builtin_modules;
use quorate_providers::registry::registry;
use quorate_providers::seal::{Sealer, Unsealer, generate_identity};
use quorate_providers::tls::{Certificate, verify_issued_by};
use quorate_providers::transport::Hosts;
use zeroize::Zeroizing;

/// 2026-01-01T00:00:00Z.
const NOW: i64 = 1_767_225_600;

struct Seal {
    sealer: Sealer,
    unsealer: Unsealer,
}

impl Seal {
    fn new() -> Seal {
        let identity = generate_identity(time::OffsetDateTime::UNIX_EPOCH);
        Seal {
            sealer: Sealer::for_recipients([&identity.recipient]).unwrap(),
            unsealer: Unsealer::with_identities(&identity.text).unwrap(),
        }
    }
}

impl Realm for Seal {
    fn now(&self) -> i64 {
        NOW
    }

    fn seal(&self, secret: &[u8]) -> Result<String, Box<Diagnostic>> {
        Ok(self.sealer.seal(secret).unwrap())
    }

    fn unseal(&self, sealed: &str) -> Result<Zeroizing<Vec<u8>>, Box<Diagnostic>> {
        Ok(self.unsealer.unseal(sealed).unwrap())
    }
}

/// A state, and the folder that it and the hosts are in.
struct Bench {
    dir: tempfile::TempDir,
    realm: Arc<Seal>,
    hosts: Arc<Hosts>,
}

impl Bench {
    fn new() -> Bench {
        Bench::with(Hosts::new())
    }

    fn with(hosts: Hosts) -> Bench {
        let (realm, hosts) = (Arc::new(Seal::new()), Arc::new(hosts));
        Bench { dir: tempfile::tempdir().unwrap(), realm, hosts }
    }

    fn lock(&self) -> LockedState {
        let holder = Holder {
            who: "t".into(),
            pid: 1,
            operation: "test".into(),
            since: "now".into(),
            ..Holder::default()
        };
        let store = FileStore::new(self.dir.path().join("state.json"));
        store.lock(&holder, Duration::ZERO, || "l".to_owned()).unwrap()
    }

    fn inputs(&self, hcl: &str) -> Inputs {
        let hcl = hcl.replace("root_dir           = \"hosts\"", "");
        let hosts = self.dir.path().join("hosts");
        let root = format!("transport = \"directory\"\n  root_dir = \"{}\"", hosts.display());
        let hcl = hcl.replace("transport          = \"directory\"", &root);
        let files: MemoryFiles = [("main.hcl", hcl.into_bytes())].into_iter().collect();
        let mut diagnostics = Diagnostics::default();
        let mut sources = Sources::default();
        let config = load(".", &files, &builtin_modules(), &mut sources, &mut diagnostics);
        let config = config.unwrap_or_else(|_| panic!("{}", text(&diagnostics)));
        let mut registry = registry();
        builtin::register(&mut registry);
        let (config, files) = (Arc::new(config), Arc::new(files));
        Inputs { config, variables: BTreeMap::new(), registry, files, now: NOW }
    }

    async fn run(&self, hcl: &str, goal: Goal, carry_out: bool) -> (Planned, Option<Outcome>) {
        let (planned, outcome) = self.try_run(hcl, goal, carry_out).await;
        assert!(outcome.as_ref().is_none_or(Outcome::is_complete), "{outcome:?}");
        (planned, outcome)
    }

    /// A run that may fail.
    async fn try_run(&self, hcl: &str, goal: Goal, carry_out: bool) -> (Planned, Option<Outcome>) {
        let run = self.attempt(hcl, goal.into(), carry_out).await;
        run.unwrap_or_else(|error| panic!("{error}"))
    }

    /// A run whose plan may be refused.
    async fn attempt(
        &self,
        hcl: &str,
        aim: Aim,
        carry_out: bool,
    ) -> Result<(Planned, Option<Outcome>), String> {
        let inputs = self.inputs(hcl);
        let mut said = Diagnostics::default();
        let mut state = self.lock();
        let hosts = self.hosts.clone();
        let written = build(&inputs.config, &mut said).map_err(|_| text(&said))?;
        let senses = Senses { look: &*hosts, realm: &*self.realm, events: &Silent };
        let observed = observe(&inputs, &written, state.state(), &aim, senses, &mut said).await;
        let observed = observed.map_err(|_| text(&said))?;
        let planning = make(&inputs, &written, state.state(), &observed, &aim, &mut said);
        let planning = planning.map_err(|_| text(&said))?;
        let planned = Planned::of(&planning);
        if !carry_out {
            return Ok((planned, None));
        }
        let schedule = schedule(&planning, &written, &inputs.config, state.state()).unwrap();
        let run = Run {
            inputs: &inputs,
            written: &written,
            world: hosts,
            realm: self.realm.clone(),
            events: Arc::new(Silent),
            parallelism: 10,
            stop: tokio::sync::watch::channel(Stop::Run).1,
        };
        let outcome = apply(run, planning, schedule, &mut state).await;
        Ok((planned, Some(outcome)))
    }

    async fn plan(&self, hcl: &str) -> Planned {
        self.run(hcl, Goal::Converge, false).await.0
    }

    async fn apply(&self, hcl: &str) -> Planned {
        self.run(hcl, Goal::Converge, true).await.0
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.dir.path().join("hosts").join(path)).unwrap()
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::write(self.dir.path().join("hosts").join(path), text).unwrap();
    }
}

/// What a plan changes.
struct Planned {
    changes: Vec<String>,
    steps: Vec<String>,
}

impl Planned {
    fn of(planning: &Planning) -> Planned {
        let changed = planning.plan.objects.iter().filter(|o| o.change.action() != Action::NoOp);
        let changes = changed.clone().map(|o| format!("{:?} {}", o.change.action(), o.addr));
        let steps = changed.flat_map(|o| o.change.steps());
        Planned {
            changes: changes.collect(),
            steps: steps.map(|step| step.op.to_string()).collect(),
        }
    }
}

fn text(diagnostics: &Diagnostics) -> String {
    let lines = diagnostics.iter().map(|d| format!("{}: {} {:?}", d.summary, d.detail, d.address));
    lines.collect::<Vec<_>>().join("\n")
}

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(path).unwrap()
}

fn paths_below(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut left = vec![dir.to_path_buf()];
    while let Some(next) = left.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            found.push(path.strip_prefix(dir).unwrap().display().to_string());
            if path.is_dir() {
                left.push(path);
            }
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn three_members_are_written_rest_and_go() {
    let bench = Bench::new();
    let hcl = file("examples/quickstart/main.hcl");
    let planned = bench.apply(&hcl).await;
    // Per host: CA file, four certificates, kubelet, kubeadm, member. Then the CA and the cluster.
    assert_eq!(planned.changes.len(), 3 * 8 + 2, "{:#?}", planned.changes);
    let again = bench.plan(&hcl).await;
    assert_eq!(again.changes, [""; 0]);

    let manifest = bench.read("infra1/etc/kubernetes/manifests/etcd.yaml");
    assert!(manifest.contains("--name=infra1"), "{manifest}");
    let pki = "infra1/etc/kubernetes/pki";
    let ca = Certificate::from_pem(&bench.read(&format!("{pki}/etcd/ca.crt"))).unwrap();
    for name in ["etcd/server", "etcd/peer", "etcd/healthcheck-client", "apiserver-etcd-client"] {
        let leaf = Certificate::from_pem(&bench.read(&format!("{pki}/{name}.crt"))).unwrap();
        verify_issued_by(&leaf, &ca).unwrap();
    }
    let state = std::fs::read_to_string(bench.dir.path().join("state.json")).unwrap();
    assert!(!state.contains("PRIVATE KEY"));

    bench.run(&hcl, Goal::Destroy, true).await;
    let left = paths_below(&bench.dir.path().join("hosts"));
    assert!(left.iter().all(|path| bench.dir.path().join("hosts").join(path).is_dir()), "{left:?}");
}

#[tokio::test]
async fn what_is_changed_by_hand_is_changed_back() {
    let bench = Bench::new();
    let hcl = file("modules/etcd-static-pod/example.hcl");
    bench.apply(&hcl).await;
    let manifest = "infra0/etc/kubernetes/manifests/etcd.yaml";
    let text = bench.read(manifest);

    bench.write(manifest, &format!("# by hand\n{text}"));
    assert_eq!(bench.plan(&hcl).await.changes, [""; 0]);

    bench.write(manifest, &text.replace("--snapshot-count=10000", "--snapshot-count=1"));
    let planned = bench.apply(&hcl).await;
    assert_eq!(planned.changes, ["Update module.etcd.etcd_static_pod.member[\"infra0\"]"]);
    assert_eq!(bench.read(manifest), text);

    let key = "infra2/etc/kubernetes/pki/etcd/peer.key";
    let (before, crt) = (bench.read(key), "infra2/etc/kubernetes/pki/etcd/peer.crt");
    bench.write(key, "lost");
    let planned = bench.apply(&hcl).await;
    assert_eq!(planned.changes, ["Update module.etcd.pki_certificate.peer[\"infra2\"]"]);
    assert_eq!(planned.steps.len(), 4);
    assert_ne!(bench.read(key), before);
    assert!(bench.read(crt).starts_with("-----BEGIN CERTIFICATE"));
    assert_eq!(bench.plan(&hcl).await.changes, [""; 0]);
}
