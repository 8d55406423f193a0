//! Short ways to values and types, for tests.

use super::{Constants, evaluate, parse_expression};
use crate::diag::Diagnostics;
use crate::source::SourceId;
use crate::value::{Type, Value};

/// The value of a constant expression.
pub(crate) fn eval(text: &str) -> Value {
    let expr = parse_expression(text, SourceId(0)).unwrap();
    let mut diagnostics = Diagnostics::default();
    let value = evaluate(&expr, &Constants::default(), &mut diagnostics);
    value.unwrap_or_else(|_| panic!("{text}: {diagnostics:?}"))
}

/// The type that a text means.
pub(crate) fn ty(text: &str) -> Type {
    Type::from_expr(&parse_expression(text, SourceId(0)).unwrap()).unwrap()
}
