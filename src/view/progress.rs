//! What happens while hosts are read and changed, as plain lines, and the summary at the end.

mod screen;
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
use quorate_engine::world::{Host, Step};
use unicode_width::UnicodeWidthStr as _;

use super::page::{Page, Tone, ViewOptions};
use super::plan::step_line;
use super::text::{clean, seconds};

use screen::{Live, Screen};
pub use summary::{Command, put_summary};

/// How often a line says that work on an object still goes on.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often to look whether that time is over.
const TICK: Duration = Duration::from_millis(500);

/// Receives the engine's events and writes a line for each that a person wants to see.
pub struct Progress {
    inner: Mutex<Inner>,
}

struct Inner {
    screen: Screen,
    options: ViewOptions,
    to_do: usize,
    /// When the work began.
    since: Option<Instant>,
    ended: usize,
    running: BTreeMap<InstanceAddr, Running>,
    announced: BTreeSet<Host>,
    record: Record,
}

/// Work on one object that has begun and not ended.
struct Running {
    action: Action,
    since: Instant,
    said: Instant,
    step: Option<String>,
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
    /// How long all of it took.
    pub took: Duration,
    /// Whether something could not be saved, which the messages below say.
    pub unsaved: bool,
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
            took: seen.took,
            unsaved: outcome.store_error.is_some() || !outcome.unrecorded.is_empty(),
        }
    }
}

impl Progress {
    /// Progress as lines on a writer, usually standard output.
    pub fn new(out: impl Write + Send + 'static, options: ViewOptions) -> Progress {
        Progress::on(Screen::Lines(Box::new(out)), options)
    }

    /// Progress on a terminal: what is under way is shown at the bottom, what ended stays above.
    pub fn live(options: ViewOptions) -> Progress {
        Progress::on(Screen::Live(Live::on_stdout()), options)
    }

    fn on(screen: Screen, options: ViewOptions) -> Progress {
        let inner = Inner {
            screen,
            options,
            to_do: 0,
            since: None,
            ended: 0,
            running: BTreeMap::new(),
            announced: BTreeSet::new(),
            record: Record::default(),
        };
        Progress { inner: Mutex::new(inner) }
    }

    /// How many objects there are to work on, from now on.
    pub fn expect(&self, objects: usize, now: Instant) {
        let mut inner = self.lock();
        (inner.to_do, inner.since) = (objects, Some(now));
    }

    /// Removes what is shown of work under way; to be called before anything else is written.
    pub fn end(&self) {
        let mut inner = self.lock();
        inner.running.clear();
        if let Screen::Live(live) = &mut inner.screen {
            live.clear();
        }
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
    pub fn record(&self, now: Instant) -> Record {
        let inner = self.lock();
        let took = inner.since.map(|since| now.saturating_duration_since(since));
        let running = inner.running.keys().cloned().collect();
        Record { running, took: took.unwrap_or_default(), ..inner.record.clone() }
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
            Event::Imported { addr, id } => {
                self.record.done.import += 1;
                self.about(&addr, &format!("Import complete [id={}]", clean(&id)));
            }
            Event::Started { addr, action } => self.started(addr, action, now),
            Event::StepStarted { addr, step } => self.step(&addr, &step),
            Event::Waiting { addr, why, .. } => self.waiting(&addr, why),
            Event::Finished { addr, action, took, .. } => self.finished(&addr, action, took),
            Event::Failed { addr, action, diagnostic } => self.failed(addr, action, diagnostic),
            Event::Skipped { addr, because } => {
                self.ended += 1;
                self.record.skipped.push((addr, because));
            }
        }
        self.show(now);
    }

    fn about(&mut self, addr: &InstanceAddr, text: &str) {
        let line = paint(self.options, format!("{}: {text}", clean(&addr.to_string())));
        self.screen.line(&line);
    }

    /// Shows on a terminal what is under way, what it does or waits for, and how much is left.
    fn show(&mut self, now: Instant) {
        let Screen::Live(live) = &mut self.screen else { return };
        let row = |(addr, running): (&InstanceAddr, &Running)| {
            (addr.clone(), running.row(addr, now, self.options))
        };
        let rows: Vec<_> = self.running.iter().map(row).collect();
        let left = self.to_do.saturating_sub(self.ended + rows.len());
        let sentence = match (self.to_do, rows.len()) {
            (0, _) => String::new(),
            (all, running) => {
                format!("  {} of {all} done, {running} under way, {left} to come", self.ended)
            }
        };
        live.show(&rows, sentence);
    }

    fn step(&mut self, addr: &InstanceAddr, step: &Step) {
        let text = step_line(step);
        match (self.screen.is_live(), self.running.get_mut(addr)) {
            (true, Some(running)) => (running.step, running.why) = (Some(text), None),
            _ => self.screen.line(&format!("  {text}")),
        }
    }

    fn reading(&mut self, host: Host) {
        let text = format!("{}: Reading...", clean(&host.name));
        if self.announced.insert(host) {
            self.screen.line(&text);
        }
    }

    fn started(&mut self, addr: InstanceAddr, action: Action, now: Instant) {
        if !self.screen.is_live() {
            self.about(&addr, &format!("{}...", words(action).doing));
        }
        let running = Running { action, since: now, said: now, step: None, why: None };
        self.running.insert(addr, running);
    }

    fn waiting(&mut self, addr: &InstanceAddr, why: String) {
        if let Some(running) = self.running.get_mut(addr) {
            running.why = Some(why);
        }
    }

    fn finished(&mut self, addr: &InstanceAddr, action: Action, took: Duration) {
        self.running.remove(addr);
        self.ended += 1;
        count(&mut self.record.done, action);
        self.about(addr, &format!("{} complete after {}", words(action).done, seconds(took)));
    }

    fn failed(&mut self, addr: InstanceAddr, action: Action, diagnostic: Diagnostic) {
        self.running.remove(&addr);
        self.ended += 1;
        self.about(&addr, &format!("{} failed", words(action).done));
        self.record.failed.push((addr, diagnostic));
    }

    fn tick(&mut self, now: Instant) {
        if self.screen.is_live() {
            return self.show(now);
        }
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

impl Running {
    /// `module.etcd.pki_ca.this: creating [3s] sign certificate`
    fn row(&self, addr: &InstanceAddr, now: Instant, options: ViewOptions) -> String {
        let elapsed = seconds(now.saturating_duration_since(self.since));
        let doing = words(self.action).doing.to_lowercase();
        let now = self.why.as_ref().map(|why| format!("waits: {why}"));
        let now = now.or_else(|| self.step.clone()).unwrap_or_default();
        let now = clean(&now);
        let around = format!("  : {doing} [{elapsed}] {now}").width();
        let name = shortened(&addr.to_string(), options.width.saturating_sub(around));
        format!("  {}: {doing} [{elapsed}] {now}", paint(options, clean(&name)))
    }
}

/// Fewer columns than these say nothing of an address.
const NARROW: usize = 24;

/// An address in the columns that are left, without its middle: what it is done to and the key at its
/// end tell it from others, and a row is cut at its end, where it says what is done.
fn shortened(addr: &str, columns: usize) -> String {
    let columns = columns.max(NARROW);
    let chars: Vec<char> = addr.chars().collect();
    if chars.len() <= columns {
        return addr.to_owned();
    }
    let (head, tail) = (columns / 4, columns - columns / 4 - 1);
    let (head, tail) = (&chars[..head], &chars[chars.len() - tail..]);
    head.iter().chain(['…'].iter()).chain(tail).collect()
}

fn paint(options: ViewOptions, text: impl std::fmt::Display) -> String {
    Page::new(&mut std::io::sink(), options).paint(Tone::Bold, text)
}

/// The words for an action that goes on, and for one that ended.
pub struct Words {
    /// While it goes on.
    pub doing: &'static str,
    /// When it is over.
    pub done: &'static str,
}

/// The words for an action.
pub fn words(action: Action) -> Words {
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
