//! Values to YAML, laid out and quoted as Terraform does.

use crate::value::{Text, Value};

/// Where a long text between quotes may go on in the next line.
const WIDTH: usize = 80;

/// Longer keys are written as `? key`.
const SIMPLE_KEY: usize = 128;

/// The document of a known value.
pub fn write(value: &Value) -> String {
    let mut writer = Writer { out: String::new() };
    writer.node(value, None);
    if !writer.out.ends_with('\n') {
        writer.out.push('\n');
    }
    // A plain scalar could go on, so its document has an end of its own.
    if matches!(value, Value::Null(_) | Value::Bool(_) | Value::Number(_)) {
        writer.out.push_str("...\n");
    }
    writer.out
}

struct Writer {
    out: String,
}

/// What a block is the value of.
#[derive(Clone, Copy)]
struct Place {
    /// Its indentation.
    indent: usize,
    /// Whether a list starts in the next line, no further in than the key before it.
    after_key: bool,
}

impl Writer {
    /// Writes a value after `- ` or `key:`; nowhere means that it is the document.
    fn node(&mut self, value: &Value, place: Option<Place>) {
        match value {
            Value::Marked(inner) => self.node(&inner.value, place),
            Value::String(text) => self.text(text, place.map_or(2, |place| place.indent + 2), true),
            Value::List(s) | Value::Set(s) => self.list(&s.items, place),
            Value::Tuple(items) => self.list(items, place),
            Value::Map(map) => self.map(map.items.iter(), place),
            Value::Object(attrs) => self.map(attrs.iter(), place),
            Value::Bool(truth) => self.out.push_str(if *truth { "true" } else { "false" }),
            Value::Number(number) if number.is_finite() => self.out.push_str(&number.to_string()),
            // Which no reader takes for a number, but it is what Terraform writes.
            Value::Number(number) => {
                self.out.push_str(if number.is_negative() { "-Inf" } else { "+Inf" });
            }
            Value::Null(_) | Value::Unknown(_) => self.out.push_str("null"),
        }
    }

    fn list(&mut self, items: &[Value], place: Option<Place>) {
        if items.is_empty() {
            self.out.push_str("[]");
            return;
        }
        let indent = match place {
            None => 0,
            Some(Place { indent, after_key: true }) => indent,
            Some(place) => place.indent + 2,
        };
        for (index, item) in items.iter().enumerate() {
            self.start_entry(index > 0 || place.is_some_and(|place| place.after_key), indent);
            self.out.push_str("- ");
            self.node(item, Some(Place { indent, after_key: false }));
        }
    }

    fn map<'a>(
        &mut self,
        entries: impl ExactSizeIterator<Item = (&'a Text, &'a Value)>,
        place: Option<Place>,
    ) {
        if entries.len() == 0 {
            self.out.push_str("{}");
            return;
        }
        let indent = place.map_or(0, |place| place.indent + 2);
        for (index, (key, value)) in entries.enumerate() {
            self.start_entry(index > 0 || place.is_some_and(|place| place.after_key), indent);
            let simple = !key.contains('\n') && key.len() <= SIMPLE_KEY;
            if !simple {
                self.out.push_str("? ");
            }
            self.text(key, indent + 2, !simple);
            if !simple {
                self.start_entry(true, indent);
            }
            self.out.push(':');
            self.value(value, Place { indent, after_key: simple });
        }
    }

    /// A value after a colon: filled lists and maps have a line of their own, others a space.
    fn value(&mut self, value: &Value, place: Place) {
        let block = match value.bare() {
            Value::Map(_) | Value::Object(_) => value.entries().is_some_and(|e| !e.is_empty()),
            other => other.elements().is_some_and(|items| !items.is_empty()),
        };
        if !(block && place.after_key) {
            self.out.push(' ');
        }
        self.node(value, Some(place));
    }

    /// A new line, unless the entry goes on in one where its list began.
    fn start_entry(&mut self, new_line: bool, indent: usize) {
        if new_line {
            if !self.out.ends_with('\n') {
                self.out.push('\n');
            }
            self.out.push_str(&" ".repeat(indent));
        }
    }

    fn text(&mut self, text: &str, indent: usize, may_break: bool) {
        if may_break && text.contains('\n') && fits_block(text) {
            self.block(text, indent);
        } else {
            self.quoted(text, indent, may_break);
        }
    }

    /// `|` and the lines as they are.
    fn block(&mut self, text: &str, indent: usize) {
        self.out.push('|');
        if text.starts_with([' ', '\n']) {
            self.out.push('2');
        }
        if !text.ends_with('\n') {
            self.out.push('-');
        } else if text == "\n" || text.ends_with("\n\n") {
            self.out.push('+');
        }
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            self.out.push('\n');
            if !line.is_empty() {
                self.out.push_str(&" ".repeat(indent));
                self.out.push_str(line);
            }
        }
        self.out.push('\n');
    }

    fn quoted(&mut self, text: &str, indent: usize, may_break: bool) {
        let line_start = self.out.rfind('\n').map_or(0, |at| at + 1);
        let mut column = self.out[line_start..].chars().count() + 1;
        self.out.push('"');
        let mut after_space = false;
        let mut chars = text.chars().enumerate().peekable();
        while let Some((index, c)) = chars.next() {
            let next = chars.peek().map(|(_, next)| *next);
            let inside = index > 0 && next.is_some();
            if c == ' ' && may_break && !after_space && column > WIDTH && inside {
                self.out.push('\n');
                self.out.push_str(&" ".repeat(indent));
                column = indent;
                if next == Some(' ') {
                    self.out.push('\\');
                    column += 1;
                }
            } else {
                let before = self.out.len();
                push_escaped(c, &mut self.out);
                column += self.out[before..].chars().count();
            }
            after_space = c == ' ';
        }
        self.out.push('"');
    }
}

/// Whether lines can stand as they are.
fn fits_block(text: &str) -> bool {
    let spaced = text.ends_with(' ') || text.contains(" \n");
    !spaced && text.chars().all(|c| c == '\n' || printable(c) && !line_break(c))
}

fn printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}') && c != '\u{FEFF}'
}

fn line_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn push_escaped(c: char, out: &mut String) {
    let short = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ if printable(c) => return out.push(c),
        _ => {
            let code = u32::from(c);
            out.push_str(&match code {
                0..=0xFF => format!("\\x{code:02X}"),
                0x100..=0xFFFF => format!("\\u{code:04X}"),
                _ => format!("\\U{code:08X}"),
            });
            return;
        }
    };
    out.extend(['\\', short]);
}
