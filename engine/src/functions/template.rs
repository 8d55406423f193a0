//! `templatefile` and `templatestring`.

use super::file;
use super::signature::{Call, Function, FunctionError, Outcome, Param, Shape};
use crate::eval::{TemplateError, evaluate_template};
use crate::value::{Type, Value};

const VARS: Param = Param::new("vars", Shape::Any).elements();

pub const TABLE: &[Function] = &[
    Function::new("templatefile", &[Param::new("path", Shape::String), VARS], Shape::Any, |c| {
        render(c, &file::text(c)?)
    }),
    Function::new(
        "templatestring",
        &[Param::new("template", Shape::Any).nullable(), VARS],
        Shape::String,
        string,
    ),
];

fn string(call: &Call) -> Outcome {
    let Value::String(template) = &call.args[0] else {
        return Err(FunctionError::at(0, "invalid template value: a string is required"));
    };
    let value = render(call, template)?;
    value
        .convert(&Type::String)
        .map_err(|error| FunctionError::of_kind(None, format!("invalid template result: {error}")))
}

fn render(call: &Call, template: &str) -> Outcome {
    let vars = call.args[1]
        .entries()
        .ok_or_else(|| FunctionError::at(1, "invalid vars value: must be a map"))?;
    if let Some(name) = vars.keys().find(|name| !is_name(name)) {
        let message = format!(
            "invalid template variable name {}: must start with a letter, \
             followed by zero or more letters, digits, and underscores",
            call.quoted(name)
        );
        return Err(FunctionError::of_kind(1, message));
    }
    evaluate_template(template, vars, call.ambient, 0).map_err(|problem| FunctionError {
        arg: match problem {
            TemplateError::Syntax(_) => Some(0),
            TemplateError::Missing { .. } => Some(1),
            TemplateError::Value(_) => None,
        },
        ..FunctionError::new(problem.to_string())
    })
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(char::is_alphabetic) && chars.all(|c| c.is_alphanumeric() || c == '_')
}
