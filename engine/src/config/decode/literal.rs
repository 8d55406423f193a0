//! Arguments that must be plain values: no reference can be resolved while files are decoded.

use hcl::edit::expr::Expression;

use super::Decoder;
use crate::config::constant;
use crate::eval::Expr;
use crate::value::Value;

impl Decoder<'_> {
    /// An argument that is `true` or `false`; `missing` where it is left out, null or wrong.
    pub(super) fn bool_or(&mut self, expr: Option<Expr>, missing: bool) -> bool {
        let Some(expr) = expr else { return missing };
        let value = match &*expr.node {
            Expression::Bool(literal) => return *literal.value(),
            _ => self.constant(&expr),
        };
        let Some(value) = value else { return missing };
        match (value.as_bool(), value.as_str()) {
            (Some(value), _) => value,
            (_, Some("true")) => true,
            (_, Some("false")) => false,
            _ if value.is_null() => missing,
            _ => {
                let detail = "This argument must be either true or false.";
                self.error("Unsuitable value", detail, self.expr_span(&expr));
                missing
            }
        }
    }

    /// An argument that is a text.
    pub(super) fn string(&mut self, expr: Option<Expr>) -> Option<String> {
        let expr = expr?;
        if let Expression::String(literal) = &*expr.node {
            return Some(literal.value().clone());
        }
        let value = self.constant(&expr)?;
        if value.is_null() {
            return None;
        }
        let text = value.as_str().map(str::to_owned);
        if text.is_none() {
            let detail = "This argument must be a string.";
            self.error("Unsuitable value", detail, self.expr_span(&expr));
        }
        text
    }

    /// An argument that refers to nothing.
    pub(super) fn constant(&mut self, expr: &Expr) -> Option<Value> {
        constant(expr, self.diags).ok()
    }
}
