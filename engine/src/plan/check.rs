//! Independent invariants over a finished plan, by code that did not make it.

use std::collections::BTreeMap;

use super::{Action, Change, Plan, PlannedObject, ReplaceOrder};
use crate::diag::{Diagnostic, Diagnostics};
use crate::resource::Registry;
use crate::value::Value;
use crate::world::{Host, Op, Query, Step};

/// Refuses a plan that breaks a promise.
pub(super) fn check(plan: &Plan, registry: &Registry, diagnostics: &mut Diagnostics) {
    one_owner_for_each_path(plan, registry, diagnostics);
    made_first_where_there_is_room(plan, registry, diagnostics);
    nothing_changes_in_silence(plan, diagnostics);
}

/// What is made before its predecessor is removed must lie elsewhere, or it would be removed.
fn made_first_where_there_is_room(plan: &Plan, registry: &Registry, diagnostics: &mut Diagnostics) {
    for object in &plan.objects {
        let Change::Replace { destroy, order: ReplaceOrder::CreateThenDestroy, .. } =
            &object.change
        else {
            continue;
        };
        let kept = kept(object, object.change.after(), registry);
        let lost =
            kept.iter().find(|(host, path)| destroy.iter().any(|s| takes_away(s, host, path)));
        if let Some((host, path)) = lost {
            let detail = format!(
                "{} is made anew before its predecessor is removed (create_before_destroy), but both \
                 keep {path} on {host}: it would be removed with the old one.",
                object.addr
            );
            let error = Diagnostic::error("No room to create before destroying", detail);
            diagnostics.push(error.about(object.addr.to_string()).help(
                "Leave out create_before_destroy here and in what is made from this, or give the new \
                 one another path.",
            ));
        }
    }
}

/// Two objects that keep one file, or one that keeps it and one whose removal takes it away, would
/// undo each other in an order that nobody chose. An object that only adopts a file has no steps, so
/// what objects keep is taken from what they look at.
fn one_owner_for_each_path(plan: &Plan, registry: &Registry, diagnostics: &mut Diagnostics) {
    let mut owners: BTreeMap<(Host, String), &PlannedObject> = BTreeMap::new();
    for object in &plan.objects {
        for place in kept(object, object.change.after(), registry) {
            let other = *owners.entry(place.clone()).or_insert(object);
            if other.addr != object.addr {
                diagnostics.push(claimed_twice(other, object, &place.1, &place.0));
            }
        }
    }
    // Former objects make room by themselves.
    let current = plan.objects.iter().filter(|object| object.addr.deposed.is_none());
    for object in current.filter(|object| object.change.action() == Action::Delete) {
        for step in object.change.steps() {
            let taken = owners.iter().find(|((host, path), _)| takes_away(step, host, path));
            if let Some(((host, path), owner)) = taken {
                diagnostics.push(claimed_twice(owner, object, path, host));
            }
        }
    }
}

fn claimed_twice(
    one: &PlannedObject,
    other: &PlannedObject,
    path: &str,
    host: &Host,
) -> Diagnostic {
    let detail = format!("{} and {} both keep or remove {path} on {host}.", one.addr, other.addr);
    Diagnostic::error("Two objects claim one file", detail).about(other.addr.to_string()).help(
        "Keep one of them. Where a block was renamed, a `moved` block says so, and nothing happens to \
         the file.",
    )
}

/// The files that an object with some attributes has.
pub(super) fn kept(
    object: &PlannedObject,
    attrs: Option<&Value>,
    registry: &Registry,
) -> Vec<(Host, String)> {
    let resource = registry.find_resource(&object.addr.block.kind);
    let Some((resource, attrs)) = resource.zip(attrs) else { return Vec::new() };
    let asks = resource.look(attrs).into_iter();
    asks.filter_map(|ask| match ask.query {
        Query::File { path, .. } => Some((ask.host, path)),
        _ => None,
    })
    .collect()
}

pub(super) fn takes_away(step: &Step, on: &Host, file: &str) -> bool {
    let below = |folder: &str| file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    step.host.as_ref() == Some(on)
        && match &step.op {
            Op::RemoveFile { path, .. } => path == file,
            Op::RemoveTree { path, .. } => below(path),
            _ => false,
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
