//! What became of a plan.

use std::collections::BTreeMap;

use crate::addr::InstanceAddr;
use crate::desired::CheckResult;
use crate::diag::Diagnostic;
use crate::plan::{Action, Summary};
use crate::state::StoreError;
use crate::value::Value;

/// What became of a plan.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What was done.
    pub done: Summary,
    /// What failed, and why.
    pub failed: Vec<(InstanceAddr, Diagnostic)>,
    /// What was not begun.
    pub skipped: Vec<InstanceAddr>,
    /// What was left in the middle.
    pub in_flight: Vec<InstanceAddr>,
    /// Whether the user stopped it.
    pub interrupted: bool,
    /// The state could not be written.
    pub store_error: Option<StoreError>,
    /// Outputs of the root module.
    pub outputs: BTreeMap<String, Value>,
    /// Why outputs could not be recorded: a sensitive one is sealed, and that takes somebody to seal for.
    pub unrecorded: Vec<Diagnostic>,
    /// What became of `check` blocks and all conditions.
    pub checks: Vec<CheckResult>,
}

impl Outcome {
    /// Whether everything was done.
    pub fn is_complete(&self) -> bool {
        let nothing_left = self.failed.is_empty() && self.skipped.is_empty();
        let recorded = self.store_error.is_none() && self.unrecorded.is_empty();
        nothing_left && self.in_flight.is_empty() && recorded
    }
}

impl Summary {
    pub(super) fn count(&mut self, action: Action) {
        match action {
            Action::Create => self.add += 1,
            Action::Update => self.change += 1,
            Action::Delete => self.destroy += 1,
            Action::Replace => {
                self.add += 1;
                self.destroy += 1;
            }
            Action::NoOp | Action::Read | Action::Forget => {}
        }
    }
}
