//! Which parts of an expression give what differs between two of its values.

use hcl::edit::expr::{Expression, Object, ObjectKey};

use super::Expr;
use crate::value::Value;

/// The smallest written parts of an expression that decide where one value differs from another:
/// of `{ a = x, b = y }` only `y` where `a` stays as it was. The whole expression where its parts
/// do not tell, as when an element has gone.
pub fn deciding(expr: &Expr, before: &Value, after: &Value) -> Vec<Expr> {
    let mut found = Vec::new();
    collect(&expr.node, before, after, &mut found);
    let part = |node: &Expression| Expr::new(expr.source, node.clone());
    match found.is_empty() {
        true => vec![expr.clone()],
        false => found.into_iter().map(part).collect(),
    }
}

fn collect<'e>(
    node: &'e Expression,
    before: &Value,
    after: &Value,
    found: &mut Vec<&'e Expression>,
) {
    let parts = match node {
        Expression::Parenthesis(inner) => return collect(inner.inner(), before, after, found),
        Expression::Object(object) => attributes(object, before, after),
        Expression::Array(array) => elements(array.iter().collect(), before, after),
        _ => None,
    };
    let Some(parts) = parts else { return found.push(node) };
    let differing = parts.into_iter().filter(|(_, before, after)| before != after);
    differing.for_each(|(part, before, after)| collect(part, before, after, found));
}

type Part<'e, 'v> = (&'e Expression, &'v Value, &'v Value);

/// The attributes of an object, where both values have just those that are written.
fn attributes<'e, 'v>(
    object: &'e Object,
    before: &'v Value,
    after: &'v Value,
) -> Option<Vec<Part<'e, 'v>>> {
    let as_many = |value: &Value| value.entries().is_some_and(|all| all.len() == object.len());
    let part = |(key, value): (&ObjectKey, &'e hcl::edit::expr::ObjectValue)| {
        let name = match key {
            ObjectKey::Ident(name) => name.as_str().to_owned(),
            ObjectKey::Expression(Expression::String(text)) => text.value().clone(),
            ObjectKey::Expression(_) => return None,
        };
        Some((value.expr(), before.attr(&name)?, after.attr(&name)?))
    };
    (as_many(before) && as_many(after)).then(|| object.iter().map(part).collect())?
}

/// The elements of a list, where both values have as many as are written. Those of a set stand
/// in another order.
fn elements<'e, 'v>(
    items: Vec<&'e Expression>,
    before: &'v Value,
    after: &'v Value,
) -> Option<Vec<Part<'e, 'v>>> {
    let of = |value: &'v Value| match value.bare() {
        Value::Set(_) => None,
        _ => value.elements().filter(|elements| elements.len() == items.len()),
    };
    let (before, after) = (of(before)?, of(after)?);
    Some(items.iter().zip(before).zip(after).map(|((e, b), a)| (*e, b, a)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::parse_expression;
    use crate::source::SourceId;

    fn parts(text: &str, before: &Value, after: &Value) -> Vec<String> {
        let expr = parse_expression(text, SourceId(0)).unwrap();
        let shown = |part: Expr| {
            let span = part.span();
            text[span.start as usize..span.end as usize].to_owned()
        };
        deciding(&expr, before, after).into_iter().map(shown).collect()
    }

    #[test]
    fn only_the_parts_that_differ_decide() {
        let value = |a: &str, b: &str| {
            let inner = Value::tuple([a.into(), b.into()]);
            Value::object([("x", inner), ("y", "same".into())])
        };
        let text = r#"{ x = [var.a, (var.b)], "y" = var.y }"#;
        assert_eq!(parts(text, &value("1", "2"), &value("1", "3")), ["var.b"]);
        assert_eq!(parts(text, &value("1", "2"), &value("2", "3")), ["var.a", "var.b"]);
    }

    #[test]
    fn where_the_parts_do_not_tell_it_is_the_whole() {
        let one = Value::object([("x", "1".into())]);
        let two = Value::object([("x", "1".into()), ("y", "2".into())]);
        let text = "{ x = var.x, (var.k) = var.y }";
        assert_eq!(parts(text, &one, &two), [text]);
        assert_eq!(parts(text, &two, &two), [text]);
        assert_eq!(parts("merge(var.a, {})", &one, &two), ["merge(var.a, {})"]);
    }
}
