//! Arguments to the types of their parameters.

use super::signature::{FunctionError, Shape};
use crate::value::{Type, Value};

/// Converts one argument.
pub fn convert(index: usize, arg: Value, shape: Shape) -> Result<Value, FunctionError> {
    if arg.is_unknown() {
        return Ok(arg);
    }
    match (shape, &arg) {
        (Shape::Any, _)
        | (Shape::Bool, Value::Bool(_))
        | (Shape::Number, Value::Number(_))
        | (Shape::String, Value::String(_)) => Ok(arg),
        (Shape::String, Value::Number(number)) => Ok(number.to_string().into()),
        (Shape::String, Value::Bool(value)) => Ok(value.to_string().into()),
        (Shape::Strings, Value::Tuple(items)) => {
            let items = items.iter().map(|item| convert(index, item.clone(), Shape::String));
            Ok(Value::list(Type::String, items.collect::<Result<Vec<_>, _>>()?))
        }
        (Shape::Strings, Value::List(_)) => Ok(arg),
        (Shape::String, Value::Null(_)) => Ok(arg),
        (Shape::Bool, _) => Err(FunctionError::at(index, "a bool is required")),
        (Shape::Number, _) => Err(FunctionError::at(index, "a number is required")),
        (Shape::String, _) => Err(FunctionError::at(index, "string required")),
        _ => Err(FunctionError::at(index, "a collection of string is required")),
    }
}
