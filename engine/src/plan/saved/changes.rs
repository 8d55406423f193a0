//! Objects and outputs of a plan as JSON and back. What only apply needs of a step (contents,
//! questions) is kept as a digest: it is made again from the inputs and compared.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::steps;
use super::values::{Reader, Writer};
use crate::addr::InstanceAddr;
use crate::plan::{
    Cause, Causes, Change, DeleteReason, Drift, OutputChange, PlannedObject, ReplaceOrder,
};
use crate::resource::{Disruption, Planned};
use crate::value::{Text, Value};
use crate::world::Step;

/// SHA-256 in lower-case hex.
pub(super) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn write_object(object: &PlannedObject, writer: &mut Writer<'_>) -> Json {
    json!({
        "address": object.addr.to_string(),
        "change": write_change(&object.change, writer),
        "drift": object.drift.as_ref().map(|drift| write_drift(drift, writer)),
        "moved_from": object.moved_from.as_ref().map(ToString::to_string),
        "importing": object.importing.as_deref(),
    })
}

pub(super) fn read_object(json: &Json, reader: &Reader<'_>) -> Option<PlannedObject> {
    let drift = json.get("drift")?;
    let moved = json.get("moved_from")?;
    Some(PlannedObject {
        addr: address(json.get("address")?)?,
        change: read_change(json.get("change")?, reader)?,
        drift: if drift.is_null() { None } else { Some(read_drift(drift, reader)?) },
        moved_from: if moved.is_null() { None } else { Some(address(moved)?) },
        importing: json.get("importing")?.as_str().map(Text::from),
    })
}

pub(super) fn address(json: &Json) -> Option<InstanceAddr> {
    json.as_str()?.parse().ok()
}

fn write_change(change: &Change, writer: &mut Writer<'_>) -> Json {
    match change {
        Change::NoOp { object } => json!({ "no-op": writer.value(object) }),
        Change::Read { after } => json!({ "read": writer.value(after) }),
        Change::Create { planned } => json!({ "create": write_planned(planned, writer) }),
        Change::Update { before, planned } => {
            json!({ "update": [writer.value(before), write_planned(planned, writer)] })
        }
        Change::Replace { before, destroy, planned, because, order } => {
            let order = match order {
                ReplaceOrder::DestroyThenCreate => "destroy first",
                ReplaceOrder::CreateThenDestroy => "create first",
            };
            let (before, destroy) = (writer.value(before), write_steps(destroy));
            let planned = write_planned(planned, writer);
            json!({ "replace": [before, destroy, planned, because, order] })
        }
        Change::Delete { before, steps, because } => {
            let before = before.as_ref().map(|before| writer.value(before));
            json!({ "delete": [before.is_some(), before, write_steps(steps), reason(*because)] })
        }
        Change::Forget { before } => json!({ "forget": writer.value(before) }),
    }
}

fn read_change(json: &Json, reader: &Reader<'_>) -> Option<Change> {
    let (kind, of) = json.as_object()?.iter().next()?;
    match kind.as_str() {
        "no-op" => Some(Change::NoOp { object: reader.value(of)? }),
        "read" => Some(Change::Read { after: reader.value(of)? }),
        "create" => Some(Change::Create { planned: read_planned(of, reader)? }),
        "update" => Some(Change::Update {
            before: reader.value(of.get(0)?)?,
            planned: read_planned(of.get(1)?, reader)?,
        }),
        "replace" => Some(Change::Replace {
            before: reader.value(of.get(0)?)?,
            destroy: read_steps(of.get(1)?)?,
            planned: read_planned(of.get(2)?, reader)?,
            because: texts(of.get(3)?)?,
            order: match of.get(4)?.as_str()? {
                "destroy first" => ReplaceOrder::DestroyThenCreate,
                "create first" => ReplaceOrder::CreateThenDestroy,
                _ => return None,
            },
        }),
        "delete" => Some(Change::Delete {
            before: match of.get(0)?.as_bool()? {
                true => Some(reader.value(of.get(1)?)?),
                false => None,
            },
            steps: read_steps(of.get(2)?)?,
            because: REASONS.iter().find(|why| Some(reason(**why)) == of[3].as_str()).copied()?,
        }),
        "forget" => Some(Change::Forget { before: reader.value(of)? }),
        _ => None,
    }
}

const REASONS: [DeleteReason; 6] = [
    DeleteReason::NotInConfiguration,
    DeleteReason::NoSuchInstance,
    DeleteReason::WrongRepetition,
    DeleteReason::Destroy,
    DeleteReason::AlreadyGone,
    DeleteReason::Deposed,
];

fn reason(because: DeleteReason) -> &'static str {
    match because {
        DeleteReason::NotInConfiguration => "not in configuration",
        DeleteReason::NoSuchInstance => "no such instance",
        DeleteReason::WrongRepetition => "wrong repetition",
        DeleteReason::Destroy => "destroy",
        DeleteReason::AlreadyGone => "already gone",
        DeleteReason::Deposed => "deposed",
    }
}

/// Warnings are left out: they are said when the plan is made, and again when it is applied.
fn write_planned(planned: &Planned, writer: &mut Writer<'_>) -> Json {
    let Planned { after, steps, replace, notes, disrupts, warnings: _ } = planned;
    json!({
        "after": writer.value(after),
        "steps": write_steps(steps),
        "replace": replace,
        "notes": notes,
        "disrupts": disrupts.as_ref().map(disruption_json),
    })
}

fn disruption_json(disruption: &Disruption) -> Json {
    let Disruption { domain, member, rank, members, quorum } = disruption;
    json!([&**domain, &**member, rank, members, quorum])
}

fn read_planned(json: &Json, reader: &Reader<'_>) -> Option<Planned> {
    let disrupts = json.get("disrupts")?;
    let disruption = || {
        Some(Disruption {
            domain: disrupts.get(0)?.as_str()?.into(),
            member: disrupts.get(1)?.as_str()?.into(),
            rank: u32::try_from(disrupts.get(2)?.as_u64()?).ok()?,
            members: usize::try_from(disrupts.get(3)?.as_u64()?).ok()?,
            quorum: usize::try_from(disrupts.get(4)?.as_u64()?).ok()?,
        })
    };
    Some(Planned {
        after: reader.value(json.get("after")?)?,
        steps: read_steps(json.get("steps")?)?,
        replace: json.get("replace")?.as_str().map(str::to_owned),
        notes: texts(json.get("notes")?)?,
        disrupts: if disrupts.is_null() { None } else { Some(disruption()?) },
        warnings: Vec::new(),
    })
}

fn texts(json: &Json) -> Option<Vec<String>> {
    json.as_array()?.iter().map(|text| Some(text.as_str()?.to_owned())).collect()
}

fn write_steps(all: &[Step]) -> Vec<Json> {
    all.iter().map(steps::write).collect()
}

fn read_steps(json: &Json) -> Option<Vec<Step>> {
    json.as_array()?.iter().map(steps::read).collect()
}

fn write_drift(drift: &Drift, writer: &mut Writer<'_>) -> Json {
    match drift {
        Drift::Gone { stored } => json!({ "gone": writer.value(stored) }),
        Drift::Changed { stored, seen } => {
            json!({ "changed": [writer.value(stored), writer.value(seen)] })
        }
    }
}

fn read_drift(json: &Json, reader: &Reader<'_>) -> Option<Drift> {
    if let Some(stored) = json.get("gone") {
        return Some(Drift::Gone { stored: reader.value(stored)? });
    }
    let both = json.get("changed")?;
    Some(Drift::Changed { stored: reader.value(both.get(0)?)?, seen: reader.value(both.get(1)?)? })
}

/// Each side as a list, empty where there is no value: null is one.
pub(super) fn write_output(output: &OutputChange, writer: &mut Writer<'_>) -> Json {
    let mut side = |value: &Option<Value>| -> Vec<Json> {
        value.iter().map(|value| writer.value(value)).collect()
    };
    json!({ "before": side(&output.before), "after": side(&output.after) })
}

pub(super) fn read_output(json: &Json, reader: &Reader<'_>) -> Option<OutputChange> {
    let side = |name: &str| match json.get(name)?.as_array()?.as_slice() {
        [] => Some(None),
        [value] => reader.value(value).map(Some),
        _ => None,
    };
    Some(OutputChange { before: side("before")?, after: side("after")? })
}

/// Each cause with the attributes that change by it.
pub(super) fn write_causes(causes: &Causes) -> Json {
    let one = |(cause, attrs): (&Cause, &BTreeSet<Text>)| {
        let (kind, name) = match cause {
            Cause::Drift => ("drift", String::new()),
            Cause::Variable(name) => ("variable", name.to_string()),
            Cause::Line(place) => ("line", place.clone()),
            Cause::Object(addr) => ("object", addr.to_string()),
        };
        json!([kind, name, attrs.iter().map(|name| &**name).collect::<Vec<_>>()])
    };
    causes.iter().map(one).collect()
}

pub(super) fn read_causes(json: &Json) -> Option<Causes> {
    let one = |json: &Json| {
        let name = json.get(1)?.as_str()?;
        let cause = match json.get(0)?.as_str()? {
            "drift" => Cause::Drift,
            "variable" => Cause::Variable(name.into()),
            "line" => Cause::Line(name.to_owned()),
            "object" => Cause::Object(name.parse::<InstanceAddr>().ok()?.config()),
            _ => return None,
        };
        Some((cause, texts(json.get(2)?)?.into_iter().map(Text::from).collect()))
    };
    json.as_array()?.iter().map(one).collect()
}
