//! `quorate completion`, `quorate man`, and what the scripts of shells ask.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;

use clap::CommandFactory as _;
use quorate_engine::diag::{Diagnostic, Diagnostics};
use quorate_engine::source::Sources;

use super::{Context, Stop};
use crate::args::Args;
use crate::args::completion::{Known, Shell, candidates, folder};
use crate::exit::Exit;
use crate::session::peek;
use crate::ui::Ui;

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

/// What the state of the folder knows; nothing where it cannot be read.
fn known() -> Known {
    let mut context = Context {
        environment: std::env::vars_os().collect(),
        ui: Ui::new(std::io::sink(), std::io::sink(), None),
        sources: Sources::default(),
        diagnostics: Diagnostics::default(),
    };
    let Ok(state) = peek(&mut context) else { return Known::default() };
    Known {
        addresses: state.objects.keys().map(ToString::to_string).collect(),
        outputs: state.outputs.keys().map(ToString::to_string).collect(),
    }
}
