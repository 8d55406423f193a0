//! Configurations in memory, and what is said about them.

mod broken;
mod checking;
mod decoding;
mod json;
mod loading;
mod overriding;
mod values;

use super::{Builtins, Config, MemoryFiles, load};
use crate::diag::{Diagnostics, Severity};
use crate::source::Sources;

/// Loads files given as (path, text); the messages come back as text.
fn loaded(files: &[(&str, &str)]) -> Result<Config, String> {
    let builtins: Builtins<'_> = BUILTINS.iter().copied().collect();
    let memory: MemoryFiles = files.iter().copied().collect();
    let (mut sources, mut diags) = (Sources::default(), Diagnostics::default());
    let config = load(".", &memory, &builtins, &mut sources, &mut diags);
    config.map_err(|_| shown(&diags, &sources))
}

/// The messages about a single file.
fn complaints(text: &str) -> String {
    loaded(&[("main.hcl", text)]).err().unwrap_or_default()
}

/// Messages as text: place, summary, detail and help of each.
fn shown(diags: &Diagnostics, sources: &Sources) -> String {
    let mut out = String::new();
    for diagnostic in diags.iter() {
        if let Some(source) = diagnostic.span.and_then(|span| sources.get(span.source)) {
            let at = source.position(diagnostic.span.map_or(0, |span| span.start));
            out.push_str(&format!("{}:{}:{}: ", source.name, at.line, at.column));
        }
        if diagnostic.severity == Severity::Warning {
            out.push_str("warning: ");
        }
        out.push_str(&format!("{}\n  {}\n", diagnostic.summary, diagnostic.detail));
        out.extend(diagnostic.help.iter().map(|help| format!("  {help}\n")));
    }
    out
}

const BUILTINS: &[(&str, &[(&str, &str)])] = &[
    ("etcd", &[("main.hcl", "output \"a\" {\n  value = 1\n}\n"), ("notes.txt", "not HCL")]),
    ("etcd-systemd", &[("main.hcl", "module \"etcd\" {\n  source = \"builtin:etcd\"\n}\n")]),
    ("broken", &[("main.hcl", "module \"x\" {\n  source = \"./x\"\n}\n")]),
];
