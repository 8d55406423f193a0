//! How work on an object ended, and what that means for what waits for it.

use std::time::Duration;

use super::keep::keep;
use super::part::Previous;
use super::task::{Done, Failure};
use super::{Coordinator, Unreadable};
use crate::addr::InstanceAddr;
use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::event::Event;
use crate::plan::{Action, Job};
use crate::state::{Entry, Stored};
use crate::value::{Text, Value};

impl Coordinator<'_> {
    pub(super) fn ended(&mut self, ended: Result<Done, tokio::task::JoinError>) {
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

    pub(super) fn succeeded(
        &mut self,
        job: usize,
        index: usize,
        value: Option<Value>,
        took: Duration,
    ) {
        let (addr, action) = (self.target(job, index), self.action(job, index));
        self.previous.remove(&index);
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
        if self.is_told() {
            self.outcome.done.count(action);
            self.run.events.emit(Event::Finished { addr: addr.clone(), action, took, id });
        }
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
    pub(super) fn stored(&self, index: usize, value: &Value) -> Result<Stored, Diagnostic> {
        let depends_on = &self.plan.depends_on[index];
        let (registry, realm) = (&self.run.inputs.registry, &self.run.realm);
        keep(&self.plan.objects[index].addr, value, depends_on, registry, realm)
    }

    /// After a failure before the first step the state says what it said before; after it, that
    /// the object is in flight, and the next plan looks at it.
    pub(super) fn undo_or_keep(&mut self, job: usize, index: usize, failure: Failure) {
        if let Some(previous) = self.previous.remove(&index) {
            let addr = self.target(job, index);
            self.entries.push(match previous {
                _ if failure.touched => {
                    Entry::Step { addr, begun: failure.begun, done: failure.done }
                }
                Previous::Object(object) => Entry::Became { addr, object },
                Previous::Nothing => Entry::Gone { addr },
                Previous::Deposed(key) => {
                    self.deposed.remove(&index);
                    Entry::Moved { from: addr.former(key), to: addr }
                }
            });
        }
        self.fail(job, index, *failure.diagnostic);
    }

    pub(super) fn fail(&mut self, job: usize, index: usize, diagnostic: Diagnostic) {
        let (addr, action) = (self.target(job, index), self.action(job, index));
        let diagnostic = diagnostic.about(addr.to_string());
        if let Some(name) = self.run.inputs.config.check_of(&addr).cloned() {
            // What only a check reads stops nothing.
            let problem = Diagnostic { severity: Severity::Warning, ..diagnostic };
            self.unreadable.push(Unreadable { name, module: addr.module, problem });
            return self.release(job);
        }
        let event = Event::Failed { addr: addr.clone(), action, diagnostic: diagnostic.clone() };
        self.run.events.emit(event);
        self.outcome.failed.push((addr.clone(), diagnostic));
        self.skip_dependents(job, &addr);
    }

    pub(super) fn skip_dependents(&mut self, job: usize, because: &InstanceAddr) {
        let failed = self.index_of(job);
        let mut queue = vec![job];
        while let Some(job) = queue.pop() {
            for dependent in self.schedule.graph.dependents(job) {
                if std::mem::replace(&mut self.dead[dependent], true) {
                    continue;
                }
                queue.push(dependent);
                let Some(addr) = self.left_undone(dependent).filter(|(i, _)| failed != Some(*i))
                else {
                    continue;
                };
                self.outcome.skipped.push(addr.1.clone());
                let because = Some(because.clone());
                self.run.events.emit(Event::Skipped { addr: addr.1, because });
            }
        }
    }

    pub(super) fn index_of(&self, job: usize) -> Option<usize> {
        match *self.schedule.graph.get(job) {
            Job::Object(index) | Job::Remove(index) => Some(index),
            Job::Value(..) | Job::Gate => None,
        }
    }

    /// What is not done where a job is not begun, and whose change that is. Of a replacement that is
    /// not begun, the half that makes the new object stands for both.
    pub(super) fn left_undone(&self, job: usize) -> Option<(usize, InstanceAddr)> {
        let index = self.index_of(job)?;
        let stands_for_both = matches!(self.schedule.graph.get(job), Job::Object(_));
        let changes = self.plan.objects[index].change.action() != Action::NoOp;
        let is_left = changes && (stands_for_both || self.deposed.contains_key(&index));
        is_left.then(|| (index, self.target(job, index)))
    }
}

/// What people and programs know an object by.
fn shown_id(value: &Value) -> Option<Text> {
    let id = value.attr("id").filter(|id| !id.has_sensitive())?;
    id.as_str().map(Text::from)
}
