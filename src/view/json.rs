//! Outputs and state as JSON, in Terraform's shape.

use quorate_engine::addr::{InstanceAddr, Key, Mode};
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

/// An output: whether it is sensitive, its type and its value.
pub fn output_json(value: &Value, sensitive: bool) -> Json {
    let ty = type_json(&value.bare().type_of());
    json!({ "sensitive": sensitive, "type": ty, "value": value_json(value) })
}

/// A value; what the state keeps sealed is null.
pub fn value_json(value: &Value) -> Json {
    match value {
        Value::Marked(inner) => value_json(&inner.value),
        Value::Unknown(_) => Json::Null,
        _ => match (value.entries(), value.elements()) {
            (Some(entries), _) => {
                entries.iter().map(|(name, v)| (name.to_string(), value_json(v))).collect()
            }
            (_, Some(items)) => items.iter().map(value_json).collect(),
            _ => value.to_json().unwrap_or(Json::Null),
        },
    }
}

/// Where a value is sensitive: `true`, or the parts that are.
pub fn sensitive_json(value: &Value) -> Json {
    if value.unmark().1.sensitive {
        return Json::Bool(true);
    }
    match (value.entries(), value.elements()) {
        (Some(entries), _) => {
            let some = entries.iter().filter(|(_, v)| v.has_sensitive() || v.entries().is_some());
            some.map(|(name, v)| (name.to_string(), sensitive_json(v))).collect()
        }
        (_, Some(items)) => items.iter().map(sensitive_json).collect(),
        _ => Json::Bool(false),
    }
}

/// An object of the state.
pub fn object_json(addr: &InstanceAddr, schema_version: u32, value: &Value) -> Json {
    let mode = match addr.block.mode {
        Mode::Managed => "managed",
        Mode::Data => "data",
    };
    let mut object = json!({
        "address": addr.to_string(),
        "mode": mode,
        "type": &*addr.block.kind,
        "name": &*addr.block.name,
        "schema_version": schema_version,
        "values": value_json(value),
        "sensitive_values": sensitive_json(value),
    });
    match &addr.key {
        Some(Key::Index(index)) => object["index"] = json!(index),
        Some(Key::Name(name)) => object["index"] = json!(&**name),
        None => {}
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_values_have_terraforms_shape() {
        let value = Value::object([
            ("a", Value::list(Type::String, ["x".into()])),
            ("s", Value::string("hush").sensitive()),
        ]);
        assert_eq!(
            type_json(&value.type_of()),
            json!(["object", { "a": ["list", "string"], "s": "string" }])
        );
        assert_eq!(sensitive_json(&value), json!({ "s": true }));
        assert_eq!(value_json(&Value::unknown(Type::String).sensitive()), Json::Null);
    }
}
