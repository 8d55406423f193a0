//! When what goes may go, and that members of a service go down one after the other.

use std::collections::{BTreeMap, HashSet};

use super::{Job, Scheduler, name};
use crate::addr::ConfigAddr;
use crate::diag::Diagnostic;
use crate::graph::Cycle;
use crate::plan::{Action, Change, ReplaceOrder};
use crate::state::State;
use crate::value::Text;

impl Scheduler<'_> {
    fn change(&self, index: usize) -> &Change {
        &self.planning.plan.objects[index].change
    }

    fn is_made_first(&self, index: usize) -> bool {
        matches!(self.change(index), Change::Replace { order: ReplaceOrder::CreateThenDestroy, .. })
    }

    fn is_removed(&self, index: usize) -> bool {
        matches!(self.change(index).action(), Action::Delete | Action::Forget)
    }

    /// A replacement is made before its predecessor goes, or the other way round. A member of a
    /// service goes down only when all is ready for its successor.
    pub(super) fn join_halves(&mut self) {
        for (index, removal) in self.removals.clone() {
            let make = self.objects[index];
            if self.is_made_first(index) {
                self.graph.depends(removal, make);
                continue;
            }
            if self.is_member(index) {
                let before: Vec<usize> = self.graph.dependencies(make).collect();
                before.into_iter().for_each(|on| self.graph.depends(removal, on));
            }
            self.graph.depends(make, removal);
        }
    }

    /// Whether a change takes a member of a service down.
    fn is_member(&self, index: usize) -> bool {
        self.change(index).disrupts().is_some()
    }

    /// A former object goes before another is made in its place.
    pub(super) fn make_room(&mut self) {
        for (former, successor) in &self.planning.gives_way {
            self.graph.depends(self.objects[*successor], self.objects[*former]);
        }
    }

    /// Which job removes an object once nothing uses it any more, if one does.
    fn goes_last(&self, index: usize) -> Option<usize> {
        let gives_way = || self.planning.gives_way.iter().any(|(former, _)| *former == index);
        if self.is_removed(index) {
            return (!gives_way()).then(|| self.objects[index]);
        }
        // The next member waits for both halves, so neither waits for what may need the next one.
        let unhurried = self.is_made_first(index) && !self.is_member(index);
        self.removals.get(&index).copied().filter(|_| unhurried)
    }

    /// What was made from a block goes, or changes, before what is removed of that block.
    pub(super) fn delete_dependents_first(&mut self, state: &State) {
        let mut gates: BTreeMap<ConfigAddr, usize> = BTreeMap::new();
        for (index, object) in self.planning.plan.objects.iter().enumerate() {
            let Some(job) = self.goes_last(index) else { continue };
            let gate = gates.entry(object.addr.config());
            let gate = *gate.or_insert_with(|| self.graph.add(Job::Gate));
            self.graph.depends(job, gate);
        }
        for (gate, index) in self.users(state, &gates) {
            self.graph.depends(gate, self.objects[index]);
            if let Some(removal) = self.removals.get(&index).filter(|_| self.is_made_first(index)) {
                self.graph.depends(gate, *removal);
            }
        }
    }

    /// The objects that were made from a block, with what stands for the block.
    fn users(&self, state: &State, gates: &BTreeMap<ConfigAddr, usize>) -> Vec<(usize, usize)> {
        let mut users = Vec::new();
        for (index, object) in self.planning.plan.objects.iter().enumerate() {
            let Some(stored) = state.objects.get(&object.addr) else { continue };
            let own = object.addr.config();
            let on = stored.depends_on.iter().filter(|config| **config != own);
            users.extend(on.filter_map(|config| Some((*gates.get(config)?, index))));
        }
        users
    }

    /// What is removed before it is made anew goes after what was made from it and goes too. Where
    /// something that goes must wait for what is yet to be made, this wish is given up: it never
    /// keeps a plan from being carried out.
    pub(super) fn remove_dependents_first(&mut self, state: &State) {
        let mut gates: BTreeMap<ConfigAddr, usize> = BTreeMap::new();
        for (index, removal) in &self.removals {
            if !self.is_made_first(*index) {
                let config = self.planning.plan.objects[*index].addr.config();
                let gate = *gates.entry(config).or_insert_with(|| self.graph.add(Job::Gate));
                self.graph.depends(*removal, gate);
            }
        }
        let wishes: Vec<(usize, usize)> = (self.users(state, &gates).into_iter())
            .filter_map(|(gate, index)| Some((gate, self.goes_early(index)?)))
            .collect();
        wishes.iter().for_each(|(gate, job)| self.graph.depends(*gate, *job));
        if wishes.is_empty() || self.graph.order().is_ok() {
            return;
        }
        let component = self.graph.components();
        for (gate, job) in wishes {
            if component[gate] == component[job] {
                self.graph.releases(gate, job);
            }
        }
    }

    /// The job that removes an object, where that is a job of its own and takes no member down.
    fn goes_early(&self, index: usize) -> Option<usize> {
        match self.is_removed(index) {
            true => Some(self.objects[index]),
            false => self.removals.get(&index).copied().filter(|_| !self.is_member(index)),
        }
    }

    /// Members of one service are taken down one after the other; a failure stops those after it.
    pub(super) fn one_disruption_at_a_time(&mut self) {
        let mut domains: BTreeMap<&Text, Vec<(u32, usize)>> = BTreeMap::new();
        for (index, object) in self.planning.plan.objects.iter().enumerate() {
            if let Some(disruption) = object.change.disrupts() {
                domains.entry(&disruption.domain).or_default().push((disruption.rank, index));
            }
        }
        for mut members in domains.into_values() {
            members.sort_unstable();
            for pair in members.windows(2) {
                let (earlier, later) = (pair[0].1, pair[1].1);
                self.in_turn.push((later, earlier));
                for begins in self.halves(later) {
                    for ends in self.halves(earlier) {
                        self.graph.depends(begins, ends);
                    }
                }
            }
        }
    }

    fn halves(&self, index: usize) -> Vec<usize> {
        let make = self.objects[index];
        self.removals.get(&index).copied().into_iter().chain([make]).collect()
    }

    /// Why jobs that wait for each other do so.
    pub(super) fn circle(&self, cycle: &Cycle) -> Diagnostic {
        let object = |job: usize| match *self.graph.get(job) {
            Job::Object(index) | Job::Remove(index) => Some(index),
            Job::Value(..) | Job::Gate => None,
        };
        let objects: Vec<usize> = cycle.0.iter().filter_map(|job| object(*job)).collect();
        let within: HashSet<usize> = objects.iter().copied().collect();
        let contradicts =
            |(later, earlier): &&(usize, usize)| within.contains(later) && within.contains(earlier);
        if let Some((later, earlier)) = self.in_turn.iter().find(contradicts) {
            return self.contradiction(*later, *earlier);
        }
        let jobs: Vec<_> =
            cycle.0.iter().map(|job| name(*self.graph.get(*job), self.planning)).collect();
        let detail = format!("These wait for each other: {}.", jobs.join(", "));
        Diagnostic::bug("The plan cannot be ordered", detail)
    }

    fn contradiction(&self, later: usize, earlier: usize) -> Diagnostic {
        let objects = &self.planning.plan.objects;
        let (later, earlier) = (&objects[later], &objects[earlier]);
        let service = later.change.disrupts().map(|disruption| disruption.domain.to_string());
        let detail = format!(
            "Both {0} and {1} take down a member of the {2}. Members go down one at a time: those \
             that are down already first, the leader last, so {0} comes before {1}. But the \
             configuration makes {0} wait for {1}.",
            earlier.addr,
            later.addr,
            service.unwrap_or_default()
        );
        Diagnostic::error("The plan cannot be ordered", detail)
            .about(earlier.addr.to_string())
            .help("Remove the reference or depends_on that makes one member wait for the other.")
    }
}
