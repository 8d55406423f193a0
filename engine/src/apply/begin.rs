//! How work on an object begins: what it is, and what the journal says before it.

use std::time::Instant;

use super::Coordinator;
use super::keep::{SealWith, unstorable};
use super::task::{Task, Work};
use crate::diag::Diagnostic;
use crate::event::Event;
use crate::plan::Action;
use crate::state::{Entry, Record, Status, Stored, UnderWay};

impl Coordinator<'_> {
    pub(super) fn begin(&mut self, job: usize, index: usize) -> Option<Task> {
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
    pub(super) fn carry_out_silently(&mut self, job: usize, index: usize) {
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
    pub(super) fn take_over(&mut self, job: usize, index: usize) {
        match self.imported(index) {
            Ok(imported) => {
                self.note_import(index, imported);
                self.release(job);
            }
            Err(diagnostic) => self.fail(job, index, diagnostic),
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

    pub(super) fn sealing(&self) -> SealWith {
        SealWith(self.run.realm.clone())
    }
}
