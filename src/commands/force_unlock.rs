//! `quorate force-unlock`

use std::time::Duration;

use quorate_engine::state::{LockRequest, LockedState};

use super::{Context, Stop};
use crate::args::ForceUnlockArgs;
use crate::backend::{holder, of_folder};
use crate::exit::Exit;
use crate::session::state_failed;
use crate::ui::{JOURNAL_LOST, UNLOCK};

/// Takes a lock away, or gives a run up.
pub fn run(context: &mut Context, args: &ForceUnlockArgs) -> Result<Exit, Stop> {
    let backend = of_folder(context)?;
    let question = if args.journal_lost { &JOURNAL_LOST } else { &UNLOCK };
    if !args.force {
        let answer = context.ui.approve(question, true);
        if !answer.map_err(|diagnostic| context.diagnostics.error(*diagnostic))? {
            context.ui.line("Cancelled.")?;
            return Ok(Exit::User);
        }
    }
    let done = if args.journal_lost {
        let holder = holder(&context.environment, "force-unlock");
        let waiting = &mut |_: Option<&_>| {};
        let request = LockRequest { holder: &holder, patience: Duration::ZERO, waiting };
        LockedState::abandon(backend, request, &args.id)
    } else {
        backend.force_unlock(&args.id)
    };
    done.map_err(|error| context.diagnostics.error(state_failed(&error)))?;
    context.ui.line(match args.journal_lost {
        true => "The run was given up. Look at the next plan with care.",
        false => "The state has been unlocked.",
    })?;
    Ok(Exit::Success)
}
