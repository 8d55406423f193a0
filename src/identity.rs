//! The identity that opens what the state keeps sealed, and the engine's door to it.
//!
//! It is looked for only when a secret is sealed or opened: `plan` works without it.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use quorate_engine::config::Settings;
use quorate_engine::diag::Diagnostic;
use quorate_engine::resource::Realm;
use quorate_providers::seal::{Sealer, Unsealer, generate_identity};
use zeroize::Zeroizing;

use crate::settings::{Environment, rfc3339};

/// Names the identity: its file, or the identity itself.
pub const VARIABLE: &str = "QUORATE_IDENTITY";

/// How the text of an identity begins.
const SECRET_PREFIX: &str = "AGE-SECRET-KEY-";

/// Where the identity is.
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
        let given = environment.get(VARIABLE).map(|value| value.to_string_lossy().into_owned());
        match given {
            Some(text) if text.trim_start().starts_with(SECRET_PREFIX) => {
                Place::Text(Zeroizing::new(text))
            }
            Some(path) => Place::File(path.into()),
            None => own_file(environment).map_or(Place::Nowhere, Place::File),
        }
    }

    /// Where to look with a configuration: the file that its `seal` block names stands in for the
    /// person's own, and the environment goes before both.
    fn with(environment: &Environment, settings: &Settings) -> Place {
        let named = settings.seal.as_ref().and_then(|seal| seal.attrs.get("identity"));
        match named.and_then(|(value, _)| value.as_str().map(PathBuf::from)) {
            Some(path) if environment.get(VARIABLE).is_none() => Place::File(path),
            _ => Place::of(environment),
        }
    }

    fn read(&self) -> Result<Zeroizing<String>, Box<Diagnostic>> {
        self.find()?.ok_or_else(|| match self {
            Place::File(path) => missing(&format!("There is no file {}.", path.display())),
            _ => missing("HOME is not set, so there is no place to look for it."),
        })
    }

    /// The identity, if there is one.
    fn find(&self) -> Result<Option<Zeroizing<String>>, Box<Diagnostic>> {
        match self {
            Place::Text(text) => Ok(Some(text.clone())),
            Place::Nowhere => Ok(None),
            Place::File(path) => match fs::read_to_string(path) {
                Ok(text) => Ok(Some(Zeroizing::new(text))),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => {
                    let detail = format!("Reading {} failed: {error}.", path.display());
                    Err(Box::new(Diagnostic::world("Identity not readable", detail)))
                }
            },
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
        "Run \"quorate init\" to make one, or set {VARIABLE} to the file of the identity that the \
         state was sealed for."
    );
    Box::new(Diagnostic::error("Identity missing", detail).help(help))
}

/// Makes an identity in a new file that only its owner can read, and gives its recipient.
///
/// # Errors
/// Fails where the file exists already: nothing ever overwrites an identity.
pub fn make(path: &Path) -> std::io::Result<String> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let identity = generate_identity(SystemTime::now().into());
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(identity.text.as_bytes())?;
    file.sync_all()?;
    Ok(identity.recipient)
}

/// Clock and seal of this process.
pub struct Person {
    place: Place,
    recipients: Vec<String>,
    sealer: OnceLock<Result<Sealer, Box<Diagnostic>>>,
    unsealer: OnceLock<Result<Unsealer, Box<Diagnostic>>>,
}

impl Person {
    /// The one whose identity is at a place. `recipients` can open what is sealed besides them.
    pub fn new(place: Place, recipients: Vec<String>) -> Person {
        Person { place, recipients, sealer: OnceLock::new(), unsealer: OnceLock::new() }
    }

    /// The one who runs this process, with what the configuration says of seals.
    pub fn of(environment: &Environment, settings: &Settings) -> Person {
        let attr = |name: &str| settings.seal.as_ref()?.attrs.get(name).map(|(value, _)| value);
        let texts = attr("recipients").and_then(|value| value.elements()).unwrap_or_default();
        let recipients = texts.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect();
        Person::new(Place::with(environment, settings), recipients)
    }

    /// Now, as RFC 3339, for people who wait.
    pub fn today(&self) -> String {
        rfc3339(self.now())
    }

    fn sealer(&self) -> Result<&Sealer, Box<Diagnostic>> {
        let made = || {
            // The own identity always opens what it sealed: nobody locks themselves out. Without
            // one the recipients are enough, so that whoever plans needs no secret.
            let own = match self.place.find()? {
                None if !self.recipients.is_empty() => Vec::new(),
                _ => self.unsealer()?.recipients(),
            };
            Sealer::for_recipients(own.into_iter().chain(self.recipients.iter().cloned())).map_err(
                |error| {
                    Box::new(Diagnostic::error(
                        "Invalid recipient",
                        format!("In the seal: {error}."),
                    ))
                },
            )
        };
        self.sealer.get_or_init(made).as_ref().map_err(Clone::clone)
    }

    fn unsealer(&self) -> Result<&Unsealer, Box<Diagnostic>> {
        let opened = || {
            Unsealer::with_identities(&self.place.read()?).map_err(|error| {
                Box::new(Diagnostic::error("Unusable identity", format!("The identity: {error}.")))
            })
        };
        self.unsealer.get_or_init(opened).as_ref().map_err(Clone::clone)
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
        self.unsealer()?.unseal(sealed).map_err(|error| {
            let detail = format!("A sealed secret of the state cannot be opened: {error}.");
            let help = format!("Set {VARIABLE} to the identity that it was sealed for.");
            Box::new(Diagnostic::error("Secret not opened", detail).help(help))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use quorate_engine::config::SettingsBlock;
    use quorate_engine::source::{Sources, Span};
    use quorate_engine::value::Value;

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
        let span = Span::new(Sources::default().add("main.hcl", ""), 0..0);
        let attrs = [("identity".into(), (Value::from("ops.txt"), span))].into();
        let seal = SettingsBlock { label: None, attrs, span };
        let settings = Settings { seal: Some(seal), ..Settings::default() };
        let place = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| ((*name).into(), (*value).into()));
            Place::with(&pairs.collect(), &settings)
        };
        let home = ("HOME", "/h");
        assert!(matches!(place(&[home]), Place::File(path) if path == Path::new("ops.txt")));
        let given = place(&[home, (VARIABLE, "/x/id.txt")]);
        assert!(matches!(given, Place::File(path) if path == Path::new("/x/id.txt")));
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
