//! What a failure of the store is to a person: what happened, and what to do next.

use std::path::{Path, PathBuf};

use quorate_engine::diag::Diagnostic;
use quorate_engine::state::{Backup, StoreError};

/// What a failure of the store is to a person.
pub fn state_failed(error: &StoreError) -> Diagnostic {
    let mut detail = format!("{}.", capitalised(&error.to_string()));
    if let Some(source) = std::error::Error::source(error) {
        detail = format!("{} {source}.", detail.trim_end_matches('.').to_owned() + ":");
    }
    match error {
        StoreError::Locked { .. } => Diagnostic::world("State locked", detail)
            .help(
                "Wait for it to end, or give a time to wait with -lock-timeout=5m. A lock whose \
                 holder is dead is taken away with \"quorate force-unlock ID\".",
            ),
        StoreError::Newer { .. } => Diagnostic::error("State of a newer version", detail)
            .help("Use the version of Quorate that wrote it, or a newer one."),
        StoreError::Corrupt { backup, .. } => {
            Diagnostic::world("State not usable", detail).help(put_back(backup.as_ref()))
        }
        StoreError::DamagedJournal { path, sound, .. } => {
            Diagnostic::world("Journal damaged", detail).help(without(path, *sound))
        }
        StoreError::ForeignJournal { path, .. } => {
            Diagnostic::world("Journal of another state", detail).help(format!(
                "Put back the state that it continues:\n  quorate state push -force FILE\nTo go on without \
                 the journal, put it aside:\n{}\n{LOST}",
                aside(path)
            ))
        }
        StoreError::Missing { .. } => Diagnostic::world("State missing", detail).help(
            "Put the state back, from a copy or its backup (.backup), and run again:\n  quorate \
             state push -force FILE\nRemove the journal only if nothing that it speaks of exists \
             any more.",
        ),
        StoreError::Io { .. } | StoreError::Backend { .. } => {
            Diagnostic::world("State not accessible", detail)
        }
        StoreError::Changed { .. } => Diagnostic::world("State has changed", detail).help(
            "Somebody else wrote it, although it was locked, or not. Nothing is lost: what this run \
             did stays in its journal. Run the command again.",
        ),
        StoreError::Elsewhere { run, .. } => Diagnostic::world("Run not ended", detail).help(format!(
            "Run any command in that folder, which saves what the run did; or copy the journal from \
             there into this directory. If that machine is lost, so is what only it knew: \
             \"quorate force-unlock -journal-lost {}\" goes on without it.",
            run.id
        )),
        StoreError::NotUnlocked { .. } => Diagnostic::error("Nothing unlocked", detail),
        StoreError::Refused { .. } => Diagnostic::error("State not replaced", detail),
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

/// What to do about a state that cannot be used.
fn put_back(backup: Option<&Backup>) -> String {
    let way = match backup {
        Some(Backup { path, serial, objects }) => format!(
            "The state before the last change (serial {serial}, {objects} objects) is its backup. To \
             put it back:\n  quorate state push -force {}\nIf you have a later copy, push that.",
            shell_word(path)
        ),
        None => "There is no backup beside it. Put a copy back with \"quorate state push -force \
                 FILE\"."
            .to_owned(),
    };
    format!(
        "{way} What cannot be used now is kept beside it (.damaged). The plan after that compares \
         with the hosts. Remove the state only if nothing was ever applied."
    )
}

/// What becomes of objects that only a journal knew.
const LOST: &str = "Objects that only the journal knew of then stand on their hosts and in no state: \
                    the next plan is to make them, and takes over those that are as wanted.";

/// What to do about a damaged journal.
fn without(path: &Path, sound: usize) -> String {
    let aside = aside(path);
    if sound == 0 {
        return format!(
            "Nothing was changed, and the journal stays as it is. Put it back from a copy, or go on \
             without it:\n{aside}\n{LOST}"
        );
    }
    let (from, to) = (shell_word(&damaged(path)), shell_word(path));
    format!(
        "Nothing was changed, and the journal stays as it is. To go on with what its first {sound} \
         lines say, which are sound:\n{aside} && head -n {sound} {from} > {to}\nTo go on without \
         it:\n{aside}\n{LOST}"
    )
}

/// The command that puts a journal aside.
fn aside(path: &Path) -> String {
    format!("  mv {} {}", shell_word(path), shell_word(&damaged(path)))
}

/// A free name beside it: an earlier one that was put aside stays, too.
fn damaged(path: &Path) -> PathBuf {
    let named = |extension: String| {
        let mut name = path.as_os_str().to_owned();
        name.push(extension);
        PathBuf::from(name)
    };
    let further = (2..).map(|n| named(format!(".damaged.{n}")));
    let mut all = std::iter::once(named(".damaged".to_owned())).chain(further);
    all.find(|name| !name.exists()).unwrap_or_default()
}

/// A path as a shell takes it.
fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text,
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_held_says_what_to_do() {
        let error = StoreError::Locked { path: "s.json".into(), holder: None };
        let diagnostic = state_failed(&error);
        assert_eq!(diagnostic.detail, "The state s.json is locked.");
        assert!(diagnostic.help.is_some_and(|help| help.contains("-lock-timeout")));
    }
}
