//! `quorate import`

use std::collections::BTreeMap;

use quorate_engine::addr::{InstanceAddr, Mode};
use quorate_engine::diag::{Diagnostic, Reported};
use quorate_engine::plan::{Aim, Extent, Planning, Target};
use quorate_engine::state::LockedState;

use super::edit::record;
use super::plan::progress;
use super::{Context, Stop, runtime};
use crate::args::ImportArgs;
use crate::exit::Exit;
use crate::session::Session;
use crate::view::text::clean;

/// Has the state take over an object that exists.
pub fn run(context: &mut Context, args: &ImportArgs) -> Result<Exit, Stop> {
    let addr = &args.address;
    if addr.block.mode == Mode::Data {
        let detail = "A managed resource address is required. Importing into a data resource is \
                      not allowed.";
        return Err(context.diagnostics.error(Diagnostic::error("Invalid address", detail)).into());
    }
    let session = Session::open(context, &args.variables)?;
    refuse_undeclared(context, &session, addr)?;
    let mut locked = session.lock(context, "import", args.lock.lock_timeout)?;
    refuse_known(context, &locked, addr)?;
    let id = clean(&args.id);
    context.ui.line(format_args!("{addr}: Importing from ID \"{id}\"..."))?;
    let planning = plan(context, &session, &locked, args)?;
    let entry = session.taken_over(context, &planning, addr)?;
    record(context, &mut locked, &[entry])?;
    context.ui.line(format_args!("{addr}: Import complete [id={id}]"))?;
    context.ui.line("")?;
    context.ui.line("Import successful!")?;
    context.ui.line("")?;
    context.ui.line(
        "The object is now in the state. Run \"quorate plan\" to see what differs from the \
         configuration.",
    )?;
    Ok(Exit::Success)
}

/// Plans for the one object, which is looked at as a plan looks at all.
fn plan(
    context: &mut Context,
    session: &Session,
    locked: &LockedState,
    args: &ImportArgs,
) -> Result<Planning, Stop> {
    let target = Target::from(args.address.clone());
    let aim = Aim {
        extent: Extent::Only(vec![target]),
        import: BTreeMap::from([(args.address.clone(), args.id.as_str().into())]),
        ..Aim::default()
    };
    let events = progress(context)?;
    let runtime = runtime(context)?;
    let made = runtime.block_on(async {
        let made = session.plan(locked.state(), &aim, &*events, &mut context.diagnostics).await;
        events.end();
        session.close().await;
        made
    })?;
    Ok(made.planning)
}

fn refuse_undeclared(
    context: &mut Context,
    session: &Session,
    addr: &InstanceAddr,
) -> Result<(), Reported> {
    let module = session.inputs.config.modules.get(&addr.module.path());
    if module.is_some_and(|module| module.blocks.contains_key(&addr.block)) {
        return Ok(());
    }
    let place = match addr.module.0.is_empty() {
        true => "the root module".to_owned(),
        false => addr.module.path().to_string(),
    };
    let detail = format!("The resource address {addr} does not exist in the configuration.");
    let help = format!(
        "Before importing this resource, please create its configuration in {place}. For \
         example:\n\nresource {:?} {:?} {{\n  # (resource arguments)\n}}",
        addr.block.kind, addr.block.name
    );
    let summary = "Configuration for import target does not exist";
    Err(context.diagnostics.error(Diagnostic::error(summary, detail).help(help)))
}

fn refuse_known(
    context: &mut Context,
    locked: &LockedState,
    addr: &InstanceAddr,
) -> Result<(), Reported> {
    if !locked.state().objects.contains_key(addr) {
        return Ok(());
    }
    let detail = format!(
        "Quorate is already managing an object for {addr}. To import to this address you must \
         first remove the existing object from the state."
    );
    let help = format!("Run: quorate state rm '{addr}'");
    let summary = "Resource already managed by Quorate";
    Err(context.diagnostics.error(Diagnostic::error(summary, detail).help(help)))
}
