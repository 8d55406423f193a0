//! What the state says, as values: shared by the commands that show it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use quorate_engine::addr::{ConfigAddr, InstanceAddr};
use quorate_engine::desired::CheckResult;
use quorate_engine::diag::Reported;
use quorate_engine::resource::Registry;
use quorate_engine::state::{State, Status, Stored};
use quorate_engine::value::{Text, Type, Value};

use super::Context;
use crate::session::{peek, registry};
use crate::view::json::state::{Held, document};

/// An object to show.
pub struct Shown {
    /// Which.
    pub addr: InstanceAddr,
    /// Whether it is as it should be.
    pub status: Status,
    /// The version of its type's schema.
    pub schema_version: u32,
    /// The blocks that it was made from.
    pub depends_on: Arc<BTreeSet<ConfigAddr>>,
    /// Its attributes; secrets are sensitive and not known.
    pub value: Value,
}

/// What the state says, as values.
pub struct Snapshot {
    /// Its objects.
    pub objects: Vec<Shown>,
    /// Its outputs, marked where they are sensitive.
    pub outputs: BTreeMap<Text, Value>,
    /// What became of its conditions.
    pub checks: Vec<CheckResult>,
}

impl Snapshot {
    /// Reads the state of the working directory.
    pub fn read(context: &mut Context) -> Result<Snapshot, Reported> {
        Ok(Snapshot::of(&peek(context)?))
    }

    /// What a state says.
    pub fn of(state: &State) -> Snapshot {
        Snapshot {
            objects: objects(state, &registry()),
            outputs: outputs(state),
            checks: state.checks.clone(),
        }
    }

    /// The state in Terraform's JSON representation.
    pub fn to_json(&self) -> serde_json::Value {
        let held = self.objects.iter().map(|object| Held {
            addr: &object.addr,
            schema_version: object.schema_version,
            value: &object.value,
            status: object.status,
            depends_on: &object.depends_on,
        });
        document(held, &self.outputs, &self.checks)
    }

    /// The addresses of all instances.
    pub fn instances(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.objects.iter().map(|object| object.addr.instance().to_string()).collect();
        names.dedup();
        names
    }

    /// One object.
    pub fn find(&self, addr: &InstanceAddr) -> Option<&Shown> {
        self.objects.iter().find(|object| object.addr == *addr)
    }
}

fn objects(state: &State, registry: &Registry) -> Vec<Shown> {
    let shown = |(addr, stored): (&InstanceAddr, &Stored)| Shown {
        addr: addr.clone(),
        status: stored.status,
        schema_version: stored.schema_version,
        depends_on: stored.depends_on.clone(),
        value: value(addr, stored, registry),
    };
    state.objects.iter().map(shown).collect()
}

/// By the type's schema; as it is written where there is no such type any more.
fn value(addr: &InstanceAddr, stored: &Stored, registry: &Registry) -> Value {
    let resource = registry.find_resource(&addr.block.kind);
    let typed = resource.and_then(|resource| stored.record.value(resource.schema().ty()).ok());
    typed.unwrap_or_else(|| Value::from(stored.record.attributes()))
}

fn outputs(state: &State) -> BTreeMap<Text, Value> {
    let outputs = state.outputs.iter().filter_map(|(name, output)| {
        let value = output.record.value(&Type::Any).ok()?;
        Some((name.clone(), if output.sensitive { value.sensitive() } else { value }))
    });
    outputs.collect()
}
