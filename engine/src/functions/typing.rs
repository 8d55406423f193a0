//! The type of a result whose arguments are not known yet, where it follows from their types.

use std::sync::Arc;

use super::regexp;
use crate::value::{ObjectAttr, Type, Value, unify};

/// The type that a function's result will have; none where that hangs on more than types.
pub fn result(name: &str, args: &[Value]) -> Option<Type> {
    let types: Vec<Type> = args.iter().map(Value::type_of).collect();
    let first = types.first()?;
    if name == "assumeequal" {
        return types.get(1).filter(|ty| !ty.has_any()).cloned();
    }
    if name.starts_with("assume") {
        return (!first.has_any()).then(|| first.clone());
    }
    match name {
        "chunklist" => Some(Type::list(list(first)?.clone())),
        "concat" => types.iter().all(|ty| ty == first).then(|| list(first).cloned())?,
        "distinct" | "reverse" | "slice" => list(first).cloned(),
        "matchkeys" => list(first).cloned(),
        "element" => element(first).cloned(),
        "one" => match first {
            Type::Tuple(items) => items.first().cloned(),
            _ => element(first).cloned(),
        },
        "keys" => keys(first),
        "lookup" => match first {
            Type::Map(elem) => Some((**elem).clone()),
            _ => None,
        },
        "merge" => merged(&types),
        "range" => Some(Type::list(Type::Number)),
        "regex" => regexp::match_type(args[0].as_str()?),
        "regexall" => regexp::match_type(args[0].as_str()?).map(Type::list),
        "setintersection" | "setsubtract" | "setunion" => unify(&types),
        "setproduct" => product(&types),
        "values" => values(first),
        "zipmap" => zipped(&args[0], types.get(1)?),
        _ => None,
    }
    .filter(|ty| !ty.has_any())
}

fn list(ty: &Type) -> Option<&Type> {
    matches!(ty, Type::List(_)).then_some(ty)
}

fn element(ty: &Type) -> Option<&Type> {
    match ty {
        Type::List(elem) | Type::Set(elem) => Some(elem),
        _ => None,
    }
}

fn keys(ty: &Type) -> Option<Type> {
    match ty {
        Type::Map(_) => Some(Type::list(Type::String)),
        Type::Object(attrs) => Some(Type::Tuple(Arc::new(vec![Type::String; attrs.len()]))),
        _ => None,
    }
}

fn values(ty: &Type) -> Option<Type> {
    match ty {
        Type::Map(elem) => Some(Type::List(elem.clone())),
        Type::Object(attrs) => {
            Some(Type::Tuple(Arc::new(attrs.values().map(|attr| attr.ty.clone()).collect())))
        }
        _ => None,
    }
}

/// One map type if all are that, otherwise an object of the attributes of all objects.
fn merged(types: &[Type]) -> Option<Type> {
    let first = types.first()?;
    if matches!(first, Type::Map(_)) && types.iter().all(|ty| ty == first) {
        return Some(first.clone());
    }
    let objects: Option<Vec<_>> = types
        .iter()
        .map(|ty| match ty {
            Type::Object(attrs) => Some(attrs),
            _ => None,
        })
        .collect();
    let attrs = objects?.into_iter().flat_map(|attrs| attrs.iter());
    let required = |attr: &ObjectAttr| ObjectAttr { optional: false, ..attr.clone() };
    Some(Type::Object(Arc::new(attrs.map(|(name, attr)| (name.clone(), required(attr))).collect())))
}

/// Tuples give each key a type of its own.
fn zipped(keys: &Value, values: &Type) -> Option<Type> {
    match values {
        Type::List(elem) => Some(Type::map((**elem).clone())),
        Type::Tuple(types) => {
            let keys: Option<Vec<&str>> = keys.elements()?.iter().map(Value::as_str).collect();
            Some(Type::object(keys?.into_iter().zip(types.iter().cloned())))
        }
        _ => None,
    }
}

fn product(types: &[Type]) -> Option<Type> {
    let items: Option<Vec<Type>> = types.iter().map(|ty| element(ty).cloned()).collect();
    let tuple = Type::Tuple(Arc::new(items?));
    match types.iter().any(|ty| matches!(ty, Type::Set(_))) {
        true => Some(Type::set(tuple)),
        false => Some(Type::list(tuple)),
    }
}
