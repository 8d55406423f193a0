//! Whole files on a disk: read, replaced atomically, removed.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::StoreError;
use super::disk::Disk;

/// A file that is not yet in its place.
const STAGED: &str = ".new";

/// The files of a disk.
#[derive(Clone, Debug)]
pub struct Files(pub Arc<dyn Disk>);

impl Files {
    /// All bytes of a file; none where there is none.
    pub(super) fn read_if_there(&self, path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
        match self.0.read(path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("reading", path)(error)),
        }
    }

    /// Replaces a file atomically; durable once its folder is.
    pub(super) fn write(&self, path: &Path, text: &[u8]) -> Result<(), StoreError> {
        let staged = beside(path, STAGED);
        let write = || {
            let mut file = self.0.create(&staged)?;
            file.append(text)?;
            file.sync()?;
            self.0.rename(&staged, path)
        };
        write().map_err(|error| {
            // It is in nobody's way; the next write begins it anew.
            let _ = self.0.remove(&staged);
            failed("writing", path)(error)
        })
    }

    /// Removes a file that may be there.
    pub(super) fn remove_if_there(&self, path: &Path) -> Result<(), StoreError> {
        match self.0.remove(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(failed("removing", path)(error))
            }
            _ => Ok(()),
        }
    }

    /// Makes what happened in the folder of a file durable.
    pub(super) fn sync_folder(&self, path: &Path) -> Result<(), StoreError> {
        let folder = folder_of(path);
        self.0.sync_folder(folder).map_err(failed("syncing", folder))
    }
}

/// What a failed file operation is to the store.
pub(super) fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Io { doing, path, source }
}

/// The file with a longer name.
pub(super) fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(extension);
    name.into()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
