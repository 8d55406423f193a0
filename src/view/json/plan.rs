//! A plan in Terraform's JSON representation.

use std::collections::BTreeMap;

use quorate_engine::addr::{InstanceAddr, Mode};
use quorate_engine::plan::{Change, Drift, Extent, Plan, PlannedObject};
use quorate_engine::resource::Registry;
use quorate_engine::state::State;
use quorate_engine::value::{Text, Value};
use serde_json::{Map, Value as Json, json};

use super::changes::{object_change, object_drift, output_change};
use super::checks::checks_json;
use super::modules::root_module;
use super::state::outputs_json;
use super::values::value_json;
use super::{TERRAFORM, object_json};
use crate::view::notice::notices;

/// What is shown besides the plan itself.
pub struct Around<'a> {
    /// Values of the root module's variables; none where they are not stored.
    pub variables: &'a BTreeMap<Text, Option<Value>>,
    /// The time of the plan, RFC 3339.
    pub timestamp: &'a str,
    /// What was made of the configuration when the plan was made: see [`review`].
    pub review: &'a Json,
    /// The types, for the versions of their schemas.
    pub registry: &'a Registry,
}

/// What readers of a saved plan need of the configuration and the state, which they need not read
/// again.
pub fn review(configuration: Json, relevant: Json, plan: &Plan, state: &State) -> Json {
    let objects = state.objects.iter().filter(|(_, object)| !object.depends_on.is_empty());
    let depends = objects.map(|(addr, object)| {
        (addr.to_string(), object.depends_on.iter().map(ToString::to_string).collect())
    });
    json!({
        "configuration": configuration,
        "relevant_attributes": relevant,
        "notices": notices(plan),
        "depends_on": depends.collect::<Map<String, Json>>(),
    })
}

/// The whole document.
pub fn document(plan: &Plan, around: &Around<'_>) -> Json {
    let mut objects: Vec<&PlannedObject> = plan.objects.iter().collect();
    objects.sort_by_key(|object| &object.addr);
    let drifted = objects.iter().filter_map(|object| Some((&object.addr, object.drift.as_ref()?)));
    let drift: Vec<Json> = drifted.map(|(addr, drift)| object_drift(addr, drift)).collect();
    let changes = objects.iter().map(|object| object_change(object));
    let outputs = plan.outputs.iter().map(|(name, o)| (name.to_string(), output_change(o)));
    let mut document = json!({
        "format_version": "1.2",
        "terraform_version": TERRAFORM,
        "quorate_version": env!("CARGO_PKG_VERSION"),
        "planned_values": planned_values(plan, &objects, around),
        "resource_changes": changes.collect::<Vec<_>>(),
        "prior_state": prior_state(plan, &objects, around),
        "configuration": around.review["configuration"],
        "timestamp": around.timestamp,
        "applyable": !plan.is_quiet(),
        "complete": plan.aim.extent == Extent::All,
        "errored": false,
    });
    let variables = variables_json(around.variables);
    for (name, part) in [
        ("variables", Json::Object(variables)),
        ("output_changes", Json::Object(outputs.collect())),
        ("resource_drift", Json::Array(drift)),
        ("checks", checks_json(&plan.checks)),
        ("relevant_attributes", around.review["relevant_attributes"].clone()),
    ] {
        if part != json!({}) && part != json!([]) {
            document[name] = part;
        }
    }
    document
}

fn variables_json(variables: &BTreeMap<Text, Option<Value>>) -> Map<String, Json> {
    let stored = variables.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    stored.map(|(name, value)| (name.to_string(), json!({ "value": value_json(value) }))).collect()
}

fn planned_values(plan: &Plan, objects: &[&PlannedObject], around: &Around<'_>) -> Json {
    let after = objects.iter().filter_map(|object| {
        Some((object.addr.clone(), held(object, object.change.after()?, around)))
    });
    let outputs = plan.outputs.iter();
    let outputs = outputs.filter_map(|(name, output)| Some((name.clone(), output.after.clone()?)));
    values(&outputs.collect(), after)
}

/// The state as it was found: what the hosts say, where that differs from what was stored.
fn prior_state(plan: &Plan, objects: &[&PlannedObject], around: &Around<'_>) -> Json {
    let before = objects.iter().filter_map(|object| {
        let mut json = held(object, seen(object)?, around);
        let depends = &around.review["depends_on"][object.addr.to_string()];
        if !depends.is_null() {
            json["depends_on"] = depends.clone();
        }
        Some((object.addr.clone(), json))
    });
    let outputs = plan.outputs.iter();
    let outputs = outputs.filter_map(|(name, output)| Some((name.clone(), output.before.clone()?)));
    json!({
        "format_version": "1.0",
        "terraform_version": TERRAFORM,
        "values": values(&outputs.collect(), before),
    })
}

fn seen(object: &PlannedObject) -> Option<&Value> {
    match (&object.drift, &object.change) {
        (Some(Drift::Gone { .. }), _) => None,
        (Some(Drift::Changed { seen, .. }), _) => Some(seen),
        (None, Change::Read { .. }) => None,
        (None, change) => change.before(),
    }
}

fn held(object: &PlannedObject, value: &Value, around: &Around<'_>) -> Json {
    object_json(&object.addr, schema_version(around.registry, &object.addr), value)
}

fn values(
    outputs: &BTreeMap<Text, Value>,
    objects: impl Iterator<Item = (InstanceAddr, Json)>,
) -> Json {
    let mut json = json!({ "root_module": root_module(objects) });
    if !outputs.is_empty() {
        json["outputs"] = outputs_json(outputs);
    }
    json
}

fn schema_version(registry: &Registry, addr: &InstanceAddr) -> u32 {
    let kind = &addr.block.kind;
    let version = match addr.block.mode {
        Mode::Managed => registry.find_resource(kind).map(|found| found.schema().version),
        Mode::Data => registry.find_data_source(kind).map(|found| found.schema().version),
    };
    version.unwrap_or_default()
}
