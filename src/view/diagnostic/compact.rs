//! Warnings by their titles only, as `-compact-warnings` asks for.

use std::collections::BTreeMap;
use std::io::{self, Write};

use quorate_engine::diag::{Diagnostic, Diagnostics};
use quorate_engine::source::Sources;

use super::ordered;
use crate::view::page::{Page, Tone, ViewOptions};

/// Writes each kind of warning in a line, with the first place of it.
pub fn render_compact(
    diagnostics: &Diagnostics,
    sources: &Sources,
    options: ViewOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut kinds: BTreeMap<&str, Vec<&Diagnostic>> = BTreeMap::new();
    for warning in ordered(diagnostics) {
        kinds.entry(warning.summary).or_default().push(warning);
    }
    if kinds.is_empty() {
        return Ok(());
    }
    let mut page = Page::new(out, options);
    let title = page.paint(Tone::Change, "Warnings:");
    page.gap()?;
    page.line(title)?;
    page.gap()?;
    for (summary, warnings) in kinds {
        page.line(format!("- {summary}"))?;
        let place =
            warnings.iter().find_map(|warning| warning.span).map(|span| sources.place(span));
        match (place, warnings.len() - 1) {
            (None, 0) => {}
            (None, more) => page.line(format!("  ({more} more)"))?,
            (Some(place), 0) => page.line(format!("  on {place}"))?,
            (Some(place), more) => page.line(format!("  on {place} (and {more} more)"))?,
        }
    }
    page.gap()?;
    page.line("To see the full warning notes, run the command without -compact-warnings.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_warning_is_one_line() {
        let mut diagnostics = Diagnostics::default();
        for detail in ["one", "two"] {
            diagnostics.push(Diagnostic::warning("Old", detail));
        }
        diagnostics.push(Diagnostic::warning("Odd", "x"));
        let mut out = Vec::new();
        let options = ViewOptions::new(false, 80);
        render_compact(&diagnostics, &Sources::default(), options, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("\nWarnings:\n\n- Odd\n- Old\n  (1 more)\n\nTo see"), "{text}");
    }
}
