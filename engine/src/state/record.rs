//! Attributes as the state keeps them: no unknown, no plain secret.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::encode;
use crate::value::{Marks, Text, Type, Value};

/// Rounds of PBKDF2-HMAC-SHA-256 under a secret's digest: guessing a short password costs this
/// much for each guess, and a plan costs it once for each secret.
const ROUNDS: u32 = 50_000;

/// Attributes without unknowns and without plain secrets; there is no other way to make one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    // Shared, since records are cloned into journal, state and file.
    pub(super) attributes: Arc<Json>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) secrets: Vec<SealedSecret>,
}

/// A sensitive value: where it belongs, a digest to compare with, and the sealed text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SealedSecret {
    path: Vec<Text>,
    salt: String,
    digest: String,
    sealed: String,
}

/// Why a value cannot be stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// A part is still unknown.
    #[error("the value of {0:?} is not known")]
    Unknown(String),
    /// A part is ephemeral.
    #[error("the value of {0:?} is ephemeral and can not be stored")]
    Ephemeral(String),
    /// A part is sensitive and cannot be sealed.
    #[error("the sensitive value of {path:?} can not be sealed")]
    Unsealed {
        /// Which part.
        path: String,
        /// Why.
        source: crate::world::WorldError,
    },
    /// A form that this version cannot read.
    #[error("the stored attributes do not fit their type")]
    Shape,
}

/// Why a secret cannot be read back.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It cannot be opened here.
    #[error("{}", .0.detail)]
    Closed(Box<crate::diag::Diagnostic>),
    /// What is stored has another form.
    #[error(transparent)]
    Shape(#[from] RecordError),
}

/// Opens a sealed text.
pub type Open<'a> =
    dyn Fn(&str) -> Result<zeroize::Zeroizing<Vec<u8>>, Box<crate::diag::Diagnostic>> + 'a;

/// What is needed to store secrets.
pub trait Sealing {
    /// Seals a secret.
    fn seal(&self, secret: &[u8]) -> Result<String, crate::world::WorldError>;
    /// Fresh random bytes.
    fn salt(&self) -> [u8; 16];
}

impl Record {
    /// Stores a value of a type.
    pub fn new(value: &Value, ty: &Type, sealing: &dyn Sealing) -> Result<Record, RecordError> {
        let mut secrets = Vec::new();
        let plain = extract(value, &mut Vec::new(), &mut |path, secret| {
            secrets.push(SealedSecret::new(path, secret, sealing)?);
            Ok(())
        })?;
        let attributes = encode::encode(&plain, ty).ok_or(RecordError::Shape)?;
        Ok(Record { attributes: attributes.into(), secrets })
    }

    /// Stores what is known of an object that is only being made; unknown parts become null.
    pub fn partial(value: &Value, ty: &Type, sealing: &dyn Sealing) -> Result<Record, RecordError> {
        Record::new(&known_part(value), ty, sealing)
    }

    /// The value, with an unknown sensitive value in the place of each secret.
    pub fn value(&self, ty: &Type) -> Result<Value, RecordError> {
        self.value_like(ty, None)
    }

    /// The value, with the secrets that `like` has in their places where the digests agree.
    /// So a plan can tell whether a secret changed without being able to open the old one.
    pub fn value_like(&self, ty: &Type, like: Option<&Value>) -> Result<Value, RecordError> {
        let plain = encode::decode(&self.attributes, ty).ok_or(RecordError::Shape)?;
        Ok(self.secrets.iter().fold(plain, |value, secret| secret.put_into(value, ty, like)))
    }

    /// The value with all secrets, opened; they stay marked as sensitive.
    ///
    /// # Errors
    /// Fails where one cannot be opened, or what was sealed is no value.
    pub fn opened(&self, ty: &Type, open: &Open<'_>) -> Result<Value, OpenError> {
        let plain = encode::decode(&self.attributes, ty).ok_or(RecordError::Shape)?;
        self.secrets.iter().try_fold(plain, |value, secret| {
            let bytes = open(&secret.sealed).map_err(OpenError::Closed)?;
            let json = serde_json::from_slice(&bytes).map_err(|_| RecordError::Shape)?;
            let own = encode::decode(&json, &Type::Any).ok_or(RecordError::Shape)?;
            Ok(replaced(value, &secret.path, own.mark(Marks::SENSITIVE)))
        })
    }

    /// The same values, sealed anew. The digests stay, so that a plan recognises them.
    pub(super) fn resealed<E>(
        &self,
        again: &mut dyn FnMut(&str) -> Result<String, E>,
    ) -> Result<Record, E> {
        let secrets = self
            .secrets
            .iter()
            .map(|secret| Ok(SealedSecret { sealed: again(&secret.sealed)?, ..secret.clone() }));
        Ok(Record {
            attributes: self.attributes.clone(),
            secrets: secrets.collect::<Result<_, E>>()?,
        })
    }

    /// The attributes as JSON; secrets are null.
    pub fn attributes(&self) -> &Json {
        &self.attributes
    }

    /// The secrets as they are sealed.
    pub(super) fn sealed(&self) -> impl Iterator<Item = &str> {
        self.secrets.iter().map(|secret| secret.sealed.as_str())
    }

    /// The paths of the secrets.
    pub fn secret_paths(&self) -> impl Iterator<Item = &[Text]> {
        self.secrets.iter().map(|secret| &*secret.path)
    }
}

type OnSecret<'a> = dyn FnMut(&[Text], &Value) -> Result<(), RecordError> + 'a;

/// The value with nulls in the place of secrets, each of which is handed out.
fn extract(
    value: &Value,
    path: &mut Vec<Text>,
    secret: &mut OnSecret<'_>,
) -> Result<Value, RecordError> {
    let mut each = |(key, value): (Text, &Value)| {
        path.push(key);
        let plain = extract(value, path, secret);
        let key = path.pop().unwrap_or_default();
        plain.map(|plain| (key, plain))
    };
    match value {
        Value::Unknown(_) => Err(RecordError::Unknown(path.join("."))),
        Value::Marked(inner) if inner.marks.ephemeral => {
            Err(RecordError::Ephemeral(path.join(".")))
        }
        Value::Marked(inner) => {
            if !inner.value.is_wholly_known() {
                return Err(RecordError::Unknown(path.join(".")));
            }
            secret(path, &inner.value)?;
            Ok(Value::Null(inner.value.type_of()))
        }
        Value::Object(attrs) => {
            let attrs = attrs.iter().map(|(k, v)| each((k.clone(), v)));
            Ok(Value::object(attrs.collect::<Result<Vec<_>, _>>()?))
        }
        Value::Map(map) => {
            let items = map.items.iter().map(|(k, v)| each((k.clone(), v)));
            Ok(Value::map(map.elem.clone(), items.collect::<Result<Vec<_>, _>>()?))
        }
        Value::Tuple(items) => Ok(Value::tuple(numbered(items, each)?)),
        Value::List(s) => Ok(Value::list(s.elem.clone(), numbered(&s.items, each)?)),
        // A set has no places: one secret in it makes a secret of the whole.
        Value::Set(_) if value.has_sensitive() => extract(&value.clone().sensitive(), path, secret),
        other => Ok(other.clone()),
    }
}

fn numbered(
    items: &[Value],
    mut each: impl FnMut((Text, &Value)) -> Result<(Text, Value), RecordError>,
) -> Result<Vec<Value>, RecordError> {
    let items = items.iter().enumerate();
    items.map(|(index, item)| each((index.to_string().into(), item)).map(|(_, v)| v)).collect()
}

fn known_part(value: &Value) -> Value {
    match value {
        Value::Unknown(unknown) => Value::Null(unknown.ty.clone()),
        Value::Object(attrs) => {
            Value::object(attrs.iter().map(|(k, v)| (k.clone(), known_part(v))))
        }
        Value::Marked(inner) => known_part(&inner.value).mark(inner.marks),
        value if value.is_wholly_known() => value.clone(),
        value => Value::Null(value.type_of()),
    }
}

impl SealedSecret {
    fn new(path: &[Text], secret: &Value, sealing: &dyn Sealing) -> Result<Self, RecordError> {
        let bytes = bytes_of(secret);
        let salt = sealing.salt();
        let sealed = sealing
            .seal(&bytes)
            .map_err(|source| RecordError::Unsealed { path: path.join("."), source })?;
        Ok(SealedSecret {
            path: path.to_vec(),
            salt: STANDARD.encode(salt),
            digest: STANDARD.encode(digest(&bytes, &salt)),
            sealed,
        })
    }

    fn is_of(&self, value: &Value) -> bool {
        let salt = STANDARD.decode(&self.salt).unwrap_or_default();
        STANDARD.encode(digest(&bytes_of(value), &salt)) == self.digest
    }

    fn put_into(&self, value: Value, ty: &Type, like: Option<&Value>) -> Value {
        let mut candidates: Vec<&Value> = Vec::new();
        if let Some(like) = like {
            // Where its own place is not known yet, it may have been computed from another.
            match at(like, &self.path) {
                Some(own) if own.is_wholly_known() => candidates.push(own),
                _ => secrets_in(like, &mut candidates),
            }
        }
        let same = candidates.into_iter().find(|value| self.is_of(value.bare()));
        let secret = match same {
            Some(value) => value.bare().clone(),
            None => Value::unknown(type_at(ty, &self.path)),
        };
        replaced(value, &self.path, secret.mark(Marks::SENSITIVE))
    }
}

/// All known secrets in a value.
fn secrets_in<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Marked(inner) if inner.marks.sensitive && inner.value.is_wholly_known() => {
            found.push(value);
        }
        Value::Object(attrs) => attrs.values().for_each(|value| secrets_in(value, found)),
        Value::Map(map) => map.items.values().for_each(|value| secrets_in(value, found)),
        Value::Tuple(items) => items.iter().for_each(|value| secrets_in(value, found)),
        Value::List(s) => s.items.iter().for_each(|value| secrets_in(value, found)),
        _ => {}
    }
}

/// The bytes that a secret is sealed and compared as.
fn bytes_of(value: &Value) -> zeroize::Zeroizing<Vec<u8>> {
    let json = encode::encode(&unmarked(value), &Type::Any).unwrap_or(Json::Null);
    zeroize::Zeroizing::new(json.to_string().into_bytes())
}

fn unmarked(value: &Value) -> Value {
    match value {
        Value::Marked(inner) => unmarked(&inner.value),
        Value::Object(attrs) => Value::object(attrs.iter().map(|(k, v)| (k.clone(), unmarked(v)))),
        Value::Map(map) => {
            let items = map.items.iter().map(|(k, v)| (k.clone(), unmarked(v)));
            Value::map(map.elem.clone(), items)
        }
        Value::Tuple(items) => Value::tuple(items.iter().map(unmarked)),
        Value::List(s) => Value::list(s.elem.clone(), s.items.iter().map(unmarked)),
        Value::Set(s) => Value::set(s.elem.clone(), s.items.iter().map(unmarked)),
        other => other.clone(),
    }
}

fn digest(bytes: &[u8], salt: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    let rounds = std::num::NonZeroU32::new(ROUNDS).unwrap_or(std::num::NonZeroU32::MIN);
    aws_lc_rs::pbkdf2::derive(aws_lc_rs::pbkdf2::PBKDF2_HMAC_SHA256, rounds, salt, bytes, &mut out);
    out
}

fn at<'a>(value: &'a Value, path: &[Text]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, part| match value.elements() {
        Some(items) => items.get(part.parse::<usize>().ok()?),
        None => value.attr(part),
    })
}

fn type_at(ty: &Type, path: &[Text]) -> Type {
    path.iter().fold(ty.clone(), |ty, part| match ty {
        Type::Object(attrs) => attrs.get(part).map_or(Type::Any, |attr| attr.ty.clone()),
        Type::Map(elem) | Type::List(elem) | Type::Set(elem) => (*elem).clone(),
        _ => Type::Any,
    })
}

fn replaced(value: Value, path: &[Text], with: Value) -> Value {
    let Some((first, rest)) = path.split_first() else { return with };
    let put = |key: &Text, old: &Value| {
        if key == first { replaced(old.clone(), rest, with.clone()) } else { old.clone() }
    };
    let put_at = |(index, old): (usize, &Value)| put(&index.to_string().into(), old);
    match &value {
        Value::Object(attrs) => Value::object(attrs.iter().map(|(k, v)| (k.clone(), put(k, v)))),
        Value::Map(map) => {
            Value::map(map.elem.clone(), map.items.iter().map(|(k, v)| (k.clone(), put(k, v))))
        }
        Value::Tuple(items) => Value::tuple(items.iter().enumerate().map(put_at)),
        Value::List(s) => Value::list(s.elem.clone(), s.items.iter().enumerate().map(put_at)),
        other => other.clone(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) struct Blind;

    impl Sealing for Blind {
        fn seal(&self, _: &[u8]) -> Result<String, crate::world::WorldError> {
            Ok("sealed".to_owned())
        }

        fn salt(&self) -> [u8; 16] {
            [7; 16]
        }
    }

    fn ty() -> Type {
        Type::object([("path", Type::String), ("content", Type::String)])
    }

    fn object(content: Value) -> Value {
        Value::object([("path", Value::from("/x")), ("content", content)])
    }

    #[test]
    fn no_secret_is_in_the_stored_form() {
        let value = object(Value::from("hunter2").sensitive());
        let record = Record::new(&value, &ty(), &Blind).unwrap();
        let stored = serde_json::to_string(&record).unwrap();
        assert!(!stored.contains("hunter2"), "{stored}");
        assert!(!format!("{record:?}").contains("hunter2"));
    }

    #[test]
    fn a_secret_is_recognised_but_not_recovered() {
        let same = object(Value::from("hunter2").sensitive());
        let other = object(Value::from("hunter3").sensitive());
        let record = Record::new(&same, &ty(), &Blind).unwrap();
        assert_eq!(record.value_like(&ty(), Some(&same)).unwrap(), same);
        let blind = record.value_like(&ty(), Some(&other)).unwrap();
        assert!(blind.attr("content").unwrap().is_unknown());
        assert!(record.value(&ty()).unwrap().has_sensitive());
    }

    #[test]
    fn unknown_values_are_refused_unless_only_begun() {
        let value = object(Value::unknown(Type::String));
        let refused = Record::new(&value, &ty(), &Blind);
        assert_eq!(refused, Err(RecordError::Unknown("content".to_owned())));
        let partial = Record::partial(&value, &ty(), &Blind).unwrap();
        assert!(partial.value(&ty()).unwrap().attr("content").unwrap().is_null());
    }
}
