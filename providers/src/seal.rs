//! Sealing secrets for the state with age (<https://age-encryption.org/v1>): text in, text out.
//!
//! What is sealed here, `age --decrypt` opens, and the other way round.
//! Reading the files and the environment is the caller's.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::iter;

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::secrecy::{ExposeSecret as _, SecretString};
use age::{Decryptor, EncryptError, Encryptor, scrypt, x25519};
use thiserror::Error;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

/// The work factor new passphrase seals get: 2^18, about a second and 256 MiB, as Go's `age` has.
const WORK_FACTOR: u8 = 18;
/// The highest work factor that is tried: 2^22, as Go's `age` has.
const MAX_WORK_FACTOR: u8 = 22;

/// Seals secrets: for recipients, or under a passphrase.
pub struct Sealer(SealFor);

enum SealFor {
    Recipients(Vec<x25519::Recipient>),
    Passphrase(SecretString, u8),
}

/// Opens what a [`Sealer`] sealed: with identities, or a passphrase.
pub struct Unsealer(OpenWith);

enum OpenWith {
    Identities(Vec<x25519::Identity>),
    Passphrase(SecretString),
}

/// A new identity.
pub struct NewIdentity {
    /// The text of the identity file, as `age-keygen` writes it; wiped when dropped.
    pub text: Zeroizing<String>,
    /// The recipient to seal for, `age1…`; it is public.
    pub recipient: String,
}

/// Why a sealer could not be set up or could not seal. No case carries a secret.
#[derive(Debug, Error)]
pub enum SealError {
    /// There is nobody to seal for.
    #[error("there is no recipient to seal for")]
    NoRecipient,
    /// The text is no recipient.
    #[error("{0:?} is not an age recipient: expected age1… as \"age-keygen\" prints it")]
    BadRecipient(String),
    /// An identity was given where a recipient belongs; it is not repeated.
    #[error("an identity (AGE-SECRET-KEY-…) was given as a recipient; it is a secret, keep it")]
    IdentityAsRecipient,
    /// The passphrase is empty.
    #[error("the passphrase is empty")]
    EmptyPassphrase,
    /// The library refused.
    #[error("sealing failed")]
    Encrypt(#[from] EncryptError),
    /// Writing to memory failed.
    #[error("sealing failed")]
    Write(#[from] io::Error),
    /// The library's armor was not text.
    #[error("the sealed text is not ASCII")]
    Armor,
}

/// Why an unsealer could not be set up or could not open. No case carries a secret.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum UnsealError {
    /// The identity text has no identity in it.
    #[error("there is no identity to open the secret with: expected a line AGE-SECRET-KEY-1…")]
    NoIdentity,
    /// A line is neither a comment nor an identity.
    #[error("line {line} of the identities is not an X25519 identity (AGE-SECRET-KEY-1…)")]
    BadIdentity {
        /// The line, counted from 1.
        line: usize,
    },
    /// The identities are themselves protected by a passphrase.
    #[error("the identities are encrypted; open them first with \"age --decrypt\"")]
    EncryptedIdentity,
    /// The passphrase is empty.
    #[error("the passphrase is empty")]
    EmptyPassphrase,
    /// None of the identities is a recipient of the secret.
    #[error("the secret was sealed for other identities than the ones at hand")]
    WrongIdentity,
    /// The passphrase does not open the secret.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// The secret wants a passphrase, and identities were given.
    #[error("the secret was sealed under a passphrase, not for an identity")]
    PassphraseNeeded,
    /// The secret wants an identity, and a passphrase was given.
    #[error("the secret was sealed for an identity, not under a passphrase")]
    IdentityNeeded,
    /// The passphrase was stretched beyond what is tried.
    #[error("the secret asks for more work (2^{0}) to open than is tried (2^{MAX_WORK_FACTOR})")]
    TooMuchWork(u8),
    /// The sealed text is cut off, altered, or no age text.
    #[error("the sealed text is damaged, or is not armored age text")]
    Corrupt,
}

impl Sealer {
    /// Seals for recipients, each an `age1…` text; every one of them can open it.
    ///
    /// # Errors
    /// Fails if there is none or one is not valid.
    pub fn for_recipients<S: AsRef<str>>(
        recipients: impl IntoIterator<Item = S>,
    ) -> Result<Self, SealError> {
        let recipients = recipients.into_iter().map(|text| parse_recipient(text.as_ref().trim()));
        let recipients = recipients.collect::<Result<Vec<_>, _>>()?;
        if recipients.is_empty() {
            return Err(SealError::NoRecipient);
        }
        Ok(Self(SealFor::Recipients(recipients)))
    }

    /// Seals under a passphrase; each secret then takes about a second to seal and to open.
    ///
    /// # Errors
    /// Fails if the passphrase is empty.
    pub fn with_passphrase(passphrase: &str) -> Result<Self, SealError> {
        if passphrase.is_empty() {
            return Err(SealError::EmptyPassphrase);
        }
        Ok(Self(SealFor::Passphrase(SecretString::from(passphrase.to_owned()), WORK_FACTOR)))
    }

    /// Seals a secret; the result is ASCII, in lines, and differs each time.
    ///
    /// # Errors
    /// Fails only if the library does.
    pub fn seal(&self, secret: &[u8]) -> Result<String, SealError> {
        let armored = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor)?;
        let mut writer = self.encryptor()?.wrap_output(armored)?;
        writer.write_all(secret)?;
        let text = writer.finish()?.finish()?;
        String::from_utf8(text).map_err(|_| SealError::Armor)
    }

    fn encryptor(&self) -> Result<Encryptor, EncryptError> {
        match &self.0 {
            SealFor::Recipients(recipients) => {
                let recipients = recipients.iter().map(|one| one as &dyn age::Recipient);
                Encryptor::with_recipients(recipients)
            }
            SealFor::Passphrase(passphrase, work) => {
                let mut recipient = scrypt::Recipient::new(passphrase.clone());
                recipient.set_work_factor(*work);
                Encryptor::with_recipients(iter::once(&recipient as &dyn age::Recipient))
            }
        }
    }
}

fn parse_recipient(text: &str) -> Result<x25519::Recipient, SealError> {
    if text.to_ascii_uppercase().starts_with("AGE-SECRET-KEY-") {
        return Err(SealError::IdentityAsRecipient);
    }
    text.parse().map_err(|_| SealError::BadRecipient(text.to_owned()))
}

impl Unsealer {
    /// Opens with the identities of a text: an identity file, or the value of a variable.
    ///
    /// Blank lines and lines that begin with `#` are skipped.
    ///
    /// # Errors
    /// Fails if there is no identity, or a line is something else.
    pub fn with_identities(text: &str) -> Result<Self, UnsealError> {
        if is_age_text(text.trim_start()) {
            return Err(UnsealError::EncryptedIdentity);
        }
        let lines = text.lines().map(str::trim).zip(1..);
        let lines = lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
        let identities = lines
            .map(|(text, line)| text.parse().map_err(|_| UnsealError::BadIdentity { line }))
            .collect::<Result<Vec<x25519::Identity>, _>>()?;
        if identities.is_empty() {
            return Err(UnsealError::NoIdentity);
        }
        Ok(Self(OpenWith::Identities(identities)))
    }

    /// Opens with a passphrase.
    ///
    /// # Errors
    /// Fails if the passphrase is empty.
    pub fn with_passphrase(passphrase: &str) -> Result<Self, UnsealError> {
        if passphrase.is_empty() {
            return Err(UnsealError::EmptyPassphrase);
        }
        Ok(Self(OpenWith::Passphrase(SecretString::from(passphrase.to_owned()))))
    }

    /// Lists the recipients the identities stand for, `age1…`; none for a passphrase.
    pub fn recipients(&self) -> Vec<String> {
        match &self.0 {
            OpenWith::Identities(all) => {
                all.iter().map(|one| one.to_public().to_string()).collect()
            }
            OpenWith::Passphrase(_) => Vec::new(),
        }
    }

    /// Opens a sealed text; the secret is wiped when it is dropped.
    ///
    /// # Errors
    /// Tells apart what is missing (an identity, a passphrase), what is wrong, and damage.
    pub fn unseal(&self, sealed: &str) -> Result<Zeroizing<Vec<u8>>, UnsealError> {
        if !sealed.trim_start().starts_with(ARMOR) {
            return Err(UnsealError::Corrupt);
        }
        let decryptor = Decryptor::new_buffered(ArmoredReader::new(sealed.trim().as_bytes()))
            .map_err(|_| UnsealError::Corrupt)?;
        let mut reader = self.open(decryptor)?;
        // Armor is longer than what it holds, so the secret is never moved by a reallocation.
        let mut secret = Zeroizing::new(Vec::with_capacity(sealed.len()));
        reader.read_to_end(&mut secret).map_err(|_| UnsealError::Corrupt)?;
        Ok(secret)
    }

    fn open<'a>(&self, sealed: Decryptor<Armored<'a>>) -> Result<Opened<'a>, UnsealError> {
        match (&self.0, sealed.is_scrypt()) {
            (OpenWith::Identities(_), true) => Err(UnsealError::PassphraseNeeded),
            (OpenWith::Passphrase(_), false) => Err(UnsealError::IdentityNeeded),
            (OpenWith::Identities(identities), false) => {
                let identities = identities.iter().map(|one| one as &dyn age::Identity);
                sealed.decrypt(identities).map_err(|error| why(&error, UnsealError::WrongIdentity))
            }
            (OpenWith::Passphrase(passphrase), true) => {
                let mut identity = scrypt::Identity::new(passphrase.clone());
                identity.set_max_work_factor(MAX_WORK_FACTOR);
                let identity = iter::once(&identity as &dyn age::Identity);
                sealed.decrypt(identity).map_err(|error| why(&error, UnsealError::WrongPassphrase))
            }
        }
    }
}

/// What a sealed text is opened with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OpenedBy {
    /// One of the identities that it was sealed for.
    Identity,
    /// The passphrase that it was sealed under.
    Passphrase,
}

/// What a sealed text is opened with.
///
/// # Errors
/// Fails where it is no armored age text.
pub fn opened_by(sealed: &str) -> Result<OpenedBy, UnsealError> {
    if !sealed.trim_start().starts_with(ARMOR) {
        return Err(UnsealError::Corrupt);
    }
    let decryptor = Decryptor::new_buffered(ArmoredReader::new(sealed.trim().as_bytes()))
        .map_err(|_| UnsealError::Corrupt)?;
    Ok(if decryptor.is_scrypt() { OpenedBy::Passphrase } else { OpenedBy::Identity })
}

/// Whether a text is an age file, and not the text of identities.
pub fn is_sealed(text: &str) -> bool {
    is_age_text(text.trim_start())
}

type Armored<'a> = ArmoredReader<io::BufReader<&'a [u8]>>;
type Opened<'a> = age::stream::StreamReader<Armored<'a>>;

const ARMOR: &str = "-----BEGIN AGE ENCRYPTED FILE-----";

fn is_age_text(text: &str) -> bool {
    text.starts_with(ARMOR) || text.starts_with("age-encryption.org/")
}

fn why(error: &age::DecryptError, wrong: UnsealError) -> UnsealError {
    match error {
        age::DecryptError::NoMatchingKeys | age::DecryptError::DecryptionFailed => wrong,
        age::DecryptError::ExcessiveWork { required, .. } => UnsealError::TooMuchWork(*required),
        _ => UnsealError::Corrupt,
    }
}

/// Makes an identity, and the text of its file as `age-keygen` writes it.
///
/// `created` is the time in the file's first comment.
pub fn generate_identity(created: OffsetDateTime) -> NewIdentity {
    let identity = x25519::Identity::generate();
    let recipient = identity.to_public().to_string();
    let secret = identity.to_string();
    let created = created.replace_nanosecond(0).unwrap_or(created).format(&Rfc3339);
    let head = format!("# created: {}\n# public key: {recipient}\n", created.unwrap_or_default());
    // One allocation, so that the secret is in one place to be wiped.
    let text = Zeroizing::new([&head, secret.expose_secret(), "\n"].concat());
    NewIdentity { text, recipient }
}

/// Keeps secrets out of debug output.
macro_rules! blank_debug {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

blank_debug!(Sealer, Unsealer, NewIdentity);

#[cfg(test)]
mod tests;
