//! Who owns what in a folder that stands for a host.
//!
//! The folder belongs to whoever runs Quorate, and users of the host need not exist here. So the
//! process's own user stands for root, and every other owner is noted in a file of the folder.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The note: one line `OWNER:GROUP PATH` for everything that does not belong to `root:root`.
pub const NOTE: &str = ".quorate-owners";

/// The owners of one folder.
#[derive(Debug)]
pub struct Owners {
    note: PathBuf,
    noted: BTreeMap<String, String>,
}

impl Owners {
    /// Reads the note, where there is one.
    pub fn load(root: &Path) -> io::Result<Owners> {
        let note = root.join(NOTE);
        let text = match fs::read_to_string(&note) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            text => text?,
        };
        let entry = |line: &str| {
            let (owner, path) = line.split_once(' ')?;
            Some((path.to_owned(), owner.to_owned()))
        };
        Ok(Owners { note, noted: text.lines().filter_map(entry).collect() })
    }

    /// The owner and group of a path.
    pub fn get(&self, path: &str, metadata: &fs::Metadata, me: u32) -> (String, String) {
        if let Some((owner, group)) = self.noted.get(path).and_then(|noted| noted.split_once(':')) {
            return (owner.to_owned(), group.to_owned());
        }
        let mine = metadata.uid() == me;
        let name = |id: u32| if mine || id == 0 { "root".to_owned() } else { id.to_string() };
        (name(metadata.uid()), name(metadata.gid()))
    }

    /// Notes the owner of a path that was just written.
    pub fn set(&mut self, path: &str, owner: &str, group: &str) -> io::Result<()> {
        let changed = if (owner, group) == ("root", "root") {
            self.noted.remove(path).is_some()
        } else {
            let owner = format!("{owner}:{group}");
            self.noted.insert(path.to_owned(), owner.clone()) != Some(owner)
        };
        if changed { self.save() } else { Ok(()) }
    }

    /// Forgets a path, and all below it.
    pub fn forget(&mut self, path: &str) -> io::Result<()> {
        let count = self.noted.len();
        let below = format!("{path}/");
        self.noted.retain(|noted, _| noted != path && !noted.starts_with(&below));
        if self.noted.len() == count { Ok(()) } else { self.save() }
    }

    fn save(&self) -> io::Result<()> {
        let folder = self.note.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        for (path, owner) in &self.noted {
            writeln!(file, "{owner} {path}")?;
        }
        file.as_file().sync_all()?;
        file.persist(&self.note)?;
        Ok(())
    }
}

/// The user that this process runs as, as file systems see it.
pub fn me() -> io::Result<u32> {
    Ok(tempfile::tempfile()?.metadata()?.uid())
}
