//! What a `backend` block, `init -backend-config` and the environment say of a backend.

use std::collections::BTreeMap;
use std::fmt;

/// The file where nothing else is said.
pub const STATE: &str = "quorate.state.json";

/// The kinds of backends there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    Local,
    /// A server that speaks Terraform's protocol for states.
    Http,
    /// An object store that speaks S3.
    S3,
}

/// One setting that a kind knows.
struct Known {
    name: &'static str,
    /// Variables of the environment that it may come from, first first.
    variables: &'static [&'static str],
    secrecy: Secrecy,
}

/// Whether a setting may stand in a file of ours.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Secrecy {
    Public,
    Secret,
    /// The text of it is a secret, the path of a file with it is not.
    SecretText,
}

impl Secrecy {
    fn hides(self, value: &str) -> bool {
        match self {
            Secrecy::Public => false,
            Secrecy::Secret => true,
            Secrecy::SecretText => is_pem(value),
        }
    }
}

/// Whether a setting is the text of a PEM file, and not its path.
pub(super) fn is_pem(value: &str) -> bool {
    value.contains("-----BEGIN ")
}

const fn plain(name: &'static str, variables: &'static [&'static str]) -> Known {
    Known { name, variables, secrecy: Secrecy::Public }
}

const fn secret(name: &'static str, variables: &'static [&'static str]) -> Known {
    Known { name, variables, secrecy: Secrecy::Secret }
}

const LOCAL: &[Known] = &[plain("path", &[])];

const HTTP: &[Known] = &[
    plain("address", &["QUORATE_HTTP_ADDRESS"]),
    plain("update_method", &["QUORATE_HTTP_UPDATE_METHOD"]),
    plain("lock_address", &["QUORATE_HTTP_LOCK_ADDRESS"]),
    plain("lock_method", &["QUORATE_HTTP_LOCK_METHOD"]),
    plain("unlock_address", &["QUORATE_HTTP_UNLOCK_ADDRESS"]),
    plain("unlock_method", &["QUORATE_HTTP_UNLOCK_METHOD"]),
    plain("retry_max", &["QUORATE_HTTP_RETRY_MAX"]),
    plain("retry_wait_min", &["QUORATE_HTTP_RETRY_WAIT_MIN"]),
    plain("retry_wait_max", &["QUORATE_HTTP_RETRY_WAIT_MAX"]),
    plain("client_ca_certificate_pem", &["QUORATE_HTTP_CLIENT_CA_CERTIFICATE_PEM"]),
    plain("client_certificate_pem", &["QUORATE_HTTP_CLIENT_CERTIFICATE_PEM"]),
    Known {
        name: "client_private_key_pem",
        variables: &["QUORATE_HTTP_CLIENT_PRIVATE_KEY_PEM"],
        secrecy: Secrecy::SecretText,
    },
    secret("username", &["QUORATE_HTTP_USERNAME"]),
    secret("password", &["QUORATE_HTTP_PASSWORD"]),
];

const S3: &[Known] = &[
    plain("bucket", &[]),
    plain("key", &[]),
    plain("region", &["AWS_REGION", "AWS_DEFAULT_REGION"]),
    plain("endpoint", &["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]),
    plain("use_path_style", &[]),
    plain("retry_max", &[]),
    secret("access_key", &["AWS_ACCESS_KEY_ID"]),
    secret("secret_key", &["AWS_SECRET_ACCESS_KEY"]),
    secret("token", &["AWS_SESSION_TOKEN"]),
];

/// Why settings are not usable; the text is a sentence's end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// There is no such kind of backend.
    #[error("there is no backend {0:?}; there are \"local\", \"http\" and \"s3\"")]
    Kind(String),
    /// The kind does not know it.
    #[error("the backend {kind:?} has no setting {name:?}")]
    Name {
        /// The backend.
        kind: &'static str,
        /// The setting.
        name: String,
    },
    /// It must be given.
    #[error("the setting {0:?} is missing")]
    Missing(&'static str),
    /// It cannot be meant.
    #[error("the setting {name:?} {reason}")]
    Value {
        /// The setting.
        name: &'static str,
        /// Why, as a sentence's end.
        reason: String,
    },
}

impl Kind {
    /// The kind with a name.
    ///
    /// # Errors
    /// Fails where there is none.
    pub fn named(name: &str) -> Result<Kind, SettingError> {
        match name {
            "local" => Ok(Kind::Local),
            "http" => Ok(Kind::Http),
            "s3" => Ok(Kind::S3),
            other => Err(SettingError::Kind(other.to_owned())),
        }
    }

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Local => "local",
            Kind::Http => "http",
            Kind::S3 => "s3",
        }
    }

    /// The names of its settings.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.known().iter().map(|known| known.name)
    }

    fn known(self) -> &'static [Known] {
        match self {
            Kind::Local => LOCAL,
            Kind::Http => HTTP,
            Kind::S3 => S3,
        }
    }
}

/// Settings of one backend. Their debug form has names only: some values are secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    kind: Kind,
    plain: BTreeMap<String, String>,
    secret: BTreeMap<String, String>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.plain.keys().chain(self.secret.keys());
        f.debug_struct("Settings")
            .field("kind", &self.kind)
            .field("names", &names.collect::<Vec<_>>())
            .finish()
    }
}

impl Settings {
    /// No settings of a kind yet.
    pub fn new(kind: Kind) -> Settings {
        Settings { kind, plain: BTreeMap::new(), secret: BTreeMap::new() }
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Takes over a setting; what was given before is replaced.
    ///
    /// # Errors
    /// Fails where the kind does not know it.
    pub fn set(&mut self, name: &str, value: impl Into<String>) -> Result<(), SettingError> {
        let known = self.kind.known().iter().find(|known| known.name == name);
        let Some(known) = known else {
            return Err(SettingError::Name { kind: self.kind.name(), name: name.to_owned() });
        };
        let value = value.into();
        let hidden = known.secrecy.hides(&value);
        let all = if hidden { &mut self.secret } else { &mut self.plain };
        all.insert(name.to_owned(), value);
        Ok(())
    }

    /// Whether a setting of a kind is a secret, which no file of ours may hold.
    pub fn is_secret(kind: Kind, name: &str, value: &str) -> Option<&'static [&'static str]> {
        let known = kind.known().iter().find(|known| known.name == name)?;
        known.secrecy.hides(value).then_some(known.variables)
    }

    /// What is not set comes from the environment.
    #[must_use]
    pub fn completed(mut self, environment: impl Fn(&str) -> Option<String>) -> Settings {
        for known in self.kind.known() {
            if self.text(known.name).is_some() {
                continue;
            }
            let value = known.variables.iter().find_map(|variable| environment(variable));
            let Some(value) = value else { continue };
            let hidden = known.secrecy.hides(&value);
            let all = if hidden { &mut self.secret } else { &mut self.plain };
            all.insert(known.name.to_owned(), value);
        }
        self
    }

    /// All that is no secret.
    pub fn plain(&self) -> &BTreeMap<String, String> {
        &self.plain
    }

    /// The names of secrets that are set.
    pub fn secret_names(&self) -> impl Iterator<Item = &str> {
        self.secret.keys().map(String::as_str)
    }

    /// A setting.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.plain.get(name).or_else(|| self.secret.get(name)).map(String::as_str)
    }

    /// A setting that must be there.
    pub(super) fn needed(&self, name: &'static str) -> Result<&str, SettingError> {
        self.text(name).filter(|text| !text.is_empty()).ok_or(SettingError::Missing(name))
    }

    /// A setting that is the text of a PEM file, or the path of one.
    pub(super) fn pem(&self, name: &'static str) -> Result<Option<Vec<u8>>, SettingError> {
        let read = |text: &str| match is_pem(text) {
            true => Ok(text.as_bytes().to_vec()),
            false => std::fs::read(text).map_err(|error| SettingError::Value {
                name,
                reason: format!("is no PEM text, and reading the file {text:?} failed: {error}"),
            }),
        };
        self.text(name).map(read).transpose()
    }

    /// A number.
    pub(super) fn number(&self, name: &'static str, default: u64) -> Result<u64, SettingError> {
        let Some(text) = self.text(name) else { return Ok(default) };
        let reason = || format!("is {text:?}, which is no whole number");
        text.parse().map_err(|_| SettingError::Value { name, reason: reason() })
    }

    /// A truth.
    pub(super) fn truth(&self, name: &'static str, default: bool) -> Result<bool, SettingError> {
        match self.text(name) {
            None => Ok(default),
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(text) => {
                let reason = format!("is {text:?}, which is neither true nor false");
                Err(SettingError::Value { name, reason })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_kept_apart_and_never_shown() {
        let mut settings = Settings::new(Kind::Http);
        settings.set("address", "https://x/state").unwrap();
        settings.set("password", "hunter2").unwrap();
        assert_eq!(settings.plain().keys().collect::<Vec<_>>(), ["address"]);
        assert!(!format!("{settings:?}").contains("hunter2"));
        assert_eq!(settings.text("password"), Some("hunter2"));
        assert_eq!(
            Settings::is_secret(Kind::Http, "password", "x"),
            Some(&["QUORATE_HTTP_PASSWORD"][..])
        );
        let key =
            |value| Settings::is_secret(Kind::Http, "client_private_key_pem", value).is_some();
        assert!(key("-----BEGIN PRIVATE KEY-----\n"));
        assert!(!key("/etc/quorate/client.key"));
    }

    #[test]
    fn the_environment_fills_what_is_not_set() {
        let mut settings = Settings::new(Kind::S3);
        settings.set("region", "eu-west-1").unwrap();
        let settings = settings.completed(|name| Some(format!("from {name}")));
        assert_eq!(settings.text("region"), Some("eu-west-1"));
        assert_eq!(settings.text("secret_key"), Some("from AWS_SECRET_ACCESS_KEY"));
    }

    #[test]
    fn unknown_names_are_refused() {
        let refused = Settings::new(Kind::Local).set("adress", "x").unwrap_err();
        assert_eq!(refused.to_string(), "the backend \"local\" has no setting \"adress\"");
        assert!(
            Kind::named("gcs").unwrap_err().to_string().contains("there is no backend \"gcs\"")
        );
    }
}
