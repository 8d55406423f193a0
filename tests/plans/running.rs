//! Plans for clusters that run: which members go down, what is left of the quorum meanwhile, what is
//! lost. The hosts are in memory; everything else is as the program does it.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use quorate::view::progress::{Command, Progress, Record, put_summary};
use quorate::view::{Page, ViewOptions, diagnostic, plan};
use quorate_engine::apply::{Outcome, Run, Stop, apply};
use quorate_engine::build::build;
use quorate_engine::builtin;
use quorate_engine::config::{MemoryFiles, load};
use quorate_engine::desired::Inputs;
use quorate_engine::diag::{Diagnostic, Diagnostics};
use quorate_engine::event::{Events, Silent};
use quorate_engine::observe::{Senses, observe};
use quorate_engine::plan::{Aim, Goal, Planning, make, schedule};
use quorate_engine::resource::Realm;
use quorate_engine::source::Sources;
use quorate_engine::state::{FileStore, Holder, LockedState};
use quorate_engine::world::Reply;
use quorate_providers::modules::builtin_modules;
use quorate_providers::registry::registry;
use quorate_providers::seal::{Sealer, Unsealer, generate_identity};
use quorate_providers::transport::Hosts;
use quorate_providers::transport::fake::{Fake, Fakes, Trouble};
use zeroize::Zeroizing;

use crate::cluster::{HOSTS, MEMBERS, start_etcd, well};
use crate::{clean, golden};

/// 2026-01-01T00:00:00Z.
const NOW: i64 = 1_767_225_600;
const DAY: i64 = 86_400;
const VIEW: ViewOptions = ViewOptions::new(false, 80);

struct Seal(Sealer, Unsealer, i64);

impl Realm for Seal {
    fn now(&self) -> i64 {
        self.2
    }

    fn seal(&self, secret: &[u8]) -> Result<String, Box<Diagnostic>> {
        Ok(self.0.seal(secret).unwrap())
    }

    fn unseal(&self, sealed: &str) -> Result<Zeroizing<Vec<u8>>, Box<Diagnostic>> {
        Ok(self.1.unseal(sealed).unwrap())
    }
}

/// A cluster that runs, and its state.
struct Cluster {
    dir: tempfile::TempDir,
    realm: Arc<Seal>,
    hosts: Arc<Hosts>,
    fakes: Vec<Arc<Fake>>,
}

/// What was planned, and everything that was said on the way.
struct Made {
    planning: Option<Planning>,
    inputs: Inputs,
    said: Diagnostics,
    sources: Sources,
    outcome: Option<Outcome>,
}

impl Cluster {
    fn of(members: &[(&str, &str)]) -> Cluster {
        let all = Fakes::default();
        let fakes: Vec<_> = members.iter().map(|(name, _)| well(&all, name)).collect();
        let identity = generate_identity(time::OffsetDateTime::UNIX_EPOCH);
        let sealer = Sealer::for_recipients([&identity.recipient]).unwrap();
        let realm = Seal(sealer, Unsealer::with_identities(&identity.text).unwrap(), NOW);
        Cluster {
            dir: tempfile::tempdir().unwrap(),
            realm: Arc::new(realm),
            hosts: Arc::new(Hosts::with_fakes(all)),
            fakes,
        }
    }

    /// A cluster of three that was applied and runs.
    async fn running() -> Cluster {
        let cluster = Cluster::of(&MEMBERS);
        let made = cluster.run(&hcl(""), Goal::Converge, NOW, true).await;
        assert!(made.outcome.is_some_and(|outcome| outcome.is_complete()));
        cluster.fakes.iter().for_each(|host| start_etcd(host, &[]));
        cluster
    }

    fn lock(&self) -> LockedState {
        let holder = Holder { who: "t".into(), pid: 1, ..Holder::default() };
        let store = FileStore::new(self.dir.path().join("state.json"));
        store.lock(&holder, Duration::ZERO, || "l".to_owned()).unwrap()
    }

    async fn run(&self, hcl: &str, goal: Goal, now: i64, carry_out: bool) -> Made {
        self.tell(hcl, goal, now, carry_out, Arc::new(Silent)).await
    }

    async fn tell(
        &self,
        hcl: &str,
        goal: Goal,
        now: i64,
        carry_out: bool,
        events: Arc<dyn Events>,
    ) -> Made {
        let files: MemoryFiles = [("main.hcl", hcl.as_bytes().to_vec())].into_iter().collect();
        let (mut said, mut sources) = (Diagnostics::default(), Sources::default());
        let config = load(".", &files, &builtin_modules(), &mut sources, &mut said).unwrap();
        let mut registry = registry();
        builtin::register(&mut registry);
        let (config, files) = (Arc::new(config), Arc::new(files));
        let inputs = Inputs { config, variables: BTreeMap::new(), registry, files, now };
        let mut locked = self.lock();
        let written = build(&inputs.config, &mut said).unwrap();
        let aim: Aim = goal.into();
        let (hosts, realm) = (self.hosts.clone(), self.realm.clone());
        let senses = Senses { look: &*hosts, realm: &*realm, events: &Silent };
        let seen = observe(&inputs, &written, locked.state(), &aim, senses, &mut said).await;
        let planning = seen
            .and_then(|seen| make(&inputs, &written, locked.state(), &seen, &aim, &mut said))
            .ok();
        let mut made = Made { planning, inputs, said, sources, outcome: None };
        if carry_out && let Some(planning) = made.planning.take() {
            let plan = schedule(&planning, &written, &made.inputs.config, locked.state()).unwrap();
            let run = Run {
                inputs: &made.inputs,
                written: &written,
                world: hosts.clone(),
                realm: realm.clone(),
                events: events.clone(),
                parallelism: 10,
                stop: tokio::sync::watch::channel(Stop::Run).1,
            };
            made.outcome = Some(apply(run, planning, plan, &mut locked).await);
        }
        made
    }

    /// What `plan` shows.
    async fn plan(&self, hcl: &str, goal: Goal, now: i64) -> String {
        let mut made = self.run(hcl, goal, now, false).await;
        let mut out = Vec::new();
        if let Some(planning) = &made.planning {
            plan::render(&planning.plan, VIEW, &mut out).unwrap();
            let warnings = planning.plan.warnings.iter().cloned();
            warnings.for_each(|warning| made.said.push(warning));
        }
        diagnostic::render(&made.said, &made.sources, VIEW, &mut out).unwrap();
        clean(&String::from_utf8(out).unwrap())
    }
}

fn hcl(extra: &str) -> String {
    format!(
        r#"{HOSTS}
        module "etcd" {{
          source             = "builtin:etcd-static-pod"
          members            = local.members
          hosts              = data.host.fake
          kubernetes_version = "1.34.1"
          {extra}
        }}
        "#
    )
}

#[tokio::test]
async fn members_restart_one_at_a_time() {
    let cluster = Cluster::running().await;
    let plan = async |name: &str, extra: &str| {
        golden(name, &cluster.plan(&hcl(extra), Goal::Converge, NOW).await);
    };
    plan("running-quiet", "").await;
    plan("running-flag", "extra_args = { quota-backend-bytes = \"8589934592\" }").await;
    plan("running-image", "image = \"registry.k8s.io/etcd:3.6.5-0\"").await;
    plan("running-downgrade", "image = \"registry.k8s.io/etcd:3.5.24-0\"").await;
    golden("running-destroy", &cluster.plan(&hcl(""), Goal::Destroy, NOW).await);
    golden("running-near-expiry", &cluster.plan(&hcl(""), Goal::Converge, NOW + 300 * DAY).await);
}

#[tokio::test]
async fn what_is_wrong_on_a_host_is_told() {
    let cluster = Cluster::running().await;
    let plan = async |name: &str| {
        golden(name, &cluster.plan(&hcl(""), Goal::Converge, NOW).await);
    };
    let health = "http://127.0.0.1:2381/health".to_owned();
    let well = cluster.fakes[1].world().http.insert(health.clone(), Reply::Absent).unwrap();
    plan("running-member-down").await;
    cluster.fakes[1].world().http.insert(health, well);

    cluster.fakes[0].unit("kubelet.service", "inactive", "disabled", &[]);
    plan("running-kubelet-stopped").await;
    cluster.fakes[0].unit("kubelet.service", "active", "enabled", &[]);

    let manifest = "/etc/kubernetes/manifests/etcd.yaml";
    let file = cluster.fakes[2].world().files.remove(manifest).unwrap();
    plan("running-manifest-gone").await;
    cluster.fakes[2].world().files.insert(manifest.into(), file);

    let is_data = |path: &String| path.starts_with("/var/lib/etcd/");
    cluster.fakes[2].world().files.retain(|path, _| !is_data(path));
    cluster.fakes[2].world().directories.retain(|path, _| !is_data(path));
    plan("running-data-lost").await;
}

/// A writer that a test can look into.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The second member cannot be changed: the third is not touched, and what stands where is said.
#[tokio::test]
async fn a_rolling_change_stops_at_the_first_failure() {
    let cluster = Cluster::running().await;
    let debug = hcl("extra_args = { log-level = \"debug\" }");
    cluster.fakes.iter().for_each(|host| start_etcd(host, &["--log-level=debug"]));
    cluster.fakes[1].world().trouble = Some((1, Trouble::DiskFull));
    let told = Shared::default();
    let progress = Arc::new(Progress::new(told.clone(), VIEW));
    let made = cluster.tell(&debug, Goal::Converge, NOW, true, progress.clone()).await;
    let outcome = made.outcome.unwrap();
    let mut lines = String::from_utf8(told.0.lock().unwrap().clone()).unwrap();
    let mut sorted: Vec<&str> = lines.lines().collect();
    sorted.sort_unstable();
    lines = sorted.iter().map(|line| format!("{line}\n")).collect();
    let mut out = Vec::new();
    let record = Record::of(&outcome, &progress.record(Instant::now()));
    put_summary(&mut Page::new(&mut out, VIEW), Command::Apply, &record, false, "quorate apply")
        .unwrap();
    let mut said = Diagnostics::default();
    outcome.failed.into_iter().for_each(|(_, diagnostic)| said.push(diagnostic));
    diagnostic::render(&said, &made.sources, VIEW, &mut out).unwrap();
    golden("running-failure", &clean(&format!("{lines}{}", String::from_utf8(out).unwrap())));
    golden("running-after-failure", &cluster.plan(&debug, Goal::Converge, NOW).await);
}
