//! `quorate apply` and `quorate destroy`

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use quorate_engine::apply::{Outcome, Stop as StopSignal};
use quorate_engine::desired::CheckResult;
use quorate_engine::diag::{Diagnostic, Diagnostics, Reported};
use quorate_engine::plan::{Action, Goal, PlannedObject, Planning, Schedule};
use quorate_engine::state::{Lease, LockedState};
use tokio::runtime::Runtime;
use tokio::sync::watch;

use super::voice::Voice;
use super::{Context, Stop, again, plan_file, runtime};
use crate::args::ApplyArgs;
use crate::exit::Exit;
use crate::interrupt;
use crate::session::{Session, state_failed};
use crate::ui::{APPLY, DESTROY, Question, REFRESH};
use crate::view::progress::Command;

/// Plans, asks, and carries out; or carries out a saved plan.
pub fn run(context: &mut Context, args: &ApplyArgs, command: Command) -> Result<Exit, Stop> {
    let voice = Voice::begin(context, args.json)?;
    if let Some(path) = &args.file {
        return saved(context, args, path, command, &voice);
    }
    if args.json && !args.auto_approve {
        return Err(context.diagnostics.error(nobody_to_ask()).into());
    }
    if command == Command::Destroy && args.work.aim.refresh_only {
        return Err(context.diagnostics.error(destroy_changes_hosts()).into());
    }
    if let Some(contradiction) = args.work.aim.contradiction(goal(command), args.work.refresh) {
        return Err(context.diagnostics.error(contradiction).into());
    }
    let session = Session::open(context, &args.work.variables)?;
    let mut locked = session.lock_for(context, command.name(), &args.work)?;
    let runtime = runtime(context)?;
    let interrupts = Interrupts::listen(&runtime, locked.lease())?;
    let planning = runtime.block_on(plan(context, &session, &locked, args, command, &voice))?;
    voice.put_plan(context, &planning)?;
    if !planning.plan.is_quiet() && !args.json {
        if !approved(context, args, command)? {
            return Ok(Exit::User);
        }
        context.ui.line("")?;
    }
    if !planning.plan.is_quiet() && command == Command::Apply {
        session.make_ready(context, locked.state())?;
    }
    context.ui.out.flush()?;
    let work = Work { session: &session, voice: &voice, interrupts: &interrupts };
    context.diagnostics.extend_with(planning.plan.aim.afterword());
    let outcome = work.run(context, runtime, planning, &mut locked, args)?;
    finish(context, args, command, &work, outcome)
}

fn destroy_changes_hosts() -> Diagnostic {
    Diagnostic::error(
        "Incompatible options",
        "The option -refresh-only only records what was changed outside; \"quorate destroy\" removes.",
    )
    .help("Leave the option out, or run \"quorate apply -refresh-only\".")
}

/// Carries out a plan that was reviewed and saved.
fn saved(
    context: &mut Context,
    args: &ApplyArgs,
    path: &Path,
    command: Command,
    voice: &Voice,
) -> Result<Exit, Stop> {
    plan_file::refuse_flags(context, args, command)?;
    let plan = plan_file::read(context, path)?;
    let replay = plan_file::reopen(context, path, &plan, &args.work.variables)?;
    let session = &replay.session;
    let mut locked = session.lock_for(context, command.name(), &args.work)?;
    plan_file::refuse_moved(context, path, &plan, locked.state())?;
    let planning = replay.make(context, path, &plan, locked.state())?;
    voice.put_reviewed(context, &planning.plan);
    // What the plan warns of was said when it was made.
    context.diagnostics.retain(|said| !planning.plan.warnings.contains(said));
    context.diagnostics.extend_with(planning.plan.aim.afterword());
    let runtime = runtime(context)?;
    let interrupts = Interrupts::listen(&runtime, locked.lease())?;
    let work = Work { session, voice, interrupts: &interrupts };
    let outcome = work.run(context, runtime, planning, &mut locked, args)?;
    finish(context, args, command, &work, outcome)
}

async fn plan(
    context: &mut Context,
    session: &Session,
    locked: &LockedState,
    args: &ApplyArgs,
    command: Command,
    voice: &Voice,
) -> Result<Planning, Reported> {
    let aim = args.work.aim.aim(goal(command), args.work.refresh);
    let ticker = voice.keep_ticking();
    let diagnostics: &mut Diagnostics = &mut context.diagnostics;
    let events = voice.events();
    let planning = session.plan(locked.state(), &aim, &*events, diagnostics).await;
    ticker.abort();
    voice.end();
    planning.map(|made| made.planning)
}

fn goal(command: Command) -> Goal {
    match command {
        Command::Apply => Goal::Converge,
        Command::Destroy => Goal::Destroy,
    }
}

fn nobody_to_ask() -> Diagnostic {
    let detail = "Quorate cannot ask for interactive approval when -json is set. You can either \
                  apply a saved plan file, or enable the -auto-approve option.";
    Diagnostic::error("Plan file or auto-approve required", detail)
}

fn approved(context: &mut Context, args: &ApplyArgs, command: Command) -> Result<bool, Stop> {
    if args.auto_approve {
        return Ok(true);
    }
    let question: &Question = match command {
        Command::Apply if args.work.aim.refresh_only => &REFRESH,
        Command::Apply => &APPLY,
        Command::Destroy => &DESTROY,
    };
    let answer = context.ui.approve(question, args.work.input);
    let approved = answer.map_err(|diagnostic| context.diagnostics.error(*diagnostic))?;
    if !approved {
        context.ui.line("")?;
        context.ui.line(format_args!("{} cancelled.", command.title()))?;
    }
    Ok(approved)
}

/// What a plan is carried out with.
struct Work<'a> {
    session: &'a Session,
    voice: &'a Voice,
    interrupts: &'a Interrupts,
}

impl Work<'_> {
    fn run(
        &self,
        context: &mut Context,
        runtime: Runtime,
        planning: Planning,
        locked: &mut LockedState,
        args: &ApplyArgs,
    ) -> Result<Outcome, Reported> {
        let schedule =
            self.session.schedule(&planning, locked.state(), &mut context.diagnostics)?;
        self.interrupts.acting.store(true, Ordering::SeqCst);
        let outcome = runtime.block_on(self.apply(planning, schedule, locked, args));
        // Whatever still runs after "stop now" ends with the process.
        runtime.shutdown_background();
        Ok(outcome)
    }

    async fn apply(
        &self,
        planning: Planning,
        schedule: Schedule,
        locked: &mut LockedState,
        args: &ApplyArgs,
    ) -> Outcome {
        // A replacement in two halves begins and ends twice.
        let jobs = |object: &PlannedObject| match object.change.action() {
            Action::NoOp => 0,
            _ => 1 + usize::from(object.change.has_two_halves()),
        };
        self.voice.expect(planning.plan.objects.iter().map(jobs).sum());
        let ticker = self.voice.keep_ticking();
        let events = self.voice.events();
        let (parallelism, stop) = (args.work.parallelism, self.interrupts.stop.clone());
        let outcome =
            self.session.apply(planning, schedule, locked, events, parallelism, stop).await;
        ticker.abort();
        self.voice.end();
        if *self.interrupts.stop.borrow() != StopSignal::Abort {
            self.session.close().await;
        }
        outcome
    }
}

/// Says where things stand.
fn finish(
    context: &mut Context,
    args: &ApplyArgs,
    command: Command,
    work: &Work<'_>,
    outcome: Outcome,
) -> Result<Exit, Stop> {
    let (config, folder) = (&work.session.inputs.config, context.chdir.clone());
    let again = again::command(command, args, folder.as_deref(), config, &outcome);
    work.voice.put_outcome(context, command, &outcome, &again)?;
    let complete = outcome.is_complete();
    // What the plan's checks said may have changed by what was done; this is how it is now.
    context.diagnostics.retain(|diagnostic| !is_of_check(diagnostic));
    for problem in outcome.checks.iter().flat_map(CheckResult::problems) {
        context.diagnostics.push(problem.clone());
    }
    let interrupted = outcome.interrupted;
    for (_, diagnostic) in outcome.failed {
        context.diagnostics.error(diagnostic);
    }
    for diagnostic in outcome.unrecorded {
        context.diagnostics.error(diagnostic);
    }
    if let Some(error) = outcome.store_error {
        context.diagnostics.error(state_failed(&error));
    }
    Ok(match (interrupted, complete) {
        (true, _) => Exit::Interrupted,
        (false, true) => Exit::Success,
        (false, false) => Exit::World,
    })
}

/// Whether a message is what an assertion of a `check` block says.
fn is_of_check(diagnostic: &Diagnostic) -> bool {
    diagnostic.summary.starts_with("Check block assertion")
}

/// What ^C and SIGTERM do: before anything is changed they end the program, afterwards they stop
/// the work.
pub struct Interrupts {
    acting: Arc<AtomicBool>,
    stop: watch::Receiver<StopSignal>,
}

impl Interrupts {
    /// Listens from here on; `lease` is given back where nothing was begun.
    pub fn listen(runtime: &Runtime, lease: Option<Arc<dyn Lease>>) -> std::io::Result<Interrupts> {
        let (sender, stop) = watch::channel(StopSignal::Run);
        let acting = Arc::new(AtomicBool::new(false));
        let phase = acting.clone();
        let told = move |count| match (phase.load(Ordering::SeqCst), count) {
            (false, _) => leave(lease.as_deref()),
            (true, 1) => say(
                "Interrupted. What is in flight is finished, then the state is saved. Interrupt \
                 again to stop at once.",
            ),
            (true, _) => {
                say("Interrupted again. Stopping at once; the state says what is in flight.")
            }
        };
        let _entered = runtime.enter();
        interrupt::listen(sender, StopSignal::Finish, StopSignal::Abort, told)?;
        Ok(Interrupts { acting, stop })
    }
}

fn leave(lease: Option<&dyn Lease>) {
    // A lock that is not the operating system's would outlive us.
    if let Some(Err(error)) = lease.map(Lease::release) {
        say(&format!("The lock was not given back: {error}."));
    }
    say("Interrupted. Nothing was changed.");
    std::process::exit(i32::from(Exit::Interrupted.code()));
}

fn say(text: &str) {
    anstream::eprintln!("\n{text}");
}
