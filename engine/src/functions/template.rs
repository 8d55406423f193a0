//! `templatefile` and `templatestring`.

use super::file;
use super::signature::{Call, Function, FunctionError, Outcome, Param, Shape};
use crate::eval::evaluate_template;
use crate::value::Value;

const VARS: Param = Param::new("vars", Shape::Any).elements();

pub const TABLE: &[Function] = &[
    Function::new("templatefile", &[Param::new("path", Shape::String), VARS], Shape::Any, |c| {
        render(c, &file::text(c)?)
    }),
    Function::new(
        "templatestring",
        &[Param::new("template", Shape::String), VARS],
        Shape::String,
        |c| render(c, c.text(0)?),
    ),
];

fn render(call: &Call, template: &str) -> Outcome {
    let vars = call.args[1]
        .entries()
        .ok_or_else(|| FunctionError::at(1, "invalid vars value: must be a map or object"))?;
    if let Some(name) = vars.keys().find(|name| !is_name(name)) {
        let message = format!(
            "invalid template variable name {}: must start with a letter, \
             followed by zero or more letters, digits, and underscores",
            call.quoted(name)
        );
        return Err(FunctionError::at(1, message));
    }
    let rendered: Result<Value, String> = evaluate_template(template, vars, call.ambient, 0);
    rendered.map_err(|why| FunctionError::at(0, format!("the template does not render: {why}")))
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(char::is_alphabetic) && chars.all(|c| c.is_alphanumeric() || c == '_')
}
