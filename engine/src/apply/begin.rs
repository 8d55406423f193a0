//! How work on an object begins: what it is, and what the journal says before it.

use std::time::Instant;

use super::Coordinator;
use super::keep::{SealWith, unstorable};
use super::part::{Part, Previous};
use super::task::{Task, Work};
use crate::diag::Diagnostic;
use crate::event::Event;
use crate::plan::{Action, Goal, ReplaceOrder};
use crate::state::{Entry, Record, Status, Stored, UnderWay};

impl Coordinator<'_> {
    pub(super) fn begin(&mut self, job: usize, index: usize) -> Option<Task> {
        let (addr, action) = (self.target(job, index), self.action(job, index));
        let work = match self.know_each(index).and_then(|()| self.work(job, index)) {
            Ok(work) => work,
            Err(diagnostic) => {
                self.fail(job, index, diagnostic);
                return None;
            }
        };
        if let Err(diagnostic) = self.note_intent(job, index, &work) {
            self.fail(job, index, diagnostic);
            return None;
        }
        self.run.events.emit(Event::Started { addr: addr.clone(), action });
        self.in_flight.insert(index, (job, Instant::now()));
        let (world, realm, events) =
            (self.run.world.clone(), self.run.realm.clone(), self.run.events.clone());
        Some(Task { index, addr, work, world, realm, events, intends: self.intends.clone() })
    }

    /// Whether what is done is told and counted: that the state follows what was seen is no change.
    pub(super) fn is_told(&self) -> bool {
        self.plan.aim.goal != Goal::RefreshOnly
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
        if self.is_told() {
            self.run.events.emit(Event::Started { addr: addr.clone(), action });
        }
        let work = self.know_each(index).and_then(|()| self.work(job, index));
        let value = work.and_then(|work| work.done_silently(&addr, &*self.run.realm));
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

    /// The journal's word that work begins; nothing where nothing outside changes.
    fn note_intent(&mut self, job: usize, index: usize, work: &Work) -> Result<(), Diagnostic> {
        let addr = self.target(job, index);
        let imported = self.imported(index)?;
        let (known, deposes) = match self.part(job, index) {
            // What the state may still say is of the predecessor.
            Part::Make(ReplaceOrder::CreateThenDestroy) => (None, Some(self.new_key(&addr))),
            Part::Make(ReplaceOrder::DestroyThenCreate) => (None, None),
            Part::Whole | Part::Remove(_) => {
                let stored = || self.state.state().objects.get(&addr).cloned();
                (imported.clone().or_else(stored), None)
            }
        };
        let object = match deposes.is_some() || !work.steps().is_empty() {
            true => self.intended(index, self.action(job, index), work, known.as_ref())?,
            false => None,
        };
        self.note_import(index, imported);
        let Some(object) = object else { return Ok(()) };
        self.deposed.extend(deposes.map(|key| (index, key)));
        let previous = match (deposes, known) {
            (Some(key), _) => Previous::Deposed(key),
            (None, Some(known)) => Previous::Object(Box::new(known)),
            (None, None) => Previous::Nothing,
        };
        self.previous.insert(index, previous);
        let work = UnderWay::begin(work.steps(), work.first_exchange(), self.run.realm.now());
        self.entries.push(Entry::Began { addr, object: Box::new(object), work, deposes });
        Ok(())
    }

    /// What the state is to say of an object while there is work on it.
    fn intended(
        &self,
        index: usize,
        action: Action,
        work: &Work,
        stored: Option<&Stored>,
    ) -> Result<Option<Stored>, Diagnostic> {
        let status = match (action, stored) {
            (Action::Delete, _) => Status::Deleting,
            (Action::Create, _) | (_, None) => Status::Creating,
            _ => Status::Updating,
        };
        if let Some(stored) = stored.filter(|_| status != Status::Creating) {
            return Ok(Some(Stored { status, ..stored.clone() }));
        }
        let Some((resource, planned)) = work.planned() else { return Ok(None) };
        let schema = resource.schema();
        let record = Record::partial(&planned.after, schema.ty(), &self.sealing());
        let record = record.map_err(|e| unstorable(&self.plan.objects[index].addr, &e))?;
        let (schema_version, depends_on) = (schema.version, self.plan.depends_on[index].clone());
        Ok(Some(Stored { record, schema_version, status, depends_on }))
    }

    pub(super) fn sealing(&self) -> SealWith {
        SealWith(self.run.realm.clone())
    }
}
