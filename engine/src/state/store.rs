//! The backend that is a file: locked by the operating system, replaced atomically.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::disk::{Disk, DiskLock, OsDisk};
use super::files::{Files, beside, failed};
use super::{
    Backend, Holder, JournalPlace, Lease, LockRequest, LockedState, Seen, Snapshot, State, v3,
};

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
        /// The state before the last change, where there is one that can be used.
        backup: Option<Backup>,
    },
    /// The journal is not what was written. It is never taken for an empty one, nor removed.
    #[error("the journal {path} is damaged: {reason}")]
    DamagedJournal {
        /// The file.
        path: PathBuf,
        /// How many lines at its beginning are sound.
        sound: usize,
        /// Why, as a sentence's end.
        reason: String,
    },
    /// The journal tells of another state than the one that is there.
    #[error("the journal {path} does not fit the state: {reason}")]
    ForeignJournal {
        /// The file.
        path: PathBuf,
        /// Why, as a sentence's end.
        reason: String,
    },
    /// The journal has facts about a state that is not there.
    #[error(
        "the state {path} is missing, but its journal {} is there: facts of an earlier run are in \
         it",
        journal.display()
    )]
    Missing {
        /// The state.
        path: PathBuf,
        /// The journal.
        journal: PathBuf,
    },
    /// A newer program wrote it.
    #[error("the state {path} has version {version}; this program knows version {}", v3::VERSION)]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u64,
    },
    /// It is not what was read.
    #[error("the state {place} has changed since it was read")]
    Changed {
        /// The state.
        place: String,
    },
    /// A run elsewhere did not end.
    #[error("{}", unfinished(place, run))]
    Elsewhere {
        /// The state.
        place: String,
        /// The run.
        run: Box<Holder>,
    },
    /// A backend did not do as asked.
    #[error("{doing} {place} failed: {reason}")]
    Backend {
        /// `reading`
        doing: &'static str,
        /// The state, or its lock.
        place: String,
        /// Why, as a sentence's end.
        reason: String,
    },
    /// There is no such lock to take away.
    #[error("{reason}")]
    NotUnlocked {
        /// Why, as a sentence's end.
        reason: String,
    },
    /// It must not be written over.
    #[error("the state {place} is not replaced: {reason}")]
    Refused {
        /// The state.
        place: String,
        /// Why, as a sentence's end.
        reason: String,
    },
}

/// The state before the last change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Where.
    pub path: PathBuf,
    /// Its serial.
    pub serial: u64,
    /// How many objects it has.
    pub objects: usize,
}

fn unfinished(place: &str, run: &Holder) -> String {
    let Holder { id, who, operation, since, folder, .. } = run;
    format!(
        "the state {place} says that a run of {who} ({operation}, since {since}, id {id}) did not \
         end. What it did is in its journal, in {folder} on that machine"
    )
}

fn by(holder: &Holder) -> String {
    let Holder { id, who, pid, operation, since, folder } = holder;
    let place = if folder.is_empty() { String::new() } else { format!(" in {folder}") };
    let id = if id.is_empty() { String::new() } else { format!(". The lock has the id {id}") };
    format!(" by {who} (process {pid}) for {operation}{place} since {since}{id}")
}

const JOURNAL: &str = ".journal";
const LOCK: &str = ".lock";

/// A state file with its lock and journal beside it.
#[derive(Clone, Debug)]
pub struct FileStore {
    path: PathBuf,
    files: Files,
}

impl FileStore {
    /// The store of a state file, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> FileStore {
        FileStore::on(Arc::new(OsDisk), path)
    }

    /// The same on a disk that is not the operating system's.
    pub fn on(disk: Arc<dyn Disk>, path: impl Into<PathBuf>) -> FileStore {
        FileStore { path: path.into(), files: Files(disk) }
    }

    /// Reads without a lock, for showing: the journal is taken into account, nothing is written.
    ///
    /// # Errors
    /// Fails where the state or its journal cannot be used.
    pub fn peek(&self) -> Result<State, StoreError> {
        super::peek(self)
    }

    /// Locks and reads. `lineage` is given to a state that does not exist yet.
    ///
    /// # Errors
    /// As [`LockedState::open`].
    pub fn lock(
        &self,
        holder: &Holder,
        patience: Duration,
        lineage: impl FnOnce() -> String,
    ) -> Result<LockedState, StoreError> {
        let request = LockRequest { holder, patience, waiting: &mut |_| {} };
        LockedState::open(Arc::new(self.clone()), request, lineage)
    }

    fn beside(&self, extension: &str) -> PathBuf {
        beside(&self.path, extension)
    }

    /// What is there, if it still is what was seen.
    fn unchanged(&self, over: &Seen) -> Result<Option<Snapshot>, StoreError> {
        let now = self.read()?;
        let seen = now.as_ref().map_or(Seen::Nothing, Snapshot::seen);
        match seen == *over {
            true => Ok(now),
            false => Err(StoreError::Changed { place: self.place() }),
        }
    }

    fn put(&self, text: &[u8]) -> Result<Seen, StoreError> {
        self.files.write(&self.path, text)?;
        self.files.sync_folder(&self.path)?;
        Ok(Seen::text(text))
    }

    fn lock_file(&self) -> Result<(Box<dyn DiskLock>, bool), StoreError> {
        let path = self.beside(LOCK);
        let mut lock = self.files.0.open_lock(&path).map_err(failed("opening", &path))?;
        let taken = lock.try_lock().map_err(failed("locking", &path))?;
        Ok((lock, taken))
    }
}

impl Backend for FileStore {
    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn journal(&self) -> JournalPlace {
        JournalPlace::Beside(self.beside(JOURNAL))
    }

    fn files(&self) -> Files {
        self.files.clone()
    }

    fn read(&self) -> Result<Option<Snapshot>, StoreError> {
        Ok(self.files.read_if_there(&self.path)?.map(Snapshot::of))
    }

    fn write(&self, text: &[u8], over: &Seen) -> Result<Seen, StoreError> {
        if let Some(snapshot) = self.unchanged(over)? {
            let backup = self.journal().backup();
            self.files.write(&backup, &snapshot.text)?;
            // Whoever finds the new state finds the one before it.
            self.files.sync_folder(&backup)?;
        }
        self.put(text)
    }

    fn replace_unusable(&self, text: &[u8], over: &Seen) -> Result<Seen, StoreError> {
        self.unchanged(over)?;
        self.put(text)
    }

    /// The lock is the operating system's: a dead process holds nothing.
    fn lock(&self, holder: &Holder) -> Result<Arc<dyn Lease>, StoreError> {
        let (mut lock, taken) = self.lock_file()?;
        if !taken {
            let holder = read_holder(&mut *lock);
            return Err(StoreError::Locked { path: self.path.clone(), holder });
        }
        let path = self.beside(LOCK);
        let text = serde_json::to_vec(holder).map_err(|e| failed("writing", &path)(e.into()))?;
        lock.write(&text).map_err(failed("writing", &path))?;
        Ok(Arc::new(FileLease(Mutex::new(Some(lock)))))
    }

    fn force_unlock(&self, _: &str) -> Result<(), StoreError> {
        let (mut lock, taken) = self.lock_file()?;
        let place = self.place();
        let reason = if taken {
            format!(
                "nobody holds the state {place}. Its lock is the operating system's: a process \
                 that died leaves none"
            )
        } else {
            let by = read_holder(&mut *lock).as_ref().map(by).unwrap_or_default();
            format!(
                "the state {place} is locked{by}. That process lives, since its lock is the \
                 operating system's: end the process instead"
            )
        };
        Err(StoreError::NotUnlocked { reason })
    }

    fn pause(&self) -> Duration {
        Duration::from_millis(50)
    }
}

/// The lock of a file; it goes with the value, or with the process.
#[derive(Debug)]
struct FileLease(Mutex<Option<Box<dyn DiskLock>>>);

impl Lease for FileLease {
    fn release(&self) -> Result<(), StoreError> {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
        Ok(())
    }
}

fn read_holder(lock: &mut dyn DiskLock) -> Option<Holder> {
    serde_json::from_slice(&lock.read().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::record::tests::Blind;
    use super::super::{Entry, Record, Status, Stored};
    use super::*;
    use crate::value::{Type, Value};

    fn holder() -> Holder {
        Holder {
            id: "1d".into(),
            who: "a@b".into(),
            pid: 1,
            operation: "apply".into(),
            since: "now".into(),
            folder: "/work".into(),
        }
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
        assert!(matches!(refused, Err(StoreError::ForeignJournal { .. })), "{refused:?}");
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
        assert_eq!(fs::read(store.journal().backup()).unwrap(), before);
        assert!(!store.beside(".new").exists());
    }

    #[test]
    fn a_journal_is_never_written_over() {
        let (_dir, store) = store();
        let files = store.files();
        let path = store.beside(JOURNAL);
        fs::write(&path, "facts").unwrap();
        let begun = super::super::journal::Journal::begin(&files, &path, "l", 1, "r");
        assert_eq!(begun.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"facts");
    }

    #[test]
    fn what_is_no_state_is_kept_when_it_is_replaced() {
        let (_dir, store) = store();
        let mut locked = lock(&store);
        locked.record(&[became("a")]).unwrap();
        locked.fold().unwrap();
        drop(locked);
        let (sound, backup) = (fs::read(&store.path).unwrap(), store.journal().backup());
        let before = fs::read(&backup).unwrap();
        for aside in ["damaged", "damaged.2"] {
            fs::write(&store.path, aside).unwrap();
            assert!(matches!(store.peek(), Err(StoreError::Corrupt { backup: Some(_), .. })));
            let (holder, waiting) = (holder(), &mut |_: Option<&_>| {});
            let request = LockRequest { holder: &holder, patience: Duration::ZERO, waiting };
            let store = Arc::new(store.clone());
            let locked = LockedState::open_to_replace(store.clone(), request, String::new);
            let mut locked = locked.unwrap();
            let next = super::super::parse(&sound, "").unwrap();
            locked.push(next.clone(), super::super::Overwrite::Forced).unwrap();
            assert_eq!(locked.aside(), Some(&*store.path.with_extension(format!("json.{aside}"))));
            drop(locked);
            let kept = store.path.with_extension(format!("json.{aside}"));
            assert_eq!(fs::read_to_string(kept).unwrap(), aside);
            assert_eq!(fs::read(&backup).unwrap(), before, "the only good copy stays");
            assert_eq!(store.peek().unwrap(), next);
        }
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
        assert!(
            second.to_string().contains(
                "by a@b (process 1) for apply in /work since now. The lock has the id 1d"
            ),
            "{second}"
        );
    }
}
