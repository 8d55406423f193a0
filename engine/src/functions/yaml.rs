//! `yamlencode` and `yamldecode`.

mod reader;
mod scalar;
mod writer;

use super::signature::{Function, FunctionError, Param, Shape};

pub const TABLE: &[Function] = &[
    Function::new("yamldecode", &[Param::new("src", Shape::String)], Shape::Any, |c| {
        // What a secret text has where it stops being YAML may be part of the secret.
        reader::read(c.text(0)?).map_err(|error| match c.marks.is_empty() {
            true => FunctionError::at(0, error),
            false => FunctionError::at(0, "the text is not valid YAML"),
        })
    }),
    Function::new(
        "yamlencode",
        &[Param::new("value", Shape::Any).nullable()],
        Shape::String,
        |c| Ok(writer::write(&c.args[0]).into()),
    ),
];
