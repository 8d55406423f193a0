//! The wire format of version 1. Later versions are later files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Record, State, Status, Stored, StoredOutput, UnderWay};
use crate::addr::{ConfigAddr, InstanceAddr};

/// The number in the file.
pub(super) const VERSION: u64 = 1;

#[derive(Serialize, Deserialize)]
struct File {
    version: u64,
    quorate_version: String,
    lineage: String,
    serial: u64,
    outputs: BTreeMap<String, Output>,
    objects: BTreeMap<String, Object>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    under_way: BTreeMap<String, UnderWay>,
}

#[derive(Serialize, Deserialize)]
struct Output {
    sensitive: bool,
    #[serde(flatten)]
    record: Record,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Object {
    status: WireStatus,
    schema_version: u32,
    #[serde(flatten)]
    record: Record,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    depends_on: Vec<String>,
}

#[derive(Serialize, Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum WireStatus {
    Ready,
    Tainted,
    Creating,
    Updating,
    Deleting,
}

/// The text of a state file.
pub(super) fn write(state: &State) -> Result<Vec<u8>, serde_json::Error> {
    let outputs = state.outputs.iter().map(|(name, output)| {
        let wire = Output { sensitive: output.sensitive, record: output.record.clone() };
        (name.to_string(), wire)
    });
    let file = File {
        version: VERSION,
        quorate_version: env!("CARGO_PKG_VERSION").to_owned(),
        lineage: state.lineage.clone(),
        serial: state.serial,
        outputs: outputs.collect(),
        objects: state.objects.iter().map(|(a, o)| (a.to_string(), Object::of(o))).collect(),
        under_way: state.under_way.iter().map(|(a, w)| (a.to_string(), w.clone())).collect(),
    };
    let mut text = serde_json::to_vec_pretty(&file)?;
    text.push(b'\n');
    Ok(text)
}

/// The state in a text of version 1; the error is a sentence's end.
pub(super) fn read(text: &[u8]) -> Result<State, String> {
    let file: File = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let mut objects = BTreeMap::new();
    for (addr, object) in file.objects {
        objects.insert(parse_addr(&addr)?, object.into_stored()?);
    }
    let outputs = file.outputs.into_iter().map(|(name, output)| {
        (name.into(), StoredOutput { record: output.record, sensitive: output.sensitive })
    });
    let under_way = file.under_way.into_iter();
    let under_way = under_way.map(|(addr, work)| parse_addr(&addr).map(|addr| (addr, work)));
    Ok(State {
        lineage: file.lineage,
        serial: file.serial,
        objects,
        outputs: outputs.collect(),
        under_way: under_way.collect::<Result<_, _>>()?,
    })
}

/// The address in a text of ours.
pub(super) fn parse_addr(text: &str) -> Result<InstanceAddr, String> {
    text.parse().map_err(|error: crate::addr::AddrError| error.to_string())
}

/// The block of an address without keys.
fn parse_block(text: &str) -> Result<ConfigAddr, String> {
    parse_addr(text).map(|addr| addr.config())
}

impl Object {
    /// The wire form of an object.
    pub(super) fn of(stored: &Stored) -> Object {
        Object {
            status: WireStatus::of(stored.status),
            schema_version: stored.schema_version,
            record: stored.record.clone(),
            depends_on: stored.depends_on.iter().map(ToString::to_string).collect(),
        }
    }

    /// The object of a wire form.
    pub(super) fn into_stored(self) -> Result<Stored, String> {
        let depends_on = self.depends_on.iter().map(|text| parse_block(text));
        Ok(Stored {
            record: self.record,
            schema_version: self.schema_version,
            status: self.status.into(),
            depends_on: depends_on.collect::<Result<_, _>>()?,
        })
    }
}

impl WireStatus {
    fn of(status: Status) -> WireStatus {
        match status {
            Status::Ready => WireStatus::Ready,
            Status::Tainted => WireStatus::Tainted,
            Status::Creating => WireStatus::Creating,
            Status::Updating => WireStatus::Updating,
            Status::Deleting => WireStatus::Deleting,
        }
    }
}

impl From<WireStatus> for Status {
    fn from(status: WireStatus) -> Status {
        match status {
            WireStatus::Ready => Status::Ready,
            WireStatus::Tainted => Status::Tainted,
            WireStatus::Creating => Status::Creating,
            WireStatus::Updating => Status::Updating,
            WireStatus::Deleting => Status::Deleting,
        }
    }
}
