//! The parts of a format text.

use crate::functions::signature::FunctionError;

/// The widest that a value is made.
const LIMIT: usize = 1 << 20;

/// A part of a format text.
pub enum Piece<'a> {
    /// As it is.
    Text(&'a str),
    /// In place of a value.
    Directive(Directive<'a>),
}

/// `%`, flags, width, precision, number of the argument, verb.
#[derive(Default)]
pub struct Directive<'a> {
    /// As written.
    pub text: &'a str,
    /// Where, in bytes.
    pub at: usize,
    /// `+`: a sign in any case.
    pub plus: bool,
    /// `#`: the other form.
    pub sharp: bool,
    /// `0`: zeros in front.
    pub zero: bool,
    /// `-`: spaces behind.
    pub minus: bool,
    /// A space where a sign would be.
    pub space: bool,
    /// The least length.
    pub width: usize,
    /// Digits or letters.
    pub precision: Option<usize>,
    /// The argument, counted from 0, where it is not the next one.
    pub arg: Option<usize>,
    /// What to do with it.
    pub verb: char,
}

/// Takes a format text apart.
pub fn pieces(pattern: &str) -> Result<Vec<Piece<'_>>, FunctionError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = pattern.get(at..).filter(|rest| !rest.is_empty()) {
        let literal = rest.find('%').unwrap_or(rest.len());
        if literal > 0 {
            found.push(Piece::Text(&rest[..literal]));
            at += literal;
        } else if rest.starts_with("%%") {
            found.push(Piece::Text("%"));
            at += 2;
        } else {
            let directive = directive(pattern, at)?;
            at += directive.text.len();
            found.push(Piece::Directive(directive));
        }
    }
    Ok(found)
}

fn directive(pattern: &str, at: usize) -> Result<Directive<'_>, FunctionError> {
    let mut reader = Reader { rest: &pattern[at + 1..] };
    let mut directive = Directive { at, ..Directive::default() };
    while let Some(flag) = reader.one_of("+#0- ") {
        match flag {
            '+' => directive.plus = true,
            '#' => directive.sharp = true,
            '0' => directive.zero = true,
            '-' => directive.minus = true,
            _ => directive.space = true,
        }
    }
    directive.width = reader.number()?.unwrap_or(0);
    if reader.one_of(".").is_some() {
        directive.precision = Some(reader.number()?.unwrap_or(0));
    }
    if reader.rest.starts_with('[') {
        directive.arg = Some(reader.arg().ok_or_else(|| invalid(pattern, at))?);
    }
    directive.verb = reader.rest.chars().next().ok_or_else(|| {
        FunctionError::at(0, format!("invalid format string starting at offset {at}"))
    })?;
    let end = pattern.len() - reader.rest.len() + directive.verb.len_utf8();
    directive.text = &pattern[at..end];
    if !directive.verb.is_ascii_alphabetic() {
        return Err(invalid(pattern, end - directive.verb.len_utf8()));
    }
    Ok(directive)
}

fn invalid(pattern: &str, at: usize) -> FunctionError {
    let c = pattern.get(at..).and_then(|rest| rest.chars().next()).unwrap_or('%');
    FunctionError::at(0, format!("unrecognized format character {c:?} at offset {at}"))
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn one_of(&mut self, set: &str) -> Option<char> {
        let c = self.rest.chars().next().filter(|c| set.contains(*c))?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn number(&mut self) -> Result<Option<usize>, FunctionError> {
        let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        if digits.is_empty() {
            return Ok(None);
        }
        let number = digits.parse().ok().filter(|number| *number <= LIMIT);
        let too_wide = || FunctionError::at(0, format!("width or precision {digits} is too large"));
        number.map(Some).ok_or_else(too_wide)
    }

    /// `[1]`, counted from 1.
    fn arg(&mut self) -> Option<usize> {
        let (number, rest) = self.rest.strip_prefix('[')?.split_once(']')?;
        let digits = number.bytes().all(|b| b.is_ascii_digit()) && !number.starts_with('0');
        self.rest = rest;
        number.parse::<usize>().ok().filter(|_| digits)?.checked_sub(1)
    }
}
