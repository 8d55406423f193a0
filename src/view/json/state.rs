//! The state in Terraform's JSON representation.

use std::collections::{BTreeMap, BTreeSet};

use quorate_engine::addr::{ConfigAddr, InstanceAddr};
use quorate_engine::desired::CheckResult;
use quorate_engine::state::Status;
use quorate_engine::value::{Text, Value};
use serde_json::{Map, Value as Json, json};

use super::checks::checks_json;
use super::modules::root_module;
use super::{TERRAFORM, object_json, output_json};

/// An object of the state.
pub struct Held<'a> {
    /// Which.
    pub addr: &'a InstanceAddr,
    /// The version of its type's schema.
    pub schema_version: u32,
    /// Its attributes; secrets are sensitive.
    pub value: &'a Value,
    /// Whether it is as it should be.
    pub status: Status,
    /// The blocks that it was made from.
    pub depends_on: &'a BTreeSet<ConfigAddr>,
}

/// The whole state.
pub fn document<'a>(
    objects: impl Iterator<Item = Held<'a>>,
    outputs: &BTreeMap<Text, Value>,
    checks: &[CheckResult],
) -> Json {
    let objects: Vec<_> = objects.map(|held| (held.addr, held_json(&held))).collect();
    let mut document = json!({ "format_version": "1.0" });
    // As in Terraform, nothing at all says that there is no state yet.
    if !objects.is_empty() || !outputs.is_empty() {
        document["terraform_version"] = json!(TERRAFORM);
        document["quorate_version"] = json!(env!("CARGO_PKG_VERSION"));
        document["values"] = json!({ "root_module": root_module(objects) });
        if !outputs.is_empty() {
            document["values"]["outputs"] = outputs_json(outputs);
        }
        if !checks.is_empty() {
            document["checks"] = checks_json(checks);
        }
    }
    document
}

/// Outputs by name.
pub fn outputs_json(outputs: &BTreeMap<Text, Value>) -> Json {
    let one = |(name, value): (&Text, &Value)| {
        (name.to_string(), output_json(value, value.unmark().1.sensitive))
    };
    Json::Object(outputs.iter().map(one).collect::<Map<_, _>>())
}

fn held_json(held: &Held<'_>) -> Json {
    let mut object = object_json(held.addr, held.schema_version, held.value);
    if !held.depends_on.is_empty() {
        let names = held.depends_on.iter().map(ToString::to_string);
        object["depends_on"] = names.collect();
    }
    match held.status {
        Status::Ready => {}
        Status::Tainted => object["tainted"] = json!(true),
        // Ours: an earlier run began to change it and did not record an end.
        Status::Creating => object["quorate"] = json!({ "in_flight": "creating" }),
        Status::Updating => object["quorate"] = json!({ "in_flight": "updating" }),
        Status::Deleting => object["quorate"] = json!({ "in_flight": "deleting" }),
    }
    object
}
