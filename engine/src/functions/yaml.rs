//! `yamlencode` and `yamldecode`.

mod reader;
mod scalar;
mod writer;

use super::signature::{Function, FunctionError, Param, Shape};
use crate::value::Value;

pub const TABLE: &[Function] = &[
    Function::new("yamldecode", &[Param::new("src", Shape::String)], Shape::Any, |c| {
        // What a secret text has where it stops being YAML may be part of the secret.
        reader::read(c.text(0)?).map_err(|error| match c.marks.is_empty() {
            true => FunctionError::new(error),
            false => FunctionError::new("the text is not valid YAML"),
        })
    }),
    Function::new(
        "yamlencode",
        &[Param::new("value", Shape::Any).nullable()],
        Shape::String,
        |c| Ok(writer::write(&c.args[0]).into()),
    ),
];

/// A text of YAML documents in the form that `yamlencode` gives them, so that texts of one meaning
/// are equal; none where a document is no YAML, or neither a mapping nor a sequence.
pub fn normal_yaml(text: &str) -> Option<String> {
    let normal: Vec<_> = yaml_documents(text)?.iter().map(writer::write).collect();
    Some(normal.join("---\n"))
}

/// The documents of a YAML text; none where one is no YAML, or neither a mapping nor a sequence.
pub fn yaml_documents(text: &str) -> Option<Vec<Value>> {
    let mut documents = vec![String::new()];
    for line in text.split_inclusive('\n') {
        match (line.trim_end(), documents.last_mut()) {
            ("---", _) => documents.push(String::new()),
            (_, Some(document)) => document.push_str(line),
            _ => {}
        }
    }
    // A text may begin with the mark.
    if documents.len() > 1 && documents[0].trim().is_empty() {
        documents.remove(0);
    }
    let read = |document: &String| {
        let value = reader::read(document).ok()?;
        let keyed = value.entries().is_some() || value.elements().is_some();
        keyed.then_some(value)
    };
    documents.iter().map(read).collect()
}
