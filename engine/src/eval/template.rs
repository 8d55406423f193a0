//! Templates: text with interpolations and directives.

use hcl::edit::expr::Expression;
use hcl::edit::template::{Directive, Element, ForDirective, IfDirective, Template};

use super::evaluator::{Evaluator, Outcome};
use super::for_expr::bindings;
use crate::diag::Reported;
use crate::value::{KnownPart, Marks, Text, Type, Unknown, Value, normalized};

/// The most bytes of text that one template makes.
const MOST: usize = 64 << 20;

/// The text so far.
#[derive(Default)]
struct Rendered {
    text: String,
    marks: Marks,
    /// Where in the text the first part is that is not known, and what it waits for.
    open: Option<(usize, Option<Text>)>,
}

impl Rendered {
    /// Something comes here that is not known.
    fn open(&mut self, unknown: &Value) {
        if self.open.is_none() {
            self.open = Some((self.text.len(), unknown.waits_for()));
        }
    }
}

impl Evaluator<'_> {
    /// A template that is nothing but one interpolation has the value of that, of any type.
    pub(super) fn template(&mut self, template: &Template) -> Outcome {
        if let Some(Element::Interpolation(part)) = template.as_single_element() {
            return self.value(&part.expr);
        }
        let mut rendered = Rendered::default();
        self.render(template, &mut rendered)?;
        let text = match rendered.open {
            None => Value::string(rendered.text),
            Some((known, cause)) => {
                let contents = KnownPart::beginning(&normalized(&rendered.text[..known]));
                Unknown { cause, contents, ..Unknown::of(Type::String).certain() }.value()
            }
        };
        Ok(text.mark(rendered.marks))
    }

    fn render(&mut self, template: &Template, out: &mut Rendered) -> Result<(), Reported> {
        let mut failed = None;
        for element in template.iter() {
            let outcome = match element {
                Element::Literal(text) => {
                    out.text.push_str(text);
                    Ok(())
                }
                Element::Interpolation(part) => self.interpolation(&part.expr, out),
                Element::Directive(directive) => match &**directive {
                    Directive::If(directive) => self.if_directive(directive, out),
                    Directive::For(directive) => self.for_directive(directive, out),
                },
            };
            failed = failed.or(outcome.err());
        }
        failed.map_or(Ok(()), Err)
    }

    fn interpolation(&mut self, node: &Expression, out: &mut Rendered) -> Result<(), Reported> {
        const SUMMARY: &str = "Invalid template interpolation value";
        let value = self.value(node)?;
        out.marks = out.marks.union(value.unmark().1);
        if value.is_null() {
            let detail = "The expression result is null. Cannot include a null value in a string \
                          template.";
            return self.fail(node, SUMMARY, detail);
        }
        match value.bare().convert(&Type::String) {
            Ok(Value::String(text)) => {
                self.room(node, out, text.len())?;
                out.text.push_str(&text);
            }
            Ok(unknown) => out.open(&unknown),
            Err(error) => {
                let detail =
                    format!("Cannot include the given value in a string template: {error}.");
                return self.fail(node, SUMMARY, detail);
            }
        }
        Ok(())
    }

    /// Refuses more text than fits.
    fn room(&mut self, node: &Expression, out: &Rendered, more: usize) -> Result<(), Reported> {
        if out.text.len() + more <= MOST {
            return Ok(());
        }
        let detail = format!("The text would be longer than {} MiB.", MOST >> 20);
        self.fail(node, "Template too large", detail)
    }

    fn if_directive(&mut self, node: &IfDirective, out: &mut Rendered) -> Result<(), Reported> {
        let condition = self.value(&node.if_expr.cond_expr)?;
        out.marks = out.marks.union(condition.unmark().1);
        match self.condition(&node.if_expr.cond_expr, &condition)? {
            Some(true) => self.render(&node.if_expr.template, out),
            Some(false) => match &node.else_expr {
                Some(otherwise) => self.render(&otherwise.template, out),
                None => Ok(()),
            },
            None => {
                out.open(&condition);
                Ok(())
            }
        }
    }

    fn for_directive(&mut self, node: &ForDirective, out: &mut Rendered) -> Result<(), Reported> {
        let intro = &node.for_expr;
        let items = self.iterate(&intro.collection_expr)?;
        out.marks = out.marks.union(items.marks);
        let Some(pairs) = items.pairs else {
            out.open(&Unknown { cause: items.cause, ..Unknown::of(Type::Any) }.value());
            return Ok(());
        };
        for pair in pairs {
            let names = bindings(intro.key_var.as_ref(), &intro.value_var, pair);
            self.with_bound(names, |inside| inside.render(&intro.template, out))?;
            self.room(&intro.collection_expr, out, 0)?;
        }
        Ok(())
    }
}
