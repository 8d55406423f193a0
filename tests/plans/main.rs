//! Plans as a reviewer reads them: a cluster is applied, something changes, and the plan is compared
//! with its golden text. `UPDATE_GOLDEN=1 cargo test --test plans` writes the texts anew; read the
//! difference before it is committed.

// A test that cannot go on may panic anywhere, also outside of test functions.
#![allow(clippy::unwrap_used)]

mod cases;
#[cfg(feature = "testing")]
#[path = "../../providers/tests/modules/cluster.rs"]
mod cluster;
#[cfg(feature = "testing")]
mod running;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;

/// A folder with a configuration, its state and its hosts.
pub struct Folder(tempfile::TempDir);

impl Folder {
    /// A folder in which a configuration was applied.
    pub fn applied(hcl: &str) -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        folder.write("main.hcl", hcl);
        folder.quorate(&["init"]);
        let done = folder.quorate(&["apply", "-auto-approve"]);
        assert!(done.contains("Apply complete!"), "{done}");
        folder
    }

    /// A folder in which nothing was applied yet.
    pub fn new(hcl: &str) -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        folder.write("main.hcl", hcl);
        folder.quorate(&["init"]);
        folder
    }

    /// Where something is.
    pub fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// Writes a file.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Changes a file by hand.
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(path)).unwrap();
        assert!(text.contains(from), "{path} has no {from:?}:\n{text}");
        fs::write(self.path(path), text.replacen(from, to, 1)).unwrap();
    }

    /// What a command says, without what differs from run to run.
    pub fn quorate(&self, args: &[&str]) -> String {
        let done = Command::new(env!("CARGO_BIN_EXE_quorate"))
            .args(args)
            .env_clear()
            .env("HOME", self.0.path())
            .current_dir(self.0.path())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        clean(&format!("{}{}", text(done.stdout), text(done.stderr)))
    }
}

/// Dates, digests and serials differ from run to run; that hosts are read says nothing here.
fn clean(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, stand_in) in [
        (r"(?m)^\S+: Reading\.\.\.\n", ""),
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "(uuid)"),
        (r"\d{4}-\d\d-\d\d(T[\d:]+Z)?", "(date)"),
        (r"[0-9a-f]{12,64}", "(digest)"),
        (r" Took \d+s\.\n", "\n"),
    ] {
        text = Regex::new(pattern).unwrap().replace_all(&text, stand_in).into_owned();
    }
    text.trim_start_matches('\n').to_owned()
}

/// Compares a text with its golden file.
#[track_caller]
pub fn golden(name: &str, text: &str) {
    let file = format!("tests/plans/golden/{name}.txt");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, text).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "{name}");
}
