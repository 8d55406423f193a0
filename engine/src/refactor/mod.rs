//! What `moved` and `removed` blocks say of objects in the state: other addresses, or none at all.
//!
//! A plan is made from the state as it would be had the configuration always been as it is now.

mod moves;
mod removal;
mod statement;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

pub use moves::in_order;
pub use removal::Removals;
pub use statement::{Statement, statements};

use crate::addr::{ConfigAddr, InstanceAddr};
use crate::config::Config;
use crate::diag::{Diagnostic, Reported};
use crate::state::State;

/// The state with every object at the address that the configuration gives it now.
#[derive(Debug)]
pub struct Prior<'s> {
    /// The objects at their new addresses.
    pub state: Cow<'s, State>,
    /// The addresses that objects had, by those that they have now; only where they differ.
    pub moved_from: BTreeMap<InstanceAddr, InstanceAddr>,
    /// Moves that another object stands in the way of: from, to.
    pub blocked: Vec<(InstanceAddr, InstanceAddr)>,
}

impl<'s> Prior<'s> {
    /// Follows the moves of a configuration.
    ///
    /// # Errors
    /// Statements that form a circle have no end to move objects to.
    pub fn of(config: &Config, state: &'s State) -> Result<Prior<'s>, Box<Diagnostic>> {
        let statements = moves::ordered(statements(config), config)?;
        let implied = moves::implied(config, state, &statements);
        let (moved_from, blocked) = moves::follow(state, statements.iter().chain(&implied));
        let state = match moved_from.is_empty() {
            true => Cow::Borrowed(state),
            false => Cow::Owned(relocated(state, &moved_from)),
        };
        Ok(Prior { state, moved_from, blocked })
    }

    /// The same, with the error recorded.
    ///
    /// # Errors
    /// As [`Prior::of`].
    pub fn recorded(
        config: &Config,
        state: &'s State,
        diagnostics: &mut crate::diag::Diagnostics,
    ) -> Result<Prior<'s>, Reported> {
        Prior::of(config, state).map_err(|diagnostic| diagnostics.error(*diagnostic))
    }

    /// What to say of moves that did not come about.
    pub fn warning(&self) -> Option<Diagnostic> {
        if self.blocked.is_empty() {
            return None;
        }
        let rows: Vec<String> = self
            .blocked
            .iter()
            .map(|(from, to)| format!("  - {from} could not move to {to}"))
            .collect();
        let detail = format!(
            "Quorate tried to adjust addresses in the state as \"moved\" blocks say, but some \
             adjustments did not succeed, because there is an object already at the intended \
             address:\n{}",
            rows.join("\n")
        );
        let help = "What remains at the old addresses is planned as any object that the \
                    configuration does not declare. If that is not meant, resolve the conflict \
                    with \"quorate state mv\" or \"quorate state rm\" first.";
        let summary = "Unresolved resource instance address changes";
        Some(Diagnostic::warning(summary, detail).help(help))
    }
}

/// The state with objects at their new addresses, and what was made from them knowing these.
fn relocated(state: &State, moved_from: &BTreeMap<InstanceAddr, InstanceAddr>) -> State {
    let moved_to: BTreeMap<&InstanceAddr, &InstanceAddr> =
        moved_from.iter().map(|(to, from)| (from, to)).collect();
    let mut blocks: BTreeMap<ConfigAddr, Vec<ConfigAddr>> = BTreeMap::new();
    for (to, from) in moved_from.iter().filter(|(to, from)| to.config() != from.config()) {
        blocks.entry(from.config()).or_default().push(to.config());
    }
    let mut next = State { objects: BTreeMap::new(), ..state.clone() };
    for (addr, stored) in &state.objects {
        let addr = moved_to.get(addr).copied().unwrap_or(addr);
        let mut stored = stored.clone();
        let on = stored.depends_on.iter().filter_map(|on| blocks.get(on)).flatten();
        let on: Vec<ConfigAddr> = on.cloned().collect();
        if !on.is_empty() {
            Arc::make_mut(&mut stored.depends_on).extend(on);
        }
        next.objects.insert(addr.clone(), stored);
    }
    next
}
