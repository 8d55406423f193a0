//! Values as Terraform writes them: what is known, what is not, and what is sensitive apart.

use quorate_engine::value::{Type, Value};
use serde_json::{Map, Value as Json, json};

/// A type as Terraform writes it: `"string"`, `["list", "string"]`.
pub fn type_json(ty: &Type) -> Json {
    match ty {
        Type::Any => json!("dynamic"),
        Type::Bool => json!("bool"),
        Type::Number => json!("number"),
        Type::String => json!("string"),
        Type::List(elem) => json!(["list", type_json(elem)]),
        Type::Set(elem) => json!(["set", type_json(elem)]),
        Type::Map(elem) => json!(["map", type_json(elem)]),
        Type::Tuple(items) => json!(["tuple", items.iter().map(type_json).collect::<Vec<_>>()]),
        Type::Object(attrs) => {
            let attrs = attrs.iter().map(|(name, attr)| (name.to_string(), type_json(&attr.ty)));
            json!(["object", attrs.collect::<Map<_, _>>()])
        }
    }
}

/// What is known of a value. Unknown attributes are left out, unknown elements are null, and so
/// is what is sensitive.
pub fn value_json(value: &Value) -> Json {
    match value {
        Value::Marked(_) | Value::Unknown(_) => Json::Null,
        _ => match (value.entries(), value.elements()) {
            (Some(entries), _) => {
                let known = entries.iter().filter(|(_, v)| !v.is_unknown() || is_hidden(v));
                known.map(|(name, v)| (name.to_string(), value_json(v))).collect()
            }
            (_, Some(items)) => items.iter().map(value_json).collect(),
            _ => value.to_json().unwrap_or(Json::Null),
        },
    }
}

/// What the state keeps sealed is there, though nobody knows it.
fn is_hidden(value: &Value) -> bool {
    value.unmark().1.sensitive
}

/// Where a value is not known before apply: `true`, or the parts that are.
pub fn unknown_json(value: &Value) -> Json {
    parts(value, &|value| value.is_unknown())
}

/// Where a value is sensitive: `true`, or the parts that are.
pub fn sensitive_json(value: &Value) -> Json {
    parts(value, &is_hidden)
}

/// The parts for which something holds. Attributes for which it does not are left out.
fn parts(value: &Value, holds: &dyn Fn(&Value) -> bool) -> Json {
    if holds(value) {
        return Json::Bool(true);
    }
    match (value.entries(), value.elements()) {
        (Some(entries), _) => {
            let all = entries.iter().map(|(name, v)| (name.to_string(), parts(v, holds)));
            Json::Object(all.filter(|(_, part)| *part != Json::Bool(false)).collect())
        }
        (_, Some(items)) => items.iter().map(|item| parts(item, holds)).collect(),
        _ => Json::Bool(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Value {
        Value::object([
            ("a", Value::list(Type::String, ["x".into()])),
            ("s", Value::string("hush").sensitive()),
            ("u", Value::unknown(Type::String)),
            ("t", Value::tuple([Value::unknown(Type::String), 1.into()])),
            ("o", Value::object([("n", Value::NULL)])),
        ])
    }

    #[test]
    fn types_and_values_have_terraforms_shape() {
        assert_eq!(type_json(&sample().type_of())[1]["t"], json!(["tuple", ["string", "number"]]));
        let known = json!({ "a": ["x"], "s": null, "t": [null, 1], "o": { "n": null } });
        assert_eq!(value_json(&sample()), known);
        let sensitive = json!({ "a": [false], "s": true, "t": [false, false], "o": {} });
        assert_eq!(sensitive_json(&sample()), sensitive);
        let unknown = json!({ "a": [false], "u": true, "t": [true, false], "o": {} });
        assert_eq!(unknown_json(&sample()), unknown);
    }

    #[test]
    fn no_sensitive_value_is_written() {
        let pair = Value::tuple([Value::string("hush"), 1.into()]).sensitive();
        assert_eq!(value_json(&pair), Json::Null);
        assert_eq!(value_json(&Value::unknown(Type::String).sensitive()), Json::Null);
    }
}
