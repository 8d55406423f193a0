//! Where a state lives, as thin as it can be: a text, and one writer at a time.

use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use super::StoreError;
use super::disk::OsDisk;
use super::files::Files;

/// Who holds a lock, for the one who waits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// A random name, to be given to `force-unlock`.
    #[serde(default)]
    pub id: String,
    /// `user@machine`
    pub who: String,
    /// The process.
    pub pid: u32,
    /// `apply`
    pub operation: String,
    /// RFC 3339.
    pub since: String,
    /// The working directory, where the journal is.
    #[serde(default)]
    pub folder: String,
}

/// One place for one state.
///
/// Methods block; they may be called from asynchronous code that is about to end anyway.
pub trait Backend: Debug + Send + Sync {
    /// How a person knows it: a path or an address, never with a credential.
    fn place(&self) -> String;

    /// Where facts go until they are part of the state.
    fn journal(&self) -> JournalPlace;

    /// The files that the journal is one of.
    fn files(&self) -> Files {
        Files(Arc::new(OsDisk))
    }

    /// The text, or none where there never was one.
    ///
    /// # Errors
    /// Fails where that cannot be told apart.
    fn read(&self) -> Result<Option<Snapshot>, StoreError>;

    /// Replaces the text, durably, if it still is what was seen.
    ///
    /// # Errors
    /// [`StoreError::Changed`] where it is another. After any other error the outcome may be
    /// unknown: the next [`Backend::read`] shows it.
    fn write(&self, text: &[u8], over: &Seen) -> Result<Seen, StoreError>;

    /// The same over a text that is no state, of which no backup is to be made: the one that is
    /// there may be all that is left.
    ///
    /// # Errors
    /// As [`Backend::write`].
    fn replace_unusable(&self, text: &[u8], over: &Seen) -> Result<Seen, StoreError> {
        self.write(text, over)
    }

    /// Takes the lock, without waiting.
    ///
    /// # Errors
    /// [`StoreError::Locked`] where somebody else has it.
    fn lock(&self, holder: &Holder) -> Result<Arc<dyn Lease>, StoreError>;

    /// Takes the lock with an id away from a process that is dead.
    ///
    /// # Errors
    /// Fails where there is no lock, another one, or its holder lives.
    fn force_unlock(&self, id: &str) -> Result<(), StoreError>;

    /// How long to wait before trying a lock that was held again.
    fn pause(&self) -> Duration;
}

/// A lock that is held.
pub trait Lease: Debug + Send + Sync {
    /// Gives it back; once is enough.
    ///
    /// # Errors
    /// Fails where the backend cannot be told, so that the lock stays.
    fn release(&self) -> Result<(), StoreError>;
}

/// Where facts go until they are part of the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalPlace {
    /// In the place of the state: whoever finds the one finds the other.
    Beside(PathBuf),
    /// In a working directory of one machine: the state must say that there is one.
    Away(PathBuf),
}

impl JournalPlace {
    /// The file.
    pub fn path(&self) -> &PathBuf {
        match self {
            JournalPlace::Beside(path) | JournalPlace::Away(path) => path,
        }
    }

    /// The file with the state before the last change, in the same folder.
    pub fn backup(&self) -> PathBuf {
        self.path().with_extension("backup")
    }

    /// The files in the same folder that a text is kept in that is no state: the first is taken
    /// that is free.
    pub fn asides(&self) -> impl Iterator<Item = PathBuf> {
        let first = std::iter::once(self.path().with_extension("damaged"));
        first.chain((2..).map(|n| self.path().with_extension(format!("damaged.{n}"))))
    }
}

/// A text and what it is recognised by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The text.
    pub text: Vec<u8>,
    /// The backend's tag; where it gives none, the text is known by its content.
    pub tag: Option<String>,
}

/// What was there when we looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Nothing.
    Nothing,
    /// A text with this SHA-256.
    Digest([u8; 32]),
    /// A text with this tag of the backend's.
    Tag(String),
}

impl Seen {
    /// A text, known by its content.
    pub fn text(text: &[u8]) -> Seen {
        let mut found = [0; 32];
        found.copy_from_slice(digest(&SHA256, text).as_ref());
        Seen::Digest(found)
    }
}

impl Snapshot {
    /// A text, known by its content.
    pub fn of(text: Vec<u8>) -> Snapshot {
        Snapshot { text, tag: None }
    }

    /// What it is recognised by.
    pub fn seen(&self) -> Seen {
        self.tag.clone().map_or_else(|| Seen::text(&self.text), Seen::Tag)
    }
}
