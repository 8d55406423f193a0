//! Expressions that must not refer to anything.

use crate::diag::{Diagnostic, Diagnostics, Reported};
use crate::eval::{self, Ambient, Expr, Resolved, Scope, TraversalStep};
use crate::source::Span;
use crate::value::Value;

/// Evaluates an expression that may not refer to anything: variables, locals, resources.
pub fn constant(expr: &Expr, diagnostics: &mut Diagnostics) -> Result<Value, Reported> {
    eval::evaluate(expr, &Nothing::default(), diagnostics)
}

/// A scope without names.
#[derive(Default)]
struct Nothing(Ambient);

impl Scope for Nothing {
    fn resolve(
        &self,
        _root: &str,
        _steps: &[TraversalStep],
        at: Span,
    ) -> Result<Resolved, Box<Diagnostic>> {
        let detail = "This value is needed before anything is evaluated, so it can refer to \
                      nothing: variables, local values and resources have no value yet.";
        Err(Box::new(Diagnostic::error("References are not allowed here", detail).at(at)))
    }

    fn ambient(&self) -> &Ambient {
        &self.0
    }
}
