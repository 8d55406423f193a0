//! Carrying out a plan: its jobs in their order, and nothing else.
//!
//! One coordinator owns the state and the journal. Tasks run concurrently, touch one object each
//! and hand back what became of it. What ended and what begins next is made durable with one flush
//! before anything that depends on it starts. A change that touches nothing but the state is carried
//! out by the coordinator itself, many of them to one flush.

mod begin;
mod clock;
mod completes;
mod ended;
mod finish;
mod keep;
mod outcome;
mod part;
mod record;
mod task;
mod work;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

pub use clock::Clock;
pub use keep::taken_over;
pub use outcome::Outcome;

use crate::addr::{BlockAddr, ConfigAddr, DeposedKey, InstanceAddr, Mode, ModuleInstance};
use crate::build::Written;
use crate::desired::{Inputs, Walk};
use crate::diag::{Diagnostic, Diagnostics};
use crate::eval::Entropy;
use crate::event::Events;
use crate::plan::{Action, Aim, Job, PlannedObject, Planning, Request, Schedule};
use crate::resource::Realm;
use crate::state::{Entry, LockedState};
use crate::value::{Text, Value};
use crate::world::Act;
use part::Previous;
use task::{Done, Intent, Task};

/// Whether to go on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stop {
    /// Go on.
    #[default]
    Run,
    /// Begin nothing more; finish what is in flight.
    Finish,
    /// Leave at once; the journal says what is in flight.
    Abort,
}

/// What a run works with.
pub struct Run<'a> {
    /// What the plan depends on.
    pub inputs: &'a Inputs,
    /// What is written.
    pub written: &'a Written,
    /// The door to the hosts.
    pub world: Arc<dyn Act>,
    /// Clock and seal.
    pub realm: Arc<dyn Realm>,
    /// Who looks.
    pub events: Arc<dyn Events>,
    /// How many objects may be in flight.
    pub parallelism: usize,
    /// Whether to go on.
    pub stop: watch::Receiver<Stop>,
}

/// Carries out a plan under the lock that it was made under.
pub async fn apply(
    run: Run<'_>,
    planning: Planning,
    schedule: Schedule,
    state: &mut LockedState,
) -> Outcome {
    let entropy: Arc<dyn Entropy> = Arc::new(Clock(run.realm.clone()));
    let Planning { plan, tables, places, depends_on, requests, .. } = planning;
    let walk = Walk::resume(run.inputs, run.written, tables, entropy);
    let waits = schedule.graph.waits();
    let ready = (0..waits.len()).filter(|job| waits[*job] == 0).collect();
    let count = waits.len();
    let (intends, intents) = mpsc::unbounded_channel();
    let mut coordinator = Coordinator {
        plan: Approved { objects: plan.objects, places, depends_on, requests, aim: plan.aim },
        schedule,
        walk,
        waits,
        ready,
        dead: vec![false; count],
        running: JoinSet::new(),
        in_flight: BTreeMap::new(),
        previous: BTreeMap::new(),
        deposed: BTreeMap::new(),
        entries: Vec::new(),
        intends,
        intents,
        promised: Vec::new(),
        unreadable: Vec::new(),
        outcome: Outcome::default(),
        stop: run.stop.clone(),
        keep_open: None,
        run,
        state,
    };
    coordinator.move_objects();
    coordinator.drive().await;
    coordinator.finish();
    coordinator.outcome
}

/// The parts of a planning that the coordinator reads.
struct Approved {
    objects: Vec<PlannedObject>,
    places: Vec<Option<(usize, usize, usize)>>,
    depends_on: Vec<Arc<BTreeSet<ConfigAddr>>>,
    requests: Vec<Option<Request>>,
    aim: Aim,
}

struct Coordinator<'a> {
    run: Run<'a>,
    plan: Approved,
    schedule: Schedule,
    walk: Walk<'a>,
    state: &'a mut LockedState,
    waits: Vec<usize>,
    ready: VecDeque<usize>,
    dead: Vec<bool>,
    running: JoinSet<Done>,
    in_flight: BTreeMap<usize, (usize, Instant)>,
    /// What the state said of an object before work on it began.
    previous: BTreeMap<usize, Previous>,
    /// Under which keys the state keeps what replacements of this run are to remove.
    deposed: BTreeMap<usize, DeposedKey>,
    entries: Vec<Entry>,
    /// The way of tasks to say what they are about to begin.
    intends: mpsc::UnboundedSender<Intent>,
    intents: mpsc::UnboundedReceiver<Intent>,
    /// Who waits until what they are about to begin is durable.
    promised: Vec<oneshot::Sender<()>>,
    /// Checks whose data source could not be read.
    unreadable: Vec<Unreadable>,
    outcome: Outcome,
    stop: watch::Receiver<Stop>,
    keep_open: Option<watch::Sender<Stop>>,
}

/// A check, in an instance of its module, whose data source could not be read.
struct Unreadable {
    name: Text,
    module: ModuleInstance,
    problem: Diagnostic,
}

impl Coordinator<'_> {
    async fn drive(&mut self) {
        loop {
            let tasks = self.prepare_ready();
            match self.flush() {
                true => tasks.into_iter().for_each(|task| drop(self.running.spawn(task.run()))),
                false => tasks.into_iter().for_each(|task| self.not_begun(&task)),
            }
            if self.running.is_empty() {
                break;
            }
            if self.next_ended().await.is_none() {
                self.running.abort_all();
                break;
            }
        }
    }

    /// Waits for a task to end, and takes along all others that have ended. None when told to abort.
    async fn next_ended(&mut self) -> Option<()> {
        loop {
            tokio::select! {
                ended = self.running.join_next() => {
                    if let Some(ended) = ended {
                        self.ended(ended);
                    }
                    while let Some(ended) = self.running.try_join_next() {
                        self.ended(ended);
                    }
                    return Some(());
                }
                Some(intent) = self.intents.recv() => {
                    self.promise(intent);
                    while let Ok(intent) = self.intents.try_recv() {
                        self.promise(intent);
                    }
                    return Some(());
                }
                changed = self.stop.changed() => {
                    if *self.stop.borrow() == Stop::Abort {
                        return None;
                    }
                    if changed.is_err() {
                        // A closed channel would be ready for ever; nobody can stop this any more.
                        let (sender, stop) = watch::channel(Stop::Run);
                        self.stop = stop;
                        self.keep_open = Some(sender);
                    }
                }
            }
        }
    }

    fn may_begin(&self) -> bool {
        *self.stop.borrow() == Stop::Run && self.outcome.store_error.is_none()
    }

    fn has_room(&self) -> bool {
        self.may_begin() && self.in_flight.len() < self.run.parallelism.max(1)
    }

    fn prepare_ready(&mut self) -> Vec<Task> {
        let mut tasks = Vec::new();
        let mut later = VecDeque::new();
        while let Some(job) = self.ready.pop_front() {
            let index = match *self.schedule.graph.get(job) {
                Job::Object(index) => index,
                Job::Remove(index) => {
                    match self.has_room() {
                        true => tasks.extend(self.begin(job, index)),
                        false => later.push_back(job),
                    }
                    continue;
                }
                Job::Value(..) | Job::Gate => {
                    self.evaluate(job);
                    continue;
                }
            };
            let object = &self.plan.objects[index];
            let (still, importing) = (object.change.action() == Action::NoOp, &object.importing);
            if still && importing.is_none() {
                self.release(job);
            } else if !self.may_begin() {
                later.push_back(job);
            } else if still {
                self.take_over(job, index);
                self.flush_if_many();
            } else if self.plan.objects[index].change.is_silent() {
                self.carry_out_silently(job, index);
                self.flush_if_many();
            } else if !self.has_room() {
                later.push_back(job);
            } else {
                tasks.extend(self.begin(job, index));
            }
        }
        self.ready = later;
        tasks
    }

    /// Evaluates what was not known when the plan was made.
    fn evaluate(&mut self, job: usize) {
        if let Job::Value(node, module) = *self.schedule.graph.get(job) {
            if let Err(diagnostic) = self.walk.know_each_of_call(node, module) {
                return self.failed_value(job, diagnostic);
            }
            let known = self.walk.tables.value(node, module).is_none_or(Value::is_wholly_known);
            if !known || self.walk.has_open_conditions(node, module) {
                let mut diagnostics = Diagnostics::default();
                self.walk.visit_value(node, module, &mut diagnostics);
                if let Some(diagnostic) = diagnostics.iter().next() {
                    return self.failed_value(job, diagnostic.clone());
                }
            }
        }
        self.release(job);
    }

    fn failed_value(&mut self, job: usize, diagnostic: Diagnostic) {
        let Job::Value(node, _) = *self.schedule.graph.get(job) else { return };
        let name = self.run.written.nodes[node].to_string();
        let addr = InstanceAddr {
            module: Default::default(),
            block: BlockAddr { mode: Mode::Managed, kind: "value".into(), name: name.into() },
            key: None,
            deposed: None,
        };
        self.outcome.failed.push((addr.clone(), diagnostic));
        self.skip_dependents(job, &addr);
    }

    fn release(&mut self, job: usize) {
        // In the order of the plan, so that the same plan is always carried out alike.
        let mut dependents: Vec<usize> = self.schedule.graph.dependents(job).collect();
        dependents.sort_unstable();
        for dependent in dependents {
            self.waits[dependent] -= 1;
            if self.waits[dependent] > 0 || self.dead[dependent] {
                continue;
            }
            // What is half replaced goes on before anything else begins.
            match self.index_of(job).is_some() && self.index_of(job) == self.index_of(dependent) {
                true => self.ready.push_front(dependent),
                false => self.ready.push_back(dependent),
            }
        }
    }
}

fn missing_type(addr: &InstanceAddr) -> Diagnostic {
    let detail = format!("{addr} was planned, but its type or block cannot be found any more.");
    Diagnostic::bug("Planned object without a type", detail)
}
