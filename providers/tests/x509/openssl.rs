//! OpenSSL's command line, as a reader and a judge; Debian's package `openssl` must be installed.

use std::path::Path;
use std::process::{Command, Output};

/// Runs `openssl` with arguments separated by blanks, in a folder, and gives what it printed.
pub fn run(folder: &Path, arguments: &str) -> Result<String, String> {
    let arguments: Vec<&str> = arguments.split_whitespace().collect();
    run_exact(folder, &arguments)
}

/// Runs `openssl` with these very arguments.
pub fn run_exact(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output();
    let Output { status, stdout, stderr } = output.expect("openssl is installed");
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    if status.success() { Ok(text(&stdout)) } else { Err(text(&stderr) + &text(&stdout)) }
}

/// Gives the text of one extension from `openssl x509 -text`, or nothing if it is absent.
///
/// A critical one starts with `critical: `.
pub fn extension(text: &str, name: &str) -> Option<String> {
    let heading = format!("X509v3 {name}:");
    let mut lines = text.lines().map(str::trim);
    let weight = lines.find_map(|line| line.strip_prefix(&heading))?.trim();
    let value = lines.next().unwrap_or_default().trim_start_matches("keyid:");
    Some(if weight.is_empty() { value.to_owned() } else { format!("{weight}: {value}") })
}

/// Lists the extensions' names in order, after the heading `extensions`.
pub fn extension_names(text: &str) -> Vec<String> {
    let names = text.lines().filter_map(|line| line.trim().strip_prefix("X509v3 "));
    names.filter_map(|line| line.split(':').next()).map(str::to_owned).collect()
}

/// Gives what follows a heading on its own line.
pub fn field<'a>(text: &'a str, heading: &str) -> &'a str {
    let mut lines = text.lines().map(str::trim);
    lines.find_map(|line| line.strip_prefix(heading)).unwrap_or("(absent)").trim()
}
