//! `format` and `formatlist`.

mod decimal;
mod directive;
mod verb;

use super::kinds::Kind;
use super::limit;
use super::signature::{Call, Function, FunctionError, Outcome, Param, Shape};
use crate::value::{Type, Unknown, Value};
use directive::Piece;

const FORMAT: &[Param] = &[Param::new("format", Shape::String)];

pub const TABLE: &[Function] = &[
    Function::new("format", FORMAT, Shape::String, |c| {
        let args = c.rest(1);
        if args.iter().any(is_open) {
            return Ok(unknown(Type::String));
        }
        let text = format(c.text(0)?, &args.iter().collect::<Vec<_>>())?;
        Ok(text.into())
    })
    .variadic(Param::new("args", Shape::Any).nullable()),
    Function::new("formatlist", FORMAT, Shape::Strings, list)
        .variadic(Param::new("args", Shape::Any).nullable().unknown())
        .of_kinds(|c| rounds(c.rest(1)).map(|_| ())),
];

/// A `null` as written is of any type, which Terraform takes for one that is not known yet.
fn is_open(arg: &Value) -> bool {
    matches!(arg, Value::Null(Type::Any))
}

/// Whether nobody knows yet how many elements there are.
fn is_open_list(arg: &Value) -> bool {
    match arg {
        Value::Unknown(unknown) => Kind::Elements.fits(&unknown.ty),
        arg => arg.open_set().is_some(),
    }
}

fn unknown(ty: Type) -> Value {
    Value::unknown_not_null(ty)
}

fn format(pattern: &str, args: &[&Value]) -> Result<String, FunctionError> {
    let mut out = String::new();
    let (mut next, mut used) = (0, 0);
    for piece in directive::pieces(pattern)? {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Directive(directive) => {
                let index = directive.arg.unwrap_or(next);
                let arg = args.get(index).ok_or_else(|| {
                    let (need, have) = (index.saturating_add(1), args.len());
                    FunctionError::new(format!(
                        "not enough arguments for {:?} at {}: \
                         need index {need} but have {have} total",
                        directive.text, directive.at
                    ))
                })?;
                let written = verb::write(&directive, arg).map_err(|why| {
                    let (text, at) = (directive.text, directive.at);
                    FunctionError::at(
                        index + 1,
                        format!("unsupported value for {text:?} at {at}: {why}"),
                    )
                })?;
                limit::text(out.len().checked_add(written.len()))?;
                out.push_str(&written);
                next = index + 1;
                used = used.max(next);
            }
        }
    }
    if used < args.len() {
        let message = match used {
            0 => "too many arguments; no verbs in format string".to_owned(),
            _ => format!("too many arguments; only {used} used by format string"),
        };
        return Err(FunctionError::at(used + 1, message));
    }
    Ok(out)
}

fn list(call: &Call) -> Outcome {
    let args = call.rest(1);
    if args.iter().any(|arg| is_open(arg) || is_open_list(arg)) {
        return Ok(Unknown::of(Type::list(Type::String)).certain().because(args).value());
    }
    let rounds = rounds(args)?;
    let mut total = 0_usize;
    let mut texts = Vec::with_capacity(rounds);
    for round in 0..rounds {
        let text = nth(call.text(0)?, args, round)?;
        total = total.saturating_add(text.as_str().map_or(0, str::len));
        limit::text(Some(total))?;
        texts.push(text);
    }
    Ok(Value::list(Type::String, texts))
}

/// How many texts there will be, as far as arguments tell their length.
fn rounds(args: &[Value]) -> Result<usize, FunctionError> {
    let mut rounds = None;
    for (index, arg) in args.iter().enumerate() {
        let Some(here) = length(arg) else { continue };
        let (first, length) = *rounds.get_or_insert((index, here));
        if here != length {
            let (one, other) = (index + 1, first + 1);
            let message = format!(
                "argument {one} has length {here}, which is inconsistent with argument {other} of \
                 length {length}"
            );
            return Err(FunctionError::of_kind(index + 1, message));
        }
    }
    Ok(rounds.map_or(1, |(_, length)| length))
}

/// How many elements an argument has; of a tuple its type tells.
fn length(arg: &Value) -> Option<usize> {
    match arg {
        Value::Unknown(unknown) => match &unknown.ty {
            Type::Tuple(items) => Some(items.len()),
            _ => None,
        },
        arg if arg.open_set().is_some() => None,
        arg => arg.elements().map(<[Value]>::len),
    }
}

/// The text of one round: of each list its element, of anything else all of it.
fn nth(pattern: &str, args: &[Value], round: usize) -> Outcome {
    let pick = |arg| match Value::elements(arg) {
        Some(items) => items.get(round).unwrap_or(&Value::NULL),
        None => arg,
    };
    let args: Vec<&Value> = args.iter().map(pick).collect();
    if args.iter().any(|arg| !arg.is_wholly_known()) {
        return Ok(unknown(Type::String));
    }
    let text = format(pattern, &args).map_err(|error| {
        let message = format!("error on format iteration {round}: {}", error.message);
        FunctionError { message, arg: None, ..error }
    })?;
    Ok(text.into())
}
