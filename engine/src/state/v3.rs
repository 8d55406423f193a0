//! The wire format of versions 2 and 3. Later versions are later files.
//!
//! Version 2 added the runs whose journals are on some machine: a program that knows only version 1
//! would drop them, and with them the knowledge that something is in flight. Version 3 added no field,
//! but addresses of former objects ([`crate::addr::DeposedKey`]), which no earlier program can read, and
//! `checks`, which may be missing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::v1::{Object, Output, objects, outputs, under_way};
use super::{Runs, State, UnderWay};
use crate::desired::CheckResult;

/// The number in the file.
pub(super) const VERSION: u64 = 3;

#[derive(Serialize, Deserialize)]
struct File {
    version: u64,
    quorate_version: String,
    lineage: String,
    serial: u64,
    #[serde(default, skip_serializing_if = "Runs::is_empty")]
    runs: Runs,
    outputs: BTreeMap<String, Output>,
    objects: BTreeMap<String, Object>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    under_way: BTreeMap<String, UnderWay>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    checks: Vec<CheckResult>,
}

/// The text of a state file.
pub(super) fn write(state: &State) -> Result<Vec<u8>, serde_json::Error> {
    let outputs = state.outputs.iter().map(|(name, o)| (name.to_string(), Output::of(o)));
    let file = File {
        version: VERSION,
        quorate_version: env!("CARGO_PKG_VERSION").to_owned(),
        lineage: state.lineage.clone(),
        serial: state.serial,
        runs: state.runs.clone(),
        outputs: outputs.collect(),
        objects: state.objects.iter().map(|(a, o)| (a.to_string(), Object::of(o))).collect(),
        under_way: state.under_way.iter().map(|(a, w)| (a.to_string(), w.clone())).collect(),
        checks: state.checks.clone(),
    };
    let mut text = serde_json::to_vec_pretty(&file)?;
    text.push(b'\n');
    Ok(text)
}

/// The state in a text of version 2 or 3; the error is a sentence's end.
pub(super) fn read(text: &[u8]) -> Result<State, String> {
    let file: File = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    Ok(State {
        lineage: file.lineage,
        serial: file.serial,
        objects: objects(file.objects)?,
        outputs: outputs(file.outputs),
        under_way: under_way(file.under_way)?,
        runs: file.runs,
        checks: file.checks,
    })
}
