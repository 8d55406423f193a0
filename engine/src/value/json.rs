//! Values to JSON and back.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::{ConvertError, Number, Text, Type, Value};

/// Why a value has no JSON form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Some part of it is not known.
    #[error("the value is not wholly known")]
    Unknown,
}

impl Value {
    /// This value as JSON; marks are left out, so the caller sees to what is secret.
    ///
    /// A number that no double prints the same as becomes a text, which converts back.
    pub fn to_json(&self) -> Result<Json, JsonError> {
        match self {
            Value::Marked(inner) => inner.value.to_json(),
            Value::Unknown(_) => Err(JsonError::Unknown),
            Value::Null(_) => Ok(Json::Null),
            Value::Bool(truth) => Ok(Json::Bool(*truth)),
            Value::Number(number) => Ok(number_to_json(number)),
            Value::String(text) => Ok(Json::String(text.to_string())),
            Value::List(s) | Value::Set(s) => items_to_json(&s.items),
            Value::Tuple(items) => items_to_json(items),
            Value::Map(map) => entries_to_json(map.items.iter()),
            Value::Object(attrs) => entries_to_json(attrs.iter()),
        }
    }

    /// The value of a type that JSON stands for.
    pub fn from_json(json: &Json, ty: &Type) -> Result<Value, ConvertError> {
        Value::from(json).convert(ty)
    }
}

/// Objects, tuples and primitive values, as an open type has them.
impl From<&Json> for Value {
    fn from(json: &Json) -> Self {
        match json {
            Json::Null => Value::NULL,
            Json::Bool(truth) => Value::Bool(*truth),
            Json::Number(number) => number_from_json(number),
            Json::String(text) => Value::string(text),
            Json::Array(items) => Value::tuple(items.iter().map(Value::from)),
            Json::Object(entries) => {
                let entry = |(key, item): (&String, &Json)| (super::normalized(key), item.into());
                Value::object(entries.iter().map(entry))
            }
        }
    }
}

fn number_from_json(number: &serde_json::Number) -> Value {
    let text = number.to_string();
    text.parse().map(Value::Number).unwrap_or_else(|_| Value::String(Arc::from(text)))
}

fn number_to_json(number: &Number) -> Json {
    let number = &number.settled();
    if let Some(small) = number.as_i64() {
        return Json::from(small);
    }
    let text = number.to_string();
    let near = text.parse::<u64>().map(serde_json::Number::from).ok();
    let near = near.or_else(|| serde_json::Number::from_f64(number.as_f64()));
    match near {
        Some(near) if near.to_string().parse().as_ref() == Ok(number) => Json::Number(near),
        _ => Json::String(text),
    }
}

fn items_to_json(items: &[Value]) -> Result<Json, JsonError> {
    Ok(Json::Array(items.iter().map(Value::to_json).collect::<Result<_, _>>()?))
}

fn entries_to_json<'a>(
    entries: impl Iterator<Item = (&'a Text, &'a Value)>,
) -> Result<Json, JsonError> {
    let entry = |(key, value): (&Text, &Value)| Ok((key.to_string(), value.to_json()?));
    Ok(Json::Object(entries.map(entry).collect::<Result<Map<_, _>, _>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::testing::{eval, ty};

    #[test]
    fn values_come_back_from_json() {
        for (to, text) in [
            ("number", "1.5"),
            ("number", "1/3"),
            ("number", "18446744073709551615"),
            ("number", "123456789012345678901234567890"),
            ("set(object({a=number,b=list(string)}))", "[{a=1,b=[\"x\"]}]"),
            ("map(any)", "{x=true}"),
            ("string", "\"é\""),
            ("bool", "null"),
        ] {
            let value = eval(text).convert(&ty(to)).unwrap();
            let json = value.to_json().unwrap();
            assert_eq!(Value::from_json(&json, &ty(to)), Ok(value), "{text}: {json}");
        }
        assert_eq!(Value::unknown(Type::Any).to_json(), Err(JsonError::Unknown));
    }
}
