//! Outputs of the root module.

use std::collections::BTreeMap;

use super::Planner;
use crate::addr::ModulePath;
use crate::build::Node;
use crate::desired::Tables;
use crate::plan::{Goal, OutputChange};
use crate::state::StoredOutput;
use crate::value::{Type, Value};

impl Planner<'_> {
    pub(super) fn outputs(&mut self, tables: &Tables) {
        let goal = self.aim.goal;
        // Where only some objects go, outputs stay as they are, as with Terraform.
        if goal == Goal::Destroy && self.focus.is_partial() {
            return;
        }
        let root = ModulePath::default();
        let before = |stored: &StoredOutput, like: Option<&Value>| {
            stored.record.value_like(&Type::Any, like).ok()
        };
        let declared = self.inputs.config.modules.get(&root).map(|module| &module.outputs);
        for name in declared.into_iter().flat_map(|outputs| outputs.keys()) {
            let node = self.written.find(&Node::Output(root.clone(), name.clone()));
            if node.is_some_and(|node| !self.focus.covers_value(node)) {
                continue;
            }
            let after = node.and_then(|node| tables.value(node, 0)).filter(|v| !v.is_null());
            let after = after.filter(|_| goal != Goal::Destroy).cloned();
            let before = self.state.outputs.get(name).and_then(|o| before(o, after.as_ref()));
            if before.is_some() || after.is_some() {
                self.plan.outputs.insert(name.clone(), OutputChange { before, after });
            }
        }
        let all = declared.is_none_or(BTreeMap::is_empty) || !self.focus.is_partial();
        for (name, stored) in self.state.outputs.iter().filter(|_| all) {
            let gone = || OutputChange { before: before(stored, None), after: None };
            self.plan.outputs.entry(name.clone()).or_insert_with(gone);
        }
    }
}
