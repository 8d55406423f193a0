//! Which flag or command was meant.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue};
use quorate_engine::suggest::nearest;

/// Commands of Terraform that there are not, and what to do instead.
const ELSEWHERE: [(&str, &str); 7] = [
    ("refresh", "to record what was changed outside: quorate apply -refresh-only"),
    ("get", "\"quorate init\" is all there is to prepare; modules are folders or built in"),
    ("providers", "providers are part of the program: quorate version"),
    ("workspace", "a folder, or a backend, for each cluster: quorate -C DIR plan"),
    ("login", "credentials of a backend come from the environment; see \"quorate init -help\""),
    ("logout", "credentials of a backend come from the environment; see \"quorate init -help\""),
    ("test", "conditions are checked by \"quorate validate\" and \"quorate plan\""),
];

/// Has a message about a mistyped flag suggest the nearest one that the command takes; clap would
/// prefer a longer flag that only has letters in common.
pub fn suggest(mut error: clap::Error, root: &clap::Command, line: &[OsString]) -> clap::Error {
    if let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidSubcommand)
        && let Some((_, way)) = ELSEWHERE.iter().find(|(name, _)| name == typed)
    {
        let tip = ContextValue::StyledStrs(vec![(*way).into()]);
        error.insert(ContextKind::Suggested, tip);
        return error;
    }
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
