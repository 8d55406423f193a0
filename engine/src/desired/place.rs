//! Where an expression is written.

use hcl::edit::Span as _;

use crate::eval::Expr;
use crate::source::Span;

impl Expr {
    /// The part of the source that the expression was read from.
    pub fn span(&self) -> Span {
        Span::new(self.source, self.node.span().unwrap_or_default())
    }
}
