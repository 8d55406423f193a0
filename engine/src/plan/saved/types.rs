//! Types as JSON and back, with nothing left out.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::values::{Reader, Writer};
use crate::value::{ObjectAttr, Text, Type};

/// The JSON form of a type: `"string"`, `["list", T]`, `["object", {name: [T, optional, default]}]`.
pub(super) fn write(ty: &Type, writer: &mut Writer<'_>) -> Json {
    match ty {
        Type::Any => json!("any"),
        Type::Bool => json!("bool"),
        Type::Number => json!("number"),
        Type::String => json!("string"),
        Type::List(elem) => json!(["list", write(elem, writer)]),
        Type::Set(elem) => json!(["set", write(elem, writer)]),
        Type::Map(elem) => json!(["map", write(elem, writer)]),
        Type::Tuple(types) => {
            let types = types.iter().map(|ty| write(ty, writer));
            json!(["tuple", types.collect::<Vec<_>>()])
        }
        Type::Object(attrs) => {
            let attrs =
                attrs.iter().map(|(name, attr)| (name.to_string(), attribute(attr, writer)));
            json!(["object", attrs.collect::<Map<_, _>>()])
        }
    }
}

fn attribute(attr: &ObjectAttr, writer: &mut Writer<'_>) -> Json {
    let ty = write(&attr.ty, writer);
    match &attr.default {
        Some(default) => json!([ty, attr.optional, writer.value(default)]),
        None => json!([ty, attr.optional]),
    }
}

/// The type of a JSON form; none where it is not one of ours.
pub(super) fn read(json: &Json, reader: &Reader<'_>) -> Option<Type> {
    if let Some(name) = json.as_str() {
        return match name {
            "any" => Some(Type::Any),
            "bool" => Some(Type::Bool),
            "number" => Some(Type::Number),
            "string" => Some(Type::String),
            _ => None,
        };
    }
    let of = json.get(1)?;
    match json.get(0)?.as_str()? {
        "list" => Some(Type::list(read(of, reader)?)),
        "set" => Some(Type::set(read(of, reader)?)),
        "map" => Some(Type::map(read(of, reader)?)),
        "tuple" => {
            let types = of.as_array()?.iter().map(|ty| read(ty, reader));
            Some(Type::Tuple(Arc::new(types.collect::<Option<Vec<_>>>()?)))
        }
        "object" => {
            let attr = |(name, json): (&String, &Json)| -> Option<(Text, ObjectAttr)> {
                Some((name.as_str().into(), read_attribute(json, reader)?))
            };
            let attrs: Option<BTreeMap<_, _>> = of.as_object()?.iter().map(attr).collect();
            Some(Type::Object(Arc::new(attrs?)))
        }
        _ => None,
    }
}

fn read_attribute(json: &Json, reader: &Reader<'_>) -> Option<ObjectAttr> {
    let default = match json.get(2) {
        Some(default) => Some(reader.value(default)?),
        None => None,
    };
    Some(ObjectAttr { ty: read(json.get(0)?, reader)?, optional: json.get(1)?.as_bool()?, default })
}
