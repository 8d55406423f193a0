//! The planning walk: configuration, state and what was seen, to a plan. A pure function.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::adopt::{self, Adopted};
use super::trigger::Triggers;
use super::{
    Action, Aim, Change, DeleteReason, Drift, Focus, Goal, OutputChange, Plan, PlannedObject,
    REQUESTED, Refresh, ReplaceOrder, TAINTED,
};
use crate::addr::{ConfigAddr, InstanceAddr, ModulePath};
use crate::build::{Node, Written};
use crate::config::{Block, IgnoreChanges};
use crate::desired::{Configured, Decide, Dep, Inputs, InstanceAt, Rigour, Tables, Walk};
use crate::diag::{Diagnostic, Diagnostics, Reported};
use crate::observe::Observed;
use crate::refactor::{self, Prior, Removals};
use crate::resource::{DestroyRequest, PlanRequest, Planned, Resource, Seen};
use crate::schema::{Keep, OnChange, Role, Schema};
use crate::state::{State, Status, Stored};
use crate::value::{Text, Type, Value};

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
    pub depends_on: Vec<Arc<BTreeSet<ConfigAddr>>>,
    /// For each object, what its type was asked to plan with.
    pub requests: Vec<Option<Request>>,
    /// What it is to achieve.
    pub aim: Aim,
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
    aim: &Aim,
    diagnostics: &mut Diagnostics,
) -> Result<Planning, Reported> {
    let prior = Prior::recorded(&inputs.config, state, diagnostics)?;
    observed.failures().for_each(|failure| diagnostics.push(failure));
    diagnostics.reported()?;
    let focus = Focus::of(aim, written, &prior.state);
    let mut planner = Planner::new(inputs, written, &prior.state, observed, aim, &focus);
    let mut walk = Walk::new(inputs, written, Rigour::Strict);
    walk.overlook(focus.overlooked());
    if aim.goal != Goal::Destroy {
        walk.run(&mut planner, diagnostics);
        diagnostics.reported()?;
    }
    planner.orphans(diagnostics);
    planner.outputs(&walk.tables);
    planner.check_moves(&prior, diagnostics);
    planner.check_aim(diagnostics);
    if aim.goal == Goal::Converge {
        planner.check_imports(&walk, diagnostics);
    }
    diagnostics.reported()?;
    if aim.goal == Goal::Converge {
        planner.plan.checks = walk.checks();
    }
    if aim.refresh == Refresh::Believe {
        planner.leave_unread(&walk.tables);
    }
    let mut planning = planner.into_planning(walk.tables);
    planning.plan.causes = super::cause::of(&inputs.config, &planning.plan);
    super::check::check(&planning.plan, &inputs.registry, diagnostics);
    diagnostics.reported().map(|()| planning)
}

struct Planner<'a> {
    inputs: &'a Inputs,
    written: &'a Written,
    state: &'a State,
    observed: &'a Observed,
    aim: &'a Aim,
    focus: &'a Focus,
    removals: Removals<'a>,
    /// Blocks whose replacements are made before what they replace is removed.
    made_first: BTreeSet<ConfigAddr>,
    triggers: Triggers,
    mentioned: Vec<Arc<BTreeSet<ConfigAddr>>>,
    visited: HashSet<InstanceAddr>,
    plan: Plan,
    places: Vec<Option<(usize, usize, usize)>>,
    depends_on: Vec<Arc<BTreeSet<ConfigAddr>>>,
    requests: Vec<Option<Request>>,
}

impl<'a> Planner<'a> {
    fn new(
        inputs: &'a Inputs,
        written: &'a Written,
        state: &'a State,
        observed: &'a Observed,
        aim: &'a Aim,
        focus: &'a Focus,
    ) -> Self {
        let plan = Plan { base: (state.lineage.clone(), state.serial), ..Plan::default() };
        let mentioned = written.mentioned_blocks();
        Planner {
            inputs,
            written,
            state,
            observed,
            aim,
            focus,
            removals: Removals::of(&inputs.config),
            made_first: made_first(&inputs.config, written, &mentioned),
            triggers: Triggers::default(),
            mentioned,
            visited: HashSet::new(),
            plan,
            places: Vec::new(),
            depends_on: Vec::new(),
            requests: Vec::new(),
        }
    }

    fn into_planning(self, tables: Tables) -> Planning {
        let aim = self.aim.clone();
        let Planner { plan, places, depends_on, requests, .. } = self;
        Planning { plan, tables, places, depends_on, requests, aim }
    }

    fn push(
        &mut self,
        object: PlannedObject,
        place: Option<(usize, usize, usize)>,
        depends_on: Arc<BTreeSet<ConfigAddr>>,
        request: Option<Request>,
    ) {
        self.visited.insert(object.addr.clone());
        self.plan.objects.push(object);
        self.places.push(place);
        self.depends_on.push(depends_on);
        self.requests.push(request);
    }

    /// What the state holds and the configuration does not ask for, dependents first.
    fn orphans(&mut self, diagnostics: &mut Diagnostics) {
        let state = self.state;
        let focus = self.focus;
        let left: Vec<_> = (state.objects.iter())
            .filter(|(addr, _)| !self.visited.contains(*addr) && focus.covers_stored(addr))
            .collect();
        for (addr, stored) in left {
            let orphan = match self.aim.goal {
                Goal::RefreshOnly => self.refreshed_orphan(addr, stored),
                Goal::Converge if self.removals.forgets(addr) => Ok(Some(forgotten(addr, stored))),
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
        self.may_destroy(addr)?;
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
        Ok(PlannedObject {
            addr: addr.clone(),
            change,
            drift: None,
            moved_from: None,
            importing: None,
        })
    }

    fn reason(&self, addr: &InstanceAddr) -> DeleteReason {
        if self.aim.goal == Goal::Destroy {
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

    fn outputs(&mut self, tables: &Tables) {
        let goal = self.aim.goal;
        let root = ModulePath::default();
        let before = |stored: &crate::state::StoredOutput, like: Option<&Value>| {
            stored.record.value_like(&Type::Any, like).ok()
        };
        let declared = self.inputs.config.modules.get(&root).map(|module| &module.outputs);
        for name in declared.into_iter().flat_map(|outputs| outputs.keys()) {
            let node = self.written.find(&Node::Output(root.clone(), name.clone()));
            if node.is_some_and(|node| !self.focus.covers_value(node)) {
                continue;
            }
            let after = node.and_then(|node| tables.value(node, 0)).filter(|v| !v.is_null());
            let after = after.filter(|_| goal != Goal::Destroy).cloned();
            let before = self.state.outputs.get(name).and_then(|o| before(o, after.as_ref()));
            if before.is_some() || after.is_some() {
                self.plan.outputs.insert(name.clone(), OutputChange { before, after });
            }
        }
        let all = declared.is_none_or(BTreeMap::is_empty) || !self.focus.is_partial();
        for (name, stored) in self.state.outputs.iter().filter(|_| all) {
            let gone = || OutputChange { before: before(stored, None), after: None };
            self.plan.outputs.entry(name.clone()).or_insert_with(gone);
        }
    }

    /// An object that this plan leaves alone, as the state knows it.
    fn as_stored(
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
    fn refresh(
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
        let object = PlannedObject {
            addr: at.addr.clone(),
            change,
            drift,
            moved_from: None,
            importing: None,
        };
        let place = stays.then_some((at.node, at.module, at.index));
        self.push(object, place, stored.depends_on.clone(), None);
        Ok((seen, false))
    }

    fn refreshed_orphan(
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
        Ok(Some(PlannedObject {
            addr: addr.clone(),
            change,
            drift,
            moved_from: None,
            importing: None,
        }))
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

    /// Where hosts are not asked, data sources are read during apply, but only for what changes.
    fn leave_unread(&mut self, tables: &Tables) {
        let is_read = |object: &PlannedObject| matches!(object.change, Change::Read { .. });
        let mut queue: Vec<Dep> = Vec::new();
        for (object, place) in self.plan.objects.iter().zip(&self.places) {
            let changes = object.change.action() != Action::NoOp && !is_read(object);
            if let (true, Some((node, module, index))) = (changes, *place) {
                queue.push(Dep::Instance(node, module, index));
            }
        }
        for (name, output) in &self.plan.outputs {
            let open = output.after.as_ref().is_some_and(|value| !value.is_wholly_known());
            let node = Node::Output(ModulePath::default(), name.clone());
            queue.extend(self.written.find(&node).filter(|_| open).map(|node| Dep::Value(node, 0)));
        }
        let used = tables.reached(queue);
        let keep: Vec<bool> = (self.plan.objects.iter().zip(&self.places))
            .map(|(object, place)| match place {
                Some((n, m, i)) if is_read(object) => used.contains(&Dep::Instance(*n, *m, *i)),
                _ => true,
            })
            .collect();
        retain(&mut self.plan.objects, &keep);
        retain(&mut self.places, &keep);
        retain(&mut self.depends_on, &keep);
        retain(&mut self.requests, &keep);
    }

    /// Says where objects come from, and what moves did not come about or contradict what is declared.
    fn check_moves(&mut self, prior: &Prior<'_>, diagnostics: &mut Diagnostics) {
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
    fn check_imports(&self, walk: &Walk<'_>, diagnostics: &mut Diagnostics) {
        let adoptions = walk.adoptions(diagnostics);
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
    fn check_aim(&mut self, diagnostics: &mut Diagnostics) {
        for addr in self.aim.replace.iter().filter(|addr| !self.visited.contains(*addr)) {
            let detail = format!(
                "The option -replace={addr} names no object of this plan; nothing can be replaced."
            );
            let help = "\"quorate state list\" lists all addresses.";
            diagnostics.push(Diagnostic::error("Object not found", detail).help(help));
        }
        let stored: Vec<_> = self.state.objects.keys().collect();
        for target in self.aim.targets() {
            let seen = self.visited.iter().chain(stored.iter().copied());
            if !self.focus.names_block(target) && !seen.into_iter().any(|a| target.contains(a)) {
                let detail = format!("Nothing is declared or known at {target}.");
                diagnostics.push(Diagnostic::error("Target matches nothing", detail));
            }
        }
        self.plan.warnings.extend(self.aim.warning());
    }

    fn plan_managed(
        &mut self,
        at: &InstanceAt<'_>,
        configured: &Configured,
        resource: &dyn Resource,
    ) -> Result<(Change, Option<Drift>, Request, Option<Text>), Diagnostic> {
        let schema = resource.schema();
        let stored = self.state.objects.get(&at.addr);
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
        Ok((change, drift, request, None))
    }

    /// What exists is planned as if the state had known it all along.
    fn plan_adopted(
        &mut self,
        at: &InstanceAt<'_>,
        configured: &Configured,
        resource: &dyn Resource,
        adopted: &Adopted,
    ) -> Result<(Change, Option<Drift>, Request, Option<Text>), Diagnostic> {
        let request = Request {
            prior: Some(adopted.prior()),
            found: None,
            lost: None,
            in_flight: false,
            now: self.inputs.now,
            ignore: at.block.lifecycle.ignore_changes.clone(),
        };
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
        let mut planned = request.plan(resource, configured, None, &at.addr)?;
        let lost = resource.replaced(prior).into_iter();
        let place = |loss: Diagnostic| loss.about(at.addr.to_string()).at(configured.header);
        planned.warnings.extend(lost.map(place));
        let order = match self.made_first.contains(&at.addr.config()) {
            true => ReplaceOrder::CreateThenDestroy,
            false => ReplaceOrder::DestroyThenCreate,
        };
        let destroy = resource.destroy(&DestroyRequest { prior });
        Ok(Change::Replace { before: prior.clone(), destroy, planned, because, order })
    }
}

/// An object that only the state knows of any more.
fn forgotten(addr: &InstanceAddr, stored: &Stored) -> PlannedObject {
    let before = Value::from(stored.record.attributes());
    let change = Change::Forget { before };
    PlannedObject { addr: addr.clone(), change, drift: None, moved_from: None, importing: None }
}

/// Blocks with `create_before_destroy`, and all that these are made from: what is replaced first
/// must not lose what it still uses.
fn made_first(
    config: &crate::config::Config,
    written: &Written,
    mentioned: &[Arc<BTreeSet<ConfigAddr>>],
) -> BTreeSet<ConfigAddr> {
    let mut all = BTreeSet::new();
    let mut queue: Vec<ConfigAddr> = Vec::new();
    for (path, module) in &config.modules {
        let blocks = module.blocks.values().filter(|block| block.lifecycle.create_before_destroy);
        let addr = |block: &std::sync::Arc<Block>| ConfigAddr {
            module: path.clone(),
            block: block.addr.clone(),
        };
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
        because.push(TAINTED.to_owned());
    }
    because
}

fn retain<T>(items: &mut Vec<T>, keep: &[bool]) {
    let mut keep = keep.iter().copied();
    items.retain(|_| keep.next().unwrap_or(true));
}

fn is_orphan(change: &Change) -> bool {
    matches!(change, Change::Delete { .. } | Change::Forget { .. })
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
        let value = match kept {
            Some(kept) if computed => kept.clone(),
            Some(kept) => super::ignore::kept(ignore, attr.name, written, kept),
            None => written,
        };
        (attr.key.clone(), value)
    });
    Value::object(attrs.collect::<Vec<_>>())
}

/// What the state must never keep is null in every object.
fn without_write_only(schema: &Schema, value: &Value) -> Value {
    let attrs = schema.attrs.iter().map(|attr| {
        let kept = value.attr(attr.name).cloned().unwrap_or(Value::Null(attr.ty.clone()));
        let kept = if attr.keep == Keep::WriteOnly { Value::Null(attr.ty.clone()) } else { kept };
        (attr.key.clone(), kept)
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
        if !self.focus.covers(at.node, &at.addr) {
            return Ok((self.as_stored(&at.addr, configured, &*resource), false));
        }
        if self.aim.goal == Goal::RefreshOnly {
            return self.refresh(at, configured, &*resource).map_err(|d| diagnostics.error(d));
        }
        let (change, drift, request, importing) = self
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
        let changes = change.action() != Action::NoOp;
        let (addr, moved_from) = (at.addr.clone(), None);
        let object = PlannedObject { addr, change, drift, moved_from, importing };
        let depends_on = self.mentioned[at.node].clone();
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
        let source = self.inputs.registry.find_data_source(&at.addr.block.kind);
        let after =
            source.map_or_else(|| configured.typed.clone(), |s| s.unread(&configured.typed));
        if !self.focus.covers(at.node, &at.addr) || self.aim.goal == Goal::RefreshOnly {
            return Ok((after, false));
        }
        let change = Change::Read { after: after.clone() };
        let object = PlannedObject {
            addr: at.addr.clone(),
            change,
            drift: None,
            moved_from: None,
            importing: None,
        };
        let place = Some((at.node, at.module, at.index));
        self.push(object, place, Arc::default(), None);
        Ok((after, true))
    }
}

/// What other expressions see: the object, with unknown parts that say what they wait for.
fn visible(after: &Value, addr: &InstanceAddr) -> Value {
    let Some(attrs) = after.entries() else { return after.clone() };
    let attrs = attrs.iter().map(|(name, value)| {
        let value = match value {
            Value::Unknown(unknown) if unknown.cause.is_none() => {
                let mut unknown = (**unknown).clone();
                unknown.cause = Some(format!("{addr}.{name}").into());
                Value::Unknown(unknown.into())
            }
            value => value.clone(),
        };
        (name.clone(), value)
    });
    Value::object(attrs.collect::<Vec<_>>())
}
