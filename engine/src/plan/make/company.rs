//! Members of a service that runs are removed all together, or not at all.

use std::collections::{BTreeMap, BTreeSet};

use super::Planner;
use crate::addr::InstanceAddr;
use crate::diag::{Diagnostic, Diagnostics};
use crate::plan::{Change, PlannedObject};
use crate::state::Stored;
use crate::value::{Text, Value};

/// Members of services, by the service.
type Company<'a> = BTreeMap<Text, Vec<&'a InstanceAddr>>;

impl Planner<'_> {
    /// Refuses to remove some members of a service and leave others: one by one, by `-target` or in
    /// one plan, that is how a quorum is lost.
    pub(super) fn check_company(&self, diagnostics: &mut Diagnostics) {
        let leaving = self.leaving();
        if leaving.is_empty() {
            return;
        }
        let staying = self.staying(&leaving);
        for (service, leaving) in &leaving {
            if let Some(staying) = staying.get(service) {
                diagnostics.push(divided(service, leaving, staying));
            }
        }
    }

    fn leaving(&self) -> Company<'_> {
        let mut leaving = Company::new();
        for object in &self.plan.objects {
            if let Some(service) = removed(object).and_then(|(a, prior)| self.service(a, prior)) {
                leaving.entry(service).or_default().push(&object.addr);
            }
        }
        leaving
    }

    /// What the state holds of the same services and the plan does not remove. Only types that have
    /// such members are read from it.
    fn staying(&self, leaving: &Company<'_>) -> Company<'_> {
        let kinds: BTreeSet<&Text> = leaving.values().flatten().map(|a| &a.block.kind).collect();
        let removed =
            self.plan.objects.iter().filter(|o| matches!(o.change, Change::Delete { .. }));
        let removed: BTreeSet<&InstanceAddr> = removed.map(|object| &object.addr).collect();
        let mut staying = Company::new();
        for (addr, stored) in &self.state.objects {
            let counts = kinds.contains(&addr.block.kind) && !removed.contains(addr);
            if let Some(service) = counts.then(|| self.stored_service(addr, stored)).flatten() {
                staying.entry(service).or_default().push(addr);
            }
        }
        staying
    }

    fn stored_service(&self, addr: &InstanceAddr, stored: &Stored) -> Option<Text> {
        let resource = self.inputs.registry.find_resource(&addr.block.kind)?;
        self.service(addr, &stored.record.value(resource.schema().ty()).ok()?)
    }

    fn service(&self, addr: &InstanceAddr, attrs: &Value) -> Option<Text> {
        self.inputs.registry.find_resource(&addr.block.kind)?.service(attrs)
    }
}

/// What goes for good with its object; what is gone already takes nobody down.
fn removed(object: &PlannedObject) -> Option<(&InstanceAddr, &Value)> {
    match &object.change {
        Change::Delete { before: Some(before), .. } => Some((&object.addr, before)),
        _ => None,
    }
}

fn divided(service: &Text, leaving: &[&InstanceAddr], staying: &[&InstanceAddr]) -> Diagnostic {
    let detail = format!(
        "Of the {service},\n{}would be removed, and\n{}would stay. Those that stay would count what \
         was taken away as members that are down, and each brings them closer to losing their \
         quorum. Removing single members is not done yet; nothing has been touched.",
        rows(leaving),
        rows(staying)
    );
    let diagnostic = Diagnostic::error("A member would be lost", detail);
    diagnostic.help(
        "Keep it in the configuration, or remove the whole cluster at once. Where the others no longer \
         list it as a member, `quorate state rm ADDRESS` makes Quorate forget it.",
    )
}

fn rows(addrs: &[&InstanceAddr]) -> String {
    addrs.iter().map(|addr| format!(" - {addr}\n")).collect()
}
