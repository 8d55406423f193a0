//! Data sources of a plan that asked no host.

use super::Planner;
use crate::addr::ModulePath;
use crate::build::Node;
use crate::desired::{Dep, Tables};
use crate::plan::{Action, Change, PlannedObject};

impl Planner<'_> {
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
        retain(&mut self.plan.objects, &keep);
        retain(&mut self.places, &keep);
        retain(&mut self.depends_on, &keep);
        retain(&mut self.requests, &keep);
    }
}

fn retain<T>(items: &mut Vec<T>, keep: &[bool]) {
    let mut keep = keep.iter().copied();
    items.retain(|_| keep.next().unwrap_or(true));
}
