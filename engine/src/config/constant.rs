//! Expressions that must not refer to anything.

use crate::diag::{Diagnostics, Reported};
use crate::eval::{Constants, Expr, evaluate};
use crate::value::Value;

/// Evaluates an expression that may not refer to anything: variables, locals, resources.
pub fn constant(expr: &Expr, diagnostics: &mut Diagnostics) -> Result<Value, Reported> {
    evaluate(expr, &Constants::default(), diagnostics)
}
