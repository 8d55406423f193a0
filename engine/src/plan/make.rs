//! The planning walk: configuration, state and what was seen, to a plan. A pure function.

use std::collections::BTreeSet;

use super::{Change, DeleteReason, Drift, OutputChange, Plan, PlannedObject, ReplaceOrder};
use crate::addr::{ConfigAddr, InstanceAddr, ModulePath};
use crate::build::{Node, Written};
use crate::config::{Block, Config, IgnoreChanges};
use crate::desired::{Configured, Decide, Inputs, InstanceAt, Rigour, Tables, Walk};
use crate::diag::{Diagnostic, Diagnostics, Reported};
use crate::observe::Observed;
use crate::resource::{DestroyRequest, PlanRequest, Planned, Resource, Seen};
use crate::schema::{Keep, OnChange, Role, Schema};
use crate::state::{State, Status, Stored};
use crate::value::{Text, Type, Value};

/// What a plan is to achieve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Goal {
    /// The world is as the configuration says.
    #[default]
    Converge,
    /// Nothing of what the state holds exists any more.
    Destroy,
}

/// A plan with what is needed to carry it out.
pub struct Planning {
    /// The plan.
    pub plan: Plan,
    /// What the walk found, for evaluating again what was unknown.
    pub tables: Tables,
    /// For each object of the plan that is in the configuration, where: node, module instance and
    /// index.
    pub places: Vec<Option<(usize, usize, usize)>>,
    /// For each object, what the state says it was made from, or will say.
    pub depends_on: Vec<BTreeSet<ConfigAddr>>,
    /// For each object, what its type was asked to plan with.
    pub requests: Vec<Option<Request>>,
}

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

/// Plans. The same four inputs give the same plan.
///
/// # Errors
/// Every mistake found is in `diagnostics`.
pub fn make(
    inputs: &Inputs,
    written: &Written,
    state: &State,
    observed: &Observed,
    goal: Goal,
    diagnostics: &mut Diagnostics,
) -> Result<Planning, Reported> {
    refuse_what_is_not_here(&inputs.config, diagnostics);
    observed.failures().for_each(|failure| diagnostics.push(failure));
    diagnostics.reported()?;
    let mut planner = Planner::new(inputs, written, state, observed);
    let mut walk = Walk::new(inputs, written, Rigour::Strict);
    if goal == Goal::Converge {
        walk.run(&mut planner, diagnostics);
        diagnostics.reported()?;
    }
    planner.orphans(goal, diagnostics);
    planner.outputs(&walk.tables, goal);
    diagnostics.reported()?;
    let mut planning = planner.into_planning(walk.tables);
    planning.plan.causes = super::cause::of(&inputs.config, &planning.plan);
    super::check::check(&planning.plan, &inputs.registry, diagnostics);
    diagnostics.reported().map(|()| planning)
}

/// Blocks that are read but not yet acted on are refused: silence would be a lie.
fn refuse_what_is_not_here(config: &Config, diagnostics: &mut Diagnostics) {
    for module in config.modules.values() {
        let blocks = (module.moved.iter().map(|b| ("moved", b.span)))
            .chain(module.removed.iter().map(|b| ("removed", b.span)))
            .chain(module.imports.iter().map(|b| ("import", b.span)));
        for (kind, span) in blocks {
            let detail = format!("This version of Quorate does not act on {kind:?} blocks yet.");
            diagnostics.push(Diagnostic::error("Block not supported yet", detail).at(span));
        }
    }
}

struct Planner<'a> {
    inputs: &'a Inputs,
    written: &'a Written,
    state: &'a State,
    observed: &'a Observed,
    mentioned: Vec<std::rc::Rc<BTreeSet<ConfigAddr>>>,
    visited: BTreeSet<InstanceAddr>,
    plan: Plan,
    places: Vec<Option<(usize, usize, usize)>>,
    depends_on: Vec<BTreeSet<ConfigAddr>>,
    requests: Vec<Option<Request>>,
}

impl<'a> Planner<'a> {
    fn new(
        inputs: &'a Inputs,
        written: &'a Written,
        state: &'a State,
        observed: &'a Observed,
    ) -> Self {
        let plan = Plan { base: (state.lineage.clone(), state.serial), ..Plan::default() };
        Planner {
            inputs,
            written,
            state,
            observed,
            mentioned: written.mentioned_blocks(),
            visited: BTreeSet::new(),
            plan,
            places: Vec::new(),
            depends_on: Vec::new(),
            requests: Vec::new(),
        }
    }

    fn into_planning(self, tables: Tables) -> Planning {
        let Planner { plan, places, depends_on, requests, .. } = self;
        Planning { plan, tables, places, depends_on, requests }
    }

    fn push(
        &mut self,
        object: PlannedObject,
        place: Option<(usize, usize, usize)>,
        depends_on: BTreeSet<ConfigAddr>,
        request: Option<Request>,
    ) {
        self.visited.insert(object.addr.clone());
        self.plan.objects.push(object);
        self.places.push(place);
        self.depends_on.push(depends_on);
        self.requests.push(request);
    }

    /// What the state holds and the configuration does not ask for, dependents first.
    fn orphans(&mut self, goal: Goal, diagnostics: &mut Diagnostics) {
        let state = self.state;
        let left: Vec<_> =
            state.objects.iter().filter(|(addr, _)| !self.visited.contains(*addr)).collect();
        for (addr, stored) in left {
            match self.delete(addr, stored, goal) {
                Ok(object) => self.push(object, None, stored.depends_on.clone(), None),
                Err(diagnostic) => diagnostics.push(diagnostic),
            }
        }
    }

    fn delete(
        &self,
        addr: &InstanceAddr,
        stored: &Stored,
        goal: Goal,
    ) -> Result<PlannedObject, Diagnostic> {
        let Some(resource) = self.inputs.registry.find_resource(&addr.block.kind) else {
            let detail = format!("The state holds {addr}, whose type this version does not know.");
            return Err(Diagnostic::error("Unknown resource type in the state", detail));
        };
        self.may_destroy(addr)?;
        let value =
            stored.record.value(&resource.schema().ty()).map_err(|e| unreadable(addr, &e))?;
        let (before, because) = match (self.observed.objects.get(addr), goal) {
            // What was left in the middle may have folders that only its own steps remove.
            (Some(Seen::Absent), _) if !stored.status.is_in_flight() => {
                (None, DeleteReason::AlreadyGone)
            }
            (Some(Seen::Present(seen)), goal) => (Some(seen.clone()), self.reason(addr, goal)),
            (_, goal) => (Some(value), self.reason(addr, goal)),
        };
        let steps = before.as_ref().map(|prior| resource.destroy(&DestroyRequest { prior }));
        let change = Change::Delete { before, steps: steps.unwrap_or_default(), because };
        Ok(PlannedObject { addr: addr.clone(), change, drift: None, moved_from: None })
    }

    fn reason(&self, addr: &InstanceAddr, goal: Goal) -> DeleteReason {
        if goal == Goal::Destroy {
            return DeleteReason::Destroy;
        }
        let config = addr.config();
        let module = self.inputs.config.modules.get(&config.module);
        match module.is_some_and(|module| module.blocks.contains_key(&config.block)) {
            true => DeleteReason::NoSuchInstance,
            false => DeleteReason::NotInConfiguration,
        }
    }

    fn block(&self, addr: &InstanceAddr) -> Option<&'a Block> {
        let config = addr.config();
        let module = self.inputs.config.modules.get(&config.module)?;
        module.blocks.get(&config.block).map(|block| &**block)
    }

    fn may_destroy(&self, addr: &InstanceAddr) -> Result<(), Diagnostic> {
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

    fn outputs(&mut self, tables: &Tables, goal: Goal) {
        let root = ModulePath::default();
        let before = |stored: &crate::state::StoredOutput, like: Option<&Value>| {
            stored.record.value_like(&Type::Any, like).ok()
        };
        let declared = self.inputs.config.modules.get(&root).map(|module| &module.outputs);
        for name in declared.into_iter().flat_map(|outputs| outputs.keys()) {
            let node = self.written.find(&Node::Output(root.clone(), name.clone()));
            let after = node.and_then(|node| tables.value(node, 0)).filter(|v| !v.is_null());
            let after = after.filter(|_| goal == Goal::Converge).cloned();
            let before = self.state.outputs.get(name).and_then(|o| before(o, after.as_ref()));
            if before.is_some() || after.is_some() {
                self.plan.outputs.insert(name.clone(), OutputChange { before, after });
            }
        }
        for (name, stored) in &self.state.outputs {
            let gone = || OutputChange { before: before(stored, None), after: None };
            self.plan.outputs.entry(name.clone()).or_insert_with(gone);
        }
    }

    fn plan_managed(
        &self,
        at: &InstanceAt<'_>,
        configured: &Configured,
        resource: &dyn Resource,
    ) -> Result<(Change, Option<Drift>, Request), Diagnostic> {
        let schema = resource.schema();
        let stored = self.state.objects.get(&at.addr);
        let stored_value = stored
            .map(|stored| stored.record.value_like(&schema.ty(), Some(&configured.typed)))
            .transpose()
            .map_err(|error| unreadable(&at.addr, &error))?;
        let status = stored.map(|stored| stored.status);
        let seen = self.observed.objects.get(&at.addr);
        let (prior, found, drift) = situation(status, stored_value, seen);
        let request = Request {
            prior,
            found,
            lost: match &drift {
                Some(Drift::Gone { stored }) => Some(stored.clone()),
                _ => None,
            },
            in_flight: status.is_some_and(Status::is_in_flight),
            now: self.inputs.now,
            ignore: at.block.lifecycle.ignore_changes.clone(),
        };
        let change = self.change(at, configured, resource, &request, status)?;
        let change = keep_up_with_drift(change, drift.as_ref());
        Ok((change, drift, request))
    }

    fn change(
        &self,
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
        let because = reasons(resource.schema(), prior, &planned, status);
        if !because.is_empty() {
            return self.replacement(at, configured, resource, request, prior, because);
        }
        let unsettled = status.is_some_and(|status| status != Status::Ready);
        if planned.steps.is_empty() && planned.after == *prior && !unsettled {
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
        let planned = request.plan(resource, configured, None, &at.addr)?;
        let order = match at.block.lifecycle.create_before_destroy {
            true => ReplaceOrder::CreateThenDestroy,
            false => ReplaceOrder::DestroyThenCreate,
        };
        let destroy = resource.destroy(&DestroyRequest { prior });
        Ok(Change::Replace { before: prior.clone(), destroy, planned, because, order })
    }
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

/// An object that only the state is wrong about is recorded anew.
fn keep_up_with_drift(change: Change, drift: Option<&Drift>) -> Change {
    match (change, drift) {
        (Change::NoOp { object }, Some(Drift::Changed { stored, .. })) => {
            Change::Update { before: stored.clone(), planned: Planned::new(object, Vec::new()) }
        }
        (change, _) => change,
    }
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
        because.push("it is tainted".to_owned());
    }
    because
}

fn unreadable(addr: &InstanceAddr, error: &dyn std::fmt::Display) -> Diagnostic {
    let detail = format!("What the state says of {addr} cannot be used: {error}.");
    Diagnostic::error("Unusable object in the state", detail).about(addr.to_string())
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
        planned.after = without_write_only(resource.schema(), &planned.after);
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
        let ignored = prior.is_some() && ignores(ignore, attr.name);
        let value = match kept {
            Some(kept) if computed || ignored => kept.clone(),
            _ => written,
        };
        (attr.name, value)
    });
    Value::object(attrs.collect::<Vec<_>>())
}

fn ignores(ignore: &IgnoreChanges, name: &str) -> bool {
    match ignore {
        IgnoreChanges::None => false,
        IgnoreChanges::All => true,
        IgnoreChanges::Paths(paths) => {
            paths.iter().any(|path| path.first().is_some_and(|first| &**first == name))
        }
    }
}

/// What the state must never keep is null in every object.
fn without_write_only(schema: &Schema, value: &Value) -> Value {
    let attrs = schema.attrs.iter().map(|attr| {
        let kept = value.attr(attr.name).cloned().unwrap_or(Value::Null(attr.ty.clone()));
        let kept = if attr.keep == Keep::WriteOnly { Value::Null(attr.ty.clone()) } else { kept };
        (attr.name, kept)
    });
    Value::object(attrs.collect::<Vec<_>>())
}

impl Decide for Planner<'_> {
    fn managed(
        &mut self,
        at: &InstanceAt<'_>,
        configured: &Configured,
        diagnostics: &mut Diagnostics,
    ) -> Result<(Value, bool), Reported> {
        let Some(resource) = self.inputs.registry.find_resource(&at.addr.block.kind).cloned()
        else {
            let detail = format!("{} was configured without a type.", at.addr);
            return Err(diagnostics.error(Diagnostic::bug("Unknown resource type", detail)));
        };
        let (change, drift, request) = self
            .plan_managed(at, configured, &*resource)
            .map_err(|diagnostic| diagnostics.error(diagnostic))?;
        if let Change::Create { planned }
        | Change::Update { planned, .. }
        | Change::Replace { planned, .. } = &change
        {
            self.plan.warnings.extend(planned.warnings.iter().cloned());
        }
        let after = change.after().cloned().unwrap_or(Value::NULL);
        let after = visible(&after, &at.addr);
        let changes = change.action() != super::Action::NoOp;
        let object = PlannedObject { addr: at.addr.clone(), change, drift, moved_from: None };
        let depends_on = (*self.mentioned[at.node]).clone();
        let place = Some((at.node, at.module, at.index));
        self.push(object, place, depends_on, Some(request));
        Ok((after, changes))
    }

    fn data(
        &mut self,
        at: &InstanceAt<'_>,
        configured: &Configured,
        _: &mut Diagnostics,
    ) -> Result<(Value, bool), Reported> {
        let read = self.observed.data.get(&at.addr);
        let known = read.filter(|(config, _)| *config == configured.typed && !at.pending);
        if let Some((_, result)) = known {
            return Ok((result.clone(), false));
        }
        let after = configured.typed.clone();
        let change = Change::Read { after: after.clone() };
        let object = PlannedObject { addr: at.addr.clone(), change, drift: None, moved_from: None };
        let place = Some((at.node, at.module, at.index));
        self.push(object, place, BTreeSet::new(), None);
        Ok((after, true))
    }
}

/// What other expressions see: the object, with unknown parts that say what they wait for.
fn visible(after: &Value, addr: &InstanceAddr) -> Value {
    let cause: Text = addr.to_string().into();
    let Some(attrs) = after.entries() else { return after.clone() };
    let attrs = attrs.iter().map(|(name, value)| {
        let value = match value {
            Value::Unknown(unknown) if unknown.cause.is_none() => {
                let mut unknown = (**unknown).clone();
                unknown.cause = Some(cause.clone());
                Value::Unknown(unknown.into())
            }
            value => value.clone(),
        };
        (name.clone(), value)
    });
    Value::object(attrs.collect::<Vec<_>>())
}
