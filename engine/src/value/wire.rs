//! Types as JSON and back, in state files and saved plans.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::{ObjectAttr, Text, Type, Value};

/// The JSON form of a type: `"string"`, `["list", T]`, `["object", {name: A}]`, where `attribute`
/// makes `A` of an attribute and the form of its type: that form itself, or one by [`optional`].
pub(crate) fn write(ty: &Type, attribute: &mut dyn FnMut(&ObjectAttr, Json) -> Json) -> Json {
    match ty {
        Type::Any => json!("dynamic"),
        Type::Bool => json!("bool"),
        Type::Number => json!("number"),
        Type::String => json!("string"),
        Type::List(elem) => json!(["list", write(elem, attribute)]),
        Type::Set(elem) => json!(["set", write(elem, attribute)]),
        Type::Map(elem) => json!(["map", write(elem, attribute)]),
        Type::Tuple(types) => {
            let types = types.iter().map(|ty| write(ty, attribute));
            json!(["tuple", types.collect::<Vec<_>>()])
        }
        Type::Object(attrs) => {
            let one = |(name, attr): (&Text, &ObjectAttr)| {
                let ty = write(&attr.ty, attribute);
                (name.to_string(), attribute(attr, ty))
            };
            json!(["object", attrs.iter().map(one).collect::<Map<_, _>>()])
        }
    }
}

/// The form of an attribute with all that a type constraint says of it: `[T, optional, default]`.
pub(crate) fn optional(attr: &ObjectAttr, ty: Json, default: Option<Json>) -> Json {
    match default {
        Some(default) => json!([ty, attr.optional, default]),
        None => json!([ty, attr.optional]),
    }
}

/// The type of a JSON form, where `default` reads values; none where it is not one of ours.
pub(crate) fn read(json: &Json, default: &dyn Fn(&Json) -> Option<Value>) -> Option<Type> {
    if let Some(name) = json.as_str() {
        return match name {
            "dynamic" => Some(Type::Any),
            "bool" => Some(Type::Bool),
            "number" => Some(Type::Number),
            "string" => Some(Type::String),
            _ => None,
        };
    }
    let of = json.get(1)?;
    match json.get(0)?.as_str()? {
        "list" => Some(Type::list(read(of, default)?)),
        "set" => Some(Type::set(read(of, default)?)),
        "map" => Some(Type::map(read(of, default)?)),
        "tuple" => {
            let types = of.as_array()?.iter().map(|ty| read(ty, default));
            Some(Type::Tuple(Arc::new(types.collect::<Option<Vec<_>>>()?)))
        }
        "object" => {
            let attr = |(name, json): (&String, &Json)| -> Option<(Text, ObjectAttr)> {
                Some((name.as_str().into(), read_attribute(json, default)?))
            };
            let attrs: Option<BTreeMap<_, _>> = of.as_object()?.iter().map(attr).collect();
            Some(Type::Object(Arc::new(attrs?)))
        }
        _ => None,
    }
}

fn read_attribute(json: &Json, default: &dyn Fn(&Json) -> Option<Value>) -> Option<ObjectAttr> {
    let Some(optional) = json.get(1).and_then(Json::as_bool) else {
        return Some(ObjectAttr { ty: read(json, default)?, optional: false, default: None });
    };
    let ty = read(json.get(0)?, default)?;
    let default = match json.get(2) {
        Some(json) => Some(default(json)?),
        None => None,
    };
    Some(ObjectAttr { ty, optional, default })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_an_attribute_are_read() {
        let list = Type::list(Type::Any);
        let attr = ObjectAttr { ty: list, optional: true, default: Some(Value::from("x")) };
        let whole = Type::Object(Arc::new([("a".into(), attr.clone())].into()));
        let plain = Type::object([("a", Type::list(Type::Any))]);
        let full = write(&whole, &mut |attr, ty| optional(attr, ty, Some(json!("x"))));
        let short = write(&plain, &mut |_, ty| ty);
        assert_eq!(short, json!(["object", { "a": ["list", "dynamic"] }]));
        let text = |json: &Json| json.as_str().map(Value::from);
        assert_eq!(read(&full, &text), Some(whole));
        assert_eq!(read(&short, &|_| None), Some(plain));
        assert_eq!(read(&json!(["object", { "a": ["string", true, 1] }]), &text), None);
    }
}
