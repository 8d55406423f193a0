//! Where files come from: the disk, or a map for tests and saved plans.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::eval::{FileError, Files};
use crate::value::Text;

/// No file is read further than this many bytes: it is a mistake, or a device without an end.
pub const LARGEST: u64 = 64 << 20;

/// Reads configuration; nothing else in the engine opens a configuration file.
pub trait Source: std::fmt::Debug + Send + Sync {
    /// The names of the plain files directly in a folder, sorted.
    fn list(&self, dir: &str) -> Result<Vec<String>, FileError>;

    /// The bytes of a file.
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError>;

    /// Whether it holds the texts of a built-in module, as saved plans do.
    fn brings_along(&self, _builtin: &str) -> bool {
        false
    }

    /// A name that two paths share when they mean one folder.
    fn identity(&self, dir: &str) -> String {
        normalize(dir)
    }
}

/// A path without `.` and, as far as they can be resolved, `..` parts.
pub fn normalize(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if path.starts_with('/') => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (path.starts_with('/'), joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// A path within a folder, written the shortest way.
pub fn join(dir: &str, path: &str) -> String {
    if path.starts_with('/') { normalize(path) } else { normalize(&format!("{dir}/{path}")) }
}

/// Files on disk. What functions such as `file` read is read once and stays the same.
#[derive(Debug, Default)]
pub struct DiskFiles {
    base: PathBuf,
    contents: Memo<Arc<[u8]>>,
    listings: Memo<Vec<String>>,
}

type Memo<T> = Mutex<BTreeMap<String, Result<T, FileError>>>;

impl DiskFiles {
    /// Files by paths relative to a folder instead of the current one.
    pub fn below(base: impl Into<PathBuf>) -> Self {
        DiskFiles { base: base.into(), ..Self::default() }
    }

    /// What functions have read so far.
    pub fn snapshot(&self) -> FileSnapshot {
        FileSnapshot { contents: known(&self.contents), listings: known(&self.listings) }
    }

    fn path(&self, path: &str) -> PathBuf {
        // An empty base leaves paths as they are, and an empty path is no folder to the system.
        self.base.join(if path.is_empty() { "." } else { path })
    }
}

impl Source for DiskFiles {
    fn list(&self, dir: &str) -> Result<Vec<String>, FileError> {
        let entries = std::fs::read_dir(self.path(dir)).map_err(|error| why(dir, &error))?;
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| why(dir, &error))?;
            // Through links, and without pipes and devices, whose reading might never end.
            let plain = std::fs::metadata(entry.path()).is_ok_and(|found| found.is_file());
            if let (true, Ok(name)) = (plain, entry.file_name().into_string()) {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let file = std::fs::File::open(self.path(path)).map_err(|error| why(path, &error))?;
        let mut bytes = Vec::new();
        file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| why(path, &error))?;
        if bytes.len() as u64 > LARGEST {
            let reason = format!("it is larger than {} MiB", LARGEST >> 20);
            return Err(FileError::Unreadable(path.to_owned(), reason));
        }
        Ok(bytes)
    }

    fn identity(&self, dir: &str) -> String {
        let real = std::fs::canonicalize(self.path(dir)).ok();
        real.and_then(|path| path.into_os_string().into_string().ok())
            .unwrap_or_else(|| normalize(dir))
    }
}

impl Files for DiskFiles {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError> {
        memoized(&self.contents, path, || Source::read(self, path).map(Arc::from))
    }

    fn list(&self, dir: &str) -> Result<Vec<String>, FileError> {
        memoized(&self.listings, dir, || {
            let mut files = Vec::new();
            let top = self.path(dir);
            below(&top, &top, &mut files).map_err(|error| why(dir, &error))?;
            files.sort();
            Ok(files)
        })
    }

    fn working_dir(&self) -> Option<Text> {
        let dir = std::env::current_dir().ok()?.join(&self.base);
        Some(dir.to_str()?.trim_end_matches('/').into())
    }
}

/// What was found, without what was not.
fn known<T: Clone>(memo: &Memo<T>) -> BTreeMap<String, T> {
    let memo = memo.lock().unwrap_or_else(PoisonError::into_inner);
    let found = memo.iter().filter_map(|(key, made)| Some((key.clone(), made.clone().ok()?)));
    found.collect()
}

/// What functions such as `file` and `fileset` read in an earlier run: the same again, and of
/// everything else that it is not there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FileSnapshot {
    /// Contents by path, as it was given to the function.
    pub contents: BTreeMap<String, Arc<[u8]>>,
    /// The files below folders, by the folder's path.
    pub listings: BTreeMap<String, Vec<String>>,
}

impl Files for FileSnapshot {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError> {
        self.contents.get(path).cloned().ok_or_else(|| FileError::Absent(path.to_owned()))
    }

    fn list(&self, dir: &str) -> Result<Vec<String>, FileError> {
        self.listings.get(dir).cloned().ok_or_else(|| FileError::Absent(dir.to_owned()))
    }
}

fn memoized<T: Clone>(
    memo: &Memo<T>,
    key: &str,
    make: impl FnOnce() -> Result<T, FileError>,
) -> Result<T, FileError> {
    let mut memo = memo.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = memo.get(key) {
        return known.clone();
    }
    let made = make();
    memo.insert(key.to_owned(), made.clone());
    made
}

/// Collects files below a folder; links to folders are not followed, as they may lead in circles.
fn below(top: &Path, dir: &Path, files: &mut Vec<String>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            below(top, &entry.path(), files)?;
        } else if std::fs::metadata(entry.path()).is_ok_and(|found| found.is_file()) {
            let path = entry.path();
            files.extend(path.strip_prefix(top).ok().and_then(Path::to_str).map(str::to_owned));
        }
    }
    Ok(())
}

fn why(path: &str, error: &std::io::Error) -> FileError {
    match error.kind() {
        ErrorKind::NotFound => FileError::Absent(path.to_owned()),
        _ => FileError::Unreadable(path.to_owned(), error.to_string()),
    }
}

/// Files in memory, by normalized path.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles(BTreeMap<String, Arc<[u8]>>);

impl<P: AsRef<str>, B: Into<Vec<u8>>> FromIterator<(P, B)> for MemoryFiles {
    fn from_iter<I: IntoIterator<Item = (P, B)>>(files: I) -> Self {
        let entry = |(path, bytes): (P, B)| (normalize(path.as_ref()), Arc::from(bytes.into()));
        MemoryFiles(files.into_iter().map(entry).collect())
    }
}

impl MemoryFiles {
    /// The paths below a folder, relative to it.
    fn within(&self, dir: &str) -> impl Iterator<Item = &str> {
        let prefix = match normalize(dir) {
            dir if dir == "." => String::new(),
            dir => format!("{dir}/"),
        };
        self.0.keys().filter_map(move |path| path.strip_prefix(&prefix))
    }
}

impl Source for MemoryFiles {
    fn list(&self, dir: &str) -> Result<Vec<String>, FileError> {
        let mut inside = self.within(dir).peekable();
        if inside.peek().is_none() {
            return Err(FileError::Absent(dir.to_owned()));
        }
        Ok(inside.filter(|path| !path.contains('/')).map(str::to_owned).collect())
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        Files::read(self, path).map(|bytes| bytes.to_vec())
    }

    fn brings_along(&self, builtin: &str) -> bool {
        self.within(builtin).next().is_some()
    }
}

impl Files for MemoryFiles {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError> {
        let found = self.0.get(&normalize(path)).cloned();
        found.ok_or_else(|| FileError::Absent(path.to_owned()))
    }

    fn list(&self, dir: &str) -> Result<Vec<String>, FileError> {
        let found: Vec<String> = self.within(dir).map(str::to_owned).collect();
        if found.is_empty() { Err(FileError::Absent(dir.to_owned())) } else { Ok(found) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_written_the_shortest_way() {
        for (path, shortest) in [
            ("", "."),
            ("./", "."),
            ("a/./b//c", "a/b/c"),
            ("a/../b", "b"),
            ("../../a", "../../a"),
            ("a/../../b", "../b"),
            ("/a/../../b", "/b"),
            ("/", "/"),
        ] {
            assert_eq!(normalize(path), shortest, "{path}");
        }
        assert_eq!(join("modules/a", "../b"), "modules/b");
        assert_eq!(join(".", "x.hcl"), "x.hcl");
        assert_eq!(join("a", "/x"), "/x");
    }

    #[test]
    fn disk_and_memory_answer_alike() {
        let dir = tempfile::tempdir().unwrap();
        let files = [("b.hcl", "b"), ("a.hcl", "a"), ("sub/c.txt", "c")];
        std::fs::create_dir(dir.path().join("sub")).unwrap();
        for (path, text) in files {
            std::fs::write(dir.path().join(path), text).unwrap();
        }
        fn answers(files: &(impl Source + Files)) -> Vec<String> {
            vec![
                format!("{:?}", Source::list(files, ".")),
                format!("{:?}", Source::list(files, "sub")),
                format!("{:?}", Source::list(files, "none")),
                format!("{:?}", Source::read(files, "./a.hcl")),
                format!("{:?}", Files::read(files, "none")),
                format!("{:?}", Files::list(files, ".")),
                format!("{:?}", Files::list(files, "none")),
            ]
        }
        let memory: MemoryFiles = files.into_iter().collect();
        assert_eq!(answers(&DiskFiles::below(dir.path())), answers(&memory));
        assert_eq!(Files::list(&memory, ".").unwrap(), ["a.hcl", "b.hcl", "sub/c.txt"]);
    }

    #[test]
    fn what_functions_read_stays_the_same() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a"), "before").unwrap();
        let disk = DiskFiles::below(dir.path());
        assert_eq!(&*Files::read(&disk, "a").unwrap(), b"before");
        std::fs::write(dir.path().join("a"), "after").unwrap();
        assert_eq!(&*Files::read(&disk, "a").unwrap(), b"before");
    }

    #[test]
    fn a_file_without_end_is_refused() {
        let error = Source::read(&DiskFiles::default(), "/dev/zero").unwrap_err();
        assert_eq!(error.to_string(), "cannot read \"/dev/zero\": it is larger than 64 MiB");
    }
}
