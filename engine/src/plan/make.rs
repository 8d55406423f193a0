//! The planning walk: configuration, state and what was seen, to a plan. A pure function.

mod change;
mod checks;
mod company;
mod outputs;
mod refresh;
mod removals;
mod request;
mod room;
mod unread;

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

pub use request::Request;

use super::trigger::Triggers;
use super::{Action, Aim, Change, Focus, Goal, Plan, PlannedObject, Refresh};
use crate::addr::{ConfigAddr, InstanceAddr};
use crate::build::Written;
use crate::desired::{Configured, Decide, Inputs, InstanceAt, Rigour, Tables, Walk, unchecked};
use crate::diag::{Diagnostic, Diagnostics, Reported};
use crate::observe::Observed;
use crate::refactor::{Prior, Removals};
use crate::state::{State, Stored};
use crate::value::Value;
use change::made_first;

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
    /// Former objects that stand where others are to be made, which wait for them to go: indices of
    /// objects.
    pub gives_way: Vec<(usize, usize)>,
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
    planner.check_aim(&prior, diagnostics);
    if aim.goal == Goal::Converge {
        planner.check_imports(&walk, diagnostics);
    }
    diagnostics.reported()?;
    planner.plan.checks = match aim.goal {
        Goal::Converge | Goal::RefreshOnly => walk.checks(),
        Goal::Destroy => unchecked(&inputs.config),
    };
    let mistakes = planner.plan.checks.iter().flat_map(crate::desired::CheckResult::mistakes);
    mistakes.for_each(|mistake| diagnostics.push(mistake.clone()));
    diagnostics.reported()?;
    if aim.refresh == Refresh::Believe {
        planner.leave_unread(&walk.tables);
    }
    planner.leave_checks_unread();
    planner.check_company(diagnostics);
    planner.make_room();
    let mut planning = planner.into_planning(walk.tables);
    planning.plan.causes = super::cause::of(&inputs.config, &planning.plan);
    super::check::check(&planning.plan, &inputs.registry, diagnostics);
    diagnostics.reported().map(|()| planning)
}

struct Planner<'a> {
    inputs: &'a Inputs,
    written: &'a Written,
    state: &'a State,
    /// The objects of the state: found faster than there, where each look-up goes through many
    /// addresses.
    stored: HashMap<&'a InstanceAddr, &'a Stored>,
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
    gives_way: Vec<(usize, usize)>,
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
        let plan = Plan {
            base: (state.lineage.clone(), state.serial),
            aim: aim.clone(),
            ..Plan::default()
        };
        let mentioned = written.mentioned_blocks();
        Planner {
            inputs,
            written,
            state,
            stored: state.objects.iter().collect(),
            observed,
            aim,
            focus,
            removals: Removals::of(&inputs.config),
            made_first: made_first(&inputs.config, written, &mentioned),
            triggers: Triggers::default(),
            mentioned,
            visited: HashSet::default(),
            plan,
            places: Vec::new(),
            depends_on: Vec::new(),
            requests: Vec::new(),
            gives_way: Vec::new(),
        }
    }

    fn into_planning(self, tables: Tables) -> Planning {
        let Planner { plan, places, depends_on, requests, gives_way, .. } = self;
        Planning { plan, tables, places, depends_on, requests, gives_way }
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
}

fn unreadable(addr: &InstanceAddr, error: &dyn std::fmt::Display) -> Diagnostic {
    let detail = format!("What the state says of {addr} cannot be used: {error}.");
    Diagnostic::error("Unusable object in the state", detail).about(addr.to_string())
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
        let object = PlannedObject::new(at.addr.clone(), change);
        let place = Some((at.node, at.module, at.index));
        self.push(object, place, Arc::default(), None);
        Ok((after, true))
    }
}

/// What other expressions see: the object, with unknown parts that say what they wait for.
fn visible(after: &Value, addr: &InstanceAddr) -> Value {
    let Some(attrs) = after.entries() else { return after.clone() };
    let is_bare =
        |value: &Value| matches!(value, Value::Unknown(unknown) if unknown.cause.is_none());
    if matches!(after, Value::Object(_)) && !attrs.values().any(is_bare) {
        return after.clone();
    }
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
    Value::object(attrs)
}
