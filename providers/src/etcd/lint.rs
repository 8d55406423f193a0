//! Findings of the checks as the engine's messages.

use quorate_engine::diag::Diagnostic;
use quorate_engine::resource::Refusal;

use crate::kube::lint::{Finding, Severity};

/// The warnings among the findings.
///
/// # Errors
/// Refuses with the first error; what else is wrong is told with it.
pub(crate) fn warnings(findings: &[Finding]) -> Result<Vec<Diagnostic>, Refusal> {
    let is_error = |finding: &&Finding| finding.severity == Severity::Error;
    let errors: Vec<&Finding> = findings.iter().filter(is_error).collect();
    let Some((first, rest)) = errors.split_first() else {
        return Ok(findings.iter().map(diagnostic).collect());
    };
    let mut refusal = diagnostic(first);
    for other in rest {
        refusal.detail = format!("{} {}: {}", refusal.detail, other.summary, other.detail);
    }
    Err(refusal.into())
}

fn diagnostic(finding: &Finding) -> Diagnostic {
    let diagnostic = match finding.severity {
        Severity::Warning => Diagnostic::warning(finding.summary, &finding.detail),
        Severity::Error => Diagnostic::error(finding.summary, &finding.detail),
    };
    Diagnostic { help: finding.help.clone(), ..diagnostic }
}
