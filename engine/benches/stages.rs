//! What each stage of a run takes, on one configuration of the built-in type, in one process; and
//! loading against the parser alone on the same files. Told are the time that the calling thread has
//! had a processor, where the system knows it, and the time of the day, in which a busy machine
//! and a slow disk count, too. The parser alone has one thread; loading has one for each processor
//! that the process may use, so only with one (`taskset -c 0`) is all of its work in the first
//! figure.
//!
//! `cargo bench -p quorate-engine --features testing --bench stages -- FOLDER [ROUNDS]`
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![allow(clippy::unwrap_used, reason = "a benchmark may stop where it cannot go on")]

#[path = "../tests/bench/mod.rs"]
mod bench;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bench::{Bench, Seal};
use quorate_engine::apply::{Run, Stop, apply};
use quorate_engine::build::build;
use quorate_engine::builtin;
use quorate_engine::config::{Builtins, Config, DiskFiles, load};
use quorate_engine::desired::Inputs;
use quorate_engine::diag::Diagnostics;
use quorate_engine::event::Silent;
use quorate_engine::observe::{Senses, observe};
use quorate_engine::parallel;
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

/// When something began.
struct Begun {
    /// How long this thread had had a processor.
    processor: Option<Duration>,
    wall: Instant,
}

impl Begun {
    fn now() -> Begun {
        Begun { processor: processor(), wall: Instant::now() }
    }

    fn took(self) -> Took {
        let wall = self.wall.elapsed();
        let processor = processor().zip(self.processor).map(|(now, then)| now - then);
        Took { processor: processor.unwrap_or(wall), wall }
    }
}

/// The time that this thread has had a processor, where the system tells.
fn processor() -> Option<Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// What something took.
struct Took {
    processor: Duration,
    wall: Duration,
}

/// The times of each stage, in the order in which the stages come first.
#[derive(Default)]
struct Times(Vec<(&'static str, Vec<Took>)>);

impl Times {
    fn of<T>(&mut self, stage: &'static str, work: impl FnOnce() -> T) -> T {
        let begun = Begun::now();
        let result = black_box(work());
        self.add(stage, begun.took());
        result
    }

    fn add(&mut self, stage: &'static str, took: Took) {
        match self.0.iter_mut().find(|(known, _)| *known == stage) {
            Some((_, times)) => times.push(took),
            None => self.0.push((stage, vec![took])),
        }
    }

    /// The median of a stage in milliseconds.
    fn median(&self, stage: &str, part: impl Fn(&Took) -> Duration) -> f64 {
        let times = self.0.iter().find(|(known, _)| *known == stage);
        let mut times: Vec<Duration> =
            times.map(|(_, times)| times.iter().map(part).collect()).unwrap_or_default();
        times.sort_unstable();
        times.get(times.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1e3)
    }

    fn print(&self) {
        println!("{:24} {:>12} {:>12}", "", "processor", "wall");
        for (stage, _) in &self.0 {
            let processor = self.median(stage, |took| took.processor);
            let wall = self.median(stage, |took| took.wall);
            println!("{stage:24} {processor:9.1} ms {wall:9.1} ms");
        }
        let ratio = |part: fn(&Took) -> Duration| {
            self.median("load", part) / self.median("parser alone", part)
        };
        let (processor, wall) = (ratio(|took| took.processor), ratio(|took| took.wall));
        let threads = parallel::width();
        println!(
            "loading with {threads} threads takes {processor:.2} times what the parser alone takes \
             of the calling thread, and {wall:.2} times its wall time (goal 1.3)"
        );
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
    let begun = Begun::now();
    let aim = Aim::from(Goal::Converge);
    let senses = Senses { look: &*bench.world, realm: &Seal, events: &Silent };
    let observed = observe(inputs, &written, state.state(), &aim, senses, diagnostics);
    let observed = observed.await.unwrap();
    times.add(stages[1], begun.took());
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
    let begun = Begun::now();
    let outcome = apply(run, planning, schedule, state).await;
    times.add("apply", begun.took());
    assert!(outcome.is_complete());
}
