//! `[a, b]` and `{ a = b }`.

use std::collections::BTreeMap;

use hcl::edit::Decorated;
use hcl::edit::expr::{Array, Expression, Object, ObjectKey, TraversalOperator};

use super::evaluator::{Evaluator, Outcome};
use crate::diag::Reported;
use crate::value::{Marks, Text, Type, Unknown, Value, normalized};

/// A key of an object: what it says, where that is known, and its marks.
pub(super) struct Key {
    pub(super) text: Option<Text>,
    pub(super) marks: Marks,
    /// What it waits for, where it is not known.
    pub(super) cause: Option<Text>,
}

impl Key {
    fn known(text: Text, marks: Marks) -> Key {
        Key { text: Some(text), marks, cause: None }
    }
}

impl Evaluator<'_> {
    pub(super) fn array(&mut self, items: &Array) -> Outcome {
        Ok(Value::tuple(self.all(items.iter())?))
    }

    pub(super) fn object(&mut self, entries: &Object) -> Outcome {
        let mut attrs = BTreeMap::new();
        let mut open = None;
        let mut marks = Marks::default();
        let mut failed = None;
        for (key, value) in entries.iter() {
            match (self.key(key), self.value(value.expr())) {
                (Ok(key), Ok(value)) => {
                    marks = marks.union(key.marks);
                    match key.text {
                        Some(text) => {
                            attrs.insert(text, value);
                        }
                        None => drop(open.get_or_insert(key.cause)),
                    }
                }
                (Err(reported), _) | (_, Err(reported)) => failed = Some(reported),
            }
        }
        match failed {
            Some(reported) => Err(reported),
            None => Ok(match open {
                None => Value::object(attrs),
                Some(cause) => Unknown { cause, ..Unknown::of(Type::Any) }.certain().value(),
            }
            .mark(marks)),
        }
    }

    fn key(&mut self, key: &ObjectKey) -> Result<Key, Reported> {
        match key {
            ObjectKey::Ident(name) => Ok(Key::known(normalized(name.as_str()), Marks::default())),
            // A bare word as a key stands for itself, also where it is a keyword.
            ObjectKey::Expression(Expression::Null(_)) => {
                Ok(Key::known("null".into(), Marks::default()))
            }
            ObjectKey::Expression(node) if is_reference(node) => {
                let detail = "If this expression is intended to be a reference, wrap it in \
                              parentheses. If it's instead intended as a literal name containing \
                              periods, wrap it in quotes to create a string literal.";
                self.fail(node, "Ambiguous attribute key", detail)
            }
            ObjectKey::Expression(node) => {
                let value = self.value(node)?;
                if value.is_null() {
                    let detail = "Can't use a null value as a key.";
                    return self.fail(node, "Null value as key", detail);
                }
                self.key_text(node, &value, "Incorrect key type", "Can't use this value as a key")
            }
        }
    }

    pub(super) fn key_text(
        &mut self,
        node: &Expression,
        value: &Value,
        summary: &'static str,
        complaint: &str,
    ) -> Result<Key, Reported> {
        let (value, marks) = value.unmark_deep();
        match value.convert(&Type::String) {
            Ok(Value::String(text)) => Ok(Key::known(text, marks)),
            Ok(open) => Ok(Key { text: None, marks, cause: open.waits_for() }),
            Err(error) => self.fail(node, summary, format!("{complaint}: {error}.")),
        }
    }
}

/// Whether a name has steps after it, all of them written out.
fn is_reference(node: &Expression) -> bool {
    use TraversalOperator::{AttrSplat, FullSplat, GetAttr, Index, LegacyIndex};
    let fixed = |operator: &Decorated<TraversalOperator>| match operator.value() {
        GetAttr(_) | LegacyIndex(_) => true,
        Index(key) => matches!(key, Expression::Number(_) | Expression::String(_)),
        AttrSplat(_) | FullSplat(_) => false,
    };
    node.as_traversal()
        .is_some_and(|node| node.expr.is_variable() && node.operators.iter().all(fixed))
}
