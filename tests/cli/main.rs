//! The real binary, without hosts: each case is a folder with a configuration, a script of
//! commands, and the transcript that must come of it.
//!
//! `UPDATE_GOLDEN=1 cargo test --test cli` writes the transcripts anew; read the difference before
//! it is committed.

// A test that cannot go on may panic anywhere, also outside of test functions.
#![allow(clippy::unwrap_used)]

mod adopted;
mod completion;
mod former;
mod peer;
mod saved;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The folder with the cases.
fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

/// A working directory and a home that nobody else has.
struct Workspace(tempfile::TempDir);

impl Workspace {
    fn of(case: &Path) -> Workspace {
        let dir = tempfile::tempdir().unwrap();
        let work = dir.path().join("work");
        copy(&case.join("work"), &work);
        fs::create_dir_all(dir.path().join("home")).unwrap();
        Workspace(dir)
    }

    /// Puts a file of the case in another's place: `later/main.hcl main.hcl`.
    fn put(&self, names: &str) {
        let work = self.0.path().join("work");
        let (from, to) = names.split_once(' ').unwrap();
        let to = work.join(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(work.join(from), to).unwrap();
    }

    /// Runs one line of a script: `NAME=value quorate plan < input.txt`.
    fn run(&self, line: &str) -> Output {
        let (line, input) = line.split_once(" < ").map_or((line, None), |(l, i)| (l, Some(i)));
        let mut words = line.split_whitespace().peekable();
        let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
        command.env_clear().env("HOME", self.0.path().join("home"));
        command.current_dir(self.0.path().join("work"));
        while let Some((name, value)) = words.peek().and_then(|word| word.split_once('=')) {
            command.env(name, value);
            words.next();
        }
        assert_eq!(words.next(), Some("quorate"), "{line}");
        if let Some(input) = input {
            command.stdin(fs::File::open(self.0.path().join("work").join(input)).unwrap());
        }
        command.args(words).output().unwrap()
    }

    /// Output with what differs from run to run replaced.
    fn clean(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let text = text.replace(self.0.path().to_str().unwrap(), "/tmp");
        let word = |part: &str| {
            let end = part.trim_end_matches(|c: char| !c.is_alphanumeric());
            let stand_in = match end {
                id if is_uuid(id) => "(uuid)",
                recipient if recipient.len() > 50 && recipient.starts_with("age1") => "age1...",
                _ => return part.to_owned(),
            };
            part.replace(end, stand_in)
        };
        let text: String = text.split_inclusive([' ', '"', '\n']).map(word).collect();
        without_time(&text)
    }
}

/// How long an apply took is said where it took a second, which differs from run to run.
fn without_time(text: &str) -> String {
    let line = |line: &str| match line.split_once(" Took ") {
        Some((before, took)) if took.ends_with("s.\n") => format!("{before}\n"),
        _ => line.to_owned(),
    };
    text.split_inclusive('\n').map(line).collect()
}

/// Names made at random differ from run to run.
fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).into_iter().flatten() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// What comes of a case's script.
fn transcript(case: &Path) -> String {
    let workspace = Workspace::of(case);
    let script = fs::read_to_string(case.join("script.txt")).unwrap();
    let mut out = String::new();
    for line in script.lines().filter(|line| !line.is_empty()) {
        if let Some(names) = line.strip_prefix("cp ") {
            workspace.put(names);
            writeln!(out, "$ {line}\n").unwrap();
            continue;
        }
        let output = workspace.run(line);
        writeln!(out, "$ {line}").unwrap();
        out.push_str(&workspace.clean(&output.stdout));
        for line in workspace.clean(&output.stderr).lines() {
            writeln!(out, "{}", format!("2> {line}").trim_end()).unwrap();
        }
        let code = output.status.code().unwrap();
        writeln!(out, "[exit {code}]\n").unwrap();
    }
    out
}

#[test]
fn every_case_gives_its_transcript() {
    let mut wrong = Vec::new();
    for entry in fs::read_dir(cases()).unwrap() {
        let case = entry.unwrap().path();
        let path = case.join("expected.txt");
        let found = transcript(&case);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &found).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if found != expected {
            wrong.push(format!("{}:\n--- found\n{found}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
