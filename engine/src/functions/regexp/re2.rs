//! From the syntax of RE2, which Terraform takes, to that of the `regex` crate.
//!
//! Both have the same semantics of matching, but differ in what stands for itself and in
//! whether `\d`, `\w`, `\s` and `\b` mean ASCII only.

use std::iter::Peekable;
use std::str::CharIndices;

/// The pattern in the other syntax; what is invalid in RE2 alone is an error.
pub fn translate(pattern: &str) -> Result<String, String> {
    let mut reader = Reader { text: pattern, chars: pattern.char_indices().peekable() };
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut before = Before::Other;
    while let Some((at, c)) = reader.chars.next() {
        before = before.then(&pattern[at..])?;
        match c {
            '\\' => reader.escape(&mut out, false)?,
            '[' => reader.class(&mut out)?,
            '{' if !is_repetition(&pattern[at..]) => out.push_str("\\{"),
            '(' if pattern[at..].starts_with("(?") => {
                check_flags(&pattern[at + 2..])?;
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    Ok(out)
}

/// What an operator of repetition would follow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Repetition,
    /// One that a question mark has made lazy.
    Lazy,
    Other,
}

impl Before {
    /// Refuses to repeat what is repeated.
    fn then(self, text: &str) -> Result<Before, String> {
        let repeats = text.starts_with(['*', '+', '?']) || is_repetition(text);
        match (self, repeats) {
            (Before::Repetition, true) if text.starts_with('?') => Ok(Before::Lazy),
            (Before::Repetition | Before::Lazy, true) => {
                Err("invalid nested repetition operator".to_owned())
            }
            (_, true) => Ok(Before::Repetition),
            (_, false) => Ok(Before::Other),
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
}

impl Reader<'_> {
    /// What follows a backslash.
    fn escape(&mut self, out: &mut String, in_class: bool) -> Result<(), String> {
        let Some((at, c)) = self.chars.next() else {
            return Err("trailing backslash at end of expression".to_owned());
        };
        match c {
            'd' | 's' | 'w' | 'D' | 'S' | 'W' => out.push_str(perl_class(c, in_class)),
            'b' | 'B' if !in_class => {
                out.push_str(if c == 'b' { "(?-u:\\b)" } else { "(?-u:\\B)" });
            }
            'Q' if !in_class => self.quotation(at + 1, out),
            '0'..='7' => self.octal(c, out)?,
            _ if c.is_ascii_punctuation() => literal(c, out),
            'p' | 'P' | 'x' => {
                out.extend(['\\', c]);
                self.braced(at + 1, out);
            }
            _ => out.extend(['\\', c]),
        }
        Ok(())
    }

    /// `\Q...\E`, the end being optional.
    fn quotation(&mut self, from: usize, out: &mut String) {
        let rest = &self.text[from..];
        let quoted = rest.split_once("\\E").map_or(rest, |(quoted, _)| quoted);
        let end = from + quoted.len() + 2;
        while self.chars.next_if(|(at, _)| *at < end).is_some() {}
        quoted.chars().for_each(|c| literal(c, out));
    }

    /// The name or number in braces that an escape goes on with.
    fn braced(&mut self, from: usize, out: &mut String) {
        let rest = &self.text[from..];
        let Some(length) = rest.find('}').filter(|_| rest.starts_with('{')) else { return };
        while self.chars.next_if(|(at, _)| *at <= from + length).is_some() {}
        out.push_str(&rest[..=length]);
    }

    /// `\123`; a single digit other than 0 would be a reference back, which there is none of.
    fn octal(&mut self, first: char, out: &mut String) -> Result<(), String> {
        let is_octal = |c: char| c.is_digit(8);
        if first != '0' && !self.chars.peek().is_some_and(|(_, c)| is_octal(*c)) {
            return Err(format!("invalid escape sequence: `\\{first}`"));
        }
        let mut code = first.to_digit(8).unwrap_or_default();
        for _ in 0..2 {
            let Some((_, digit)) = self.chars.next_if(|(_, c)| is_octal(*c)) else { break };
            code = code * 8 + digit.to_digit(8).unwrap_or_default();
        }
        out.push_str(&format!("\\x{{{code:x}}}"));
        Ok(())
    }

    /// What follows an opening bracket, up to the one that closes it.
    fn class(&mut self, out: &mut String) -> Result<(), String> {
        out.push('[');
        if self.chars.next_if(|(_, c)| *c == '^').is_some() {
            out.push('^');
        }
        let mut first = true;
        while let Some((at, c)) = self.chars.next() {
            match c {
                ']' if !first => {
                    out.push(']');
                    return Ok(());
                }
                '\\' => self.escape(out, true)?,
                '[' if self.text[at..].starts_with("[:") => self.named_class(at, out)?,
                '-' => out.push('-'),
                _ => literal(c, out),
            }
            // A hyphen that another one follows would be an operator between classes.
            if c == '-' && self.chars.peek().is_some_and(|(_, next)| *next == '-') {
                out.pop();
                out.push_str("\\-");
            }
            first = false;
        }
        Err("missing closing ]".to_owned())
    }

    /// `[:alpha:]`
    fn named_class(&mut self, at: usize, out: &mut String) -> Result<(), String> {
        let Some(length) = self.text[at..].find(":]") else {
            literal('[', out);
            return Ok(());
        };
        let end = at + length + 2;
        while self.chars.next_if(|(at, _)| *at < end).is_some() {}
        out.push_str(&self.text[at..end]);
        Ok(())
    }
}

fn literal(c: char, out: &mut String) {
    if regex_meta(c) {
        out.push('\\');
    }
    out.push(c);
}

fn regex_meta(c: char) -> bool {
    "\\.+*?()|[]{}^$#&-~".contains(c)
}

fn perl_class(c: char, in_class: bool) -> &'static str {
    match (c, in_class) {
        ('d', false) => "[0-9]",
        ('d', true) => "0-9",
        ('s', false) => "[\\t\\n\\f\\r ]",
        ('s', true) => "\\t\\n\\f\\r\\x20",
        ('w', false) => "[0-9A-Za-z_]",
        ('w', true) => "0-9A-Za-z_",
        ('D', _) => "[^0-9]",
        ('S', _) => "[^\\t\\n\\f\\r ]",
        _ => "[^0-9A-Za-z_]",
    }
}

/// Whether text from a brace on is `{2}`, `{2,}` or `{2,3}`; otherwise the brace is itself.
fn is_repetition(text: &str) -> bool {
    let inside = text.strip_prefix('{').and_then(|rest| rest.split_once('}'));
    let Some((inside, _)) = inside else { return false };
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
    !least.is_empty() && digits(least) && digits(most)
}

/// Refuses the flags that only the other syntax knows.
fn check_flags(text: &str) -> Result<(), String> {
    let flags: String = text.chars().take_while(|c| c.is_ascii_alphabetic() || *c == '-').collect();
    let named = matches!(text.as_bytes(), [b'P', ..] | [b'<', ..]);
    match flags.chars().find(|c| !"imsU-".contains(*c)) {
        Some(_) if !named => Err(format!("invalid or unsupported Perl syntax: `(?{flags}`")),
        _ => Ok(()),
    }
}
