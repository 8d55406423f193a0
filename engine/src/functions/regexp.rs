//! Regular expressions.

mod re2;

use regex::{Captures, Regex, RegexBuilder};

use super::signature::{Call, Function, FunctionError, Outcome, Param, Shape};
use crate::value::{Type, Value};

const PARAMS: &[Param] =
    &[Param::new("pattern", Shape::String), Param::new("string", Shape::String)];

pub const TABLE: &[Function] = &[
    Function::new("regex", PARAMS, Shape::Any, |c| {
        let pattern = Pattern::new(c.text(0)?)?;
        match pattern.regex.captures(c.text(1)?) {
            Some(found) => Ok(pattern.value(&found)),
            None => Err(FunctionError::new("pattern did not match any part of the given string")),
        }
    })
    .of_kinds(is_pattern),
    Function::new("regexall", PARAMS, Shape::List, all).of_kinds(is_pattern),
];

fn is_pattern(call: &Call) -> Result<(), FunctionError> {
    call.args[0].as_str().map_or(Ok(()), |pattern| Pattern::new(pattern).map(|_| ()))
}

/// The type of what a pattern matches, whatever the text is.
pub fn match_type(pattern: &str) -> Option<Type> {
    Pattern::new(pattern).ok().map(|pattern| pattern.ty())
}

fn all(call: &Call) -> Outcome {
    let pattern = Pattern::new(call.text(0)?)?;
    let found = pattern.regex.captures_iter(call.text(1)?).map(|found| pattern.value(&found));
    Ok(Value::list(pattern.ty(), found))
}

/// Compiles an expression in the syntax that Terraform takes.
pub fn compile(arg: usize, pattern: &str) -> Result<Regex, FunctionError> {
    let invalid = |why: String| FunctionError::at(arg, format!("invalid regexp pattern: {why}"));
    let pattern = re2::translate(pattern).map_err(invalid)?;
    RegexBuilder::new(&pattern).size_limit(4 << 20).build().map_err(|error| {
        // The last line says what is wrong, those before it draw where.
        let text = error.to_string();
        let last = text.lines().last().unwrap_or_default();
        invalid(last.strip_prefix("error: ").unwrap_or(last).to_owned())
    })
}

/// An expression and what its matches look like.
struct Pattern {
    regex: Regex,
    groups: Groups,
}

enum Groups {
    None,
    Numbered(usize),
    Named(Vec<String>),
}

impl Pattern {
    fn new(pattern: &str) -> Result<Pattern, FunctionError> {
        let regex = compile(0, pattern)?;
        let names: Vec<String> = regex.capture_names().flatten().map(str::to_owned).collect();
        let count = regex.captures_len() - 1;
        let groups = match (count, names.len()) {
            (0, _) => Groups::None,
            (count, 0) => Groups::Numbered(count),
            (count, named) if count == named => Groups::Named(names),
            _ => {
                let message =
                    "invalid regexp pattern: cannot mix both named and unnamed capture groups";
                return Err(FunctionError::at(0, message));
            }
        };
        Ok(Pattern { regex, groups })
    }

    fn value(&self, found: &Captures) -> Value {
        let text = |group: Option<regex::Match>| match group {
            Some(group) => Value::string(group.as_str()),
            None => Value::Null(Type::String),
        };
        match &self.groups {
            Groups::None => text(found.get(0)),
            Groups::Numbered(_) => Value::tuple(found.iter().skip(1).map(text)),
            Groups::Named(names) => {
                Value::object(names.iter().map(|name| (name.as_str(), text(found.name(name)))))
            }
        }
    }

    fn ty(&self) -> Type {
        match &self.groups {
            Groups::None => Type::String,
            Groups::Numbered(count) => Type::Tuple(vec![Type::String; *count].into()),
            Groups::Named(names) => {
                Type::object(names.iter().map(|name| (name.as_str(), Type::String)))
            }
        }
    }
}
