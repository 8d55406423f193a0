//! `check` blocks: assertions about the whole, which warn and never stop anything.

use super::{Rigour, Walk};
use crate::addr::ModuleInstance;
use crate::config::Condition;
use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::eval::evaluate;
use crate::value::Text;

/// What became of a `check` block in one instance of its module.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckResult {
    /// The module instance.
    pub module: ModuleInstance,
    /// The check's name.
    pub name: Text,
    /// The worst of its assertions.
    pub status: CheckStatus,
    /// Why it did not pass, as warnings.
    pub problems: Vec<Diagnostic>,
}

/// Whether what a check asserts is so. Later is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckStatus {
    /// It is.
    Pass,
    /// That is not known before changes are applied.
    Unknown,
    /// It is not.
    Fail,
    /// It could not be evaluated.
    Error,
}

impl Walk<'_> {
    /// Evaluates all checks with what the walk has found.
    pub fn checks(&self) -> Vec<CheckResult> {
        let mut results = Vec::new();
        for (path, module) in &self.inputs.config.modules {
            for (name, check) in &module.checks {
                for (index, at) in self.tables.instances_of(path).iter().enumerate() {
                    let scope = self.scope(path, index);
                    let mut result = CheckResult {
                        module: at.addr.clone(),
                        name: name.clone(),
                        status: CheckStatus::Pass,
                        problems: Vec::new(),
                    };
                    for assert in &check.asserts {
                        let (status, problems) = assertion(assert, &scope);
                        result.status = result.status.max(status);
                        result.problems.extend(problems);
                    }
                    results.push(result);
                }
            }
        }
        results
    }

    /// Mistakes in these nodes are overlooked, as the plan is not about them.
    pub fn overlook(&mut self, nodes: Option<Vec<bool>>) {
        self.overlooked = nodes;
    }

    pub(super) fn rigour_of(&self, node: usize) -> Rigour {
        match &self.overlooked {
            Some(nodes) if nodes[node] => Rigour::Lenient,
            _ => self.rigour,
        }
    }
}

fn assertion(assert: &Condition, at: &super::At<'_>) -> (CheckStatus, Vec<Diagnostic>) {
    let mut own = Diagnostics::default();
    let value = evaluate(&assert.condition, at, &mut own);
    let Ok(value) = value else { return (CheckStatus::Error, as_warnings(&own)) };
    if value.is_unknown() {
        let detail = "The condition could not be evaluated at this time, a result will be known \
                      when this plan is applied.";
        let summary = "Check block assertion known after apply";
        let warning = Diagnostic::warning(summary, detail).at(assert.condition.span());
        return (CheckStatus::Unknown, vec![warning]);
    }
    match value.as_bool() {
        Some(true) => (CheckStatus::Pass, Vec::new()),
        Some(false) => (CheckStatus::Fail, vec![failed(assert, at)]),
        None => {
            let detail = "The condition of an assertion must be true or false.";
            let warning = Diagnostic::warning("Invalid condition result", detail);
            (CheckStatus::Error, vec![warning.at(assert.condition.span())])
        }
    }
}

fn failed(assert: &Condition, at: &super::At<'_>) -> Diagnostic {
    let message = evaluate(&assert.message, at, &mut Diagnostics::default()).ok();
    let shown = message.filter(|message| !message.has_sensitive());
    let text = shown.and_then(|message| message.as_str().map(str::to_owned));
    let detail =
        text.unwrap_or_else(|| "This check failed, but its message can't be shown.".into());
    Diagnostic::warning("Check block assertion failed", detail).at(assert.condition.span())
}

fn as_warnings(diagnostics: &Diagnostics) -> Vec<Diagnostic> {
    let warn =
        |diagnostic: &Diagnostic| Diagnostic { severity: Severity::Warning, ..diagnostic.clone() };
    diagnostics.iter().map(warn).collect()
}
