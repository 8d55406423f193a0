//! Arguments and blocks.

use std::collections::BTreeMap;

use super::stream::{Breaks, Item, Next, Stream};
use super::{Checked, Mistake};
use crate::lex::Kind;

const REQUIRED: &str = "Argument or block definition required";
const ONE_LINE: &str = "Invalid single-argument block definition";

/// Where the names of arguments have been set.
type Set<'a> = BTreeMap<&'a str, usize>;

impl<'a> Stream<'a> {
    pub(super) fn file(&mut self) -> Checked {
        self.body(None)
    }

    /// A body up to the end of the text, or up to the brace that closes the one at `open`.
    fn body(&mut self, open: Option<&Next>) -> Checked {
        let mut set = Set::new();
        loop {
            let next = self.read();
            match (next.item, open) {
                (Item::Token(Kind::Newline), _) => {}
                (Item::Token(Kind::Ident), _) => self.item(&next, &mut set)?,
                (Item::Token(Kind::CloseBrace), Some(_)) | (Item::End, None) => return Ok(()),
                (Item::End, Some(open)) => return self.refuse(open, UNCLOSED.0, UNCLOSED.1),
                (Item::Token(Kind::OpenQuote), _) => {
                    let detail = "Argument names must not be quoted.";
                    return self.refuse(&next, "Invalid argument name", detail);
                }
                _ => {
                    let detail = "An argument or block definition is required here.";
                    return self.refuse(&next, REQUIRED, detail);
                }
            }
        }
    }

    fn item(&mut self, name: &Next, set: &mut Set<'a>) -> Checked {
        self.name(name)?;
        match self.peek().item {
            Item::Token(Kind::Equal) => self.argument(name, set),
            Item::Token(Kind::OpenQuote | Kind::OpenBrace | Kind::Ident) => self.block(),
            _ => self.no_item(name),
        }
    }

    fn name(&self, name: &Next) -> Checked {
        match super::stream::foreign(self.of(name), name.at.start) {
            Some(mistake) => Err(Box::new(mistake)),
            None => Ok(()),
        }
    }

    /// A name that neither an equals sign nor a block follows.
    fn no_item<T>(&mut self, name: &Next) -> Checked<T> {
        let next = self.peek().clone();
        if next.item == Item::Stuck {
            return self.refuse(&next, REQUIRED, "");
        }
        let mut detail =
            "An argument or block definition is required here. To set an argument, use \
                          the equals sign \"=\" to introduce the argument value."
                .to_owned();
        let line = self.text[name.at.end..].lines().next().unwrap_or("").trim();
        let value = line.strip_prefix(':').map_or(line, str::trim);
        if value.starts_with(|c: char| c.is_alphanumeric() || "\"[{".contains(c))
            && value.len() < 40
        {
            detail.push_str(&format!(" For example: {} = {value}", self.of(name)));
        }
        self.refuse(name, REQUIRED, detail)
    }

    fn argument(&mut self, name: &Next, set: &mut Set<'a>) -> Checked {
        self.set_once(name, set)?;
        self.value(name)?;
        let next = self.read();
        match next.item {
            Item::Token(Kind::Newline) | Item::End => Ok(()),
            Item::Token(Kind::Comma) => {
                let detail = "Argument definitions must be separated by newlines, not commas. An \
                              argument definition must end with a newline.";
                self.refuse(&next, "Unexpected comma after argument", detail)
            }
            _ => {
                let detail = "An argument definition must end with a newline.";
                self.refuse(&next, "Missing newline after argument", detail)
            }
        }
    }

    fn set_once(&self, name: &Next, set: &mut Set<'a>) -> Checked {
        let text = self.of(name);
        let Some(first) = set.insert(text, name.at.start) else { return Ok(()) };
        let line = self.text[..first].matches('\n').count() + 1;
        let detail = format!(
            "The argument {text:?} was already set in line {line}. Each argument may be set only once."
        );
        self.refuse(name, "Attribute redefined", detail)
    }

    /// The equals sign and the expression after it.
    fn value(&mut self, name: &Next) -> Checked {
        let equal = self.read();
        let next = self.peek().clone();
        if next.is(Kind::Newline) {
            let name = self.of(name);
            let detail = format!(
                "Expected the start of an expression, the value for {name:?}, but the line ends here."
            );
            return self.refuse(&equal, "Invalid expression", detail);
        }
        self.expression()
    }

    fn block(&mut self) -> Checked {
        let open = self.header()?;
        match self.peek().item {
            Item::Token(Kind::Newline | Kind::CloseBrace) | Item::End => {
                self.within(Breaks::Ends, |stream| stream.body(Some(&open)))?;
            }
            _ => self.one_line(&open)?,
        }
        let next = self.read();
        match next.item {
            Item::Token(Kind::Newline) | Item::End => Ok(()),
            _ => {
                let detail = "A block definition must end with a newline.";
                self.refuse(&next, "Missing newline after block definition", detail)
            }
        }
    }

    /// Labels up to the brace.
    fn header(&mut self) -> Checked<Next> {
        loop {
            let next = self.read();
            let detail = match next.item {
                Item::Token(Kind::OpenBrace) => return Ok(next),
                Item::Token(Kind::Ident) => {
                    self.name(&next)?;
                    continue;
                }
                Item::Token(Kind::OpenQuote) => {
                    self.label(&next)?;
                    continue;
                }
                Item::Token(Kind::Equal) => {
                    "The equals sign \"=\" indicates an argument definition, and must not be used \
                     when defining a block."
                }
                Item::Token(Kind::Newline) => {
                    "A block definition must have block content delimited by \"{\" and \"}\", \
                     starting on the same line as the block header."
                }
                _ => {
                    "Either a quoted string block label or an opening brace (\"{\") is expected here."
                }
            };
            return self.refuse(&next, "Invalid block definition", detail);
        }
    }

    /// The one argument of a block that is closed on its line.
    fn one_line(&mut self, open: &Next) -> Checked {
        let name = self.read();
        if !name.is(Kind::Ident) {
            let detail = "An argument or block definition is required here.";
            return self.refuse(&name, REQUIRED, detail);
        }
        match self.peek().item {
            Item::Token(Kind::Equal) => self.value(&name)?,
            Item::Token(Kind::OpenQuote | Kind::OpenBrace | Kind::Ident) => {
                let detail = format!(
                    "A single-line block definition can contain only a single argument. If you meant \
                     to define argument {:?}, use an equals sign to assign it a value. To define a \
                     nested block, place it on a line of its own within its parent block.",
                    self.of(&name)
                );
                return self.refuse(&name, "Argument definition required", detail);
            }
            _ => return self.no_item(&name),
        }
        let next = self.read();
        let detail = match next.item {
            Item::Token(Kind::CloseBrace) => return Ok(()),
            Item::Token(Kind::Comma) => {
                "Single-line block syntax can include only one argument definition. To define \
                 multiple arguments, use the multi-line block syntax with one argument definition \
                 per line."
            }
            Item::Token(Kind::Newline) => {
                "An argument definition on the same line as its containing block creates a \
                 single-line block definition, which must also be closed on the same line. Place \
                 the block's closing brace immediately after the argument definition."
            }
            Item::End => return self.refuse(open, UNCLOSED.0, UNCLOSED.1),
            _ => {
                "A single-line block definition must end with a closing brace immediately after its \
                 single argument definition."
            }
        };
        self.refuse(&next, ONE_LINE, detail)
    }
}

/// A block without its end.
pub(super) const UNCLOSED: (&str, &str) = (
    "Unclosed configuration block",
    "There is no closing brace for this block before the end of the file. This may be caused by \
     incorrect brace nesting elsewhere in this file.",
);

/// For the places that make a mistake without a stream.
pub(super) fn mistake(
    summary: &'static str,
    detail: impl Into<String>,
    at: std::ops::Range<usize>,
) -> Box<Mistake> {
    Box::new(Mistake { summary, detail: detail.into(), at })
}
