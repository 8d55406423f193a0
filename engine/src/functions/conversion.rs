//! From type to type, and marks on and off.

use super::signature::{Call, Function, FunctionError, Outcome, Param, Shape};
use crate::value::{Mapping, Marks, Sequence, Type, Unknown, Value};

const VALUE: &[Param] = &[Param::new("v", Shape::Any).raw()];
const LEGACY: Param = Param::new("vals", Shape::Any).raw();

pub const TABLE: &[Function] = &[
    Function::new("ephemeralasnull", VALUE, Shape::Any, |c| Ok(ephemeral_as_null(&c.args[0]))),
    Function::new("issensitive", VALUE, Shape::Bool, is_sensitive),
    Function::new("list", &[], Shape::Any, |_| gone("list", "tolist([...])")).variadic(LEGACY),
    Function::new("map", &[], Shape::Any, |_| gone("map", "tomap({...})")).variadic(LEGACY),
    Function::new("nonsensitive", VALUE, Shape::Any, |c| {
        let (value, marks) = c.args[0].unmark();
        Ok(value.clone().mark(Marks { sensitive: false, ..marks }))
    }),
    Function::new("sensitive", VALUE, Shape::Any, |c| Ok(c.args[0].clone().sensitive())),
    Function::new("tobool", VALUE, Shape::Bool, |c| to(c, Type::Bool)),
    Function::new("tolist", VALUE, Shape::List, |c| to(c, Type::list(Type::Any))),
    Function::new("tomap", VALUE, Shape::Any, |c| to(c, Type::map(Type::Any))),
    Function::new("tonumber", VALUE, Shape::Number, |c| to(c, Type::Number)),
    Function::new("toset", VALUE, Shape::Set, |c| to(c, Type::set(Type::Any))),
    Function::new("tostring", VALUE, Shape::String, |c| to(c, Type::String)),
];

fn gone(name: &str, instead: &str) -> Outcome {
    Err(FunctionError::new(format!("the {name:?} function is no more; use {instead}")))
}

fn to(call: &Call, ty: Type) -> Outcome {
    let value = &call.args[0];
    value.convert(&ty).map_err(|error| {
        let (from, to) = (value.type_of().friendly_name(), ty.friendly_name());
        FunctionError::at(0, format!("cannot convert {from} to {to}: {error}"))
    })
}

fn is_sensitive(call: &Call) -> Outcome {
    let (value, marks) = call.args[0].unmark();
    Ok(match value {
        Value::Unknown(unknown) if !marks.sensitive => {
            let cause = unknown.cause.clone();
            Value::Unknown(Unknown { ty: Type::Bool, not_null: true, cause }.into())
        }
        _ => marks.sensitive.into(),
    })
}

/// Null in place of each part that must not be stored.
fn ephemeral_as_null(value: &Value) -> Value {
    let sequence = |s: &Sequence| {
        let items = s.items.iter().map(ephemeral_as_null).collect();
        Sequence { elem: s.elem.clone(), items }.into()
    };
    match value {
        Value::Marked(inner) if inner.marks.ephemeral => {
            Value::Null(inner.value.type_of()).mark(Marks { ephemeral: false, ..inner.marks })
        }
        Value::Marked(inner) => ephemeral_as_null(&inner.value).mark(inner.marks),
        Value::List(s) => Value::List(sequence(s)),
        Value::Set(s) => Value::Set(sequence(s)),
        Value::Tuple(items) => Value::tuple(items.iter().map(ephemeral_as_null)),
        Value::Map(map) => {
            let items = map.items.iter().map(|(k, v)| (k.clone(), ephemeral_as_null(v)));
            Value::Map(Mapping { elem: map.elem.clone(), items: items.collect() }.into())
        }
        Value::Object(attrs) => {
            Value::object(attrs.iter().map(|(k, v)| (k.clone(), ephemeral_as_null(v))))
        }
        plain => plain.clone(),
    }
}
