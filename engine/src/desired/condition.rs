//! Conditions: whether what the configuration promises holds.

use super::scope::At;
use super::{Rigour, Walk};
use crate::config::Condition;
use crate::diag::{Diagnostic, Diagnostics, Reported};
use crate::eval::{Expr, evaluate, values_behind};
use crate::value::{Type, Value};

impl Walk<'_> {
    /// Holds all conditions; one that is not known yet passes.
    pub(super) fn conditions(
        &self,
        title: &'static str,
        conditions: &[Condition],
        at: &At<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Result<(), Reported> {
        let mut result = Ok(());
        for condition in conditions {
            if self.holds(condition, at, diagnostics)? {
                continue;
            }
            let detail = message(condition, at, diagnostics)?;
            let mut diagnostic = Diagnostic::error(title, detail).at(condition.condition.span());
            diagnostic.values = values_behind(&condition.condition, at);
            result = Err(diagnostics.error(diagnostic));
        }
        result
    }

    fn holds(
        &self,
        condition: &Condition,
        at: &At<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Result<bool, Reported> {
        let mut own = Diagnostics::default();
        let truth = truth(condition, at, &mut own);
        let unsure = self.rigour == Rigour::Types && !at.is_sure();
        diagnostics.extend(own);
        truth.map(|truth| unsure || truth.unwrap_or(true))
    }
}

/// Whether a condition is so; none where that is not known yet.
pub(super) fn truth(
    condition: &Condition,
    at: &At<'_>,
    diagnostics: &mut Diagnostics,
) -> Result<Option<bool>, Reported> {
    let value = evaluate(&condition.condition, at, diagnostics)?;
    let problem = match value.convert(&Type::Bool) {
        Ok(truth) if truth.is_unknown() => return Ok(None),
        Ok(truth) => match truth.as_bool() {
            Some(truth) => return Ok(Some(truth)),
            None => "The condition must be either true or false, not null.".to_owned(),
        },
        Err(reason) => format!("The condition must be either true or false: {reason}."),
    };
    let mut diagnostic = Diagnostic::error("Invalid condition result", problem);
    diagnostic.values = values_behind(&condition.condition, at);
    Err(diagnostics.error(diagnostic.at(condition.condition.span())))
}

/// What the configuration says about a condition that does not hold.
pub(super) fn message(
    condition: &Condition,
    at: &At<'_>,
    diagnostics: &mut Diagnostics,
) -> Result<String, Reported> {
    let value = evaluate(&condition.message, at, diagnostics)?;
    let hidden = |kind: &str| {
        format!(
            "The condition is not true. Its error message is made of {kind} values, so it is not \
             shown."
        )
    };
    let (bare, marks) = value.unmark_deep();
    Ok(match bare.convert(&Type::String) {
        _ if marks.sensitive => hidden("sensitive"),
        _ if marks.ephemeral => hidden("ephemeral"),
        Ok(Value::String(text)) => text.trim().to_owned(),
        Ok(Value::Unknown(_)) => {
            "The condition is not true. Its error message is not known yet.".to_owned()
        }
        _ => return Err(diagnostics.error(not_a_text(&condition.message))),
    })
}

fn not_a_text(message: &Expr) -> Diagnostic {
    let detail = "The error message must be a text that is not null.";
    Diagnostic::error("Invalid error message", detail).at(message.span())
}
