//! Everything that a person may see while the engine reads and acts.

use std::time::Duration;

use crate::addr::InstanceAddr;
use crate::diag::Diagnostic;
use crate::plan::Action;
use crate::value::Text;
use crate::world::{Host, Step};

/// Something happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A host is being read.
    Reading {
        /// The host.
        host: Host,
        /// How many questions go out in this exchange.
        queries: usize,
    },
    /// A host was read.
    Read {
        /// The host.
        host: Host,
        /// How long it took.
        took: Duration,
    },
    /// The state has taken over an object that exists.
    Imported {
        /// The object.
        addr: InstanceAddr,
        /// What it is known by outside.
        id: Text,
    },
    /// Work on an object begins.
    Started {
        /// The object.
        addr: InstanceAddr,
        /// What is done to it.
        action: Action,
    },
    /// A step begins.
    StepStarted {
        /// The object.
        addr: InstanceAddr,
        /// The step.
        step: Step,
    },
    /// Waiting goes on.
    Waiting {
        /// The object.
        addr: InstanceAddr,
        /// Why it is not over.
        why: String,
        /// How long so far.
        elapsed: Duration,
    },
    /// An object is done and durable.
    Finished {
        /// The object.
        addr: InstanceAddr,
        /// What was done to it.
        action: Action,
        /// How long it took.
        took: Duration,
        /// Its `id` afterwards, where its type has one.
        id: Option<Text>,
    },
    /// Work on an object failed.
    Failed {
        /// The object.
        addr: InstanceAddr,
        /// What was to be done.
        action: Action,
        /// Why.
        diagnostic: Diagnostic,
    },
    /// An object was not begun because one that it depends on failed, or because of an interrupt.
    Skipped {
        /// The object.
        addr: InstanceAddr,
        /// The failed object; none after an interrupt.
        because: Option<InstanceAddr>,
    },
}

/// Receives events. Must not block for long.
pub trait Events: Send + Sync {
    /// Takes one event.
    fn emit(&self, event: Event);
}

/// Nobody looks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Events for Silent {
    fn emit(&self, _: Event) {}
}
