//! Text to tokens, nothing lost but the kind of white space between them.
//!
//! The rules are those of `hclsyntax/spec.md`, section "Lexical Elements": the longest token
//! wins, quotes and heredocs are modes of their own, and a `}` ends the template that it
//! belongs to.

mod token;

use std::ops::Range;

pub(crate) use token::{Kind, Token};

/// No token begins here, or what was opened is not closed.
#[derive(Debug)]
pub(crate) struct Stuck;

/// What surrounds the place; plain code where there is nothing.
enum Mode<'a> {
    Quote,
    /// A whole text that is a template.
    Template,
    Heredoc {
        marker: &'a str,
        line_start: bool,
    },
    /// Code in a template, which ends with the brace at this depth.
    Code {
        braces: usize,
    },
}

/// One token after the other.
pub(crate) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    modes: Vec<Mode<'a>>,
    /// How many braces are open, those of templates included.
    braces: usize,
    /// The white space before the last token, or before the end.
    spaces: usize,
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Result<Token<'a>, Stuck>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.pass()?;
        Some(found.map(|(kind, at)| Token {
            kind,
            text: self.text[at].into(),
            spaces: self.spaces,
        }))
    }
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Lexer { text, at: 0, modes: Vec::new(), braces: 0, spaces: 0 }
    }

    /// Reads a text that is a template from its first byte on.
    pub(crate) fn of_template(text: &'a str) -> Self {
        Lexer { modes: vec![Mode::Template], ..Lexer::new(text) }
    }

    /// Passes one token; gives what it is and where. None at the end of the text.
    pub(crate) fn pass(&mut self) -> Option<Result<(Kind, Range<usize>), Stuck>> {
        self.spaces = self.skip_spaces();
        let start = self.at;
        if start == self.text.len() {
            let whole = matches!(self.modes.as_slice(), [] | [Mode::Template]);
            return (!whole).then_some(Err(Stuck));
        }
        let kind = self.token();
        Some(kind.map(|kind| (kind, start..self.at)).ok_or(Stuck))
    }

    /// Where the next token, or the white space before it, begins.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// The white space before the token that was passed last, or before the end.
    pub(crate) fn spaces(&self) -> usize {
        self.spaces
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    fn take(&mut self, length: usize, kind: Kind) -> Option<Kind> {
        self.at += length;
        Some(kind)
    }

    /// Passes the white space between tokens of code.
    fn skip_spaces(&mut self) -> usize {
        if matches!(self.modes.last(), Some(Mode::Quote | Mode::Template | Mode::Heredoc { .. })) {
            return 0;
        }
        let length = length_while(self.bytes(), |byte| matches!(byte, b' ' | b'\t'));
        self.at += length;
        length
    }

    fn token(&mut self) -> Option<Kind> {
        match self.modes.last() {
            Some(Mode::Quote) => self.in_quote(),
            Some(Mode::Template) => match template_in(self.rest()) {
                Some(0) => Some(self.open_template()),
                Some(before) => self.take(before, Kind::HeredocText),
                None => self.take(self.rest().len(), Kind::HeredocText),
            },
            Some(&Mode::Heredoc { marker, line_start }) => self.in_heredoc(marker, line_start),
            Some(Mode::Code { .. }) | None => self.in_code(),
        }
    }

    fn in_code(&mut self) -> Option<Kind> {
        match self.byte(0) {
            b'\n' => self.take(1, Kind::Newline),
            b'\r' if self.byte(1) == b'\n' => self.take(2, Kind::Newline),
            b'#' => self.line_comment(),
            b'/' if self.byte(1) == b'/' => self.line_comment(),
            b'/' if self.byte(1) == b'*' => {
                let length = self.rest()[2..].find("*/")? + 4;
                self.take(length, Kind::Comment)
            }
            b'"' => {
                self.modes.push(Mode::Quote);
                self.take(1, Kind::OpenQuote)
            }
            b'<' if self.byte(1) == b'<' => self.open_heredoc(),
            b'{' => {
                self.braces += 1;
                self.take(1, Kind::OpenBrace)
            }
            b'}' => Some(self.close_brace(1)),
            b'~' if self.byte(1) == b'}' => Some(self.close_brace(2)),
            b'0'..=b'9' => self.number(),
            byte if byte == b'_' || byte.is_ascii_alphabetic() || !byte.is_ascii() => self.ident(),
            _ => self.symbol(),
        }
    }

    fn line_comment(&mut self) -> Option<Kind> {
        let length = self.rest().find('\n').map_or(self.rest().len(), |end| end + 1);
        self.take(length, Kind::Comment)
    }

    fn close_brace(&mut self, length: usize) -> Kind {
        self.at += length;
        let ends =
            matches!(self.modes.last(), Some(Mode::Code { braces }) if *braces == self.braces);
        self.braces = self.braces.saturating_sub(1);
        if ends {
            self.modes.pop();
        }
        if ends || length == 2 { Kind::CloseTemplate } else { Kind::CloseBrace }
    }

    /// Digits, dots and exponents, as far as they do not end in a dot.
    fn number(&mut self) -> Option<Kind> {
        let mut length = 1;
        let mut seen = 1;
        loop {
            match (self.byte(seen), self.byte(seen + 1), self.byte(seen + 2)) {
                (b'0'..=b'9', ..) => seen += 1,
                (b'.', ..) => {
                    seen += 1;
                    continue;
                }
                (b'e' | b'E', b'0'..=b'9', _) => seen += 2,
                (b'e' | b'E', b'+' | b'-', b'0'..=b'9') => seen += 3,
                _ => return self.take(length, Kind::Number),
            }
            length = seen;
        }
    }

    /// What is no letter of another script was refused by the parser.
    fn ident(&mut self) -> Option<Kind> {
        self.take(length_while(self.bytes(), is_part), Kind::Ident)
    }

    fn symbol(&mut self) -> Option<Kind> {
        let (length, kind) = match (self.byte(0), self.byte(1)) {
            (b'=', b'=')
            | (b'!', b'=')
            | (b'>', b'=')
            | (b'<', b'=')
            | (b'&', b'&')
            | (b'|', b'|') => (2, Kind::Operator),
            (b'=', b'>') => (2, Kind::Other),
            (b':', b':') => (2, Kind::DoubleColon),
            (b'.', b'.') if self.byte(2) == b'.' => (3, Kind::Ellipsis),
            (b'[', _) => (1, Kind::OpenBracket),
            (b']', _) => (1, Kind::CloseBracket),
            (b'(', _) => (1, Kind::OpenParen),
            (b')', _) => (1, Kind::CloseParen),
            (b'.', _) => (1, Kind::Dot),
            (b',', _) => (1, Kind::Comma),
            (b'=', _) => (1, Kind::Equal),
            (b':', _) => (1, Kind::Colon),
            (b'?', _) => (1, Kind::Question),
            (b'!', _) => (1, Kind::Bang),
            (b'-', _) => (1, Kind::Minus),
            (b'*' | b'/' | b'%' | b'+' | b'<' | b'>', _) => (1, Kind::Operator),
            _ => return None,
        };
        self.take(length, kind)
    }

    fn open_heredoc(&mut self) -> Option<Kind> {
        let Some(line) = self.rest().find('\n').map(|end| &self.rest()[..end]) else {
            return self.symbol();
        };
        let marker = line[2..].strip_prefix('-').unwrap_or(&line[2..]);
        let marker = marker.strip_suffix('\r').unwrap_or(marker);
        let first = marker.bytes().next().unwrap_or(b' ');
        let is_name = !marker.is_empty() && marker.bytes().all(is_part);
        if first.is_ascii_digit() || first == b'-' || !is_name {
            return self.symbol();
        }
        self.modes.push(Mode::Heredoc { marker, line_start: true });
        self.take(line.len() + 1, Kind::OpenHeredoc)
    }

    fn in_quote(&mut self) -> Option<Kind> {
        match self.byte(0) {
            b'"' => {
                self.modes.pop();
                self.take(1, Kind::CloseQuote)
            }
            b'$' | b'%' if self.byte(1) == b'{' => Some(self.open_template()),
            _ => self.quoted_text(),
        }
    }

    fn open_template(&mut self) -> Kind {
        let kind = if self.byte(0) == b'$' { Kind::OpenInterpolation } else { Kind::OpenDirective };
        self.at += if self.byte(2) == b'~' { 3 } else { 2 };
        self.braces += 1;
        if let Some(Mode::Heredoc { line_start, .. }) = self.modes.last_mut() {
            *line_start = false;
        }
        self.modes.push(Mode::Code { braces: self.braces });
        kind
    }

    fn quoted_text(&mut self) -> Option<Kind> {
        let mut length = 0;
        loop {
            length += length_while(&self.bytes()[length..], is_plain);
            match (self.byte(length), self.byte(length + 1)) {
                _ if self.at + length >= self.text.len() => return None,
                (b'"', _) | (b'$' | b'%', b'{') => return self.take(length, Kind::Quoted),
                (b'\n' | b'\r', _) => return None,
                (b'\\', _) => length += 1 + self.rest()[length + 1..].chars().next()?.len_utf8(),
                (b'$', b'$') | (b'%', b'%') if self.byte(length + 2) == b'{' => length += 3,
                _ => length += 1,
            }
        }
    }

    /// Text up to the next template or the marker; or the marker.
    fn in_heredoc(&mut self, marker: &str, line_start: bool) -> Option<Kind> {
        let mut line_start = line_start;
        let mut length = 0;
        loop {
            let rest = &self.rest()[length..];
            if rest.is_empty() {
                return None;
            }
            let line = rest.find('\n').map_or(rest, |end| &rest[..=end]);
            if line_start && line.trim() == marker {
                return match length {
                    0 => self.close_heredoc(line),
                    _ => self.heredoc_text(length, true),
                };
            }
            match template_in(line) {
                Some(0) if length == 0 => return Some(self.open_template()),
                Some(before) => return self.heredoc_text(length + before, false),
                None => length += line.len(),
            }
            line_start = true;
        }
    }

    fn heredoc_text(&mut self, length: usize, at_line_start: bool) -> Option<Kind> {
        if let Some(Mode::Heredoc { line_start, .. }) = self.modes.last_mut() {
            *line_start = at_line_start;
        }
        self.take(length, Kind::HeredocText)
    }

    fn close_heredoc(&mut self, line: &str) -> Option<Kind> {
        self.modes.pop();
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        self.take(line.len(), Kind::CloseHeredoc)
    }
}

/// How many of the first bytes are of a kind.
fn length_while(bytes: &[u8], is_of_kind: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|byte| !is_of_kind(*byte)).unwrap_or(bytes.len())
}

/// Whether a byte can be within a name. What is no letter of another script is refused later.
fn is_part(byte: u8) -> bool {
    PART[usize::from(byte)]
}

/// Whether a byte between quotes is nothing but text.
fn is_plain(byte: u8) -> bool {
    PLAIN[usize::from(byte)]
}

static PART: [bool; 256] = {
    let mut part = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let own = byte as u8;
        part[byte] = own.is_ascii_alphanumeric() || matches!(own, b'_' | b'-') || !own.is_ascii();
        byte += 1;
    }
    part
};

static PLAIN: [bool; 256] = {
    let mut plain = [true; 256];
    let others = b"\"$%\\\n\r";
    let mut at = 0;
    while at < others.len() {
        plain[others[at] as usize] = false;
        at += 1;
    }
    plain
};

/// Where the first template begins in a line of a heredoc.
fn template_in(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    let mut at = 0;
    while at + 1 < bytes.len() {
        match (bytes[at], bytes[at + 1]) {
            (b'$', b'$') | (b'%', b'%') if bytes.get(at + 2) == Some(&b'{') => at += 3,
            (b'$' | b'%', b'{') => return Some(at),
            _ => at += 1,
        }
    }
    None
}
