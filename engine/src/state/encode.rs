//! Values as JSON and back, directed by their type.
//!
//! A value of an open type (`any`) carries its type with it, as in Terraform's state.

use serde_json::{Map, Value as Json, json};

use crate::value::{Number, Type, Value, wire};

/// The JSON form of a wholly known value without marks, to be read back with `ty`.
pub(super) fn encode(value: &Value, ty: &Type) -> Option<Json> {
    if *ty == Type::Any {
        let actual = value.type_of();
        return Some(
            json!({ "type": wire::write(&actual, &mut |_, ty| ty), "value": encode_as(value, &actual)? }),
        );
    }
    encode_as(value, ty)
}

fn encode_as(value: &Value, ty: &Type) -> Option<Json> {
    match value {
        Value::Null(_) => Some(Json::Null),
        Value::Bool(value) => Some(Json::Bool(*value)),
        Value::Number(number) => Some(encode_number(number)),
        Value::String(text) => Some(Json::String(text.to_string())),
        Value::List(s) | Value::Set(s) => encode_all(s.items.iter(), |_| element_of(ty)),
        Value::Tuple(items) => encode_all(items.iter(), |index| member_of(ty, index)),
        Value::Map(map) => encode_entries(map.items.iter(), |_| element_of(ty)),
        Value::Object(attrs) => encode_entries(attrs.iter(), |name| attr_of(ty, name)),
        Value::Unknown(_) | Value::Marked(_) => None,
    }
}

fn encode_number(number: &Number) -> Json {
    number.as_i64().map_or_else(|| Json::String(number.to_string()), Json::from)
}

fn encode_all<'a>(
    items: impl Iterator<Item = &'a Value>,
    ty: impl Fn(usize) -> Type,
) -> Option<Json> {
    let items = items.enumerate().map(|(index, item)| encode(item, &ty(index)));
    items.collect::<Option<Vec<_>>>().map(Json::Array)
}

fn encode_entries<'a, K: AsRef<str> + 'a>(
    entries: impl Iterator<Item = (&'a K, &'a Value)>,
    ty: impl Fn(&str) -> Type,
) -> Option<Json> {
    let entries = entries
        .map(|(key, value)| Some((key.as_ref().to_owned(), encode(value, &ty(key.as_ref()))?)));
    entries.collect::<Option<Map<_, _>>>().map(Json::Object)
}

fn element_of(ty: &Type) -> Type {
    match ty {
        Type::List(elem) | Type::Set(elem) | Type::Map(elem) => (**elem).clone(),
        _ => Type::Any,
    }
}

fn member_of(ty: &Type, index: usize) -> Type {
    match ty {
        Type::Tuple(types) => types.get(index).cloned().unwrap_or(Type::Any),
        ty => element_of(ty),
    }
}

fn attr_of(ty: &Type, name: &str) -> Type {
    match ty {
        Type::Object(attrs) => attrs.get(name).map_or(Type::Any, |attr| attr.ty.clone()),
        ty => element_of(ty),
    }
}

/// The value of a JSON form that [`encode`] made for `ty`; none where it does not fit.
pub(super) fn decode(json: &Json, ty: &Type) -> Option<Value> {
    if json.is_null() {
        return Some(Value::Null(ty.clone()));
    }
    match ty {
        Type::Any => {
            let actual = wire::read(json.get("type")?, &|_| None)?;
            let value = json.get("value")?;
            // A type that is itself open holds nothing but null.
            if actual == Type::Any { Some(Value::NULL) } else { decode(value, &actual) }
        }
        Type::Bool => json.as_bool().map(Value::Bool),
        Type::Number => decode_number(json),
        Type::String => json.as_str().map(Value::from),
        Type::List(elem) => Some(Value::list((**elem).clone(), decode_all(json, elem)?)),
        Type::Set(elem) => Some(Value::set((**elem).clone(), decode_all(json, elem)?)),
        Type::Map(elem) => {
            let entries = json.as_object()?.iter();
            let entries = entries.map(|(key, value)| Some((&**key, decode(value, elem)?)));
            Some(Value::map((**elem).clone(), entries.collect::<Option<Vec<_>>>()?))
        }
        Type::Tuple(types) => {
            let items = json.as_array()?.iter().zip(types.iter());
            let items = items.map(|(item, ty)| decode(item, ty));
            Some(Value::tuple(items.collect::<Option<Vec<_>>>()?))
        }
        Type::Object(attrs) => {
            let object = json.as_object()?;
            let attrs = attrs.iter().map(|(name, attr)| {
                let value = object.get(&**name).unwrap_or(&Json::Null);
                Some((name.clone(), decode(value, &attr.ty)?))
            });
            Some(Value::object(attrs.collect::<Option<Vec<_>>>()?))
        }
    }
}

fn decode_all(json: &Json, elem: &Type) -> Option<Vec<Value>> {
    json.as_array()?.iter().map(|item| decode(item, elem)).collect()
}

fn decode_number(json: &Json) -> Option<Value> {
    match json {
        Json::String(text) => text.parse().ok().map(Value::Number),
        json => json.as_i64().map(Value::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_values_keep_their_type() {
        let list = Value::list(Type::String, [Value::from("a")]);
        let value = Value::object([("l", list), ("n", Value::NULL), ("i", Value::from(3))]);
        let json = encode(&value, &Type::Any).unwrap();
        assert_eq!(decode(&json, &Type::Any), Some(value));
    }

    #[test]
    fn typed_values_are_plain_json() {
        let ty = Type::object([("a", Type::String), ("m", Type::map(Type::Number))]);
        let map = Value::map(Type::Number, [("k", Value::from(1))]);
        let value = Value::object([("a", Value::from("x")), ("m", map)]);
        let json = encode(&value, &ty).unwrap();
        assert_eq!(json.to_string(), r#"{"a":"x","m":{"k":1}}"#);
        assert_eq!(decode(&json, &ty), Some(value));
    }

    #[test]
    fn unknown_and_marked_values_have_no_form() {
        assert_eq!(encode(&Value::unknown(Type::String), &Type::String), None);
        assert_eq!(encode(&Value::from("x").sensitive(), &Type::String), None);
    }

    #[test]
    fn json_of_another_shape_is_refused() {
        assert_eq!(decode(&json!(1), &Type::String), None);
        assert_eq!(decode(&json!({"type": "nope", "value": 1}), &Type::Any), None);
    }
}
