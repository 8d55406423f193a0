//! What happens to objects and outputs, as a plan's JSON lists it.

use quorate_engine::addr::{InstanceAddr, Key};
use quorate_engine::plan::{
    Action, Change, DeleteReason, Drift, OutputChange, PlannedObject, ReplaceOrder, ReplaceReason,
};
use quorate_engine::resource::{Disruption, Planned};
use quorate_engine::value::Value;
use quorate_engine::world::Step;
use serde_json::{Value as Json, json};

use super::identity_json;
use super::values::{sensitive_json, unknown_json, value_json};

/// An entry of `resource_changes`; ours are the fields under `quorate`.
pub fn object_change(object: &PlannedObject) -> Json {
    let change = &object.change;
    let mut json = located(&object.addr);
    if let Some(from) = &object.moved_from {
        json["previous_address"] = json!(from.to_string());
    }
    let mut detail = difference(change.before(), change.after());
    detail["actions"] = actions(change);
    if let Some(id) = &object.importing {
        detail["importing"] = json!({ "id": &**id });
    }
    let paths = replace_paths(change);
    if !paths.is_empty() {
        detail["replace_paths"] = Json::Array(paths);
    }
    json["change"] = detail;
    if let Some(reason) = reason(object) {
        json["action_reason"] = json!(reason);
    }
    let own = own(change);
    if own != json!({}) {
        json["quorate"] = own;
    }
    json
}

/// An entry of `resource_drift`.
pub fn object_drift(addr: &InstanceAddr, drift: &Drift) -> Json {
    let (stored, seen, action) = match drift {
        Drift::Gone { stored } => (stored, None, "delete"),
        Drift::Changed { stored, seen } => (stored, Some(seen), "update"),
    };
    let mut json = located(addr);
    json["change"] = difference(Some(stored), seen);
    json["change"]["actions"] = json!([action]);
    json
}

/// An entry of `output_changes`.
pub fn output_change(output: &OutputChange) -> Json {
    let (before, after) = (output.before.as_ref(), output.after.as_ref());
    let action = match (before, after) {
        (None, Some(_)) => "create",
        (Some(_), None) => "delete",
        (before, after) if before == after => "no-op",
        _ => "update",
    };
    let sensitive = before.into_iter().chain(after).any(|value| value.unmark().1.sensitive);
    let mut json = difference(before, after);
    json["actions"] = json!([action]);
    json["before_sensitive"] = json!(sensitive);
    json["after_sensitive"] = json!(sensitive);
    if after.is_none_or(Value::is_wholly_known) {
        json["after_unknown"] = json!(false);
    }
    json
}

/// Terraform's names of what is done.
pub fn actions(change: &Change) -> Json {
    match (change.action(), change) {
        (Action::NoOp, _) => json!(["no-op"]),
        (Action::Read, _) => json!(["read"]),
        (Action::Create, _) => json!(["create"]),
        (Action::Update, _) => json!(["update"]),
        (_, Change::Replace { order: ReplaceOrder::CreateThenDestroy, .. }) => {
            json!(["create", "delete"])
        }
        (Action::Replace, _) => json!(["delete", "create"]),
        (Action::Delete, _) => json!(["delete"]),
        (Action::Forget, _) => json!(["forget"]),
    }
}

/// Terraform's name of why it is done, where it has one.
pub fn reason(object: &PlannedObject) -> Option<&'static str> {
    let (change, addr) = (&object.change, &object.addr);
    let unwanted = match object.moved_from {
        Some(_) => "delete_because_no_move_target",
        None => "delete_because_no_resource_config",
    };
    match change {
        Change::Replace { .. } => change.replace_reason().map(replace_reason),
        Change::Read { after } if after.is_wholly_known() => {
            Some("read_because_dependency_pending")
        }
        Change::Read { .. } => Some("read_because_config_unknown"),
        Change::Delete { because: DeleteReason::NotInConfiguration, .. } => Some(unwanted),
        Change::Forget { .. } => Some(unwanted),
        Change::Delete { because: DeleteReason::WrongRepetition, .. } => {
            Some("delete_because_wrong_repetition")
        }
        Change::Delete { because: DeleteReason::NoSuchInstance, .. } => Some(match addr.key {
            Some(Key::Index(_)) => "delete_because_count_index",
            Some(Key::Name(_)) => "delete_because_each_key",
            None => "delete_because_wrong_repetition",
        }),
        _ => None,
    }
}

fn replace_reason(reason: ReplaceReason) -> &'static str {
    match reason {
        ReplaceReason::Triggered => "replace_by_triggers",
        ReplaceReason::Tainted => "replace_because_tainted",
        ReplaceReason::Requested => "replace_by_request",
        ReplaceReason::CannotUpdate => "replace_because_cannot_update",
    }
}

fn located(addr: &InstanceAddr) -> Json {
    let mut json = identity_json(addr);
    if let Some(key) = addr.deposed {
        json["deposed"] = json!(key.to_string());
    }
    if !addr.module.0.is_empty() {
        json["module_address"] = json!(addr.module.to_string());
    }
    json
}

/// A change without its actions.
fn difference(before: Option<&Value>, after: Option<&Value>) -> Json {
    let sensitive = |value: Option<&Value>| value.map_or(json!(false), sensitive_json);
    let mut json = json!({
        "before": before.map_or(Json::Null, value_json),
        "after_unknown": after.filter(|after| !after.is_wholly_known()).map_or(json!({}), unknown_json),
        "before_sensitive": sensitive(before),
        "after_sensitive": sensitive(after),
    });
    // What is wholly unknown has no value yet, which is another thing than null.
    if after.is_none_or(|after| !after.is_unknown() || after.unmark().1.sensitive) {
        json["after"] = after.map_or(Json::Null, value_json);
    }
    json
}

/// The attributes among the reasons of a replacement.
fn replace_paths(change: &Change) -> Vec<Json> {
    let Change::Replace { before, because, .. } = change else { return Vec::new() };
    let attributes = because.iter().filter(|why| before.attr(why).is_some());
    attributes.map(|name| json!([name])).collect()
}

/// What Terraform has no field for: steps on hosts, who is taken down, notes.
fn own(change: &Change) -> Json {
    let mut own = json!({});
    let steps = change.steps();
    if !steps.is_empty() {
        own["steps"] = steps.into_iter().map(step_json).collect();
    }
    if let Some(disruption) = change.disrupts() {
        let Disruption { domain, member, members, quorum, .. } = disruption;
        own["disrupts"] = json!({ "service": &**domain, "member": &**member, "members": members, "quorum": quorum });
    }
    if let Change::Create { planned }
    | Change::Update { planned, .. }
    | Change::Replace { planned, .. } = change
    {
        put_notes(planned, &mut own);
    }
    own
}

fn put_notes(planned: &Planned, own: &mut Json) {
    if !planned.notes.is_empty() {
        own["notes"] = json!(planned.notes);
    }
}

/// A step, and the host it is done on.
pub fn step_json(step: &Step) -> Json {
    json!({ "host": step.host.as_ref().map(|host| &*host.name), "does": step.op.to_string() })
}
