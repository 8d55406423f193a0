//! The one type that several types convert to.

use std::sync::Arc;

use super::{Text, Type, Value};

/// The type that values of all these types can be converted to, if there is one.
pub fn unify(types: &[Type]) -> Option<Type> {
    let (first, rest) = types.split_first()?;
    if rest.iter().all(|ty| ty == first) {
        return Some(first.clone());
    }
    let known: Vec<&Type> = types.iter().filter(|ty| **ty != Type::Any).collect();
    let open = known.len() < types.len();
    let all = |is: fn(&Type) -> bool| known.iter().all(|ty| is(ty));
    if all(Type::is_primitive) {
        return primitives(&known);
    }
    if all(|ty| matches!(ty, Type::List(_) | Type::Tuple(_) | Type::Set(_)))
        || all(|ty| matches!(ty, Type::Map(_) | Type::Object(_)))
    {
        // An open type could still turn out to decide the outcome.
        return if open { Some(Type::Any) } else { structures(&known) };
    }
    None
}

fn primitives(types: &[&Type]) -> Option<Type> {
    if types.iter().all(|ty| *ty == types[0]) {
        return Some(types[0].clone());
    }
    types.contains(&&Type::String).then_some(Type::String)
}

fn structures(types: &[&Type]) -> Option<Type> {
    let tuples: Option<Vec<&Vec<Type>>> = types.iter().map(|ty| as_tuple(ty)).collect();
    if let Some(tuples) = tuples {
        return same_tuple(&tuples).or_else(|| Some(Type::list(element(types)?)));
    }
    if let Some(object) = same_object(types) {
        return Some(object);
    }
    let elem = element(types)?;
    match types {
        [Type::Map(_) | Type::Object(_), ..] => Some(Type::map(elem)),
        _ if types.iter().all(|ty| matches!(ty, Type::Set(_))) => Some(Type::set(elem)),
        _ if types.iter().any(|ty| matches!(ty, Type::Set(_)))
            && types.iter().any(|ty| matches!(ty, Type::Tuple(_))) =>
        {
            Some(Type::set(elem))
        }
        _ => Some(Type::list(elem)),
    }
}

fn as_tuple(ty: &Type) -> Option<&Vec<Type>> {
    match ty {
        Type::Tuple(items) => Some(items),
        _ => None,
    }
}

/// Tuples of one length whose elements agree place by place.
fn same_tuple(tuples: &[&Vec<Type>]) -> Option<Type> {
    let length = tuples.first()?.len();
    if tuples.iter().any(|items| items.len() != length) {
        return None;
    }
    let place = |index: usize| {
        let types: Vec<Type> = tuples.iter().map(|items| items[index].clone()).collect();
        unify(&types)
    };
    Some(Type::Tuple(Arc::new((0..length).map(place).collect::<Option<_>>()?)))
}

/// Objects of the same attribute names whose attributes agree name by name.
fn same_object(types: &[&Type]) -> Option<Type> {
    let Type::Object(first) = types.first()? else { return None };
    let attr = |name: &Text| {
        let each = types.iter().map(|ty| match ty {
            Type::Object(attrs) if attrs.len() == first.len() => {
                attrs.get(name).map(|attr| attr.ty.clone())
            }
            _ => None,
        });
        unify(&each.collect::<Option<Vec<Type>>>()?)
    };
    if types.iter().any(|ty| !matches!(ty, Type::Object(attrs) if attrs.len() == first.len())) {
        return None;
    }
    let attrs: Option<Vec<(Text, Type)>> =
        first.keys().map(|name| Some((name.clone(), attr(name)?))).collect();
    Some(Type::object(attrs?))
}

/// What all parts of all types have in common.
fn element(types: &[&Type]) -> Option<Type> {
    let mut parts = Vec::new();
    for ty in types {
        match ty {
            Type::List(elem) | Type::Set(elem) | Type::Map(elem) => parts.push((**elem).clone()),
            Type::Tuple(items) => parts.extend(items.iter().cloned()),
            Type::Object(attrs) => parts.extend(attrs.values().map(|attr| attr.ty.clone())),
            _ => return None,
        }
    }
    if parts.is_empty() { Some(Type::Any) } else { unify(&parts) }
}

impl Value {
    /// These values, converted to the type they have in common, and that type.
    pub fn unify_all(values: &[Value]) -> Option<(Type, Vec<Value>)> {
        let types: Vec<Type> = values.iter().map(Value::type_of).collect();
        let common = unify(&types)?;
        let values = values.iter().map(|value| value.convert(&common).ok()).collect::<Option<_>>();
        Some((common, values?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::testing::ty;

    #[test]
    fn types_meet_where_terraforms_do() {
        for (types, expected) in [
            (&["string", "number", "bool"][..], Some("string")),
            (&["number", "bool"], None),
            (&["any", "number"], Some("number")),
            (&["list(number)", "list(string)"], Some("list(string)")),
            (&["list(string)", "set(string)"], Some("list(string)")),
            (&["tuple([string])", "tuple([string,number])"], Some("list(string)")),
            (&["tuple([number])", "tuple([string])"], Some("tuple([string])")),
            (&["tuple([])", "tuple([number,number])"], Some("list(number)")),
            (&["list(number)", "tuple([string])"], Some("list(string)")),
            (&["object({a=number})", "object({b=string})"], Some("map(string)")),
            (&["object({a=number})", "object({a=string})"], Some("object({a=string})")),
            (&["object({a=number,b=tuple([])})", "object({a=string,b=string})"], None),
            (&["map(number)", "object({b=string})"], Some("map(string)")),
            (&["object({})", "object({a=number})"], Some("map(number)")),
            (&["object({})", "tuple([])"], None),
            (&["string", "tuple([])"], None),
        ] {
            let types: Vec<Type> = types.iter().map(|text| ty(text)).collect();
            let found = unify(&types).map(|ty| ty.to_string());
            assert_eq!(found.as_deref(), expected, "{types:?}");
        }
    }
}
