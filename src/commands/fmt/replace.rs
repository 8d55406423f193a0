//! A file in the place of another.

use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::Path;

/// Replaces what is in a file at once: whoever reads it finds the old text or the new one, also
/// after a crash. Links stay links; the mode is kept, and the owner where the system allows it.
///
/// # Errors
/// The file is as it was.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    let target = fs::canonicalize(path)?;
    // A file that may not be written is not replaced either.
    let before = OpenOptions::new().write(true).open(&target)?.metadata()?;
    let folder = target.parent().unwrap_or(Path::new("/"));
    let mut file = tempfile::Builder::new().prefix(".quorate-fmt-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    keep_owner(file.path(), &before);
    fs::set_permissions(file.path(), before.permissions())?;
    file.as_file().sync_all()?;
    file.persist(&target)?;
    Ok(())
}

/// Only root may give files away, and others only to groups they are in.
fn keep_owner(path: &Path, before: &Metadata) {
    let (owner, group) = (before.uid(), before.gid());
    let _ = chown(path, Some(owner), Some(group)).or_else(|_| chown(path, None, Some(group)));
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

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
    fn what_cannot_be_replaced_stays() {
        let dir = tempfile::tempdir().unwrap();
        assert!(replace(&dir.path().join("missing.hcl"), "new").is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
