//! Lists, objects and loops.

use super::Checked;
use super::stream::{Breaks, Item, Next, Stream};
use crate::lex::Kind;

const FOR: &str = "Invalid 'for' expression";
const NO_BRACE: &str = "There is no corresponding closing brace before the end of the file. This may \
                        be caused by incorrect brace nesting elsewhere in this file.";

impl Stream<'_> {
    pub(super) fn tuple(&mut self, open: &Next) -> Checked {
        self.within(Breaks::Free, |stream| {
            if stream.peek_is_word("for") {
                return stream.loop_over(open, Kind::CloseBracket);
            }
            stream.items(open)
        })
    }

    fn items(&mut self, open: &Next) -> Checked {
        while !self.take(Kind::CloseBracket) {
            self.expression()?;
            let next = self.read();
            match next.item {
                Item::Token(Kind::CloseBracket) => return Ok(()),
                Item::Token(Kind::Comma) => {}
                Item::End => {
                    let detail = "There is no corresponding closing bracket before the end of the \
                                  file. This may be caused by incorrect bracket nesting elsewhere \
                                  in this file.";
                    return self.refuse(open, "Unterminated tuple constructor expression", detail);
                }
                _ => {
                    let detail = "Expected a comma to mark the beginning of the next item.";
                    return self.refuse(&next, "Missing item separator", detail);
                }
            }
        }
        Ok(())
    }

    pub(super) fn object(&mut self, open: &Next) -> Checked {
        let is_loop = self.within(Breaks::Free, |stream| Ok(stream.peek_is_word("for")))?;
        if is_loop {
            return self.within(Breaks::Free, |stream| stream.loop_over(open, Kind::CloseBrace));
        }
        self.within(Breaks::Ends, |stream| stream.entries(open))
    }

    fn entries(&mut self, open: &Next) -> Checked {
        loop {
            while self.take(Kind::Newline) {}
            if self.take(Kind::CloseBrace) {
                return Ok(());
            }
            self.key(open)?;
            self.entry_value()?;
            let next = self.read();
            match next.item {
                Item::Token(Kind::CloseBrace) => return Ok(()),
                Item::Token(Kind::Comma | Kind::Newline) => {}
                Item::End => return self.unterminated(open),
                _ => {
                    let detail =
                        "Expected a newline or comma to mark the beginning of the next attribute.";
                    return self.refuse(&next, "Missing attribute separator", detail);
                }
            }
        }
    }

    fn unterminated<T>(&self, open: &Next) -> Checked<T> {
        self.refuse(open, "Unterminated object constructor expression", NO_BRACE)
    }

    /// A key with the sign after it.
    fn key(&mut self, open: &Next) -> Checked {
        if self.peek().is_end() {
            return self.unterminated(open);
        }
        self.expression()?;
        let next = self.read();
        match next.item {
            Item::Token(Kind::Equal | Kind::Colon) => Ok(()),
            Item::Token(Kind::Newline | Kind::Comma) => {
                let detail = "Expected an attribute value, introduced by an equals sign (\"=\").";
                self.refuse(&next, "Missing attribute value", detail)
            }
            Item::Token(Kind::Ident) => {
                let detail = "Expected an equals sign (\"=\") to mark the beginning of the attribute \
                              value. If you intended to given an attribute name containing periods \
                              or spaces, write the name in quotes to create a string literal.";
                self.refuse(&next, "Missing key/value separator", detail.replace("given", "give"))
            }
            Item::End => self.unterminated(open),
            _ => {
                let detail =
                    "Expected an equals sign (\"=\") to mark the beginning of the attribute value.";
                self.refuse(&next, "Missing key/value separator", detail)
            }
        }
    }

    fn entry_value(&mut self) -> Checked {
        let next = self.peek().clone();
        if next.is(Kind::Newline) {
            let detail = "Expected the start of an expression, but the line ends here.";
            return self.refuse(&next, "Invalid expression", detail);
        }
        self.expression()
    }

    /// A loop up to its end.
    fn loop_over(&mut self, open: &Next, close: Kind) -> Checked {
        self.read();
        self.loop_name("For expression requires variable name after 'for'.")?;
        if self.take(Kind::Comma) {
            self.loop_name("For expression requires value variable name after comma.")?;
        }
        let word = self.peek_is_word("in");
        let next = self.read();
        if !word {
            let detail = "For expression requires the 'in' keyword after its name declarations.";
            return self.bad_loop(open, &next, detail);
        }
        self.expression()?;
        let colon = self.read();
        if !colon.is(Kind::Colon) {
            let detail = "For expression requires a colon after the collection expression.";
            return self.bad_loop(open, &colon, detail);
        }
        self.loop_result(open, close)
    }

    fn loop_name(&mut self, detail: &str) -> Checked {
        let name = self.read();
        if name.is(Kind::Ident) { Ok(()) } else { self.refuse(&name, FOR, detail) }
    }

    fn loop_result(&mut self, open: &Next, close: Kind) -> Checked {
        let first = self.peek().at.start;
        self.expression()?;
        let end = self.peek().clone();
        let has_key = self.peek().item == Item::Token(Kind::Other);
        if has_key {
            self.read();
            self.expression()?;
        }
        let mut first = Next { at: first..end.at.start, ..end };
        first.at.end = first.at.start + self.of(&first).trim_end().len();
        let ellipsis = self.peek().clone();
        let grouped = self.take(Kind::Ellipsis);
        if self.peek_is_word("if") {
            self.read();
            self.expression()?;
        }
        let next = self.read();
        if !next.is(close) {
            return self.bad_loop(
                open,
                &next,
                "Extra characters after the end of the 'for' expression.",
            );
        }
        let first = Next { item: Item::Token(Kind::Other), ..first };
        match (close == Kind::CloseBrace, has_key, grouped) {
            (true, false, _) => {
                self.refuse(&first, FOR, "Key expression is required when building an object.")
            }
            (false, true, _) => {
                self.refuse(&first, FOR, "Key expression is not valid when building a tuple.")
            }
            (false, _, true) => {
                let detail = "Grouping ellipsis (...) cannot be used when building a tuple.";
                self.refuse(&ellipsis, FOR, detail)
            }
            _ => Ok(()),
        }
    }

    fn bad_loop<T>(&self, open: &Next, next: &Next, detail: &str) -> Checked<T> {
        if next.is_end() {
            let detail = "There is no closing bracket for this 'for' expression before the end of \
                          the file. This may be caused by incorrect bracket nesting elsewhere in \
                          this file.";
            return self.refuse(open, "Unterminated 'for' expression", detail);
        }
        self.refuse(next, FOR, detail)
    }
}
