//! Tokens one after the other, without comments, and without line breaks where they mean nothing.

use std::ops::Range;

use super::{Checked, DEEPEST, Goal, Mistake};
use crate::lex::{Kind, Lexer};

/// A token, or one of two ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Item {
    Token(Kind),
    /// The end of the text.
    End,
    /// No token begins here, or a quote or heredoc that is open does not end.
    Stuck,
}

/// What kind of thing comes next, and where it is.
#[derive(Clone, Debug)]
pub(super) struct Next {
    pub(super) item: Item,
    pub(super) at: Range<usize>,
}

impl Next {
    pub(super) fn is(&self, kind: Kind) -> bool {
        self.item == Item::Token(kind)
    }

    pub(super) fn is_end(&self) -> bool {
        self.item == Item::End
    }
}

pub(super) struct Stream<'a> {
    pub(super) text: &'a str,
    lexer: Lexer<'a>,
    next: Option<Next>,
    /// Of all brackets around this place, whether line breaks mean nothing there.
    free: Vec<bool>,
}

impl<'a> Stream<'a> {
    pub(super) fn new(text: &'a str, goal: Goal) -> Self {
        Stream { text, lexer: lexer(text, goal), next: None, free: Vec::new() }
    }

    pub(super) fn peek(&mut self) -> &Next {
        let next = match self.next.take() {
            Some(next) => next,
            None => self.read_next(),
        };
        self.next.insert(next)
    }

    pub(super) fn read(&mut self) -> Next {
        match self.next.take() {
            Some(next) => next,
            None => self.read_next(),
        }
    }

    pub(super) fn peek_is(&mut self, kind: Kind) -> bool {
        self.peek().is(kind)
    }

    /// Passes the next token if it is of a kind.
    pub(super) fn take(&mut self, kind: Kind) -> bool {
        let is = self.peek_is(kind);
        if is {
            self.next = None;
        }
        is
    }

    /// Whether the next token is a certain word.
    pub(super) fn peek_is_word(&mut self, word: &str) -> bool {
        let next = self.peek().clone();
        next.is(Kind::Ident) && self.of(&next) == word
    }

    pub(super) fn of(&self, next: &Next) -> &'a str {
        self.text.get(next.at.clone()).unwrap_or("")
    }

    /// Goes through what is between brackets, in which line breaks mean nothing or end an entry.
    pub(super) fn within<T>(
        &mut self,
        breaks: Breaks,
        inner: impl FnOnce(&mut Self) -> Checked<T>,
    ) -> Checked<T> {
        if self.free.len() >= DEEPEST {
            let detail =
                format!("More than {DEEPEST} brackets, quotes and templates are open here.");
            let at = self.peek().at.clone();
            return Err(Box::new(Mistake { summary: "Nesting too deep", detail, at }));
        }
        if breaks == Breaks::Free && self.next.as_ref().is_some_and(|next| next.is(Kind::Newline)) {
            self.next = None;
        }
        self.free.push(breaks == Breaks::Free);
        let result = inner(self)?;
        self.free.pop();
        Ok(result)
    }

    /// What line breaks mean here.
    pub(super) fn breaks(&self) -> Breaks {
        if self.free.last().copied().unwrap_or(false) { Breaks::Free } else { Breaks::Ends }
    }

    fn read_next(&mut self) -> Next {
        let free = self.breaks() == Breaks::Free;
        loop {
            let (kind, at) = match self.lexer.pass() {
                Some(Ok(token)) => token,
                Some(Err(_)) => return self.stuck(),
                None => return self.ended(),
            };
            match kind {
                Kind::Newline | Kind::Comment if free => {}
                Kind::Comment if self.text.as_bytes()[at.end - 1] != b'\n' => {}
                // A comment has its line break in it.
                Kind::Comment => {
                    let at = at.end - 1..at.end;
                    return Next { item: Item::Token(Kind::Newline), at };
                }
                kind => return Next { item: Item::Token(kind), at },
            }
        }
    }

    fn ended(&self) -> Next {
        Next { item: Item::End, at: self.text.len()..self.text.len() }
    }

    fn stuck(&self) -> Next {
        let start = self.lexer.at();
        let length = self.text[start..].chars().next().map_or(0, char::len_utf8);
        let item = if length == 0 { Item::End } else { Item::Stuck };
        Next { item, at: start..start + length }
    }

    /// Refuses a token. A character that begins none is a mistake of its own.
    pub(super) fn refuse<T>(
        &self,
        next: &Next,
        summary: &'static str,
        detail: impl Into<String>,
    ) -> Checked<T> {
        let own = match next.item {
            Item::Stuck => Some(super::template::stuck(self.text, next.at.start)),
            Item::Token(Kind::Ident) => foreign(self.of(next), next.at.start),
            _ => None,
        };
        let general = || Mistake { summary, detail: detail.into(), at: next.at.clone() };
        Err(Box::new(own.unwrap_or_else(general)))
    }
}

fn lexer(text: &str, goal: Goal) -> Lexer<'_> {
    match goal {
        Goal::Template => Lexer::of_template(text),
        Goal::Body | Goal::Expression => Lexer::new(text),
    }
}

/// The first token that comes after so many others, if there is one.
pub(super) fn beyond(text: &str, goal: Goal, most: usize) -> Option<Range<usize>> {
    let mut lexer = lexer(text, goal);
    let tokens = std::iter::from_fn(|| lexer.pass()?.ok());
    let is_counted = |(kind, _): &(Kind, _)| !matches!(kind, Kind::Newline | Kind::Comment);
    tokens.filter(is_counted).nth(most).map(|(_, at)| at)
}

/// What line breaks mean between brackets.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Breaks {
    Free,
    Ends,
}

/// A letter of a name that names cannot have.
pub(super) fn foreign(name: &str, start: usize) -> Option<Mistake> {
    if name.is_ascii() || hcl::edit::Ident::try_new(name).is_ok() {
        return None;
    }
    let is_part = |c: char| c == '-' || hcl::edit::Ident::try_new(format!("a{c}")).is_ok();
    let at = name.find(|c| !is_part(c)).unwrap_or(0);
    Some(super::template::invalid_character(&name[at..], start + at))
}
