//! Carrying out a plan: its jobs in their order, and nothing else.
//!
//! One coordinator owns the state and the journal. Tasks run concurrently, touch one object each
//! and hand back what became of it. What ended and what begins next is made durable with one flush
//! before anything that depends on it starts. A change that touches nothing but the state is carried
//! out by the coordinator itself, many of them to one flush.

mod keep;
mod task;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use crate::addr::{ConfigAddr, InstanceAddr, ModulePath};
use crate::build::{Node, Written};
use crate::desired::{CheckResult, CheckStatus, Configured, Inputs, Walk};
use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::eval::Entropy;
use crate::event::{Event, Events};
use crate::plan::{Action, Change, Job, PlannedObject, Planning, Schedule, Summary};
use crate::refactor::in_order;
use crate::resource::{Planned, RealizeRequest, Realm, Resource};
use crate::state::{
    Entry, LockedState, Record, Status, StoreError, Stored, StoredOutput, UnderWay,
};
use crate::value::{Text, Type, Value};
use crate::world::Act;
pub use keep::taken_over;
use keep::{SealWith, keep, unstorable};
use task::{Done, Failure, Intent, Task, Work};

/// How many facts of silent changes wait for the next flush at most: so many can be lost with the
/// process, together with nothing outside that depends on them.
const MOST_UNWRITTEN: usize = 1000;

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

/// What became of a plan.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What was done.
    pub done: Summary,
    /// What failed, and why.
    pub failed: Vec<(InstanceAddr, Diagnostic)>,
    /// What was not begun.
    pub skipped: Vec<InstanceAddr>,
    /// What was left in the middle.
    pub in_flight: Vec<InstanceAddr>,
    /// Whether the user stopped it.
    pub interrupted: bool,
    /// The state could not be written.
    pub store_error: Option<StoreError>,
    /// Outputs of the root module.
    pub outputs: BTreeMap<String, Value>,
    /// What `check` blocks say now.
    pub checks: Vec<CheckResult>,
}

impl Outcome {
    /// Whether everything was done.
    pub fn is_complete(&self) -> bool {
        let nothing_left = self.failed.is_empty() && self.skipped.is_empty();
        nothing_left && self.in_flight.is_empty() && self.store_error.is_none()
    }
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
    let Planning { plan, tables, places, depends_on, requests, aim } = planning;
    let walk = Walk::resume(run.inputs, run.written, tables, entropy);
    let waits = schedule.graph.waits();
    let ready = (0..waits.len()).filter(|job| waits[*job] == 0).collect();
    let count = waits.len();
    let (intends, intents) = mpsc::unbounded_channel();
    let mut coordinator = Coordinator {
        plan: Approved { objects: plan.objects, places, depends_on, requests, aim },
        schedule,
        walk,
        waits,
        ready,
        dead: vec![false; count],
        running: JoinSet::new(),
        in_flight: BTreeMap::new(),
        previous: BTreeMap::new(),
        entries: Vec::new(),
        intends,
        intents,
        promised: Vec::new(),
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
    requests: Vec<Option<crate::plan::Request>>,
    aim: crate::plan::Aim,
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
    previous: BTreeMap<usize, Option<Stored>>,
    entries: Vec<Entry>,
    /// The way of tasks to say what they are about to begin.
    intends: mpsc::UnboundedSender<Intent>,
    intents: mpsc::UnboundedReceiver<Intent>,
    /// Who waits until what they are about to begin is durable.
    promised: Vec<oneshot::Sender<()>>,
    outcome: Outcome,
    stop: watch::Receiver<Stop>,
    keep_open: Option<watch::Sender<Stop>>,
}

impl Coordinator<'_> {
    /// Objects are at their new addresses before anything else happens.
    fn move_objects(&mut self) {
        let moves = self
            .plan
            .objects
            .iter()
            .filter_map(|object| Some((object.moved_from.clone()?, object.addr.clone())));
        let moves = in_order(moves.collect()).into_iter();
        self.entries.extend(moves.map(|(from, to)| Entry::Moved { from, to }));
        // A failure is in the outcome, and nothing begins after it.
        self.flush();
    }

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

    fn prepare_ready(&mut self) -> Vec<Task> {
        let mut tasks = Vec::new();
        let mut later = VecDeque::new();
        while let Some(job) = self.ready.pop_front() {
            let Job::Object(index) = *self.schedule.graph.get(job) else {
                self.evaluate(job);
                continue;
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
            } else if self.in_flight.len() >= self.run.parallelism.max(1) {
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
            block: crate::addr::BlockAddr {
                mode: crate::addr::Mode::Managed,
                kind: "value".into(),
                name: name.into(),
            },
            key: None,
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
            if self.waits[dependent] == 0 && !self.dead[dependent] {
                self.ready.push_back(dependent);
            }
        }
    }

    fn begin(&mut self, job: usize, index: usize) -> Option<Task> {
        let addr = self.plan.objects[index].addr.clone();
        let action = self.plan.objects[index].change.action();
        let work = match self.work(index) {
            Ok(work) => work,
            Err(diagnostic) => {
                self.fail(job, index, diagnostic);
                return None;
            }
        };
        let intent = self.imported(index).and_then(|imported| {
            let known = imported.clone().or_else(|| self.state.state().objects.get(&addr).cloned());
            let entry = self.intent(index, &work, known.as_ref())?;
            Ok((imported, known, entry))
        });
        match intent {
            Ok((imported, known, entry)) => {
                if entry.is_some() {
                    self.previous.insert(index, known);
                }
                self.note_import(index, imported);
                self.entries.extend(entry);
            }
            Err(diagnostic) => {
                self.fail(job, index, diagnostic);
                return None;
            }
        }
        self.run.events.emit(Event::Started { addr: addr.clone(), action });
        self.in_flight.insert(index, (job, Instant::now()));
        let (world, realm, events) =
            (self.run.world.clone(), self.run.realm.clone(), self.run.events.clone());
        Some(Task { index, addr, work, world, realm, events, intends: self.intends.clone() })
    }

    /// Carries out a change that touches nothing but the state, here and now. What it is written
    /// down as is ahead of whatever depends on it in the journal, and is made durable with it.
    fn carry_out_silently(&mut self, job: usize, index: usize) {
        let addr = self.plan.objects[index].addr.clone();
        let action = self.plan.objects[index].change.action();
        let begun = Instant::now();
        match self.imported(index) {
            Ok(imported) => self.note_import(index, imported),
            Err(diagnostic) => return self.fail(job, index, diagnostic),
        }
        self.run.events.emit(Event::Started { addr: addr.clone(), action });
        let value = self.work(index).and_then(|work| work.done_silently(&addr, &*self.run.realm));
        match value {
            Ok(value) => self.succeeded(job, index, value, begun.elapsed()),
            Err(diagnostic) => self.fail(job, index, diagnostic),
        }
    }

    /// The state takes over an object to which nothing is done.
    fn take_over(&mut self, job: usize, index: usize) {
        match self.imported(index) {
            Ok(imported) => {
                self.note_import(index, imported);
                self.release(job);
            }
            Err(diagnostic) => self.fail(job, index, diagnostic),
        }
    }

    fn flush_if_many(&mut self) {
        if self.entries.len() >= MOST_UNWRITTEN {
            self.flush();
        }
    }

    /// What the state is to say first of an object that it takes over: how it was found.
    fn imported(&self, index: usize) -> Result<Option<Stored>, Diagnostic> {
        let object = &self.plan.objects[index];
        let Some(found) = object.change.before().filter(|_| object.importing.is_some()) else {
            return Ok(None);
        };
        self.stored(index, found).map(Some)
    }

    fn note_import(&mut self, index: usize, imported: Option<Stored>) {
        let object = &self.plan.objects[index];
        let (Some(stored), Some(id)) = (imported, object.importing.clone()) else { return };
        let addr = object.addr.clone();
        let object = Box::new(stored);
        self.entries.push(Entry::Became { addr: addr.clone(), object });
        self.outcome.done.import += 1;
        self.run.events.emit(Event::Imported { addr, id });
    }

    /// What is to be done, with everything that was unknown filled in.
    fn work(&self, index: usize) -> Result<Work, Diagnostic> {
        let object = &self.plan.objects[index];
        let kind = &*object.addr.block.kind;
        let registry = &self.run.inputs.registry;
        if let Change::Read { .. } = &object.change {
            let configured = self.configured(index)?;
            let data = registry.find_data_source(kind).cloned();
            let data = data.ok_or_else(|| missing_type(&object.addr))?;
            return Ok(Work::Read { data, configured });
        }
        if let Change::Forget { .. } = &object.change {
            return Ok(Work::Forget);
        }
        let resource = registry.find_resource(kind).cloned();
        let resource = resource.ok_or_else(|| missing_type(&object.addr))?;
        match &object.change {
            Change::Update { planned, .. } if self.plan.requests[index].is_none() => {
                Ok(Work::Note { value: planned.after.clone() })
            }
            Change::Delete { steps, .. } => Ok(Work::Delete { steps: steps.clone(), resource }),
            Change::Create { planned } | Change::Update { planned, .. } => {
                // What was planned with, which after a drift is not what the state says.
                let prior = self.plan.requests[index].as_ref().and_then(|r| r.prior.clone());
                let request = self.again(index, &*resource, planned, prior)?;
                Ok(Work::Make { resource, request, before: vec![], afterwards: vec![] })
            }
            Change::Replace { destroy, planned, order, .. } => {
                let request = self.again(index, &*resource, planned, None)?;
                let (before, afterwards) = match order {
                    crate::plan::ReplaceOrder::DestroyThenCreate => (destroy.clone(), vec![]),
                    crate::plan::ReplaceOrder::CreateThenDestroy => (vec![], destroy.clone()),
                };
                Ok(Work::Make { resource, request, before, afterwards })
            }
            Change::NoOp { .. } | Change::Read { .. } | Change::Forget { .. } => {
                Err(Diagnostic::bug(
                    "Nothing to do",
                    format!("{} was begun without a change.", object.addr),
                ))
            }
        }
    }

    fn configured(&self, index: usize) -> Result<Configured, Diagnostic> {
        let addr = &self.plan.objects[index].addr;
        let (node, module, instance) = self.plan.places[index].ok_or_else(|| missing_type(addr))?;
        let mut diagnostics = Diagnostics::default();
        let (configured, _) = self.walk.configure(node, module, instance, &mut diagnostics);
        let first = diagnostics.iter().next().cloned();
        let configured = configured.map_err(|_| first.unwrap_or_else(|| missing_type(addr)))?;
        match configured.raw.is_wholly_known() {
            true => Ok(configured),
            false => Err(Diagnostic::bug(
                "Still unknown",
                format!(
                    "The configuration of {addr} is not known although all it waits for is done."
                ),
            )),
        }
    }

    /// Plans again, now that all is known; the result must complete what was approved.
    fn again(
        &self,
        index: usize,
        resource: &dyn Resource,
        approved: &Planned,
        prior: Option<Value>,
    ) -> Result<RealizeRequest, Diagnostic> {
        let addr = &self.plan.objects[index].addr;
        let configured = self.configured(index)?;
        let request = self.plan.requests[index].as_ref().ok_or_else(|| missing_type(addr))?;
        let planned = request.plan(resource, &configured, prior.as_ref(), addr)?;
        completes(&planned, approved).map_err(|reason| {
            let detail = format!(
                "What became known while applying changes what was planned for {addr}: {reason}. \
                 Nothing was done to it."
            );
            Diagnostic::world("The plan no longer holds", detail)
                .about(addr.to_string())
                .help("Run apply again: the new plan takes it into account.")
        })?;
        Ok(RealizeRequest { config: configured.raw, prior, planned })
    }

    /// The journal's word that work begins; none where nothing outside changes.
    fn intent(
        &self,
        index: usize,
        work: &Work,
        stored: Option<&Stored>,
    ) -> Result<Option<Entry>, Diagnostic> {
        let object = &self.plan.objects[index];
        if object.change.steps().is_empty() {
            return Ok(None);
        }
        let status = match object.change.action() {
            Action::Delete => Status::Deleting,
            Action::Create => Status::Creating,
            _ if stored.is_none() => Status::Creating,
            _ => Status::Updating,
        };
        let stored = match (stored, work.planned()) {
            (Some(stored), _) if status != Status::Creating => Stored { status, ..stored.clone() },
            (_, Some((resource, planned))) => {
                let schema = resource.schema();
                let record = Record::partial(&planned.after, schema.ty(), &self.sealing());
                Stored {
                    record: record.map_err(|error| unstorable(&object.addr, &error))?,
                    schema_version: schema.version,
                    status,
                    depends_on: self.plan.depends_on[index].clone(),
                }
            }
            _ => return Ok(None),
        };
        let work = UnderWay::begin(work.steps(), work.first_exchange(), self.run.realm.now());
        Ok(Some(Entry::Began { addr: object.addr.clone(), object: Box::new(stored), work }))
    }

    fn sealing(&self) -> SealWith {
        SealWith(self.run.realm.clone())
    }

    fn ended(&mut self, ended: Result<Done, tokio::task::JoinError>) {
        let done = match ended {
            Ok(done) => done,
            // A panic in a task: the object stays in flight in the journal.
            Err(error) => {
                let diagnostic = Diagnostic::bug("A task ended abnormally", error.to_string());
                let lost: Vec<usize> = self.in_flight.keys().copied().collect();
                if let [index] = lost[..]
                    && let Some((job, _)) = self.in_flight.remove(&index)
                {
                    self.fail(job, index, diagnostic);
                }
                return;
            }
        };
        let Some((job, begun)) = self.in_flight.remove(&done.index) else { return };
        match done.result {
            Ok(value) => self.succeeded(job, done.index, value, begun.elapsed()),
            Err(failure) => self.undo_or_keep(job, done.index, failure),
        }
    }

    fn succeeded(&mut self, job: usize, index: usize, value: Option<Value>, took: Duration) {
        let addr = self.plan.objects[index].addr.clone();
        let action = self.plan.objects[index].change.action();
        let entry = match (&value, action) {
            (_, Action::Read) => None,
            (Some(value), _) => match self.became(index, value) {
                Ok(entry) => Some(entry),
                Err(diagnostic) => return self.fail(job, index, diagnostic),
            },
            (None, _) => Some(Entry::Gone { addr: addr.clone() }),
        };
        self.entries.extend(entry);
        let id = value.as_ref().and_then(shown_id);
        let broken = match (value, self.plan.places[index]) {
            (Some(value), Some(place)) => self.broken_promise(place, value),
            _ => None,
        };
        self.outcome.done.count(action);
        self.run.events.emit(Event::Finished { addr: addr.clone(), action, took, id });
        match broken {
            None => self.release(job),
            // It is there and recorded; what depends on it must not build on it.
            Some(diagnostic) => {
                self.outcome.failed.push((addr.clone(), diagnostic.about(addr.to_string())));
                self.skip_dependents(job, &addr);
            }
        }
    }

    /// Takes over what an object became, and checks what it promises of itself.
    fn broken_promise(
        &mut self,
        (node, module, instance): (usize, usize, usize),
        value: Value,
    ) -> Option<Diagnostic> {
        self.walk.tables.became(node, module, instance, value);
        let mut diagnostics = Diagnostics::default();
        self.walk.postconditions(node, module, instance, &mut diagnostics);
        diagnostics.iter().find(|d| d.severity == Severity::Error).cloned()
    }

    fn became(&self, index: usize, value: &Value) -> Result<Entry, Diagnostic> {
        let addr = self.plan.objects[index].addr.clone();
        Ok(Entry::Became { addr, object: Box::new(self.stored(index, value)?) })
    }

    /// An object at rest, as the state keeps it.
    fn stored(&self, index: usize, value: &Value) -> Result<Stored, Diagnostic> {
        let depends_on = &self.plan.depends_on[index];
        let (registry, realm) = (&self.run.inputs.registry, &self.run.realm);
        keep(&self.plan.objects[index].addr, value, depends_on, registry, realm)
    }

    /// After a failure before the first step the state says what it said before; after it, that
    /// the object is in flight, and the next plan looks at it.
    fn undo_or_keep(&mut self, job: usize, index: usize, failure: Failure) {
        if let Some(previous) = self.previous.remove(&index) {
            let addr = self.plan.objects[index].addr.clone();
            self.entries.push(match previous {
                _ if failure.touched => {
                    Entry::Step { addr, begun: failure.begun, done: failure.done }
                }
                Some(stored) => Entry::Became { addr, object: Box::new(stored) },
                None => Entry::Gone { addr },
            });
        }
        self.fail(job, index, *failure.diagnostic);
    }

    fn fail(&mut self, job: usize, index: usize, diagnostic: Diagnostic) {
        let object = &self.plan.objects[index];
        let (addr, action) = (object.addr.clone(), object.change.action());
        let diagnostic = diagnostic.about(addr.to_string());
        if let Some(name) = self.run.inputs.config.check_of(&addr).cloned() {
            // What only a check reads stops nothing.
            let problems = vec![Diagnostic { severity: Severity::Warning, ..diagnostic }];
            let (module, status) = (addr.module, CheckStatus::Error);
            self.outcome.checks.push(CheckResult { module, name, status, problems });
            return self.release(job);
        }
        let event = Event::Failed { addr: addr.clone(), action, diagnostic: diagnostic.clone() };
        self.run.events.emit(event);
        self.outcome.failed.push((addr.clone(), diagnostic));
        self.skip_dependents(job, &addr);
    }

    fn skip_dependents(&mut self, job: usize, because: &InstanceAddr) {
        let mut queue = vec![job];
        while let Some(job) = queue.pop() {
            for dependent in self.schedule.graph.dependents(job) {
                if std::mem::replace(&mut self.dead[dependent], true) {
                    continue;
                }
                queue.push(dependent);
                let Job::Object(index) = *self.schedule.graph.get(dependent) else { continue };
                let object = &self.plan.objects[index];
                if object.change.action() != Action::NoOp {
                    self.outcome.skipped.push(object.addr.clone());
                    let because = Some(because.clone());
                    self.run.events.emit(Event::Skipped { addr: object.addr.clone(), because });
                }
            }
        }
    }

    /// Makes durable what ended and what begins, and lets those go on who wait for it. False where
    /// that failed, now or before: nothing may begin then.
    fn flush(&mut self) -> bool {
        let promised = std::mem::take(&mut self.promised);
        if self.outcome.store_error.is_none() {
            match self.state.record(&self.entries) {
                Ok(()) => self.entries.clear(),
                Err(error) => self.outcome.store_error = Some(error),
            }
        }
        let durable = self.outcome.store_error.is_none();
        match durable {
            // A task that was aborted does not wait any more.
            true => promised.into_iter().for_each(|waits| waits.send(()).unwrap_or_default()),
            // What was to begin does not; what has ended is true all the same.
            false => self.entries.retain(|e| !matches!(e, Entry::Began { .. })),
        }
        durable
    }

    /// A task tells which steps it is about to begin.
    fn promise(&mut self, intent: Intent) {
        let Intent { index, begun, done, durable } = intent;
        let addr = self.plan.objects[index].addr.clone();
        self.entries.push(Entry::Step { addr, begun, done });
        self.promised.push(durable);
    }

    fn not_begun(&mut self, task: &Task) {
        self.previous.remove(&task.index);
        if let Some((job, _)) = self.in_flight.remove(&task.index) {
            self.ready.push_back(job);
        }
    }

    fn finish(&mut self) {
        self.outcome.interrupted = *self.stop.borrow() != Stop::Run;
        let aborted = self.in_flight.keys().map(|index| self.plan.objects[*index].addr.clone());
        self.outcome.in_flight = aborted.collect();
        for job in std::mem::take(&mut self.ready) {
            if let Job::Object(index) = *self.schedule.graph.get(job) {
                self.outcome.skipped.push(self.plan.objects[index].addr.clone());
            }
        }
        self.refresh_dependencies();
        self.outcome.checks.extend(self.walk.checks());
        self.record_outputs();
        let saved = match self.flush() {
            true => self.state.fold(),
            // The journal takes nothing more; the state file may.
            false => self.state.save(&self.entries),
        };
        if let Err(error) = saved {
            self.outcome.store_error.get_or_insert(error);
        }
    }

    /// What did not change may still be made from other blocks than before; removal needs to know.
    fn refresh_dependencies(&mut self) {
        for (index, object) in self.plan.objects.iter().enumerate() {
            let still = object.change.action() == Action::NoOp && self.plan.places[index].is_some();
            let Some(stored) = self.state.state().objects.get(&object.addr).filter(|_| still)
            else {
                continue;
            };
            let depends_on = self.plan.depends_on[index].clone();
            if stored.depends_on != depends_on {
                let object_now = Box::new(Stored { depends_on, ..stored.clone() });
                self.entries.push(Entry::Became { addr: object.addr.clone(), object: object_now });
            }
        }
    }

    /// Outputs that are known now; those that are not, or wait for what failed, keep what they were.
    fn record_outputs(&mut self) {
        let root = ModulePath::default();
        let stored = &self.state.state().outputs;
        let mut outputs = stored.clone();
        let declared = self.run.inputs.config.modules.get(&root).map(|m| &m.outputs);
        outputs.retain(|name, _| declared.is_some_and(|declared| declared.contains_key(name)));
        let all = self.plan.aim == crate::plan::Goal::Destroy.into();
        if all && self.outcome.is_complete() {
            outputs.clear();
        }
        for (name, output) in declared.into_iter().flatten() {
            let node = self.run.written.find(&Node::Output(root.clone(), name.clone()));
            let node = node.filter(|node| !self.waits_for_a_failure(*node));
            let value = node.and_then(|node| self.walk.tables.value(node, 0));
            let Some(value) = value.filter(|value| value.is_wholly_known() && !value.is_null())
            else {
                continue;
            };
            self.outcome.outputs.insert(name.to_string(), value.clone());
            // A secret is sealed anew only when it changes.
            let same = stored
                .get(name)
                .and_then(|old| old.record.value_like(&Type::Any, Some(value)).ok());
            if same.as_ref() == Some(value) {
                continue;
            }
            let sensitive = output.sensitive;
            if let Ok(record) = Record::new(value, &Type::Any, &self.sealing()) {
                outputs.insert(name.clone(), StoredOutput { record, sensitive });
            }
        }
        if outputs != *stored {
            self.entries.push(Entry::Outputs { outputs });
        }
    }

    fn waits_for_a_failure(&self, node: usize) -> bool {
        let is_it = |job: &usize| *self.schedule.graph.get(*job) == Job::Value(node, 0);
        (0..self.dead.len()).filter(is_it).any(|job| self.dead[job] || self.waits[job] > 0)
    }
}

impl Summary {
    fn count(&mut self, action: Action) {
        match action {
            Action::Create => self.add += 1,
            Action::Update => self.change += 1,
            Action::Delete => self.destroy += 1,
            Action::Replace => {
                self.add += 1;
                self.destroy += 1;
            }
            Action::NoOp | Action::Read | Action::Forget => {}
        }
    }
}

/// What people and programs know an object by.
fn shown_id(value: &Value) -> Option<Text> {
    let id = value.attr("id").filter(|id| !id.has_sensitive())?;
    id.as_str().map(Text::from)
}

fn missing_type(addr: &InstanceAddr) -> Diagnostic {
    let detail = format!("{addr} was planned, but its type or block cannot be found any more.");
    Diagnostic::bug("Planned object without a type", detail)
}

/// Whether a plan fills in another without changing what was known in it.
fn completes(planned: &Planned, approved: &Planned) -> Result<(), String> {
    if planned.steps.len() != approved.steps.len() {
        let (now, then) = (planned.steps.len(), approved.steps.len());
        return Err(format!("{now} steps where {then} were planned"));
    }
    for (now, then) in planned.steps.iter().zip(&approved.steps) {
        if !now.completes(then) {
            return Err(format!("\"{}\" where \"{}\" was planned", now.op, then.op));
        }
    }
    match differing(&planned.after, &approved.after, "") {
        Some(path) => Err(format!("the value of {path} is another")),
        None => Ok(()),
    }
}

/// The first part that was known and is now something else.
fn differing(now: &Value, then: &Value, path: &str) -> Option<String> {
    if then.is_unknown() || now == then {
        return None;
    }
    if let (Value::Set(_), Value::Set(_)) = (now.bare(), then.bare()) {
        // Where an unknown element ends among the others, and whether it is one of them, was open.
        return (now.equals(then).as_bool() == Some(false)).then(|| path.to_owned());
    }
    match (now.entries(), then.entries()) {
        (Some(now), Some(then)) if now.len() == then.len() => {
            then.iter().find_map(|(name, then)| {
                let path =
                    if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
                match now.get(name) {
                    Some(now) => differing(now, then, &path),
                    None => Some(path),
                }
            })
        }
        _ => match (now.elements(), then.elements()) {
            (Some(now), Some(then)) if now.len() == then.len() => {
                let pairs = now.iter().zip(then).enumerate();
                let mut pairs =
                    pairs.map(|(n, (now, then))| differing(now, then, &format!("{path}[{n}]")));
                pairs.find_map(|found| found)
            }
            _ => Some(if path.is_empty() { "the object".to_owned() } else { path.to_owned() }),
        },
    }
}

/// The clock and the random numbers of a realm, for functions whose result differs each time.
#[derive(Clone)]
pub struct Clock(pub Arc<dyn Realm>);

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

impl Entropy for Clock {
    fn now(&self) -> i64 {
        self.0.now()
    }

    fn random(&self, count: usize) -> Vec<u8> {
        (0..count.div_ceil(16)).flat_map(|_| self.0.salt()).take(count).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{Content, Expect, Host, Op, Step};

    fn planned(content: Content, value: Value) -> Planned {
        let host = Host { name: "h".into(), connection: "{}".into() };
        let (owner, group) = ("root".to_owned(), "root".to_owned());
        let (path, expect) = ("/x".to_owned(), Expect::AbsentOrSame);
        let write = Op::WriteFile { path, mode: 0o600, owner, group, content, expect };
        Planned::new(Value::object([("text", value)]), vec![Step::on(&host, write)])
    }

    fn text(text: &str) -> Planned {
        planned(Content::Plain(text.as_bytes().into()), Value::from(text))
    }

    #[test]
    fn what_was_open_may_be_filled_in() {
        let approved = planned(Content::Later, Value::unknown(Type::String));
        assert_eq!(completes(&text("a"), &approved), Ok(()));
    }

    #[test]
    fn an_unknown_element_of_a_set_may_come_first_or_be_another() {
        let set = |items: Vec<Value>| planned(Content::Later, Value::set(Type::String, items));
        let approved = set(vec!["b".into(), Value::unknown(Type::String)]);
        for held in [vec!["a".into(), "b".into()], vec!["b".into()], vec!["b".into(), "c".into()]] {
            assert_eq!(completes(&set(held), &approved), Ok(()));
        }
        let other = completes(&set(vec!["a".into(), "c".into()]), &approved);
        assert_eq!(other, Err("the value of text is another".into()));
    }

    #[test]
    fn what_was_known_may_not_change() {
        assert!(completes(&text("a"), &text("b")).is_err());
        let other_value = planned(Content::Plain(b"a".as_slice().into()), Value::from("b"));
        assert_eq!(completes(&other_value, &text("a")), Err("the value of text is another".into()));
        let more_steps = Planned { steps: vec![], ..text("a") };
        assert_eq!(completes(&more_steps, &text("a")), Err("0 steps where 1 were planned".into()));
    }
}
