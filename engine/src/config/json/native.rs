//! JSON values as expressions in HCL's own syntax, byte for byte in the same place.

use jsonc_parser::ast::{StringLit, Value as Json};
use jsonc_parser::common::Ranged;

/// What the strings of a value mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Templates: `"${var.x}"`.
    Template,
    /// Texts in which nothing is special.
    Literal,
    /// Code: `"pki_ca.etcd"` in `depends_on`.
    Code,
}

/// A list of all expressions of a file, in the order in which they were added.
#[derive(Debug, Default)]
pub(super) struct Native {
    text: String,
    count: usize,
}

impl Native {
    /// Adds a value; gives its place in the list.
    pub fn value(&mut self, json: &Json<'_>, reading: Reading) -> usize {
        self.text.push(if self.count == 0 { '[' } else { ',' });
        self.write(json, reading);
        self.count += 1;
        self.count - 1
    }

    /// The list.
    pub fn finished(self) -> String {
        match self.count {
            0 => "[]".to_owned(),
            _ => self.text + "]",
        }
    }

    /// Goes on to a byte. What took more room than in JSON moves what follows by as much.
    fn advance(&mut self, to: usize) {
        let missing = to.saturating_sub(self.text.len());
        self.text.extend(std::iter::repeat_n(' ', missing));
    }

    fn write(&mut self, json: &Json<'_>, reading: Reading) {
        self.advance(json.start());
        match json {
            Json::NullKeyword(_) => self.text.push_str("null"),
            Json::BooleanLit(truth) => {
                self.text.push_str(if truth.value { "true" } else { "false" })
            }
            Json::NumberLit(number) => self.text.push_str(number.value),
            Json::StringLit(text) => self.string(text, reading),
            Json::Array(array) => {
                self.text.push('[');
                for (index, element) in array.elements.iter().enumerate() {
                    self.text.push_str(if index == 0 { "" } else { "," });
                    self.write(element, reading);
                }
                self.advance(json.end().saturating_sub(1));
                self.text.push(']');
            }
            Json::Object(object) => {
                self.text.push('{');
                for (index, property) in object.properties.iter().enumerate() {
                    self.text.push_str(if index == 0 { "" } else { "," });
                    self.advance(property.name.start());
                    let literal = reading == Reading::Literal;
                    self.text.push_str(&quoted(property.name.as_str(), literal));
                    self.text.push(':');
                    self.write(&property.value, reading);
                }
                self.advance(json.end().saturating_sub(1));
                self.text.push('}');
            }
        }
    }

    fn string(&mut self, text: &StringLit<'_>, reading: Reading) {
        match reading {
            Reading::Code => {
                self.text.push(' ');
                self.text.push_str(&text.value);
            }
            Reading::Literal => self.text.push_str(&quoted(&text.value, true)),
            Reading::Template => self.text.push_str(&quoted(&text.value, false)),
        }
    }
}

/// Where a character of a template is.
enum Within {
    /// `${ ... }`, with so many braces open inside.
    Code(usize),
    /// Quotes in code.
    Quotes,
}

/// A text as a quoted template. In JSON, escapes have already been resolved, so that a backslash
/// left in the text means itself, and code has its own quotes.
fn quoted(value: &str, literal: bool) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    let mut within: Vec<Within> = Vec::new();
    let mut chars = value.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let rest = &value[at..];
        let marker = rest.starts_with("${") || rest.starts_with("%{");
        match within.last_mut() {
            Some(Within::Code(depth)) => {
                match c {
                    '{' => *depth += 1,
                    '}' if *depth == 0 => drop(within.pop()),
                    '}' => *depth -= 1,
                    '"' => within.push(Within::Quotes),
                    _ => {}
                }
                out.push(if matches!(c, '\n' | '\r') { ' ' } else { c });
            }
            Some(Within::Quotes) if c == '\\' => {
                out.push(c);
                out.extend(chars.next().map(|(_, next)| next));
            }
            Some(Within::Quotes) if c == '"' => {
                within.pop();
                out.push(c);
            }
            None if literal && marker => out.extend([c, c]),
            None if rest.starts_with("$${") || rest.starts_with("%%{") => {
                chars.next();
                chars.next();
                out.extend([c, c, '{']);
            }
            _ if marker => {
                chars.next();
                out.extend([c, '{']);
                within.push(Within::Code(0));
            }
            None => escape(c, &mut out),
            Some(Within::Quotes) => out.push(c),
        }
    }
    out.push('"');
    out
}

fn escape(c: char, out: &mut String) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c => out.push(c),
    }
}
