//! What a plan must hold to besides what each object is: moves, imports, the command line.

use std::collections::BTreeSet;

use super::Planner;
use crate::addr::InstanceAddr;
use crate::build::Node;
use crate::desired::Walk;
use crate::diag::{Diagnostic, Diagnostics};
use crate::plan::{Change, PlannedObject, adopt};
use crate::refactor::{self, Prior};
use crate::suggest::did_you_mean;

/// More instances than these are not listed.
const FEW: usize = 5;

impl Planner<'_> {
    /// Says where objects come from, and what moves did not come about or contradict what is declared.
    pub(super) fn check_moves(&mut self, prior: &Prior<'_>, diagnostics: &mut Diagnostics) {
        for object in &mut self.plan.objects {
            object.moved_from = prior.moved_from.get(&object.addr).cloned();
        }
        self.plan.warnings.extend(prior.warning());
        for statement in refactor::statements(&self.inputs.config) {
            let declared = |object: &&PlannedObject| {
                statement.is_from(&object.addr) && !is_orphan(&object.change)
            };
            if let Some(object) = self.plan.objects.iter().find(declared) {
                let detail = format!(
                    "This statement declares a move from {}, but that resource instance is still \
                     declared.",
                    object.addr
                );
                let help = format!(
                    "Change the configuration so that it is declared as {} instead.",
                    statement.to
                );
                let error = Diagnostic::error("Moved object still exists", detail).help(help);
                diagnostics.push(statement.span.into_iter().fold(error, Diagnostic::at));
            }
        }
        let left_out = |(to, _): &(&InstanceAddr, &InstanceAddr)| !self.visited.contains(*to);
        if let Some((to, from)) = prior.moved_from.iter().find(left_out) {
            let detail = format!(
                "{from} has moved to {to}. A plan must include what has moved, but the -target or \
                 -exclude options leave it out."
            );
            let help = format!("Leave out these options, or add -target={to}.");
            let summary = "Moved resource instances excluded by targeting";
            diagnostics.push(Diagnostic::error(summary, detail).help(help));
        }
    }

    /// Whether all that is to be taken over is declared.
    pub(super) fn check_imports(&self, walk: &Walk<'_>, diagnostics: &mut Diagnostics) {
        let adoptions = walk.adoptions(diagnostics);
        if adoptions.is_empty() && self.aim.import.is_empty() {
            return;
        }
        let placed = self.plan.objects.iter().zip(&self.places);
        let declared: BTreeSet<&InstanceAddr> =
            placed.filter(|(_, place)| place.is_some()).map(|(object, _)| &object.addr).collect();
        // What is left out may be declared or not: the plan is not about it.
        let is_declared = |addr: &InstanceAddr| {
            let node = self.written.find(&Node::Block(addr.module.path(), addr.block.clone()));
            let in_focus = node.is_some_and(|node| self.focus.covers(node, addr));
            !in_focus || declared.contains(addr)
        };
        adopt::check_targets(&adoptions, is_declared, diagnostics);
        for addr in self.aim.import.keys().filter(|addr| !declared.contains(addr)) {
            diagnostics.push(adopt::undeclared(addr));
        }
    }

    /// Whether what the command line names is there.
    pub(super) fn check_aim(&mut self, prior: &Prior<'_>, diagnostics: &mut Diagnostics) {
        for addr in &self.aim.replace {
            match self.plan.objects.iter().find(|object| object.addr == *addr) {
                None => diagnostics.push(self.nothing_to_replace(addr)),
                Some(object) if is_orphan(&object.change) => {
                    self.plan.warnings.push(goes_anyway(addr));
                }
                Some(_) => {}
            }
        }
        let stored: Vec<_> = self.state.objects.keys().collect();
        for target in self.aim.targets() {
            // What has moved away is known; that it was left out is said.
            let moved = prior.moved_from.values();
            let seen = self.visited.iter().chain(stored.iter().copied()).chain(moved);
            if !self.focus.names_block(target) && !seen.into_iter().any(|a| target.contains(a)) {
                let detail = format!("Nothing is declared or known at {target}.");
                diagnostics.push(Diagnostic::error("Target matches nothing", detail));
            }
        }
        self.plan.warnings.extend(self.aim.warning());
    }

    /// The mistake of naming what is not there, with what may have been meant.
    fn nothing_to_replace(&self, addr: &InstanceAddr) -> Diagnostic {
        let detail = format!(
            "The option -replace={addr} names no object of this plan; nothing can be replaced."
        );
        let objects = &self.plan.objects;
        let moved = objects.iter().find(|object| object.moved_from.as_ref() == Some(addr));
        let same_block = |object: &&PlannedObject| {
            object.addr.block == addr.block && object.addr.module == addr.module
        };
        let siblings = objects.iter().filter(same_block).take(FEW);
        let options: Vec<_> = siblings.map(|o| format!("  -replace='{}'", o.addr)).collect();
        let names: Vec<String> = objects.iter().map(|object| object.addr.to_string()).collect();
        let help = match (moved, options.is_empty()) {
            (Some(object), _) => format!("It has moved to {}.", object.addr),
            (None, false) => format!("To replace instances, name them:\n{}", options.join("\n")),
            (None, true) => did_you_mean(&addr.to_string(), &names)
                .unwrap_or_else(|| "\"quorate state list\" lists all addresses.".to_owned()),
        };
        Diagnostic::error("Object not found", detail).help(help)
    }
}

/// An object that is to be replaced and is no longer declared.
fn goes_anyway(addr: &InstanceAddr) -> Diagnostic {
    let detail = format!(
        "The option -replace={addr} has no effect: {addr} is not in configuration, so it is \
         removed and not made again."
    );
    Diagnostic::warning("Object is not replaced", detail)
}

fn is_orphan(change: &Change) -> bool {
    matches!(change, Change::Delete { .. } | Change::Forget { .. })
}
