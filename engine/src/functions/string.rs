//! Text: cutting, trimming, joining, searching.

use unicode_segmentation::UnicodeSegmentation;

use super::limit;
use super::signature::{Call, Function, FunctionError, Outcome, Param, Shape};
use super::{letter_case, regexp};
use crate::value::{KnownPart, Type, Unknown, Value};

const TEXT: Param = Param::new("str", Shape::String);
const ONE: &[Param] = &[TEXT];

pub const TABLE: &[Function] = &[
    Function::new("chomp", ONE, Shape::String, |c| {
        Ok(c.text(0)?.trim_end_matches(['\r', '\n']).into())
    }),
    Function::new("endswith", &[TEXT, Param::new("suffix", Shape::String)], Shape::Bool, |c| {
        Ok(c.text(0)?.ends_with(c.text(1)?).into())
    }),
    Function::new("indent", &[Param::new("spaces", Shape::Number), TEXT], Shape::String, indent),
    Function::new("join", &[Param::new("separator", Shape::String)], Shape::String, join)
        .variadic(Param::new("lists", Shape::Strings)),
    Function::new("lower", ONE, Shape::String, |c| Ok(letter_case::lower(c.text(0)?).into())),
    Function::new(
        "replace",
        &[TEXT, Param::new("substr", Shape::String), Param::new("replace", Shape::String)],
        Shape::String,
        replace,
    ),
    Function::new("split", &[Param::new("separator", Shape::String), TEXT], Shape::Strings, split),
    Function::new(
        "startswith",
        &[TEXT.unknown(), Param::new("prefix", Shape::String)],
        Shape::Bool,
        starts_with,
    ),
    Function::new("strcontains", &[TEXT, Param::new("substr", Shape::String)], Shape::Bool, |c| {
        Ok(c.text(0)?.contains(c.text(1)?).into())
    }),
    Function::new("strrev", ONE, Shape::String, |c| {
        Ok(c.text(0)?.graphemes(true).rev().collect::<String>().into())
    }),
    Function::new(
        "substr",
        &[TEXT, Param::new("offset", Shape::Number), Param::new("length", Shape::Number)],
        Shape::String,
        substr,
    ),
    Function::new("title", ONE, Shape::String, |c| Ok(letter_case::title(c.text(0)?).into())),
    Function::new("trim", &[TEXT, Param::new("cutset", Shape::String)], Shape::String, |c| {
        let cutset: Vec<char> = c.text(1)?.chars().collect();
        Ok(c.text(0)?.trim_matches(cutset.as_slice()).into())
    }),
    Function::new("trimprefix", &[TEXT, Param::new("prefix", Shape::String)], Shape::String, |c| {
        let text = c.text(0)?;
        Ok(text.strip_prefix(c.text(1)?).unwrap_or(text).into())
    }),
    Function::new("trimspace", ONE, Shape::String, |c| Ok(c.text(0)?.trim().into())),
    Function::new("trimsuffix", &[TEXT, Param::new("suffix", Shape::String)], Shape::String, |c| {
        let text = c.text(0)?;
        Ok(text.strip_suffix(c.text(1)?).unwrap_or(text).into())
    }),
    Function::new("upper", ONE, Shape::String, |c| Ok(letter_case::upper(c.text(0)?).into())),
];

/// Known as soon as enough of the beginning is known.
fn starts_with(call: &Call) -> Outcome {
    let prefix = call.text(1)?;
    let Value::Unknown(unknown) = &call.args[0] else {
        return Ok(call.text(0)?.starts_with(prefix).into());
    };
    let begins = match &unknown.contents {
        KnownPart::Prefix(known) => known.as_ref(),
        _ => "",
    };
    if begins.starts_with(prefix) {
        return Ok(true.into());
    }
    if !prefix.starts_with(begins) {
        return Ok(false.into());
    }
    Ok(Unknown::of(Type::Bool).certain().because(call.args).value())
}

fn indent(call: &Call) -> Outcome {
    let (spaces, text) = (call.int(0)?, call.text(1)?);
    let Ok(spaces) = usize::try_from(spaces) else {
        return Err(FunctionError::at(0, "the number of spaces must not be negative"));
    };
    let lines = text.matches('\n').count();
    limit::text(spaces.checked_mul(lines).and_then(|added| added.checked_add(text.len())))?;
    // Without a line break nothing is indented, whatever the number says.
    let margin = if lines == 0 { 0 } else { spaces };
    Ok(text.replace('\n', &format!("\n{}", " ".repeat(margin))).into())
}

fn join(call: &Call) -> Outcome {
    if call.args.len() < 2 {
        return Err(FunctionError::new("at least one list is required"));
    }
    let mut parts = Vec::new();
    for arg in 1..call.args.len() {
        for (index, element) in call.elements(arg)?.iter().enumerate() {
            parts.push(element.as_str().ok_or_else(|| {
                let message = format!("element {index} is null; cannot concatenate null values");
                FunctionError::at(arg, message)
            })?);
        }
    }
    let separator = call.text(0)?;
    let texts: usize = parts.iter().map(|part| part.len()).sum();
    limit::text(separator.len().checked_mul(parts.len()).and_then(|n| n.checked_add(texts)))?;
    Ok(parts.join(separator).into())
}

fn replace(call: &Call) -> Outcome {
    let (text, find, with) = (call.text(0)?, call.text(1)?, call.text(2)?);
    match find.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
        Some(pattern) => {
            let pattern = regexp::compile(1, pattern)?;
            limit::text(with.len().checked_mul(pattern.find_iter(text).count()))?;
            Ok(pattern.replace_all(text, with).into_owned().into())
        }
        None => {
            limit::text(with.len().checked_mul(text.matches(find).count()))?;
            Ok(text.replace(find, with).into())
        }
    }
}

fn split(call: &Call) -> Outcome {
    let (separator, text) = (call.text(0)?, call.text(1)?);
    let parts: Vec<Value> = if separator.is_empty() {
        text.chars().map(|c| Value::string(c.encode_utf8(&mut [0; 4]))).collect()
    } else {
        text.split(separator).map(Value::from).collect()
    };
    Ok(Value::list(Type::String, parts))
}

/// Counts in grapheme clusters; a negative offset counts from the end.
fn substr(call: &Call) -> Outcome {
    let (text, offset, length) = (call.text(0)?, call.int(1)?, call.int(2)?);
    let skip = if offset < 0 {
        let total = text.graphemes(true).count();
        total.saturating_sub(usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX))
    } else {
        usize::try_from(offset).unwrap_or(usize::MAX)
    };
    let rest = text.graphemes(true).skip(skip);
    Ok(match usize::try_from(length) {
        // Terraform gives all the rest here, where one would expect nothing.
        Ok(0) if offset < 0 => rest.collect(),
        Ok(length) => rest.take(length).collect::<String>(),
        Err(_) => rest.collect(),
    }
    .into())
}
