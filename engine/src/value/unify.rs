//! The one type that several types convert to.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::convert::possible;
use super::{ObjectAttr, Text, Type, Value};

/// Which conversions a common type may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Conversions {
    /// Those of some values too, as from a text to a number.
    Possible,
    /// Only those that no value fails.
    Certain,
}

use Conversions::{Certain, Possible};

/// The type that values of all these types can be converted to, if there is one.
///
/// Not every value of a set has to convert to it where lists, sets and tuples meet.
pub fn unify(types: &[Type]) -> Option<Type> {
    Possible.unify(types)
}

/// The type that every value of all these types can be converted to, if there is one.
pub(super) fn unify_certainly(types: &[Type]) -> Option<Type> {
    Certain.unify(types)
}

impl Conversions {
    fn unify(self, types: &[Type]) -> Option<Type> {
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
            return if open { Some(Type::Any) } else { self.structures(&known) };
        }
        None
    }

    fn structures(self, types: &[&Type]) -> Option<Type> {
        let tuples: Option<Vec<&Vec<Type>>> = types.iter().map(|ty| as_tuple(ty)).collect();
        if let Some(tuples) = tuples
            && tuples.iter().all(|items| items.len() == tuples[0].len())
        {
            return self.same_tuple(&tuples);
        }
        let objects: Option<Vec<&Attrs>> = types.iter().map(|ty| as_object(ty)).collect();
        if let Some(objects) = objects
            && objects.iter().all(|attrs| attrs.keys().eq(objects[0].keys()))
        {
            return self.same_object(&objects);
        }
        let sets = types.iter().filter(|ty| matches!(ty, Type::Set(_))).count();
        if sets > 0 && sets < types.len() {
            return self.one_of(types);
        }
        let maps = types.iter().any(|ty| matches!(ty, Type::Map(_)));
        let elem = match self.element(types) {
            None if self == Possible && maps => return self.one_of(types),
            elem => elem?,
        };
        Some(match types {
            [Type::Map(_) | Type::Object(_), ..] => Type::map(elem),
            [Type::Set(_), ..] => Type::set(elem),
            _ => Type::list(elem),
        })
    }

    /// Sets beside lists and tuples, or maps beside objects unlike them: the first of the types that all the others convert to.
    fn one_of(self, types: &[&Type]) -> Option<Type> {
        let mut wanted: Vec<&Type> = types.to_vec();
        wanted.sort_by_key(|ty| preference(ty));
        wanted.into_iter().find(|ty| types.iter().all(|from| self.converts(from, ty))).cloned()
    }

    fn converts(self, from: &Type, to: &Type) -> bool {
        if self == Possible {
            return possible(from, to).is_ok();
        }
        let (Type::List(elem) | Type::Set(elem)) = to else { return from == to };
        match from {
            // A list may have an element twice.
            Type::List(_) if matches!(to, Type::Set(_)) => false,
            Type::List(open) | Type::Set(open) if **open == Type::Any => true,
            _ if elem.has_any() => possible(from, to).is_ok(),
            _ => self.element(&[to, from]).as_ref() == Some(&**elem),
        }
    }

    /// Tuples of one length agree place by place or not at all.
    fn same_tuple(self, tuples: &[&Vec<Type>]) -> Option<Type> {
        let place = |index: usize| {
            let types: Vec<Type> = tuples.iter().map(|items| items[index].clone()).collect();
            self.unify(&types)
        };
        let items: Option<Vec<Type>> = (0..tuples[0].len()).map(place).collect();
        Some(Type::Tuple(Arc::new(items?)))
    }

    /// Objects of the same attribute names agree name by name or not at all.
    fn same_object(self, objects: &[&Attrs]) -> Option<Type> {
        let attr = |name: &Text| {
            let attrs = objects.iter().filter_map(|attrs| attrs.get(name));
            let types: Vec<Type> = attrs.map(|attr| attr.ty.clone()).collect();
            Some((name.clone(), self.unify(&types)?))
        };
        let attrs: Option<Vec<(Text, Type)>> = objects[0].keys().map(attr).collect();
        Some(Type::object(attrs?))
    }

    /// What all parts of all types have in common.
    fn element(self, types: &[&Type]) -> Option<Type> {
        let mut parts = Vec::new();
        for ty in types {
            match ty {
                Type::List(elem) | Type::Set(elem) | Type::Map(elem) => {
                    parts.push((**elem).clone());
                }
                Type::Tuple(items) => parts.extend(items.iter().cloned()),
                Type::Object(attrs) => parts.extend(attrs.values().map(|attr| attr.ty.clone())),
                _ => return None,
            }
        }
        if parts.is_empty() { Some(Type::Any) } else { self.unify(&parts) }
    }
}

/// Lists before tuples before sets, and texts before other primitive values.
fn preference(ty: &Type) -> Vec<u8> {
    let below = |rank: u8, elem: &Type| [vec![rank], preference(elem)].concat();
    match ty {
        Type::List(elem) => below(0, elem),
        Type::Set(elem) => below(2, elem),
        Type::Map(elem) => below(0, elem),
        Type::String => vec![0],
        Type::Any => vec![3],
        _ => vec![1],
    }
}

fn primitives(types: &[&Type]) -> Option<Type> {
    if types.iter().all(|ty| *ty == types[0]) {
        return Some(types[0].clone());
    }
    types.contains(&&Type::String).then_some(Type::String)
}

fn as_tuple(ty: &Type) -> Option<&Vec<Type>> {
    match ty {
        Type::Tuple(items) => Some(items),
        _ => None,
    }
}

type Attrs = BTreeMap<Text, ObjectAttr>;

fn as_object(ty: &Type) -> Option<&Attrs> {
    match ty {
        Type::Object(attrs) => Some(attrs),
        _ => None,
    }
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
            (&["set(number)", "tuple([string])"], Some("set(number)")),
            (&["set(string)", "list(number)", "tuple([bool])"], Some("set(string)")),
            (&["object({a=number})", "object({b=string})"], Some("map(string)")),
            (&["object({a=number})", "object({a=string})"], Some("object({a=string})")),
            (&["object({a=number,b=tuple([])})", "object({a=string,b=string})"], None),
            (&["object({a=number,b=string})", "object({a=bool,b=number})"], None),
            (&["tuple([number,string])", "tuple([bool,number])"], None),
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
