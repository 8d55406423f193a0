//! Configuration values: what is not known yet, and what must not be shown, is part of the value.

mod console;
mod convert;
mod equal;
mod json;
mod number;
mod partial;
mod set;
mod settle;
mod types;
mod unify;
pub(crate) mod wire;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

pub(crate) use console::quote;
pub use convert::{ConvertError, PathStep};
pub use json::JsonError;
pub use number::{NotANumber, Number, ParseNumberError};
pub use partial::{KnownPart, Unknown};
pub(crate) use set::Index;
pub(crate) use types::is_name;
pub use types::{ObjectAttr, Type};
pub use unify::unify;

/// Text in Unicode normal form C, cheap to clone.
pub type Text = Arc<str>;

/// A configuration value.
///
/// Cloning is cheap: everything of any size is shared.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// No value, of a type; `null` as written has [`Type::Any`].
    Null(Type),
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text.
    String(Text),
    /// Elements of one type in order.
    List(Arc<Sequence>),
    /// Distinct elements of one type, sorted as Terraform iterates them.
    Set(Arc<Sequence>),
    /// Elements each of its own type.
    Tuple(Arc<Vec<Value>>),
    /// Elements of one type by key.
    Map(Arc<Mapping>),
    /// Attributes each of its own type.
    Object(Arc<BTreeMap<Text, Value>>),
    /// Not known before something has been applied.
    Unknown(Arc<Unknown>),
    /// A value with marks, such as sensitive; never directly around another marked value.
    Marked(Arc<Marked>),
}

/// Elements of a list or set with their common type.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequence {
    /// The common type, known even when there is no element.
    pub elem: Type,
    /// The elements.
    pub items: Vec<Value>,
}

/// Elements of a map with their common type.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping {
    /// The common type, known even when there is no element.
    pub elem: Type,
    /// The elements by key.
    pub items: BTreeMap<Text, Value>,
}

/// Marks on a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Marks {
    /// Must not be shown.
    pub sensitive: bool,
    /// Must not be stored.
    pub ephemeral: bool,
}

impl Marks {
    /// The mark of secrets.
    pub const SENSITIVE: Marks = Marks { sensitive: true, ephemeral: false };

    /// Both sets together.
    pub fn union(self, other: Marks) -> Marks {
        Marks {
            sensitive: self.sensitive || other.sensitive,
            ephemeral: self.ephemeral || other.ephemeral,
        }
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self == Marks::default()
    }
}

/// A value under marks.
#[derive(Clone, PartialEq)]
pub struct Marked {
    /// The marks; not empty.
    pub marks: Marks,
    /// The value; not itself [`Value::Marked`], but parts of it may be.
    pub value: Value,
}

impl Value {
    /// `null` as written.
    pub const NULL: Value = Value::Null(Type::Any);

    /// Text, brought to normal form C.
    pub fn string(text: impl AsRef<str>) -> Value {
        Value::String(normalized(text.as_ref()))
    }

    /// An object of its attributes.
    pub fn object<K: Into<Text>>(attrs: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::Object(Arc::new(by_key(attrs)))
    }

    /// A tuple of its elements.
    pub fn tuple(items: impl IntoIterator<Item = Value>) -> Value {
        Value::Tuple(Arc::new(items.into_iter().collect()))
    }

    /// A list of elements that all have type `elem`.
    pub fn list(elem: Type, items: impl IntoIterator<Item = Value>) -> Value {
        Value::List(Arc::new(Sequence { elem, items: items.into_iter().collect() }))
    }

    /// A map of elements that all have type `elem`.
    pub fn map<K: Into<Text>>(elem: Type, items: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::Map(Arc::new(Mapping { elem, items: by_key(items) }))
    }

    /// This value under further marks; a value without new marks is returned as it is.
    pub fn mark(self, marks: Marks) -> Value {
        if marks.is_empty() {
            return self;
        }
        match self {
            Value::Marked(inner) => Value::Marked(Arc::new(Marked {
                marks: inner.marks.union(marks),
                value: inner.value.clone(),
            })),
            value => Value::Marked(Arc::new(Marked { marks, value })),
        }
    }

    /// This value under the mark of secrets.
    pub fn sensitive(self) -> Value {
        self.mark(Marks::SENSITIVE)
    }

    /// The value without its outermost marks, and those marks.
    pub fn unmark(&self) -> (&Value, Marks) {
        match self {
            Value::Marked(inner) => (&inner.value, inner.marks),
            value => (value, Marks::default()),
        }
    }

    /// The value below outermost marks.
    pub fn bare(&self) -> &Value {
        self.unmark().0
    }

    /// Whether this is null, under marks or not.
    pub fn is_null(&self) -> bool {
        matches!(self.bare(), Value::Null(_))
    }

    /// Whether the value itself (not its parts) is unknown.
    pub fn is_unknown(&self) -> bool {
        matches!(self.bare(), Value::Unknown(_))
    }

    /// Whether neither the value nor any part of it is unknown.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Value::Null(_) | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
            Value::List(s) | Value::Set(s) => s.items.iter().all(Value::is_wholly_known),
            Value::Tuple(items) => items.iter().all(Value::is_wholly_known),
            Value::Map(map) => map.items.values().all(Value::is_wholly_known),
            Value::Object(attrs) => attrs.values().all(Value::is_wholly_known),
            Value::Unknown(_) => false,
            Value::Marked(inner) => inner.value.is_wholly_known(),
        }
    }

    /// Whether the value or any part of it is sensitive.
    pub fn has_sensitive(&self) -> bool {
        match self {
            Value::List(s) | Value::Set(s) => s.items.iter().any(Value::has_sensitive),
            Value::Tuple(items) => items.iter().any(Value::has_sensitive),
            Value::Map(map) => map.items.values().any(Value::has_sensitive),
            Value::Object(attrs) => attrs.values().any(Value::has_sensitive),
            Value::Marked(inner) => inner.marks.sensitive || inner.value.has_sensitive(),
            _ => false,
        }
    }

    /// Whether the value or any part of it has marks.
    pub fn has_marks(&self) -> bool {
        match self {
            Value::List(s) | Value::Set(s) => s.items.iter().any(Value::has_marks),
            Value::Tuple(items) => items.iter().any(Value::has_marks),
            Value::Map(map) => map.items.values().any(Value::has_marks),
            Value::Object(attrs) => attrs.values().any(Value::has_marks),
            Value::Marked(_) => true,
            _ => false,
        }
    }

    /// The text, where this is a known string (marks are looked through).
    pub fn as_str(&self) -> Option<&str> {
        match self.bare() {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, where this is a known bool (marks are looked through).
    pub fn as_bool(&self) -> Option<bool> {
        match self.bare() {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, where this is a known number (marks are looked through).
    pub fn as_number(&self) -> Option<&Number> {
        match self.bare() {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// An attribute of an object or element of a map, by name (marks are looked through).
    pub fn attr(&self, name: &str) -> Option<&Value> {
        match self.bare() {
            Value::Object(attrs) => attrs.get(name),
            Value::Map(map) => map.items.get(name),
            _ => None,
        }
    }

    /// The elements of a known list, set or tuple (marks are looked through).
    pub fn elements(&self) -> Option<&[Value]> {
        match self.bare() {
            Value::List(s) | Value::Set(s) => Some(&s.items),
            Value::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// The entries of a known map or object (marks are looked through).
    pub fn entries(&self) -> Option<&BTreeMap<Text, Value>> {
        match self.bare() {
            Value::Map(map) => Some(&map.items),
            Value::Object(attrs) => Some(attrs),
            _ => None,
        }
    }
}

/// So many entries fit into one piece of a map.
const FEW: usize = 11;

/// Entries by their keys; of two with the same key the later one counts. A few are put in one by one,
/// which needs no list of them to sort.
fn by_key<K: Into<Text>>(entries: impl IntoIterator<Item = (K, Value)>) -> BTreeMap<Text, Value> {
    let entries = entries.into_iter().map(|(key, value)| (key.into(), value));
    if entries.size_hint().1.is_none_or(|most| most > FEW) {
        return entries.collect();
    }
    let mut map = BTreeMap::new();
    map.extend(entries);
    map
}

/// Text in normal form C; shared with the caller's where it already is.
pub fn normalized(text: &str) -> Text {
    use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return Arc::from(text);
    }
    Arc::from(text.nfc().collect::<String>())
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::string(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::string(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Number(Number::from(number))
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Value::Number(Number::from(number))
    }
}

/// How many there are of something, or where something is.
impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Value::Number(Number::count(number))
    }
}

/// Shows structure for tests and bug reports; what is sensitive is blank.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null(_) => f.write_str("null"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Number(number) => write!(f, "{number}"),
            Value::String(text) => write!(f, "{text:?}"),
            Value::List(s) => f.debug_list().entries(&s.items).finish(),
            Value::Set(s) => f.debug_set().entries(&s.items).finish(),
            Value::Tuple(items) => f.debug_list().entries(items.iter()).finish(),
            Value::Map(map) => f.debug_map().entries(&map.items).finish(),
            Value::Object(attrs) => f.debug_map().entries(attrs.iter()).finish(),
            Value::Unknown(_) => f.write_str("(unknown)"),
            Value::Marked(inner) => fmt::Debug::fmt(inner, f),
        }
    }
}

impl fmt::Debug for Marked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.marks.sensitive { f.write_str("(sensitive)") } else { self.value.fmt(f) }
    }
}
