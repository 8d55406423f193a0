//! Nested blocks of a resource, which its schema gives meaning to, and `dynamic` blocks.

use hcl::edit::expr::Expression;

use super::Decoder;
use super::contents::{Argument, Item, Known, Opened};
use crate::config::{Body, NestedBlock, NestedForm};
use crate::eval::Expr;
use crate::source::Span;
use crate::value::{Text, normalized};

const DYNAMIC: Known = Known { attrs: &["for_each", "iterator", "labels"], blocks: &["content"] };

impl Decoder<'_> {
    /// Decodes a nested block into the body around it.
    pub(super) fn nested(&mut self, block: Opened, around: &mut Body) {
        if block.kind() == "dynamic" {
            let nested = self.dynamic(block);
            around.blocks.extend(nested);
            return;
        }
        self.labels(&block, []);
        let (kind, span) = (normalized(block.kind()), block.span);
        let body = self.nested_body(block.body, span);
        around.blocks.push(NestedBlock { kind, form: NestedForm::Static, body, span });
    }

    fn nested_body(&mut self, contents: Vec<Item>, span: Span) -> Body {
        let mut body = Body { span: Some(span), ..Body::default() };
        let mut attrs = Vec::with_capacity(contents.len());
        for item in contents {
            match item {
                Item::Attr(Argument { name, at, expr }) => attrs.push((name, (at, expr))),
                Item::Block(block) => self.nested(block, &mut body),
            }
        }
        Body { attrs: attrs.into_iter().collect(), ..body }
    }

    fn dynamic(&mut self, block: Opened) -> Option<NestedBlock> {
        let labels = self.labels(&block, ["type"]);
        let span = block.span;
        let mut contents = self.contents(block.body, span, &DYNAMIC);
        let for_each = contents.required("for_each", self);
        let iterator = contents.take("iterator");
        if let Some(labels) = contents.take("labels") {
            let detail = "Nested blocks have no labels in Quorate.";
            self.error("Unsupported argument", detail, self.expr_span(&labels));
        }
        let content = contents.single("content", self);
        if content.is_none() {
            let detail = "A dynamic block must have a \"content\" block.";
            self.error("Missing block", detail, span);
        }
        let content = content?;
        self.labels(&content, []);
        let body = self.nested_body(content.body, content.span);
        let [kind] = labels?;
        let iterator = self.iterator(iterator, &kind);
        Some(NestedBlock {
            kind,
            form: NestedForm::Dynamic { for_each: for_each?, iterator },
            body,
            span,
        })
    }

    fn iterator(&mut self, expr: Option<Expr>, kind: &Text) -> Text {
        let Some(expr) = expr else { return kind.clone() };
        if let Expression::Variable(name) = &*expr.node {
            return normalized(name.as_str());
        }
        let detail = "The iterator is a name, written without quotes.";
        self.error("Invalid dynamic iterator name", detail, self.expr_span(&expr));
        kind.clone()
    }
}
