//! The `lifecycle` block of a resource or data source.

use std::sync::Arc;

use hcl::edit::expr::Expression;

use super::Decoder;
use super::address::{self, Part};
use super::contents::{Known, Opened};
use crate::addr::{Key, Mode};
use crate::config::{IgnoreChanges, Lifecycle};
use crate::eval::Expr;
use crate::source::Origin;
use crate::value::Text;

const LIFECYCLE: Known = Known {
    attrs: &["create_before_destroy", "prevent_destroy", "ignore_changes", "replace_triggered_by"],
    blocks: &["precondition", "postcondition"],
};

impl Decoder<'_> {
    pub(super) fn lifecycle(&mut self, block: Opened, mode: Mode) -> Lifecycle {
        self.labels(&block, []);
        let span = block.span;
        let mut contents = self.contents(block.body, span, &LIFECYCLE);
        if mode == Mode::Data {
            for name in LIFECYCLE.attrs {
                if let Some(expr) = contents.take(name) {
                    self.only_managed(name, &expr);
                }
            }
        }
        Lifecycle {
            create_before_destroy: self.bool_or(contents.take("create_before_destroy"), false),
            prevent_destroy: self.bool_or(contents.take("prevent_destroy"), false),
            ignore_changes: self.ignore_changes(contents.take("ignore_changes")),
            replace_triggered_by: self.triggers(contents.take("replace_triggered_by")),
            preconditions: self.conditions(contents.take_blocks("precondition")),
            postconditions: self.conditions(contents.take_blocks("postcondition")),
        }
    }

    fn only_managed(&mut self, name: &str, expr: &Expr) {
        let detail = format!(
            "The lifecycle argument {name:?} is for resources only: a data source is read, never \
             changed."
        );
        self.error("Invalid lifecycle argument", detail, self.expr_span(expr));
    }

    fn ignore_changes(&mut self, expr: Option<Expr>) -> IgnoreChanges {
        let Some(expr) = expr else { return IgnoreChanges::None };
        match &*expr.node {
            Expression::Variable(name) if name.as_str() == "all" => IgnoreChanges::All,
            Expression::Array(items) => {
                let paths = items.iter().filter_map(|item| self.ignored_path(expr.source, item));
                IgnoreChanges::Paths(paths.collect())
            }
            _ => {
                let detail = "The value of ignore_changes must be a list of attribute names, or \
                              the keyword all.";
                self.error("Invalid ignore_changes", detail, self.expr_span(&expr));
                IgnoreChanges::None
            }
        }
    }

    fn ignored_path(&mut self, source: Origin, item: &Expression) -> Option<Vec<Text>> {
        let Some(parts) = address::parts(item) else {
            let mut detail =
                "An entry of ignore_changes must be an attribute name, or a path such as \
                 labels[\"role\"]."
                    .to_owned();
            if matches!(item, Expression::String(_)) {
                detail.push_str(" Names are written without quotes.");
            }
            self.error("Invalid ignore_changes", detail, self.span(source, item));
            return None;
        };
        Some(parts.into_iter().map(path_step).collect())
    }

    fn triggers(&mut self, expr: Option<Expr>) -> Vec<Expr> {
        let Some(expr) = expr else { return Vec::new() };
        let (source, span) = (expr.source, self.expr_span(&expr));
        // This is the only owner, so the entries can be moved out.
        let Some(Expression::Array(items)) = Arc::into_inner(expr.node) else {
            let detail = "The value of replace_triggered_by must be a list of references.";
            self.error("Invalid replace_triggered_by", detail, span);
            return Vec::new();
        };
        let mut triggers = Vec::new();
        for item in items {
            if address::leading_names(&item).len() < 2 {
                let detail = "An entry of replace_triggered_by must refer to a resource or to an \
                              attribute of one.";
                self.error("Invalid replace_triggered_by", detail, self.span(source, &item));
                continue;
            }
            triggers.push(Expr::new(source, item));
        }
        triggers
    }
}

fn path_step(part: Part) -> Text {
    match part {
        Part::Name(name) | Part::Key(Key::Name(name)) => name,
        Part::Key(Key::Index(index)) => index.to_string().into(),
    }
}
