//! Where layout changes tokens: labels get quotes, and values lose needless templates.

use super::label;
use super::value;
use crate::lex::{Kind, Token};

/// Tokens with their labels, types and values as they are written today. Unchanged where the
/// tokens are no body; the parser has refused such a text before.
pub(super) fn rewrite<'a>(tokens: Vec<Token<'a>>) -> Option<Vec<Token<'a>>> {
    let mut walk =
        Walk { tokens: &tokens, at: 0, done: Vec::with_capacity(tokens.len()), bodies: Vec::new() };
    while walk.at < tokens.len() {
        walk.item()?;
    }
    walk.bodies.is_empty().then_some(walk.done)
}

struct Walk<'t, 'a> {
    tokens: &'t [Token<'a>],
    at: usize,
    done: Vec<Token<'a>>,
    /// Of each block around this place, whether it is a `variable`.
    bodies: Vec<bool>,
}

impl<'a> Walk<'_, 'a> {
    fn item(&mut self) -> Option<()> {
        match self.tokens[self.at].kind {
            Kind::Newline | Kind::Comment => self.copy(self.at + 1),
            Kind::CloseBrace => {
                self.bodies.pop()?;
                self.copy(self.at + 1);
            }
            Kind::Ident => {
                let after =
                    self.tokens[self.at + 1..].iter().position(|t| t.kind != Kind::Comment)?;
                let after = self.at + 1 + after;
                if self.tokens[after].kind == Kind::Equal {
                    self.attribute(after)
                } else {
                    self.block()?
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn copy(&mut self, end: usize) {
        self.done.extend_from_slice(&self.tokens[self.at..end]);
        self.at = end;
    }

    fn attribute(&mut self, equal: usize) {
        let is_type = self.bodies == [true] && self.tokens[self.at].text == "type";
        let (start, end) = self.value_after(equal);
        self.copy(start);
        let written = &self.tokens[start..end];
        match if is_type { value::type_of(written) } else { value::unwrapped(written) } {
            Some(value) => {
                self.done.extend(value);
                self.at = end;
            }
            None => self.copy(end),
        }
    }

    /// The tokens of an attribute's value, without the comments around it.
    fn value_after(&self, equal: usize) -> (usize, usize) {
        let mut depth = 0;
        let ends = |token: &Token<'_>| {
            let ends = depth == 0 && (token.ends_line() || token.kind == Kind::CloseBrace);
            depth += token.kind.depth();
            ends
        };
        let length = self.tokens[equal + 1..].iter().position(ends);
        let mut end = length.map_or(self.tokens.len(), |length| equal + 1 + length);
        let mut start = equal + 1;
        let is_comment = |index: usize| self.tokens[index].kind == Kind::Comment;
        while start < end && is_comment(start) {
            start += 1;
        }
        while start < end && is_comment(end - 1) {
            end -= 1;
        }
        (start, end)
    }

    fn block(&mut self) -> Option<()> {
        let open = self.tokens[self.at..].iter().position(|t| t.kind == Kind::OpenBrace)? + self.at;
        self.bodies.push(self.bodies.is_empty() && self.tokens[self.at].text == "variable");
        self.copy(self.at + 1);
        if let Some((labels, end)) = label::quoted(&self.tokens[self.at..open]) {
            self.done.extend(labels);
            self.at += end;
        }
        self.copy(open + 1);
        Some(())
    }
}
