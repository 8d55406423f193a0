//! Maps and objects.

use std::collections::BTreeMap;

use crate::functions::kinds::Kind;
use crate::functions::signature::{Call, Function, FunctionError, Outcome, Param, Shape};
use crate::value::{Text, Type, Unknown, Value};

const MAP: Param = Param::new("inputMap", Shape::Any).elements();

pub const TABLE: &[Function] = &[
    Function::new("keys", &[MAP.unknown()], Shape::Any, keys).of_kinds(|c| {
        c.needs(0, Kind::Entries, |_| FunctionError::at(0, "must have map or object type"))
    }),
    Function::new("lookup", &[MAP, Param::new("key", Shape::String)], Shape::Any, lookup)
        .variadic(Param::new("default", Shape::Any).raw())
        .of_kinds(look_up_kinds),
    Function::new("merge", &[], Shape::Any, merge)
        .variadic(Param::new("maps", Shape::Any).elements().nullable())
        .of_kinds(|c| {
            c.all_need(Kind::Entries, |_, ty| {
                let got = ty.friendly_name();
                let message = format!("arguments must be maps or objects, got {got:?}");
                FunctionError::of_kind(None, message)
            })
        }),
    Function::new(
        "transpose",
        &[Param::new("values", Shape::StringLists)],
        Shape::StringLists,
        transpose,
    ),
    Function::new("values", &[Param::new("mapping", Shape::Any).elements()], Shape::Any, values)
        .of_kinds(|c| {
            c.needs(0, Kind::Entries, |_| {
                FunctionError::new("values() requires a map as the first argument")
            })
        }),
    Function::new(
        "zipmap",
        &[Param::new("keys", Shape::Strings), Param::new("values", Shape::Any).elements()],
        Shape::Any,
        zipmap,
    )
    .of_kinds(|c| {
        c.needs(1, Kind::Ordered, |_| {
            FunctionError::new("values argument must be a list or tuple value")
        })
    }),
];

fn entries<'a>(call: &Call<'a>) -> Result<&'a BTreeMap<Text, Value>, FunctionError> {
    let entries = call.args[0].entries();
    entries.ok_or_else(|| FunctionError::at(0, "must have map or object type"))
}

fn keys(call: &Call) -> Outcome {
    if let Value::Unknown(unknown) = &call.args[0] {
        return Ok(match &unknown.ty {
            Type::Object(attrs) => Value::tuple(attrs.keys().cloned().map(Value::String)),
            Type::Map(_) => some_of(Type::list(Type::String), unknown),
            _ => some_of(Type::Any, unknown),
        });
    }
    let names = entries(call)?.keys().cloned().map(Value::String);
    Ok(match call.args[0] {
        Value::Map(_) => Value::list(Type::String, names),
        _ => Value::tuple(names),
    })
}

/// A value of a type that an argument will tell, and that is not null.
fn some_of(ty: Type, argument: &Unknown) -> Value {
    Unknown { cause: argument.cause.clone(), ..Unknown::of(ty).certain() }.value()
}

fn values(call: &Call) -> Outcome {
    let values = entries(call)?.values().cloned();
    Ok(match &call.args[0] {
        Value::Map(map) => Value::list(map.elem.clone(), values),
        _ => Value::tuple(values),
    })
}

fn look_up_kinds(call: &Call) -> Result<(), FunctionError> {
    if call.args.len() > 3 {
        let got = call.args.len();
        let message = format!("lookup() takes two or three arguments, got {got}");
        return Err(FunctionError::of_kind(None, message));
    }
    call.needs(0, Kind::Entries, |_| {
        FunctionError::at(0, "lookup() requires a map as the first argument")
    })?;
    default(call).map(|_| ())
}

/// What there is where a key is not: of the type of a map's elements.
fn default(call: &Call) -> Result<Option<Value>, FunctionError> {
    match (call.args[0].type_of(), call.args.get(2)) {
        (Type::Map(elem), Some(default)) => default.convert(&elem).map(Some).map_err(|_| {
            FunctionError::at(2, "the default value must have the same type as the map elements")
        }),
        (_, default) => Ok(default.cloned()),
    }
}

fn lookup(call: &Call) -> Outcome {
    let (entries, key, default) = (entries(call)?, call.text(1)?, default(call)?);
    entries.get(key).cloned().or(default).ok_or_else(|| {
        FunctionError::at(1, format!("there is no element {} and no default", call.quoted(key)))
    })
}

/// A map if all arguments are of one map type, otherwise an object.
fn merge(call: &Call) -> Outcome {
    let mut merged = BTreeMap::new();
    for arg in call.args {
        // Null counts as a map without entries.
        merged.extend(arg.entries().cloned().unwrap_or_default());
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
    let values = call.elements(1)?;
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
