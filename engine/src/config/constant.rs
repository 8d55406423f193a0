//! Expressions that must be written out.

use crate::diag::{Diagnostics, Reported};
use crate::eval::{Expr, Literals, evaluate};
use crate::value::Value;

/// Evaluates an expression that refers to nothing (variables, locals, resources) and calls nothing.
pub fn constant(expr: &Expr, diagnostics: &mut Diagnostics) -> Result<Value, Reported> {
    evaluate(expr, &Literals::default(), diagnostics)
}
