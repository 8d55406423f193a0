//! Objects as the state keeps them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::missing_type;
use crate::addr::{ConfigAddr, InstanceAddr};
use crate::diag::Diagnostic;
use crate::plan::Planning;
use crate::resource::{Realm, Registry};
use crate::state::{Entry, Record, RecordError, Sealing, Status, Stored};
use crate::value::Value;
use crate::world::{Aftermath, WorldError};

/// What the state is to say of an object that a plan takes over, as it was found; none where the
/// plan takes over no such object.
///
/// # Errors
/// The object has parts that cannot be kept.
pub fn taken_over(
    planning: &Planning,
    addr: &InstanceAddr,
    registry: &Registry,
    realm: &Arc<dyn Realm>,
) -> Result<Option<Entry>, Diagnostic> {
    let taken =
        |object: &&crate::plan::PlannedObject| object.addr == *addr && object.importing.is_some();
    let objects = planning.plan.objects.iter().zip(&planning.depends_on);
    let Some((object, depends_on)) = objects.into_iter().find(|(object, _)| taken(object)) else {
        return Ok(None);
    };
    let Some(found) = object.change.before() else { return Ok(None) };
    let stored = keep(addr, found, depends_on, registry, realm)?;
    Ok(Some(Entry::Became { addr: addr.clone(), object: Box::new(stored) }))
}

/// An object at rest.
pub(super) fn keep(
    addr: &InstanceAddr,
    value: &Value,
    depends_on: &Arc<BTreeSet<ConfigAddr>>,
    registry: &Registry,
    realm: &Arc<dyn Realm>,
) -> Result<Stored, Diagnostic> {
    let resource = registry.find_resource(&addr.block.kind);
    let schema = resource.ok_or_else(|| missing_type(addr))?.schema();
    let record = Record::new(value, schema.ty(), &SealWith(realm.clone()));
    Ok(Stored {
        record: record.map_err(|error| unstorable(addr, &error))?,
        schema_version: schema.version,
        status: Status::Ready,
        depends_on: depends_on.clone(),
    })
}

pub(super) fn unstorable(addr: &InstanceAddr, error: &RecordError) -> Diagnostic {
    not_kept("Object cannot be recorded", &addr.to_string(), error).about(addr.to_string())
}

/// The message for an output that stays as it was in the state.
pub(super) fn unrecorded(name: &str, error: &RecordError) -> Diagnostic {
    not_kept("Output cannot be recorded", &format!("The output {name:?}"), error)
}

fn not_kept(summary: &'static str, what: &str, error: &RecordError) -> Diagnostic {
    let RecordError::Unsealed { source, .. } = error else {
        return Diagnostic::error(
            summary,
            format!("{what} cannot be recorded in the state: {error}."),
        );
    };
    let detail = format!(
        "{what} is sensitive, or has a part that is, and cannot be sealed for the state. {}",
        source.detail
    );
    Diagnostic { help: source.help.clone(), ..Diagnostic::error(summary, detail) }
}

pub(super) struct SealWith(pub Arc<dyn Realm>);

impl Sealing for SealWith {
    fn seal(&self, secret: &[u8]) -> Result<String, WorldError> {
        self.0.seal(secret).map_err(|diagnostic| WorldError {
            summary: diagnostic.summary,
            detail: diagnostic.detail.clone(),
            help: diagnostic.help.clone(),
            aftermath: Aftermath::NotDone,
        })
    }

    fn salt(&self) -> [u8; 16] {
        self.0.salt()
    }
}
