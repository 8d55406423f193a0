//! What is said when a host does not do as asked.

use quorate_engine::world::{Aftermath, Op, WorldError};

/// An error about a host.
pub fn world(summary: &'static str, detail: impl Into<String>, help: &str) -> WorldError {
    let help = (!help.is_empty()).then(|| help.to_owned());
    WorldError { summary, detail: detail.into(), help, aftermath: Aftermath::NotDone }
}

/// A path that is not touched.
pub fn path_refused(host: &str, path: &str, objection: &str) -> WorldError {
    world("Path refused", format!("{host}: `{path}` is not touched: {objection}."), "")
}

/// A step or query that this kind of host cannot carry out.
pub fn not_here(host: &str, what: impl std::fmt::Display, kind: &str) -> WorldError {
    let detail = format!("{host}: `{what}` cannot be done in {kind}: nothing runs there.");
    world("Step needs a running host", detail, "Use the transport `ssh` or `local` for it.")
}

/// A file is not what the plan saw.
pub fn conflict(host: &str, path: &str, found: &str) -> WorldError {
    world(
        "File changed since the plan",
        format!("{host}: {path} is {found}. It was left as it is."),
        "Somebody else changed it after the plan was made. Plan again and look at the difference.",
    )
}

/// The connection ended while steps were under way, the one named where it is known.
pub fn lost(host: &str, step: Option<&Op>, why: Option<&str>, complaint: &str) -> WorldError {
    let said = last_lines(complaint);
    let why = why.unwrap_or("the script ended early");
    let step = step.map_or_else(|| "the step".to_owned(), |step| format!("`{step}`"));
    let detail = format!("{host}: {why}. Whether {step} was done is not known.\n{said}");
    let help = "The next plan looks at what is there and goes on from it.";
    let error = world("Connection lost", detail.trim_end(), help);
    WorldError { aftermath: Aftermath::Unknown, ..error }
}

/// The script did not even begin: sudo, the shell or a tool of the host is to blame.
pub fn not_begun(host: &str, why: Option<&str>, complaint: &str) -> WorldError {
    let said = last_lines(complaint);
    let (summary, help) = if said.contains("sudo:") && said.contains("password") {
        (
            "sudo wants a password",
            "Allow the user to run everything without one: `USER ALL=(ALL) NOPASSWD: ALL`.",
        )
    } else if said.contains("tty") && said.contains("sudo") {
        ("sudo wants a terminal", "Remove `requiretty` for the user from the host's sudoers.")
    } else if said.contains("sudo") && said.contains("not found") {
        ("No sudo on the host", "Log in as root, or install sudo.")
    } else if said.contains("not in the sudoers") || said.contains("not allowed to") {
        ("sudo refused", "Allow the user to become root, or log in as root.")
    } else if why.is_some() {
        ("Connection lost", "Nothing was changed. Try again.")
    } else {
        ("Host cannot run scripts", "A host needs sh and coreutils for the user that logs in.")
    };
    let why = why.unwrap_or("the script did not begin");
    world(summary, format!("{host}: {why}.\n{said}").trim_end(), help)
}

/// A step failed with this output.
pub fn step_failed(host: &str, step: &str, output: &str) -> WorldError {
    let (summary, help) = judge(output);
    let last = last_lines(output);
    let said =
        if last.is_empty() { " It printed nothing.".to_owned() } else { format!("\n{last}") };
    world(summary, format!("{host}: `{step}` failed.{said}"), help)
}

/// What an error text of a common tool or the kernel means.
fn judge(output: &str) -> (&'static str, &'static str) {
    let table = [
        ("No space left on device", "Disk full", "Make room on that file system and apply again."),
        ("Disk quota exceeded", "Disk full", "The quota is used up; make room and apply again."),
        (
            "Read-only file system",
            "File system is read-only",
            "Often a disk error: see `dmesg` and `mount` on the host.",
        ),
        (
            "Permission denied",
            "Permission denied",
            "The user lacks the right: log in as root, or let `sudo = true` make it root.",
        ),
        (
            "Operation not permitted",
            "Permission denied",
            "The user lacks the right, or the file is immutable (`lsattr`).",
        ),
        ("invalid user", "No such user", "Make the user on the host first."),
        ("invalid group", "No such group", "Make the group on the host first."),
        ("not found", "Step failed on a host", "Something that the step needs is not installed."),
    ];
    let known = table.iter().find(|(text, _, _)| output.contains(text));
    known.map_or(("Step failed on a host", ""), |(_, summary, help)| (summary, help))
}

/// The last lines of what a command printed.
pub fn last_lines(output: &str) -> String {
    let lines: Vec<_> = output.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_says_is_named() {
        let full = step_failed("h1", "write /x", "head: write error: No space left on device\n");
        assert_eq!(full.summary, "Disk full");
        assert!(full.detail.starts_with("h1: `write /x` failed.\nhead:"));
        assert_eq!(step_failed("h1", "x", "").summary, "Step failed on a host");
    }

    #[test]
    fn only_the_last_lines_are_shown() {
        let long: String = (0..30).map(|n| format!("line {n}\n\n")).collect();
        assert!(last_lines(&long).starts_with("line 22\n"));
    }
}
