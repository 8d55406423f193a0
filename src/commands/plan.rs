//! `quorate plan`

use std::path::Path;
use std::sync::Arc;

use quorate_engine::desired::CheckResult;
use quorate_engine::plan::{Goal, Plan};

use super::apply::Interrupts;
use super::voice::Voice;
use super::{Context, Stop, last, plan_file, runtime};
use crate::args::PlanArgs;
use crate::exit::Exit;
use crate::session::Session;
use crate::view::progress::Progress;

/// Shows what would change.
pub fn run(context: &mut Context, args: &PlanArgs) -> Result<Exit, Stop> {
    let goal = if args.destroy { Goal::Destroy } else { Goal::Converge };
    let aim = args.work.aim.aim(goal, args.work.refresh);
    if let Some(contradiction) = args.work.aim.contradiction(goal, args.work.refresh) {
        return Err(context.diagnostics.error(contradiction).into());
    }
    let voice = Voice::begin(context, args.json)?;
    if let Some(path) = &args.out {
        plan_file::refuse_foreign(context, path)?;
    }
    let session = Session::open(context, &args.work.variables)?;
    let locked = session.lock_for(context, "plan", &args.work)?;
    let runtime = runtime(context)?;
    let _interrupts = Interrupts::listen(&runtime, locked.lease())?;
    let made = runtime.block_on(async {
        let ticker = voice.keep_ticking();
        let (events, diagnostics) = (voice.events(), &mut context.diagnostics);
        let planning = session.plan(locked.state(), &aim, &*events, diagnostics).await;
        ticker.abort();
        voice.end();
        session.close().await;
        planning.map(last)
    })?;
    let plan = &made.planning.plan;
    voice.put_plan(context, &made.planning)?;
    if let Some(path) = &args.out {
        plan_file::save(context, &session, path, &made, &aim, locked.state())?;
        if !args.json {
            put_saved(context, path, plan.is_quiet())?;
        }
    } else if !args.json && !plan.is_quiet() {
        put_unsaved(context)?;
    }
    let changes = args.detailed_exitcode && !plan.is_quiet();
    Ok(if changes { Exit::Changes } else { Exit::Success })
}

/// Says where the plan is, and how it is applied.
fn put_saved(context: &mut Context, path: &Path, quiet: bool) -> Result<(), Stop> {
    let mut page = context.ui.page();
    page.gap()?;
    page.line(format!("Saved the plan to: {}", path.display()))?;
    if !quiet {
        page.gap()?;
        page.line("To perform exactly these actions, run the following command to apply:")?;
        page.line(format!("    quorate apply \"{}\"", path.display()))?;
    }
    Ok(())
}

/// Says that what was shown is not what will be applied.
fn put_unsaved(context: &mut Context) -> Result<(), Stop> {
    let mut page = context.ui.page();
    page.gap()?;
    Ok(page.prose(
        "Note: This plan was not saved, so \"quorate apply\" makes a new one. To apply exactly \
         this one, save it with \"quorate plan -out=FILE\".",
    )?)
}

/// Where events go: lines on the standard output, after all that was written there before.
pub fn progress(context: &mut Context) -> Result<Arc<Progress>, Stop> {
    context.ui.out.flush()?;
    let view = context.ui.view;
    Ok(Arc::new(match context.ui.is_live {
        true => Progress::live(view),
        false => Progress::new(context.ui.live(), view),
    }))
}

/// Takes over the plan's warnings, to be shown below it.
pub fn warn(context: &mut Context, plan: &Plan) {
    let checks = plan.checks.iter().flat_map(CheckResult::problems);
    plan.warnings.iter().chain(checks).for_each(|w| context.diagnostics.push(w.clone()));
}
