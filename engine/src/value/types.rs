//! Type constraints.

use std::collections::BTreeMap;
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
}
