//! One run over a configuration: the engine's stages with the hosts, the state and the person of
//! this process.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::time::Duration;

use quorate_engine::addr::InstanceAddr;
use quorate_engine::apply::{Outcome, Run, Stop, apply, taken_over};
use quorate_engine::build::{Written, build};
use quorate_engine::config::{Builtins, Config, DiskFiles, FileSnapshot, load};
use quorate_engine::desired::Inputs;
use quorate_engine::diag::{Diagnostic, Diagnostics, Reported};
use quorate_engine::event::Events;
use quorate_engine::observe::{Observed, Senses, observe};
use quorate_engine::plan::saved::Materials;
use quorate_engine::plan::{Aim, Planning, Schedule, make, schedule};
use quorate_engine::resource::{Realm, Registry};
use quorate_engine::state::{Backend, Entry, LockedState, State, Status, sealed_texts};
use quorate_engine::value::{Text, Value};
use quorate_providers::transport::Hosts;
use tokio::sync::watch;

use crate::args::{VariableArgs, WorkArgs};
use crate::backend;
use crate::commands::{Context, last};
use crate::identity::Person;
use crate::log::Logged;
use crate::settings::Places;
pub use crate::state_failed::state_failed;

/// What one run works with.
pub struct Session {
    /// The configuration with its variables.
    pub inputs: Inputs,
    /// What is written, as a graph.
    pub written: ManuallyDrop<Written>,
    /// Clock and seal.
    pub person: Arc<Person>,
    disk: Arc<DiskFiles>,
    hosts: Arc<Hosts>,
}

/// A plan, and what was seen before it was made.
pub struct Made {
    /// What is needed to carry it out.
    pub planning: Planning,
    /// What it was made from besides the configuration and the state.
    pub observed: Observed,
}

/// All types that configurations can use.
pub fn registry() -> Registry {
    let mut registry = quorate_providers::registry::registry();
    quorate_engine::builtin::register(&mut registry);
    registry
}

fn hosts() -> Arc<Hosts> {
    Arc::new(Hosts::remembering(&Places::working_folder().join("versions.json")))
}

/// The state of the working directory, without its lock: for showing.
pub fn peek(context: &mut Context) -> Result<State, Reported> {
    let backend = backend::of_folder(context)?;
    let diagnostics = &mut context.diagnostics;
    let state = quorate_engine::state::peek(&*backend);
    let state = state.map_err(|error| diagnostics.error(state_failed(&error)))?;
    unfinished(&state).into_iter().for_each(|warning| diagnostics.push(warning));
    Ok(state)
}

/// How many objects in flight are named; the others are counted.
const NAMED: usize = 10;

/// What an earlier run left in the middle: which object, which step, where, since when.
fn unfinished(state: &State) -> Option<Diagnostic> {
    let in_flight = state.objects.iter().filter(|(_, stored)| stored.status.is_in_flight());
    let in_flight: Vec<_> = in_flight.collect();
    let mut lines: Vec<String> = in_flight
        .iter()
        .take(NAMED)
        .map(|(addr, stored)| {
            let doing = match stored.status {
                Status::Creating => "being created",
                Status::Deleting => "being destroyed",
                _ => "being changed",
            };
            let how_far = state.under_way.get(*addr).map(|work| format!(" {work}"));
            format!("  {addr}: {doing}{}", how_far.unwrap_or_default())
        })
        .collect();
    let unnamed = in_flight.len().saturating_sub(NAMED);
    lines.extend((unnamed > 0).then(|| format!("  and {unnamed} more")));
    let detail = format!("An earlier run did not record how this ended:\n{}", lines.join("\n"));
    let help = "The next apply looks at it on its hosts, and goes on from what it finds.";
    (!in_flight.is_empty()).then(|| Diagnostic::warning("Work in flight", detail).help(help))
}

/// Locks the state of the working directory for a command that needs no configuration.
pub fn lock_state(
    context: &mut Context,
    operation: &str,
    patience: Duration,
) -> Result<LockedState, Reported> {
    let backend = backend::of_folder(context)?;
    backend::lock(context, backend, operation, patience)
}

impl Session {
    /// Reads the configuration and its variables.
    pub fn open(context: &mut Context, args: &VariableArgs) -> Result<Session, Reported> {
        let config = context.config()?;
        let variables = context.variables(&config, args)?;
        let config = Arc::new(config);
        let _ = last(config.clone());
        let written = last(build(&config, &mut context.diagnostics)?);
        let person = context.person(&config.settings)?;
        let disk = Arc::new(DiskFiles::default());
        let inputs = Inputs {
            config,
            variables,
            registry: registry(),
            files: disk.clone(),
            now: person.now(),
        };
        Ok(Session { inputs, written, person, disk, hosts: hosts() })
    }

    /// Goes back to where a saved plan was made: its configuration, variables, files and time.
    /// `given` are the values of ephemeral variables, which no plan keeps.
    pub fn reopen(
        context: &mut Context,
        materials: &Materials,
        given: impl FnOnce(&mut Context, &Config) -> Result<BTreeMap<Text, Value>, Reported>,
    ) -> Result<Session, Reported> {
        let Context { sources, diagnostics, .. } = context;
        // The texts of built-in modules are those of the plan, too.
        let config = load(".", &materials.config, &Builtins::new(), sources, diagnostics)?;
        let mut variables = match materials.variables.values().all(Option::is_some) {
            true => BTreeMap::new(),
            false => given(context, &config)?,
        };
        let stored = materials.variables.iter();
        variables.extend(stored.filter_map(|(name, v)| Some((name.clone(), v.clone()?))));
        let written = last(build(&config, &mut context.diagnostics)?);
        let person = context.person(&config.settings)?;
        let inputs = Inputs {
            config: Arc::new(config),
            variables,
            registry: registry(),
            files: Arc::new(materials.files.clone()),
            now: materials.now,
        };
        Ok(Session { inputs, written, person, disk: Arc::default(), hosts: hosts() })
    }

    /// Asks for what sealing needs, before a run that must not be interrupted by a question.
    pub fn make_ready(&self, context: &mut Context, state: &State) -> Result<(), Reported> {
        // What was shown before stands above the question.
        let _ = context.ui.out.flush();
        let present = sealed_texts(state, &self.inputs.registry).next();
        self.person.make_ready(present).map_err(|error| context.diagnostics.error(*error))
    }

    /// What functions have read of the disk.
    pub fn files(&self) -> FileSnapshot {
        self.disk.snapshot()
    }

    fn backend(&self, context: &mut Context) -> Result<Arc<dyn Backend>, Reported> {
        let block = self.inputs.config.settings.backend.as_ref();
        backend::of_config(&context.environment, block)
            .map_err(|error| context.diagnostics.error(*error))
    }

    /// Locks the state and reads it, or only reads it where the lock is not wanted.
    pub fn lock_for(
        &self,
        context: &mut Context,
        operation: &str,
        args: &WorkArgs,
    ) -> Result<LockedState, Reported> {
        if args.lock {
            return self.lock(context, operation, args.lock_timeout);
        }
        let backend = self.backend(context)?;
        backend::unlocked(context, backend, operation)
    }

    /// Locks the state and reads it.
    pub fn lock(
        &self,
        context: &mut Context,
        operation: &str,
        patience: Duration,
    ) -> Result<LockedState, Reported> {
        let backend = self.backend(context)?;
        let locked = backend::lock(context, backend, operation, patience)?;
        let unfinished = unfinished(locked.state()).into_iter();
        unfinished.for_each(|warning| context.diagnostics.push(warning));
        Ok(locked)
    }

    /// Looks at the hosts and plans.
    pub async fn plan(
        &self,
        state: &State,
        aim: &Aim,
        events: &dyn Events,
        diagnostics: &mut Diagnostics,
    ) -> Result<Made, Reported> {
        let observed = self.observe(state, aim, events, diagnostics).await?;
        let planning = self.make(state, &observed, aim, diagnostics)?;
        Ok(Made { planning, observed })
    }

    /// Plans from what was seen.
    pub fn make(
        &self,
        state: &State,
        observed: &Observed,
        aim: &Aim,
        diagnostics: &mut Diagnostics,
    ) -> Result<Planning, Reported> {
        make(&self.inputs, &self.written, state, observed, aim, diagnostics)
    }

    async fn observe(
        &self,
        state: &State,
        aim: &Aim,
        events: &dyn Events,
        diagnostics: &mut Diagnostics,
    ) -> Result<Observed, Reported> {
        let senses = Senses { look: &*self.hosts, realm: &*self.person, events: &Logged(events) };
        observe(&self.inputs, &self.written, state, aim, senses, diagnostics).await
    }

    /// What the state is to say of an object that a plan takes over.
    pub fn taken_over(
        &self,
        context: &mut Context,
        planning: &Planning,
        addr: &InstanceAddr,
    ) -> Result<Entry, Reported> {
        let realm: Arc<dyn Realm> = self.person.clone();
        let entry = taken_over(planning, addr, &self.inputs.registry, &realm);
        let missing = || {
            let detail = format!("The plan to import {addr} does not have it.");
            Diagnostic::bug("Nothing imported", detail)
        };
        let entry = entry.and_then(|entry| entry.ok_or_else(missing));
        entry.map_err(|diagnostic| context.diagnostics.error(diagnostic))
    }

    /// In what order a plan is carried out.
    pub fn schedule(
        &self,
        planning: &Planning,
        state: &State,
        diagnostics: &mut Diagnostics,
    ) -> Result<Schedule, Reported> {
        schedule(planning, &self.written, &self.inputs.config, state)
            .map_err(|diagnostic| diagnostics.error(diagnostic))
    }

    /// Carries out a plan.
    pub async fn apply(
        &self,
        planning: Planning,
        schedule: Schedule,
        state: &mut LockedState,
        events: Arc<dyn Events>,
        parallelism: u16,
        stop: watch::Receiver<Stop>,
    ) -> Outcome {
        let run = Run {
            inputs: &self.inputs,
            written: &self.written,
            world: self.hosts.clone(),
            realm: self.person.clone(),
            events: Arc::new(Logged(events)),
            parallelism: usize::from(parallelism),
            stop,
        };
        apply(run, planning, schedule, state).await
    }

    /// Ends all connections.
    pub async fn close(&self) {
        self.hosts.close().await;
    }
}
