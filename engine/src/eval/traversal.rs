//! References, attributes, indexes and splats.

use hcl::edit::expr::{Expression, Traversal, TraversalOperator};
use hcl::edit::{Decorated, Span as _};

use super::access::{self, Problem};
use super::clues;
use super::evaluator::{Evaluator, Outcome};
use super::{Resolved, TraversalStep};
use crate::diag::{Diagnostic, Reported};
use crate::source::Span;
use crate::value::{KnownPart, Type, Unknown, Value};

/// How messages call the index that was asked for.
const THE_INDEX: &str = "the index";

/// So many splats of splats one value may go through: each makes it a level deeper.
const MOST_SPLATS: usize = 64;

type Operators<'n> = &'n [Decorated<TraversalOperator>];

impl Evaluator<'_> {
    /// The value of a name that stands alone.
    pub(super) fn named(&mut self, name: &str, at: Span) -> Outcome {
        let value = self.root(name, &[], at)?;
        self.note_unknown(&value);
        Ok(value)
    }

    pub(super) fn traversal(&mut self, node: &Traversal) -> Outcome {
        let outcome = self.traversed(node);
        if outcome.is_err() {
            self.spare_literal_index(node);
        }
        outcome
    }

    /// An index that is written in figures or as a text says itself what it is.
    fn spare_literal_index(&mut self, node: &Traversal) {
        let literal = |operator: &&Decorated<TraversalOperator>| {
            use Expression::{Number, String};
            matches!(operator.value(), TraversalOperator::Index(Number(_) | String(_)))
        };
        let literals = node.operators.iter().filter(literal);
        let spans: Vec<Span> = literals.map(|operator| self.operator_span(operator)).collect();
        if let Some(last) = self.diagnostics.last_mut()
            && last.span.is_some_and(|span| spans.contains(&span))
        {
            last.values.retain(|(name, _)| name != THE_INDEX);
        }
    }

    fn traversed(&mut self, node: &Traversal) -> Outcome {
        let splat = node.operators.iter().position(is_splat);
        let (plain, rest) = node.operators.split_at(splat.unwrap_or(node.operators.len()));
        let steps = self.steps(plain)?;
        let value = match &node.expr {
            Expression::Variable(name) => {
                let end = steps.last().map(step_span);
                let at = self.span(&node.expr);
                let value = self.root(name.as_str(), &steps, end.map_or(at, |end| at.to(end)))?;
                self.note_unknown(&value);
                value
            }
            // A sign belongs to all that follows it: `-3[*]` is `-(3[*])`.
            Expression::Number(number)
                if splat == Some(0) && number.as_f64().is_some_and(f64::is_sign_negative) =>
            {
                let detail = "Unsuitable value for unary operand: number required.";
                return self.fail(&node.expr, "Invalid operand", detail);
            }
            other => {
                let value = self.value(other)?;
                self.apply(value, &steps, Some(other))?
            }
        };
        self.operators(value, rest)
    }

    /// Where the success of an expression is asked for, it hangs on what is not known yet.
    fn note_unknown(&mut self, value: &Value) {
        if self.met_unknown == Some(false) {
            self.met_unknown = Some(!value.is_wholly_known());
        }
    }

    /// A reference as it is written and what it stands for.
    pub(super) fn named_value(&mut self, node: &Expression) -> Result<(String, Value), Reported> {
        let Expression::Traversal(traversal) = node else {
            let name = node.as_variable().map(|name| name.to_string()).unwrap_or_default();
            return Ok((name, self.value(node)?));
        };
        let plain = traversal.operators.iter().take_while(|operator| !is_splat(operator)).count();
        let steps = self.steps(&traversal.operators[..plain])?;
        let root = traversal.expr.as_variable().map(|name| name.to_string()).unwrap_or_default();
        let at = self.span(&traversal.expr);
        // A failing last step is what is being explained: then what it was taken from counts.
        for length in (0..=steps.len()).rev() {
            let steps = &steps[..length];
            if let Ok(value) = self.attempt(|quiet| quiet.root(&root, steps, at)) {
                return Ok((clues::written(&root, steps), value));
            }
        }
        self.root(&root, &steps, at).map(|value| (root, value))
    }

    /// The value of a root name with steps after it.
    fn root(&mut self, name: &str, steps: &[TraversalStep], at: Span) -> Outcome {
        if let Some((_, value)) = self.bound.iter().rev().find(|(bound, _)| **bound == *name) {
            let value = value.clone();
            return self.apply_named(value, steps, || name.to_owned());
        }
        match self.scope.resolve(name, steps, at) {
            Ok(Resolved { value, consumed }) => {
                let (taken, rest) = steps.split_at(consumed.min(steps.len()));
                self.apply_named(value, rest, || clues::written(name, taken))
            }
            Err(problem) => Err(self.diagnostics.error(*problem)),
        }
    }

    fn apply_named(
        &mut self,
        mut value: Value,
        steps: &[TraversalStep],
        name: impl Fn() -> String,
    ) -> Outcome {
        for (done, step) in steps.iter().enumerate() {
            match access::step(&value, step) {
                Ok(next) => value = next,
                Err(problem) => {
                    let named = || {
                        let path = clues::written(&name(), &steps[..done]);
                        clues::clue(&value, self.scope).map(|shown| (path, shown))
                    };
                    let clue = (!self.quiet && !value.has_sensitive()).then(named);
                    return Err(self.refuse(problem, step, clue.flatten()));
                }
            }
        }
        Ok(value)
    }

    /// Goes on from a value; `from` is the expression that gave it.
    fn apply(
        &mut self,
        mut value: Value,
        steps: &[TraversalStep],
        from: Option<&Expression>,
    ) -> Outcome {
        for step in steps {
            match access::step(&value, step) {
                Ok(next) => value = next,
                Err(problem) => {
                    let clues = from.filter(|_| !self.quiet).map(|from| clues::values(self, from));
                    return Err(self.refuse(problem, step, clues.into_iter().flatten()));
                }
            }
        }
        Ok(value)
    }

    fn refuse(
        &mut self,
        problem: Problem,
        step: &TraversalStep,
        clues: impl IntoIterator<Item = (String, String)>,
    ) -> Reported {
        let mut diagnostic = Diagnostic::error(problem.summary, problem.detail);
        diagnostic.help = problem.help;
        diagnostic.values.extend(clues);
        if let TraversalStep::Index(key, _) = step
            && !key.has_sensitive()
            && !self.quiet
        {
            let shown = clues::clue(key, self.scope);
            diagnostic.values.extend(shown.map(|shown| (THE_INDEX.to_owned(), shown)));
        }
        self.diagnostics.error(diagnostic.at(step_span(step)))
    }

    /// Evaluates the indexes of operators, none of which is a splat.
    fn steps(&mut self, operators: Operators<'_>) -> Result<Vec<TraversalStep>, Reported> {
        let steps: Vec<Result<TraversalStep, Reported>> =
            operators.iter().map(|operator| self.step(operator)).collect();
        steps.into_iter().collect()
    }

    fn operator_span(&self, operator: &Decorated<TraversalOperator>) -> Span {
        let range = operator.span().or_else(|| operator.value().span()).unwrap_or_default();
        Span::new(self.source, range)
    }

    fn step(&mut self, operator: &Decorated<TraversalOperator>) -> Result<TraversalStep, Reported> {
        let span = self.operator_span(operator);
        Ok(match operator.value() {
            TraversalOperator::GetAttr(name) => TraversalStep::Attr(name.as_str().into(), span),
            TraversalOperator::Index(key) => TraversalStep::Index(self.value(key)?, span),
            TraversalOperator::LegacyIndex(index) => {
                TraversalStep::Index(Value::from(*index.value() as usize), span)
            }
            // Callers stop before a splat.
            TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => {
                TraversalStep::Attr("*".into(), span)
            }
        })
    }

    /// Applies operators that may be splats.
    fn operators(&mut self, mut value: Value, mut operators: Operators<'_>) -> Outcome {
        while let Some((first, rest)) = operators.split_first() {
            operators = rest;
            value = match first.value() {
                TraversalOperator::FullSplat(_) => return self.splat(value, first, rest),
                TraversalOperator::AttrSplat(_) => {
                    let each = rest.iter().take_while(|operator| is_attr(operator)).count();
                    let (each, rest) = rest.split_at(each);
                    operators = rest;
                    self.splat(value, first, each)?
                }
                _ => {
                    let step = self.step(first)?;
                    self.apply(value, &[step], None)?
                }
            }
        }
        Ok(value)
    }

    /// As [`Evaluator::each_of`], within bounds.
    fn splat(
        &mut self,
        value: Value,
        splat: &Decorated<TraversalOperator>,
        each: Operators<'_>,
    ) -> Outcome {
        if self.splats == MOST_SPLATS {
            let detail = format!("More than {MOST_SPLATS} splat operators follow one another.");
            let problem = Diagnostic::error("Nesting too deep", detail);
            return Err(self.diagnostics.error(problem.at(self.operator_span(splat))));
        }
        self.splats += 1;
        let outcome = self.each_of(value, splat, each);
        self.splats -= 1;
        outcome
    }

    /// Applies operators to each element; anything that is no sequence counts as one element,
    /// and null as none.
    fn each_of(
        &mut self,
        value: Value,
        splat: &Decorated<TraversalOperator>,
        each: Operators<'_>,
    ) -> Outcome {
        let (bare, marks) = value.unmark();
        let result = match bare {
            Value::Null(Type::List(_) | Type::Set(_) | Type::Tuple(_)) => {
                let range = splat.span().or_else(|| splat.value().span()).unwrap_or_default();
                let detail = "Splat expressions (with the * symbol) cannot be applied to null \
                              sequences.";
                let problem = Diagnostic::error("Splat of null value", detail);
                return Err(self.diagnostics.error(problem.at(Span::new(self.source, range))));
            }
            Value::Null(_) => Value::tuple([]),
            Value::Unknown(unknown) if unknown.not_null && is_single(&unknown.ty) => {
                Value::tuple(self.each(std::slice::from_ref(bare), each)?)
            }
            Value::Unknown(unknown) => self.splat_unknown(unknown, each)?,
            Value::Tuple(items) => Value::tuple(self.each(items, each)?),
            Value::Set(s) if bare.open_set().is_some() => {
                let unknown = Unknown::of(Type::set(s.elem.clone())).because([bare]);
                self.splat_unknown(&unknown, each)?
            }
            Value::List(s) | Value::Set(s) => {
                let items = self.each(&s.items, each)?;
                self.splat_list(&s.elem, items, each)
            }
            one => Value::tuple(self.each(std::slice::from_ref(one), each)?),
        };
        Ok(result.mark(marks))
    }

    fn each(&mut self, items: &[Value], each: Operators<'_>) -> Result<Vec<Value>, Reported> {
        items.iter().map(|item| self.operators(item.clone(), each)).collect()
    }

    fn splat_list(&mut self, elem: &Type, items: Vec<Value>, each: Operators<'_>) -> Value {
        if items.is_empty() {
            return Value::list(self.splat_type(elem, each), []);
        }
        match Value::unify_all(&items) {
            Some((common, items)) => Value::list(common, items),
            None => Value::tuple(items),
        }
    }

    /// A value that is not known may turn out to be null, so its splat has no known length.
    fn splat_unknown(&mut self, unknown: &Unknown, each: Operators<'_>) -> Outcome {
        let ty = match &unknown.ty {
            Type::List(elem) | Type::Set(elem) => {
                let element = Value::unknown_not_null((**elem).clone());
                Type::list(self.operators(element, each)?.type_of())
            }
            Type::Tuple(types) => {
                let of = |ty: &Type| Value::unknown_not_null(ty.clone());
                let items = self.each(&types.iter().map(of).collect::<Vec<_>>(), each)?;
                Type::Tuple(items.iter().map(Value::type_of).collect::<Vec<_>>().into())
            }
            // One element or none; what can never be taken from it is a mistake all the same.
            single if is_single(single) => {
                self.operators(Value::unknown_not_null(single.clone()), each)?;
                Type::Any
            }
            _ => Type::Any,
        };
        let contents = match ty {
            Type::List(_) => unknown.contents.clone(),
            _ => KnownPart::Open,
        };
        Ok(Unknown { cause: unknown.cause.clone(), contents, ..Unknown::of(ty).certain() }.value())
    }

    /// The type that operators make of a type.
    fn splat_type(&mut self, elem: &Type, each: Operators<'_>) -> Type {
        let element = Value::unknown_not_null(elem.clone());
        let result = self.attempt(|quiet| quiet.operators(element, each));
        result.map_or(Type::Any, |value| value.type_of())
    }
}

fn is_attr(operator: &Decorated<TraversalOperator>) -> bool {
    use TraversalOperator::{GetAttr, LegacyIndex};
    matches!(operator.value(), GetAttr(_) | LegacyIndex(_))
}

/// Whether a splat takes values of this type for one element.
fn is_single(ty: &Type) -> bool {
    !matches!(ty, Type::Any | Type::List(_) | Type::Set(_) | Type::Tuple(_))
}

fn is_splat(operator: &Decorated<TraversalOperator>) -> bool {
    use TraversalOperator::{AttrSplat, FullSplat};
    matches!(operator.value(), AttrSplat(_) | FullSplat(_))
}

fn step_span(step: &TraversalStep) -> Span {
    match step {
        TraversalStep::Attr(_, span) | TraversalStep::Index(_, span) => *span,
    }
}
