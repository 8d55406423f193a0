//! What a resource type is asked to plan with.

use crate::addr::InstanceAddr;
use crate::config::IgnoreChanges;
use crate::desired::Configured;
use crate::diag::Diagnostic;
use crate::plan::ignore;
use crate::resource::{PlanRequest, Planned, Resource};
use crate::schema::{Attr, Keep, Role, Schema};
use crate::value::Value;

/// What a resource type was asked to plan with, to be asked again once all is known.
#[derive(Clone, Debug)]
pub struct Request {
    /// See [`PlanRequest::prior`].
    pub prior: Option<Value>,
    /// See [`PlanRequest::found`].
    pub found: Option<Value>,
    /// See [`PlanRequest::lost`].
    pub lost: Option<Value>,
    /// See [`PlanRequest::in_flight`].
    pub in_flight: bool,
    /// The time of the plan.
    pub now: i64,
    /// The attributes that keep what they have.
    pub ignore: IgnoreChanges,
}

impl Request {
    /// Asks the resource type to plan. During apply the same is asked again, with all known.
    pub fn plan(
        &self,
        resource: &dyn Resource,
        configured: &Configured,
        prior: Option<&Value>,
        addr: &InstanceAddr,
    ) -> Result<Planned, Diagnostic> {
        let proposed = proposed(resource.schema(), configured, prior, &self.ignore);
        let request = PlanRequest {
            prior,
            found: self.found.as_ref(),
            lost: self.lost.as_ref(),
            config: &configured.raw,
            proposed: &proposed,
            in_flight: self.in_flight,
            now: self.now,
        };
        let mut planned =
            resource.plan(&request).map_err(|refusal| configured.refused(refusal, addr))?;
        planned.after = without_write_only(resource.schema(), planned.after);
        for warning in &mut planned.warnings {
            *warning = warning.clone().about(addr.to_string()).at(configured.header);
        }
        Ok(planned)
    }
}

/// The configuration with what the object has already where the configuration says nothing.
fn proposed(
    schema: &Schema,
    configured: &Configured,
    prior: Option<&Value>,
    ignore: &IgnoreChanges,
) -> Value {
    let attrs = schema.attrs.iter().map(|attr| {
        let written = configured.typed.attr(attr.name).cloned().unwrap_or(Value::NULL);
        let computed = match attr.role {
            Role::Computed => true,
            Role::OptionalComputed => configured.raw.attr(attr.name).is_none_or(Value::is_null),
            Role::Required | Role::Optional(_) => false,
        };
        let kept = prior.and_then(|prior| prior.attr(attr.name)).filter(|value| !value.is_null());
        let value = match kept {
            Some(kept) if computed => kept.clone(),
            Some(kept) => ignore::kept(ignore, attr.name, written, kept),
            None => written,
        };
        (attr.key.clone(), value)
    });
    Value::object(attrs)
}

/// What the state must never keep is null in every object, which has all attributes.
fn without_write_only(schema: &Schema, value: Value) -> Value {
    let stays = |attr: &Attr| attr.keep != Keep::WriteOnly && value.attr(attr.name).is_some();
    let whole = matches!(&value, Value::Object(attrs) if attrs.len() == schema.attrs.len());
    if whole && schema.attrs.iter().all(stays) {
        return value;
    }
    let attrs = schema.attrs.iter().map(|attr| {
        let kept = value.attr(attr.name).cloned().unwrap_or(Value::Null(attr.ty.clone()));
        let kept = if attr.keep == Keep::WriteOnly { Value::Null(attr.ty.clone()) } else { kept };
        (attr.key.clone(), kept)
    });
    Value::object(attrs)
}
