//! The values behind a failure: what each reference in the failing expression stands for.

use hcl::edit::expr::{Expression, ObjectKey, Traversal};
use hcl::edit::visit::{Visit, visit_expr};

use super::evaluator::Evaluator;
use super::{Scope, TraversalStep};
use crate::value::{Type, Value};

/// More values than this do not help.
const MOST: usize = 8;

/// A text longer than this is cut.
const LONGEST: usize = 80;

/// Names and values of the references in a node, without those that are sensitive.
pub(super) fn values(evaluator: &mut Evaluator<'_>, node: &Expression) -> Vec<(String, String)> {
    let mut found = Found::default();
    found.visit_expr(node);
    let mut values: Vec<(String, String)> = Vec::new();
    for reference in found.nodes.iter().take(MOST) {
        let Ok((name, value)) = evaluator.attempt(|quiet| quiet.named_value(reference)) else {
            continue;
        };
        let shown = clue(&value, evaluator.scope);
        if !value.has_sensitive() && values.iter().all(|(known, _)| *known != name) {
            values.extend(shown.map(|shown| (name, shown)));
        }
    }
    values
}

#[derive(Default)]
struct Found {
    nodes: Vec<Expression>,
}

impl Visit for Found {
    fn visit_expr(&mut self, node: &Expression) {
        match node {
            Expression::Variable(_) => self.nodes.push(node.clone()),
            Expression::Traversal(traversal) => self.traversal(node, traversal),
            // What a loop binds has no single value.
            Expression::ForExpr(inner) => self.visit_expr(&inner.intro.collection_expr),
            other => visit_expr(self, other),
        }
    }

    fn visit_object_key(&mut self, node: &ObjectKey) {
        if let ObjectKey::Expression(key) = node {
            self.visit_expr(key);
        }
    }
}

impl Found {
    fn traversal(&mut self, node: &Expression, traversal: &Traversal) {
        if matches!(traversal.expr, Expression::Variable(_)) {
            self.nodes.push(node.clone());
        }
        visit_expr(self, node);
        // The root alone was visited too; it says less than the whole.
        if let Expression::Variable(root) = &traversal.expr {
            let alone = |n: &Expression| matches!(n, Expression::Variable(name) if name == root);
            self.nodes.retain(|n| !alone(n));
        }
    }
}

/// How a reference is written, with its indexes evaluated.
pub(super) fn written(root: &str, steps: &[TraversalStep]) -> String {
    let mut out = root.to_owned();
    for step in steps {
        match step {
            TraversalStep::Attr(name, _) => out.extend([".", name]),
            TraversalStep::Index(key, _) if key.is_unknown() => out.push_str("[...]"),
            TraversalStep::Index(key, _) => out.extend(["[", &brief(key), "]"]),
        }
    }
    out
}

/// What to say of a value that led to a mistake; of some that are not known there is nothing.
pub(super) fn clue(value: &Value, scope: &dyn Scope) -> Option<String> {
    let Value::Unknown(unknown) = value.bare() else { return Some(brief(value)) };
    let kind = unknown.ty.friendly_name();
    match (&unknown.ty, scope.awaits_apply()) {
        (Type::Any, true) => Some(brief(value)),
        (Type::Any, false) => None,
        (_, true) => Some(format!("{} {kind}, known only after apply", article(&kind))),
        (_, false) => Some(format!("{} {kind}", article(&kind))),
    }
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// A value in a few words.
fn brief(value: &Value) -> String {
    match value {
        Value::Marked(inner) if inner.marks.sensitive => "(sensitive value)".to_owned(),
        Value::Marked(inner) => brief(&inner.value),
        Value::Unknown(_) => "(known after apply)".to_owned(),
        Value::Null(_) => "null".to_owned(),
        Value::String(text) => {
            let cut: String = text.chars().take(LONGEST).collect();
            let dots = if cut.len() < text.len() { "..." } else { "" };
            format!("{}{dots}", crate::value::quote(&cut))
        }
        Value::Bool(_) | Value::Number(_) => value.to_console(),
        Value::List(s) | Value::Set(s) => counted(&value.type_of(), s.items.len(), "element"),
        Value::Tuple(items) => counted(&value.type_of(), items.len(), "element"),
        Value::Map(map) => counted(&value.type_of(), map.items.len(), "element"),
        Value::Object(attrs) => counted(&value.type_of(), attrs.len(), "attribute"),
    }
}

fn counted(ty: &Type, count: usize, part: &str) -> String {
    let name = ty.friendly_name();
    match count {
        0 => format!("empty {name}"),
        1 => format!("{name} with 1 {part}"),
        _ => format!("{name} with {count} {part}s"),
    }
}
