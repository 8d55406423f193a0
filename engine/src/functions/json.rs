//! `jsonencode` and `jsondecode`.

mod reader;

use super::signature::{Call, Function, FunctionError, Outcome, Param, Shape};
use crate::value::Value;

pub const TABLE: &[Function] = &[
    Function::new("jsondecode", &[Param::new("str", Shape::String)], Shape::Any, decode),
    Function::new("jsonencode", &[Param::new("val", Shape::Any).nullable()], Shape::String, |c| {
        Ok(encode(&c.args[0]).map_err(|why| FunctionError::at(0, why))?.into())
    }),
];

fn decode(call: &Call) -> Outcome {
    // What a secret text has where it stops being JSON may be part of the secret.
    reader::read(call.text(0)?).map_err(|error| match call.marks.is_empty() {
        true => FunctionError::new(error),
        false => FunctionError::new("the text is not valid JSON"),
    })
}

/// A known value as JSON, without spaces.
pub fn encode(value: &Value) -> Result<String, &'static str> {
    let mut out = String::new();
    write(value, &mut out)?;
    Ok(out)
}

fn write(value: &Value, out: &mut String) -> Result<(), &'static str> {
    match value {
        Value::Null(_) => out.push_str("null"),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Number(number) if !number.is_finite() => {
            return Err("cannot serialize infinity as JSON");
        }
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::String(text) => quote(text, out),
        Value::List(s) | Value::Set(s) => array(&s.items, out)?,
        Value::Tuple(items) => array(items, out)?,
        Value::Map(map) => object(map.items.iter(), out)?,
        Value::Object(attrs) => object(attrs.iter(), out)?,
        Value::Marked(inner) => write(&inner.value, out)?,
        Value::Unknown(_) => return Err("the value is not wholly known"),
    }
    Ok(())
}

fn array(items: &[Value], out: &mut String) -> Result<(), &'static str> {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(item, out)?;
    }
    out.push(']');
    Ok(())
}

fn object<'a>(
    entries: impl Iterator<Item = (&'a std::sync::Arc<str>, &'a Value)>,
    out: &mut String,
) -> Result<(), &'static str> {
    out.push('{');
    for (index, (key, item)) in entries.enumerate() {
        if index > 0 {
            out.push(',');
        }
        quote(key, out);
        out.push(':');
        write(item, out)?;
    }
    out.push('}');
    Ok(())
}

/// Text between quotes; what HTML and JavaScript would stumble over is escaped too.
pub fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}
