//! The functions of Terraform's built-in provider: values as text of the language, and back.

use std::collections::BTreeMap;

use super::signature::{Call, Function, FunctionError, Outcome, Param, Shape};
use crate::diag::Diagnostics;
use crate::eval::{Expr, Literals, evaluate, parse_body};
use crate::source::SourceId;
use crate::value::{Text, Value, is_name};

const VALUE: &[Param] = &[Param::new("value", Shape::Any)];

pub const TABLE: &[Function] = &[
    Function::new(
        "provider::terraform::decode_tfvars",
        &[Param::new("src", Shape::String)],
        Shape::Any,
        decode,
    ),
    Function::new("provider::terraform::encode_expr", VALUE, Shape::String, |c| {
        let mut out = String::new();
        write(&c.args[0], 0, &mut out);
        Ok(out.into())
    }),
    Function::new("provider::terraform::encode_tfvars", VALUE, Shape::String, encode),
];

fn encode(call: &Call) -> Outcome {
    let entries = call.args[0].entries().ok_or_else(|| {
        FunctionError::new(
            "invalid value to encode: must be an object whose attribute names will become the \
             encoded variable names",
        )
    })?;
    let mut out = String::new();
    for (name, value) in entries {
        if !is_name(name) {
            return Err(FunctionError::new(format!(
                "invalid variable name {}: must be a valid identifier, per Terraform's rules for \
                 input variable declarations",
                call.quoted(name)
            )));
        }
        out.push_str(&format!("{name} = "));
        write(value, 0, &mut out);
        out.push('\n');
    }
    Ok(out.into())
}

fn write(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Marked(inner) => write(&inner.value, indent, out),
        Value::Null(_) | Value::Unknown(_) => out.push_str("null"),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::String(text) => quote(text, out),
        Value::List(s) | Value::Set(s) => items(&s.items, indent, out),
        Value::Tuple(tuple) => items(tuple, indent, out),
        Value::Map(map) => entries(&map.items, indent, out),
        Value::Object(attrs) => entries(attrs, indent, out),
    }
}

fn items(items: &[Value], indent: usize, out: &mut String) {
    out.push('[');
    for (place, item) in items.iter().enumerate() {
        out.push_str(if place > 0 { ", " } else { "" });
        write(item, indent, out);
    }
    out.push(']');
}

fn entries(entries: &BTreeMap<Text, Value>, indent: usize, out: &mut String) {
    if entries.is_empty() {
        return out.push_str("{}");
    }
    let pad = "  ".repeat(indent);
    out.push_str("{\n");
    for (name, value) in entries {
        out.push_str(&format!("{pad}  "));
        if is_name(name) {
            out.push_str(name)
        } else {
            quote(name, out)
        }
        out.push_str(" = ");
        write(value, indent + 1, out);
        out.push('\n');
    }
    out.push_str(&format!("{pad}}}"));
}

/// Text between quotes in which nothing is a template.
fn quote(text: &str, out: &mut String) {
    out.push('"');
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '$' | '%' if chars.peek() == Some(&'{') => out.extend([c, c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// The values of a text of `name = value` lines, each of which is a constant.
fn decode(call: &Call) -> Outcome {
    let source = SourceId(u32::MAX);
    let body = parse_body(call.text(0)?, source).map_err(|problem| {
        let why = problem.detail.trim_end_matches('.');
        FunctionError::new(format!("invalid tfvars syntax: {}; {why}", problem.summary))
    })?;
    let mut values: BTreeMap<Text, Value> = BTreeMap::new();
    for structure in body {
        let attr = structure.into_attribute().map_err(|block| {
            let name = block.as_block().map_or("", |block| block.ident.as_str()).to_owned();
            let why = "Blocks are not allowed here";
            FunctionError::new(format!("invalid tfvars content: Unexpected {name:?} block; {why}"))
        })?;
        let expr = Expr::new(source, attr.value);
        let mut found = Diagnostics::default();
        let value = evaluate(&expr, &Literals::default(), &mut found).map_err(|_| {
            let why = found.iter().next().map_or("", |problem| problem.detail.as_str());
            FunctionError::new(format!(
                "invalid expression for variable {:?}: {}",
                attr.key.as_str(),
                why.trim_end_matches('.')
            ))
        })?;
        values.insert(attr.key.as_str().into(), value);
    }
    Ok(Value::object(values))
}
