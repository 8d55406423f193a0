//! Completion in shells: commands, flags, and the names that the state of the folder knows.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::{CommandFactory, ValueEnum};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, complete};

use super::Args;
use super::normalize::{Flags, normalize};

/// The hidden first argument by which the scripts ask.
pub const ASK: &str = "__complete";

/// Arguments that are addresses of objects.
const ADDRESSES: [&str; 7] =
    ["address", "addresses", "destination", "exclude", "replace", "source", "target"];

/// A shell that completion works in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// GNU Bash, 4 or newer.
    Bash,
    /// The Z shell.
    Zsh,
    /// fish.
    Fish,
}

impl Shell {
    /// The script that makes the shell ask.
    pub fn script(self) -> &'static str {
        match self {
            Shell::Bash => include_str!("completion/bash.sh"),
            Shell::Zsh => include_str!("completion/zsh.sh"),
            Shell::Fish => include_str!("completion/fish.fish"),
        }
    }
}

/// What a state knows, to choose from.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Addresses of objects.
    pub addresses: Vec<String>,
    /// Names of outputs.
    pub outputs: Vec<String>,
}

/// The folder that `-C` names in a line that is being typed.
pub fn folder(words: &[OsString]) -> Option<&Path> {
    let text = |word: &'_ OsString| word.to_str().map(str::to_owned);
    words.iter().enumerate().find_map(|(index, word)| match text(word)?.as_str() {
        "-C" | "-chdir" | "--chdir" => words.get(index + 1).map(|dir| Path::new(dir.as_os_str())),
        "" => None,
        _ => word.to_str()?.trim_start_matches('-').strip_prefix("chdir=").map(Path::new),
    })
}

/// What can stand at the word of an index in a line, the program's name being word 0.
pub fn candidates(words: Vec<OsString>, index: usize, known: &Known) -> Vec<String> {
    let mut command = completing(Args::command(), known);
    let single = words.get(index).is_some_and(|word| is_single(word));
    // Flags are for who begins one: elsewhere they would keep the shell from offering files.
    let is_flag = words.get(index).is_some_and(|word| word.as_encoded_bytes().starts_with(b"-"));
    let words = normalize(words, &Flags::of(&command));
    // A mistake in a half-typed line is no reason to disturb whoever types it.
    let found = complete(&mut command, words, index, None).unwrap_or_default();
    let text = |candidate: CompletionCandidate| {
        let text = candidate.get_value().to_string_lossy().into_owned();
        // What was begun with one dash goes on with one.
        if single && text.starts_with("--") { text[1..].to_owned() } else { text }
    };
    let shown = found.into_iter().filter(|candidate| !candidate.is_hide_set()).map(text);
    shown.filter(|text| is_flag || !text.starts_with('-')).collect()
}

fn is_single(word: &OsStr) -> bool {
    word.to_str().is_some_and(|text| text.starts_with('-') && !text.starts_with("--"))
}

/// The command with what the state knows at each argument that names it.
fn completing(mut command: clap::Command, known: &Known) -> clap::Command {
    let outputs = command.get_name() == "output";
    let names: Vec<_> = command.get_arguments().map(|arg| arg.get_id().to_string()).collect();
    for name in names {
        let choices = match name.as_str() {
            "name" if outputs => &known.outputs,
            name if ADDRESSES.contains(&name) => &known.addresses,
            _ => continue,
        };
        let choices = choices.clone();
        let choose = move |typed: &OsStr| matching(&choices, typed);
        command = command.mut_arg(name, |arg| arg.add(ArgValueCompleter::new(choose)));
    }
    let subcommands: Vec<_> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    for name in subcommands {
        command = command.mut_subcommand(name, |subcommand| completing(subcommand, known));
    }
    command
}

/// The choices that go on from what was typed, quoted where a shell would take them apart.
fn matching(choices: &[String], typed: &OsStr) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let typed = typed.trim_start_matches(['\'', '"']).replace("\\\"", "\"");
    let matches = choices.iter().filter(|choice| choice.starts_with(&*typed));
    let quoted = |choice: &String| match choice.contains(['"', '[', ' ', '$', '\'']) {
        true => format!("'{}'", choice.replace('\'', r"'\''")),
        false => choice.clone(),
    };
    matches.map(|choice| CompletionCandidate::new(quoted(choice))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(line: &str) -> Vec<String> {
        let known = Known {
            addresses: vec!["a.b".into(), "module.m.a.c[\"x\"]".into()],
            outputs: vec!["endpoints".into(), "hosts".into()],
        };
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let index = words.len() - 1;
        candidates(words, index, &known)
    }

    #[test]
    fn commands_flags_addresses_and_outputs_are_offered() {
        for (line, expected) in [
            ("quorate val", vec!["validate"]),
            ("quorate plan -detailed", vec!["-detailed-exitcode"]),
            ("quorate plan --detailed", vec!["--detailed-exitcode"]),
            ("quorate state show a", vec!["a.b"]),
            ("quorate state show 'mod", vec!["'module.m.a.c[\"x\"]'"]),
            ("quorate output end", vec!["endpoints"]),
            ("quorate -C dir output ho", vec!["hosts"]),
            ("quorate output endpoints ", vec![]),
            // Here the shell offers files.
            ("quorate show ", vec![]),
            ("quorate plan -out=", vec![]),
            ("quorate state push ", vec![]),
        ] {
            assert_eq!(offered(line), expected, "{line}");
        }
        assert!(offered("quorate ").contains(&"apply".to_owned()));
    }

    #[test]
    fn the_folder_is_the_one_that_the_line_names() {
        for (line, dir) in [
            ("quorate plan", None),
            ("quorate -C x plan", Some("x")),
            ("quorate -chdir=x/y plan", Some("x/y")),
            ("quorate --chdir z", Some("z")),
        ] {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(folder(&words), dir.map(Path::new), "{line}");
        }
    }
}
