//! The wire format of versions 2 and 3. Later versions are later files.
//!
//! Version 2 added the runs whose journals are on some machine: a program that knows only version 1
//! would drop them, and with them the knowledge that something is in flight. Version 3 added no field,
//! but addresses of former objects ([`crate::addr::DeposedKey`]), which no earlier program can read, and
//! `checks`, which may be missing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::v1::{Object, Output, objects, outputs, under_way};
use super::{Runs, State, Stored, UnderWay, pieces};
use crate::addr::InstanceAddr;
use crate::desired::CheckResult;
use crate::parallel;

/// The number in the file.
pub(super) const VERSION: u64 = 3;

#[derive(Serialize, Deserialize)]
struct File<O> {
    version: u64,
    quorate_version: String,
    lineage: String,
    serial: u64,
    #[serde(default, skip_serializing_if = "Runs::is_empty")]
    runs: Runs,
    outputs: BTreeMap<String, Output>,
    objects: O,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    under_way: BTreeMap<String, UnderWay>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    checks: Vec<CheckResult>,
}

/// The text of a state file.
pub(super) fn write(state: &State) -> Result<Vec<u8>, serde_json::Error> {
    let outputs = state.outputs.iter().map(|(name, o)| (name.to_string(), Output::of(o)));
    let objects = state.objects.iter().map(|(a, o)| (a.to_string(), Object::of(o)));
    let file = File {
        version: VERSION,
        quorate_version: env!("CARGO_PKG_VERSION").to_owned(),
        lineage: state.lineage.clone(),
        serial: state.serial,
        runs: state.runs.clone(),
        outputs: outputs.collect(),
        objects: objects.collect::<BTreeMap<_, _>>(),
        under_way: state.under_way.iter().map(|(a, w)| (a.to_string(), w.clone())).collect(),
        checks: state.checks.clone(),
    };
    let mut text = serde_json::to_vec_pretty(&file)?;
    text.push(b'\n');
    Ok(text)
}

/// The state in a text of version 2 or 3; the error is a sentence's end.
pub(super) fn read(text: &[u8]) -> Result<State, String> {
    if let Some(state) = side_by_side(text) {
        return Ok(state);
    }
    let mut file: File<BTreeMap<String, Object>> =
        serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let found = objects(std::mem::take(&mut file.objects))?;
    file.with(found)
}

/// The state in a large text, whose objects are read side by side; none where it cannot be cut, or
/// has a mistake that reading the whole will find.
pub(super) fn side_by_side(text: &[u8]) -> Option<State> {
    let cut = pieces::cut(text)?;
    // Nothing but the objects that were cut out can be null: there are no others.
    let file: File<()> = serde_json::from_slice(&cut.rest).ok()?;
    let read = |piece: &&[u8]| {
        let wire: BTreeMap<String, Object> = serde_json::from_slice(&pieces::braced(piece)).ok()?;
        objects::<Vec<(InstanceAddr, Stored)>>(wire).ok()
    };
    let read: Option<Vec<_>> = parallel::map(&cut.pieces, read).into_iter().collect();
    file.with(read?.into_iter().flatten().collect()).ok()
}

impl<O> File<O> {
    /// The state with its objects.
    fn with(self, objects: BTreeMap<InstanceAddr, Stored>) -> Result<State, String> {
        if !(2..=VERSION).contains(&self.version) {
            return Err("it has another version".to_owned());
        }
        Ok(State {
            lineage: self.lineage,
            serial: self.serial,
            objects,
            outputs: outputs(self.outputs),
            under_way: under_way(self.under_way)?,
            runs: self.runs,
            checks: self.checks,
        })
    }
}
