//! A disk in memory that fails, dies and forgets as told: for tests of everything above it.
//!
//! What was not made durable is lost when the power goes, as on a real disk: content that was not
//! synced, and names in a folder that was not. After a failed sync the content stays readable
//! and is never made durable by a later one, as on Linux.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::disk::{Disk, DiskFile, DiskLock};

/// What happens at one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It fails with this error, and changes nothing.
    Once(i32),
    /// It and everything that writes after it fails with this error.
    FromThenOn(i32),
    /// A write leaves its first half and fails for want of space, as all do after it; other
    /// operations fail whole.
    Short,
    /// The process dies before it.
    Dies,
    /// The process dies in the middle of it: of a write the first half is done.
    DiesWithin,
}

/// What a disk still has after the process died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survives {
    /// All that was written: only the process died.
    All,
    /// What was made durable: the power went.
    Durable,
    /// What was made durable, and of the rest a part that this number picks.
    Part(u64),
    /// What was made durable, and as many sectors and changes of names of the rest, the first first.
    First(usize),
}

/// A disk in memory.
#[derive(Clone, Debug, Default)]
pub struct FragileDisk(Arc<Mutex<Platter>>);

#[derive(Debug, Default)]
struct Platter {
    names: BTreeMap<PathBuf, u64>,
    durable_names: BTreeMap<PathBuf, u64>,
    /// What became of names since their folder was synced: the name, and what it stands for now.
    moves: Vec<Vec<(PathBuf, Option<u64>)>>,
    files: BTreeMap<u64, Content>,
    locks: BTreeSet<PathBuf>,
    next: u64,
    operations: usize,
    log: Vec<String>,
    trouble: Option<(usize, Trouble)>,
    broken: Option<i32>,
    dead: bool,
}

#[derive(Clone, Debug, Default)]
struct Content {
    bytes: Vec<u8>,
    durable: Vec<u8>,
    /// A sync failed: what was not durable then never will be.
    dirty: bool,
}

/// `EIO`, what the operating system says when a disk does not answer.
pub const EIO: i32 = 5;
/// `EACCES`
pub const EACCES: i32 = 13;
/// `ENOSPC`
pub const ENOSPC: i32 = 28;
/// `EROFS`
pub const EROFS: i32 = 30;

/// What comes of asking to do something.
enum Verdict {
    Do,
    Half,
}

impl FragileDisk {
    fn platter(&self) -> MutexGuard<'_, Platter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets something happen at the operation of this number, counted from now.
    pub fn trouble(&self, at: usize, trouble: Trouble) {
        let mut platter = self.platter();
        (platter.operations, platter.trouble) = (0, Some((at, trouble)));
        platter.log.clear();
    }

    /// How many operations there were since the last trouble was ordered.
    pub fn operations(&self) -> usize {
        self.platter().operations
    }

    /// What was done since then, for people.
    pub fn log(&self) -> Vec<String> {
        self.platter().log.clone()
    }

    /// Whether the process is dead: nothing that it still does has an effect.
    pub fn is_dead(&self) -> bool {
        self.platter().dead
    }

    /// Counts an operation of another device that is to fail and die with this disk. False where
    /// it is done, but nobody hears of it.
    ///
    /// # Errors
    /// The error that was ordered for it: it is not done.
    pub fn elsewhere(&self, what: &str) -> io::Result<bool> {
        Ok(matches!(self.platter().ask(what.to_owned(), false)?, Verdict::Do))
    }

    /// A disk with the same on it, and no trouble ahead.
    pub fn copy(&self) -> FragileDisk {
        let platter = self.platter();
        FragileDisk(Arc::new(Mutex::new(Platter {
            names: platter.names.clone(),
            durable_names: platter.durable_names.clone(),
            moves: platter.moves.clone(),
            files: platter.files.clone(),
            next: platter.next,
            ..Platter::default()
        })))
    }

    /// The names of all files.
    pub fn names(&self) -> Vec<PathBuf> {
        self.platter().names.keys().cloned().collect()
    }

    /// A new process on what is left; the trouble is over.
    pub fn restart(&self, survives: Survives) {
        let mut platter = self.platter();
        match survives {
            Survives::All => {}
            Survives::Durable => platter.lose(&mut |_| false),
            Survives::First(count) => {
                let mut asked = 0;
                platter.lose(&mut |_| {
                    asked += 1;
                    asked <= count
                });
            }
            Survives::Part(seed) => {
                let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
                platter.lose(&mut |_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    state.is_multiple_of(2)
                });
            }
        }
        platter.locks.clear();
        (platter.dead, platter.broken, platter.trouble) = (false, None, None);
        platter.operations = 0;
    }
}

/// The size of what a disk writes at once, small so that short files have several.
const SECTOR: usize = 64;

impl Platter {
    /// Forgets what is not durable, unless `keeps` says otherwise, for each change of names and
    /// each sector.
    fn lose(&mut self, keeps: &mut dyn FnMut(()) -> bool) {
        let mut names = self.durable_names.clone();
        for change in std::mem::take(&mut self.moves) {
            if keeps(()) {
                apply_move(&mut names, &change);
            }
        }
        for content in self.files.values_mut() {
            let mut left = content.durable.clone();
            let appended = content.bytes.strip_prefix(&*content.durable).unwrap_or_default();
            for sector in appended.chunks(SECTOR) {
                match keeps(()) {
                    true => left.extend_from_slice(sector),
                    false => left.resize(left.len() + sector.len(), 0),
                }
            }
            // The length of a file is written with its last sector, or not at all.
            let end = left.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            left.truncate(end.max(content.durable.len()));
            (content.bytes, content.durable, content.dirty) = (left.clone(), left, false);
        }
        (self.names, self.durable_names) = (names.clone(), names);
    }

    fn ask(&mut self, what: String, writes: bool) -> io::Result<Verdict> {
        if self.dead {
            return Err(gone());
        }
        let at = self.operations;
        self.operations += 1;
        self.log.push(what);
        if let Some(code) = self.broken.filter(|_| writes) {
            return Err(io::Error::from_raw_os_error(code));
        }
        let trouble = self.trouble.filter(|(due, _)| *due == at).map(|(_, trouble)| trouble);
        match trouble {
            None => Ok(Verdict::Do),
            Some(Trouble::Once(code)) => Err(io::Error::from_raw_os_error(code)),
            Some(Trouble::FromThenOn(code)) => {
                self.broken = Some(code);
                Err(io::Error::from_raw_os_error(code))
            }
            Some(Trouble::Short) => {
                self.broken = Some(ENOSPC);
                Ok(Verdict::Half)
            }
            Some(Trouble::Dies) => {
                self.dead = true;
                Err(gone())
            }
            Some(Trouble::DiesWithin) => {
                self.dead = true;
                Ok(Verdict::Half)
            }
        }
    }

    /// For operations that are done or not.
    fn whole(&mut self, what: String, writes: bool) -> io::Result<()> {
        match self.ask(what, writes)? {
            Verdict::Do => Ok(()),
            Verdict::Half => Err(io::Error::from_raw_os_error(ENOSPC)),
        }
    }

    fn rename(&mut self, change: Vec<(PathBuf, Option<u64>)>) {
        apply_move(&mut self.names, &change);
        self.moves.push(change);
    }

    fn find(&self, path: &Path) -> io::Result<u64> {
        self.names.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

fn apply_move(names: &mut BTreeMap<PathBuf, u64>, change: &[(PathBuf, Option<u64>)]) {
    for (name, file) in change {
        match file {
            Some(file) => drop(names.insert(name.clone(), *file)),
            None => drop(names.remove(name)),
        }
    }
}

fn gone() -> io::Error {
    io::Error::other("the process is dead")
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

impl Disk for FragileDisk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut platter = self.platter();
        platter.whole(format!("read {}", name(path)), false)?;
        let file = platter.find(path)?;
        Ok(platter.files.get(&file).map(|content| content.bytes.clone()).unwrap_or_default())
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut platter = self.platter();
        platter.whole(format!("create {}", name(path)), true)?;
        // What was there is cut to nothing; a new file in its place forgets no less.
        let file = platter.next;
        platter.next += 1;
        platter.files.insert(file, Content::default());
        platter.rename(vec![(path.to_owned(), Some(file))]);
        let opened = OpenFile { disk: self.clone(), file };
        Ok(Box::new(opened))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut platter = self.platter();
        platter.whole(format!("rename to {}", name(to)), true)?;
        let file = platter.find(from)?;
        platter.rename(vec![(from.to_owned(), None), (to.to_owned(), Some(file))]);
        Ok(())
    }

    fn place_new(&self, from: &Path, to: &Path) -> io::Result<()> {
        if self.platter().names.contains_key(to) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut platter = self.platter();
        platter.whole(format!("remove {}", name(path)), true)?;
        platter.find(path)?;
        platter.rename(vec![(path.to_owned(), None)]);
        Ok(())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut platter = self.platter();
        platter.whole(format!("sync folder {}", name(folder)), true)?;
        platter.durable_names = platter.names.clone();
        platter.moves.clear();
        Ok(())
    }

    fn open_lock(&self, path: &Path) -> io::Result<Box<dyn DiskLock>> {
        let mut platter = self.platter();
        platter.whole(format!("open {}", name(path)), true)?;
        Ok(Box::new(OpenLock { disk: self.clone(), path: path.to_owned(), mine: false }))
    }
}

#[derive(Debug)]
struct OpenFile {
    disk: FragileDisk,
    file: u64,
}

impl OpenFile {
    fn change(&self, what: &str, how: impl FnOnce(&mut Content, Verdict)) -> io::Result<()> {
        let mut platter = self.disk.platter();
        let path = platter.names.iter().find(|(_, file)| **file == self.file);
        let name = path.map_or_else(|| "what has no name".to_owned(), |(path, _)| name(path));
        let verdict = platter.ask(format!("{what} {name}"), true)?;
        let failed = matches!(verdict, Verdict::Half).then(|| io::Error::from_raw_os_error(ENOSPC));
        if let Some(content) = platter.files.get_mut(&self.file) {
            how(content, verdict);
        }
        failed.map_or(Ok(()), Err)
    }
}

impl DiskFile for OpenFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.change("append to", |content, verdict| match verdict {
            Verdict::Do => content.bytes.extend_from_slice(bytes),
            Verdict::Half => content.bytes.extend_from_slice(&bytes[..bytes.len() / 2]),
        })
    }

    fn sync(&mut self) -> io::Result<()> {
        let done = self.change("sync", |content, verdict| {
            if matches!(verdict, Verdict::Do) && !content.dirty {
                content.durable = content.bytes.clone();
            }
        });
        if done.is_err()
            && let Some(content) = self.disk.platter().files.get_mut(&self.file)
        {
            content.dirty = true;
        }
        done
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        self.change("truncate", |content, verdict| {
            if matches!(verdict, Verdict::Do) {
                content.bytes.truncate(length);
            }
        })
    }
}

#[derive(Debug)]
struct OpenLock {
    disk: FragileDisk,
    path: PathBuf,
    mine: bool,
}

impl DiskLock for OpenLock {
    fn try_lock(&mut self) -> io::Result<bool> {
        let mut platter = self.disk.platter();
        platter.whole(format!("lock {}", name(&self.path)), true)?;
        self.mine |= platter.locks.insert(self.path.clone());
        Ok(self.mine)
    }

    fn read(&mut self) -> io::Result<Vec<u8>> {
        self.disk.platter().whole(format!("read {}", name(&self.path)), false)?;
        Ok(Vec::new())
    }

    fn write(&mut self, _: &[u8]) -> io::Result<()> {
        self.disk.platter().whole(format!("write {}", name(&self.path)), true)
    }
}

impl Drop for OpenLock {
    fn drop(&mut self) {
        if self.mine {
            self.disk.platter().locks.remove(&self.path);
        }
    }
}
