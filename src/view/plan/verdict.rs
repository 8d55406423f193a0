//! What happens to an object, and why, in words.

use quorate_engine::addr::{InstanceAddr, Key, quoted};
use quorate_engine::plan::{
    Change, DeleteReason, PlannedObject, REQUESTED, ReplaceReason, TAINTED,
};
use quorate_engine::value::Value;

use super::object::is_only_recorded;

/// What happens to an object.
pub fn of(object: &PlannedObject) -> String {
    let only_recorded = if is_only_recorded(object) { ", in the state only" } else { "" };
    format!("{}{only_recorded}", verdict(&object.change))
}

fn verdict(change: &Change) -> &'static str {
    match change {
        Change::NoOp { .. } => "does not change",
        Change::Read { .. } => "will be read during apply",
        Change::Create { .. } => "will be created",
        Change::Update { .. } => "will be updated in-place",
        Change::Replace { .. } => change.replace_reason().map_or("", replaced),
        Change::Delete { because: DeleteReason::AlreadyGone, .. } => {
            "is gone already; the state will forget it"
        }
        Change::Delete { .. } => "will be destroyed",
        Change::Forget { .. } => "will no longer be managed by Quorate, but will not be destroyed",
    }
}

/// What Terraform says where not an attribute but a person or another object is the reason.
fn replaced(reason: ReplaceReason) -> &'static str {
    match reason {
        ReplaceReason::Triggered => "will be replaced due to changes in replace_triggered_by",
        ReplaceReason::Tainted => "is tainted, so must be replaced",
        ReplaceReason::Requested => "will be replaced, as requested",
        ReplaceReason::CannotUpdate => "must be replaced",
    }
}

/// Why this happens, one sentence a line.
pub fn reasons(object: &PlannedObject) -> Vec<String> {
    let moved = object.moved_from.iter().map(|from| format!("(moved from {from})"));
    let imported = object.importing.iter().map(|id| format!("(imported from {})", quoted(id)));
    moved.chain(imported).chain(change_reasons(&object.addr, &object.change)).collect()
}

fn change_reasons(addr: &InstanceAddr, change: &Change) -> Vec<String> {
    match change {
        Change::Read { .. } => vec!["(what it reads is known only during apply)".to_owned()],
        Change::Create { planned } | Change::Update { planned, .. } => planned.notes.clone(),
        Change::Replace { planned, because, before, .. } => {
            let words = because.iter().filter(|reason| {
                let titled = [TAINTED, REQUESTED].contains(&reason.as_str());
                !titled && !names_attr(before, &planned.after, reason)
            });
            words.map(|reason| format!("(because {reason})")).chain(planned.notes.clone()).collect()
        }
        Change::Delete { because, .. } => delete_reason(addr, *because).into_iter().collect(),
        Change::NoOp { .. } | Change::Forget { .. } => Vec::new(),
    }
}

/// Whether a reason is the name of an attribute, which is then marked where it stands.
fn names_attr(before: &Value, after: &Value, reason: &str) -> bool {
    let name = reason.split(['.', '[']).next().unwrap_or(reason);
    before.attr(name).is_some() || after.attr(name).is_some()
}

fn delete_reason(addr: &InstanceAddr, reason: DeleteReason) -> Option<String> {
    match (reason, &addr.key) {
        (DeleteReason::NotInConfiguration, _) => {
            let config = addr.config();
            Some(format!("(because {config} is not in configuration)"))
        }
        (DeleteReason::NoSuchInstance, Some(Key::Name(key))) => {
            Some(format!("(because key [{}] is not in for_each map)", quoted(key)))
        }
        (DeleteReason::NoSuchInstance, Some(Key::Index(index))) => {
            Some(format!("(because index [{index}] is out of range for count)"))
        }
        (DeleteReason::NoSuchInstance, None) => {
            Some("(because its module has no such instance)".to_owned())
        }
        (DeleteReason::WrongRepetition, key) => Some(match key {
            None => "(because resource uses count or for_each)".to_owned(),
            Some(Key::Index(_)) => "(because resource does not use count)".to_owned(),
            Some(Key::Name(_)) => "(because resource does not use for_each)".to_owned(),
        }),
        (DeleteReason::Deposed, _) => {
            Some("(left over from a partially-failed replacement of this instance)".to_owned())
        }
        (DeleteReason::Destroy | DeleteReason::AlreadyGone, _) => None,
    }
}
