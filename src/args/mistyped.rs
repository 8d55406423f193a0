//! Which flag was meant.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue};
use quorate_engine::suggest::nearest;

/// Has a message about a mistyped flag suggest the nearest one that the command takes; clap would
/// prefer a longer flag that only has letters in common.
pub fn suggest(mut error: clap::Error, root: &clap::Command, line: &[OsString]) -> clap::Error {
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    let typed = typed.trim_start_matches('-').split('=').next().unwrap_or_default();
    let taken = [root, named(root, line)].into_iter().flat_map(clap::Command::get_arguments);
    let taken: Vec<&str> = taken.filter_map(clap::Arg::get_long).collect();
    if let Some(flag) = nearest(typed, taken) {
        let flag = ContextValue::String(format!("--{flag}"));
        error.insert(ContextKind::SuggestedArg, flag);
    }
    error
}

/// The subcommand that a line of arguments names.
fn named<'a>(root: &'a clap::Command, line: &[OsString]) -> &'a clap::Command {
    line.iter().skip(1).fold(root, |at, arg| at.find_subcommand(arg).unwrap_or(at))
}
