//! Terraform's flags with one dash, as flags with two.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// The long flags there are, and whether the next argument is their value.
#[derive(Debug, Default)]
pub struct Flags(BTreeMap<String, bool>);

impl Flags {
    /// The flags of a command and all its subcommands, so that no list is kept twice.
    pub fn of(command: &clap::Command) -> Flags {
        let mut flags = Flags::default();
        flags.collect(command);
        flags.0.insert("help".to_owned(), false);
        flags.0.insert("version".to_owned(), false);
        flags
    }

    fn collect(&mut self, command: &clap::Command) {
        for arg in command.get_arguments() {
            let takes_next = arg.get_action().takes_values() && !arg.is_require_equals_set();
            if let Some(long) = arg.get_long() {
                self.0.insert(long.to_owned(), takes_next);
            }
        }
        command.get_subcommands().for_each(|subcommand| self.collect(subcommand));
    }

    /// Whether the argument after this one is its value.
    pub fn takes_next(&self, arg: &OsStr) -> bool {
        let Some(text) = arg.to_str() else { return false };
        if text == "-C" {
            return true;
        }
        let name = text.trim_start_matches('-');
        name.len() < text.len() && self.0.get(name).copied().unwrap_or(false)
    }
}

/// Turns `-flag` and `-flag=value` into `--flag` and `--flag=value`. The program's name, `-C`,
/// one-letter flags, values, and all that follows `--` stay as they are.
pub fn normalize(args: Vec<OsString>, flags: &Flags) -> Vec<OsString> {
    let mut is_value = true;
    let mut ended = false;
    let one = |arg: OsString| {
        ended |= !is_value && arg == "--";
        let keep = is_value || ended;
        is_value = !keep && flags.takes_next(&arg);
        if keep { arg } else { doubled(arg) }
    };
    args.into_iter().map(one).collect()
}

/// One argument with its dash doubled, where it is a long flag with one dash.
///
/// Mistyped flags are doubled too, so that the message about them can suggest the right one.
fn doubled(arg: OsString) -> OsString {
    let Some(text) = arg.to_str() else { return arg };
    let Some(name) = text.strip_prefix('-') else { return arg };
    let long = name.len() > 1 && name.starts_with(|c: char| c.is_ascii_lowercase());
    if long { format!("--{name}").into() } else { arg }
}
