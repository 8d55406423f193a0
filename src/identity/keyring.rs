//! Everything at hand that could open a secret, for sealing a state anew: what it is sealed for now
//! need not be what the configuration says.

use std::cell::OnceCell;
use std::path::Path;

use quorate_engine::config::Settings;
use quorate_engine::diag::Diagnostic;
use quorate_providers::seal::{OpenedBy, Sealer, Unsealer, opened_by};
use zeroize::Zeroizing;

use super::passphrase::{self, Passphrase};
use super::place::{self, Place, own_file};
use super::{Manner, VARIABLE, opening};
use crate::settings::Environment;

/// Everything at hand that could open a secret, and whom to seal for.
pub struct Keyring {
    identities: Vec<(String, Unsealer)>,
    passphrases: Vec<Unsealer>,
    asked: OnceCell<Unsealer>,
    passphrase: Passphrase,
    target: Target,
}

/// Whom to seal for.
enum Target {
    Recipients(Vec<String>),
    Passphrase,
}

impl Keyring {
    /// Looks everywhere: in the file that was named, the environment, the file of the `seal` block,
    /// the person's own.
    ///
    /// # Errors
    /// Fails where something is there and cannot be used, and where there is nobody to seal for.
    pub fn gather(
        environment: &Environment,
        settings: &Settings,
        from: Option<&Path>,
    ) -> Result<Keyring, Box<Diagnostic>> {
        let opening = opening(settings);
        let passphrase = Passphrase::of(environment, &opening);
        let mut ring = Keyring {
            identities: Vec::new(),
            passphrases: Vec::new(),
            asked: OnceCell::new(),
            target: Target::Passphrase,
            passphrase,
        };
        if let Some(path) = from {
            ring.named(path)?;
        }
        let given = Place::given(environment);
        let own = own_file(environment).map(Place::File);
        for place in given.into_iter().chain(Place::named(environment, &opening)).chain(own) {
            ring.identity(&place)?;
        }
        for text in ring.passphrase.at_hand()? {
            ring.phrase(&text)?;
        }
        ring.target = ring.target(environment, settings)?;
        Ok(ring)
    }

    /// A file with what the state is sealed with now: identities, or a passphrase.
    fn named(&mut self, path: &Path) -> Result<(), Box<Diagnostic>> {
        let Some(text) = place::read(path)? else {
            let detail = format!("There is no file {}, which -from names.", path.display());
            return Err(Box::new(Diagnostic::error("Identity missing", detail)));
        };
        match text.contains("AGE-SECRET-KEY-") || quorate_providers::seal::is_sealed(&text) {
            true => self.identity(&Place::File(path.to_owned())),
            false => passphrase::first_line(path).and_then(|text| self.phrase(&text)),
        }
    }

    fn identity(&mut self, place: &Place) -> Result<(), Box<Diagnostic>> {
        if place.find()?.is_some() {
            self.identities.push((place.told(), place.unsealer(&self.passphrase)?));
        }
        Ok(())
    }

    fn phrase(&mut self, text: &str) -> Result<(), Box<Diagnostic>> {
        let unsealer = Unsealer::with_passphrase(text).map_err(|error| {
            let detail = format!("For the seal: {error}.");
            Box::new(Diagnostic::error("Unusable passphrase", detail))
        })?;
        self.passphrases.push(unsealer);
        Ok(())
    }

    /// Exactly those whom the configuration names; where it names nobody, the own identity.
    fn target(
        &self,
        environment: &Environment,
        settings: &Settings,
    ) -> Result<Target, Box<Diagnostic>> {
        let Manner::Recipients(mut all) = Manner::of(settings)? else {
            return Ok(Target::Passphrase);
        };
        let named = Place::named(environment, &opening(settings));
        let own = match (&named, all.is_empty()) {
            (None, false) => None,
            (None, true) => Some(Place::of(environment)),
            (Some(place), _) => Some(place.clone()),
        };
        // Where recipients are written, the file that opens here need not be on this machine.
        let own = own.filter(|place| all.is_empty() || matches!(place.find(), Ok(Some(_))));
        if let Some(place) = own {
            all.extend(place.unsealer(&self.passphrase)?.recipients());
        }
        all.sort();
        all.dedup();
        Ok(Target::Recipients(all))
    }

    /// Whom secrets are sealed for, in words; recipients are public.
    pub fn whom(&self) -> Vec<String> {
        match &self.target {
            Target::Passphrase => vec!["whoever has the passphrase".to_owned()],
            Target::Recipients(all) => all.clone(),
        }
    }

    /// What seals for them.
    ///
    /// # Errors
    /// Fails without a passphrase where one is wanted.
    pub fn sealer(&self) -> Result<Sealer, Box<Diagnostic>> {
        match &self.target {
            Target::Passphrase => self.passphrase.sealer(),
            Target::Recipients(all) => Sealer::for_recipients(all).map_err(|error| {
                Box::new(Diagnostic::error("Invalid recipient", format!("In the seal: {error}.")))
            }),
        }
    }

    /// Whether something at hand opens what is sealed for them.
    pub fn can_open(&self) -> bool {
        match &self.target {
            Target::Passphrase => true,
            Target::Recipients(all) => {
                let own = self.identities.iter().flat_map(|(_, unsealer)| unsealer.recipients());
                own.into_iter().any(|own| all.contains(&own))
            }
        }
    }

    /// Opens a secret with whatever opens it.
    ///
    /// # Errors
    /// Fails where nothing does.
    pub fn unseal(&self, sealed: &str) -> Result<Zeroizing<Vec<u8>>, Box<Diagnostic>> {
        let damaged = |error| {
            let detail = format!("A sealed secret cannot be opened: {error}.");
            Box::new(Diagnostic::error("Secret not opened", detail))
        };
        match opened_by(sealed).map_err(damaged)? {
            OpenedBy::Identity => {
                let mut all = self.identities.iter();
                all.find_map(|(_, own)| own.unseal(sealed).ok()).ok_or_else(|| self.no_identity())
            }
            OpenedBy::Passphrase => {
                let found = self.passphrases.iter().find_map(|own| own.unseal(sealed).ok());
                found.map_or_else(|| self.ask_for(sealed), Ok)
            }
        }
    }

    fn ask_for(&self, sealed: &str) -> Result<Zeroizing<Vec<u8>>, Box<Diagnostic>> {
        let asked = match (self.asked.get(), self.passphrases.is_empty()) {
            (Some(asked), _) => Some(asked),
            (None, true) => {
                let unsealer = self.passphrase.unsealer()?;
                Some(self.asked.get_or_init(|| unsealer))
            }
            (None, false) => None,
        };
        let opened = asked.and_then(|asked| asked.unseal(sealed).ok());
        opened.ok_or_else(|| {
            let detail =
                "A sealed secret was sealed under another passphrase than the ones at hand.";
            let help = format!(
                "Give the one that the state is sealed under now with -from=FILE or {}.",
                passphrase::VARIABLE
            );
            Box::new(Diagnostic::error("Secret not opened", detail).help(help))
        })
    }

    fn no_identity(&self) -> Box<Diagnostic> {
        let places: Vec<&str> = self.identities.iter().map(|(told, _)| told.as_str()).collect();
        let at_hand = match places.is_empty() {
            true => "There is none at hand.".to_owned(),
            false => format!("None of those at hand opens it ({}).", places.join(", ")),
        };
        let detail = format!("A sealed secret was sealed for an identity. {at_hand}");
        let help =
            format!("Give one that the state is sealed for now with -from=FILE or {VARIABLE}.");
        Box::new(Diagnostic::error("Secret not opened", detail).help(help))
    }
}
