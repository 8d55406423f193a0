//! Templates that come from a file or a value: `templatefile`, `templatestring`.

use std::collections::BTreeMap;

use super::evaluator::Evaluator;
use super::{Ambient, Resolved, Scope, TraversalStep, parse_template};
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::{SourceId, Sources, Span};
use crate::suggest::did_you_mean;
use crate::value::{Text, Value};

/// Why a text does not render, each in one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// It is no template.
    #[error("invalid template: {0}")]
    Syntax(String),
    /// It refers to a name that it was not given.
    #[error("vars map does not contain key {name:?}, referenced at {place}")]
    Missing {
        /// The name.
        name: String,
        /// Where in the template.
        place: String,
    },
    /// An expression in it has no value.
    #[error("{0}")]
    Value(String),
}

/// Renders a text as a template that sees only the given names.
///
/// `depth` counts the templates around this one; only the outermost is allowed.
/// The error is one line: place, summary and detail.
pub fn evaluate_template(
    text: &str,
    vars: &BTreeMap<Text, Value>,
    ambient: &Ambient,
    depth: usize,
) -> Result<Value, TemplateError> {
    if depth > 0 {
        let why = "a template cannot render another template";
        return Err(TemplateError::Value(why.to_owned()));
    }
    let mut sources = Sources::default();
    let source = sources.add("", text);
    let shown = |problem: &Diagnostic| placed(&sources, problem);
    let template =
        parse_template(text, source).map_err(|problem| TemplateError::Syntax(shown(&problem)))?;
    let scope = Vars { vars, ambient };
    let mut diagnostics = Diagnostics::default();
    let mut evaluator = Evaluator::new(&scope, SourceId(source.0), &mut diagnostics);
    evaluator.in_template = true;
    let outcome = evaluator.template(&template);
    outcome.map_err(|_| {
        let first = diagnostics.iter().next();
        let missing = first.and_then(|problem| missing(&sources, problem));
        missing.unwrap_or_else(|| TemplateError::Value(first.map(shown).unwrap_or_default()))
    })
}

/// The name that a template misses, where that is the problem.
fn missing(sources: &Sources, problem: &Diagnostic) -> Option<TemplateError> {
    let span = problem.span.filter(|_| problem.summary == UNKNOWN)?;
    let at = sources.get(span.source)?.position(span.start);
    let place = format!("line {}, column {}", at.line, at.column);
    let end = |c: char| c == '.' || c == '[' || c.is_whitespace();
    let name = sources.snippet(span).split(end).next().unwrap_or_default().to_owned();
    Some(TemplateError::Missing { name, place })
}

/// The summary of a reference to a name that the template was not given.
const UNKNOWN: &str = "Unknown variable";

fn placed(sources: &Sources, problem: &Diagnostic) -> String {
    let at = problem.span.and_then(|span| Some(sources.get(span.source)?.position(span.start)));
    let place = at.map(|at| format!("line {}, column {}: ", at.line, at.column));
    let detail = problem.detail.trim_end_matches('.');
    format!("{}{}; {detail}", place.unwrap_or_default(), problem.summary)
}

struct Vars<'a> {
    vars: &'a BTreeMap<Text, Value>,
    ambient: &'a Ambient,
}

impl Scope for Vars<'_> {
    fn resolve(
        &self,
        root: &str,
        _steps: &[TraversalStep],
        at: Span,
    ) -> Result<Resolved, Box<Diagnostic>> {
        match self.vars.get(root) {
            Some(value) => Ok(Resolved { value: value.clone(), consumed: 0 }),
            None => {
                let detail = format!("vars map does not contain key {root:?}.");
                let mut problem = Diagnostic::error(UNKNOWN, detail).at(at);
                problem.help = did_you_mean(root, self.vars.keys());
                Err(Box::new(problem))
            }
        }
    }

    fn ambient(&self) -> &Ambient {
        self.ambient
    }
}
