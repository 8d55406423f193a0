//! Making durable what ended and what begins.

use super::Coordinator;
use super::part::Previous;
use super::task::{Intent, Task};
use crate::refactor::in_order;
use crate::state::Entry;

impl Coordinator<'_> {
    /// Objects are at their new addresses before anything else happens.
    pub(super) fn move_objects(&mut self) {
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

    pub(super) fn flush_if_many(&mut self) {
        if self.entries.len() >= MOST_UNWRITTEN {
            self.flush();
        }
    }

    /// Makes durable what ended and what begins, and lets those go on who wait for it. False where
    /// that failed, now or before: nothing may begin then.
    pub(super) fn flush(&mut self) -> bool {
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
    pub(super) fn promise(&mut self, intent: Intent) {
        let Intent { index, begun, done, durable } = intent;
        if let Some((job, _)) = self.in_flight.get(&index) {
            let addr = self.target(*job, index);
            self.entries.push(Entry::Step { addr, begun, done });
        }
        self.promised.push(durable);
    }

    pub(super) fn not_begun(&mut self, task: &Task) {
        if let Some(Previous::Deposed(_)) = self.previous.remove(&task.index) {
            self.deposed.remove(&task.index);
        }
        if let Some((job, _)) = self.in_flight.remove(&task.index) {
            self.ready.push_back(job);
        }
    }
}

/// How many facts of silent changes wait for the next flush at most: so many can be lost with the
/// process, together with nothing outside that depends on them.
const MOST_UNWRITTEN: usize = 1000;
