//! Transcripts, with what differs from run to run replaced.

use std::fs;
use std::path::Path;

use regex::Regex;

use crate::lab;
use crate::workspace::{Run, Workspace};

/// What is replaced by what.
const STAND_INS: [(&str, &str); 10] = [
    (r"(?m)^.*: Still .*\n", ""),
    (r"after \d+s", "after (time)"),
    (r"(?m) Took .*s\.$", ""),
    (r"\b[0-9a-f]{64}\b", "(sha256)"),
    (r"sha256 [0-9a-f]{12}…", "sha256 (sha256)"),
    (r"\d{4}-\d\d-\d\d(T[\d:]+Z)?", "(date)"),
    (r#""[0-9a-f]{10,16}""#, "\"(number)\""),
    (r"SHA256:[A-Za-z0-9+/]{43}", "SHA256:(fingerprint)"),
    (r"known_hosts:\d+", "known_hosts:(line)"),
    (r"Connection timed out|No route to host", "(no answer)"),
];

/// The transcript of one command.
pub fn transcript(workspace: &Workspace, args: &[&str], run: &Run) -> String {
    let mut text = format!("$ quorate {}\n", args.join(" "));
    text.push_str(&sort_progress(&run.out));
    for line in sort_messages(&run.err).lines() {
        text.push_str(format!("2> {line}").trim_end());
        text.push('\n');
    }
    let code = run.code.map_or_else(|| "a signal".to_owned(), |code| code.to_string());
    clean(workspace, &format!("{text}[exit {code}]\n"))
}

fn clean(workspace: &Workspace, text: &str) -> String {
    let text = text.replace(workspace.path().to_str().unwrap(), "/tmp");
    let mut text = text.replace(&lab::env("LAB_DIR"), "/lab");
    for (pattern, stand_in) in STAND_INS {
        text = Regex::new(pattern).unwrap().replace_all(&text, stand_in).into_owned();
    }
    text
}

/// Hosts and objects are worked on side by side: lines of progress come in any order.
fn sort_progress(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    for run in lines.chunk_by_mut(|a, b| is_progress(a) && is_progress(b)) {
        if is_progress(run[0]) {
            run.sort_unstable();
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn is_progress(line: &str) -> bool {
    let step = line.starts_with("  infra") && line.contains(": ");
    let silent = ["  generate ", "  sign ", "  wait "].iter().any(|verb| line.starts_with(verb));
    let object = ["ing...", " complete after ", " elapsed]"].iter().any(|end| line.contains(end));
    step || silent || object
}

/// Messages, each in its frame, come in the order in which hosts fail.
fn sort_messages(text: &str) -> String {
    let mut messages: Vec<&str> = text.split_inclusive("╵\n").collect();
    messages.sort_unstable();
    messages.concat()
}

/// The part of a transcript after the plan, which another one shows.
pub fn after_plan(transcript: &str) -> &str {
    transcript.find("\nPlan: ").map_or(transcript, |at| &transcript[at + 1..])
}

/// Compares with the file of that name.
pub fn check(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab_e2e/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let differs = expected.lines().zip(found.lines()).position(|(a, b)| a != b);
    let line = differs.unwrap_or(expected.lines().count().min(found.lines().count())) + 1;
    assert!(found == expected, "{name}, line {line}; found:\n{found}");
}
