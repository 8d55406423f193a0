//! Diagnostics in Terraform's box: what, where, the source with a caret, why, and what to do.

mod compact;
mod json;
mod snippet;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use quorate_engine::diag::{Diagnostic, Diagnostics, Severity};
use quorate_engine::source::Sources;

pub use compact::render_compact;
pub use json::{diagnostic_json, validation_json};

use super::page::ViewOptions;
use super::text::{clean, wrap};

/// The columns that the box's edge takes.
const EDGE: usize = 2;

/// How many objects are named that one message is about.
const NAMED: usize = 3;

/// Writes all messages, warnings first so that the errors are what is read last, each kind in the
/// order of the source.
pub fn render(
    diagnostics: &Diagnostics,
    sources: &Sources,
    options: ViewOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    for group in ordered(diagnostics).chunk_by(|one, other| is_echo(one, other)) {
        render_group(group, sources, options, out)?;
    }
    Ok(())
}

/// Warnings and then errors, each kind in the order of the source, nothing twice.
pub fn ordered(diagnostics: &Diagnostics) -> Vec<&Diagnostic> {
    let mut all: Vec<&Diagnostic> = diagnostics.iter().collect();
    all.sort_by_key(|d| (d.severity, d.span.is_none(), d.span));
    // The same thing may be found in several rounds of work; it is said once.
    all.dedup();
    all
}

/// Whether a message says of another object what one before it said already. An error does only
/// where it shows the same place and the same values: then both have one cause in what is written.
fn is_echo(one: &Diagnostic, other: &Diagnostic) -> bool {
    let says_the_same = (one.severity, one.summary, &one.detail, one.span)
        == (other.severity, other.summary, &other.detail, other.span);
    let shows_the_same = || (&one.values, &one.help) == (&other.values, &other.help);
    says_the_same && (one.severity == Severity::Warning || one.span.is_some() && shows_the_same())
}

/// Writes one message.
pub fn render_one(
    diagnostic: &Diagnostic,
    sources: &Sources,
    options: ViewOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    render_group(&[diagnostic], sources, options, out)
}

/// Writes what is the same of several objects, and names the objects.
fn render_group(
    group: &[&Diagnostic],
    sources: &Sources,
    options: ViewOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    let [diagnostic, ..] = group else { return Ok(()) };
    let mut sheet = Sheet { out, options, severity: diagnostic.severity };
    sheet.corner("╷")?;
    sheet.title(diagnostic.summary)?;
    sheet.place(group, sources)?;
    sheet.paragraph(&diagnostic.detail)?;
    if let Some(help) = &diagnostic.help {
        sheet.paragraph(help)?;
    }
    sheet.corner("╵")
}

/// The box that one message is written in.
pub(crate) struct Sheet<'a> {
    out: &'a mut dyn Write,
    options: ViewOptions,
    severity: Severity,
}

impl Sheet<'_> {
    fn tone(&self) -> Style {
        let color = match self.severity {
            Severity::Error => AnsiColor::Red,
            Severity::Warning => AnsiColor::Yellow,
        };
        Style::new().fg_color(Some(color.into()))
    }

    fn paint(&self, style: Style, text: &str) -> String {
        if self.options.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn bold(&self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    fn corner(&mut self, corner: &str) -> io::Result<()> {
        let corner = self.paint(self.tone(), corner);
        writeln!(self.out, "{corner}")
    }

    fn line(&mut self, text: &str) -> io::Result<()> {
        let edge = self.paint(self.tone(), "│");
        if text.is_empty() {
            writeln!(self.out, "{edge}")
        } else {
            writeln!(self.out, "{edge} {text}")
        }
    }

    fn title(&mut self, summary: &str) -> io::Result<()> {
        let word = match self.severity {
            Severity::Error => "Error: ",
            Severity::Warning => "Warning: ",
        };
        let title = format!("{}{}", self.paint(self.tone().bold(), word), self.bold(summary));
        self.line(&title)
    }

    /// An empty line, and the text broken at the width.
    fn paragraph(&mut self, text: &str) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        self.line("")?;
        wrap(text, self.options.width.saturating_sub(EDGE)).iter().try_for_each(|l| self.line(l))
    }

    /// The objects, the place in the source, and the values that led there.
    fn place(&mut self, group: &[&Diagnostic], sources: &Sources) -> io::Result<()> {
        let [diagnostic, ..] = group else { return Ok(()) };
        let snippet = snippet::Snippet::of(diagnostic, sources);
        if snippet.is_none() && diagnostic.address.is_none() && diagnostic.values.is_empty() {
            return Ok(());
        }
        self.line("")?;
        let comma = if snippet.is_some() { "," } else { "" };
        self.objects(group, comma)?;
        if let Some(snippet) = snippet {
            self.source(&snippet)?;
        }
        self.values(&diagnostic.values)
    }

    fn objects(&mut self, group: &[&Diagnostic], comma: &str) -> io::Result<()> {
        let all: Vec<&str> = group.iter().filter_map(|d| d.address.as_deref()).collect();
        let (named, rest) = all.split_at(all.len().min(NAMED));
        named.iter().enumerate().try_for_each(|(at, address)| match (at + 1, rest.len()) {
            (NAMED, 1..) => {
                self.line(&format!("  with {} and {} more{comma}", clean(address), rest.len()))
            }
            _ => self.line(&format!("  with {}{comma}", clean(address))),
        })
    }

    fn source(&mut self, snippet: &snippet::Snippet<'_>) -> io::Result<()> {
        let within = snippet.header.as_ref().map_or(String::new(), |h| format!(", in {h}"));
        self.line(&format!("  on {} line {}{within}:", clean(snippet.name), snippet.line))?;
        let number = format!("{:>4}: ", snippet.line);
        let room = self.options.width.saturating_sub(EDGE + number.len()).max(20);
        let cut = snippet.cut(room);
        let (before, marked, after) = cut.parts();
        let marked = self.paint(Style::new().underline(), marked);
        self.line(&format!("{number}{before}{marked}{after}"))?;
        let carets = self.paint(self.tone(), &"^".repeat(cut.carets()));
        self.line(&format!("{:1$}{carets}", "", number.len() + cut.column()))
    }

    fn values(&mut self, values: &[(String, String)]) -> io::Result<()> {
        if values.is_empty() {
            return Ok(());
        }
        self.line("    ├────────────────")?;
        values.iter().try_for_each(|(name, shown)| {
            let text = format!("    │ {} is {}", self.bold(&clean(name)), clean(shown));
            self.line(&text)
        })
    }
}
