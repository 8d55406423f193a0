//! Which part of a change a job carries out, and on which object: a replacement may be two jobs.

use super::Coordinator;
use crate::addr::{DeposedKey, InstanceAddr};
use crate::plan::{Action, Change, Job, ReplaceOrder};
use crate::state::Stored;

/// What a job does of the change of its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// It makes the new object of a replacement.
    Make(ReplaceOrder),
    /// It removes what is replaced.
    Remove(ReplaceOrder),
}

/// What the state said of an object before work on it began.
pub(super) enum Previous {
    /// Nothing.
    Nothing,
    /// That it was as follows.
    Object(Box<Stored>),
    /// What is kept under this key since.
    Deposed(DeposedKey),
}

impl Coordinator<'_> {
    pub(super) fn part(&self, job: usize, index: usize) -> Part {
        let change = &self.plan.objects[index].change;
        let order = match change {
            Change::Replace { order, .. } if change.has_two_halves() => *order,
            _ => return Part::Whole,
        };
        match self.schedule.graph.get(job) {
            Job::Remove(_) => Part::Remove(order),
            Job::Object(_) | Job::Value(..) | Job::Gate => Part::Make(order),
        }
    }

    /// The object that a job works on.
    pub(super) fn target(&self, job: usize, index: usize) -> InstanceAddr {
        let addr = &self.plan.objects[index].addr;
        match (self.part(job, index), self.deposed.get(&index)) {
            (Part::Remove(ReplaceOrder::CreateThenDestroy), Some(key)) => addr.former(*key),
            _ => addr.clone(),
        }
    }

    /// What a job does to it.
    pub(super) fn action(&self, job: usize, index: usize) -> Action {
        match self.part(job, index) {
            Part::Whole => self.plan.objects[index].change.action(),
            Part::Make(_) => Action::Create,
            Part::Remove(_) => Action::Delete,
        }
    }

    /// A key that no former object of an instance has.
    pub(super) fn new_key(&self, addr: &InstanceAddr) -> DeposedKey {
        let objects = &self.state.state().objects;
        loop {
            let [a, b, c, d, ..] = self.run.realm.salt();
            let key = DeposedKey(u32::from_be_bytes([a, b, c, d]));
            if !objects.contains_key(&addr.former(key)) {
                return key;
            }
        }
    }
}
