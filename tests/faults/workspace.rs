//! A working directory, a home, and the binary in them.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value as Json;

/// A folder that nobody else has.
pub struct Workspace(tempfile::TempDir);

impl Workspace {
    pub fn new(hcl: &str) -> Workspace {
        let workspace = Workspace(tempfile::tempdir().unwrap());
        fs::create_dir_all(workspace.path("home")).unwrap();
        fs::create_dir_all(workspace.work()).unwrap();
        workspace.write(hcl);
        workspace.ends(&["init"], 0);
        workspace
    }

    /// Another one with the same in it.
    pub fn copy(&self) -> Workspace {
        let copy = Workspace(tempfile::tempdir().unwrap());
        let everything = format!("{}/.", self.0.path().display());
        let done = Command::new("cp").args(["-a", &everything]).arg(copy.0.path()).status();
        assert!(done.unwrap().success());
        copy
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.0.path().join(below)
    }

    pub fn work(&self) -> PathBuf {
        self.path("work")
    }

    pub fn write(&self, hcl: &str) {
        fs::write(self.work().join("main.hcl"), hcl).unwrap();
    }

    /// The binary, ready to run.
    pub fn command(&self, args: &[&str]) -> Command {
        self.prepare(Command::new(env!("CARGO_BIN_EXE_quorate")), args)
    }

    /// Another program in front of it.
    pub fn under(&self, mut wrapper: Command, args: &[&str]) -> Command {
        wrapper.arg(env!("CARGO_BIN_EXE_quorate"));
        self.prepare(wrapper, args)
    }

    fn prepare(&self, mut command: Command, args: &[&str]) -> Command {
        command.env_clear().env("HOME", self.path("home")).env("PATH", "/usr/bin:/bin");
        command.env("USER", "tester").current_dir(self.work()).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs to this exit code, and gives what was said.
    pub fn ends(&self, args: &[&str], code: i32) -> String {
        let output = self.run(args);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(code), "{args:?}\n{said}");
        said
    }

    pub fn state_file(&self, extension: &str) -> PathBuf {
        self.work().join(format!("quorate.state.json{extension}"))
    }

    pub fn state(&self) -> Json {
        serde_json::from_slice(&fs::read(self.state_file("")).unwrap()).unwrap()
    }

    /// Every object with its status: what does not differ from run to run.
    pub fn objects(&self) -> BTreeMap<String, String> {
        let state = self.state();
        let objects = state["objects"].as_object().unwrap().iter();
        objects.map(|(addr, object)| (addr.clone(), object["status"].to_string())).collect()
    }

    /// Every path on every host, with its mode, and the content of what holds no key material.
    pub fn hosts(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let root = self.work().join("hosts");
        for path in below(&root) {
            let name = path.strip_prefix(&root).unwrap().display().to_string();
            let made_at_random = name.ends_with(".key") || name.ends_with(".crt");
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            let content = match path.is_file() && !made_at_random {
                true => String::from_utf8(fs::read(&path).unwrap()).unwrap(),
                false => String::new(),
            };
            found.insert(name, format!("{mode:o} {content}"));
        }
        found
    }
}

pub fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// All paths below a folder.
pub fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_path_buf()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path.clone());
            }
            found.push(path);
        }
    }
    found.sort();
    found
}
