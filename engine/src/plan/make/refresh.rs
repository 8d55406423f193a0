//! Objects that a plan does not change: as they are stored, or as they were seen.

use super::{Planner, unreadable, visible};
use crate::addr::InstanceAddr;
use crate::desired::{Configured, InstanceAt};
use crate::diag::Diagnostic;
use crate::plan::{Change, Drift, PlannedObject};
use crate::resource::{Planned, Resource, Seen};
use crate::state::Stored;
use crate::value::Value;

impl Planner<'_> {
    /// An object that this plan leaves alone, as the state knows it.
    pub(super) fn as_stored(
        &self,
        addr: &InstanceAddr,
        configured: &Configured,
        resource: &dyn Resource,
    ) -> Value {
        let stored = self.state.objects.get(addr);
        let value = stored.and_then(|stored| {
            stored.record.value_like(resource.schema().ty(), Some(&configured.typed)).ok()
        });
        visible(&value.unwrap_or_else(|| Value::unknown(resource.schema().ty().clone())), addr)
    }

    /// An object whose record follows what was seen, and to which nothing is done.
    pub(super) fn refresh(
        &mut self,
        at: &InstanceAt<'_>,
        configured: &Configured,
        resource: &dyn Resource,
    ) -> Result<(Value, bool), Diagnostic> {
        let Some(stored) = self.state.objects.get(&at.addr) else {
            return Ok((self.as_stored(&at.addr, configured, resource), false));
        };
        let like = Some(&configured.typed);
        let value = (stored.record.value_like(resource.schema().ty(), like))
            .map_err(|error| unreadable(&at.addr, &error))?;
        let (change, drift) = self.refreshed(&at.addr, value);
        let seen = change.after().cloned().unwrap_or(Value::NULL);
        // What is forgotten has no place in the order of the configuration.
        let stays = !matches!(change, Change::Forget { .. });
        let object = PlannedObject { drift, ..PlannedObject::new(at.addr.clone(), change) };
        let place = stays.then_some((at.node, at.module, at.index));
        self.push(object, place, stored.depends_on.clone(), None);
        Ok((seen, false))
    }

    pub(super) fn refreshed_orphan(
        &self,
        addr: &InstanceAddr,
        stored: &Stored,
    ) -> Result<Option<PlannedObject>, Diagnostic> {
        let Some(resource) = self.inputs.registry.find_resource(&addr.block.kind) else {
            return Ok(None);
        };
        let value = (stored.record.value(resource.schema().ty()))
            .map_err(|error| unreadable(addr, &error))?;
        let (change, drift) = self.refreshed(addr, value);
        Ok(Some(PlannedObject { drift, ..PlannedObject::new(addr.clone(), change) }))
    }

    fn refreshed(&self, addr: &InstanceAddr, stored: Value) -> (Change, Option<Drift>) {
        let in_flight =
            self.state.objects.get(addr).is_some_and(|stored| stored.status.is_in_flight());
        match self.observed.objects.get(addr) {
            // What was left in the middle is for a run that finishes it.
            _ if in_flight => (Change::NoOp { object: stored }, None),
            Some(Seen::Absent) => {
                (Change::Forget { before: stored.clone() }, Some(Drift::Gone { stored }))
            }
            // A secret that nobody can tell the content of cannot be recorded anew.
            Some(Seen::Present(seen)) if *seen != stored && seen.is_wholly_known() => {
                let planned = Planned::new(seen.clone(), Vec::new());
                let change = Change::Update { before: stored.clone(), planned };
                (change, Some(Drift::Changed { stored, seen: seen.clone() }))
            }
            _ => (Change::NoOp { object: stored }, None),
        }
    }
}
