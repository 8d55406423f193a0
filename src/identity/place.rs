//! Where the identity is that opens sealed secrets.

use std::fs;
use std::path::{Path, PathBuf};

use quorate_engine::config::Opening;
use quorate_engine::diag::Diagnostic;
use quorate_providers::seal::Unsealer;
use zeroize::Zeroizing;

use super::VARIABLE;
use super::passphrase::Passphrase;
use crate::settings::Environment;

/// How the text of an identity begins.
const SECRET_PREFIX: &str = "AGE-SECRET-KEY-";

/// Where the identity is.
#[derive(Clone)]
pub enum Place {
    /// In a file.
    File(PathBuf),
    /// In the environment.
    Text(Zeroizing<String>),
    /// Nowhere: not even the folder for it is known.
    Nowhere,
}

impl Place {
    /// Where to look: the environment, or the person's own file.
    pub fn of(environment: &Environment) -> Place {
        Place::given(environment)
            .or_else(|| own_file(environment).map(Place::File))
            .unwrap_or(Place::Nowhere)
    }

    /// Where to look with a configuration: the file that its `seal` block names stands in for the
    /// person's own, and the environment goes before both.
    pub fn with(environment: &Environment, opening: &Opening) -> Place {
        let named = Place::named(environment, opening);
        Place::given(environment).or(named).unwrap_or_else(|| Place::of(environment))
    }

    /// What the environment says.
    pub fn given(environment: &Environment) -> Option<Place> {
        let given = environment.get(VARIABLE)?.to_string_lossy().into_owned();
        Some(match given.trim_start().starts_with(SECRET_PREFIX) {
            true => Place::Text(Zeroizing::new(given)),
            false => Place::File(given.into()),
        })
    }

    /// What the `seal` block says.
    pub fn named(environment: &Environment, opening: &Opening) -> Option<Place> {
        let identity = opening.identity.as_ref()?;
        Some(Place::File(environment.path(identity)))
    }

    /// The place in words, for messages.
    pub fn told(&self) -> String {
        match self {
            Place::File(path) => path.display().to_string(),
            Place::Text(_) => VARIABLE.to_owned(),
            Place::Nowhere => "nowhere".to_owned(),
        }
    }

    /// What opens with the identity there. `passphrase` opens the identity, where it is sealed itself.
    pub fn unsealer(&self, passphrase: &Passphrase) -> Result<Unsealer, Box<Diagnostic>> {
        let text = self.find()?.ok_or_else(|| match self {
            Place::File(path) => missing(&format!("There is no file {}.", path.display())),
            _ => missing("HOME is not set, so there is no place to look for it."),
        })?;
        let wrong = |error| {
            let detail = format!("The identity in {}: {error}.", self.told());
            let help = "An identity is a line that begins with AGE-SECRET-KEY-1, as \"quorate init\" \
                        and age-keygen make them.";
            Box::new(Diagnostic::error("Unusable identity", detail).help(help))
        };
        if !quorate_providers::seal::is_sealed(&text) {
            return Unsealer::with_identities(&text).map_err(wrong);
        }
        let opened = passphrase.unsealer()?.unseal(&text).map_err(wrong)?;
        Unsealer::with_identities(&String::from_utf8_lossy(&opened)).map_err(wrong)
    }

    /// The text of the identity, if there is one.
    pub fn find(&self) -> Result<Option<Zeroizing<String>>, Box<Diagnostic>> {
        match self {
            Place::Text(text) => Ok(Some(text.clone())),
            Place::Nowhere => Ok(None),
            Place::File(path) => read(path),
        }
    }
}

/// A file with a secret, if it is there.
pub fn read(path: &Path) -> Result<Option<Zeroizing<String>>, Box<Diagnostic>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let detail = format!("Reading {} failed: {error}.", path.display());
            Err(Box::new(Diagnostic::world("Identity not readable", detail)))
        }
    }
}

/// `~/.config/quorate/identity.txt`
pub fn own_file(environment: &Environment) -> Option<PathBuf> {
    Some(environment.config_home()?.join("quorate/identity.txt"))
}

fn missing(why: &str) -> Box<Diagnostic> {
    let detail = format!("Secrets in the state are sealed for an identity. {why}");
    let help = format!(
        "Set {VARIABLE} to the file of the identity that the state was sealed for. Where nothing was \
         sealed yet, \"quorate init\" makes one."
    );
    Box::new(Diagnostic::error("Identity missing", detail).help(help))
}
