//! A plan: what will be done to which object, in what order, as data.

mod adopt;
mod aim;
mod cause;
mod check;
mod ignore;
mod make;
mod order;
pub mod saved;
mod trigger;
mod waves;

use std::collections::BTreeMap;

pub(crate) use adopt::Adopted;
pub use aim::{Aim, Extent, Focus, Goal, Refresh, Target};
pub use cause::{Cause, Causes};
pub use make::{Planning, Request, make};
pub use order::{Job, Schedule, schedule};
pub use waves::Waves;

use crate::addr::InstanceAddr;
use crate::desired::CheckResult;
use crate::diag::Diagnostic;
use crate::resource::{Disruption, Planned};
use crate::value::{Text, Value};
use crate::world::Step;

/// What happens to an object; for sorting, counting and symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Nothing.
    NoOp,
    /// A data source is read while changes are applied.
    Read,
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// It is removed and made anew.
    Replace,
    /// It is removed.
    Delete,
    /// The state forgets it; nothing outside changes.
    Forget,
}

/// What will happen to one object. Each case has exactly what it needs.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Nothing.
    NoOp {
        /// The object as it is.
        object: Value,
    },
    /// A data source whose inputs are known only during apply is read.
    Read {
        /// The result as far as it is known: types only.
        after: Value,
    },
    /// It is made.
    Create {
        /// As planned.
        planned: Planned,
    },
    /// It is changed in place.
    Update {
        /// As it was seen.
        before: Value,
        /// As planned.
        planned: Planned,
    },
    /// It is removed and made anew.
    Replace {
        /// As it was seen.
        before: Value,
        /// Steps that remove it.
        destroy: Vec<Step>,
        /// As planned.
        planned: Planned,
        /// The attributes, or the reason in words, that force it.
        because: Vec<String>,
        /// Which half comes first.
        order: ReplaceOrder,
    },
    /// It is removed.
    Delete {
        /// As it was seen; none where it was gone already.
        before: Option<Value>,
        /// Steps that remove it.
        steps: Vec<Step>,
        /// Why.
        because: DeleteReason,
    },
    /// The state forgets it.
    Forget {
        /// As the state knew it.
        before: Value,
    },
}

/// Among the reasons of a replacement: the user marked the object.
pub const TAINTED: &str = "it is tainted";
/// Among the reasons of a replacement: the command line asks for it.
pub const REQUESTED: &str = "it was requested";
/// Begins a reason of a replacement: what it names changes, and `replace_triggered_by` says so.
pub const TRIGGERED_BY: &str = "replace_triggered_by ";

/// What a replacement is put down to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplaceReason {
    /// Something else changes, and `replace_triggered_by` names it.
    Triggered,
    /// The user marked the object.
    Tainted,
    /// The command line asks for it.
    Requested,
    /// An attribute cannot change in place, or the type says why it must be made anew.
    CannotUpdate,
}

impl ReplaceReason {
    /// Of several reasons the one that Terraform gives.
    fn of(because: &[String]) -> ReplaceReason {
        let is = |said: &str| because.iter().any(|reason| reason == said);
        if because.iter().any(|reason| reason.starts_with(TRIGGERED_BY)) {
            ReplaceReason::Triggered
        } else if is(TAINTED) {
            ReplaceReason::Tainted
        } else if is(REQUESTED) {
            ReplaceReason::Requested
        } else {
            ReplaceReason::CannotUpdate
        }
    }
}

/// Which half of a replacement comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplaceOrder {
    /// The default.
    DestroyThenCreate,
    /// `create_before_destroy`.
    CreateThenDestroy,
}

/// Why an object is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteReason {
    /// Its block, or its module, is no longer in the configuration.
    NotInConfiguration,
    /// Its key is no longer among those of its block.
    NoSuchInstance,
    /// Its block is repeated in another way than when it was made: its kind of key is none there.
    WrongRepetition,
    /// The user asked to destroy everything.
    Destroy,
    /// It is gone already; only the state forgets it.
    AlreadyGone,
    /// It was replaced, and the run that did so did not come to remove it.
    Deposed,
}

impl Change {
    /// The kind of change.
    pub fn action(&self) -> Action {
        match self {
            Change::NoOp { .. } => Action::NoOp,
            Change::Read { .. } => Action::Read,
            Change::Create { .. } => Action::Create,
            Change::Update { .. } => Action::Update,
            Change::Replace { .. } => Action::Replace,
            Change::Delete { .. } => Action::Delete,
            Change::Forget { .. } => Action::Forget,
        }
    }

    /// The object before, where there was one.
    pub fn before(&self) -> Option<&Value> {
        match self {
            Change::NoOp { object } => Some(object),
            Change::Update { before, .. }
            | Change::Replace { before, .. }
            | Change::Forget { before } => Some(before),
            Change::Delete { before, .. } => before.as_ref(),
            Change::Create { .. } | Change::Read { .. } => None,
        }
    }

    /// The object afterwards, where there is one.
    pub fn after(&self) -> Option<&Value> {
        match self {
            Change::NoOp { object } => Some(object),
            Change::Read { after } => Some(after),
            Change::Create { planned }
            | Change::Update { planned, .. }
            | Change::Replace { planned, .. } => Some(&planned.after),
            Change::Delete { .. } | Change::Forget { .. } => None,
        }
    }

    /// All steps in the order in which they run.
    pub fn steps(&self) -> Vec<&Step> {
        match self {
            Change::Create { planned } | Change::Update { planned, .. } => {
                planned.steps.iter().collect()
            }
            Change::Replace { destroy, planned, order, .. } => match order {
                ReplaceOrder::DestroyThenCreate => destroy.iter().chain(&planned.steps).collect(),
                ReplaceOrder::CreateThenDestroy => planned.steps.iter().chain(destroy).collect(),
            },
            Change::Delete { steps, .. } => steps.iter().collect(),
            Change::NoOp { .. } | Change::Read { .. } | Change::Forget { .. } => Vec::new(),
        }
    }

    /// What a replacement is put down to; none where nothing is replaced.
    pub fn replace_reason(&self) -> Option<ReplaceReason> {
        match self {
            Change::Replace { because, .. } => Some(ReplaceReason::of(because)),
            _ => None,
        }
    }

    /// Whether it is a replacement whose halves are two jobs. Where nothing outside is removed, making
    /// the new object is all there is to do.
    pub fn has_two_halves(&self) -> bool {
        matches!(self, Change::Replace { destroy, .. } if !destroy.is_empty())
    }

    /// Whether carrying it out touches nothing but the state: no host is asked or changed.
    pub fn is_silent(&self) -> bool {
        !matches!(self, Change::Read { .. }) && self.steps().is_empty()
    }

    /// The member it takes down for a moment.
    pub fn disrupts(&self) -> Option<&Disruption> {
        match self {
            Change::Update { planned, .. } | Change::Replace { planned, .. } => {
                planned.disrupts.as_ref()
            }
            _ => None,
        }
    }
}

/// One object in a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedObject {
    /// Which.
    pub addr: InstanceAddr,
    /// What happens to it.
    pub change: Change,
    /// What differs outside from what the state says: found when it was read.
    pub drift: Option<Drift>,
    /// The address it had in the state, where a `moved` block changes that.
    pub moved_from: Option<InstanceAddr>,
    /// What it is known by outside, where the state takes it over.
    pub importing: Option<Text>,
}

impl PlannedObject {
    /// An object that is as the state says, at its address and not from outside.
    pub fn new(addr: InstanceAddr, change: Change) -> Self {
        PlannedObject { addr, change, drift: None, moved_from: None, importing: None }
    }

    /// Whether nothing becomes of it: it stays what and where it is.
    pub fn is_still(&self) -> bool {
        let same_place = self.moved_from.is_none() && self.importing.is_none();
        self.change.action() == Action::NoOp && same_place
    }
}

/// How an object was found to differ from what the state says.
#[derive(Clone, Debug, PartialEq)]
pub enum Drift {
    /// It is gone.
    Gone {
        /// As the state knows it.
        stored: Value,
    },
    /// It was changed.
    Changed {
        /// As the state knows it.
        stored: Value,
        /// As it was seen.
        seen: Value,
    },
}

/// What happens to an output of the root module.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputChange {
    /// The stored value; none where it is new.
    pub before: Option<Value>,
    /// The new value; none where it goes away.
    pub after: Option<Value>,
}

/// The whole plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Lineage and serial of the state it was made from.
    pub base: (String, u64),
    /// What it is to achieve.
    pub aim: Aim,
    /// All objects of state and configuration, in order of the configuration's dependencies.
    pub objects: Vec<PlannedObject>,
    /// Outputs of the root module, changed or not.
    pub outputs: BTreeMap<Text, OutputChange>,
    /// Why objects change, as far as attributes of the configuration are the reason.
    pub causes: BTreeMap<InstanceAddr, Causes>,
    /// What became of `check` blocks and all conditions, as far as that is known.
    pub checks: Vec<CheckResult>,
    /// Warnings.
    pub warnings: Vec<Diagnostic>,
}

/// How many objects a plan changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Taken over from outside.
    pub import: usize,
    /// Created or replaced.
    pub add: usize,
    /// Updated in place.
    pub change: usize,
    /// Deleted or replaced.
    pub destroy: usize,
}

impl Plan {
    /// Counts as Terraform counts: a replacement is one to add and one to destroy.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for object in &self.objects {
            summary.import += usize::from(object.importing.is_some());
            // What is gone already is not destroyed, only forgotten.
            if let Change::Delete { because: DeleteReason::AlreadyGone, .. } = object.change {
                continue;
            }
            match object.change.action() {
                Action::Create => summary.add += 1,
                Action::Update => summary.change += 1,
                Action::Delete => summary.destroy += 1,
                Action::Replace => {
                    summary.add += 1;
                    summary.destroy += 1;
                }
                Action::NoOp | Action::Read | Action::Forget => {}
            }
        }
        summary
    }

    /// Whether applying it would do nothing at all.
    pub fn is_quiet(&self) -> bool {
        let same = |output: &OutputChange| output.before == output.after;
        self.objects.iter().all(PlannedObject::is_still) && self.outputs.values().all(same)
    }
}
