//! Type constraints.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::{Text, Value};

/// The type of a value, or a constraint on it.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// Any type at all.
    Any,
    /// `bool`
    Bool,
    /// `number`
    Number,
    /// `string`
    String,
    /// `list(T)`
    List(Arc<Type>),
    /// `set(T)`
    Set(Arc<Type>),
    /// `map(T)`
    Map(Arc<Type>),
    /// `tuple([T, ...])`
    Tuple(Arc<Vec<Type>>),
    /// `object({ name = T, ... })`
    Object(Arc<BTreeMap<Text, ObjectAttr>>),
}

/// An attribute of an object type.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectAttr {
    /// Its type.
    pub ty: Type,
    /// Whether it may be left out.
    pub optional: bool,
    /// What stands for it when it is left out or null.
    pub default: Option<Value>,
}

impl Type {
    /// `list(elem)`
    pub fn list(elem: Type) -> Type {
        Type::List(Arc::new(elem))
    }

    /// `set(elem)`
    pub fn set(elem: Type) -> Type {
        Type::Set(Arc::new(elem))
    }

    /// `map(elem)`
    pub fn map(elem: Type) -> Type {
        Type::Map(Arc::new(elem))
    }

    /// `object({...})` of required attributes.
    pub fn object<K: Into<Text>>(attrs: impl IntoIterator<Item = (K, Type)>) -> Type {
        let required = |ty| ObjectAttr { ty, optional: false, default: None };
        Type::Object(Arc::new(attrs.into_iter().map(|(k, ty)| (k.into(), required(ty))).collect()))
    }

    /// Whether the type is open anywhere.
    pub fn has_any(&self) -> bool {
        match self {
            Type::Any => true,
            Type::Bool | Type::Number | Type::String => false,
            Type::List(elem) | Type::Set(elem) | Type::Map(elem) => elem.has_any(),
            Type::Tuple(items) => items.iter().any(Type::has_any),
            Type::Object(attrs) => attrs.values().any(|attr| attr.ty.has_any()),
        }
    }

    /// The type that values of this constraint have: nothing is optional.
    pub fn plain(&self) -> Type {
        match self {
            Type::Any | Type::Bool | Type::Number | Type::String => self.clone(),
            Type::List(elem) => Type::list(elem.plain()),
            Type::Set(elem) => Type::set(elem.plain()),
            Type::Map(elem) => Type::map(elem.plain()),
            Type::Tuple(items) => Type::Tuple(Arc::new(items.iter().map(Type::plain).collect())),
            Type::Object(attrs) => {
                Type::object(attrs.iter().map(|(name, attr)| (name.clone(), attr.ty.plain())))
            }
        }
    }

    /// Whether this is `bool`, `number` or `string`.
    pub fn is_primitive(&self) -> bool {
        matches!(self, Type::Bool | Type::Number | Type::String)
    }

    /// In prose: `list of string`, `object`.
    pub fn friendly_name(&self) -> String {
        match self {
            Type::Any => "dynamic".to_owned(),
            Type::Bool => "bool".to_owned(),
            Type::Number => "number".to_owned(),
            Type::String => "string".to_owned(),
            Type::List(elem) => format!("list of {}", elem.friendly_name()),
            Type::Set(elem) => format!("set of {}", elem.friendly_name()),
            Type::Map(elem) => format!("map of {}", elem.friendly_name()),
            Type::Tuple(_) => "tuple".to_owned(),
            Type::Object(_) => "object".to_owned(),
        }
    }

    /// In prose, as what is asked for: `list of any single type`, where the type of a value is
    /// called `list of dynamic`.
    pub fn constraint_name(&self) -> String {
        match self {
            Type::Any => "any type".to_owned(),
            Type::List(elem) => format!("list of {}", elem.constraint_part()),
            Type::Set(elem) => format!("set of {}", elem.constraint_part()),
            Type::Map(elem) => format!("map of {}", elem.constraint_part()),
            other => other.friendly_name(),
        }
    }

    fn constraint_part(&self) -> String {
        if *self == Type::Any { "any single type".to_owned() } else { self.constraint_name() }
    }
}

/// As it is written in a configuration: `object({a=string,b=optional(number)})`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Any => f.write_str("any"),
            Type::Bool => f.write_str("bool"),
            Type::Number => f.write_str("number"),
            Type::String => f.write_str("string"),
            Type::List(elem) => write!(f, "list({elem})"),
            Type::Set(elem) => write!(f, "set({elem})"),
            Type::Map(elem) => write!(f, "map({elem})"),
            Type::Tuple(items) => {
                let items: Vec<String> = items.iter().map(Type::to_string).collect();
                write!(f, "tuple([{}])", items.join(","))
            }
            Type::Object(attrs) => {
                let attrs: Vec<String> = attrs.iter().map(shown_attr).collect();
                write!(f, "object({{{}}})", attrs.join(","))
            }
        }
    }
}

fn shown_attr((name, attr): (&Text, &ObjectAttr)) -> String {
    let name = if is_name(name) { name.to_string() } else { format!("{name:?}") };
    match (attr.optional, &attr.default) {
        (false, _) => format!("{name}={}", attr.ty),
        (true, None) => format!("{name}=optional({})", attr.ty),
        (true, Some(default)) => format!("{name}=optional({},{})", attr.ty, default.to_console()),
    }
}

/// Whether a text can stand for an attribute without quotes.
pub(crate) fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

impl Value {
    /// The type of this value.
    pub fn type_of(&self) -> Type {
        match self {
            Value::Null(ty) => ty.clone(),
            Value::Bool(_) => Type::Bool,
            Value::Number(_) => Type::Number,
            Value::String(_) => Type::String,
            Value::List(sequence) => Type::list(sequence.elem.clone()),
            Value::Set(sequence) => Type::set(sequence.elem.clone()),
            Value::Tuple(items) => {
                Type::Tuple(Arc::new(items.iter().map(Value::type_of).collect()))
            }
            Value::Map(mapping) => Type::map(mapping.elem.clone()),
            Value::Object(attrs) => {
                Type::object(attrs.iter().map(|(name, value)| (name.clone(), value.type_of())))
            }
            Value::Unknown(unknown) => unknown.ty.clone(),
            Value::Marked(inner) => inner.value.type_of(),
        }
    }
}
