//! `quorate state reseal`

use quorate_engine::diag::{Diagnostic, Reported};
use quorate_engine::state::{LockedState, Overwrite, Resealed, reseal};

use super::{Context, Stop};
use crate::args::ResealArgs;
use crate::exit::Exit;
use crate::identity::Keyring;
use crate::session::{lock_state, registry, state_failed};
use crate::ui::RESEAL;

/// Seals all secrets in the state anew, or none.
pub fn run(context: &mut Context, args: &ResealArgs) -> Result<Exit, Stop> {
    let config = context.config()?;
    let mut locked = lock_state(context, "state reseal", args.lock.lock_timeout)?;
    let ring = Keyring::gather(&context.environment, &config.settings, args.from.as_deref());
    let ring = ring.map_err(|error| context.diagnostics.error(*error))?;
    let resealed = anew(context, &ring, &locked)?;
    if resealed.count() == 0 {
        context.ui.line("Nothing in the state is sealed.")?;
        return Ok(Exit::Success);
    }
    if args.dry_run {
        return told(context, "Would seal", &resealed, &ring);
    }
    if !ring.can_open() && !args.auto_approve && !approved(context)? {
        context.ui.line("Cancelled. Nothing was changed.")?;
        return Ok(Exit::User);
    }
    put(context, &mut locked, &resealed)?;
    let exit = told(context, "Sealed", &resealed, &ring)?;
    context.ui.line("")?;
    context.ui.page().prose(&format!(
        "The backup {} and all other copies and older versions of {} are sealed as before: whoever \
         could open them still can. Remove them if that is not wanted, and renew what somebody has \
         seen who should not.",
        locked.backup().display(),
        locked.place(),
    ))?;
    Ok(exit)
}

fn anew(context: &mut Context, ring: &Keyring, locked: &LockedState) -> Result<Resealed, Reported> {
    let sealer = ring.sealer();
    let mut again = |sealed: &str| {
        let secret = ring.unseal(sealed)?;
        let sealer = sealer.as_ref().map_err(Clone::clone)?;
        sealer.seal(&secret).map_err(|error| {
            Box::new(Diagnostic::bug("Secret not sealed", format!("Sealing failed: {error}.")))
        })
    };
    reseal(locked.state(), &registry(), &mut again).map_err(|error| {
        let detail = format!("{} Nothing was changed.", error.detail);
        context.diagnostics.error(Diagnostic { detail, ..*error })
    })
}

fn approved(context: &mut Context) -> Result<bool, Reported> {
    context.ui.approve(&RESEAL, true).map_err(|diagnostic| context.diagnostics.error(*diagnostic))
}

fn put(
    context: &mut Context,
    locked: &mut LockedState,
    resealed: &Resealed,
) -> Result<(), Reported> {
    let pushed = locked.push(resealed.state.clone(), Overwrite::WhereNewer);
    pushed.map_err(|error| context.diagnostics.error(state_failed(&error)))
}

fn told(
    context: &mut Context,
    verb: &str,
    resealed: &Resealed,
    ring: &Keyring,
) -> Result<Exit, Stop> {
    let counted = |count: usize, what: &str| {
        let plural = if count == 1 { "" } else { "s" };
        (count > 0).then(|| format!("{count} {what}{plural}"))
    };
    let parts = [counted(resealed.values, "sensitive value"), counted(resealed.texts, "key")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    context.ui.line(format_args!("{verb} {} anew, for:", parts.join(" and ")))?;
    for one in ring.whom() {
        context.ui.line(format_args!("  {one}"))?;
    }
    Ok(Exit::Success)
}
