//! Who opens what the state keeps sealed and for whom it is sealed, and the engine's door to both.
//!
//! Identity and passphrase are looked for only when a secret is sealed or opened: `plan` works
//! without them.

mod keyring;
mod passphrase;
mod place;

use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use quorate_engine::config::{Opening, Settings};
use quorate_engine::diag::Diagnostic;
use quorate_engine::resource::Realm;
use quorate_providers::seal::{
    OpenedBy, Sealer, UnsealError, Unsealer, generate_identity, opened_by,
};
use zeroize::Zeroizing;

use crate::settings::{Environment, rfc3339};
use crate::whole_file;
pub use keyring::Keyring;
use passphrase::Passphrase;
pub use place::{Place, own_file};

/// Names the identity: its file, or the identity itself.
pub const VARIABLE: &str = "QUORATE_IDENTITY";

/// Makes an identity in a new file that only its owner can read, and gives its recipient.
///
/// # Errors
/// Fails where the file exists already: nothing ever overwrites an identity.
pub fn make(path: &Path) -> std::io::Result<String> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let identity = generate_identity(SystemTime::now().into());
    whole_file::put_new(path, identity.text.as_bytes())?;
    Ok(identity.recipient)
}

/// What opens secrets, as far as the configuration says so.
pub fn opening(settings: &Settings) -> Opening {
    settings.seal.as_ref().map(|seal| seal.opening.clone()).unwrap_or_default()
}

/// How secrets are sealed.
enum Manner {
    /// For these, and for the own identity where there is one.
    Recipients(Vec<String>),
    /// Under the passphrase.
    Passphrase,
}

/// Whether the `seal` block leaves it to the person's own identity who can open.
pub fn is_own(settings: &Settings) -> bool {
    settings
        .seal
        .as_ref()
        .is_none_or(|seal| seal.recipients.is_empty() && seal.opening == Opening::default())
}

impl Manner {
    fn of(settings: &Settings) -> Result<Manner, Box<Diagnostic>> {
        let Some(seal) = &settings.seal else { return Ok(Manner::Recipients(Vec::new())) };
        if seal.opening.passphrase.is_some() && seal.opening.identity.is_none() {
            return Ok(Manner::Passphrase);
        }
        let checked = seal.recipients.iter().map(|(text, at)| {
            let wrong = |error| {
                let detail = format!("In the seal: {error}.");
                Box::new(Diagnostic::error("Invalid recipient", detail).at(*at))
            };
            Sealer::for_recipients([text]).map(|_| text.clone()).map_err(wrong)
        });
        checked.collect::<Result<_, _>>().map(Manner::Recipients)
    }
}

/// Clock and seal of this process.
pub struct Person {
    place: Place,
    passphrase: Passphrase,
    manner: Manner,
    sealer: OnceLock<Result<Sealer, Box<Diagnostic>>>,
    identity: OnceLock<Result<Unsealer, Box<Diagnostic>>>,
    by_passphrase: OnceLock<Result<Unsealer, Box<Diagnostic>>>,
}

impl Person {
    /// The one whose identity is at a place. `recipients` can open what is sealed besides them.
    pub fn new(place: Place, recipients: Vec<String>) -> Person {
        let passphrase = Passphrase::around(&Environment::default());
        Person::with(place, passphrase, Manner::Recipients(recipients))
    }

    /// The one who runs this process, without what a configuration says of seals.
    pub fn around(environment: &Environment) -> Person {
        let passphrase = Passphrase::around(environment);
        Person::with(Place::of(environment), passphrase, Manner::Recipients(Vec::new()))
    }

    /// The one who runs this process, with what the configuration says of seals.
    ///
    /// # Errors
    /// Fails where a recipient is none.
    pub fn of(environment: &Environment, settings: &Settings) -> Result<Person, Box<Diagnostic>> {
        let manner = Manner::of(settings)?;
        Ok(Person { manner, ..Person::opening(environment, &opening(settings)) })
    }

    /// The one who runs this process and opens what a configuration says how to open.
    pub fn opening(environment: &Environment, opening: &Opening) -> Person {
        let passphrase = Passphrase::of(environment, opening);
        let place = Place::with(environment, opening);
        Person::with(place, passphrase, Manner::Recipients(Vec::new()))
    }

    fn with(place: Place, passphrase: Passphrase, manner: Manner) -> Person {
        let (sealer, identity, by_passphrase) = Default::default();
        Person { place, passphrase, manner, sealer, identity, by_passphrase }
    }

    /// Now, as RFC 3339, for people who wait.
    pub fn today(&self) -> String {
        rfc3339(self.now())
    }

    /// Asks for the passphrase now, if somebody will have to be asked, and not in the middle of a run.
    /// `present` is something that it opens, where there is such: so a mistake shows before the run.
    ///
    /// # Errors
    /// Fails without a passphrase, and where it is the wrong one.
    pub fn make_ready(&self, present: Option<&str>) -> Result<(), Box<Diagnostic>> {
        if !matches!(self.manner, Manner::Passphrase) || !self.passphrase.is_asked_for() {
            return Ok(());
        }
        let opened = |sealed: &&str| opened_by(sealed) == Ok(OpenedBy::Passphrase);
        present.filter(opened).map(|sealed| self.unseal(sealed)).transpose()?;
        self.sealer().map(drop)
    }

    fn sealer(&self) -> Result<&Sealer, Box<Diagnostic>> {
        let made = || match &self.manner {
            Manner::Passphrase => self.passphrase.sealer(),
            Manner::Recipients(recipients) => self.for_recipients(recipients),
        };
        self.sealer.get_or_init(made).as_ref().map_err(Clone::clone)
    }

    /// The own identity always opens what it sealed: nobody locks themselves out in the middle of a
    /// run. Without one the recipients are enough, so that whoever plans needs no secret.
    fn for_recipients(&self, recipients: &[String]) -> Result<Sealer, Box<Diagnostic>> {
        let own = match self.place.find()? {
            None if !recipients.is_empty() => Vec::new(),
            _ => self.identity()?.recipients(),
        };
        Sealer::for_recipients(own.iter().chain(recipients)).map_err(|error| {
            Box::new(Diagnostic::error("Invalid recipient", format!("In the seal: {error}.")))
        })
    }

    fn identity(&self) -> Result<&Unsealer, Box<Diagnostic>> {
        let found = || self.place.unsealer(&self.passphrase);
        self.identity.get_or_init(found).as_ref().map_err(Clone::clone)
    }

    fn by_passphrase(&self) -> Result<&Unsealer, Box<Diagnostic>> {
        let found = || self.passphrase.unsealer();
        self.by_passphrase.get_or_init(found).as_ref().map_err(Clone::clone)
    }

    fn not_opened(&self, error: UnsealError) -> Box<Diagnostic> {
        let detail = match error {
            UnsealError::WrongIdentity => format!(
                "A sealed secret was sealed for other identities than the one at hand, which is from \
                 {}.",
                self.place.told()
            ),
            error => format!("A sealed secret cannot be opened: {error}."),
        };
        let help = match error {
            UnsealError::WrongPassphrase => {
                format!("Set {} to the passphrase that it was sealed under.", passphrase::VARIABLE)
            }
            _ => format!("Set {VARIABLE} to an identity that it was sealed for."),
        };
        Box::new(Diagnostic::error("Secret not opened", detail).help(help))
    }
}

impl Realm for Person {
    fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    }

    fn seal(&self, secret: &[u8]) -> Result<String, Box<Diagnostic>> {
        let failed = |error| {
            Box::new(Diagnostic::bug("Secret not sealed", format!("Sealing failed: {error}.")))
        };
        self.sealer()?.seal(secret).map_err(failed)
    }

    fn unseal(&self, sealed: &str) -> Result<Zeroizing<Vec<u8>>, Box<Diagnostic>> {
        let unsealer = match opened_by(sealed) {
            Ok(OpenedBy::Passphrase) => self.by_passphrase()?,
            Ok(OpenedBy::Identity) => self.identity()?,
            Err(error) => return Err(self.not_opened(error)),
        };
        unsealer.unseal(sealed).map_err(|error| self.not_opened(error))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_made_identity_is_private_and_opens_what_it_seals() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("quorate/identity.txt");
        let recipient = make(&path).unwrap();
        assert!(recipient.starts_with("age1"));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let again = make(&path).unwrap_err();
        assert_eq!(again.kind(), std::io::ErrorKind::AlreadyExists);
        let person = Person::new(Place::File(path), vec![]);
        let sealed = person.seal(b"secret").unwrap();
        assert_eq!(&**person.unseal(&sealed).unwrap(), b"secret");
    }

    #[test]
    fn a_missing_identity_says_what_to_do() {
        let person = Person::new(Place::File("/nonexistent/identity.txt".into()), vec![]);
        let refused = person.seal(b"x").unwrap_err();
        assert_eq!(refused.summary, "Identity missing");
        assert!(refused.help.unwrap().contains("quorate init"));
    }

    #[test]
    fn recipients_alone_are_enough_to_seal_and_others_cannot_open() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (dir.path().join("one"), dir.path().join("two"));
        let recipient = make(&one).unwrap();
        make(&two).unwrap();
        let absent = Place::File(dir.path().join("absent"));
        let sealed = Person::new(absent, vec![recipient]).seal(b"secret").unwrap();
        let opened = Person::new(Place::File(one), vec![]).unseal(&sealed).unwrap();
        assert_eq!(&**opened, b"secret");
        let refused = Person::new(Place::File(two), vec![]).unseal(&sealed).unwrap_err();
        assert_eq!(refused.summary, "Secret not opened");
        assert!(refused.help.unwrap().contains(VARIABLE));
    }

    #[test]
    fn the_seal_block_names_a_file_and_the_environment_goes_before_it() {
        let identity = Some("ops.txt".to_owned());
        let opening = Opening { identity, passphrase: None };
        let place = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| ((*name).into(), (*value).into()));
            Place::with(&pairs.collect(), &opening)
        };
        let home = ("HOME", "/h");
        assert!(matches!(place(&[home]), Place::File(path) if path == Path::new("ops.txt")));
        let given = place(&[home, (VARIABLE, "/x/id.txt")]);
        assert!(matches!(given, Place::File(path) if path == Path::new("/x/id.txt")));
    }

    #[test]
    fn an_identity_under_a_passphrase_opens_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let (clear, sealed) = (dir.path().join("clear"), dir.path().join("sealed"));
        make(&clear).unwrap();
        let text = fs::read(&clear).unwrap();
        fs::write(&sealed, Sealer::with_passphrase("horse").unwrap().seal(&text).unwrap()).unwrap();
        let secret = Person::new(Place::File(clear), vec![]).seal(b"secret").unwrap();
        let with = |passphrase: &str| {
            let pairs = [
                (VARIABLE.into(), sealed.clone().into_os_string()),
                (passphrase::VARIABLE.into(), passphrase.into()),
            ];
            Person::around(&pairs.into_iter().collect()).unseal(&secret)
        };
        assert_eq!(&**with("horse").unwrap(), b"secret");
        assert_eq!(with("cow").unwrap_err().summary, "Unusable identity");
    }

    #[test]
    fn the_environment_names_a_file_or_the_identity_itself() {
        let of = |value: &str| {
            let pairs = [(VARIABLE.into(), value.into()), ("HOME".into(), "/h".into())];
            Place::of(&pairs.into_iter().collect())
        };
        assert!(matches!(of("/x/id.txt"), Place::File(path) if path == Path::new("/x/id.txt")));
        assert!(matches!(of("AGE-SECRET-KEY-1X"), Place::Text(_)));
        assert!(matches!(of(""), Place::File(path) if path.starts_with("/h/.config/quorate")));
    }
}
