//! What all kinds of expressions share: names, failures, and the way from node to value.

use hcl::edit::Span as _;
use hcl::edit::expr::Expression;

use super::{Scope, clues};
use crate::diag::{Diagnostic, Diagnostics, Reported};
use crate::source::{Origin, Span};
use crate::value::{Number, Text, Type, Value};

pub(super) type Outcome = Result<Value, Reported>;

/// The state of one evaluation.
pub(super) struct Evaluator<'a> {
    pub(super) scope: &'a dyn Scope,
    pub(super) source: Origin,
    pub(super) diagnostics: &'a mut Diagnostics,
    /// Names that loops around the current node bind, the innermost last.
    pub(super) bound: Vec<(Text, Value)>,
    /// Failures will be thrown away: spare the effort of explaining them.
    pub(super) quiet: bool,
    /// Within `try` and `can`: whether a reference led to something not wholly known.
    pub(super) met_unknown: Option<bool>,
    /// Whether this is the text of a `templatefile` or `templatestring`.
    pub(super) in_template: bool,
    /// How many splats are around this place.
    pub(super) splats: usize,
    /// What may still be spent on this expression.
    budget: Budget,
}

/// What one expression may cost, so that no short one takes all memory or never ends.
#[derive(Clone, Copy)]
struct Budget {
    /// Rounds of loops, nested ones multiplied.
    rounds: usize,
    /// Bytes of long texts made on the way.
    bytes: usize,
}

const BUDGET: Budget = Budget { rounds: 4 << 20, bytes: 512 << 20 };

/// Shorter texts are not counted: they cost no more than what holds them.
const SHORT: usize = 4096;

const TOO_MUCH: &str = "Expression too large";

impl<'a> Evaluator<'a> {
    pub(super) fn new(
        scope: &'a dyn Scope,
        source: impl Into<Origin>,
        diagnostics: &'a mut Diagnostics,
    ) -> Self {
        Evaluator {
            scope,
            source: source.into(),
            diagnostics,
            bound: Vec::new(),
            quiet: false,
            met_unknown: None,
            in_template: false,
            splats: 0,
            budget: BUDGET,
        }
    }

    /// The value of any expression.
    pub(super) fn value(&mut self, node: &Expression) -> Outcome {
        match node {
            Expression::Null(_) => Ok(Value::NULL),
            Expression::Bool(truth) => Ok(Value::Bool(*truth.value())),
            Expression::Number(number) => {
                let text = number.as_repr().map(|repr| repr.to_string());
                self.number(node, &text.unwrap_or_else(|| number.value().to_string()))
            }
            Expression::String(text) => Ok(Value::string(text.as_str())),
            Expression::Array(items) => self.array(items),
            Expression::Object(entries) => self.object(entries),
            Expression::StringTemplate(template) => {
                let value = self.template(template)?;
                self.spend_text(node, value)
            }
            Expression::HeredocTemplate(heredoc) => {
                let value = self.template(&heredoc.template)?;
                self.spend_text(node, value)
            }
            Expression::Parenthesis(inner) => self.value(inner.inner()),
            Expression::Variable(name) => self.named(name.as_str(), self.span(node)),
            Expression::Traversal(traversal) => self.traversal(traversal),
            Expression::Conditional(conditional) => self.conditional(node, conditional),
            Expression::FuncCall(call) => {
                let value = self.call(node, call)?;
                self.spend_text(node, value)
            }
            Expression::UnaryOp(operation) => self.unary(node, operation),
            Expression::BinaryOp(operation) => self.binary(node, operation),
            Expression::ForExpr(for_expr) => self.for_expr(node, for_expr),
        }
    }

    /// The digits come from the source: the parser has already rounded its number.
    fn number(&mut self, node: &Expression, text: &str) -> Outcome {
        let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        match digits.parse::<Number>() {
            Ok(number) => Ok(Value::Number(number)),
            Err(_) => self.fail(node, "Invalid number literal", "This number has too many places."),
        }
    }

    /// Accounts for rounds of a loop.
    pub(super) fn spend_rounds(
        &mut self,
        node: &Expression,
        rounds: usize,
    ) -> Result<(), Reported> {
        match self.budget.rounds.checked_sub(rounds) {
            Some(left) => self.budget.rounds = left,
            None => {
                let most = BUDGET.rounds;
                let detail =
                    format!("The loops of this expression take more than {most} rounds in all.");
                return self.fail(node, TOO_MUCH, detail);
            }
        }
        Ok(())
    }

    /// Accounts for a value that was made.
    pub(super) fn spend_text(&mut self, node: &Expression, value: Value) -> Outcome {
        let length = match value.bare() {
            Value::String(text) if text.len() > SHORT => text.len(),
            _ => return Ok(value),
        };
        match self.budget.bytes.checked_sub(length) {
            Some(left) => self.budget.bytes = left,
            None => {
                let most = BUDGET.bytes >> 20;
                let detail =
                    format!("The texts that this expression makes are longer than {most} MiB.");
                return self.fail(node, TOO_MUCH, detail);
            }
        }
        Ok(value)
    }

    pub(super) fn span(&self, node: &Expression) -> Span {
        Span::new(self.source, node.span().unwrap_or_default())
    }

    /// Records what is wrong with a node, and the values that it was made from.
    pub(super) fn fail<T>(
        &mut self,
        node: &Expression,
        summary: &'static str,
        detail: impl Into<String>,
    ) -> Result<T, Reported> {
        let problem = Diagnostic::error(summary, detail).at(self.span(node));
        Err(self.report(problem, node))
    }

    /// Records a problem together with the values that a node refers to.
    pub(super) fn report(&mut self, mut problem: Diagnostic, node: &Expression) -> Reported {
        if !self.quiet {
            problem.values = clues::values(self, node);
        }
        self.diagnostics.error(problem)
    }

    /// Evaluates something whose failure is no failure; gives back what was reported.
    pub(super) fn attempt<T>(
        &mut self,
        evaluate: impl FnOnce(&mut Self) -> Result<T, Reported>,
    ) -> Result<T, Diagnostics> {
        let before = self.diagnostics.len();
        let quiet = std::mem::replace(&mut self.quiet, true);
        let outcome = evaluate(self);
        self.quiet = quiet;
        let reported = self.diagnostics.split_off(before);
        outcome.map_err(|_| reported)
    }

    /// Evaluates all, so that every mistake is reported, and then fails if one failed.
    pub(super) fn all<'n>(
        &mut self,
        nodes: impl Iterator<Item = &'n Expression>,
    ) -> Result<Vec<Value>, Reported> {
        let outcomes: Vec<Outcome> = nodes.map(|node| self.value(node)).collect();
        outcomes.into_iter().collect()
    }

    /// Evaluates with names bound.
    pub(super) fn with_bound<T>(
        &mut self,
        names: impl IntoIterator<Item = (Text, Value)>,
        evaluate: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let outside = self.bound.len();
        self.bound.extend(names);
        let result = evaluate(self);
        self.bound.truncate(outside);
        result
    }

    /// A truth value for a decision; none where it is not known.
    pub(super) fn condition(
        &mut self,
        node: &Expression,
        value: &Value,
    ) -> Result<Option<bool>, Reported> {
        if value.is_null() {
            let detail = "The condition value is null. Conditions must either be true or false.";
            return self.fail(node, "Null condition", detail);
        }
        match value.bare().convert(&Type::Bool) {
            Ok(value) => Ok(value.as_bool()),
            Err(_) => {
                let detail = "The condition expression must be of type bool.";
                self.fail(node, "Incorrect condition type", detail)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::{Constants, parse_expression};
    use crate::source::SourceId;

    /// What is said about an expression with little to spend.
    fn refused(text: &str) -> Vec<&'static str> {
        let expr = parse_expression(text, SourceId(0)).unwrap();
        let (scope, mut diagnostics) = (Constants::default(), Diagnostics::default());
        let mut evaluator = Evaluator::new(&scope, SourceId(0), &mut diagnostics);
        evaluator.budget = Budget { rounds: 100, bytes: 50_000 };
        let _ = evaluator.value(&expr.node);
        diagnostics.iter().map(|problem| problem.summary).collect()
    }

    #[test]
    fn no_short_expression_takes_all_memory_or_time() {
        for text in [
            "[for i in range(10) : [for j in range(10) : j]]",
            "[for i in range(2) : \"%{ for j in range(100) }x%{ endfor }\"]",
            "[for i in range(10) : format(\"%6000s\", i)]",
            "[for i in range(5) : \"${i}${format(\"%6000s\", i)}\"]",
        ] {
            assert_eq!(refused(text), [TOO_MUCH], "{text}");
        }
        assert_eq!(refused("[for i in range(90) : format(\"%600s\", i)]"), [""; 0]);
        assert_eq!(refused("range(1000000000)").len(), 1);
        assert_eq!(refused("format(\"%1000000000s\", \"\")").len(), 1);
    }
}
