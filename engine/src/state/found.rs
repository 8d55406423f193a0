//! What a backend holds: a state, and what the journal of a run that did not end adds to it.

use std::path::Path;

use super::replay::{self, Replay, Unreadable};
use super::resume::{self, Resume};
use super::{Backend, Backup, JournalPlace, Seen, State, StoreError, parse};
use crate::parallel;

/// How often a state is read again that was replaced while it was read.
const READS: usize = 10;

/// What was found: a state, what it is recognised by, what its journal holds.
pub(super) struct Found {
    pub state: State,
    pub seen: Seen,
    pub resume: Resume,
    pub has_journal: bool,
    /// The text, where nobody but us makes a backup of it.
    pub text: Option<Vec<u8>>,
}

impl Found {
    pub fn read(
        backend: &dyn Backend,
        lineage: impl FnOnce() -> String,
    ) -> Result<Found, StoreError> {
        let snapshot = backend.read()?;
        let place = backend.journal();
        let text = backend.files().read_if_there(place.path())?;
        let replay = text.as_deref().map(|text| replay(text, place.path())).transpose()?;
        let facts = replay.as_ref().is_some_and(|replay| !replay.entries.is_empty());
        let orphaned = match &place {
            // The state was durable before the journal was made, so somebody took it away.
            JournalPlace::Beside(_) => text.is_some(),
            JournalPlace::Away(_) => facts,
        };
        if snapshot.is_none() && orphaned {
            let (path, journal) = (backend.place().into(), place.path().clone());
            return Err(StoreError::Missing { path, journal });
        }
        let has_journal = text.is_some();
        let (state, seen, text) = match snapshot {
            Some(snapshot) => {
                let (seen, state) =
                    parallel::both(|| snapshot.seen(), || parsed(backend, &snapshot.text));
                (state?, seen, Some(snapshot.text))
            }
            None => (State { lineage: lineage(), ..State::default() }, Seen::Nothing, None),
        };
        let text = text.filter(|_| matches!(place, JournalPlace::Away(_)));
        let resume = match &place {
            JournalPlace::Beside(_) => resume::beside(&state, replay),
            JournalPlace::Away(_) => resume::away(&state, replay),
        };
        Found { state, seen, resume, has_journal, text }.usable(place.path())
    }

    fn usable(self, journal: &Path) -> Result<Found, StoreError> {
        match self.resume {
            Resume::Refuse(reason) => {
                Err(StoreError::ForeignJournal { path: journal.to_owned(), reason })
            }
            _ => Ok(self),
        }
    }

    /// The state with what the journal adds to it.
    pub fn continued(self) -> State {
        let mut state = self.state;
        if let Resume::Fold(entries) = &self.resume {
            entries.iter().for_each(|entry| state.apply(entry));
        }
        state
    }
}

fn replay(text: &[u8], path: &Path) -> Result<Replay, StoreError> {
    let path = path.to_owned();
    replay::replay(text).map_err(|unreadable| match unreadable {
        Unreadable::Newer(version) => StoreError::Newer { path, version },
        Unreadable::Damaged { sound, reason } => StoreError::DamagedJournal { path, sound, reason },
    })
}

/// A state; where the text is none, what may take its place is looked for.
fn parsed(backend: &dyn Backend, text: &[u8]) -> Result<State, StoreError> {
    parse(text, &backend.place()).map_err(|error| match error {
        StoreError::Corrupt { path, reason, .. } => {
            StoreError::Corrupt { path, reason, backup: backup(backend) }
        }
        error => error,
    })
}

fn backup(backend: &dyn Backend) -> Option<Backup> {
    let path = backend.journal().backup();
    let text = backend.files().read_if_there(&path).ok()??;
    let state = parse(&text, "").ok()?;
    Some(Backup { path, serial: state.serial, objects: state.objects.len() })
}

/// Reads without a lock, for showing: the journal is taken into account, nothing is written.
///
/// # Errors
/// Fails where the state or its journal cannot be used.
pub fn peek(backend: &dyn Backend) -> Result<State, StoreError> {
    settled(backend, &String::new).map(Found::continued)
}

/// What is found without a lock. Whoever holds it may replace the state and begin another journal
/// between our two reads.
pub(super) fn settled(
    backend: &dyn Backend,
    lineage: &dyn Fn() -> String,
) -> Result<Found, StoreError> {
    let seen = || Ok(backend.read()?.map_or(Seen::Nothing, |snapshot| snapshot.seen()));
    let mut before = seen()?;
    let mut found = Found::read(backend, lineage);
    for _ in 0..READS {
        let after = seen()?;
        if after == before {
            break;
        }
        found = Found::read(backend, lineage);
        before = after;
    }
    found
}
