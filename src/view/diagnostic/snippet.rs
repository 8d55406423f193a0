//! The line of the source that a message is about, cut to the width around what is underlined.

use quorate_engine::diag::Diagnostic;
use quorate_engine::source::{SourceText, Sources, Span};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::view::text::clean;

/// How many columns a tab takes at most.
const TAB: usize = 4;

/// A line of a source with a part to underline.
pub struct Snippet<'s> {
    /// The name of the source.
    pub name: &'s str,
    /// The number of the line, from 1.
    pub line: u32,
    /// The header of the block around it: `resource "host_file" "motd"`.
    pub header: Option<String>,
    before: String,
    marked: String,
    after: String,
}

impl<'s> Snippet<'s> {
    /// The first line that a message underlines.
    pub fn of(diagnostic: &Diagnostic, sources: &'s Sources) -> Option<Snippet<'s>> {
        let span = diagnostic.span?;
        let source = sources.get(span.source)?;
        let line = source.position(span.start).line;
        let text = source.line(line);
        let (start, end) = within_line(source, text, span)?;
        let mut at = 0;
        let mut part = |text: &str| expand(text, &mut at);
        Some(Snippet {
            name: &source.name,
            line,
            header: source.header(line).map(|header| clean(header).into_owned()),
            before: part(&text[..start]),
            marked: part(&text[start..end]),
            after: part(&text[end..]),
        })
    }

    /// The line in at most `room` columns.
    pub fn cut(&self, room: usize) -> Cut {
        let marked = head(&self.marked, room);
        let free = room.saturating_sub(marked.width());
        // What is before matters more than what is after, but some of both is shown.
        let reserved = self.after.width().min(free / 3);
        let before = tail(&self.before, free - reserved);
        let after = head(&self.after, free.saturating_sub(before.width()));
        Cut { before, marked, after }
    }
}

/// The underlined bytes of the line; none where the span is not in the text.
fn within_line(source: &SourceText, text: &str, span: Span) -> Option<(usize, usize)> {
    let line_start = (text.as_ptr() as usize).checked_sub(source.text.as_ptr() as usize)?;
    let start = (span.start as usize).checked_sub(line_start)?.min(text.len());
    let end = (span.end as usize).saturating_sub(line_start).clamp(start, text.len());
    (text.is_char_boundary(start) && text.is_char_boundary(end)).then_some((start, end))
}

/// Text with tabs as spaces and without control characters; `at` is the column it begins in.
fn expand(text: &str, at: &mut usize) -> String {
    let mut out = String::new();
    for part in text.split_inclusive('\t') {
        let plain = clean(part.trim_end_matches('\t'));
        out.push_str(&plain);
        *at += plain.width();
        if part.ends_with('\t') {
            let fill = TAB - *at % TAB;
            out.push_str(&" ".repeat(fill));
            *at += fill;
        }
    }
    out
}

/// The first characters that fit, with an ellipsis where some do not.
fn head(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let kept = text.chars().take(kept(text.chars(), room));
    if room == 0 { String::new() } else { kept.chain(['…']).collect() }
}

/// The last characters that fit, with an ellipsis where some do not.
fn tail(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let skip = text.chars().count() - kept(text.chars().rev(), room);
    let kept = text.chars().skip(skip);
    if room == 0 { String::new() } else { ['…'].into_iter().chain(kept).collect() }
}

/// How many characters fit beside an ellipsis.
fn kept(chars: impl Iterator<Item = char>, room: usize) -> usize {
    let mut used = 1;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= room
    };
    chars.take_while(fits).count()
}

/// A line that fits.
pub struct Cut {
    before: String,
    marked: String,
    after: String,
}

impl Cut {
    /// What is before, in and after the underlined part.
    pub fn parts(&self) -> (&str, &str, &str) {
        (&self.before, &self.marked, &self.after)
    }

    /// The column where the underlined part begins, from 0.
    pub fn column(&self) -> usize {
        self.before.width()
    }

    /// How many columns to underline; an empty part still gets a caret.
    pub fn carets(&self) -> usize {
        self.marked.width().max(1)
    }
}
