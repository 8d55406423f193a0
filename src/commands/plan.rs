//! `quorate plan`

use std::sync::Arc;

use quorate_engine::diag::Diagnostic;
use quorate_engine::plan::Goal;

use super::{Context, Stop, runtime};
use crate::args::PlanArgs;
use crate::exit::Exit;
use crate::session::Session;
use crate::view::plan::render;
use crate::view::progress::Progress;

/// Shows what would change.
pub fn run(context: &mut Context, args: &PlanArgs) -> Result<Exit, Stop> {
    let goal = if args.destroy { Goal::Destroy } else { Goal::Converge };
    let session = Session::open(context, &args.work.variables)?;
    let locked = session.lock(context, "plan", args.work.lock_timeout)?;
    let runtime = runtime(context)?;
    let progress = progress(context)?;
    let planning = runtime.block_on(async {
        let ticker = Progress::keep_ticking(&progress);
        let diagnostics = &mut context.diagnostics;
        let planning =
            session.plan(locked.state(), goal, args.work.refresh, &*progress, diagnostics).await;
        ticker.abort();
        session.close().await;
        planning
    })?;
    render(&planning.plan, context.ui.view, &mut context.ui.out)?;
    warn(context, &planning.plan.warnings);
    let changes = args.detailed_exitcode && !planning.plan.is_quiet();
    Ok(if changes { Exit::Changes } else { Exit::Success })
}

/// Where events go: lines on the standard output, after all that was written there before.
pub fn progress(context: &mut Context) -> Result<Arc<Progress>, Stop> {
    context.ui.out.flush()?;
    Ok(Arc::new(Progress::new(context.ui.live(), context.ui.view)))
}

/// Takes over the plan's warnings, to be shown below it.
pub fn warn(context: &mut Context, warnings: &[Diagnostic]) {
    warnings.iter().for_each(|warning| context.diagnostics.push(warning.clone()));
}
