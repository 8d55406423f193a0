//! The door to type constraints and conversion.

use crate::diag::Diagnostic;
use crate::eval::Expr;
use crate::source::SourceId;
use crate::value::{Type, Value};

/// Reads a type constraint.
pub(super) fn from_expr(expr: &Expr) -> Result<Type, Box<Diagnostic>> {
    let _ = expr;
    Ok(Type::Any)
}

/// Converts a value; the error is a fragment that says why it does not fit.
pub(super) fn convert(value: &Value, ty: &Type) -> Result<Value, String> {
    let _ = ty;
    Ok(value.clone())
}

/// Parses one expression.
pub(super) fn parse_expression(text: &str, source: SourceId) -> Result<Expr, Box<Diagnostic>> {
    match text.parse::<hcl::edit::expr::Expression>() {
        Ok(node) => Ok(Expr { source, node: node.into() }),
        Err(error) => Err(Box::new(Diagnostic::error("Invalid expression", error.message()))),
    }
}

/// Parses a file.
pub(super) fn parse_body(
    text: &str,
    source: SourceId,
) -> Result<hcl::edit::structure::Body, Box<Diagnostic>> {
    text.parse::<hcl::edit::structure::Body>().map_err(|error: hcl::edit::parser::Error| {
        let start = error.location().offset();
        let span = crate::source::Span::new(source, start..start + 1);
        Box::new(Diagnostic::error("Invalid syntax", error.message().to_owned()).at(span))
    })
}
