//! Reading: everything that the plan needs to know of the world, one exchange per host and wave.
//!
//! It has no way to write.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::addr::{InstanceAddr, Mode};
use crate::build::Written;
use crate::desired::{Configured, Decide, Inputs, InstanceAt, Rigour, Walk};
use crate::diag::{Diagnostic, Diagnostics, Reported, Severity};
use crate::event::{Event, Events};
use crate::plan::{Adopted, Aim, Focus, Refresh};
use crate::refactor::{Prior, Removals};
use crate::resource::{Realm, Seen};
use crate::schema::Schema;
use crate::state::State;
use crate::value::Value;
use crate::world::{Aftermath, Ask, Host, Look, Query, Reply, WorldError};

/// What was seen of the world.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// Objects of the state, and what stands where objects are to be made.
    pub objects: BTreeMap<InstanceAddr, Seen>,
    /// Data sources: the configuration they were read with, and the result.
    pub data: BTreeMap<InstanceAddr, (Value, Value)>,
    /// Hosts that could not be read.
    pub failed: BTreeMap<Host, WorldError>,
    /// Those among them that only data sources of `check` blocks are on.
    pub optional: BTreeSet<Host>,
}

/// What observing is done with.
#[derive(Clone, Copy)]
pub struct Senses<'a> {
    /// The way to the hosts.
    pub look: &'a dyn Look,
    /// What seals the key of a CA that is imported.
    pub realm: &'a dyn Realm,
    /// Who watches.
    pub events: &'a dyn Events,
}

/// More waves than data sources can depend on each other in earnest.
const MAX_WAVES: usize = 32;

/// What one wave asks about one thing.
struct Question {
    subject: Subject,
    asks: Vec<Ask>,
}

impl Question {
    fn is_of_data(&self) -> bool {
        matches!(self.subject, Subject::Data { .. })
    }
}

enum Subject {
    Object { addr: InstanceAddr, attrs: Value },
    Data { addr: InstanceAddr, config: Configured },
}

/// Reads all hosts concerned. Hosts that fail are recorded, the others are read all the same.
///
/// # Errors
/// Stops with an error in `diagnostics` only where an answer has no meaning.
pub async fn observe(
    inputs: &Inputs,
    written: &Written,
    state: &State,
    aim: &Aim,
    senses: Senses<'_>,
    diagnostics: &mut Diagnostics,
) -> Result<Observed, Reported> {
    let prior = Prior::recorded(&inputs.config, state, diagnostics)?;
    let state = &*prior.state;
    let focus = Focus::of(aim, written, state);
    let Senses { look, events, .. } = senses;
    let mut observed = Observed::default();
    let mut needed = BTreeSet::new();
    if !anything_outside(inputs, state) {
        return Ok(observed);
    }
    for _ in 0..MAX_WAVES {
        let wanted = wanted(inputs, written, state, &observed, &focus, aim);
        let adopts = !wanted.imports.is_empty();
        let mut questions = questions(inputs, state, &observed, wanted, &focus);
        if aim.refresh == Refresh::Believe {
            questions.clear();
        }
        if questions.is_empty() {
            break;
        }
        // Only what data sources say, and what is found to be taken over, can change what is wanted.
        let last = !adopts && !questions.iter().any(|question| question.is_of_data());
        let answers = ask_all(&questions, look, events, &mut observed.failed).await;
        let answered = clock();
        note_needed(inputs, &questions, &mut needed);
        for (question, replies) in questions.into_iter().zip(answers) {
            settle(inputs, question, replies, answered, &mut observed, diagnostics);
        }
        if last {
            break;
        }
    }
    let optional = observed.failed.keys().filter(|host| !needed.contains(*host));
    observed.optional = optional.cloned().collect();
    diagnostics.reported().map(|()| observed)
}

/// Hosts that more than the data sources of `check` blocks are on.
fn note_needed(inputs: &Inputs, questions: &[Question], needed: &mut BTreeSet<Host>) {
    for question in questions {
        let scoped = match &question.subject {
            Subject::Data { addr, .. } => inputs.config.check_of(addr).is_some(),
            Subject::Object { .. } => false,
        };
        if !scoped {
            needed.extend(question.asks.iter().map(|ask| ask.host.clone()));
        }
    }
}

/// Whether any object, wanted or stored, is anywhere but in the state. Where none is, evaluating the
/// configuration to find out what to ask would find nothing.
fn anything_outside(inputs: &Inputs, state: &State) -> bool {
    if inputs.config.modules.values().any(|m| !m.imports.is_empty() || !m.checks.is_empty()) {
        return true;
    }
    let written = inputs.config.modules.values().flat_map(|module| module.blocks.keys());
    let mut blocks = written.chain(state.objects.keys().map(|addr| &addr.block));
    blocks.any(|block| match block.mode {
        Mode::Data => true,
        Mode::Managed => {
            let resource = inputs.registry.find_resource(&block.kind);
            resource.is_none_or(|resource| resource.exists_outside())
        }
    })
}

/// The operator's clock in milliseconds since 1970, to compare hosts' clocks with.
fn clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// What the configuration asks for, as far as it is known before everything is read.
#[derive(Default)]
struct Wanted {
    objects: BTreeMap<InstanceAddr, Value>,
    /// What to look for in order to take it over.
    imports: BTreeMap<InstanceAddr, Value>,
    data: BTreeMap<InstanceAddr, Configured>,
}

struct Gather<'a> {
    state: &'a State,
    observed: &'a Observed,
    inputs: &'a Inputs,
    focus: &'a Focus,
    aim: &'a Aim,
    wanted: Wanted,
}

impl Decide for Gather<'_> {
    fn managed(
        &mut self,
        at: &InstanceAt<'_>,
        configured: &Configured,
        _: &mut Diagnostics,
    ) -> Result<(Value, bool), Reported> {
        if self.focus.covers(at.node, &at.addr) {
            self.wanted.objects.insert(at.addr.clone(), configured.typed.clone());
        }
        let stored = self.state.objects.get(&at.addr);
        let resource = self.inputs.registry.find_resource(&at.addr.block.kind);
        let adopts = self.aim.adopts(at).filter(|_| stored.is_none());
        if let Some((id, resource)) = adopts.zip(resource)
            && let Ok(attrs) = resource.import(id, &configured.typed)
        {
            self.wanted.imports.insert(at.addr.clone(), attrs);
        }
        let adopted = adopts.zip(resource).and_then(|(id, resource)| {
            let observed = self.observed.objects.get(&at.addr);
            Some(Adopted::find(id, &at.addr, configured, &**resource, Some(observed?)).ok()?.seen)
        });
        let value = stored.zip(resource).and_then(|(stored, resource)| {
            stored.record.value_like(resource.schema().ty(), Some(&configured.typed)).ok()
        });
        Ok((value.or(adopted).unwrap_or_else(|| configured.typed.clone()), false))
    }

    fn data(
        &mut self,
        at: &InstanceAt<'_>,
        configured: &Configured,
        _: &mut Diagnostics,
    ) -> Result<(Value, bool), Reported> {
        if self.focus.covers(at.node, &at.addr) {
            self.wanted.data.insert(at.addr.clone(), configured.clone());
        }
        let read = self.observed.data.get(&at.addr);
        let same = read.filter(|(config, _)| *config == configured.typed);
        let source = self.inputs.registry.find_data_source(&at.addr.block.kind);
        let unread = || match source {
            Some(source) => source.unread(&configured.typed),
            None => configured.typed.clone(),
        };
        Ok((same.map_or_else(unread, |(_, result)| result.clone()), false))
    }
}

fn wanted(
    inputs: &Inputs,
    written: &Written,
    state: &State,
    observed: &Observed,
    focus: &Focus,
    aim: &Aim,
) -> Wanted {
    let mut gather = Gather { state, observed, inputs, focus, aim, wanted: Wanted::default() };
    let mut walk = Walk::new(inputs, written, Rigour::Lenient);
    walk.run(&mut gather, &mut Diagnostics::default());
    gather.wanted
}

fn questions(
    inputs: &Inputs,
    state: &State,
    observed: &Observed,
    wanted: Wanted,
    focus: &Focus,
) -> Vec<Question> {
    let removals = Removals::of(&inputs.config);
    let mut questions = Vec::new();
    for (addr, config) in &wanted.data {
        let read = observed.data.get(addr).is_some_and(|(with, _)| *with == config.typed);
        let Some(data) = inputs.registry.find_data_source(&addr.block.kind) else { continue };
        if read {
            continue;
        }
        let asks = data.look(&config.typed);
        let subject = Subject::Data { addr: addr.clone(), config: config.clone() };
        questions.push(Question { subject, asks });
    }
    // What is only forgotten is not looked at: its host may be gone for ever.
    let stored = state.objects.keys().filter(|addr| {
        !wanted.objects.contains_key(*addr) && !removals.forgets(addr) && focus.covers_stored(addr)
    });
    for addr in stored.chain(wanted.objects.keys()) {
        if observed.objects.contains_key(addr) || addr.block.mode == Mode::Data {
            continue;
        }
        let Some(resource) = inputs.registry.find_resource(&addr.block.kind) else { continue };
        let like = wanted.objects.get(addr);
        let attrs = match state.objects.get(addr) {
            Some(stored) => stored.record.value_like(resource.schema().ty(), like).ok(),
            None => wanted.imports.get(addr).or(like).cloned(),
        };
        let Some(attrs) = attrs else { continue };
        let asks = resource.look(&attrs);
        let is_stored = state.objects.contains_key(addr);
        if !asks.is_empty() || is_stored || wanted.imports.contains_key(addr) {
            let subject = Subject::Object { addr: addr.clone(), attrs };
            questions.push(Question { subject, asks });
        }
    }
    let reachable = |question: &Question| {
        question.asks.iter().all(|ask| !observed.failed.contains_key(&ask.host))
    };
    questions.retain(reachable);
    questions
}

/// One exchange with each host; the replies of each question in its own order, none where a host
/// of it failed.
async fn ask_all(
    questions: &[Question],
    look: &dyn Look,
    events: &dyn Events,
    failed: &mut BTreeMap<Host, WorldError>,
) -> Vec<Option<Vec<Reply>>> {
    let mut by_host: BTreeMap<Host, Vec<Query>> = BTreeMap::new();
    let mut places: Vec<Vec<(Host, usize)>> = Vec::with_capacity(questions.len());
    for question in questions {
        let mut mine = Vec::with_capacity(question.asks.len());
        for ask in &question.asks {
            let queries = by_host.entry(ask.host.clone()).or_default();
            mine.push((ask.host.clone(), queries.len()));
            queries.push(ask.query.clone());
        }
        places.push(mine);
    }
    let exchanges =
        by_host.into_iter().map(|(host, queries)| exchange(host, queries, look, events));
    let mut answers: BTreeMap<Host, Vec<Reply>> = BTreeMap::new();
    for (host, result) in join_all(exchanges).await {
        match result {
            Ok(replies) => drop(answers.insert(host, replies)),
            Err(error) => drop(failed.insert(host, error)),
        }
    }
    let reply = |(host, index): &(Host, usize)| answers.get(host)?.get(*index).cloned();
    places.iter().map(|mine| mine.iter().map(reply).collect()).collect()
}

async fn exchange(
    host: Host,
    queries: Vec<Query>,
    look: &dyn Look,
    events: &dyn Events,
) -> (Host, Result<Vec<Reply>, WorldError>) {
    events.emit(Event::Reading { host: host.clone(), queries: queries.len() });
    let begun = Instant::now();
    let expected = queries.len();
    let result = look.ask(&host, queries).await;
    if result.is_ok() {
        events.emit(Event::Read { host: host.clone(), took: begun.elapsed() });
    }
    let result = result.and_then(|replies| match replies.len() == expected {
        true => Ok(replies),
        false => Err(WorldError {
            summary: "Incomplete answer",
            detail: format!("{host} answered {} of {expected} questions.", replies.len()),
            help: None,
            aftermath: Aftermath::NotDone,
        }),
    });
    (host, result)
}

/// Drives all futures concurrently on this task; results in their order.
pub(crate) async fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut pending: Vec<_> = futures.into_iter().map(|f| Some(Box::pin(f))).collect();
    let mut done: Vec<Option<F::Output>> = pending.iter().map(|_| None).collect();
    std::future::poll_fn(move |context| {
        let mut waiting = false;
        for (future, result) in pending.iter_mut().zip(done.iter_mut()) {
            let Some(running) = future else { continue };
            match running.as_mut().poll(context) {
                std::task::Poll::Ready(output) => {
                    *result = Some(output);
                    *future = None;
                }
                std::task::Poll::Pending => waiting = true,
            }
        }
        match waiting {
            true => std::task::Poll::Pending,
            false => std::task::Poll::Ready(done.iter_mut().filter_map(Option::take).collect()),
        }
    })
    .await
}

fn settle(
    inputs: &Inputs,
    question: Question,
    replies: Option<Vec<Reply>>,
    answered: i64,
    observed: &mut Observed,
    diagnostics: &mut Diagnostics,
) {
    let Some(replies) = replies else { return };
    match question.subject {
        Subject::Object { addr, attrs } => {
            if let Some(resource) = inputs.registry.find_resource(&addr.block.kind) {
                observed.objects.insert(addr, resource.seen(&attrs, &replies));
            }
        }
        Subject::Data { addr, config } => {
            let Some(data) = inputs.registry.find_data_source(&addr.block.kind) else { return };
            match data.read(&config.typed, &replies, answered) {
                Ok(result) => {
                    let result = complete(data.schema(), &config.typed, result);
                    observed.data.insert(addr, (config.typed, result));
                }
                Err(refusal) => {
                    let mut refused = config.refused(refusal, &addr);
                    if inputs.config.check_of(&addr).is_some() {
                        // It is asked once; the check says that it is not known.
                        refused.severity = Severity::Warning;
                        let open = Value::unknown(crate::value::Type::Any);
                        observed.data.insert(addr, (config.typed, open));
                    }
                    diagnostics.push(refused);
                }
            }
        }
    }
}

/// A result with every attribute of the schema.
fn complete(schema: &Schema, config: &Value, result: Value) -> Value {
    let attrs = schema.attrs.iter().map(|attr| {
        let value = result.attr(attr.name).or_else(|| config.attr(attr.name));
        (attr.key.clone(), value.cloned().unwrap_or(Value::Null(attr.ty.clone())))
    });
    Value::object(attrs.collect::<Vec<_>>())
}

impl Observed {
    /// One message for each host that could not be read.
    pub fn failures(&self) -> impl Iterator<Item = Diagnostic> {
        self.failed.iter().map(|(host, error)| {
            let diagnostic = error.diagnostic();
            match self.optional.contains(host) {
                true => Diagnostic { severity: Severity::Warning, ..diagnostic },
                false => diagnostic,
            }
        })
    }
}
