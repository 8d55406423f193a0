//! From type to type, and marks on and off.

use super::signature::{Call, Function, FunctionError, Outcome, Param, Shape};
use crate::value::{Mapping, Marks, Sequence, Type, Unknown, Value};

const VALUE: &[Param] = &[Param::new("value", Shape::Any).raw()];
const V: &[Param] = &[Param::new("v", Shape::Any).raw()];
const LEGACY: Param = Param::new("vals", Shape::Any).raw();

pub const TABLE: &[Function] = &[
    Function::new("ephemeralasnull", VALUE, Shape::Any, |c| Ok(ephemeral_as_null(&c.args[0]))),
    Function::new("issensitive", VALUE, Shape::Bool, is_sensitive),
    Function::new("list", &[], Shape::Any, |_| gone("list", "[ ... ]")).variadic(LEGACY),
    Function::new("map", &[], Shape::Any, |_| gone("map", "{ ... }")).variadic(LEGACY),
    Function::new("nonsensitive", VALUE, Shape::Any, |c| {
        let (value, marks) = c.args[0].unmark();
        Ok(value.clone().mark(Marks { sensitive: false, ..marks }))
    }),
    Function::new("sensitive", VALUE, Shape::Any, |c| Ok(c.args[0].clone().sensitive())),
    Function::new("tobool", V, Shape::Bool, |c| to(c, Type::Bool)),
    Function::new("tolist", V, Shape::List, |c| to(c, Type::list(Type::Any))),
    Function::new("tomap", V, Shape::Any, |c| to(c, Type::map(Type::Any))),
    Function::new("tonumber", V, Shape::Number, |c| to(c, Type::Number)),
    Function::new("toset", V, Shape::Set, |c| to(c, Type::set(Type::Any))),
    Function::new("tostring", V, Shape::String, |c| to(c, Type::String)),
];

fn gone(name: &str, instead: &str) -> Outcome {
    let message = format!(
        "the {name:?} function was deprecated in Terraform v0.12 and is no longer available; use \
         to{name}({instead}) syntax to write a literal {name}"
    );
    Err(FunctionError::of_kind(None, message))
}

fn to(call: &Call, ty: Type) -> Outcome {
    let (value, marks) = call.args[0].unmark();
    value.convert(&ty).map(|value| value.mark(marks)).map_err(|_| {
        let text = value.as_str().map(|text| match marks.sensitive {
            true => None,
            false => Some(format!("{text:?}")),
        });
        FunctionError::of_kind(0, match (text.flatten(), &ty) {
            (Some(text), Type::Bool) => format!(
                "cannot convert {text} to bool; only the strings \"true\" or \"false\" are allowed"
            ),
            (Some(text), Type::Number) => format!(
                "cannot convert {text} to number; given string must be a decimal representation \
                 of a number"
            ),
            _ => {
                let hidden = if marks.sensitive { "this sensitive " } else { "" };
                let (from, to) = (value.type_of().friendly_name(), ty.constraint_name());
                format!("cannot convert {hidden}{from} to {to}")
            }
        })
    })
}

fn is_sensitive(call: &Call) -> Outcome {
    let (value, marks) = call.args[0].unmark();
    Ok(match value {
        Value::Unknown(unknown) if !marks.sensitive => {
            let cause = unknown.cause.clone();
            Unknown { cause, ..Unknown::of(Type::Bool).certain() }.value()
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
            let marks = Marks { ephemeral: false, ..inner.marks };
            // What is not known yet may still get a narrower type.
            let nothing = match &inner.value {
                Value::Unknown(unknown) => {
                    let cause = unknown.cause.clone();
                    Unknown { cause, ..Unknown::of(unknown.ty.clone()) }.value()
                }
                known => Value::Null(known.type_of()),
            };
            nothing.mark(marks)
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
