//! What the state holds and the configuration does not ask for.

use super::{Planner, unreadable};
use crate::addr::{InstanceAddr, Key};
use crate::config::{Block, Repetition};
use crate::diag::{Diagnostic, Diagnostics};
use crate::plan::{Change, DeleteReason, Goal, PlannedObject};
use crate::resource::{DestroyRequest, Seen};
use crate::state::Stored;
use crate::value::Value;

impl<'a> Planner<'a> {
    /// What the state holds and the configuration does not ask for, dependents first.
    pub(super) fn orphans(&mut self, diagnostics: &mut Diagnostics) {
        let state = self.state;
        let focus = self.focus;
        let left: Vec<_> = (state.objects.iter())
            .filter(|(addr, _)| !self.visited.contains(*addr) && focus.covers_stored(addr))
            .collect();
        for (addr, stored) in left {
            let orphan = match self.aim.goal {
                Goal::RefreshOnly => self.refreshed_orphan(addr, stored),
                Goal::Converge if self.removals.forgets(addr) => {
                    Ok(Some(self.forgotten(addr, stored)))
                }
                Goal::Converge | Goal::Destroy => self.delete(addr, stored).map(Some),
            };
            match orphan {
                Ok(Some(object)) => self.push(object, None, stored.depends_on.clone(), None),
                Ok(None) => {}
                Err(diagnostic) => diagnostics.push(diagnostic),
            }
        }
        self.warn_of_forgotten();
    }

    fn warn_of_forgotten(&mut self) {
        let forgotten = |object: &&PlannedObject| matches!(object.change, Change::Forget { .. });
        let rows: Vec<String> = (self.plan.objects.iter().filter(forgotten))
            .map(|object| format!(" - {}", object.addr))
            .collect();
        if rows.is_empty() || self.aim.goal == Goal::RefreshOnly {
            return;
        }
        let detail = format!(
            "If you apply this plan, Quorate will discard what it knows of the following objects, \
             but it will not delete them:\n{}",
            rows.join("\n")
        );
        let help = "After applying this plan, Quorate will no longer manage these objects. You \
                    will need to import them to manage them again.";
        let summary = "Some objects will no longer be managed by Quorate";
        self.plan.warnings.push(Diagnostic::warning(summary, detail).help(help));
    }

    fn delete(&self, addr: &InstanceAddr, stored: &Stored) -> Result<PlannedObject, Diagnostic> {
        let Some(resource) = self.inputs.registry.find_resource(&addr.block.kind) else {
            let detail = format!("The state holds {addr}, whose type this version does not know.");
            return Err(Diagnostic::error("Unknown resource type in the state", detail));
        };
        if addr.deposed.is_none() {
            self.may_destroy(addr)?;
        }
        let value =
            stored.record.value(resource.schema().ty()).map_err(|e| unreadable(addr, &e))?;
        let (before, because) = match self.observed.objects.get(addr) {
            // What was left in the middle may have folders that only its own steps remove.
            Some(Seen::Absent) if !stored.status.is_in_flight() => {
                (None, DeleteReason::AlreadyGone)
            }
            Some(Seen::Present(seen)) => (Some(seen.clone()), self.reason(addr)),
            _ => (Some(value), self.reason(addr)),
        };
        let steps = before.as_ref().map(|prior| resource.destroy(&DestroyRequest { prior }));
        let change = Change::Delete { before, steps: steps.unwrap_or_default(), because };
        Ok(PlannedObject::new(addr.clone(), change))
    }

    fn reason(&self, addr: &InstanceAddr) -> DeleteReason {
        if addr.deposed.is_some() {
            return DeleteReason::Deposed;
        }
        if self.aim.goal == Goal::Destroy {
            return DeleteReason::Destroy;
        }
        let config = addr.config();
        let module = self.inputs.config.modules.get(&config.module);
        let block = module.and_then(|module| module.blocks.get(&config.block));
        match block.map(|block| (&block.repetition, &addr.key)) {
            None => DeleteReason::NotInConfiguration,
            Some((Repetition::Single, None))
            | Some((Repetition::Count(_), Some(Key::Index(_))))
            | Some((Repetition::ForEach(_), Some(Key::Name(_)))) => DeleteReason::NoSuchInstance,
            Some(_) => DeleteReason::WrongRepetition,
        }
    }

    /// An object that the state forgets: in the types of its schema, where that is known.
    fn forgotten(&self, addr: &InstanceAddr, stored: &Stored) -> PlannedObject {
        let resource = self.inputs.registry.find_resource(&addr.block.kind);
        let typed = resource.and_then(|r| stored.record.value(r.schema().ty()).ok());
        let before = typed.unwrap_or_else(|| Value::from(stored.record.attributes()));
        PlannedObject::new(addr.clone(), Change::Forget { before })
    }

    fn block(&self, addr: &InstanceAddr) -> Option<&'a Block> {
        let config = addr.config();
        let module = self.inputs.config.modules.get(&config.module)?;
        module.blocks.get(&config.block).map(|block| &**block)
    }

    pub(super) fn may_destroy(&self, addr: &InstanceAddr) -> Result<(), Diagnostic> {
        match self.block(addr) {
            Some(block) if block.lifecycle.prevent_destroy => {
                let detail = format!(
                    "{addr} has lifecycle.prevent_destroy set, but the plan calls for it to be destroyed."
                );
                let diagnostic = Diagnostic::error("Instance cannot be destroyed", detail);
                Err(diagnostic.at(block.span).about(addr.to_string()).help(
                    "Set prevent_destroy to false, or leave out the change that destroys it.",
                ))
            }
            _ => Ok(()),
        }
    }
}
