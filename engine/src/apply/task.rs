//! The work on one object: its steps, in their order, and what became of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use crate::addr::InstanceAddr;
use crate::desired::Configured;
use crate::diag::Diagnostic;
use crate::event::{Event, Events};
use crate::observe::join_all;
use crate::resource::{Awaited, DataSource, Planned, RealizeRequest, Realized, Realm, Resource};
use crate::value::Value;
use crate::world::{Act, Aftermath, Ask, Host, Op, Reply, Step, WorldError};

/// How long between two rounds of asking.
const ROUND: Duration = Duration::from_millis(100);
/// How long between two words about waiting.
const WORD: Duration = Duration::from_secs(10);

/// The work on one object.
pub(super) struct Task {
    pub index: usize,
    pub addr: InstanceAddr,
    pub work: Work,
    pub world: Arc<dyn Act>,
    pub realm: Arc<dyn Realm>,
    pub events: Arc<dyn Events>,
    pub intends: mpsc::UnboundedSender<Intent>,
}

/// The word of a task that it is about to begin further steps.
pub(super) struct Intent {
    pub index: usize,
    pub begun: usize,
    pub done: usize,
    /// Answered once this is durable; closed where it can not be made so.
    pub durable: oneshot::Sender<()>,
}

/// What is to be done.
pub(super) enum Work {
    /// Make or change an object.
    Make { resource: Arc<dyn Resource>, request: RealizeRequest },
    /// Remove an object.
    Delete { steps: Vec<Step>, resource: Arc<dyn Resource> },
    /// Forget an object; nothing outside changes.
    Forget,
    /// Record an object as it was seen; nothing outside changes.
    Note { value: Value },
    /// Read a data source.
    Read { data: Arc<dyn DataSource>, configured: Configured },
}

impl Work {
    /// What an object is planned to become.
    pub fn planned(&self) -> Option<(&dyn Resource, &Planned)> {
        match self {
            Work::Make { resource, request, .. } => Some((&**resource, &request.planned)),
            Work::Delete { .. } | Work::Read { .. } | Work::Forget | Work::Note { .. } => None,
        }
    }

    /// All steps, in their order.
    pub fn steps(&self) -> Vec<&Step> {
        match self {
            Work::Make { request, .. } => request.planned.steps.iter().collect(),
            Work::Delete { steps, .. } => steps.iter().collect(),
            Work::Read { .. } | Work::Forget | Work::Note { .. } => Vec::new(),
        }
    }

    /// How many steps begin at once: those of the first exchange, with what is computed before it.
    pub fn first_exchange(&self) -> usize {
        let steps = self.steps();
        let computed = steps.iter().take_while(|step| matches!(step.op, Op::Compute { .. }));
        let computed = computed.count();
        let rest = &steps[computed..];
        let host = rest.first().and_then(|step| step.host.as_ref());
        computed + host.map_or(0, |host| rest.iter().take_while(|s| goes_along(s, host)).count())
    }

    /// Does work that has no steps, so that there is nothing to wait for.
    pub fn done_silently(
        self,
        addr: &InstanceAddr,
        realm: &dyn Realm,
    ) -> Result<Option<Value>, Diagnostic> {
        match self {
            Work::Make { resource, request, .. } => {
                let realized = resource.realize(request, realm);
                let Realized { after, steps } = realized.map_err(|refusal| refusal.diagnostic)?;
                must_complete(addr, &steps, &[])?;
                whole(addr, resource.finish(after, &[], &[])).map(Some)
            }
            Work::Delete { .. } | Work::Forget => Ok(None),
            Work::Note { value } => Ok(Some(value)),
            Work::Read { .. } => {
                let detail = format!("Reading {addr} asks hosts, and was taken for silent.");
                Err(Diagnostic::bug("Reading is not silent", detail))
            }
        }
    }
}

/// What became of an object: its value, or none when it was removed.
pub(super) struct Done {
    pub index: usize,
    pub result: Result<Option<Value>, Failure>,
}

/// Why work failed.
pub(super) struct Failure {
    pub diagnostic: Box<Diagnostic>,
    /// Whether a step had begun.
    pub touched: bool,
    /// How many steps had begun: the one after those that ended well is the one that failed.
    pub begun: usize,
    /// How many steps had ended well.
    pub done: usize,
}

impl Task {
    pub async fn run(self) -> Done {
        let Task { index, addr, work, world, realm, events, intends } = self;
        let begun = work.first_exchange();
        let touched = false;
        let mut hand = Hand { index, addr, world, events, intends, touched, begun, done: 0 };
        let result = match work {
            Work::Make { resource, request } => hand.make(resource, request, realm).await.map(Some),
            Work::Delete { steps, resource } => {
                hand.steps(&*resource, &Value::NULL, &steps).await.map(|_| None)
            }
            Work::Forget => Ok(None),
            Work::Note { value } => Ok(Some(value)),
            Work::Read { data, configured } => {
                hand.read(&*data, configured, &*realm).await.map(Some)
            }
        };
        let (touched, done) = (hand.touched, hand.done);
        let begun = hand.begun.min(done + 1);
        let failure =
            |diagnostic| Failure { diagnostic: Box::new(diagnostic), touched, begun, done };
        Done { index, result: result.map_err(failure) }
    }
}

struct Hand {
    index: usize,
    addr: InstanceAddr,
    world: Arc<dyn Act>,
    events: Arc<dyn Events>,
    intends: mpsc::UnboundedSender<Intent>,
    touched: bool,
    /// How many steps the journal says have begun.
    begun: usize,
    /// How many steps have ended well.
    done: usize,
}

impl Hand {
    async fn make(
        &mut self,
        resource: Arc<dyn Resource>,
        request: RealizeRequest,
        realm: Arc<dyn Realm>,
    ) -> Result<Value, Diagnostic> {
        let approved = request.planned.steps.clone();
        let computes = approved.iter().filter(|step| matches!(step.op, Op::Compute { .. }));
        computes.for_each(|step| self.say(step));
        let Realized { after, steps } = realize(resource.clone(), request, realm).await?;
        must_complete(&self.addr, &steps, &approved)?;
        let replies = self.steps(&*resource, &after, &steps).await?;
        let value = resource.finish(after, &steps, &replies);
        whole(&self.addr, value)
    }

    async fn read(
        &mut self,
        data: &dyn DataSource,
        configured: Configured,
        realm: &dyn Realm,
    ) -> Result<Value, Diagnostic> {
        let asks = data.look(&configured.typed);
        let replies = self.ask(&asks).await.map_err(|error| error.diagnostic())?;
        let now = realm.now().saturating_mul(1000);
        let result = data.read(&configured.typed, &replies, now);
        result.map_err(|refusal| configured.refused(refusal, &self.addr))
    }

    fn say(&self, step: &Step) {
        self.events.emit(Event::StepStarted { addr: self.addr.clone(), step: step.clone() });
    }

    /// Runs steps in order; consecutive ones on one host are one exchange.
    async fn steps(
        &mut self,
        resource: &dyn Resource,
        after: &Value,
        steps: &[Step],
    ) -> Result<Vec<Vec<Reply>>, Diagnostic> {
        let mut replies: Vec<Vec<Reply>> = Vec::with_capacity(steps.len());
        while replies.len() < steps.len() {
            let step = &steps[replies.len()];
            match (&step.op, &step.host) {
                (Op::Compute { .. }, _) => {
                    self.done += 1;
                    replies.push(Vec::new());
                }
                (Op::Await { asks, limit, .. }, _) => {
                    self.intend(1).await?;
                    self.say(step);
                    replies.push(self.wait(resource, after, step, asks, *limit).await?);
                    self.done += 1;
                }
                (_, Some(host)) => {
                    let batch = batch(&steps[replies.len()..], host);
                    self.intend(batch.len()).await?;
                    replies.extend(self.act(host, batch).await?);
                }
                (op, None) => {
                    let detail = format!("The step \"{op}\" of {} names no host.", self.addr);
                    return Err(Diagnostic::bug("Step without a host", detail));
                }
            }
        }
        Ok(replies)
    }

    /// Makes it durable that steps begin, unless the journal says so already.
    async fn intend(&mut self, steps: usize) -> Result<(), Diagnostic> {
        let (begun, done) = (self.done + steps, self.done);
        if begun <= self.begun {
            return Ok(());
        }
        let (durable, is_durable) = oneshot::channel();
        let told = self.intends.send(Intent { index: self.index, begun, done, durable });
        if told.is_err() || is_durable.await.is_err() {
            let detail = format!(
                "The journal could not be written, so the next step of {} was not begun.",
                self.addr
            );
            return Err(Diagnostic::world("Work stopped between two steps", detail)
                .help("Run apply again: it looks at what was done and goes on."));
        }
        self.begun = begun;
        Ok(())
    }

    async fn act(&mut self, host: &Host, steps: &[Step]) -> Result<Vec<Vec<Reply>>, Diagnostic> {
        steps.iter().for_each(|step| self.say(step));
        let earlier = std::mem::replace(&mut self.touched, true);
        let ops = steps.iter().map(|step| step.op.clone()).collect();
        let acted = self.world.act(host, ops).await;
        self.done += acted.replies.len().min(steps.len());
        match acted.failed {
            Some(error) => {
                // A file that was not what the plan saw must not pass for ours in the next plan.
                let (done, rest) = steps.split_at(acted.replies.len().min(steps.len()));
                let made_folders = |step: &Step| matches!(step.op, Op::MakeDir { .. });
                let untouched = error.aftermath == Aftermath::NotDone
                    && done.iter().all(made_folders)
                    && rest.first().is_none_or(|step| leaves_no_trace(&step.op));
                self.touched = earlier || !untouched;
                Err(error.diagnostic())
            }
            None if acted.replies.len() == steps.len() => {
                Ok(acted.replies.into_iter().map(|reply| vec![reply]).collect())
            }
            None => Err(Diagnostic::bug(
                "Steps without an answer",
                format!("{host} answered {} of {} steps.", acted.replies.len(), steps.len()),
            )),
        }
    }

    async fn ask(&self, asks: &[Ask]) -> Result<Vec<Reply>, WorldError> {
        let one = |ask: &Ask| {
            let (world, ask) = (self.world.clone(), ask.clone());
            async move { world.ask(&ask.host, vec![ask.query]).await }
        };
        let answers = join_all(asks.iter().map(one)).await;
        let mut replies = Vec::with_capacity(asks.len());
        for answer in answers {
            replies.push(answer?.into_iter().next().unwrap_or(Reply::Absent));
        }
        Ok(replies)
    }

    async fn wait(
        &self,
        resource: &dyn Resource,
        after: &Value,
        step: &Step,
        asks: &[Ask],
        limit: Duration,
    ) -> Result<Vec<Reply>, Diagnostic> {
        let begun = Instant::now();
        let mut told = begun;
        loop {
            let why = match self.ask(asks).await {
                Ok(replies) => match resource.awaited(after, step, &replies) {
                    Awaited::Yes => return Ok(replies),
                    Awaited::NotYet(why) => why,
                    Awaited::Never(why) => return Err(self.in_vain(step, begun.elapsed(), &why)),
                },
                Err(error) => error.detail,
            };
            let elapsed = begun.elapsed();
            if elapsed >= limit {
                return Err(self.in_vain(step, elapsed, &why));
            }
            if told.elapsed() >= WORD {
                told = Instant::now();
                self.events.emit(Event::Waiting { addr: self.addr.clone(), why, elapsed });
            }
            tokio::time::sleep(ROUND).await;
        }
    }

    fn in_vain(&self, step: &Step, elapsed: Duration, why: &str) -> Diagnostic {
        let host = step.host.as_ref().map(|host| format!(" on {host}")).unwrap_or_default();
        let detail = format!(
            "Waited {:.1} s{host} to {}, in vain: {why}",
            elapsed.as_secs_f64(),
            step.op.to_string().trim_start_matches("wait ")
        );
        Diagnostic::world("Waiting was in vain", detail)
    }
}

fn whole(addr: &InstanceAddr, value: Value) -> Result<Value, Diagnostic> {
    match value.is_wholly_known() {
        true => Ok(value),
        false => Err(Diagnostic::bug(
            "Object not wholly known after it was made",
            format!("{addr} was made, but its type left a value open."),
        )),
    }
}

fn must_complete(addr: &InstanceAddr, steps: &[Step], approved: &[Step]) -> Result<(), Diagnostic> {
    let same = steps.len() == approved.len()
        && steps.iter().zip(approved).all(|(step, approved)| step.completes(approved));
    match same {
        true => Ok(()),
        false => Err(Diagnostic::bug(
            "Steps differ from the plan",
            format!("The type of {addr} would run other steps than it planned."),
        )),
    }
}

/// Whether a step that failed has changed nothing.
fn leaves_no_trace(op: &Op) -> bool {
    matches!(op, Op::WriteFile { .. } | Op::RemoveFile { .. } | Op::MakeDir { .. })
}

/// The first steps that all go to one host in one exchange.
fn batch<'s>(steps: &'s [Step], host: &Host) -> &'s [Step] {
    let count = steps.iter().take_while(|step| goes_along(step, host)).count();
    &steps[..count]
}

fn goes_along(step: &Step, host: &Host) -> bool {
    let waits = matches!(step.op, Op::Compute { .. } | Op::Await { .. });
    !waits && step.host.as_ref() == Some(host)
}

/// Making keys takes long, so it runs beside the coordinator.
async fn realize(
    resource: Arc<dyn Resource>,
    request: RealizeRequest,
    realm: Arc<dyn Realm>,
) -> Result<Realized, Diagnostic> {
    let work = tokio::task::spawn_blocking(move || resource.realize(request, &*realm));
    match work.await {
        Ok(result) => result.map_err(|refusal| refusal.diagnostic),
        Err(error) => Err(Diagnostic::bug("A task ended abnormally", error.to_string())),
    }
}
