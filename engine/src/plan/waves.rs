//! What can run at once: the changing objects of a plan by how many others they wait for in a row.

use std::collections::BTreeSet;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::{Action, Job, Plan, Schedule};

/// In a larger plan only the waves are kept: who waits for whom would be of no use to a reader, and
/// its size is quadratic.
const FOLLOWED: usize = 400;

/// The order of a plan as a reader sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waves {
    /// For each object of the plan, its wave, from 0; none where nothing happens to it.
    pub of: Vec<Option<usize>>,
    /// For each object, by index, the changing objects that it waits for directly. Empty for all
    /// where the plan is large.
    pub waits_for: Vec<BTreeSet<usize>>,
}

impl Waves {
    /// Follows the schedule from what waits for nothing.
    pub fn of(plan: &Plan, schedule: &Schedule) -> Waves {
        let graph = &schedule.graph;
        // A schedule has an order: it was checked when it was made.
        let order = graph.order().unwrap_or_default();
        let changes = |object: usize| plan.objects[object].change.action() != Action::NoOp;
        let follow = (0..plan.objects.len()).filter(|object| changes(*object)).count() <= FOLLOWED;
        let mut waves = Waves {
            of: vec![None; plan.objects.len()],
            waits_for: vec![BTreeSet::new(); plan.objects.len()],
        };
        let mut level = vec![0; graph.len()];
        let mut reached: Vec<Rc<BTreeSet<usize>>> = vec![Rc::default(); graph.len()];
        for job in order {
            let before: Vec<usize> = graph.dependencies(job).collect();
            level[job] = before.iter().map(|on| level[*on]).max().unwrap_or(0);
            if follow {
                reached[job] = union(before.iter().map(|on| &reached[*on]));
            }
            // The removing half of a replacement has no place of its own in the picture.
            let Job::Object(object) = *graph.get(job) else { continue };
            if !changes(object) {
                continue;
            }
            waves.of[object] = Some(level[job]);
            level[job] += 1;
            if follow {
                waves.waits_for[object] = (*reached[job]).clone();
                reached[job] = Rc::new(BTreeSet::from([object]));
            }
        }
        waves
    }

    /// How many objects change.
    pub fn count(&self) -> usize {
        self.of.iter().flatten().count()
    }

    /// Whether it is known who waits for whom.
    pub fn is_followed(&self) -> bool {
        self.count() <= FOLLOWED
    }
}

/// All that any of them reaches; shared where there is only one.
fn union<'a>(sets: impl Iterator<Item = &'a Rc<BTreeSet<usize>>>) -> Rc<BTreeSet<usize>> {
    let mut sets = sets.filter(|set| !set.is_empty());
    let Some(first) = sets.next() else { return Rc::default() };
    let mut all: Option<BTreeSet<usize>> = None;
    for set in sets.filter(|set| !Rc::ptr_eq(set, first)) {
        all.get_or_insert_with(|| (**first).clone()).extend(set.iter());
    }
    all.map_or_else(|| first.clone(), Rc::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Graph;
    use crate::plan::{Change, PlannedObject};
    use crate::resource::Planned;
    use crate::value::Value;

    fn object(addr: &str, changes: bool) -> PlannedObject {
        let change = match changes {
            true => Change::Create { planned: Planned::new(Value::NULL, Vec::new()) },
            false => Change::NoOp { object: Value::NULL },
        };
        PlannedObject::new(addr.parse().unwrap(), change)
    }

    #[test]
    fn waves_go_through_what_does_not_change() {
        let objects = vec![object("a.a", true), object("a.b", false), object("a.c", true)];
        let plan = Plan { objects, ..Plan::default() };
        let mut graph = Graph::default();
        let jobs: Vec<usize> = (0..3).map(|index| graph.add(Job::Object(index))).collect();
        let gate = graph.add(Job::Gate);
        graph.depends(jobs[1], jobs[0]);
        graph.depends(gate, jobs[1]);
        graph.depends(jobs[2], gate);
        let waves = Waves::of(&plan, &Schedule { graph });
        assert_eq!(waves.of, [Some(0), None, Some(1)]);
        assert_eq!(waves.waits_for, [BTreeSet::new(), BTreeSet::new(), BTreeSet::from([0])]);
    }
}
