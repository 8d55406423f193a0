//! `quorate state`: what shows, saves and puts back.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use quorate_engine::addr::InstanceAddr;
use quorate_engine::diag::{Diagnostic, Reported};
use quorate_engine::state::{Overwrite, State, StoreError, parse, peek, render};
use quorate_engine::suggest::did_you_mean;
use quorate_engine::value::Value;

use super::stored::Snapshot;
use super::{Context, Stop, edit, reseal};
use crate::args::StateCommand;
use crate::backend;
use crate::exit::Exit;
use crate::session::state_failed;
use crate::view::json::object_json;
use crate::view::state::put_object;

/// Runs a subcommand.
pub fn run(context: &mut Context, command: &StateCommand) -> Result<Exit, Stop> {
    match command {
        StateCommand::List { addresses, id } => list(context, addresses, id.as_deref()),
        StateCommand::Mv(args) => edit::mv(context, args),
        StateCommand::Rm(args) => edit::rm(context, args),
        StateCommand::Reseal(args) => reseal::run(context, args),
        StateCommand::Pull => pull(context),
        StateCommand::Push { file, force, lock_timeout } => {
            let overwrite = if *force { Overwrite::Forced } else { Overwrite::WhereNewer };
            push(context, file, overwrite, *lock_timeout)
        }
        StateCommand::Show { address, json } => show(context, address, *json),
    }
}

fn pull(context: &mut Context) -> Result<Exit, Stop> {
    let backend = backend::of_folder(context)?;
    let failed = |error: StoreError| state_failed(&error);
    let state = peek(&*backend).map_err(|error| context.diagnostics.error(failed(error)))?;
    // Where there never was a state there is nothing to write.
    if state != State::default() {
        context.ui.out.write_all(&render(&state)?)?;
    }
    Ok(Exit::Success)
}

fn push(
    context: &mut Context,
    file: &Path,
    overwrite: Overwrite,
    patience: Duration,
) -> Result<Exit, Stop> {
    let text = read(file).map_err(|error| {
        let detail = format!("Reading {} failed: {error}.", file.display());
        context.diagnostics.error(Diagnostic::error("State not read", detail))
    })?;
    let next = parse(&text, &file.display().to_string());
    let next = next.map_err(|error| context.diagnostics.error(not_read(file, &error)))?;
    let backend = backend::of_folder(context)?;
    let lock = match overwrite {
        Overwrite::WhereNewer => backend::lock,
        Overwrite::Forced => backend::lock_to_replace,
    };
    let mut locked = lock(context, backend, "state push", patience)?;
    if let Some(aside) = locked.aside() {
        let detail = format!("What could not be used as a state is kept as {}.", aside.display());
        context.diagnostics.push(Diagnostic::warning("Damaged state kept", detail));
    }
    let pushed = locked.push(next, overwrite).and_then(|()| locked.release());
    pushed.map_err(|error| context.diagnostics.error(state_failed(&error)))?;
    Ok(Exit::Success)
}

/// What a file is that cannot be pushed.
fn not_read(file: &Path, error: &StoreError) -> Diagnostic {
    match error {
        StoreError::Corrupt { reason, .. } => {
            let detail = format!("{} cannot be used as a state: {reason}.", file.display());
            Diagnostic::error("State not read", detail)
        }
        error => state_failed(error),
    }
}

fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    if file == Path::new("-") {
        let mut text = Vec::new();
        std::io::stdin().read_to_end(&mut text)?;
        return Ok(text);
    }
    std::fs::read(file)
}

fn list(context: &mut Context, addresses: &[String], id: Option<&str>) -> Result<Exit, Stop> {
    let snapshot = Snapshot::read(context)?;
    let names = snapshot.instances();
    for address in addresses {
        if !names.iter().any(|name| is_below(name, address)) {
            return Err(unknown(context, &names, address).into());
        }
    }
    let has_id = |index: usize| {
        let own = snapshot.objects.get(index).and_then(|object| object.value.attr("id"));
        id.is_none() || own.and_then(Value::as_str) == id
    };
    let wanted = |name: &str| {
        addresses.is_empty() || addresses.iter().any(|address| is_below(name, address))
    };
    let mut shown = (snapshot.objects.iter().enumerate())
        .filter(|(index, _)| has_id(*index))
        .map(|(_, object)| object.addr.instance().to_string())
        .filter(|name| wanted(name))
        .collect::<Vec<_>>();
    // The objects of one instance stand beside each other.
    shown.dedup();
    shown.iter().try_for_each(|name| context.ui.line(name))?;
    Ok(Exit::Success)
}

/// Whether an address is the other one or a part of it: `module.a` has `module.a.b.c[0]`.
fn is_below(name: &str, address: &str) -> bool {
    let rest = name.strip_prefix(address);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

fn show(context: &mut Context, address: &str, json: bool) -> Result<Exit, Stop> {
    let addr: InstanceAddr = address.parse().map_err(|error| {
        let detail = format!("{error}.");
        let diagnostic = Diagnostic::error("Invalid address", detail);
        context.diagnostics.error(diagnostic.help("\"quorate state list\" lists all addresses."))
    })?;
    let snapshot = Snapshot::read(context)?;
    let Some(object) = snapshot.find(&addr) else {
        let names = snapshot.instances();
        return Err(unknown(context, &names, address).into());
    };
    if json {
        let text = object_json(&object.addr, object.schema_version, &object.value);
        context.ui.line(format_args!("{text:#}"))?;
    } else {
        put_object(&mut context.ui.page(), &object.addr, object.status, &object.value)?;
    }
    Ok(Exit::Success)
}

fn unknown(context: &mut Context, names: &[String], address: &str) -> Reported {
    let detail = format!("The state has no object with the address {address}.");
    let mut diagnostic = Diagnostic::error("Object not found", detail);
    diagnostic.help = did_you_mean(address, names);
    context.diagnostics.error(diagnostic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_what_is_below_it() {
        for (name, address, below) in [
            ("module.a.b.c[0]", "module.a", true),
            ("a.b[0]", "a.b", true),
            ("a.b", "a.b", true),
            ("a.bc", "a.b", false),
            ("module.ab.c.d", "module.a", false),
        ] {
            assert_eq!(is_below(name, address), below, "{name} {address}");
        }
    }
}
