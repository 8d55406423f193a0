//! Maps and objects.

use std::collections::BTreeMap;

use crate::functions::signature::{Call, Function, FunctionError, Outcome, Param, Shape};
use crate::value::{Text, Type, Value};

const MAP: Param = Param::new("inputMap", Shape::Any).elements();

pub const TABLE: &[Function] = &[
    Function::new("keys", &[MAP], Shape::Any, keys),
    Function::new("lookup", &[MAP, Param::new("key", Shape::String)], Shape::Any, lookup)
        .variadic(Param::new("default", Shape::Any).raw()),
    Function::new("merge", &[], Shape::Any, merge)
        .variadic(Param::new("maps", Shape::Any).elements().nullable()),
    Function::new(
        "transpose",
        &[Param::new("values", Shape::StringLists)],
        Shape::StringLists,
        transpose,
    ),
    Function::new("values", &[Param::new("mapping", Shape::Any).elements()], Shape::Any, values),
    Function::new(
        "zipmap",
        &[Param::new("keys", Shape::Strings), Param::new("values", Shape::Any).elements()],
        Shape::Any,
        zipmap,
    ),
];

fn entries<'a>(call: &Call<'a>) -> Result<&'a BTreeMap<Text, Value>, FunctionError> {
    let entries = call.args[0].entries();
    entries.ok_or_else(|| FunctionError::at(0, "must have map or object type"))
}

fn keys(call: &Call) -> Outcome {
    let names = entries(call)?.keys().cloned().map(Value::String);
    Ok(match call.args[0] {
        Value::Map(_) => Value::list(Type::String, names),
        _ => Value::tuple(names),
    })
}

fn values(call: &Call) -> Outcome {
    let no_map = || FunctionError::new("values() requires a map as the first argument");
    let values = call.args[0].entries().ok_or_else(no_map)?.values().cloned();
    Ok(match &call.args[0] {
        Value::Map(map) => Value::list(map.elem.clone(), values),
        _ => Value::tuple(values),
    })
}

fn lookup(call: &Call) -> Outcome {
    if call.args.len() > 3 {
        let got = call.args.len();
        let message = format!("lookup() takes two or three arguments, got {got}");
        return Err(FunctionError::of_kind(None, message));
    }
    let no_map = || FunctionError::at(0, "lookup() requires a map as the first argument");
    let (entries, key) = (call.args[0].entries().ok_or_else(no_map)?, call.text(1)?);
    let default = match (&call.args[0], call.args.get(2)) {
        (Value::Map(map), Some(default)) => Some(default.convert(&map.elem).map_err(|_| {
            FunctionError::at(2, "the default value must have the same type as the map elements")
        })?),
        (_, default) => default.cloned(),
    };
    entries.get(key).cloned().or(default).ok_or_else(|| {
        FunctionError::at(1, format!("there is no element {} and no default", call.quoted(key)))
    })
}

/// Whether null of this type counts as a map without entries.
fn is_mapping(ty: &Type) -> bool {
    matches!(ty, Type::Any | Type::Map(_) | Type::Object(_))
}

/// A map if all arguments are of one map type, otherwise an object.
fn merge(call: &Call) -> Outcome {
    let mut merged = BTreeMap::new();
    for arg in call.args {
        match arg.entries() {
            Some(entries) => merged.extend(entries.clone()),
            None if arg.is_null() && is_mapping(&arg.type_of()) => {}
            None => {
                let got = arg.type_of().friendly_name();
                let message = format!("arguments must be maps or objects, got {got:?}");
                return Err(FunctionError::of_kind(None, message));
            }
        }
    }
    let mut types = call.args.iter().map(Value::type_of);
    let first = types.next();
    Ok(match first {
        Some(Type::Map(elem)) if types.all(|ty| ty == Type::Map(elem.clone())) => {
            Value::map(elem.as_ref().clone(), merged)
        }
        _ => Value::object(merged),
    })
}

fn transpose(call: &Call) -> Outcome {
    let mut turned: BTreeMap<Text, Vec<Value>> = BTreeMap::new();
    for (key, list) in entries(call)? {
        let items = list
            .elements()
            .ok_or_else(|| FunctionError::at(0, "input must not contain null list"))?;
        for item in items {
            let Value::String(item) = item else {
                return Err(FunctionError::at(0, "input list must not contain null string"));
            };
            turned.entry(item.clone()).or_default().push(Value::String(key.clone()));
        }
    }
    let lists = turned.into_iter().map(|(key, keys)| (key, Value::list(Type::String, keys)));
    Ok(Value::map(Type::list(Type::String), lists))
}

fn zipmap(call: &Call) -> Outcome {
    let keys = call.elements(0)?;
    let values = match &call.args[1] {
        Value::Set(_) => None,
        values => values.elements(),
    };
    let values = values
        .ok_or_else(|| FunctionError::new("values argument must be a list or tuple value"))?;
    if keys.len() != values.len() {
        let (keys, values) = (keys.len(), values.len());
        let message = format!("number of keys ({keys}) does not match number of values ({values})");
        return Err(FunctionError::of_kind(None, message));
    }
    let mut zipped = BTreeMap::new();
    for (index, (key, value)) in keys.iter().zip(values).enumerate() {
        let Value::String(key) = key else {
            return Err(FunctionError::at(0, format!("keys list has null value at index {index}")));
        };
        zipped.insert(key.clone(), value.clone());
    }
    Ok(match &call.args[1] {
        Value::List(list) => Value::map(list.elem.clone(), zipped),
        _ => Value::object(zipped),
    })
}
