//! Whole files on a disk: read, replaced atomically, removed.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::StoreError;
use super::disk::Disk;

/// A file that is not yet in its place.
pub(super) const STAGED: &str = ".new";

/// How many places a text is tried to be kept in.
const PLACES: usize = 1000;

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

    /// Keeps a text in the first of these places that is free, and says which.
    pub(super) fn keep(
        &self,
        places: impl Iterator<Item = PathBuf>,
        text: &[u8],
    ) -> Result<PathBuf, StoreError> {
        let mut last = PathBuf::new();
        for place in places.take(PLACES) {
            match self.keep_in(&place, text) {
                Ok(()) => {
                    self.sync_folder(&place)?;
                    return Ok(place);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = place,
                Err(error) => return Err(failed("writing", &place)(error)),
            }
        }
        Err(failed("writing", &last)(io::ErrorKind::AlreadyExists.into()))
    }

    fn keep_in(&self, place: &Path, text: &[u8]) -> io::Result<()> {
        let staged = beside(place, STAGED);
        let mut file = self.0.create(&staged)?;
        file.append(text)?;
        file.sync()?;
        let kept = self.0.place_new(&staged, place);
        if kept.is_err() {
            let _ = self.0.remove(&staged);
        }
        kept
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
