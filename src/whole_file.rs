//! Files of the user that are written whole or not at all: also after a crash or on a full disk there
//! is the old content or the new one.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, chown};
use std::path::Path;

use tempfile::NamedTempFile;

/// Puts a file in a place, whether there is one or not.
///
/// # Errors
/// What was there is as it was.
pub fn put(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let folder = folder_of(path);
    let mut file = beside(folder)?;
    file.as_file_mut().write_all(bytes)?;
    fs::set_permissions(file.path(), Permissions::from_mode(mode))?;
    settle(file, path, folder)
}

/// Puts a file for its owner alone in a place that must be free.
///
/// # Errors
/// Also where it is not free; what is there is as it was.
pub fn put_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    let mut file = beside(folder)?;
    file.as_file_mut().write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)?;
    sync(folder);
    Ok(())
}

/// Replaces what is in a file. Links stay links; the mode is kept, and the owner where the system
/// allows it.
///
/// # Errors
/// The file is as it was.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    let target = fs::canonicalize(path)?;
    // A file that may not be written is not replaced either.
    let before = OpenOptions::new().write(true).open(&target)?.metadata()?;
    let folder = folder_of(&target);
    let mut file = beside(folder)?;
    file.as_file_mut().write_all(text.as_bytes())?;
    keep_owner(file.path(), &before);
    fs::set_permissions(file.path(), before.permissions())?;
    settle(file, &target, folder)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file for its owner alone that is gone unless it gets its place.
///
/// # Errors
/// Those of the system, without the name by chance that nobody asked for.
fn beside(folder: &Path) -> io::Result<NamedTempFile> {
    let mut code = None;
    let create = |path: &Path| {
        let made =
            OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path);
        made.inspect_err(|error| code = error.raw_os_error())
    };
    let made = tempfile::Builder::new().prefix(".quorate-").make_in(folder, create);
    made.map_err(|error| code.map_or(error, io::Error::from_raw_os_error))
}

fn settle(file: NamedTempFile, path: &Path, folder: &Path) -> io::Result<()> {
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync(folder);
    Ok(())
}

/// Makes a name durable. Some file systems cannot; the file has its place all the same.
fn sync(folder: &Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

/// Only root may give files away, and others only to groups they are in.
fn keep_owner(path: &Path, before: &Metadata) {
    let (owner, group) = (before.uid(), before.gid());
    let _ = chown(path, Some(owner), Some(group)).or_else(|_| chown(path, None, Some(group)));
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_and_modes_stay() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("a.hcl"), dir.path().join("b.hcl"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("a.hcl", &link).unwrap();
        replace(&link, "new").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "nothing else is left behind");
    }

    #[test]
    fn a_file_is_put_whole_and_with_its_mode() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        put(&path, b"new", 0o600).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn nothing_is_put_over_what_must_be_new() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p");
        put_new(&path, b"first").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert!(put_new(&path, b"second").is_err());
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_replaced_stays() {
        let dir = tempfile::tempdir().unwrap();
        assert!(replace(&dir.path().join("missing.hcl"), "new").is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
