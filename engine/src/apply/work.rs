//! What is to be done to an object, with everything that was unknown filled in.

use super::completes::completes;
use super::part::Part;
use super::task::Work;
use super::{Coordinator, missing_type};
use crate::desired::Configured;
use crate::diag::{Diagnostic, Diagnostics};
use crate::plan::Change;
use crate::resource::{Planned, RealizeRequest, Resource};
use crate::value::Value;

impl Coordinator<'_> {
    /// Fills in what `each.value` is in an object, where the plan did not know it.
    pub(super) fn know_each(&mut self, index: usize) -> Result<(), Diagnostic> {
        self.plan.places[index].map_or(Ok(()), |place| self.walk.know_each(place))
    }

    /// What is to be done, with everything that was unknown filled in.
    pub(super) fn work(&self, job: usize, index: usize) -> Result<Work, Diagnostic> {
        let object = &self.plan.objects[index];
        let kind = &*object.addr.block.kind;
        let registry = &self.run.inputs.registry;
        if let Change::Read { .. } = &object.change {
            let configured = self.configured(index)?;
            let data = registry.find_data_source(kind).cloned();
            let data = data.ok_or_else(|| missing_type(&object.addr))?;
            return Ok(Work::Read { data, configured });
        }
        if let Change::Forget { .. } = &object.change {
            return Ok(Work::Forget);
        }
        let resource = registry.find_resource(kind).cloned();
        let resource = resource.ok_or_else(|| missing_type(&object.addr))?;
        let part = self.part(job, index);
        match &object.change {
            Change::Update { planned, .. } if self.plan.requests[index].is_none() => {
                Ok(Work::Note { value: planned.after.clone() })
            }
            Change::Delete { steps, .. } => Ok(Work::Delete { steps: steps.clone(), resource }),
            Change::Create { planned } | Change::Update { planned, .. } => {
                // What was planned with, which after a drift is not what the state says.
                let prior = self.plan.requests[index].as_ref().and_then(|r| r.prior.clone());
                let request = self.again(index, &*resource, planned, prior)?;
                Ok(Work::Make { resource, request })
            }
            Change::Replace { destroy, .. } if matches!(part, Part::Remove(_)) => {
                Ok(Work::Delete { steps: destroy.clone(), resource })
            }
            Change::Replace { planned, .. } => {
                let request = self.again(index, &*resource, planned, None)?;
                Ok(Work::Make { resource, request })
            }
            Change::NoOp { .. } | Change::Read { .. } | Change::Forget { .. } => {
                Err(Diagnostic::bug(
                    "Nothing to do",
                    format!("{} was begun without a change.", object.addr),
                ))
            }
        }
    }

    fn configured(&self, index: usize) -> Result<Configured, Diagnostic> {
        let addr = &self.plan.objects[index].addr;
        let (node, module, instance) = self.plan.places[index].ok_or_else(|| missing_type(addr))?;
        let mut diagnostics = Diagnostics::default();
        let (configured, _) = self.walk.configure(node, module, instance, &mut diagnostics);
        let first = diagnostics.iter().next().cloned();
        let configured = configured.map_err(|_| first.unwrap_or_else(|| missing_type(addr)))?;
        match configured.raw.is_wholly_known() {
            true => Ok(configured),
            false => Err(Diagnostic::bug(
                "Still unknown",
                format!(
                    "The configuration of {addr} is not known although all it waits for is done."
                ),
            )),
        }
    }

    /// Plans again, now that all is known; the result must complete what was approved.
    fn again(
        &self,
        index: usize,
        resource: &dyn Resource,
        approved: &Planned,
        prior: Option<Value>,
    ) -> Result<RealizeRequest, Diagnostic> {
        let addr = &self.plan.objects[index].addr;
        let configured = self.configured(index)?;
        let request = self.plan.requests[index].as_ref().ok_or_else(|| missing_type(addr))?;
        let planned = request.plan(resource, &configured, prior.as_ref(), addr)?;
        completes(&planned, approved).map_err(|reason| {
            let detail = format!(
                "What became known while applying changes what was planned for {addr}: {reason}. \
                 Nothing was done to it."
            );
            Diagnostic::world("The plan no longer holds", detail)
                .about(addr.to_string())
                .help("Run apply again: the new plan takes it into account.")
        })?;
        Ok(RealizeRequest { config: configured.raw, prior, planned })
    }
}
