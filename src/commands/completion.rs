//! `quorate completion`, `quorate man`, and what the scripts of shells ask.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;

use clap::CommandFactory as _;
use quorate_engine::diag::Diagnostic;
use quorate_engine::state::{State, peek};
use quorate_providers::backend::Kind;

use super::{Context, Stop};
use crate::args::Args;
use crate::args::completion::{Known, Shell, candidates, folder};
use crate::backend::{Chosen, connect};
use crate::exit::Exit;

/// Prints the script of a shell.
pub fn run(context: &mut Context, shell: Shell) -> Result<Exit, Stop> {
    write!(context.ui.out, "{}", shell.script())?;
    Ok(Exit::Success)
}

/// Writes the manual: a page for the program and one for each command.
pub fn man(context: &mut Context, dir: &Path) -> Result<Exit, Stop> {
    let written =
        std::fs::create_dir_all(dir).and_then(|()| clap_mangen::generate_to(Args::command(), dir));
    match written {
        Ok(()) => Ok(Exit::Success),
        Err(error) => {
            let detail = format!("Writing the manual to {} failed: {error}.", dir.display());
            Err(context.diagnostics.error(Diagnostic::error("Manual not written", detail)).into())
        }
    }
}

/// Answers a script: what can stand at the word of an index, one candidate a line.
pub fn answer(mut asked: impl Iterator<Item = OsString>) -> Vec<String> {
    let index = asked.next().and_then(|index| index.to_str()?.parse().ok()).unwrap_or_default();
    let words: Vec<OsString> = asked.collect();
    if let Some(dir) = folder(&words) {
        // A folder that is not there has no names to offer.
        let _ = std::env::set_current_dir(dir);
    }
    candidates(words, index, &known())
}

/// What the state of the folder knows; nothing where it cannot be read without asking a network,
/// which no one who presses a key waits for.
fn known() -> Known {
    let Some(state) = local_state() else { return Known::default() };
    Known {
        addresses: state.objects.keys().map(|addr| addr.instance().to_string()).collect(),
        outputs: state.outputs.keys().map(ToString::to_string).collect(),
    }
}

fn local_state() -> Option<State> {
    let chosen = Chosen::read().ok().filter(|chosen| chosen.settings.kind() == Kind::Local)?;
    let backend = connect(&std::env::vars_os().collect(), &chosen.settings).ok()?;
    peek(&*backend).ok()
}
