//! `replace_triggered_by`: whether another object changes in a way that makes this one anew.

use std::collections::HashMap;

use super::{Change, Drift, PlannedObject, TRIGGERED_BY};
use crate::addr::{BlockAddr, ModuleInstance};
use crate::desired::Trigger;
use crate::value::{Text, Value};

/// The objects planned so far, by block; caught up with when somebody asks.
#[derive(Default)]
pub(super) struct Triggers {
    known: usize,
    by_block: HashMap<(ModuleInstance, BlockAddr), Vec<usize>>,
}

impl Triggers {
    /// Why an object is made anew, if another one's change is a reason.
    pub fn reason(
        &mut self,
        objects: &[PlannedObject],
        module: &ModuleInstance,
        triggers: &[Trigger],
    ) -> Option<String> {
        if triggers.is_empty() {
            return None;
        }
        self.catch_up(objects);
        let fired = triggers.iter().find(|trigger| {
            let block = (module.clone(), trigger.block.clone());
            let of_block = self.by_block.get(&block).into_iter().flatten();
            let mut mentioned = of_block
                .map(|index| &objects[*index])
                .filter(|object| trigger.key.is_none() || object.addr.key == trigger.key);
            mentioned.any(|object| fires(object, &trigger.path))
        });
        fired.map(|trigger| format!("{TRIGGERED_BY}{}", trigger.text))
    }

    fn catch_up(&mut self, objects: &[PlannedObject]) {
        for (index, object) in objects.iter().enumerate().skip(self.known) {
            let block = (object.addr.module.clone(), object.addr.block.clone());
            self.by_block.entry(block).or_default().push(index);
        }
        self.known = objects.len();
    }
}

/// As in Terraform: a whole object triggers when it is changed or made anew, not when it is first
/// made; an attribute whenever it is another than before.
fn fires(object: &PlannedObject, path: &[Text]) -> bool {
    if path.is_empty() {
        return match &object.change {
            Change::Replace { .. } => true,
            Change::Update { planned, .. } => match &object.drift {
                Some(Drift::Changed { seen, .. }) => {
                    !planned.steps.is_empty() || *seen != planned.after
                }
                _ => true,
            },
            _ => false,
        };
    }
    let before = object.change.before().and_then(|value| at(value, path));
    let after = object.change.after().and_then(|value| at(value, path));
    match (before, after) {
        (_, Some(after)) if !after.is_wholly_known() => true,
        (before, after) => before != after,
    }
}

fn at<'v>(value: &'v Value, path: &[Text]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, part| match value.bare().elements() {
        Some(items) => items.get(part.parse::<usize>().ok()?),
        None => value.bare().attr(part),
    })
}
