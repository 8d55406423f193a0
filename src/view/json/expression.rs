//! Expressions as a plan's JSON shows them: a constant, or what they refer to.

use quorate_engine::config::constant;
use quorate_engine::diag::Diagnostics;
use quorate_engine::eval::{Expr, Reference, references};
use quorate_engine::source::Sources;
use serde_json::{Value as Json, json};

use super::values::value_json;

/// An expression.
pub fn expression(expr: &Expr, sources: &Sources) -> Json {
    let names = names(expr, sources);
    if !names.is_empty() {
        return json!({ "references": names });
    }
    match constant(expr, &mut Diagnostics::default()) {
        Ok(value) if !value.has_sensitive() && value.is_wholly_known() => {
            json!({ "constant_value": value_json(&value) })
        }
        _ => json!({}),
    }
}

/// An expression whose value must not be shown.
pub fn hidden(expr: &Expr, sources: &Sources) -> Json {
    match names(expr, sources) {
        names if names.is_empty() => json!({}),
        names => json!({ "references": names }),
    }
}

/// All references, each followed by what it is a part of: `a.b.id`, `a.b`.
pub fn names(expr: &Expr, sources: &Sources) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for reference in references(expr) {
        for name in unwrapped(&parts(&reference, sources)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// The parts of a reference as written: `.name`, `[0]`, `["key"]`.
pub fn parts(reference: &Reference, sources: &Sources) -> Vec<String> {
    let mut parts = vec![reference.root.to_string()];
    parts.extend(reference.path.iter().map(|name| format!(".{name}")));
    let text = sources.get(reference.span.source).map_or("", |source| &*source.text);
    let mut rest = text.get(reference.span.end as usize..).unwrap_or_default();
    while let Some((part, after)) = next_part(rest) {
        parts.push(part);
        rest = after;
    }
    parts
}

/// A literal index, or an attribute after one.
fn next_part(text: &str) -> Option<(String, &str)> {
    if let Some(inner) = text.strip_prefix('[') {
        let (index, after) = inner.split_once(']')?;
        let is_text = index.len() > 1 && index.starts_with('"') && index.ends_with('"');
        let literal = is_text && !index.contains("${") && !index.contains("%{");
        let number = !index.is_empty() && index.chars().all(|c| c.is_ascii_digit());
        return (literal || number).then(|| (format!("[{index}]"), after));
    }
    let inner = text.strip_prefix('.')?;
    let end = inner.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-')));
    let (name, after) = inner.split_at(end.unwrap_or(inner.len()));
    let starts = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    starts.then(|| (format!(".{name}"), after))
}

/// The reference, and what it is a part of, down to the smallest thing that can be named.
fn unwrapped(parts: &[String]) -> Vec<String> {
    let smallest = match parts[0].as_str() {
        "data" => 3,
        "self" => 1,
        _ => 2,
    };
    let lengths = (smallest.min(parts.len())..=parts.len()).rev();
    let mut names: Vec<String> = lengths.map(|length| parts[..length].concat()).collect();
    if parts[0] == "module" {
        // What is referred to is an output; the call that it is of comes after it.
        names.retain(|name| !name.ends_with(']') || name.matches('.').count() < 2);
    }
    names
}

#[cfg(test)]
mod tests {
    use quorate_engine::eval::parse_expression;

    use super::*;

    fn found(text: &str) -> Vec<String> {
        let mut sources = Sources::default();
        let id = sources.add("x", text);
        names(&parse_expression(text, id).unwrap(), &sources)
    }

    #[test]
    fn references_are_named_as_terraform_names_them() {
        for (text, expected) in [
            ("var.a", vec!["var.a"]),
            ("a.b.output.name", vec!["a.b.output.name", "a.b.output", "a.b"]),
            ("a.b[0].id", vec!["a.b[0].id", "a.b[0]", "a.b"]),
            ("a.b[\"k\"]", vec!["a.b[\"k\"]", "a.b"]),
            ("a.b[each.key].id", vec!["a.b", "each.key"]),
            ("data.host.x.address", vec!["data.host.x.address", "data.host.x"]),
            ("module.m.out", vec!["module.m.out", "module.m"]),
            ("\"${a.b.id}-${a.b.id}\"", vec!["a.b.id", "a.b"]),
            ("self.id", vec!["self.id", "self"]),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn constants_are_shown_and_secrets_are_not() {
        let mut sources = Sources::default();
        let mut of = |text: &str| {
            let id = sources.add("x", text);
            expression(&parse_expression(text, id).unwrap(), &sources)
        };
        assert_eq!(of("[1, \"a\"]"), json!({ "constant_value": [1, "a"] }));
        assert_eq!(of("sensitive(\"hush\")"), json!({}));
        assert_eq!(of("[for x in var.l : x]"), json!({ "references": ["var.l"] }));
    }
}
