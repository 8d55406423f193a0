//! The command that goes on where a run did not come to its end: with what was typed, as far as it
//! still matters, and without what is secret.

use std::path::Path;

use quorate_engine::addr::{InstanceAddr, ModulePath};
use quorate_engine::apply::Outcome;
use quorate_engine::config::Config;

use crate::args::{ApplyArgs, Assignment, WorkArgs};
use crate::view::progress::Command;

/// What stands for a value that is not repeated.
const WITHHELD: &str = "...";

/// The command for a shell.
pub fn command(
    command: Command,
    args: &ApplyArgs,
    chdir: Option<&Path>,
    config: &Config,
    outcome: &Outcome,
) -> String {
    let folder = chdir.map(|dir| format!("-C {}", word(&dir.display().to_string())));
    // The state has moved, so the plan in the file cannot be applied any more.
    let name = if args.file.is_some() { "plan -out=FILE" } else { command.name() };
    let parts = ["quorate".to_owned()].into_iter().chain(folder).chain([name.to_owned()]);
    parts.chain(options(&args.work, config, outcome)).collect::<Vec<_>>().join(" ")
}

fn options(work: &WorkArgs, config: &Config, outcome: &Outcome) -> Vec<String> {
    let variables = work.variables.given.iter().map(|given| assignment(given, config));
    let aim = &work.aim;
    let target = aim.target.iter().map(|target| option("target", &target.to_string()));
    let exclude = aim.exclude.iter().map(|target| option("exclude", &target.to_string()));
    // What was made anew already need not be once more.
    let failed: Vec<&InstanceAddr> = outcome.failed.iter().map(|(addr, _)| addr).collect();
    let is_left = |addr: &&InstanceAddr| {
        failed.contains(addr) || outcome.skipped.contains(addr) || outcome.in_flight.contains(addr)
    };
    let replace = aim.replace.iter().filter(is_left);
    let replace = replace.map(|addr| option("replace", &addr.to_string()));
    let refresh_only = aim.refresh_only.then(|| "-refresh-only".to_owned());
    variables.chain(target).chain(exclude).chain(replace).chain(refresh_only).collect()
}

fn assignment(given: &Assignment, config: &Config) -> String {
    match given {
        Assignment::File(path) => option("var-file", &path.display().to_string()),
        Assignment::Value(text) => {
            let name = text.split('=').next().unwrap_or_default();
            let root = config.modules.get(&ModulePath::default());
            let declared = root.and_then(|root| root.variables.get(name));
            let is_open = declared.is_some_and(|v| !v.sensitive && !v.ephemeral);
            match is_open {
                true => option("var", text),
                false => option("var", &format!("{name}={WITHHELD}")),
            }
        }
    }
}

fn option(name: &str, value: &str) -> String {
    word(&format!("-{name}={value}"))
}

/// A word as a shell takes it.
fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_a_word_as_it_is() {
        for (text, shown) in [
            ("-target=a.b", "-target=a.b"),
            ("-target=a.b[\"c\"]", "'-target=a.b[\"c\"]'"),
            ("-var=a=it's", r"'-var=a=it'\''s'"),
            ("", "''"),
        ] {
            assert_eq!(word(text), shown);
        }
    }
}
