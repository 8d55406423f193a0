//! Source texts of a configuration, and positions in them.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use unicode_segmentation::UnicodeSegmentation;

use crate::lex::{Kind, Lexer};

/// Identifies one source text within [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// A byte range in one source text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The text the range is in.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// Where the part of a source text begins that a parser was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    source: SourceId,
    start: u32,
}

impl Origin {
    /// The part that begins at a byte.
    pub fn new(source: SourceId, start: usize) -> Self {
        Origin { source, start: clamped(start) }
    }
}

impl From<SourceId> for Origin {
    /// The whole text.
    fn from(source: SourceId) -> Self {
        Origin { source, start: 0 }
    }
}

impl Span {
    /// Makes a span of a byte range as the parser gives it.
    pub fn new(origin: impl Into<Origin>, range: Range<usize>) -> Self {
        let Origin { source, start } = origin.into();
        let place = |byte: usize| start.saturating_add(clamped(byte));
        Span { source, start: place(range.start), end: place(range.end) }
    }

    /// The span from the start of `self` to the end of `other`.
    pub fn to(self, other: Span) -> Span {
        Span { end: other.end.max(self.end), ..self }
    }
}

fn clamped(byte: usize) -> u32 {
    u32::try_from(byte).unwrap_or(u32::MAX)
}

/// A line and column, both counted from 1; the column counts what a reader takes for one character
/// (grapheme clusters), as editors and Terraform do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in grapheme clusters, from 1.
    pub column: u32,
    /// Byte offset, from 0.
    pub byte: u32,
}

/// One text with the index that makes position look-ups cheap.
#[derive(Debug)]
pub struct SourceText {
    /// The name shown to people: a path relative to where the command ran.
    pub name: String,
    /// The whole text.
    pub text: Arc<str>,
    /// Where lines begin; made when a message first asks, as what follows.
    line_starts: OnceLock<Vec<u32>>,
    /// The lines that begin in the first column, each with the header of the block it begins, if
    /// any.
    outline: OnceLock<Vec<(u32, Option<String>)>>,
}

/// Words that begin a block.
const BLOCKS: [&str; 12] = [
    "check",
    "data",
    "import",
    "locals",
    "module",
    "moved",
    "output",
    "quorate",
    "removed",
    "resource",
    "terraform",
    "variable",
];

impl SourceText {
    fn new(name: String, text: Arc<str>) -> Self {
        SourceText { name, text, line_starts: OnceLock::new(), outline: OnceLock::new() }
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let breaks = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(breaks.map(|(at, _)| at as u32 + 1)).collect()
        })
    }

    /// Where a byte offset is, for people.
    pub fn position(&self, byte: u32) -> Position {
        let byte = byte.min(self.text.len() as u32);
        let line = self.line_starts().partition_point(|start| *start <= byte).max(1);
        let start = self.line_starts()[line - 1];
        let before = self.text.get(start as usize..byte as usize).unwrap_or("");
        Position { line: line as u32, column: before.graphemes(true).count() as u32 + 1, byte }
    }

    /// The nearest start of a character at or before a byte.
    pub fn floor(&self, byte: u32) -> u32 {
        self.text.floor_char_boundary(byte as usize) as u32
    }

    /// The byte that a line counted from 1 begins at.
    pub fn line_start(&self, line: u32) -> u32 {
        let index = (line.max(1) - 1) as usize;
        self.line_starts().get(index).copied().unwrap_or(self.text.len() as u32)
    }

    /// The header of the top-level block that a line is in, found by its layout: blocks begin in
    /// the first column, and what is in them does not.
    pub fn header(&self, line: u32) -> Option<&str> {
        let outline = self.outline.get_or_init(|| self.outline());
        let index = outline.partition_point(|(begins, _)| *begins <= line).checked_sub(1)?;
        outline[index].1.as_deref()
    }

    fn outline(&self) -> Vec<(u32, Option<String>)> {
        let inside = |text: &str| text.is_empty() || text.starts_with([' ', '\t', '}', '#', '/']);
        let lines = (1..=self.line_starts().len() as u32).map(|line| (line, self.line(line)));
        lines.filter(|(_, text)| !inside(text)).map(|(line, text)| (line, block(text))).collect()
    }

    /// The text of a line counted from 1, without its line break.
    pub fn line(&self, line: u32) -> &str {
        let index = (line.max(1) - 1) as usize;
        let Some(&start) = self.line_starts().get(index) else { return "" };
        let end = self.line_starts().get(index + 1).map_or(self.text.len(), |n| *n as usize);
        self.text[start as usize..end].trim_end_matches(['\n', '\r'])
    }
}

/// The header of the block that a line begins, as it is usually written: `resource "host_file" "motd"`.
fn block(line: &str) -> Option<String> {
    let mut header = String::new();
    for token in Lexer::new(line) {
        let token = token.ok()?;
        match token.kind {
            Kind::Ident if header.is_empty() && BLOCKS.contains(&&*token.text) => {
                header.push_str(&token.text);
            }
            _ if header.is_empty() => return None,
            Kind::Ident => header.push_str(&format!(" \"{}\"", token.text)),
            Kind::OpenQuote => header.push_str(" \""),
            Kind::Quoted | Kind::CloseQuote => header.push_str(&token.text),
            Kind::Comment => {}
            Kind::OpenBrace => return Some(header),
            _ => return None,
        }
    }
    None
}

/// All texts of one run; cloning is cheap.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    texts: Vec<Arc<SourceText>>,
}

impl Sources {
    /// Adds a text and gives its identity.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> SourceId {
        self.texts.push(Arc::new(SourceText::new(name.into(), text.into())));
        SourceId(self.texts.len() as u32 - 1)
    }

    /// The text of an identity that this collection gave.
    pub fn get(&self, id: SourceId) -> Option<&SourceText> {
        self.texts.get(id.0 as usize).map(|text| &**text)
    }

    /// The text in a span; empty where the span is not in the text.
    pub fn snippet(&self, span: Span) -> &str {
        let text = self.get(span.source).map_or("", |source| &*source.text);
        text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// File and line of a span, as texts name a place: `main.hcl:3`.
    pub fn place(&self, span: Span) -> String {
        let Some(source) = self.get(span.source) else { return String::new() };
        format!("{}:{}", source.name, source.position(span.start).line)
    }

    /// All texts in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = &SourceText> {
        self.texts.iter().map(|text| &**text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one() {
        let mut sources = Sources::default();
        let id = sources.add("a.hcl", "é = 1\r\nb = \"x\"\n");
        let text = sources.get(id).unwrap();
        assert_eq!(text.position(0), Position { line: 1, column: 1, byte: 0 });
        assert_eq!(text.position(3), Position { line: 1, column: 3, byte: 3 });
        assert_eq!(text.position(8), Position { line: 2, column: 1, byte: 8 });
        assert_eq!(text.line(1), "é = 1");
        assert_eq!(text.line(2), "b = \"x\"");
        assert_eq!(text.line(9), "");
    }
}
