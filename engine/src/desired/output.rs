//! Outputs: what leaves a module, and what must not.

use super::Walk;
use super::scope::At;
use crate::addr::ModulePath;
use crate::config::Output;
use crate::diag::{Diagnostic, Diagnostics, Reported};
use crate::eval::{evaluate, values_behind};
use crate::value::{Marks, Value};

/// Whether a value or a part of it must not be kept.
pub(super) fn is_ephemeral(value: &Value) -> bool {
    value.has_marks() && value.unmark_deep().1.ephemeral
}

impl Walk<'_> {
    /// Evaluates an output.
    pub(super) fn output(
        &self,
        path: &ModulePath,
        output: &Output,
        at: &At<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Result<Value, Reported> {
        let title = "Module output value precondition failed";
        let checked = self.conditions(title, &output.preconditions, at, diagnostics);
        let value = evaluate(&output.value, at, diagnostics)?;
        // What the state will give back is what the plan compares with.
        let value = if path.0.is_empty() { value.settled() } else { value };
        if let Some(mut problem) = leak(path, output, &value) {
            problem.values = values_behind(&output.value, at);
            return Err(diagnostics.error(problem));
        }
        let marks = Marks { sensitive: output.sensitive, ephemeral: output.ephemeral };
        checked.map(|()| value.mark(marks))
    }
}

/// What is wrong with letting a value out of its module.
fn leak(path: &ModulePath, output: &Output, value: &Value) -> Option<Diagnostic> {
    let is_root = path.0.is_empty();
    if is_root && output.ephemeral {
        let detail =
            "An output of the root module is kept in the state, so it cannot be ephemeral.";
        return Some(Diagnostic::error("Ephemeral output not allowed", detail).at(output.span));
    }
    if output.ephemeral && value.is_wholly_known() && !value.is_null() && !is_ephemeral(value) {
        let detail = "This output is declared as ephemeral, so only an ephemeral value can be given \
                      to it.";
        let problem = Diagnostic::error("Value not allowed in ephemeral output", detail);
        let help = "Leave out \"ephemeral = true\": the value may be kept.";
        return Some(problem.at(output.value.span()).help(help));
    }
    if is_root && !output.sensitive && value.has_sensitive() {
        let detail = "This output of the root module contains a sensitive value, so it would be \
                      shown after each apply. It must be declared as sensitive.";
        let problem = Diagnostic::error("Output refers to sensitive values", detail);
        return Some(problem.at(output.span).help("Add \"sensitive = true\" to this output."));
    }
    if is_ephemeral(value) && !output.ephemeral {
        let detail = "This value is derived from an ephemeral one, which is never stored, but \
                      outputs are.";
        let help = match is_root {
            true => "An output of the root module cannot be ephemeral: leave the value out.",
            false => "Add \"ephemeral = true\" to this output, or leave the value out.",
        };
        let problem = Diagnostic::error("Ephemeral value not allowed", detail);
        return Some(problem.at(output.value.span()).help(help));
    }
    None
}
