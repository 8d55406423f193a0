//! A state under our lock: facts go to the journal, and from there into the state.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::files::{Files, failed};
use super::found::{Found, settled};
use super::journal::Journal;
use super::resume::Resume;
use super::{Backend, Entry, Holder, JournalPlace, Lease, Seen, State, StoreError, render};

/// Who wants the lock, and how long they wait.
pub struct LockRequest<'a> {
    /// Who.
    pub holder: &'a Holder,
    /// How long.
    pub patience: Duration,
    /// Told once who holds it, where waiting begins.
    pub waiting: &'a mut dyn FnMut(Option<&Holder>),
}

/// What an earlier run left, and this one took over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resumed {
    /// How many facts there were.
    pub facts: usize,
    /// Whether the run reached the state only in part: its end was never written there.
    pub run: Option<Holder>,
}

/// Whether a state may be put in the place of any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwrite {
    /// Only of an older one of the same history.
    WhereNewer,
    /// Of any.
    Forced,
}

/// A state under our lock.
#[derive(Debug)]
pub struct LockedState {
    backend: Arc<dyn Backend>,
    holder: Holder,
    state: State,
    seen: Seen,
    journal: Option<Journal>,
    resumed: Option<Resumed>,
    lease: Option<Arc<dyn Lease>>,
    /// The text before this run, until it is in the backup; none where the backend makes one.
    before: Option<Vec<u8>>,
    /// Where the text is kept that was found in place of a state.
    aside: Option<PathBuf>,
}

fn wait_for_lock(
    backend: &dyn Backend,
    request: LockRequest<'_>,
) -> Result<Arc<dyn Lease>, StoreError> {
    let until = Instant::now() + request.patience;
    let mut told = false;
    loop {
        match backend.lock(request.holder) {
            Err(StoreError::Locked { holder, .. }) if Instant::now() < until => {
                if !std::mem::replace(&mut told, true) {
                    (request.waiting)(holder.as_ref());
                }
                let rest = until.saturating_duration_since(Instant::now());
                std::thread::sleep(backend.pause().min(rest));
            }
            outcome => return outcome,
        }
    }
}

impl LockedState {
    /// Locks and reads. What an earlier run left in its journal becomes part of the state.
    /// `lineage` is given to a state that does not exist yet.
    ///
    /// # Errors
    /// Fails where somebody else holds the lock for longer than the patience, or the state or its
    /// journal cannot be used.
    pub fn open(
        backend: Arc<dyn Backend>,
        request: LockRequest<'_>,
        lineage: impl FnOnce() -> String,
    ) -> Result<LockedState, StoreError> {
        let mut locked = LockedState::unread(backend, request)?;
        locked.load(lineage)?;
        Ok(locked)
    }

    /// The same for a state that is to be replaced whatever is there. A text that is no state is
    /// kept aside, and a journal whose state is missing may be one of the state that is to come.
    ///
    /// # Errors
    /// As [`LockedState::open`], but for a state that cannot be used or is missing.
    pub fn open_to_replace(
        backend: Arc<dyn Backend>,
        request: LockRequest<'_>,
        lineage: impl FnOnce() -> String,
    ) -> Result<LockedState, StoreError> {
        let mut locked = LockedState::unread(backend, request)?;
        match locked.load(lineage) {
            Err(StoreError::Corrupt { .. }) => locked.set_aside()?,
            Err(StoreError::Missing { .. }) => {}
            outcome => outcome?,
        }
        Ok(locked)
    }

    fn unread(
        backend: Arc<dyn Backend>,
        request: LockRequest<'_>,
    ) -> Result<LockedState, StoreError> {
        let holder = request.holder.clone();
        let lease = Some(wait_for_lock(&*backend, request)?);
        let (state, seen) = (State::default(), Seen::Nothing);
        let (journal, resumed, before, aside) = Default::default();
        Ok(LockedState { backend, holder, state, seen, journal, resumed, lease, before, aside })
    }

    fn set_aside(&mut self) -> Result<(), StoreError> {
        let Some(snapshot) = self.backend.read()? else { return Ok(()) };
        let aside = self.files().keep(self.backend.journal().asides(), &snapshot.text)?;
        (self.seen, self.aside) = (snapshot.seen(), Some(aside));
        Ok(())
    }

    /// Reads without a lock, on the user's own risk: what a journal holds is taken into account
    /// but not folded in, since the run that writes it may be alive. Where there is one, nothing
    /// can be recorded.
    ///
    /// # Errors
    /// Fails where the state or its journal cannot be used.
    pub fn open_unlocked(
        backend: Arc<dyn Backend>,
        holder: &Holder,
        lineage: impl Fn() -> String,
    ) -> Result<LockedState, StoreError> {
        let found = settled(&*backend, &lineage)?;
        let (seen, state) = (found.seen.clone(), found.continued());
        let holder = holder.clone();
        let (journal, resumed, lease, before, aside) = Default::default();
        Ok(LockedState { backend, holder, state, seen, journal, resumed, lease, before, aside })
    }

    fn load(&mut self, lineage: impl FnOnce() -> String) -> Result<(), StoreError> {
        let mut found = Found::read(&*self.backend, lineage)?;
        self.seen = found.seen.clone();
        self.before = found.text.take();
        let run = found.state.runs.open.clone();
        match &found.resume {
            Resume::Fold(entries) => {
                self.resumed = Some(Resumed { facts: entries.len(), run });
                self.state = found.continued();
                self.fold()
            }
            Resume::Elsewhere => {
                let run = Box::new(run.unwrap_or_default());
                Err(StoreError::Elsewhere { place: self.backend.place(), run })
            }
            Resume::Nothing | Resume::Refuse(_) => {
                let has_journal = found.has_journal;
                self.state = found.state;
                if has_journal { self.drop_journal() } else { Ok(()) }
            }
        }
    }

    /// Removes a journal of which nothing is needed: once the state that says so is durable.
    fn drop_journal(&self) -> Result<(), StoreError> {
        let (files, place) = (self.files(), self.backend.journal());
        files.sync_folder(place.path())?;
        files.remove_if_there(place.path())
    }

    fn files(&self) -> Files {
        self.backend.files()
    }

    /// The state as it is.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// How a person knows it.
    pub fn place(&self) -> String {
        self.backend.place()
    }

    /// The file with the state before the last change.
    pub fn backup(&self) -> PathBuf {
        self.backend.journal().backup()
    }

    /// Where the text is kept that was found in place of a state.
    pub fn aside(&self) -> Option<&Path> {
        self.aside.as_deref()
    }

    /// What an earlier run left.
    pub fn resumed(&self) -> Option<&Resumed> {
        self.resumed.as_ref()
    }

    /// The lock, for a process that ends without returning.
    pub fn lease(&self) -> Option<Arc<dyn Lease>> {
        self.lease.clone()
    }

    /// Gives the lock back.
    ///
    /// # Errors
    /// Fails where the backend cannot be told, so that the lock stays.
    pub fn release(mut self) -> Result<(), StoreError> {
        self.lease.take().map_or(Ok(()), |lease| lease.release())
    }

    /// Records facts: when this returns they survive a crash, with one flush for all of them.
    ///
    /// # Errors
    /// None of them counts then, and no later ones can be recorded: only [`LockedState::save`] is left.
    pub fn record(&mut self, entries: &[Entry]) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        if self.journal.is_none() {
            self.journal = Some(self.start_journal()?);
        }
        if let Some(journal) = &mut self.journal {
            let path = self.backend.journal();
            journal.append(entries).map_err(failed("writing", path.path()))?;
        }
        entries.iter().for_each(|entry| self.state.apply(entry));
        Ok(())
    }

    /// Saves facts that could not be recorded, with all that could.
    ///
    /// # Errors
    /// Fails where the state could not be replaced.
    pub fn save(&mut self, entries: &[Entry]) -> Result<(), StoreError> {
        entries.iter().for_each(|entry| self.state.apply(entry));
        self.advance()
    }

    fn start_journal(&mut self) -> Result<Journal, StoreError> {
        match self.backend.journal() {
            JournalPlace::Beside(path) => {
                // A state that was never written must exist before a journal can continue it.
                if self.seen == Seen::Nothing {
                    self.write(self.state.clone())?;
                }
                self.new_journal(&path, self.state.serial)
            }
            // First the journal, then its name in the state: whoever finds the name there can
            // rely on a journal that has everything the run did.
            JournalPlace::Away(path) => {
                let mut next = State { serial: self.state.serial + 1, ..self.state.clone() };
                next.runs.open = Some(self.holder.clone());
                let journal = self.new_journal(&path, next.serial)?;
                self.write(next)?;
                Ok(journal)
            }
        }
    }

    fn new_journal(&self, path: &Path, serial: u64) -> Result<Journal, StoreError> {
        let (files, lineage) = (self.files(), &self.state.lineage);
        let journal = Journal::begin(&files, path, lineage, serial, &self.holder.id);
        let journal = journal.map_err(failed("creating", path))?;
        files.sync_folder(path)?;
        Ok(journal)
    }

    /// Replaces the state with what the journal adds to it, and removes the journal.
    /// Where nothing was recorded, nothing is written.
    ///
    /// # Errors
    /// Fails where the state could not be replaced; the journal stays, and the next run folds it.
    pub fn fold(&mut self) -> Result<(), StoreError> {
        let place = self.backend.journal();
        match self.journal.is_none() && self.files().read_if_there(place.path())?.is_none() {
            true => Ok(()),
            false => self.advance(),
        }
    }

    fn advance(&mut self) -> Result<(), StoreError> {
        let mut next = State { serial: self.state.serial + 1, ..self.state.clone() };
        next.runs.open = None;
        self.write(next)?;
        self.journal = None;
        self.files().remove_if_there(self.backend.journal().path())
    }

    /// Puts another state in the place of this one.
    ///
    /// # Errors
    /// Unless forced, [`StoreError::Refused`] for an older serial or another lineage.
    pub fn push(&mut self, next: State, overwrite: Overwrite) -> Result<(), StoreError> {
        let fresh = self.seen == Seen::Nothing;
        let runs = self.aside.is_none().then(|| self.state.runs.clone());
        let next = State { runs: runs.unwrap_or_else(|| next.runs.clone()), ..next };
        if !fresh && overwrite == Overwrite::WhereNewer {
            if next == self.state {
                return Ok(());
            }
            self.must_follow(&next)?;
        }
        // Whoever saw a serial must never meet it again with another content.
        let after = if fresh { 0 } else { self.state.serial + 1 };
        let serial = match overwrite {
            Overwrite::WhereNewer => next.serial,
            Overwrite::Forced => next.serial.max(after),
        };
        self.write(State { serial, ..next })
    }

    fn must_follow(&self, next: &State) -> Result<(), StoreError> {
        let refused = |reason| Err(StoreError::Refused { place: self.backend.place(), reason });
        if next.lineage != self.state.lineage {
            return refused(format!(
                "it has another history (lineage {}) than the new one (lineage {})",
                self.state.lineage, next.lineage
            ));
        }
        match next.serial <= self.state.serial {
            true => refused(format!(
                "its serial {} is not below that of the new one, {}",
                self.state.serial, next.serial
            )),
            false => Ok(()),
        }
    }

    fn write(&mut self, next: State) -> Result<(), StoreError> {
        let place = self.backend.place();
        let text = render(&next).map_err(failed("writing", Path::new(&place)))?;
        if let Some(before) = &self.before {
            self.files().write(&self.backup(), before)?;
            self.files().sync_folder(&self.backup())?;
            self.before = None;
        }
        self.seen = match &self.aside {
            Some(_) => self.backend.replace_unusable(&text, &self.seen)?,
            None => self.backend.write(&text, &self.seen)?,
        };
        self.state = next;
        Ok(())
    }

    /// Gives up the run that did not end, with all that only its journal knows.
    ///
    /// # Errors
    /// Fails where the state names no such run.
    pub fn abandon(
        backend: Arc<dyn Backend>,
        request: LockRequest<'_>,
        id: &str,
    ) -> Result<(), StoreError> {
        let holder = request.holder.clone();
        let lease = Some(wait_for_lock(&*backend, request)?);
        let found = Found::read(&*backend, String::new)?;
        let (mut state, seen) = (found.state, found.seen);
        if state.runs.open.take_if(|open| open.id == id).is_none() {
            let reason = format!("the state {} names no run {id} to give up", backend.place());
            return Err(StoreError::NotUnlocked { reason });
        }
        state.runs.abandoned.insert(id.to_owned());
        state.serial += 1;
        let (now, journal, resumed, before, aside) = Default::default();
        let mut locked = LockedState {
            backend,
            holder,
            state: now,
            seen,
            journal,
            resumed,
            lease,
            before,
            aside,
        };
        locked.write(state)
    }
}

impl Drop for LockedState {
    fn drop(&mut self) {
        if let Some(lease) = self.lease.take() {
            // Who wants to know calls `release`.
            drop(lease.release());
        }
    }
}
