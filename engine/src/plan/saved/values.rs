//! Values as JSON and back, with nothing lost: types, unknown parts and marks. What is sensitive
//! is taken out and replaced by its number.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};
use zeroize::Zeroizing;

use super::types;
use crate::value::{KnownPart, Marks, Number, Sequence, Text, Type, Unknown, Value};

/// The sensitive values of a plan, each once, in the order in which they were met.
#[derive(Default)]
pub struct Vault {
    numbers: BTreeMap<String, usize>,
    values: Vec<Value>,
}

impl Vault {
    /// The vault of an opened seal, to go on numbering where that ended.
    pub(super) fn filled(values: Vec<Value>) -> Vault {
        let mut vault = Vault::default();
        for value in &values {
            vault.number(value);
        }
        vault
    }

    /// Whether nothing was sensitive.
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The number of a value without marks.
    fn number(&mut self, value: &Value) -> usize {
        let text = plain(value).to_string();
        let next = self.values.len();
        let number = *self.numbers.entry(text).or_insert(next);
        if number == next {
            self.values.push(value.clone());
        }
        number
    }

    /// All of it as one text to be sealed.
    pub(super) fn to_json(&self) -> Json {
        self.values.iter().map(plain).collect()
    }

    /// Whether a text holds a part of what is sensitive.
    pub(super) fn leaks_into(&self, bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(bytes);
        self.values.iter().any(|value| leaf_in(value, &text))
    }
}

fn leaf_in(value: &Value, text: &str) -> bool {
    match value.bare() {
        Value::String(leaf) => !leaf.is_empty() && text.contains(leaf.trim()),
        Value::Number(number) => text.contains(&number.to_string()),
        other => match (other.entries(), other.elements()) {
            (Some(entries), _) => entries.values().any(|value| leaf_in(value, text)),
            (_, Some(items)) => items.iter().any(|value| leaf_in(value, text)),
            _ => false,
        },
    }
}

/// A value for the sealed part, where nothing is hidden.
fn plain(value: &Value) -> Json {
    Writer { vault: None }.value(value)
}

/// Writes values for a file that everybody may read.
pub struct Writer<'v> {
    /// Where what is sensitive goes; none in the sealed part itself.
    pub(super) vault: Option<&'v mut Vault>,
}

impl Writer<'_> {
    pub(super) fn value(&mut self, value: &Value) -> Json {
        match value {
            Value::Null(Type::Any) => Json::Null,
            Value::Null(ty) => json!({ "null": types::write(ty, self) }),
            Value::Bool(truth) => Json::Bool(*truth),
            Value::Number(number) => self.number(number),
            Value::String(text) => Json::String(text.to_string()),
            Value::Tuple(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::List(s) => json!({ "list": self.sequence(s) }),
            Value::Set(s) => json!({ "set": self.sequence(s) }),
            Value::Map(map) => {
                json!({ "map": [types::write(&map.elem, self), self.entries(&map.items)] })
            }
            Value::Object(attrs) => json!({ "object": self.entries(attrs) }),
            Value::Unknown(unknown) => json!({ "unknown": self.unknown(unknown) }),
            Value::Marked(inner) => self.marked(inner.marks, &inner.value),
        }
    }

    fn number(&mut self, number: &Number) -> Json {
        match number.as_i64() {
            Some(small) => Json::from(small),
            None => json!({ "number": number.to_string() }),
        }
    }

    fn sequence(&mut self, sequence: &Sequence) -> Json {
        let items: Vec<Json> = sequence.items.iter().map(|item| self.value(item)).collect();
        json!([types::write(&sequence.elem, self), items])
    }

    fn entries(&mut self, entries: &BTreeMap<Text, Value>) -> Json {
        let entries = entries.iter().map(|(name, value)| (name.to_string(), self.value(value)));
        Json::Object(entries.collect::<Map<_, _>>())
    }

    fn unknown(&mut self, unknown: &Unknown) -> Json {
        let Unknown { ty, not_null, cause, contents } = unknown;
        let contents = match contents {
            KnownPart::Open => Json::Null,
            KnownPart::Prefix(text) => json!(text.as_ref()),
            KnownPart::Between(least, most) => json!([least, most]),
        };
        json!([types::write(ty, self), not_null, cause.as_deref(), contents])
    }

    fn marked(&mut self, marks: Marks, value: &Value) -> Json {
        let Marks { sensitive, ephemeral } = marks;
        // What is not known yet is no secret, and what is ephemeral is stored nowhere.
        let inner = match (&mut self.vault, value) {
            (_, value) if ephemeral => {
                json!({ "unknown": [types::write(&value.type_of(), self), false, null] })
            }
            (Some(vault), value) if !matches!(value, Value::Unknown(_)) => {
                json!({ "secret": vault.number(value) })
            }
            (_, value) => self.value(value),
        };
        json!({ "marked": [sensitive, ephemeral, inner] })
    }
}

/// What is known of the contents of an unknown value.
fn contents(json: &Json) -> Option<KnownPart> {
    let number = |json: &Json| usize::try_from(json.as_u64()?).ok();
    match json {
        Json::Null => Some(KnownPart::Open),
        Json::String(text) => Some(KnownPart::Prefix(text.as_str().into())),
        Json::Array(bounds) => {
            let (least, most) = (bounds.first()?, bounds.get(1)?);
            Some(KnownPart::Between(number(least)?, number(most)))
        }
        _ => None,
    }
}

/// Reads values of a plan's file.
pub struct Reader<'s> {
    /// What the seal holds; none where it is not opened.
    pub(super) secrets: Option<&'s [Value]>,
}

impl Reader<'_> {
    pub(super) fn value(&self, json: &Json) -> Option<Value> {
        match json {
            Json::Null => Some(Value::NULL),
            Json::Bool(truth) => Some(Value::Bool(*truth)),
            Json::Number(number) => number.as_i64().map(Value::from),
            Json::String(text) => Some(Value::String(text.as_str().into())),
            Json::Array(items) => {
                let items = items.iter().map(|item| self.value(item));
                Some(Value::tuple(items.collect::<Option<Vec<_>>>()?))
            }
            Json::Object(form) => {
                let (kind, of) = form.iter().next()?;
                self.form(kind, of)
            }
        }
    }

    fn unknown(&self, of: &Json) -> Option<Value> {
        let unknown = Unknown {
            ty: types::read(of.get(0)?, self)?,
            not_null: of.get(1)?.as_bool()?,
            cause: of.get(2)?.as_str().map(Text::from),
            contents: of.get(3).map_or(Some(KnownPart::Open), contents)?,
        };
        Some(unknown.value())
    }

    fn form(&self, kind: &str, of: &Json) -> Option<Value> {
        match kind {
            "null" => Some(Value::Null(types::read(of, self)?)),
            "number" => of.as_str()?.parse().ok().map(Value::Number),
            "list" => Some(Value::List(Arc::new(self.sequence(of)?))),
            "set" => Some(Value::Set(Arc::new(self.sequence(of)?))),
            "map" => Some(Value::map(types::read(of.get(0)?, self)?, self.entries(of.get(1)?)?)),
            "object" => Some(Value::object(self.entries(of)?)),
            "unknown" => self.unknown(of),
            "secret" => self.secret(usize::try_from(of.as_u64()?).ok()?),
            "marked" => {
                let (sensitive, ephemeral) = (of.get(0)?.as_bool()?, of.get(1)?.as_bool()?);
                Some(self.value(of.get(2)?)?.mark(Marks { sensitive, ephemeral }))
            }
            _ => None,
        }
    }

    fn sequence(&self, of: &Json) -> Option<Sequence> {
        let items = of.get(1)?.as_array()?.iter().map(|item| self.value(item));
        Some(Sequence {
            elem: types::read(of.get(0)?, self)?,
            items: items.collect::<Option<Vec<_>>>()?,
        })
    }

    fn entries(&self, of: &Json) -> Option<BTreeMap<Text, Value>> {
        let entry = |(name, json): (&String, &Json)| Some((Text::from(&**name), self.value(json)?));
        of.as_object()?.iter().map(entry).collect()
    }

    /// Without the seal's content, a stand-in: two that are equal stand for what is equal.
    fn secret(&self, number: usize) -> Option<Value> {
        match self.secrets {
            Some(secrets) => secrets.get(number).cloned(),
            None => Some(Value::string(format!("secret {number}"))),
        }
    }
}

/// The secrets in the text of an opened seal.
pub(super) fn read_secrets(json: &Json) -> Option<Vec<Value>> {
    let reader = Reader { secrets: None };
    json.as_array()?.iter().map(|json| reader.value(json)).collect()
}

/// Bytes as JSON: text where they are text.
pub(super) fn bytes_json(bytes: &[u8]) -> Json {
    use base64::Engine as _;
    match std::str::from_utf8(bytes) {
        Ok(text) => json!(text),
        Err(_) => json!({ "base64": base64::engine::general_purpose::STANDARD.encode(bytes) }),
    }
}

/// The bytes of a JSON form.
pub(super) fn json_bytes(json: &Json) -> Option<Vec<u8>> {
    use base64::Engine as _;
    match json {
        Json::String(text) => Some(text.clone().into_bytes()),
        json => {
            let text = json.get("base64")?.as_str()?;
            base64::engine::general_purpose::STANDARD.decode(text).ok()
        }
    }
}

/// A text whose memory is cleared after use.
pub(super) fn sealable(json: &Json) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(json.to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Value {
        let ty = Type::object([("a", Type::list(Type::String))]);
        Value::object([
            ("null", Value::NULL),
            ("typed", Value::Null(ty)),
            ("big", Value::Number("123456789012345678901234567890.5".parse().unwrap())),
            ("list", Value::list(Type::Number, [Value::from(1)])),
            ("set", Value::set(Type::String, [Value::from("b"), Value::from("a")])),
            ("map", Value::map(Type::Bool, [("k", Value::Bool(true))])),
            ("tuple", Value::tuple([Value::from("x"), Value::NULL])),
            ("unknown", Value::unknown_not_null(Type::String)),
            ("hidden", Value::unknown(Type::String).sensitive()),
            ("secret", Value::from("hunter2").sensitive()),
            ("again", Value::from("hunter2").sensitive()),
            ("pair", Value::tuple([Value::from("swordfish"), Value::from(7)]).sensitive()),
        ])
    }

    #[test]
    fn values_come_back_as_they_were() {
        let mut vault = Vault::default();
        let json = Writer { vault: Some(&mut vault) }.value(&sample());
        let text = json.to_string();
        assert!(!text.contains("hunter2") && !text.contains("swordfish"), "{text}");
        let secrets = read_secrets(&vault.to_json()).unwrap();
        assert_eq!(secrets.len(), 2);
        let json: Json = serde_json::from_str(&text).unwrap();
        assert_eq!(Reader { secrets: Some(&secrets) }.value(&json), Some(sample()));
    }

    #[test]
    fn without_the_seal_equal_secrets_stay_equal_and_hidden() {
        let mut vault = Vault::default();
        let json = Writer { vault: Some(&mut vault) }.value(&sample());
        let value = Reader { secrets: None }.value(&json).unwrap();
        assert_eq!(value.attr("secret"), value.attr("again"));
        assert_ne!(value.attr("secret"), value.attr("pair"));
        assert!(value.attr("secret").unwrap().has_sensitive());
    }

    #[test]
    fn what_is_ephemeral_is_stored_nowhere() {
        let marks = Marks { sensitive: true, ephemeral: true };
        let mut vault = Vault::default();
        let json = Writer { vault: Some(&mut vault) }.value(&Value::from("fleeting").mark(marks));
        assert!(vault.is_empty() && !json.to_string().contains("fleeting"));
        assert!(Reader { secrets: None }.value(&json).unwrap().is_unknown());
    }

    #[test]
    fn json_of_another_shape_is_no_value() {
        for text in ["{}", "{\"list\":1}", "{\"nope\":1}", "1.5", "{\"secret\":-1}"] {
            let json = serde_json::from_str(text).unwrap();
            assert_eq!(Reader { secrets: None }.value(&json), None, "{text}");
        }
    }
}
