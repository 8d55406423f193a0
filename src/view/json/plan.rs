//! A plan in Terraform's JSON representation.

use std::collections::BTreeMap;
use std::io::{self, Write};

use quorate_engine::addr::{InstanceAddr, Mode};
use quorate_engine::plan::{Change, Drift, Extent, Goal, OutputChange, Plan, PlannedObject};
use quorate_engine::resource::Registry;
use quorate_engine::state::{State, Status};
use quorate_engine::value::{Text, Value};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::changes::{object_change, object_drift, output_change};
use super::checks::checks_json;
use super::lazy::{Each, Lazy};
use super::modules::{Module, root_module};
use super::state::outputs_json;
use super::values::{type_json, value_json};
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
    let tainted = state.objects.iter().filter(|(_, object)| object.status == Status::Tainted);
    json!({
        "tainted": tainted.map(|(addr, _)| addr.to_string()).collect::<Vec<_>>(),
        "configuration": configuration,
        "relevant_attributes": relevant,
        "notices": notices(plan),
        "output_types": output_types(plan),
        "depends_on": depends.collect::<Map<String, Json>>(),
    })
}

/// The types of sensitive outputs: in the plan itself their values are sealed.
fn output_types(plan: &Plan) -> Json {
    let one = |(name, output): (&Text, &OutputChange)| {
        let after = output.after.as_ref().filter(|value| value.unmark().1.sensitive)?;
        Some((name.to_string(), type_json(&after.bare().type_of())))
    };
    Json::Object(plan.outputs.iter().filter_map(one).collect())
}

/// Outputs, of which the sensitive ones have the types that were noted when the plan was made.
fn typed_outputs<'p>(
    outputs: impl Iterator<Item = (&'p Text, &'p Value)>,
    around: &Around<'_>,
) -> Json {
    let outputs = outputs.map(|(name, value)| (name.clone(), value.clone()));
    let mut json = outputs_json(&outputs.collect());
    for (name, ty) in around.review["output_types"].as_object().into_iter().flatten() {
        if let Some(output) = json.get_mut(name).filter(|output| output["sensitive"] == true) {
            output["type"] = ty.clone();
        }
    }
    json
}

/// The document. What is long is made while it is written; the fields stand in the order of their
/// names.
#[derive(Serialize)]
struct Document<'a, P, S, C, D> {
    applyable: bool,
    #[serde(skip_serializing_if = "is_empty")]
    checks: Json,
    complete: bool,
    configuration: &'a Json,
    errored: bool,
    format_version: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    output_changes: Json,
    planned_values: P,
    prior_state: S,
    quorate_version: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    relevant_attributes: &'a Json,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_changes: Option<C>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_drift: Option<D>,
    terraform_version: &'a str,
    timestamp: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    variables: Json,
}

fn is_empty(json: &Json) -> bool {
    json.as_object().is_some_and(Map::is_empty) || json.as_array().is_some_and(Vec::is_empty)
}

/// Writes the whole document, part by part, so that a long one appears as it is made.
pub fn write(plan: &Plan, around: &Around<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut objects: Vec<&PlannedObject> = plan.objects.iter().collect();
    objects.sort_by_key(|object| &object.addr);
    let objects = &objects;
    let drifted = || {
        objects.iter().filter_map(|object| Some(object_drift(&object.addr, object.drift.as_ref()?)))
    };
    // Where only the state follows what was seen nothing is changed: that is drift.
    let changes = plan.aim.goal != Goal::RefreshOnly;
    let listed = || objects.iter().filter(move |_| changes).map(|object| object_change(object));
    let outputs = plan.outputs.iter().map(|(name, o)| (name.to_string(), output_change(o)));
    let document = Document {
        applyable: !plan.is_quiet(),
        checks: checks_json(&plan.checks),
        complete: plan.aim.extent == Extent::All,
        configuration: &around.review["configuration"],
        errored: false,
        format_version: "1.2",
        output_changes: Json::Object(outputs.collect()),
        planned_values: Lazy(|| planned_values(plan, objects, around)),
        prior_state: Lazy(|| prior_state(plan, objects, around)),
        quorate_version: env!("CARGO_PKG_VERSION"),
        relevant_attributes: &around.review["relevant_attributes"],
        resource_changes: listed().next().map(|_| Each(listed)),
        resource_drift: drifted().next().map(|_| Each(drifted)),
        terraform_version: TERRAFORM,
        timestamp: around.timestamp,
        variables: Json::Object(variables_json(around.variables)),
    };
    serde_json::to_writer(&mut *out, &document)?;
    writeln!(out)
}

fn variables_json(variables: &BTreeMap<Text, Option<Value>>) -> Map<String, Json> {
    let stored = variables.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    stored.map(|(name, value)| (name.to_string(), json!({ "value": value_json(value) }))).collect()
}

/// Outputs, and objects in the tree of their modules.
#[derive(Serialize)]
struct Values<T> {
    #[serde(skip_serializing_if = "is_empty")]
    outputs: Json,
    root_module: Module<T>,
}

fn planned_values<'a>(
    plan: &'a Plan,
    objects: &'a [&'a PlannedObject],
    around: &'a Around<'a>,
) -> impl Serialize + 'a {
    let changes = plan.aim.goal != Goal::RefreshOnly;
    let after = objects.iter().filter(move |_| changes).filter_map(|object| {
        let value = object.change.after()?;
        Some((&object.addr, Lazy(move || held(object, value, around))))
    });
    let outputs = plan.outputs.iter();
    let outputs = outputs.filter_map(|(name, output)| Some((name, output.after.as_ref()?)));
    Values { outputs: typed_outputs(outputs, around), root_module: root_module(after) }
}

/// The state as it was found.
#[derive(Serialize)]
struct PriorState<V> {
    format_version: &'static str,
    terraform_version: &'static str,
    values: V,
}

/// What the hosts say, where that differs from what was stored.
fn prior_state<'a>(
    plan: &'a Plan,
    objects: &'a [&'a PlannedObject],
    around: &'a Around<'a>,
) -> impl Serialize + 'a {
    let before = objects.iter().filter_map(|object| {
        let value = seen(object)?;
        Some((&object.addr, Lazy(move || found(object, value, around))))
    });
    let outputs = plan.outputs.iter();
    let outputs = outputs.filter_map(|(name, output)| Some((name, output.before.as_ref()?)));
    let values =
        Values { outputs: typed_outputs(outputs, around), root_module: root_module(before) };
    PriorState { format_version: "1.0", terraform_version: TERRAFORM, values }
}

fn found(object: &PlannedObject, value: &Value, around: &Around<'_>) -> Json {
    let mut json = held(object, value, around);
    let depends = &around.review["depends_on"][object.addr.to_string()];
    if !depends.is_null() {
        json["depends_on"] = depends.clone();
    }
    let address = object.addr.to_string();
    let tainted = around.review["tainted"].as_array().into_iter().flatten();
    if tainted.into_iter().any(|name| name.as_str() == Some(&address)) {
        json["tainted"] = json!(true);
    }
    json
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

fn schema_version(registry: &Registry, addr: &InstanceAddr) -> u32 {
    let kind = &addr.block.kind;
    let version = match addr.block.mode {
        Mode::Managed => registry.find_resource(kind).map(|found| found.schema().version),
        Mode::Data => registry.find_data_source(kind).map(|found| found.schema().version),
    };
    version.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::plan::tests::sample;

    fn written(plan: &Plan) -> String {
        let review = json!({ "configuration": {}, "depends_on": {}, "relevant_attributes": [1] });
        let variables = BTreeMap::from([("v".into(), Some(Value::from("one")))]);
        let around = Around {
            variables: &variables,
            timestamp: "2026-01-01T00:00:00Z",
            review: &review,
            registry: &Registry::default(),
        };
        let mut out = Vec::new();
        write(plan, &around, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn fields_stand_in_the_order_of_their_names() {
        let value = |text: &str| Value::object([("a", text.into())]);
        let object = |addr: &str| sample::update(addr, value("old"), value("new"), vec![]);
        let mut drifted = object("toy_thing.b");
        drifted.drift = Some(Drift::Changed { stored: value("x"), seen: value("old") });
        let nested = object("module.m.module.n[\"k\"].toy_thing.c");
        let mut plan = sample::plan([object("toy_thing.a"), drifted, nested]);
        sample::output(&mut plan, "url", Some("a".into()), Some("b".into()));
        let text = written(&plan);
        let read: Json = serde_json::from_str(&text).unwrap();
        assert_eq!(text, format!("{read}\n"));
        assert_eq!(read["resource_drift"][0]["address"], "toy_thing.b");
        let child = &read["planned_values"]["root_module"]["child_modules"][0];
        assert_eq!(child["child_modules"][0]["resources"][0]["values"]["a"], "new");
        assert_eq!(read["prior_state"]["values"]["outputs"]["url"]["value"], "a");
    }

    #[test]
    fn what_is_empty_is_left_out() {
        let read: Json = serde_json::from_str(&written(&sample::plan([]))).unwrap();
        for name in ["checks", "output_changes", "resource_changes", "resource_drift"] {
            assert!(read.get(name).is_none(), "{name}");
        }
        assert_eq!(read["planned_values"], json!({ "root_module": {} }));
    }
}
