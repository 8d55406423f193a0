//! The wire format of version 1, and what later versions kept of it. It is read, never written.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::record::SealedSecret;
use super::{Record, Runs, State, Status, Stored, StoredOutput, UnderWay};
use crate::addr::{ConfigAddr, InstanceAddr};
use crate::value::Text;

#[derive(Deserialize)]
struct File {
    lineage: String,
    serial: u64,
    outputs: BTreeMap<String, Output>,
    objects: BTreeMap<String, Object>,
    #[serde(default)]
    under_way: BTreeMap<String, UnderWay>,
}

/// One output. The record's fields stand here by name: reading them through `flatten` would keep
/// every attribute twice.
#[derive(Serialize, Deserialize)]
pub(super) struct Output {
    sensitive: bool,
    attributes: Arc<Json>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    secrets: Vec<SealedSecret>,
}

/// One object, with the fields of its record as in [`Output`].
#[derive(Serialize, Deserialize)]
pub(super) struct Object {
    status: WireStatus,
    schema_version: u32,
    attributes: Arc<Json>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    secrets: Vec<SealedSecret>,
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

/// The state in a text of version 1; the error is a sentence's end.
pub(super) fn read(text: &[u8]) -> Result<State, String> {
    let file: File = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    Ok(State {
        lineage: file.lineage,
        serial: file.serial,
        objects: objects(file.objects)?,
        outputs: outputs(file.outputs),
        checks: Vec::new(),
        under_way: under_way(file.under_way)?,
        runs: Runs::default(),
    })
}

/// The objects of their wire forms.
pub(super) fn objects<O: FromIterator<(InstanceAddr, Stored)>>(
    wire: impl IntoIterator<Item = (String, Object)>,
) -> Result<O, String> {
    let objects = wire.into_iter();
    objects.map(|(addr, object)| Ok((parse_addr(&addr)?, object.into_stored()?))).collect()
}

/// The outputs of their wire forms.
pub(super) fn outputs(wire: BTreeMap<String, Output>) -> BTreeMap<Text, StoredOutput> {
    let stored = |Output { sensitive, attributes, secrets }| StoredOutput {
        record: Record { attributes, secrets },
        sensitive,
    };
    wire.into_iter().map(|(name, output)| (name.into(), stored(output))).collect()
}

/// How far work has come, by address.
pub(super) fn under_way(
    wire: BTreeMap<String, UnderWay>,
) -> Result<BTreeMap<InstanceAddr, UnderWay>, String> {
    wire.into_iter().map(|(addr, work)| Ok((parse_addr(&addr)?, work))).collect()
}

/// The address in a text of ours.
pub(super) fn parse_addr(text: &str) -> Result<InstanceAddr, String> {
    text.parse().map_err(|error: crate::addr::AddrError| error.to_string())
}

/// The block of an address without keys.
fn parse_block(text: &str) -> Result<ConfigAddr, String> {
    parse_addr(text).map(|addr| addr.config())
}

impl Output {
    /// The wire form of an output.
    pub(super) fn of(output: &StoredOutput) -> Output {
        let Record { attributes, secrets } = output.record.clone();
        Output { sensitive: output.sensitive, attributes, secrets }
    }
}

impl Object {
    /// The wire form of an object.
    pub(super) fn of(stored: &Stored) -> Object {
        let Record { attributes, secrets } = stored.record.clone();
        Object {
            status: WireStatus::of(stored.status),
            schema_version: stored.schema_version,
            attributes,
            secrets,
            depends_on: stored.depends_on.iter().map(ToString::to_string).collect(),
        }
    }

    /// The object of a wire form.
    pub(super) fn into_stored(self) -> Result<Stored, String> {
        let depends_on = self.depends_on.iter().map(|text| parse_block(text));
        Ok(Stored {
            record: Record { attributes: self.attributes, secrets: self.secrets },
            schema_version: self.schema_version,
            status: self.status.into(),
            depends_on: Arc::new(depends_on.collect::<Result<_, _>>()?),
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
