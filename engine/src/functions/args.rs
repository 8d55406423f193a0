//! Reading the arguments of a call, which the wrapper has converted.

use super::signature::{Call, FunctionError};
use crate::value::{Number, Value};

/// What Terraform says of a number where it needs an index or a count.
pub const WHOLE: &str =
    "value must be a whole number, between -9223372036854775808 and 9223372036854775807";

impl Call<'_> {
    /// An argument of type string.
    pub fn text(&self, index: usize) -> Result<&str, FunctionError> {
        self.args
            .get(index)
            .and_then(Value::as_str)
            .ok_or_else(|| FunctionError::at(index, "string required"))
    }

    /// An argument of type number.
    pub fn number(&self, index: usize) -> Result<&Number, FunctionError> {
        self.args
            .get(index)
            .and_then(Value::as_number)
            .ok_or_else(|| FunctionError::at(index, "a number is required"))
    }

    /// An argument of type number that has to be whole.
    pub fn int(&self, index: usize) -> Result<i64, FunctionError> {
        self.number(index)?.as_i64().ok_or_else(|| FunctionError::at(index, WHOLE))
    }

    /// The elements of an argument that is a list, set or tuple.
    pub fn elements(&self, index: usize) -> Result<&[Value], FunctionError> {
        self.args
            .get(index)
            .and_then(Value::elements)
            .ok_or_else(|| FunctionError::at(index, "must be a list, set or tuple"))
    }

    /// The arguments from `first` on.
    pub fn rest(&self, first: usize) -> &[Value] {
        self.args.get(first..).unwrap_or_default()
    }

    /// Text of an argument for a message without quotes, blank where any argument is secret.
    pub fn shown<'t>(&self, text: &'t str) -> &'t str {
        if self.marks.is_empty() { text } else { "(sensitive value)" }
    }

    /// Text of an argument for a message, blank where any argument is secret.
    pub fn quoted(&self, text: &str) -> String {
        if self.marks.is_empty() { format!("{text:?}") } else { "(sensitive value)".to_owned() }
    }
}
