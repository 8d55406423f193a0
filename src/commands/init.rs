//! `quorate init`

use std::fs;
use std::io;
use std::path::Path;

use quorate_engine::config::{Config, Settings};
use quorate_engine::diag::{Diagnostic, Reported};
use quorate_engine::state::{peek, sealed_texts};

use super::{Context, Stop, migrate};
use crate::args::InitArgs;
use crate::backend;
use crate::exit::Exit;
use crate::identity::{self, Place};
use crate::session::registry;
use crate::settings::Places;
use crate::view::page::Tone;

/// Prepares a working directory. Safe to run again.
pub fn run(context: &mut Context, args: &InitArgs) -> Result<Exit, Stop> {
    let config = match is_empty(Path::new(".")) {
        true => None,
        false => Some(context.config()?),
    };
    make_folder(context)?;
    if let Some(config) = &config {
        migrate::settle(context, args, config)?;
    }
    match config.as_ref().map(|config| &config.settings) {
        Some(settings) if !identity::is_own(settings) => check_seal(context, settings)?,
        _ => make_identity(context)?,
    }
    put_result(context, config.as_ref())?;
    Ok(Exit::Success)
}

fn is_empty(dir: &Path) -> bool {
    let Ok(mut entries) = fs::read_dir(dir) else { return false };
    !entries.any(|entry| entry.is_ok_and(|e| e.path().extension().is_some_and(|x| x == "hcl")))
}

/// The working folder keeps itself out of version control: all in it can be made again.
fn make_folder(context: &mut Context) -> Result<(), Reported> {
    let folder = Places::working_folder();
    let made =
        fs::create_dir_all(folder).and_then(|()| fs::write(folder.join(".gitignore"), "*\n"));
    made.map_err(|error| {
        let detail = format!("Making {} failed: {error}.", folder.display());
        context.diagnostics.error(Diagnostic::world("Working folder not made", detail))
    })
}

/// Who can open is named by the configuration, and nothing is to be made.
fn check_seal(context: &mut Context, settings: &Settings) -> Result<(), Reported> {
    context.person(settings)?;
    let Some(identity::Place::File(path)) =
        Place::named(&context.environment, &identity::opening(settings))
    else {
        return Ok(());
    };
    if !path.exists() && context.environment.get(identity::VARIABLE).is_none() {
        let detail = format!(
            "The \"seal\" block names the identity {}, which is not there. Without it nothing can be \
             signed with a CA of the state, and no sensitive output be read.",
            path.display()
        );
        let help = format!(
            "Copy it there, or make one with \"age-keygen -o {}\"; or leave \"identity\" out to use \
             your own.",
            path.display()
        );
        context.diagnostics.push(Diagnostic::warning("Identity missing", detail).help(help));
    }
    Ok(())
}

fn make_identity(context: &mut Context) -> Result<(), Stop> {
    if context.environment.get(identity::VARIABLE).is_some() {
        return Ok(());
    }
    let Some(path) = identity::own_file(&context.environment) else {
        let detail = "HOME is not set, so there is no place for an identity to seal secrets with.";
        context.diagnostics.push(Diagnostic::warning("No identity made", detail));
        return Ok(());
    };
    match identity::make(&path) {
        Ok(recipient) => {
            put_identity(context, &path, &recipient)?;
            warn_of_older_seal(context);
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => {
            let detail = format!("Making {} failed: {error}.", path.display());
            let diagnostic = Diagnostic::world("Identity not made", detail);
            Err(context.diagnostics.error(diagnostic).into())
        }
    }
}

/// A new identity opens nothing of a state that is there already.
fn warn_of_older_seal(context: &mut Context) {
    let backend = backend::of_folder(context);
    // What is wrong with the state is for other commands to say.
    let state = backend.ok().and_then(|backend| peek(&*backend).ok()).unwrap_or_default();
    if sealed_texts(&state, &registry()).next().is_none() {
        return;
    }
    let detail = "The state has secrets that were sealed before, for others than the new identity, \
                  which opens none of them.";
    let help = "If you have the identity that they were sealed for, put it in the place of the new \
                one, or name it with QUORATE_IDENTITY; or have somebody who can open them run \
                \"quorate state reseal\" with your recipient in the \"seal\" block.";
    context.diagnostics.push(Diagnostic::warning("State sealed for others", detail).help(help));
}

fn put_identity(context: &mut Context, path: &Path, recipient: &str) -> io::Result<()> {
    let mut page = context.ui.page();
    page.line(format!(
        "Made an identity that seals the secrets in the state:\n  {}",
        path.display()
    ))?;
    page.line(format!("Its public recipient is:\n  {recipient}"))?;
    page.gap()?;
    page.prose(
        "Keep a copy of this file in a safe place: without it the keys of certificate authorities \
         in the state cannot be opened by anyone.",
    )?;
    page.gap()
}

fn put_result(context: &mut Context, config: Option<&Config>) -> io::Result<()> {
    let mut page = context.ui.page();
    if config.is_none() {
        page.line(page.paint(Tone::Bold, "Quorate initialized in an empty directory!"))?;
        page.gap()?;
        return page.prose("Write a configuration into a file with the ending .hcl to begin.");
    }
    page.line(page.paint(Tone::Add, "Quorate has been successfully initialized!"))?;
    page.gap()?;
    page.prose(
        "Try \"quorate plan\" to see any changes that are required for your hosts. All commands \
         should now work.",
    )
}
