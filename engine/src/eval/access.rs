//! One step into a value: an attribute or an index.

use std::collections::BTreeMap;

use super::TraversalStep;
use crate::suggest::did_you_mean;
use crate::value::{Text, Type, Unknown, Value};

/// Why a step leads nowhere.
pub(super) struct Problem {
    pub(super) summary: &'static str,
    pub(super) detail: String,
    pub(super) help: Option<String>,
}

type Step = Result<Value, Problem>;

fn problem<T>(summary: &'static str, detail: impl Into<String>) -> Result<T, Problem> {
    Err(Problem { summary, detail: detail.into(), help: None })
}

const NO_ELEMENT: &str = "The given key does not identify an element in this collection value";

/// The part of a value that a step leads to, under the marks of the value and of the index.
pub(super) fn step(value: &Value, step: &TraversalStep) -> Step {
    let (bare, marks) = value.unmark();
    match step {
        TraversalStep::Attr(name, _) => Ok(attr(bare, name)?.mark(marks)),
        TraversalStep::Index(key, _) => {
            let (key, more) = key.unmark_deep();
            Ok(index(bare, &key)?.mark(marks.union(more)))
        }
    }
}

fn attr(value: &Value, name: &Text) -> Step {
    match value {
        Value::Null(_) => problem(
            "Attempt to get attribute from null value",
            "This value is null, so it does not have any attributes.",
        ),
        Value::Object(attrs) => attrs.get(name).cloned().ok_or_else(|| Problem {
            summary: "Unsupported attribute",
            detail: format!("This object does not have an attribute named {name:?}."),
            help: did_you_mean(name, attrs.keys()),
        }),
        Value::Map(map) => map.items.get(name).cloned().ok_or_else(|| Problem {
            summary: "Missing map element",
            detail: format!("This map does not have an element with the key {name:?}."),
            help: did_you_mean(name, map.items.keys()),
        }),
        Value::Unknown(unknown) => unknown_attr(unknown, name),
        other => no_attributes(&other.type_of(), name),
    }
}

fn unknown_attr(unknown: &Unknown, name: &Text) -> Step {
    match &unknown.ty {
        Type::Any => Ok(still_unknown(unknown, Type::Any)),
        Type::Map(elem) => Ok(still_unknown(unknown, (**elem).clone())),
        Type::Object(attrs) => match attrs.get(name) {
            Some(attr) => Ok(still_unknown(unknown, attr.ty.clone())),
            None => Err(Problem {
                summary: "Unsupported attribute",
                detail: format!("This object does not have an attribute named {name:?}."),
                help: did_you_mean(name, attrs.keys()),
            }),
        },
        other => no_attributes(other, name),
    }
}

fn still_unknown(unknown: &Unknown, ty: Type) -> Value {
    Unknown { cause: unknown.cause.clone(), ..Unknown::of(ty) }.value()
}

fn no_attributes(ty: &Type, name: &str) -> Step {
    let object = |elem: &Type| matches!(elem, Type::Object(_));
    let detail = match ty {
        Type::List(elem) if object(elem) => format!(
            "Can't access attributes on a list of objects. Did you mean to access attribute \
             {name:?} for a specific element of the list, or across all elements of the list?"
        ),
        Type::Set(elem) if object(elem) => {
            "Can't access attributes on a set of objects. Did you mean to access an attribute \
             across all elements of the set?"
                .to_owned()
        }
        ty if ty.is_primitive() => {
            format!("Can't access attributes on a primitive-typed value ({}).", ty.friendly_name())
        }
        _ => "This value does not have any attributes.".to_owned(),
    };
    problem("Unsupported attribute", detail)
}

fn index(value: &Value, key: &Value) -> Step {
    if value.is_null() {
        let detail = "This value is null, so it does not have any indices.";
        return problem("Attempt to index null value", detail);
    }
    if key.is_null() {
        return problem("Invalid index", "Can't use a null value as an indexing key.");
    }
    match value {
        Value::List(s) if key.is_unknown() => unknown_key(key, &Type::Number, s.elem.clone()),
        Value::List(s) => sequence(&s.items, key),
        Value::Tuple(_) if key.is_unknown() => unknown_key(key, &Type::Number, Type::Any),
        Value::Tuple(items) => sequence(items, key),
        Value::Map(map) if key.is_unknown() => unknown_key(key, &Type::String, map.elem.clone()),
        Value::Map(map) => keyed(key, map.items.keys(), |key| map.items.get(key)),
        Value::Object(_) if key.is_unknown() => unknown_key(key, &Type::String, Type::Any),
        Value::Object(attrs) if matches!(key, Value::Number(_)) => numbered(attrs, key),
        Value::Object(attrs) => keyed(key, attrs.keys(), |key| attrs.get(key)),
        Value::Set(_) => no_indices(&Type::set(Type::Any)),
        Value::Unknown(unknown) => unknown_index(unknown, key),
        other => no_indices(&other.type_of()),
    }
}

/// An attribute may be named by a number, though hardly any is.
fn numbered(attrs: &BTreeMap<Text, Value>, key: &Value) -> Step {
    keyed(key, attrs.keys(), |key| attrs.get(key)).or_else(|_| {
        let detail = "An object only supports looking up attributes by name, not by numeric index.";
        problem("Invalid index", format!("{NO_ELEMENT}. {detail}"))
    })
}

fn unknown_key(key: &Value, want: &Type, result: Type) -> Step {
    match key.convert(want) {
        Ok(_) => Ok(Unknown::of(result).because([key]).value()),
        Err(error) => problem("Invalid index", format!("{NO_ELEMENT}: {error}.")),
    }
}

fn unknown_index(unknown: &Unknown, key: &Value) -> Step {
    let (want, result) = match &unknown.ty {
        Type::Any => return Ok(still_unknown(unknown, Type::Any)),
        Type::List(elem) => (Type::Number, (**elem).clone()),
        Type::Map(elem) => (Type::String, (**elem).clone()),
        Type::Tuple(items) => {
            let place = key.as_number().and_then(|number| number.as_i64());
            let found = place.and_then(|place| items.get(usize::try_from(place).ok()?));
            if place.is_some() && found.is_none() {
                return problem("Invalid index", format!("{NO_ELEMENT}."));
            }
            (Type::Number, found.cloned().unwrap_or(Type::Any))
        }
        Type::Object(attrs) => match key.as_str() {
            Some(name) => return unknown_attr(unknown, &name.into()),
            None => (Type::String, attrs.values().next().map_or(Type::Any, |_| Type::Any)),
        },
        other => return no_indices(other),
    };
    unknown_key(key, &want, result).map(|value| match value {
        Value::Unknown(found) => still_unknown(unknown, found.ty.clone()),
        value => value,
    })
}

fn no_indices(ty: &Type) -> Step {
    match ty {
        Type::Set(_) => problem(
            "Invalid index",
            "Elements of a set are identified only by their value and don't have any separate \
             index or key to select with, so it's only possible to perform operations across \
             all elements of the set.",
        ),
        _ => problem("Invalid index", "This value does not have any indices."),
    }
}

fn sequence(items: &[Value], key: &Value) -> Step {
    let refuse = |why: &str| problem("Invalid index", format!("{NO_ELEMENT}{why}."));
    let number = match key.convert(&Type::Number) {
        Ok(Value::Number(number)) => number,
        Ok(_) => return refuse(""),
        Err(error) => return refuse(&format!(": {error}")),
    };
    if number.is_negative() {
        return refuse(": a negative number is not a valid index for a sequence");
    }
    if !number.is_integer() {
        return refuse(
            ": indexing a sequence requires a whole number, but the given index has a \
             fractional part",
        );
    }
    if items.is_empty() {
        return refuse(": the collection has no elements");
    }
    let place = number.as_i64().and_then(|place| items.get(usize::try_from(place).ok()?));
    place.cloned().ok_or_else(|| Problem {
        summary: "Invalid index",
        detail: format!("{NO_ELEMENT}."),
        help: Some(format!("Its last index is {}.", items.len() - 1)),
    })
}

fn keyed<'a>(
    key: &Value,
    known: impl Iterator<Item = &'a Text>,
    get: impl Fn(&str) -> Option<&'a Value>,
) -> Step {
    let key = match key.convert(&Type::String) {
        Ok(key) => key,
        Err(error) => return problem("Invalid index", format!("{NO_ELEMENT}: {error}.")),
    };
    let key = key.as_str().unwrap_or_default();
    get(key).cloned().ok_or_else(|| Problem {
        summary: "Invalid index",
        detail: format!("{NO_ELEMENT}."),
        help: did_you_mean(key, known),
    })
}
