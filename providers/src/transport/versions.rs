//! Versions of programs on hosts, remembered between runs.
//!
//! `kubelet --version` takes longer than all other facts together, and what a file is that has not
//! changed need not be asked again. A file is told by its device, inode, size and times.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::sh;

/// How many are kept: more than any cluster has different kubelets and etcds on its hosts.
const KEPT: usize = 500;

/// What is known of programs, by `NAME=IDENTITY`.
#[derive(Debug, Default)]
pub struct Versions {
    known: Mutex<BTreeMap<String, String>>,
    file: Option<PathBuf>,
}

impl Versions {
    /// What a file remembers; it is written by [`Versions::save`]. A file that cannot be read
    /// remembers nothing.
    pub fn load(file: &Path) -> Versions {
        let text = std::fs::read(file).unwrap_or_default();
        let known = serde_json::from_slice(&text).unwrap_or_default();
        Versions { known: Mutex::new(known), file: Some(file.to_owned()) }
    }

    /// Writes what is known. It only saves time, so a failure is no error.
    pub fn save(&self) {
        let Some(file) = &self.file else { return };
        let write = || {
            let folder = file.parent().unwrap_or(Path::new("."));
            let mut new = tempfile::NamedTempFile::new_in(folder)?;
            let text = serde_json::to_vec_pretty(&*self.known())?;
            if std::fs::read(file).is_ok_and(|old| old == text) {
                return Ok(());
            }
            new.write_all(&text)?;
            new.persist(file)?;
            std::io::Result::Ok(())
        };
        let _ = write();
    }

    /// The shell words of all programs that need not be run.
    pub fn words(&self) -> String {
        sh::quote(&self.known().keys().cloned().collect::<Vec<_>>().join(" "))
    }

    /// The version of a program: what it printed itself, or is remembered of it.
    pub fn settle(&self, program: &str, identity: &str, printed: &str) -> String {
        let key = format!("{program}={identity}");
        let mut known = self.known();
        if printed.is_empty() {
            return known.get(&key).cloned().unwrap_or_default();
        }
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(key, printed.to_owned());
        printed.to_owned()
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_remembered_between_runs() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("versions.json");
        let first = Versions::load(&file);
        assert_eq!(first.words(), "''");
        assert_eq!(first.settle("kubelet", "1.2.3", "1.20.2"), "1.20.2");
        first.save();
        let second = Versions::load(&file);
        assert_eq!(second.words(), "kubelet=1.2.3");
        assert_eq!(second.settle("kubelet", "1.2.3", ""), "1.20.2");
        assert_eq!(second.settle("kubelet", "9.9.9", ""), "");
        std::fs::write(&file, "{").unwrap();
        assert_eq!(Versions::load(&file).words(), "''");
    }
}
