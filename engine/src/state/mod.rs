//! State: what Quorate made, and what became of it.
//!
//! It can hold no unknown and no plain secret, by type: the only way in is [`Record`].
//! Loading and saving exist only on a [`LockedState`].

mod backend;
mod disk;
mod encode;
mod files;
mod found;
#[cfg(any(test, feature = "testing"))]
pub mod fragile;
mod journal;
mod locked;
mod pieces;
mod record;
mod replay;
mod reseal;
mod resume;
mod store;
mod text;
mod under_way;
mod v1;
mod v3;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use backend::{Backend, Holder, JournalPlace, Lease, Seen, Snapshot};
pub use disk::{Disk, DiskFile, DiskLock, OsDisk};
pub use files::Files;
pub use found::peek;
pub use journal::Entry;
pub use locked::{LockRequest, LockedState, Overwrite, Resumed};
pub use record::{Open, OpenError, Record, RecordError, SealedSecret, Sealing};
pub use reseal::{Again, Resealed, reseal, sealed_texts};
pub use store::{Backup, FileStore, StoreError};
pub use text::{parse, render};
pub use under_way::{NotedStep, UnderWay};

use crate::addr::{ConfigAddr, InstanceAddr};
use crate::desired::CheckResult;
use crate::value::Text;

/// What Quorate made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Made once when the state is first written; two histories never share it.
    pub lineage: String,
    /// Raised each time the state file is replaced.
    pub serial: u64,
    /// Everything that exists.
    pub objects: BTreeMap<InstanceAddr, Stored>,
    /// Outputs of the root module.
    pub outputs: BTreeMap<Text, StoredOutput>,
    /// What became of the conditions of the configuration when it was last applied.
    pub checks: Vec<CheckResult>,
    /// How far the work on objects has come that is not known to have ended.
    pub under_way: BTreeMap<InstanceAddr, UnderWay>,
    /// Runs whose journals are on some machine.
    pub runs: Runs,
}

/// Runs whose journals are not beside the state.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Runs {
    /// The one that began and did not end yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<Holder>,
    /// Ids of those that somebody gave up together with their journals.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub abandoned: BTreeSet<String>,
}

impl Runs {
    fn is_empty(&self) -> bool {
        self.open.is_none() && self.abandoned.is_empty()
    }
}

/// One object.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// Its attributes.
    pub record: Record,
    /// The version of its type's schema that the attributes follow.
    pub schema_version: u32,
    /// Whether it is as it should be.
    pub status: Status,
    /// The blocks that it was made from, for the order of removal.
    pub depends_on: Arc<BTreeSet<ConfigAddr>>,
}

/// Whether an object is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It was made, and recorded.
    Ready,
    /// It exists but must be made anew.
    Tainted,
    /// A run began to make it and did not record an end.
    Creating,
    /// A run began to change it and did not record an end.
    Updating,
    /// A run began to remove it and did not record an end.
    Deleting,
}

impl Status {
    /// Whether an earlier run left it in the middle.
    pub fn is_in_flight(self) -> bool {
        matches!(self, Status::Creating | Status::Updating | Status::Deleting)
    }
}

/// One output of the root module.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredOutput {
    /// Its value.
    pub record: Record,
    /// Whether it must not be shown.
    pub sensitive: bool,
}

impl Stored {
    /// A digest of everything the state says of the object: another when anything changes.
    pub fn version(&self) -> String {
        version(&v1::Object::of(self))
    }
}

impl StoredOutput {
    /// A digest of everything the state says of the output.
    pub fn version(&self) -> String {
        version(&(&self.record, self.sensitive))
    }
}

fn version(wire: &impl serde::Serialize) -> String {
    use sha2::Digest as _;
    let text = serde_json::to_vec(wire).unwrap_or_default();
    sha2::Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl State {
    /// Takes over one journalled fact. Used alike when it happens and when it is replayed.
    pub fn apply(&mut self, entry: &Entry) {
        match entry {
            Entry::Began { addr, object, work, deposes } => {
                let former = deposes.and_then(|key| Some((key, self.objects.remove(addr)?)));
                self.objects.extend(former.map(|(key, object)| (addr.former(key), object)));
                self.objects.insert(addr.clone(), (**object).clone());
                self.under_way.insert(addr.clone(), work.clone());
            }
            Entry::Step { addr, begun, done } => {
                if let Some(work) = self.under_way.get_mut(addr) {
                    (work.begun, work.done) = (*begun, *done);
                }
            }
            Entry::Became { addr, object } => {
                if !object.status.is_in_flight() {
                    self.under_way.remove(addr);
                }
                self.objects.insert(addr.clone(), (**object).clone());
            }
            Entry::Gone { addr } => {
                self.objects.remove(addr);
                self.under_way.remove(addr);
            }
            Entry::Moved { from, to } => {
                self.under_way.remove(to);
                if let Some(work) = self.under_way.remove(from) {
                    self.under_way.insert(to.clone(), work);
                }
                if let Some(object) = self.objects.remove(from) {
                    self.objects.insert(to.clone(), object);
                }
            }
            Entry::Outputs { outputs } => self.outputs = outputs.clone(),
            Entry::Checks { checks } => self.checks = checks.clone(),
        }
    }
}
