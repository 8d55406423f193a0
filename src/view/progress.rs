//! What happens while hosts are read and changed, as plain lines, and the summary at the end.

mod summary;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use quorate_engine::addr::InstanceAddr;
use quorate_engine::apply::Outcome;
use quorate_engine::diag::Diagnostic;
use quorate_engine::event::{Event, Events};
use quorate_engine::plan::{Action, Summary};
use quorate_engine::world::Host;

use super::page::{Page, Tone, ViewOptions};
use super::plan::step_line;
use super::text::{clean, seconds};

pub use summary::{Command, put_summary};

/// How often a line says that work on an object still goes on.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often to look whether that time is over.
const TICK: Duration = Duration::from_secs(1);

/// Receives the engine's events and writes a line for each that a person wants to see.
pub struct Progress {
    inner: Mutex<Inner>,
}

struct Inner {
    out: Box<dyn Write + Send>,
    options: ViewOptions,
    running: BTreeMap<InstanceAddr, Running>,
    announced: BTreeSet<Host>,
    record: Record,
}

/// Work on one object that has begun and not ended.
struct Running {
    action: Action,
    since: Instant,
    said: Instant,
    why: Option<String>,
}

/// What has become of the objects so far.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// What was done.
    pub done: Summary,
    /// What failed, and why.
    pub failed: Vec<(InstanceAddr, Diagnostic)>,
    /// What was not begun, and the failed object that it waits for.
    pub skipped: Vec<(InstanceAddr, Option<InstanceAddr>)>,
    /// What had begun and not ended.
    pub running: Vec<InstanceAddr>,
}

impl Record {
    /// What the engine says became of the objects, with what each of them waited for.
    pub fn of(outcome: &Outcome, seen: &Record) -> Record {
        let because = |addr: &InstanceAddr| {
            seen.skipped.iter().find(|(skipped, _)| skipped == addr).and_then(|(_, on)| on.clone())
        };
        let skipped = outcome.skipped.iter().map(|addr| (addr.clone(), because(addr)));
        Record {
            done: outcome.done,
            failed: outcome.failed.clone(),
            skipped: skipped.collect(),
            running: outcome.in_flight.clone(),
        }
    }
}

impl Progress {
    /// Progress on a writer, usually standard output.
    pub fn new(out: impl Write + Send + 'static, options: ViewOptions) -> Progress {
        let inner = Inner {
            out: Box::new(out),
            options,
            running: BTreeMap::new(),
            announced: BTreeSet::new(),
            record: Record::default(),
        };
        Progress { inner: Mutex::new(inner) }
    }

    /// Says what still goes on; to be called about once a second.
    pub fn tick(&self, now: Instant) {
        self.lock().tick(now);
    }

    /// Says what still goes on until the task is aborted.
    pub fn keep_ticking(progress: &Arc<Progress>) -> tokio::task::JoinHandle<()> {
        let progress = progress.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(TICK).await;
                progress.tick(Instant::now());
            }
        })
    }

    /// What has become of the objects so far.
    pub fn record(&self) -> Record {
        let inner = self.lock();
        Record { running: inner.running.keys().cloned().collect(), ..inner.record.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic while a line was written leaves nothing that would be wrong to go on with.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Events for Progress {
    fn emit(&self, event: Event) {
        self.lock().take(event, Instant::now());
    }
}

impl Inner {
    fn take(&mut self, event: Event, now: Instant) {
        match event {
            Event::Reading { host, .. } => self.reading(host),
            Event::Read { .. } => {}
            Event::Started { addr, action } => self.started(addr, action, now),
            Event::StepStarted { step, .. } => self.line(&format!("  {}", step_line(&step))),
            Event::Waiting { addr, why, .. } => self.waiting(&addr, why),
            Event::Finished { addr, action, took } => self.finished(&addr, action, took),
            Event::Failed { addr, action, diagnostic } => self.failed(addr, action, diagnostic),
            Event::Skipped { addr, because } => self.record.skipped.push((addr, because)),
        }
    }

    /// A line that does not reach its reader must not stop the work, so errors are dropped.
    fn line(&mut self, text: &str) {
        let mut page = Page::new(&mut self.out, self.options);
        let _ = page.line(text);
        let _ = self.out.flush();
    }

    fn about(&mut self, addr: &InstanceAddr, text: &str) {
        let page = Page::new(&mut self.out, self.options);
        let name = addr.to_string();
        let line = page.paint(Tone::Bold, format!("{}: {text}", clean(&name)));
        self.line(&line);
    }

    fn reading(&mut self, host: Host) {
        let text = format!("{}: Reading...", clean(&host.name));
        if self.announced.insert(host) {
            self.line(&text);
        }
    }

    fn started(&mut self, addr: InstanceAddr, action: Action, now: Instant) {
        self.about(&addr, &format!("{}...", words(action).doing));
        self.running.insert(addr, Running { action, since: now, said: now, why: None });
    }

    fn waiting(&mut self, addr: &InstanceAddr, why: String) {
        if let Some(running) = self.running.get_mut(addr) {
            running.why = Some(why);
        }
    }

    fn finished(&mut self, addr: &InstanceAddr, action: Action, took: Duration) {
        self.running.remove(addr);
        count(&mut self.record.done, action);
        self.about(addr, &format!("{} complete after {}", words(action).done, seconds(took)));
    }

    fn failed(&mut self, addr: InstanceAddr, action: Action, diagnostic: Diagnostic) {
        self.running.remove(&addr);
        self.about(&addr, &format!("{} failed", words(action).done));
        self.record.failed.push((addr, diagnostic));
    }

    fn tick(&mut self, now: Instant) {
        let mut lines = Vec::new();
        for (addr, running) in &mut self.running {
            if now.saturating_duration_since(running.said) < PATIENCE {
                continue;
            }
            running.said = now;
            let doing = words(running.action).doing.to_lowercase();
            let elapsed = seconds(now.saturating_duration_since(running.since));
            let why = running.why.as_ref().map(|why| format!(": {}", clean(why)));
            let why = why.unwrap_or_default();
            lines.push((addr.clone(), format!("Still {doing}... [{elapsed} elapsed]{why}")));
        }
        lines.iter().for_each(|(addr, text)| self.about(addr, text));
    }
}

/// The words for an action that goes on, and for one that ended.
struct Words {
    doing: &'static str,
    done: &'static str,
}

fn words(action: Action) -> Words {
    let (doing, done) = match action {
        Action::NoOp => ("Keeping", "Check"),
        Action::Read => ("Reading", "Read"),
        Action::Create => ("Creating", "Creation"),
        Action::Update => ("Modifying", "Modifications"),
        Action::Replace => ("Replacing", "Replacement"),
        Action::Delete => ("Destroying", "Destruction"),
        Action::Forget => ("Forgetting", "Forgetting"),
    };
    Words { doing, done }
}

/// Counts as the plan does.
fn count(done: &mut Summary, action: Action) {
    match action {
        Action::Create => done.add += 1,
        Action::Update => done.change += 1,
        Action::Delete => done.destroy += 1,
        Action::Replace => {
            done.add += 1;
            done.destroy += 1;
        }
        Action::NoOp | Action::Read | Action::Forget => {}
    }
}
