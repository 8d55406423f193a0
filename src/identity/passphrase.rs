//! The passphrase that opens and seals, where there is one instead of an identity.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use quorate_engine::config::{self, Opening};
use quorate_engine::diag::Diagnostic;
use quorate_providers::seal::{Sealer, Unsealer};
use zeroize::Zeroizing;

use super::place;
use crate::settings::Environment;
use crate::ui::{ask_secret, can_ask_secret};

/// Holds the passphrase itself.
pub const VARIABLE: &str = "QUORATE_PASSPHRASE";

type Answer = Result<Zeroizing<String>, Box<Diagnostic>>;

/// Where the passphrase comes from: the environment, a file, or a person, who is asked once.
pub struct Passphrase {
    given: Option<Zeroizing<String>>,
    file: Option<PathBuf>,
    may_ask: bool,
    answer: OnceLock<Answer>,
}

/// What a passphrase is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    /// A mistake shows at once.
    Opening,
    /// A mistake would lock everybody out, so it is typed twice.
    Sealing,
}

impl Passphrase {
    /// Where the environment and the `seal` block say it is.
    pub fn of(environment: &Environment, opening: &Opening) -> Passphrase {
        let file = match &opening.passphrase {
            Some(config::Passphrase::File(file)) => Some(environment.path(file)),
            _ => None,
        };
        Passphrase { file, ..Passphrase::around(environment) }
    }

    /// Where the environment says it is.
    pub fn around(environment: &Environment) -> Passphrase {
        let given = environment.get(VARIABLE).map(|text| text.to_string_lossy().into_owned());
        Passphrase {
            given: given.map(Zeroizing::new),
            file: None,
            may_ask: environment.may_ask(),
            answer: OnceLock::new(),
        }
    }

    /// All that can be had without asking, the environment's first.
    pub fn at_hand(&self) -> Result<Vec<Zeroizing<String>>, Box<Diagnostic>> {
        let file = match &self.file {
            Some(path) if self.given.is_none() || path.exists() => Some(first_line(path)?),
            _ => None,
        };
        Ok(self.given.iter().cloned().chain(file).collect())
    }

    /// Whether only a person can give it, and there is one.
    pub fn is_asked_for(&self) -> bool {
        self.given.is_none() && self.file.is_none() && self.may_ask && can_ask_secret()
    }

    /// What opens with it.
    pub fn unsealer(&self) -> Result<Unsealer, Box<Diagnostic>> {
        let text = self.get(For::Opening)?;
        Unsealer::with_passphrase(text).map_err(|error| unusable(&error))
    }

    /// What seals under it.
    pub fn sealer(&self) -> Result<Sealer, Box<Diagnostic>> {
        let text = self.get(For::Sealing)?;
        Sealer::with_passphrase(text).map_err(|error| unusable(&error))
    }

    fn get(&self, purpose: For) -> Result<&str, Box<Diagnostic>> {
        let found = || match self.at_hand()?.into_iter().next() {
            Some(text) => Ok(text),
            None if self.may_ask => ask(purpose),
            None => Err(missing()),
        };
        self.answer.get_or_init(found).as_ref().map(|text| text.as_str()).map_err(Clone::clone)
    }
}

fn ask(purpose: For) -> Answer {
    let asked = |question| {
        let unreadable = |error| {
            let detail = format!("Reading the passphrase failed: {error}.");
            Box::new(Diagnostic::world("Passphrase not readable", detail))
        };
        ask_secret(question).map_err(unreadable)?.ok_or_else(missing)
    };
    let first = asked("Passphrase of the state's seal: ")?;
    if purpose == For::Sealing && *asked("The same once more: ")? != *first {
        let detail = "The two passphrases differ. Nothing was sealed.";
        return Err(Box::new(Diagnostic::error("Passphrase not clear", detail)));
    }
    Ok(first)
}

/// A passphrase is one line; how the line ends is not part of it.
pub fn first_line(path: &Path) -> Answer {
    let text = place::read(path)?.ok_or_else(|| {
        let detail =
            format!("There is no file {} with the passphrase of the seal.", path.display());
        Box::new(Diagnostic::error("Passphrase missing", detail).help(HELP))
    })?;
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

const HELP: &str = "Set QUORATE_PASSPHRASE, name a file with passphrase_file in the \"seal\" block, or \
                    run the command in a terminal.";

fn missing() -> Box<Diagnostic> {
    let detail = "Secrets in the state are sealed under a passphrase. None was given, and there is no \
                  terminal to ask at, or asking was turned off.";
    Box::new(Diagnostic::error("Passphrase missing", detail).help(HELP))
}

fn unusable(error: &dyn std::fmt::Display) -> Box<Diagnostic> {
    Box::new(Diagnostic::error("Unusable passphrase", format!("For the seal: {error}.")).help(HELP))
}
