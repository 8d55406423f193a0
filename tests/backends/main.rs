//! Backends against real server processes. They need python3 and what `tests/run-backends` installs,
//! which runs them; a plain `cargo test` says that they were ignored.

// A test that cannot go on may panic anywhere, also outside of test functions.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

mod http;
mod s3;
mod tls;
mod together;
mod wire;

/// A server process that ends with the test.
struct Server {
    process: Child,
    port: u16,
}

impl Server {
    /// Starts a program that prints its port first.
    fn start(mut command: Command) -> Server {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Server { process, port: line.trim().parse().unwrap() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A machine with a working directory.
struct Machine {
    dir: tempfile::TempDir,
    environment: Vec<(&'static str, String)>,
}

impl Machine {
    fn new(main: &str, environment: &[(&'static str, &str)]) -> Machine {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("main.hcl"), main).unwrap();
        let own = environment.iter().map(|(name, value)| (*name, (*value).to_owned()));
        Machine { dir, environment: own.collect() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
        command.env_clear().env("HOME", self.dir.path()).env("USER", "ada");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.dir.path()).args(line.split_whitespace());
        command
    }

    fn run(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    /// Runs what must succeed, and gives its output.
    fn good(&self, line: &str) -> String {
        let output = self.run(line);
        assert!(output.status.success(), "{line}: {}", text(&output));
        text(&output)
    }

    /// Runs what must fail, and gives its messages in one line.
    fn bad(&self, line: &str) -> String {
        let output = self.run(line);
        assert!(!output.status.success(), "{line}: {}", text(&output));
        let words = text(&output).replace(['│', '╷', '╵'], " ");
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

fn text(output: &Output) -> String {
    let all = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(all).unwrap()
}

/// Whether a folder holds a text in any file.
fn holds(folder: &Path, text: &str) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => holds(&path, text),
            false => {
                let bytes = fs::read(&path).unwrap();
                bytes.windows(text.len()).any(|window| window == text.as_bytes())
            }
        }
    })
}
