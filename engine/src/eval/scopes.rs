//! Scopes that need no configuration.

use super::{Ambient, Resolved, Scope, TraversalStep};
use crate::diag::Diagnostic;
use crate::source::Span;

/// A scope without any name, for values that must be constant.
#[derive(Debug, Default)]
pub struct Constants {
    /// What functions may know.
    pub ambient: Ambient,
}

impl Scope for Constants {
    fn resolve(
        &self,
        root: &str,
        _steps: &[TraversalStep],
        at: Span,
    ) -> Result<Resolved, Box<Diagnostic>> {
        let detail = format!("Only constant values may stand here, and \"{root}\" is not one.");
        Err(Box::new(Diagnostic::error("Variables not allowed", detail).at(at)))
    }

    fn ambient(&self) -> &Ambient {
        &self.ambient
    }
}

/// Values that must be written out: no name means anything, and no function can be called.
#[derive(Debug, Default)]
pub struct Literals(Constants);

impl Scope for Literals {
    fn resolve(
        &self,
        root: &str,
        steps: &[TraversalStep],
        at: Span,
    ) -> Result<Resolved, Box<Diagnostic>> {
        self.0.resolve(root, steps, at)
    }

    fn ambient(&self) -> &Ambient {
        self.0.ambient()
    }

    fn may_call(&self) -> bool {
        false
    }
}
