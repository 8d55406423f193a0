//! The state on disk: locked, replaced atomically, its journal folded in.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::disk::{Disk, DiskLock, OsDisk};
use super::journal::{self, Journal};
use super::{Entry, State, v1};

/// Who holds a lock, for the one who waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// `user@machine`
    pub who: String,
    /// The process.
    pub pid: u32,
    /// `apply`
    pub operation: String,
    /// RFC 3339.
    pub since: String,
}

/// Why a state cannot be read, locked or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else works on it.
    #[error("the state {path} is locked{}", holder.as_ref().map(by).unwrap_or_default())]
    Locked {
        /// The state file.
        path: PathBuf,
        /// Who, where that could be read.
        holder: Option<Holder>,
    },
    /// The disk did not do as asked.
    #[error("{doing} {path} failed")]
    Io {
        /// `reading`
        doing: &'static str,
        /// What.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The text is no state. Never treated as "no resources".
    #[error("the state {path} cannot be used: {reason}")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Why, as a sentence's end.
        reason: String,
    },
    /// The journal has facts about a state that is not there.
    #[error(
        "the state {path} is missing, but its journal {} is there: facts of an earlier run are in \
         it",
        beside(path, JOURNAL).display()
    )]
    Missing {
        /// The state file.
        path: PathBuf,
    },
    /// A newer program wrote it.
    #[error("the state {path} has version {version}; this program knows version {}", v1::VERSION)]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u64,
    },
}

fn by(holder: &Holder) -> String {
    let Holder { who, pid, operation, since } = holder;
    format!(" by {who} (process {pid}) for {operation} since {since}")
}

const JOURNAL: &str = ".journal";
const BACKUP: &str = ".backup";
const LOCK: &str = ".lock";
/// A file that is not yet in its place.
const STAGED: &str = ".new";

/// How often a state is read again that was replaced while it was read.
const READS: usize = 10;

/// A state file with its lock and journal beside it.
#[derive(Clone, Debug)]
pub struct FileStore {
    path: PathBuf,
    disk: Arc<dyn Disk>,
}

impl FileStore {
    /// The store of a state file, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> FileStore {
        FileStore::on(Arc::new(OsDisk), path)
    }

    /// The same on a disk that is not the operating system's.
    pub fn on(disk: Arc<dyn Disk>, path: impl Into<PathBuf>) -> FileStore {
        FileStore { path: path.into(), disk }
    }

    /// Reads without a lock, for showing: the journal is taken into account, nothing is written.
    pub fn peek(&self) -> Result<State, StoreError> {
        let mut before = self.read_if_there(&self.path)?;
        let mut result = self.peek_once(before.as_deref());
        for _ in 0..READS {
            let after = self.read_if_there(&self.path)?;
            if after == before {
                break;
            }
            // Whoever holds the lock replaced the state and began another journal meanwhile.
            result = self.peek_once(after.as_deref());
            before = after;
        }
        result
    }

    fn peek_once(&self, text: Option<&[u8]>) -> Result<State, StoreError> {
        let state = text.map(|text| self.parse_state(text)).transpose()?;
        let journal = self.read_journal(state.as_ref())?;
        let mut state = state.unwrap_or_default();
        journal.iter().flatten().for_each(|entry| state.apply(entry));
        Ok(state)
    }

    /// Locks and reads. `lineage` is given to a state that does not exist yet.
    ///
    /// The lock is the operating system's: a dead process holds nothing.
    pub fn lock(
        &self,
        holder: &Holder,
        patience: Duration,
        lineage: impl FnOnce() -> String,
    ) -> Result<LockedState, StoreError> {
        let lock = self.take_lock(holder, patience)?;
        let text = self.read_if_there(&self.path)?;
        let read = text.map(|text| self.parse_state(&text)).transpose()?;
        let journal = self.read_journal(read.as_ref())?;
        let mut state = read.unwrap_or_else(|| State { lineage: lineage(), ..State::default() });
        journal.iter().flatten().for_each(|entry| state.apply(entry));
        let mut locked = LockedState { store: self.clone(), state, journal: None, _lock: lock };
        // Facts are folded in; a journal without any, or one that was folded already, goes away.
        match journal.as_deref() {
            None => {}
            Some([]) => self.drop_journal()?,
            Some(_) => locked.fold()?,
        }
        Ok(locked)
    }

    fn beside(&self, extension: &str) -> PathBuf {
        beside(&self.path, extension)
    }

    fn take_lock(
        &self,
        holder: &Holder,
        patience: Duration,
    ) -> Result<Box<dyn DiskLock>, StoreError> {
        let path = self.beside(LOCK);
        let mut lock = self.disk.open_lock(&path).map_err(failed("opening", &path))?;
        let until = Instant::now() + patience;
        while !lock.try_lock().map_err(failed("locking", &path))? {
            if Instant::now() >= until {
                let holder = read_holder(&mut *lock);
                return Err(StoreError::Locked { path: self.path.clone(), holder });
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let text = serde_json::to_vec(holder).map_err(|e| failed("writing", &path)(e.into()))?;
        lock.write(&text).map_err(failed("writing", &path))?;
        Ok(lock)
    }

    fn parse_state(&self, text: &[u8]) -> Result<State, StoreError> {
        let corrupt = |reason| StoreError::Corrupt { path: self.path.clone(), reason };
        if text.iter().all(u8::is_ascii_whitespace) {
            let reason = "the file is empty. Restore it from its backup (.backup) or your \
                          repository; remove it only if nothing was ever applied";
            return Err(corrupt(reason.to_owned()));
        }
        let version: serde_json::Value =
            serde_json::from_slice(text).map_err(|error| corrupt(error.to_string()))?;
        match version.get("version").and_then(serde_json::Value::as_u64) {
            Some(v1::VERSION) => v1::read(text).map_err(corrupt),
            Some(version) => Err(StoreError::Newer { path: self.path.clone(), version }),
            None => Err(corrupt("it has no version".to_owned())),
        }
    }

    /// The facts that are not in the state file yet; none where there is no journal.
    fn read_journal(&self, state: Option<&State>) -> Result<Option<Vec<Entry>>, StoreError> {
        let path = self.beside(JOURNAL);
        let Some(text) = self.read_if_there(&path)? else { return Ok(None) };
        let corrupt = |reason| StoreError::Corrupt { path: path.clone(), reason };
        let replay = journal::replay(&text).map_err(corrupt)?;
        // The state was durable before the journal was made, so somebody took it away.
        let missing = || StoreError::Missing { path: self.path.clone() };
        let state = state.ok_or_else(missing)?;
        let Some(replay) = replay else { return Ok(Some(Vec::new())) };
        // A crash between replacing the state and removing the journal leaves one already folded.
        if replay.lineage == state.lineage && replay.serial < state.serial {
            return Ok(Some(Vec::new()));
        }
        if replay.lineage != state.lineage || replay.serial != state.serial {
            let reason = format!(
                "it continues lineage {} serial {}, the state has lineage {} serial {}. Put back \
                 the state that belongs to it, or move the journal away if this one is newer",
                replay.lineage, replay.serial, state.lineage, state.serial
            );
            return Err(corrupt(reason));
        }
        Ok(Some(replay.entries))
    }
}

/// A state under our lock.
#[derive(Debug)]
pub struct LockedState {
    store: FileStore,
    state: State,
    journal: Option<Journal>,
    _lock: Box<dyn DiskLock>,
}

impl LockedState {
    /// The state as it is.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Records facts: when this returns they survive a crash, with one flush for all of them.
    ///
    /// # Errors
    /// None of them counts then, and no later ones can be recorded: only [`LockedState::save`] is left.
    pub fn record(&mut self, entries: &[Entry]) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        let path = self.store.beside(JOURNAL);
        let journal = match &mut self.journal {
            Some(journal) => journal,
            none => none.insert(start_journal(&self.store, &self.state)?),
        };
        journal.append(entries).map_err(failed("writing", &path))?;
        entries.iter().for_each(|entry| self.state.apply(entry));
        Ok(())
    }

    /// Saves facts that could not be recorded, with all that could.
    pub fn save(&mut self, entries: &[Entry]) -> Result<(), StoreError> {
        entries.iter().for_each(|entry| self.state.apply(entry));
        self.replace()
    }

    /// Replaces the state file with what the journal adds to it, and removes the journal.
    /// Where nothing was recorded, nothing is written.
    pub fn fold(&mut self) -> Result<(), StoreError> {
        let journal = self.store.beside(JOURNAL);
        match self.journal.is_none() && self.store.read_if_there(&journal)?.is_none() {
            true => Ok(()),
            false => self.replace(),
        }
    }

    fn replace(&mut self) -> Result<(), StoreError> {
        let next = State { serial: self.state.serial + 1, ..self.state.clone() };
        self.store.back_up()?;
        self.store.replace(&next)?;
        self.state = next;
        self.journal = None;
        self.store.remove_if_there(&self.store.beside(JOURNAL))
    }
}

fn start_journal(store: &FileStore, state: &State) -> Result<Journal, StoreError> {
    // A state that was never written must exist before a journal can continue it.
    if state.serial == 0 && store.read_if_there(&store.path)?.is_none() {
        store.replace(state)?;
    }
    let path = store.beside(JOURNAL);
    // Facts of a run that could not fold them in must never be written over.
    let file = store.disk.create_new(&path).map_err(failed("creating", &path))?;
    let journal = Journal::begin(file, &state.lineage, state.serial);
    let journal = journal.map_err(failed("writing", &path))?;
    store.sync_folder()?;
    Ok(journal)
}

impl FileStore {
    fn back_up(&self) -> Result<(), StoreError> {
        match self.read_if_there(&self.path)? {
            Some(text) => self.write(&self.beside(BACKUP), &text),
            None => Ok(()),
        }
    }

    fn replace(&self, state: &State) -> Result<(), StoreError> {
        let text = v1::write(state).map_err(|error| failed("writing", &self.path)(error.into()))?;
        self.write(&self.path, &text)?;
        self.sync_folder()
    }

    /// Replaces a file atomically; durable once its folder is.
    fn write(&self, path: &Path, text: &[u8]) -> Result<(), StoreError> {
        let staged = beside(path, STAGED);
        let write = || {
            let mut file = self.disk.create(&staged)?;
            file.append(text)?;
            file.sync()?;
            self.disk.rename(&staged, path)
        };
        write().map_err(|error| {
            // It is in nobody's way; the next write begins it anew.
            let _ = self.disk.remove(&staged);
            failed("writing", path)(error)
        })
    }

    /// Removes a journal of which nothing is needed: once the state that says so is durable.
    fn drop_journal(&self) -> Result<(), StoreError> {
        self.sync_folder()?;
        self.remove_if_there(&self.beside(JOURNAL))
    }

    fn sync_folder(&self) -> Result<(), StoreError> {
        let folder = folder_of(&self.path);
        self.disk.sync_folder(folder).map_err(failed("syncing", folder))
    }

    fn read_if_there(&self, path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
        match self.disk.read(path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("reading", path)(error)),
        }
    }

    fn remove_if_there(&self, path: &Path) -> Result<(), StoreError> {
        match self.disk.remove(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(failed("removing", path)(error))
            }
            _ => Ok(()),
        }
    }
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Io { doing, path, source }
}

fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(extension);
    name.into()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn read_holder(lock: &mut dyn DiskLock) -> Option<Holder> {
    serde_json::from_slice(&lock.read().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::record::tests::Blind;
    use super::super::{Record, Status, Stored};
    use super::*;
    use crate::value::{Type, Value};

    fn holder() -> Holder {
        Holder { who: "a@b".into(), pid: 1, operation: "apply".into(), since: "now".into() }
    }

    fn store() -> (tempfile::TempDir, FileStore) {
        let dir = tempfile::tempdir().unwrap();
        let store = FileStore::new(dir.path().join("quorate.state.json"));
        (dir, store)
    }

    fn lock(store: &FileStore) -> LockedState {
        store.lock(&holder(), Duration::ZERO, || "lineage".to_owned()).unwrap()
    }

    fn became(name: &str) -> Entry {
        let ty = Type::object([("path", Type::String)]);
        let value = Value::object([("path", Value::from(name))]);
        let record = Record::new(&value, &ty, &Blind).unwrap();
        let depends_on = Default::default();
        let object = Stored { record, schema_version: 1, status: Status::Ready, depends_on };
        Entry::Became {
            addr: format!("host_file.{name}").parse().unwrap(),
            object: Box::new(object),
        }
    }

    #[test]
    fn what_was_recorded_survives_without_a_fold() {
        let (_dir, store) = store();
        let mut locked = lock(&store);
        locked.record(&[became("a")]).unwrap();
        locked.record(&[became("b")]).unwrap();
        drop(locked);
        assert_eq!(store.peek().unwrap().objects.len(), 2);
        let again = lock(&store);
        assert_eq!(again.state().objects.len(), 2);
        assert_eq!(again.state().serial, 1, "the journal was folded in");
        assert!(!store.beside(JOURNAL).exists());
    }

    #[test]
    fn a_folded_journal_left_behind_by_a_crash_is_ignored() {
        let (_dir, store) = store();
        let mut locked = lock(&store);
        locked.record(&[became("a")]).unwrap();
        let journal = fs::read(store.beside(JOURNAL)).unwrap();
        locked.fold().unwrap();
        locked.record(&[Entry::Gone { addr: "host_file.a".parse().unwrap() }]).unwrap();
        locked.fold().unwrap();
        drop(locked);
        fs::write(store.beside(JOURNAL), journal).unwrap();
        assert_eq!(lock(&store).state().objects.len(), 0);
    }

    #[test]
    fn a_journal_of_another_history_is_refused() {
        let (_dir, store) = store();
        let mut locked = lock(&store);
        locked.record(&[became("a")]).unwrap();
        locked.fold().unwrap();
        drop(locked);
        let text =
            fs::read_to_string(&store.path).unwrap().replace("lineage\": \"lin", "lineage\": \"x");
        let mut locked = lock(&store);
        locked.record(&[became("b")]).unwrap();
        drop(locked);
        fs::write(&store.path, text).unwrap();
        let refused = store.lock(&holder(), Duration::ZERO, String::new);
        assert!(matches!(refused, Err(StoreError::Corrupt { .. })), "{refused:?}");
    }

    #[test]
    fn a_journal_without_its_state_is_refused() {
        let (_dir, store) = store();
        let mut locked = lock(&store);
        locked.record(&[became("a")]).unwrap();
        drop(locked);
        fs::remove_file(&store.path).unwrap();
        let refused = store.lock(&holder(), Duration::ZERO, || "lineage".to_owned());
        assert!(matches!(refused, Err(StoreError::Missing { .. })), "{refused:?}");
        assert!(matches!(store.peek(), Err(StoreError::Missing { .. })));
        assert!(store.beside(JOURNAL).exists());
    }

    #[test]
    fn a_backup_is_the_state_before() {
        let (_dir, store) = store();
        let mut locked = lock(&store);
        locked.record(&[became("a")]).unwrap();
        locked.fold().unwrap();
        let before = fs::read(&store.path).unwrap();
        locked.record(&[became("b")]).unwrap();
        locked.fold().unwrap();
        assert_eq!(fs::read(store.beside(BACKUP)).unwrap(), before);
        assert!(!beside(&store.path, STAGED).exists());
    }

    #[test]
    fn an_empty_file_is_never_an_empty_state() {
        let (_dir, store) = store();
        fs::write(&store.path, "").unwrap();
        assert!(matches!(store.peek(), Err(StoreError::Corrupt { .. })));
    }

    #[test]
    fn a_newer_version_is_refused() {
        let (_dir, store) = store();
        fs::write(&store.path, r#"{"version": 9}"#).unwrap();
        assert!(matches!(store.peek(), Err(StoreError::Newer { version: 9, .. })));
    }

    #[test]
    fn the_second_one_is_told_who_holds_the_lock() {
        let (_dir, store) = store();
        let _first = lock(&store);
        let second = store.lock(&holder(), Duration::ZERO, String::new).unwrap_err();
        assert!(second.to_string().contains("by a@b (process 1) for apply"), "{second}");
    }
}
