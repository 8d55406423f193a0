//! Independent invariants over a finished plan, by code that did not make it.

use std::collections::BTreeMap;

use super::{Action, Plan, PlannedObject};
use crate::diag::{Diagnostic, Diagnostics};
use crate::world::{Host, Op, Step};

/// Refuses a plan that breaks a promise.
pub(super) fn check(plan: &Plan, diagnostics: &mut Diagnostics) {
    one_owner_for_each_path(plan, diagnostics);
    nothing_changes_in_silence(plan, diagnostics);
}

/// Two objects that write, or one that writes and one that removes, the same path would undo each
/// other in an order that nobody chose.
fn one_owner_for_each_path(plan: &Plan, diagnostics: &mut Diagnostics) {
    let mut owners: BTreeMap<(&Host, &str), &PlannedObject> = BTreeMap::new();
    for object in &plan.objects {
        for (host, path) in object.change.steps().into_iter().filter_map(claimed) {
            let other = *owners.entry((host, path)).or_insert(object);
            if other.addr != object.addr {
                let detail = format!(
                    "{} and {} both write or remove {path} on {host}.",
                    other.addr, object.addr
                );
                diagnostics.push(
                    Diagnostic::error("Two objects claim one file", detail)
                        .about(object.addr.to_string())
                        .help(
                            "Keep one of them. A renamed block keeps its object through `moved`.",
                        ),
                );
            }
        }
    }
}

fn claimed(step: &Step) -> Option<(&Host, &str)> {
    match &step.op {
        Op::WriteFile { path, .. } | Op::RemoveFile { path, .. } => {
            Some((step.host.as_ref()?, path))
        }
        _ => None,
    }
}

/// An object without a change has no steps.
fn nothing_changes_in_silence(plan: &Plan, diagnostics: &mut Diagnostics) {
    for object in &plan.objects {
        let silent = matches!(object.change.action(), Action::NoOp | Action::Forget | Action::Read);
        if silent && !object.change.steps().is_empty() {
            let detail = format!("{} has steps but no change.", object.addr);
            diagnostics.push(Diagnostic::bug("Plan breaks its promise", detail));
        }
    }
}
