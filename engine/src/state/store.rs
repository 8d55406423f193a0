//! The state on disk: locked, replaced atomically, its journal folded in.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{Entry, State, journal, v1};

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
        source: std::io::Error,
    },
    /// The text is no state. Never treated as "no resources".
    #[error("the state {path} cannot be used: {reason}")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Why, as a sentence's end.
        reason: String,
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

/// A state file with its lock and journal beside it.
#[derive(Clone, Debug)]
pub struct FileStore {
    path: PathBuf,
}

impl FileStore {
    /// The store of a state file, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> FileStore {
        FileStore { path: path.into() }
    }

    /// Reads without a lock, for showing: the journal is taken into account, nothing is written.
    pub fn peek(&self) -> Result<State, StoreError> {
        let mut state = self.read_state()?.unwrap_or_default();
        for entry in self.read_journal(&state)? {
            state.apply(&entry);
        }
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
        let read = self.read_state()?;
        let fresh = || State { lineage: lineage(), ..State::default() };
        let mut state = read.unwrap_or_else(fresh);
        let entries = self.read_journal(&state)?;
        for entry in &entries {
            state.apply(entry);
        }
        let mut locked = LockedState { store: self.clone(), state, journal: None, _lock: lock };
        // Facts are folded in; a journal without any, or one that was folded already, goes away.
        match entries.is_empty() {
            false => locked.fold()?,
            true => remove_if_there(&self.beside(".journal"))?,
        }
        Ok(locked)
    }

    fn beside(&self, extension: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(extension);
        name.into()
    }

    fn take_lock(&self, holder: &Holder, patience: Duration) -> Result<File, StoreError> {
        let path = self.beside(".lock");
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(failed("opening", &path))?;
        let until = Instant::now() + patience;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(failed("locking", &path)(error)),
                Err(TryLockError::WouldBlock) if Instant::now() >= until => {
                    let holder = read_holder(&mut file);
                    return Err(StoreError::Locked { path: self.path.clone(), holder });
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(50)),
            }
        }
        write_holder(&mut file, holder).map_err(failed("writing", &path))?;
        Ok(file)
    }

    fn read_state(&self) -> Result<Option<State>, StoreError> {
        let Some(text) = read_if_there(&self.path)? else { return Ok(None) };
        let corrupt = |reason| StoreError::Corrupt { path: self.path.clone(), reason };
        if text.iter().all(u8::is_ascii_whitespace) {
            let reason = "the file is empty. Restore it from its backup (.backup) or your \
                          repository; remove it only if nothing was ever applied";
            return Err(corrupt(reason.to_owned()));
        }
        let version: serde_json::Value =
            serde_json::from_slice(&text).map_err(|error| corrupt(error.to_string()))?;
        match version.get("version").and_then(serde_json::Value::as_u64) {
            Some(v1::VERSION) => v1::read(&text).map(Some).map_err(corrupt),
            Some(version) => Err(StoreError::Newer { path: self.path.clone(), version }),
            None => Err(corrupt("it has no version".to_owned())),
        }
    }

    /// The facts that are not in the state file yet.
    fn read_journal(&self, state: &State) -> Result<Vec<Entry>, StoreError> {
        let path = self.beside(".journal");
        let Some(text) = read_if_there(&path)? else { return Ok(Vec::new()) };
        let corrupt = |reason| StoreError::Corrupt { path: path.clone(), reason };
        let Some(replay) = journal::replay(&text).map_err(corrupt)? else { return Ok(Vec::new()) };
        // A crash between replacing the state and removing the journal leaves one already folded.
        if replay.lineage == state.lineage && replay.serial < state.serial {
            return Ok(Vec::new());
        }
        let first = state.lineage.is_empty() && state.serial == 0;
        if !first && (replay.lineage != state.lineage || replay.serial != state.serial) {
            let reason = format!(
                "it continues lineage {} serial {}, the state has lineage {} serial {}",
                replay.lineage, replay.serial, state.lineage, state.serial
            );
            return Err(corrupt(reason));
        }
        Ok(replay.entries)
    }
}

/// A state under our lock.
#[derive(Debug)]
pub struct LockedState {
    store: FileStore,
    state: State,
    journal: Option<File>,
    _lock: File,
}

impl LockedState {
    /// The state as it is.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Records facts: when this returns they survive a crash, with one flush for all of them.
    pub fn record(&mut self, entries: &[Entry]) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        let path = self.store.beside(".journal");
        if self.journal.is_none() {
            self.journal = Some(self.start_journal(&path)?);
        }
        if let Some(file) = &mut self.journal {
            journal::append(file, entries).map_err(failed("writing", &path))?;
        }
        for entry in entries {
            self.state.apply(entry);
        }
        Ok(())
    }

    fn start_journal(&self, path: &Path) -> Result<File, StoreError> {
        // A state that was never written must exist before a journal can continue it.
        if self.state.serial == 0 && !self.store.path.exists() {
            self.store.replace(&self.state)?;
        }
        // Facts of a run that could not fold them in must never be written over.
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(failed("creating", path))?;
        journal::begin(&mut file, &self.state.lineage, self.state.serial)
            .map_err(failed("writing", path))?;
        sync_folder(path)?;
        Ok(file)
    }

    /// Replaces the state file with what the journal adds to it, and removes the journal.
    /// Where nothing was recorded, nothing is written.
    pub fn fold(&mut self) -> Result<(), StoreError> {
        let path = self.store.beside(".journal");
        if self.journal.is_none() && !path.exists() {
            return Ok(());
        }
        let next = State { serial: self.state.serial + 1, ..self.state.clone() };
        self.store.back_up()?;
        self.store.replace(&next)?;
        self.state = next;
        self.journal = None;
        remove_if_there(&path)
    }
}

impl FileStore {
    fn back_up(&self) -> Result<(), StoreError> {
        let backup = self.beside(".backup");
        match fs::copy(&self.path, &backup) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(failed("writing", &backup)(error))
            }
            _ => Ok(()),
        }
    }

    fn replace(&self, state: &State) -> Result<(), StoreError> {
        let text = v1::write(state).map_err(|error| failed("writing", &self.path)(error.into()))?;
        let folder = folder_of(&self.path);
        let write = || -> std::io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(&text)?;
            file.as_file().sync_all()?;
            file.persist(&self.path)?;
            Ok(())
        };
        write().map_err(failed("writing", &self.path))?;
        sync_folder(&self.path)
    }
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Io { doing, path, source }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn sync_folder(path: &Path) -> Result<(), StoreError> {
    let folder = folder_of(path);
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("syncing", folder))
}

fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match fs::read(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("reading", path)(error)),
    }
}

fn remove_if_there(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(failed("removing", path)(error))
        }
        _ => Ok(()),
    }
}

fn read_holder(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0)).ok()?;
    file.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

fn write_holder(file: &mut File, holder: &Holder) -> std::io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    serde_json::to_writer(file, holder)?;
    Ok(())
}

#[cfg(test)]
mod tests {
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
        assert!(!store.beside(".journal").exists());
    }

    #[test]
    fn a_folded_journal_left_behind_by_a_crash_is_ignored() {
        let (_dir, store) = store();
        let mut locked = lock(&store);
        locked.record(&[became("a")]).unwrap();
        let journal = fs::read(store.beside(".journal")).unwrap();
        locked.fold().unwrap();
        locked.record(&[Entry::Gone { addr: "host_file.a".parse().unwrap() }]).unwrap();
        locked.fold().unwrap();
        drop(locked);
        fs::write(store.beside(".journal"), journal).unwrap();
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
