//! Quoted texts, heredocs, labels, and characters that mean nothing.

use std::ops::Range;

use super::stream::{Breaks, Item, Next, Stream};
use super::{Checked, DEEPEST, Mistake, body};
use crate::lex::Kind;
use crate::suggest::did_you_mean;

const ESCAPES: &str = "Escapes are \\n, \\r, \\t, \\\", \\\\, \\u and four hexadecimal digits, or \\U \
                       and eight.";
const UNBALANCED: &str = "The control directives within this template are unbalanced.";

/// A directive that waits for its end.
struct Directive {
    name: &'static str,
    otherwise: bool,
    at: Range<usize>,
}

impl Stream<'_> {
    pub(super) fn only_template(&mut self) -> Checked {
        let open = Next { item: Item::End, at: 0..0 };
        self.parts(&open, None)
    }

    /// A text up to the token that closes it.
    pub(super) fn template(&mut self, open: &Next, close: Kind) -> Checked {
        self.within(Breaks::Ends, |stream| stream.parts(open, Some(close)))
    }

    fn parts(&mut self, open: &Next, close: Option<Kind>) -> Checked {
        let mut directives: Vec<Directive> = Vec::new();
        loop {
            let next = self.read();
            match next.item {
                Item::Token(Kind::Quoted) => self.escapes(&next)?,
                Item::Token(Kind::HeredocText) => {}
                Item::Token(Kind::OpenInterpolation) => self.interpolation(&next, close)?,
                Item::Token(Kind::OpenDirective) => self.directive(&next, &mut directives)?,
                Item::Token(kind) if Some(kind) == close => {
                    return self.all_ended(directives.pop());
                }
                Item::End if close.is_none() => return self.all_ended(directives.pop()),
                Item::Stuck if close == Some(Kind::CloseQuote) => {
                    return Err(self.broken(open, &next));
                }
                _ => {
                    let detail = "No closing marker was found for the string.";
                    return self.refuse(open, "Unterminated template string", detail);
                }
            }
        }
    }

    /// A line that ends between quotes, or the text does.
    fn broken(&self, open: &Next, next: &Next) -> Box<Mistake> {
        let rest = &self.text[next.at.start..];
        let line = rest.find(['\n', '\r']);
        let Some(line) = line else {
            let detail = "No closing marker was found for the string.";
            return body::mistake("Unterminated template string", detail, open.at.clone());
        };
        let detail = "Quoted strings may not be split over multiple lines. To produce a multi-line \
                      string, either use the \\n escape to represent a newline character or use the \
                      \"heredoc\" multi-line template syntax.";
        let at = open.at.start..next.at.start + line;
        body::mistake("Invalid multi-line string", detail, at)
    }

    fn all_ended(&self, open: Option<Directive>) -> Checked {
        let Some(open) = open else { return Ok(()) };
        let detail = format!(
            "This {name} directive is missing its corresponding end{name} directive.",
            name = open.name
        );
        Err(body::mistake("Unexpected end of template", detail, open.at))
    }

    fn interpolation(&mut self, open: &Next, close: Option<Kind>) -> Checked {
        self.within(Breaks::Free, |stream| {
            stream.expression()?;
            let next = stream.read();
            if next.is(Kind::CloseTemplate) {
                return Ok(());
            }
            stream.bad_interpolation(open, &next, close)
        })
    }

    fn bad_interpolation(&self, open: &Next, next: &Next, close: Option<Kind>) -> Checked {
        let unclosed = "Unclosed template interpolation sequence";
        let within = |what: &str| {
            format!(
                "There is no closing brace for this interpolation sequence before the end of the \
                 {what}. This might be caused by incorrect nesting inside the given expression."
            )
        };
        let extra = "Extra characters after interpolation expression";
        match next.item {
            Item::End => self.refuse(open, unclosed, within("file")),
            Item::Token(Kind::CloseQuote | Kind::OpenQuote) if close == Some(Kind::CloseQuote) => {
                self.refuse(open, unclosed, within("quoted template"))
            }
            Item::Token(Kind::Colon) => {
                let detail = "Template interpolation doesn't expect a colon at this location. Did you \
                              intend this to be a literal sequence to be processed as part of \
                              another language? If so, you can escape it by starting with \"$${\" \
                              instead of just \"${\".";
                self.refuse(next, extra, detail)
            }
            _ => {
                let detail = "Expected a closing brace to end the interpolation expression, but found \
                              extra characters.\n\nThis can happen when you include interpolation \
                              syntax for another language, such as shell scripting, but forget to \
                              escape the interpolation start token. If this is an embedded sequence \
                              for another language, escape it by starting with \"$${\" instead of \
                              just \"${\".";
                self.refuse(next, extra, detail)
            }
        }
    }

    fn directive(&mut self, open: &Next, directives: &mut Vec<Directive>) -> Checked {
        self.within(Breaks::Free, |stream| {
            let word = stream.read();
            if !word.is(Kind::Ident) {
                let detail = "A template directive keyword (\"if\", \"for\", etc) is expected at the \
                              beginning of a %{ sequence.";
                return stream.refuse(&word, "Invalid template directive", detail);
            }
            let name = stream.of(&word);
            match name {
                "if" => stream.expression()?,
                "for" => stream.for_directive()?,
                "else" | "endif" | "endfor" => {}
                _ => return stream.unknown_directive(&word),
            }
            let close = stream.read();
            if !close.is(Kind::CloseTemplate) {
                let detail = "Expected a closing brace to end the sequence, but found extra characters.";
                return stream.refuse(&close, extra_in(name), detail);
            }
            stream.balance(name, open.at.start..close.at.end, directives)
        })
    }

    fn unknown_directive(&self, word: &Next) -> Checked {
        let name = self.of(word);
        let known = ["if", "for", "else", "endif", "endfor"];
        let detail = format!("{name:?} is not a valid template control keyword.");
        let meant = did_you_mean(name, known).map_or_else(String::new, |meant| format!(" {meant}"));
        let detail = detail + &meant;
        Err(body::mistake("Invalid template control keyword", detail, word.at.clone()))
    }

    fn for_directive(&mut self) -> Checked {
        let name = |stream: &mut Self, detail: &str| {
            let next = stream.read();
            let is_name = next.is(Kind::Ident);
            if is_name { Ok(()) } else { stream.refuse(&next, "Invalid 'for' directive", detail) }
        };
        name(self, "For directive requires variable name after 'for'.")?;
        if self.take(Kind::Comma) {
            name(self, "For directive requires value variable name after comma.")?;
        }
        let word = self.peek_is_word("in");
        let next = self.read();
        if !word {
            let detail = "For directive requires 'in' keyword after names.";
            return self.refuse(&next, "Invalid 'for' directive", detail);
        }
        self.expression()
    }

    /// Whether a directive stands where it may.
    fn balance(&self, name: &str, at: Range<usize>, open: &mut Vec<Directive>) -> Checked {
        let otherwise = false;
        if open.len() >= DEEPEST {
            let detail = format!("More than {DEEPEST} directives are open here.");
            return Err(body::mistake("Nesting too deep", detail, at));
        }
        match name {
            "if" => open.push(Directive { name: "if", otherwise, at }),
            "for" => open.push(Directive { name: "for", otherwise, at }),
            "else" => match open.last_mut() {
                Some(Directive { name: "if", otherwise: otherwise @ false, .. }) => {
                    *otherwise = true
                }
                Some(Directive { name: "if", .. }) => {
                    let detail = "Already in the else clause of this if.";
                    return Err(body::mistake("Unexpected else directive", detail, at));
                }
                Some(_) => {
                    let detail = "Expecting an endfor directive here.";
                    return Err(body::mistake("Unexpected else directive", detail, at));
                }
                None => return Err(body::mistake("Unexpected else directive", UNBALANCED, at)),
            },
            end => match open.pop() {
                Some(directive) if end.strip_prefix("end") == Some(directive.name) => {}
                Some(directive) => {
                    let detail = format!("Expecting an end{} directive here.", directive.name);
                    return Err(body::mistake(unexpected(end), detail, at));
                }
                None => return Err(body::mistake(unexpected(end), UNBALANCED, at)),
            },
        }
        Ok(())
    }

    /// The text of a label up to its quote.
    pub(super) fn label(&mut self, open: &Next) -> Checked {
        loop {
            let next = self.read();
            match next.item {
                Item::Token(Kind::CloseQuote) => return Ok(()),
                Item::Token(Kind::Quoted) => self.escapes(&next)?,
                Item::Stuck if self.text[next.at.start..].contains('\n') => {
                    return Err(self.broken(open, &next));
                }
                Item::Token(Kind::OpenInterpolation | Kind::OpenDirective) => {
                    let which = &self.of(&next)[..1];
                    let detail = format!(
                        "Template sequences are not allowed in this string. To include a literal \
                         {which:?}, double it (as \"{which}{which}\") to escape it."
                    );
                    return self.refuse(&next, "Invalid string literal", detail);
                }
                _ => {
                    let detail =
                        "Unable to find the closing quote mark before the end of the file.";
                    return self.refuse(open, "Unterminated string literal", detail);
                }
            }
        }
    }

    fn escapes(&self, quoted: &Next) -> Checked {
        let text = self.of(quoted);
        let mut at = 0;
        while let Some(found) = text[at..].bytes().position(|byte| byte == b'\\') {
            at += found;
            let rest = &text[at..];
            let (length, problem) = escape(rest);
            if let Some(problem) = problem {
                let start = quoted.at.start + at;
                let detail = format!("{problem} {ESCAPES}");
                let at = start..start + length;
                return Err(body::mistake("Invalid escape sequence", detail, at));
            }
            at += length;
        }
        Ok(())
    }
}

/// How long an escape is, and what is wrong with it.
fn escape(text: &str) -> (usize, Option<String>) {
    let Some(selector) = text[1..].chars().next() else { return (1, None) };
    let length = 1 + selector.len_utf8();
    let digits = match selector {
        'n' | 'r' | 't' | '"' | '\\' => return (length, None),
        'u' => 4,
        'U' => 8,
        _ => {
            let detail =
                format!("The symbol {selector:?} is not a valid escape sequence selector.");
            return (length, Some(detail));
        }
    };
    let found = text[2..].bytes().take(digits).take_while(u8::is_ascii_hexdigit).count();
    let number = u32::from_str_radix(&text[2..2 + found], 16).ok();
    if found == digits && number.and_then(char::from_u32).is_some() {
        return (2 + digits, None);
    }
    let words = if digits == 4 { "four" } else { "eight" };
    let detail = format!(
        "The \\{selector} escape sequence must be followed by {words} hexadecimal digits that name a character."
    );
    (2 + found, Some(detail))
}

fn extra_in(directive: &str) -> &'static str {
    match directive {
        "if" => "Extra characters in if marker",
        "for" => "Extra characters in for marker",
        "else" => "Extra characters in else marker",
        "endif" => "Extra characters in endif marker",
        _ => "Extra characters in endfor marker",
    }
}

fn unexpected(directive: &str) -> &'static str {
    match directive {
        "endif" => "Unexpected endif directive",
        _ => "Unexpected endfor directive",
    }
}

/// What is wrong where no token begins.
pub(super) fn stuck(text: &str, start: usize) -> Mistake {
    let rest = &text[start..];
    if rest.starts_with("/*") {
        let detail = "There is no \"*/\" for this comment before the end of the file.".to_owned();
        return Mistake { summary: "Unterminated comment", detail, at: start..start + 2 };
    }
    invalid_character(rest, start)
}

/// A character that the language has no use for, at the start of a text.
pub(super) fn invalid_character(rest: &str, start: usize) -> Mistake {
    let character = rest.chars().next().unwrap_or(' ');
    let (summary, detail) = match character {
        '\'' => {
            (INVALID, "Single quotes are not valid. Use double quotes (\") to enclose strings.")
        }
        '`' => (
            INVALID,
            "The \"`\" character is not valid. To create a multi-line string, use the \"heredoc\" \
             syntax, like \"<<EOT\".",
        ),
        ';' => (
            INVALID,
            "The \";\" character is not valid. Use newlines to separate arguments and blocks, and \
             commas to separate items in collection values.",
        ),
        '“' | '”' => (
            INVALID,
            "\"Curly quotes\" are not valid here. These can sometimes be inadvertently introduced \
             when sharing code via documents or discussion forums. It might help to replace the \
             character with a \"straight quote\".",
        ),
        '&' => (BITWISE, "Bitwise operators are not supported. Did you mean boolean AND (\"&&\")?"),
        '|' => (BITWISE, "Bitwise operators are not supported. Did you mean boolean OR (\"||\")?"),
        '~' => (BITWISE, "Bitwise operators are not supported. Did you mean boolean NOT (\"!\")?"),
        '^' => (BITWISE, "Bitwise operators are not supported."),
        '\r' => (
            INVALID,
            "This character is not used within the language: a carriage return that no line feed \
             follows ends no line, and is no white space.",
        ),
        _ => (INVALID, "This character is not used within the language."),
    };
    Mistake {
        summary,
        detail: detail.to_owned(),
        at: start..start + character.len_utf8().min(rest.len()),
    }
}

const INVALID: &str = "Invalid character";
const BITWISE: &str = "Unsupported operator";
