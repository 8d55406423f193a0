//! Attributes of objects: read them, and make the next object of one.

use std::collections::BTreeMap;
use std::error::Error;

use quorate_engine::diag::Diagnostic;
use quorate_engine::resource::Refusal;
use quorate_engine::schema::Schema;
use quorate_engine::value::{Type, Value};
use quorate_engine::world::Host;

/// The text of an attribute; none where it is null, unknown or something else.
pub(crate) fn text<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.attr(name)?.as_str()
}

/// The truth value of an attribute; `false` where it says nothing.
pub(crate) fn flag(object: &Value, name: &str) -> bool {
    object.attr(name).and_then(Value::as_bool).unwrap_or(false)
}

/// The whole number of an attribute.
pub(crate) fn integer(object: &Value, name: &str) -> Option<i64> {
    object.attr(name)?.as_number()?.as_i64()
}

/// The texts of a list; nothing where it is null or unknown.
pub(crate) fn texts(object: &Value, name: &str) -> Vec<String> {
    let items = object.attr(name).and_then(Value::elements).unwrap_or_default();
    items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

/// The texts of a map, by key; nothing where it is null or unknown.
pub(crate) fn text_map(object: &Value, name: &str) -> BTreeMap<String, String> {
    let entries = object.attr(name).and_then(Value::entries);
    let entries = entries.into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.to_string(), value.as_str()?.to_owned()))).collect()
}

/// Whether an attribute has no value: it is missing or null. An unknown one may have.
pub(crate) fn is_empty(object: &Value, name: &str) -> bool {
    object.attr(name).is_none_or(Value::is_null)
}

/// Whether any of these attributes, or a part of it, is not known yet.
pub(crate) fn any_open(object: &Value, names: &[&str]) -> bool {
    names.iter().any(|name| object.attr(name).is_some_and(|value| !value.is_wholly_known()))
}

/// Whether two objects agree in these attributes as far as both are known.
pub(crate) fn same(a: &Value, b: &Value, names: &[&str]) -> bool {
    names.iter().all(|name| match (a.attr(name), b.attr(name)) {
        (Some(a), Some(b)) => a == b || (a.is_null() && b.is_null()),
        (a, b) => a.is_none_or(Value::is_null) && b.is_none_or(Value::is_null),
    })
}

/// The object with some attributes changed.
pub(crate) fn with(
    object: &Value,
    changes: impl IntoIterator<Item = (&'static str, Value)>,
) -> Value {
    let mut attrs = object.entries().cloned().unwrap_or_default();
    attrs.extend(changes.into_iter().map(|(name, value)| (name.into(), value)));
    Value::Object(attrs.into())
}

/// The object with these attributes unknown, in the types of the schema.
pub(crate) fn with_unknown(object: &Value, schema: &Schema, names: &[&'static str]) -> Value {
    let open = |name: &&'static str| Some((*name, Value::unknown(schema.attr(name)?.ty.clone())));
    with(object, names.iter().filter_map(open))
}

/// A text, or null.
pub(crate) fn optional(text: Option<impl AsRef<str>>) -> Value {
    text.map_or(Value::Null(Type::String), Value::string)
}

/// A list of texts.
pub(crate) fn list<S: AsRef<str>>(items: impl IntoIterator<Item = S>) -> Value {
    Value::list(Type::String, items.into_iter().map(Value::string))
}

/// The host of an object.
///
/// # Errors
/// Fails if a part of the connection is not known when the plan is made.
pub(crate) fn host(object: &Value) -> Result<Host, Refusal> {
    object.attr("host").and_then(Host::from_value).ok_or_else(|| {
        let diagnostic = Diagnostic::error(
            "The host is not known",
            "How a host is reached must be known when the plan is made.",
        );
        Refusal::of("host", diagnostic.help("Give `host` a `data.host` whose inputs are known."))
    })
}

/// An error with its causes, each after a colon.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_and_missing_are_the_same() {
        let a = Value::object([("x", Value::NULL), ("y", "1".into())]);
        let b = Value::object([("y", "1".into())]);
        assert!(same(&a, &b, &["x", "y"]));
        assert!(!same(&a, &with(&b, [("y", "2".into())]), &["x", "y"]));
        assert!(is_empty(&a, "x") && is_empty(&b, "x") && !is_empty(&a, "y"));
    }

    #[test]
    fn what_is_open_is_found_inside() {
        let object =
            Value::object([("ca", Value::object([("pem", Value::unknown(Type::String))]))]);
        assert!(any_open(&object, &["ca"]));
        assert!(!any_open(&object, &["host"]));
    }
}
