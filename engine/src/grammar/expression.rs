//! Operators, terms and what follows them.

use super::stream::{Breaks, Item, Next, Stream};
use super::{Checked, body};
use crate::lex::Kind;

/// The name of an attribute that is not there.
const NO_NAME: (&str, &str) =
    ("Invalid attribute name", "An attribute name is required after a dot.");

impl Stream<'_> {
    pub(super) fn only_expression(&mut self) -> Checked {
        self.within(Breaks::Free, |stream| {
            stream.expression()?;
            let next = stream.read();
            if next.is_end() {
                return Ok(());
            }
            let detail =
                "An expression was successfully parsed, but extra characters were found after it.";
            stream.refuse(&next, "Extra characters after expression", detail)
        })
    }

    pub(super) fn expression(&mut self) -> Checked {
        loop {
            self.operation()?;
            if !self.take(Kind::Question) {
                return Ok(());
            }
            let breaks = self.breaks();
            self.within(breaks, Self::expression)?;
            let colon = self.read();
            if !colon.is(Kind::Colon) {
                let detail = "The conditional operator (...?...:...) requires a false expression, \
                              delimited by a colon.";
                return self.refuse(&colon, "Missing false expression in conditional", detail);
            }
        }
    }

    /// Terms with operators between them: which binds tighter makes no difference.
    fn operation(&mut self) -> Checked {
        loop {
            self.operand()?;
            match self.peek().item {
                Item::Token(Kind::Operator | Kind::Minus) => self.read(),
                _ => return Ok(()),
            };
        }
    }

    /// A term with its signs, attributes and indexes.
    fn operand(&mut self) -> Checked {
        while matches!(self.peek().item, Item::Token(Kind::Minus | Kind::Bang)) {
            self.read();
        }
        self.term()?;
        self.traversals()
    }

    fn term(&mut self) -> Checked {
        let start = self.read();
        match start.item {
            Item::Token(Kind::OpenParen) => self.parentheses(&start),
            Item::Token(Kind::Number) => self.number(&start),
            Item::Token(Kind::Ident) => self.named(&start),
            Item::Token(Kind::OpenQuote) => self.template(&start, Kind::CloseQuote),
            Item::Token(Kind::OpenHeredoc) => self.template(&start, Kind::CloseHeredoc),
            Item::Token(Kind::OpenBracket) => self.tuple(&start),
            Item::Token(Kind::OpenBrace) => self.object(&start),
            Item::End => {
                let detail = "Expected the start of an expression, but found the end of the file.";
                self.refuse(&start, "Missing expression", detail)
            }
            _ => {
                let detail =
                    "Expected the start of an expression, but found an invalid expression token.";
                self.refuse(&start, "Invalid expression", detail)
            }
        }
    }

    fn parentheses(&mut self, _open: &Next) -> Checked {
        self.within(Breaks::Free, |stream| {
            stream.expression()?;
            let close = stream.read();
            if close.is(Kind::CloseParen) {
                return Ok(());
            }
            let detail = "Expected a closing parenthesis to terminate the expression.";
            stream.refuse(&close, "Unbalanced parentheses", detail)
        })
    }

    fn number(&mut self, number: &Next) -> Checked {
        let text = self.of(number);
        if text.parse::<f64>().is_ok() && !text.contains(".e") && !text.contains(".E") {
            return Ok(());
        }
        let detail = "Failed to recognize the value of this number literal.";
        self.refuse(number, "Invalid number literal", detail)
    }

    /// A variable or a call.
    fn named(&mut self, name: &Next) -> Checked {
        if let Some(mistake) = super::stream::foreign(self.of(name), name.at.start) {
            return Err(Box::new(mistake));
        }
        if !matches!(self.peek().item, Item::Token(Kind::OpenParen | Kind::DoubleColon)) {
            return Ok(());
        }
        let mut open = self.read();
        while open.is(Kind::DoubleColon) {
            let part = self.read();
            if !part.is(Kind::Ident) {
                let detail = "Function scope resolution symbol :: must be followed by a function name \
                              in this scope.";
                return self.refuse(&part, "Missing function name", detail);
            }
            open = self.read();
        }
        if !open.is(Kind::OpenParen) {
            let detail = "Function selector must be followed by an open parenthesis to begin the \
                          function call.";
            return self.refuse(&open, "Missing open parenthesis", detail);
        }
        self.within(Breaks::Free, |stream| stream.arguments(name, &open))
    }

    fn arguments(&mut self, name: &Next, open: &Next) -> Checked {
        while !self.take(Kind::CloseParen) {
            self.expression()?;
            let separator = self.read();
            match separator.item {
                Item::Token(Kind::CloseParen) => return Ok(()),
                Item::Token(Kind::Comma) => {}
                Item::Token(Kind::Ellipsis) => {
                    if self.take(Kind::CloseParen) {
                        return Ok(());
                    }
                    let detail = "An expanded function argument (with ...) must be immediately \
                                  followed by closing parentheses.";
                    return self.refuse(&separator, "Missing closing parenthesis", detail);
                }
                Item::End => {
                    let detail = "There is no closing parenthesis for this function call before the \
                                  end of the file. This may be caused by incorrect parenthesis \
                                  nesting elsewhere in this file.";
                    let at = name.at.start..open.at.end;
                    return Err(body::mistake("Unterminated function call", detail, at));
                }
                _ => {
                    let detail =
                        "A comma is required to separate each function argument from the next.";
                    return self.refuse(&separator, "Missing argument separator", detail);
                }
            }
        }
        Ok(())
    }

    fn traversals(&mut self) -> Checked {
        loop {
            if self.take(Kind::Dot) {
                self.attribute()?;
            } else if self.take(Kind::OpenBracket) {
                self.index()?;
            } else {
                return Ok(());
            }
        }
    }

    /// What follows a dot.
    fn attribute(&mut self) -> Checked {
        let name = self.read();
        match name.item {
            Item::Token(Kind::Ident) => match super::stream::foreign(self.of(&name), name.at.start)
            {
                Some(mistake) => Err(Box::new(mistake)),
                None => Ok(()),
            },
            Item::Token(Kind::Number) => Ok(()),
            Item::Token(Kind::Operator) if self.of(&name) == "*" => Ok(()),
            _ => self.refuse(&name, NO_NAME.0, NO_NAME.1),
        }
    }

    fn index(&mut self) -> Checked {
        let next = self.peek().clone();
        if next.is(Kind::Operator) && self.of(&next) == "*" {
            self.read();
            let close = self.read();
            if close.is(Kind::CloseBracket) {
                return Ok(());
            }
            let detail = "The star for a full splat operator must be immediately followed by a \
                          closing bracket (\"]\").";
            return self.refuse(&close, "Missing close bracket on splat index", detail);
        }
        self.within(Breaks::Free, |stream| {
            stream.expression()?;
            let close = stream.read();
            if close.is(Kind::CloseBracket) {
                return Ok(());
            }
            let detail = "The index operator must end with a closing bracket (\"]\").";
            stream.refuse(&close, "Missing close bracket on index", detail)
        })
    }
}
