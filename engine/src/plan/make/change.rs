//! What happens to one object of the configuration, and why.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Planner, Request, unreadable};
use crate::addr::{ConfigAddr, InstanceAddr};
use crate::build::{Node, Written};
use crate::config::{Block, Config};
use crate::desired::{Configured, InstanceAt};
use crate::diag::Diagnostic;
use crate::plan::adopt::Adopted;
use crate::plan::{Change, Drift, REQUESTED, ReplaceOrder, TAINTED, TRIGGERED_BY};
use crate::resource::{DestroyRequest, Planned, Resource, Seen};
use crate::schema::{Attr, OnChange, Schema};
use crate::state::Status;
use crate::value::{Text, Value};

impl Planner<'_> {
    pub(super) fn plan_managed(
        &mut self,
        at: &InstanceAt<'_>,
        configured: &Configured,
        resource: &dyn Resource,
    ) -> Result<(Change, Option<Drift>, Request, Option<Text>), Diagnostic> {
        let schema = resource.schema();
        let stored = self.stored.get(&at.addr).copied();
        if let (None, Some(id)) = (stored, self.aim.adopts(at)) {
            let seen = self.observed.objects.get(&at.addr);
            let adopted = Adopted::find(id, &at.addr, configured, resource, seen)?;
            return self.plan_adopted(at, configured, resource, &adopted);
        }
        let stored_value = stored
            .map(|stored| stored.record.value_like(schema.ty(), Some(&configured.typed)))
            .transpose()
            .map_err(|error| unreadable(&at.addr, &error))?;
        let status = stored.map(|stored| stored.status);
        let seen = self.observed.objects.get(&at.addr);
        let (prior, found, drift) = situation(status, stored_value, seen);
        if let Some(half) = found.as_ref().filter(|_| status == Some(Status::Creating)) {
            let because = displaced(schema, half, &configured.typed);
            if !because.is_empty() {
                return self.plan_elsewhere(at, configured, resource, half, because);
            }
        }
        let request = Request {
            prior,
            found,
            lost: match &drift {
                Some(Drift::Gone { stored }) => Some(stored.clone()),
                _ => None,
            },
            in_flight: status.is_some_and(Status::is_in_flight),
            ..self.request(at)
        };
        let change = self.change(at, configured, resource, &request, status)?;
        let change = keep_up_with_drift(change, drift.as_ref());
        Ok((change, drift, request, None))
    }

    /// What an earlier run began to make is not where it is wanted now: it goes, whatever there is of
    /// it, before another is made. Nothing was made from it yet.
    fn plan_elsewhere(
        &mut self,
        at: &InstanceAt<'_>,
        configured: &Configured,
        resource: &dyn Resource,
        half: &Value,
        because: Vec<String>,
    ) -> Result<(Change, Option<Drift>, Request, Option<Text>), Diagnostic> {
        let request = self.request(at);
        let refused = |refusal| configured.refused(refusal, &at.addr);
        resource.replaced(half).map_err(refused)?;
        let planned = request.plan(resource, configured, None, &at.addr)?;
        let destroy = resource.destroy(&DestroyRequest { prior: half });
        let (before, order) = (half.clone(), ReplaceOrder::DestroyThenCreate);
        let change = Change::Replace { before, destroy, planned, because, order };
        Ok((change, None, request, None))
    }

    /// What a type is asked to plan with where nothing is known of the object.
    fn request(&self, at: &InstanceAt<'_>) -> Request {
        Request {
            prior: None,
            found: None,
            lost: None,
            in_flight: false,
            now: self.inputs.now,
            ignore: at.block.lifecycle.ignore_changes.clone(),
        }
    }

    /// What exists is planned as if the state had known it all along.
    fn plan_adopted(
        &mut self,
        at: &InstanceAt<'_>,
        configured: &Configured,
        resource: &dyn Resource,
        adopted: &Adopted,
    ) -> Result<(Change, Option<Drift>, Request, Option<Text>), Diagnostic> {
        let request = Request { prior: Some(adopted.prior()), ..self.request(at) };
        let change = self.change(at, configured, resource, &request, Some(Status::Ready))?;
        Ok((adopted.settle(change), None, request, Some(adopted.id.clone())))
    }

    fn change(
        &mut self,
        at: &InstanceAt<'_>,
        configured: &Configured,
        resource: &dyn Resource,
        request: &Request,
        status: Option<Status>,
    ) -> Result<Change, Diagnostic> {
        let Some(prior) = &request.prior else {
            let planned = request.plan(resource, configured, None, &at.addr)?;
            return Ok(Change::Create { planned });
        };
        let planned = request.plan(resource, configured, Some(prior), &at.addr)?;
        let mut because = reasons(resource.schema(), prior, &planned, status);
        because.extend(self.aim.replaces(&at.addr).then(|| REQUESTED.to_owned()));
        let path = at.addr.module.clone();
        because.extend(self.triggers.reason(&self.plan.objects, &path, at.triggers));
        if !because.is_empty() {
            return self.replacement(at, configured, resource, request, prior, because);
        }
        let unsettled = status.is_some_and(|status| status != Status::Ready);
        if planned.steps.is_empty() && planned.after == *prior && !unsettled {
            // What stays as it is may still need a person's eye: a CA near its end, data that are lost.
            self.plan.warnings.extend(planned.warnings);
            return Ok(Change::NoOp { object: prior.clone() });
        }
        Ok(Change::Update { before: prior.clone(), planned })
    }

    fn replacement(
        &self,
        at: &InstanceAt<'_>,
        configured: &Configured,
        resource: &dyn Resource,
        request: &Request,
        prior: &Value,
        because: Vec<String>,
    ) -> Result<Change, Diagnostic> {
        self.may_destroy(&at.addr)?;
        let lost = resource.replaced(prior).map_err(|refusal| {
            let diagnostic = configured.refused(refusal, &at.addr);
            indispensable(diagnostic, &at.addr, &because)
        })?;
        let mut planned = request.plan(resource, configured, None, &at.addr)?;
        let place = |loss: Diagnostic| loss.about(at.addr.to_string()).at(configured.header);
        planned.warnings.extend(lost.into_iter().map(place));
        let order = match self.made_first.contains(&at.addr.config()) {
            true => ReplaceOrder::CreateThenDestroy,
            false => ReplaceOrder::DestroyThenCreate,
        };
        let destroy = resource.destroy(&DestroyRequest { prior });
        Ok(Change::Replace { before: prior.clone(), destroy, planned, because, order })
    }
}

/// Blocks with `create_before_destroy`, and all that these are made from: what is replaced first
/// must not lose what it still uses.
pub(super) fn made_first(
    config: &Config,
    written: &Written,
    mentioned: &[Arc<BTreeSet<ConfigAddr>>],
) -> BTreeSet<ConfigAddr> {
    let mut all = BTreeSet::new();
    let mut queue: Vec<ConfigAddr> = Vec::new();
    for (path, module) in &config.modules {
        let blocks = module.blocks.values().filter(|block| block.lifecycle.create_before_destroy);
        let addr =
            |block: &Arc<Block>| ConfigAddr { module: path.clone(), block: block.addr.clone() };
        queue.extend(blocks.map(addr));
    }
    while let Some(addr) = queue.pop() {
        let node = written.find(&Node::Block(addr.module.clone(), addr.block.clone()));
        if all.insert(addr) {
            queue.extend(node.into_iter().flat_map(|node| mentioned[node].iter().cloned()));
        }
    }
    all
}

/// What there is, what was found, and how it differs from what the state says.
fn situation(
    status: Option<Status>,
    stored: Option<Value>,
    seen: Option<&Seen>,
) -> (Option<Value>, Option<Value>, Option<Drift>) {
    match (status, stored, seen) {
        (None | Some(Status::Creating), _, Some(Seen::Present(seen))) => {
            (None, Some(seen.clone()), None)
        }
        (None | Some(Status::Creating), ..) | (Some(_), None, _) => (None, None, None),
        (Some(Status::Deleting), Some(_), Some(Seen::Absent)) => (None, None, None),
        (Some(_), Some(stored), Some(Seen::Absent)) => (None, None, Some(Drift::Gone { stored })),
        (Some(_), Some(stored), Some(Seen::Present(seen))) => {
            let drift = (stored != *seen).then(|| Drift::Changed { stored, seen: seen.clone() });
            (Some(seen.clone()), None, drift)
        }
        (Some(_), Some(stored), None) => (Some(stored), None, None),
    }
}

/// The attributes by which what was begun is another object than the one that is wanted.
fn displaced(schema: &Schema, half: &Value, wanted: &Value) -> Vec<String> {
    let known = |value: &&Value| !value.is_null() && value.is_wholly_known();
    let differs = |attr: &&Attr| {
        let half = half.attr(attr.name).filter(known);
        let wanted = wanted.attr(attr.name).filter(known);
        attr.on_change == OnChange::Replace && half.zip(wanted).is_some_and(|(a, b)| a != b)
    };
    schema.attrs.iter().filter(differs).map(|attr| attr.name.to_owned()).collect()
}

/// An object that only the state is wrong about is recorded anew.
fn keep_up_with_drift(change: Change, drift: Option<&Drift>) -> Change {
    match (change, drift) {
        (Change::NoOp { object }, Some(Drift::Changed { stored, .. })) => {
            Change::Update { before: stored.clone(), planned: Planned::new(object, Vec::new()) }
        }
        (change, _) => change,
    }
}

/// A refusal to make an object anew, with what asked for it and how to take that back.
fn indispensable(diagnostic: Diagnostic, addr: &InstanceAddr, because: &[String]) -> Diagnostic {
    let asked = format!("{addr} was to be made anew because: {}.", because.join(", "));
    let way_out = |reason: &String| match &**reason {
        TAINTED => Some(format!("Run: quorate untaint '{addr}'")),
        REQUESTED => Some(format!("Leave out -replace='{addr}'.")),
        reason if reason.starts_with(TRIGGERED_BY) => {
            Some("Remove replace_triggered_by from its block.".to_owned())
        }
        _ => None,
    };
    let ways: Vec<String> =
        because.iter().filter_map(way_out).chain(diagnostic.help.clone()).collect();
    let detail = format!("{} {asked}", diagnostic.detail);
    Diagnostic { detail, ..diagnostic }.help(ways.join("\n"))
}

/// Why an object must be made anew: attributes, and reasons in words.
fn reasons(
    schema: &Schema,
    prior: &Value,
    planned: &Planned,
    status: Option<Status>,
) -> Vec<String> {
    let mut because: Vec<String> = schema
        .attrs
        .iter()
        .filter(|attr| attr.on_change == OnChange::Replace)
        .filter(|attr| prior.attr(attr.name) != planned.after.attr(attr.name))
        .map(|attr| attr.name.to_owned())
        .collect();
    because.extend(planned.replace.clone());
    if status == Some(Status::Tainted) {
        because.push(TAINTED.to_owned());
    }
    because
}
