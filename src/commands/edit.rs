//! Commands that change what the state says, and nothing outside: `state mv`, `state rm`, `taint`,
//! `untaint`.

use quorate_engine::addr::InstanceAddr;
use quorate_engine::diag::{Diagnostic, Reported};
use quorate_engine::plan::Target;
use quorate_engine::refactor::in_order;
use quorate_engine::state::{Entry, LockedState, State, Status, Stored};
use quorate_engine::suggest::did_you_mean;

use super::{Context, Stop};
use crate::args::{MoveArgs, RemoveArgs, TaintArgs};
use crate::exit::Exit;
use crate::session::{lock_state, state_failed};

/// Gives objects other addresses.
pub fn mv(context: &mut Context, args: &MoveArgs) -> Result<Exit, Stop> {
    let mut locked = lock_state(context, "state mv", args.lock.lock_timeout)?;
    let moves = moves(context, locked.state(), args)?;
    let verb = if args.dry_run { "Would move" } else { "Move" };
    // The former objects of an instance go where it goes.
    let mut told: Vec<_> = moves.iter().map(|(f, t)| (f.instance(), t.instance())).collect();
    told.dedup();
    let count = told.len();
    for (from, to) in told {
        context.ui.line(format_args!("{verb} \"{from}\" to \"{to}\""))?;
    }
    if args.dry_run {
        return Ok(Exit::Success);
    }
    let entries = in_order(moves).into_iter().map(|(from, to)| Entry::Moved { from, to });
    record(context, &mut locked, &entries.collect::<Vec<_>>())?;
    context.ui.line(format_args!("Successfully moved {count} object(s)."))?;
    Ok(Exit::Success)
}

fn moves(
    context: &mut Context,
    state: &State,
    args: &MoveArgs,
) -> Result<Vec<(InstanceAddr, InstanceAddr)>, Reported> {
    let MoveArgs { source, destination, .. } = args;
    if source == destination {
        let detail = format!("{source} is the source and the destination.");
        return Err(context.diagnostics.error(Diagnostic::error("Nothing to move", detail)));
    }
    let found = contained(context, state, source)?;
    let mut moves = Vec::new();
    for from in found {
        let Some(to) = source.carried_to(destination, &from) else {
            let detail = format!(
                "{source} cannot be moved to {destination}: a module is moved to a module, a \
                 resource to a resource of the same type, and an instance to an instance."
            );
            let error = Diagnostic::error("Invalid target address", detail);
            return Err(context.diagnostics.error(error));
        };
        if state.objects.contains_key(&to) {
            let detail = format!(
                "Cannot move {from} to {to}: there is already an object at that address in the \
                 state."
            );
            let help = format!("To give it up first, run: quorate state rm '{to}'");
            let error = Diagnostic::error("Invalid target address", detail).help(help);
            return Err(context.diagnostics.error(error));
        }
        moves.push((from, to));
    }
    Ok(moves)
}

/// Makes the state forget objects; on their hosts they stay as they are.
pub fn rm(context: &mut Context, args: &RemoveArgs) -> Result<Exit, Stop> {
    let mut locked = lock_state(context, "state rm", args.lock.lock_timeout)?;
    let mut found = Vec::new();
    for target in &args.addresses {
        found.extend(contained(context, locked.state(), target)?);
    }
    found.sort();
    found.dedup();
    let verb = if args.dry_run { "Would remove" } else { "Removed" };
    if !args.dry_run {
        let entries = found.iter().map(|addr| Entry::Gone { addr: addr.clone() });
        record(context, &mut locked, &entries.collect::<Vec<_>>())?;
    }
    // With an instance go its former objects.
    found = found.iter().map(InstanceAddr::instance).collect();
    found.dedup();
    for addr in &found {
        context.ui.line(format_args!("{verb} {addr}"))?;
    }
    if !args.dry_run {
        let count = found.len();
        context.ui.line(format_args!("Successfully removed {count} resource instance(s)."))?;
    }
    Ok(Exit::Success)
}

/// The objects at or below an address; none is an error.
fn contained(
    context: &mut Context,
    state: &State,
    target: &Target,
) -> Result<Vec<InstanceAddr>, Reported> {
    let found: Vec<_> = state.objects.keys().filter(|a| target.contains(a)).cloned().collect();
    if found.is_empty() {
        return Err(not_found(context, state, &target.to_string()));
    }
    Ok(found)
}

fn not_found(context: &mut Context, state: &State, address: &str) -> Reported {
    let names: Vec<String> = state.objects.keys().map(ToString::to_string).collect();
    let detail = format!("The state has no object with the address {address}.");
    let mut diagnostic = Diagnostic::error("Object not found", detail);
    diagnostic.help = did_you_mean(address, &names);
    context.diagnostics.error(diagnostic)
}

/// What a mark says of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It is to be made anew.
    Taint,
    /// It is as it should be.
    Untaint,
}

/// Marks an object as one to be made anew, or no longer.
pub fn taint(context: &mut Context, args: &TaintArgs, mark: Mark) -> Result<Exit, Stop> {
    let operation = if mark == Mark::Taint { "taint" } else { "untaint" };
    let mut locked = lock_state(context, operation, args.lock.lock_timeout)?;
    let addr = &args.address;
    let Some(stored) = locked.state().objects.get(addr).cloned() else {
        if !args.allow_missing {
            return Err(not_found(context, locked.state(), &addr.to_string()).into());
        }
        let detail = format!("The state has no object with the address {addr}; nothing was done.");
        context.diagnostics.push(Diagnostic::warning("No such resource instance", detail));
        return Ok(Exit::Success);
    };
    let status = match (mark, stored.status) {
        (Mark::Taint, Status::Ready | Status::Tainted) => Status::Tainted,
        (Mark::Untaint, Status::Tainted) => Status::Ready,
        (Mark::Untaint, _) => return Err(not_tainted(context, addr).into()),
        (Mark::Taint, _) => return Err(in_flight(context, addr).into()),
    };
    if status != stored.status {
        let object = Box::new(Stored { status, ..stored });
        record(context, &mut locked, &[Entry::Became { addr: addr.clone(), object }])?;
    }
    let said = match mark {
        Mark::Taint => format!("Resource instance {addr} has been marked as tainted."),
        Mark::Untaint => format!("Resource instance {addr} has been successfully untainted."),
    };
    context.ui.line(said)?;
    Ok(Exit::Success)
}

fn not_tainted(context: &mut Context, addr: &InstanceAddr) -> Reported {
    let detail = format!("{addr} is not currently tainted, and so it cannot be untainted.");
    context.diagnostics.error(Diagnostic::error("Resource instance is not tainted", detail))
}

fn in_flight(context: &mut Context, addr: &InstanceAddr) -> Reported {
    let detail = format!("An earlier run left {addr} in the middle; it cannot be tainted now.");
    let help = "Run \"quorate apply\" first, which goes on with it.";
    let error = Diagnostic::error("Resource instance is in flight", detail);
    context.diagnostics.error(error.help(help))
}

/// Makes facts durable; the state before them stays as a backup.
pub fn record(
    context: &mut Context,
    locked: &mut LockedState,
    entries: &[Entry],
) -> Result<(), Reported> {
    let recorded = locked.record(entries).and_then(|()| locked.fold());
    recorded.map_err(|error| context.diagnostics.error(state_failed(&error)))
}
