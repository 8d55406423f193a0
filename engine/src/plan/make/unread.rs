//! Data sources of a plan that asked no host.

use super::Planner;
use crate::addr::ModulePath;
use crate::build::Node;
use crate::desired::{Dep, Tables};
use crate::plan::{Action, Change, PlannedObject};

impl Planner<'_> {
    /// What a check wants to know, and could not be told, is asked once more during an apply. Alone it
    /// is no reason for one.
    pub(super) fn leave_checks_unread(&mut self) {
        let config = &self.inputs.config;
        let for_check = |object: &PlannedObject| {
            matches!(object.change, Change::Read { .. }) && config.check_of(&object.addr).is_some()
        };
        let keep: Vec<bool> = self.plan.objects.iter().map(|object| !for_check(object)).collect();
        let rest = self.plan.objects.iter().zip(&keep).filter(|(_, keep)| **keep);
        let is_still = rest.into_iter().all(|(object, _)| object.is_still());
        if is_still && self.plan.outputs.values().all(|output| output.before == output.after) {
            self.keep(&keep);
        }
    }

    /// Where hosts are not asked, data sources are read during apply, but only for what changes.
    pub(super) fn leave_unread(&mut self, tables: &Tables) {
        let is_read = |object: &PlannedObject| matches!(object.change, Change::Read { .. });
        let mut queue: Vec<Dep> = Vec::new();
        for (object, place) in self.plan.objects.iter().zip(&self.places) {
            let changes = object.change.action() != Action::NoOp && !is_read(object);
            if let (true, Some((node, module, index))) = (changes, *place) {
                queue.push(Dep::Instance(node, module, index));
            }
        }
        for (name, output) in &self.plan.outputs {
            let open = output.after.as_ref().is_some_and(|value| !value.is_wholly_known());
            let node = Node::Output(ModulePath::default(), name.clone());
            queue.extend(self.written.find(&node).filter(|_| open).map(|node| Dep::Value(node, 0)));
        }
        let used = tables.reached(queue);
        let keep: Vec<bool> = (self.plan.objects.iter().zip(&self.places))
            .map(|(object, place)| match place {
                Some((n, m, i)) if is_read(object) => used.contains(&Dep::Instance(*n, *m, *i)),
                _ => true,
            })
            .collect();
        self.keep(&keep);
    }

    fn keep(&mut self, keep: &[bool]) {
        retain(&mut self.plan.objects, keep);
        retain(&mut self.places, keep);
        retain(&mut self.depends_on, keep);
        retain(&mut self.requests, keep);
    }
}

fn retain<T>(items: &mut Vec<T>, keep: &[bool]) {
    let mut keep = keep.iter().copied();
    items.retain(|_| keep.next().unwrap_or(true));
}
