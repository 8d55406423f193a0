//! The end of a run: what the state is to say besides what was done.

use std::collections::HashSet;

use super::keep::unrecorded;
use super::{Coordinator, Stop, Unreadable};
use crate::addr::ModulePath;
use crate::build::Node;
use crate::desired::{CheckResult, CheckStatus, Subject};
use crate::plan::{Action, Goal, Job};
use crate::state::{Entry, Record, Stored, StoredOutput};
use crate::value::Type;

impl Coordinator<'_> {
    pub(super) fn finish(&mut self) {
        self.outcome.interrupted = *self.stop.borrow() != Stop::Run;
        let aborted = self.in_flight.iter().map(|(index, (job, _))| self.target(*job, *index));
        self.outcome.in_flight = aborted.collect();
        for job in std::mem::take(&mut self.ready) {
            if let Job::Object(index) | Job::Remove(index) = *self.schedule.graph.get(job) {
                self.outcome.skipped.push(self.target(job, index));
            }
        }
        self.refresh_dependencies();
        self.record_checks();
        self.record_outputs();
        let saved = match self.flush() {
            true => self.state.fold(),
            // The journal takes nothing more; the state file may.
            false => self.state.save(&self.entries),
        };
        if let Err(error) = saved {
            self.outcome.store_error.get_or_insert(error);
        }
    }

    /// What became of all conditions, now that all is known that will be.
    fn record_checks(&mut self) {
        let mut checks = match self.plan.aim.goal {
            Goal::Destroy => Vec::new(),
            Goal::Converge | Goal::RefreshOnly => self.walk.checks(),
        };
        for Unreadable { name, module, problem } in std::mem::take(&mut self.unreadable) {
            let (path, subject) = (module.path(), Subject::Check(name));
            let found = checks.iter_mut().find(|c| c.module == path && c.subject == subject);
            let instances = found.and_then(|check| check.instances.as_mut());
            let instance = instances.into_iter().flatten().find(|c| c.module == module);
            if let Some(instance) = instance {
                instance.status = CheckStatus::Error;
                instance.problems = vec![problem];
            }
        }
        let stored: Vec<_> = checks.iter().map(CheckResult::without_problems).collect();
        if self.state.state().checks != stored {
            self.entries.push(Entry::Checks { checks: stored });
        }
        self.outcome.checks = checks;
    }

    /// What did not change may still be made from other blocks than before; removal needs to know.
    fn refresh_dependencies(&mut self) {
        for (index, object) in self.plan.objects.iter().enumerate() {
            let still = object.change.action() == Action::NoOp && self.plan.places[index].is_some();
            let Some(stored) = self.state.state().objects.get(&object.addr).filter(|_| still)
            else {
                continue;
            };
            let depends_on = self.plan.depends_on[index].clone();
            if stored.depends_on != depends_on {
                let object_now = Box::new(Stored { depends_on, ..stored.clone() });
                self.entries.push(Entry::Became { addr: object.addr.clone(), object: object_now });
            }
        }
    }

    /// Outputs that are known now; those that are not, or wait for what failed, keep what they were.
    fn record_outputs(&mut self) {
        let root = ModulePath::default();
        let stored = &self.state.state().outputs;
        let mut outputs = stored.clone();
        let declared = self.run.inputs.config.modules.get(&root).map(|m| &m.outputs);
        outputs.retain(|name, _| declared.is_some_and(|declared| declared.contains_key(name)));
        let all = self.plan.aim == Goal::Destroy.into();
        if all && self.outcome.is_complete() {
            outputs.clear();
        }
        let open = self.open_values();
        for (name, output) in declared.into_iter().flatten() {
            let node = self.run.written.find(&Node::Output(root.clone(), name.clone()));
            let node = node.filter(|node| !open.contains(node));
            let value = node.and_then(|node| self.walk.tables.value(node, 0));
            let Some(value) = value.filter(|value| value.is_wholly_known()) else { continue };
            if value.is_null() {
                drop(outputs.remove(name));
                continue;
            }
            self.outcome.outputs.insert(name.to_string(), value.clone());
            // A secret is sealed anew only when it changes.
            let same = stored
                .get(name)
                .and_then(|old| old.record.value_like(&Type::Any, Some(value)).ok());
            if same.as_ref() == Some(value) {
                continue;
            }
            let sensitive = output.sensitive;
            match Record::new(value, &Type::Any, &self.sealing()) {
                Ok(record) => {
                    drop(outputs.insert(name.clone(), StoredOutput { record, sensitive }))
                }
                Err(error) => self.outcome.unrecorded.push(unrecorded(name, &error)),
            }
        }
        if outputs != *stored {
            self.entries.push(Entry::Outputs { outputs });
        }
    }

    /// The values of the root module that wait for what failed or was not done.
    fn open_values(&self) -> HashSet<usize> {
        let open = (0..self.dead.len()).filter(|job| self.dead[*job] || self.waits[*job] > 0);
        let values = open.filter_map(|job| match *self.schedule.graph.get(job) {
            Job::Value(node, 0) => Some(node),
            _ => None,
        });
        values.collect()
    }
}
