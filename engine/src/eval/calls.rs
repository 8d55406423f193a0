//! Calls that no evaluation is needed for to be found wrong: of functions that are not there, or
//! with too few or too many arguments. They are mistakes wherever they stand, also within `try`.

use hcl::edit::Span as _;
use hcl::edit::expr::{Expression, FuncCall};
use hcl::edit::visit::{Visit, visit_expr};

use super::Expr;
use super::second::CHAIN;
use crate::diag::Diagnostic;
use crate::functions::{self, lookup};
use crate::source::{Origin, Span};

/// A call that is wrong whatever its arguments are.
pub struct WrongCall {
    /// What is wrong with it.
    pub problem: Diagnostic,
    /// The name that no function has.
    pub unknown: Option<String>,
}

/// What is wrong with the calls of an expression.
pub fn wrong_calls(expr: &Expr) -> Vec<WrongCall> {
    let mut calls = Calls { source: expr.source, wrong: Vec::new() };
    calls.visit_expr(&expr.node);
    calls.wrong
}

struct Calls {
    source: Origin,
    wrong: Vec<WrongCall>,
}

impl Visit for Calls {
    fn visit_expr(&mut self, node: &Expression) {
        if let Expression::FuncCall(call) = node {
            self.wrong.extend(wrong(node, call, self.source));
            return values(call).for_each(|argument| self.visit_expr(argument));
        }
        visit_expr(self, node);
    }
}

fn wrong(node: &Expression, call: &FuncCall, source: Origin) -> Option<WrongCall> {
    let name = full_name(call);
    if functions::is_lazy(&name) || name == CHAIN {
        return None;
    }
    let Some(function) = lookup(&name) else {
        return Some(WrongCall { problem: unknown(call, source), unknown: Some(name) });
    };
    if call.args.expand_final() {
        return None;
    }
    let problem = function.miscounted(&full_name(call), call.args.len())?;
    let at = Span::new(source, node.span().unwrap_or_default());
    let problem =
        Diagnostic::error(problem.summary, problem.detail).at(at).calling(full_name(call));
    Some(WrongCall { problem, unknown: None })
}

/// The arguments that are values: the second of `convert` is a type.
pub(super) fn values(call: &FuncCall) -> impl Iterator<Item = &Expression> {
    let name = full_name(call);
    let types = name.strip_prefix("core::").unwrap_or(&name) == "convert";
    call.args.iter().take(if types { 1 } else { usize::MAX })
}

/// The name of a function with its namespaces.
pub(super) fn full_name(call: &FuncCall) -> String {
    let parts = call.name.namespace.iter().chain([&call.name.name]);
    parts.map(|part| part.as_str()).collect::<Vec<_>>().join("::")
}

/// A call of a function that is not there.
pub(super) fn unknown(call: &FuncCall, source: Origin) -> Diagnostic {
    let name = full_name(call);
    let range = call.name.name.span().unwrap_or_default();
    let start = call.name.namespace.first().and_then(|first| first.span());
    let start = start.map_or(range.start, |first| first.start);
    let problem = match name.split_once("::") {
        None => {
            let detail = format!("There is no function named {name:?}.");
            Diagnostic::error("Call to unknown function", detail)
        }
        Some(("provider", rest)) => {
            let detail = match rest.split_once("::") {
                Some(("terraform", function)) => format!(
                    "The function {function:?} is not available from the provider \"terraform\"."
                ),
                _ => format!(
                    "There is no function named {name:?}. The only provider with functions is \
                     \"terraform\"."
                ),
            };
            Diagnostic::error("Unknown provider function", detail)
        }
        Some((namespace, _)) => {
            let detail = format!(
                "The function namespace {namespace:?} is not valid. Provider function calls must \
                 use the \"provider::\" namespace prefix."
            );
            Diagnostic::error("Unknown provider function", detail)
        }
    };
    problem.at(Span::new(source, start..range.end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::parse_expression;
    use crate::source::SourceId;

    #[test]
    fn wrong_calls_are_found_wherever_they_stand() {
        for (text, expected) in [
            ("upper(\"a\")", 0),
            ("uper(\"a\")", 1),
            ("core::upper(\"a\")", 0),
            ("try(uper(\"a\"), can(lowr(\"a\")))", 2),
            ("false ? uper(\"a\") : 1", 1),
            ("[for x in [] : uper(x) if lowr(x)]", 2),
            ("{ (uper(\"a\")) = 1 }", 1),
            ("\"a${uper(\"a\")}%{ if lowr(\"b\") }%{ endif }\"", 2),
            ("a[uper(\"a\")].b", 1),
            ("upper()", 1),
            ("upper([\"a\", \"b\"]...)", 0),
            ("try()", 0),
            ("convert([lowr(\"a\")], list(strin))", 1),
        ] {
            let expr = parse_expression(text, SourceId(0)).unwrap();
            assert_eq!(wrong_calls(&expr).len(), expected, "{text}");
        }
    }
}
