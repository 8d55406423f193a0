//! What each stage of a run takes, on one configuration of the built-in type, in one process; and
//! loading against the parser alone on the same files. Time is that of the processor, where the
//! system tells it: a busy machine and a slow disk do not count.
//!
//! `cargo bench -p quorate-engine --bench stages -- FOLDER [ROUNDS]`
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![allow(clippy::unwrap_used, reason = "a benchmark may stop where it cannot go on")]

#[path = "../tests/bench/mod.rs"]
mod bench;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bench::{Bench, Seal};
use quorate_engine::apply::{Run, Stop, apply};
use quorate_engine::build::build;
use quorate_engine::builtin;
use quorate_engine::config::{Builtins, Config, DiskFiles, load};
use quorate_engine::desired::Inputs;
use quorate_engine::diag::Diagnostics;
use quorate_engine::event::Silent;
use quorate_engine::observe::{Senses, observe};
use quorate_engine::plan::{Aim, Goal, Planning, make, schedule};
use quorate_engine::resource::Registry;
use quorate_engine::source::Sources;
use quorate_engine::state::LockedState;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let mut args = std::env::args().skip(1).filter(|arg| !arg.starts_with("--"));
    let Some(folder) = args.next() else { return };
    let rounds = args.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(5);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut times = Times::default();
    for _ in 0..rounds {
        runtime.block_on(life(&folder, &mut times));
    }
    times.print();
}

/// The time that this thread has had a processor; where the system does not tell, that of the day.
fn clock() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let told = told.and_then(|text| text.split(' ').next()?.parse().ok());
    told.map_or_else(|| SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default(), Duration::from_nanos)
}

/// The times of each stage, in the order in which the stages come first.
#[derive(Default)]
struct Times(Vec<(&'static str, Vec<Duration>)>);

impl Times {
    fn of<T>(&mut self, stage: &'static str, work: impl FnOnce() -> T) -> T {
        let begun = clock();
        let result = black_box(work());
        self.add(stage, clock() - begun);
        result
    }

    fn add(&mut self, stage: &'static str, took: Duration) {
        match self.0.iter_mut().find(|(known, _)| *known == stage) {
            Some((_, times)) => times.push(took),
            None => self.0.push((stage, vec![took])),
        }
    }

    fn median(&self, stage: &str) -> f64 {
        let times = self.0.iter().find(|(known, _)| *known == stage);
        let mut times = times.map(|(_, times)| times.clone()).unwrap_or_default();
        times.sort_unstable();
        times.get(times.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1e3)
    }

    fn print(&self) {
        for (stage, _) in &self.0 {
            println!("{stage:24} {:9.1} ms", self.median(stage));
        }
        let ratio = self.median("load") / self.median("parser alone");
        println!("loading takes {ratio:.2} times what the parser alone takes (goal 1.3)");
    }
}

/// One configuration from its files to a quiet plan.
async fn life(folder: &str, times: &mut Times) {
    let texts = texts(Path::new(folder));
    // Dropping the trees is left out of both.
    let trees = times.of("parser alone", || parse(&texts));
    times.of("(dropping its trees)", || drop(trees));
    let config = times.of("load", || loaded(folder));
    let inputs = inputs(config);
    let bench = Bench::new();
    let mut state = bench.lock().unwrap();
    let planning = planned(["build", "observe", "plan"], &inputs, &state, &bench, times).await;
    carried_out(&inputs, planning, &mut state, &bench, times).await;
    times.of("(dropping the state)", || drop(state));
    let state = times.of("read the state", || bench.lock().unwrap());
    let planning =
        planned(["build", "observe again", "quiet plan"], &inputs, &state, &bench, times).await;
    assert!(planning.plan.is_quiet());
    times.of("(dropping a plan)", || drop(planning));
}

fn texts(folder: &Path) -> Vec<String> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let hcl = paths.filter(|path| path.extension().is_some_and(|extension| extension == "hcl"));
    hcl.map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

fn parse(texts: &[String]) -> Vec<hcl::edit::structure::Body> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn loaded(folder: &str) -> Config {
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::default());
    let files = DiskFiles::default();
    load(folder, &files, &Builtins::new(), &mut sources, &mut diagnostics).unwrap()
}

fn inputs(config: Config) -> Inputs {
    let mut registry = Registry::default();
    builtin::register(&mut registry);
    let files = Arc::new(DiskFiles::default());
    let variables = BTreeMap::new();
    Inputs { config: Arc::new(config), variables, registry, files, now: 0 }
}

async fn planned(
    stages: [&'static str; 3],
    inputs: &Inputs,
    state: &LockedState,
    bench: &Bench,
    times: &mut Times,
) -> Planning {
    let diagnostics = &mut Diagnostics::default();
    let written = times.of(stages[0], || build(&inputs.config, diagnostics)).unwrap();
    let begun = clock();
    let aim = Aim::from(Goal::Converge);
    let senses = Senses { look: &*bench.world, realm: &Seal, events: &Silent };
    let observed = observe(inputs, &written, state.state(), &aim, senses, diagnostics);
    let observed = observed.await.unwrap();
    times.add(stages[1], clock() - begun);
    let plan = || make(inputs, &written, state.state(), &observed, &aim, diagnostics);
    times.of(stages[2], plan).unwrap()
}

async fn carried_out(
    inputs: &Inputs,
    planning: Planning,
    state: &mut LockedState,
    bench: &Bench,
    times: &mut Times,
) {
    let written = build(&inputs.config, &mut Diagnostics::default()).unwrap();
    let order = || schedule(&planning, &written, &inputs.config, state.state()).unwrap();
    let schedule = times.of("schedule", order);
    let run = Run {
        inputs,
        written: &written,
        world: bench.world.clone(),
        realm: Arc::new(Seal),
        events: Arc::new(Silent),
        parallelism: 10,
        stop: tokio::sync::watch::channel(Stop::Run).1,
    };
    let begun = clock();
    let outcome = apply(run, planning, schedule, state).await;
    times.add("apply", clock() - begun);
    assert!(outcome.is_complete());
}
