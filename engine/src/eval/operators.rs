//! Arithmetic, comparison and logic.

use hcl::edit::expr::{BinaryOp, BinaryOperator, Expression, FuncCall, UnaryOp, UnaryOperator};

use super::evaluator::{Evaluator, Outcome};
use crate::diag::Reported;
use crate::value::{NotANumber, Number, Type, Unknown, Value};

/// One operator with what stands around it.
struct Step<'e> {
    /// The whole operation.
    node: &'e Expression,
    left: &'e Expression,
    operator: BinaryOperator,
    right: &'e Expression,
}

impl Evaluator<'_> {
    pub(super) fn unary(&mut self, node: &Expression, operation: &UnaryOp) -> Outcome {
        let value = self.value(&operation.expr)?;
        let ty = match operation.operator.value() {
            UnaryOperator::Neg => Type::Number,
            UnaryOperator::Not => Type::Bool,
        };
        let value = self.operand(&operation.expr, "unary operand", &value, &ty)?;
        self.not_null(node, [&value])?;
        Ok(match value.unmark() {
            (Value::Number(number), marks) => Value::Number(-number).mark(marks),
            (Value::Bool(truth), marks) => Value::Bool(!truth).mark(marks),
            (unknown, marks) => Unknown::of(ty).certain().because([unknown]).value().mark(marks),
        })
    }

    pub(super) fn binary(&mut self, node: &Expression, operation: &BinaryOp) -> Outcome {
        let left = self.value(&operation.lhs_expr);
        let step = Step {
            node,
            left: &operation.lhs_expr,
            operator: *operation.operator.value(),
            right: &operation.rhs_expr,
        };
        self.operate(&step, left)
    }

    /// A long chain of operators of one strength, from its first operand on.
    pub(super) fn chain(&mut self, node: &Expression, call: &FuncCall) -> Outcome {
        let mut args = call.args.iter();
        let Some(mut left) = args.next() else { return Ok(Value::NULL) };
        let mut value = self.value(left);
        while let (Some(operator), Some(right)) = (args.next(), args.next()) {
            let operator = operator.as_str().and_then(|text| text.parse().ok());
            let Some(operator) = operator else { return value };
            value = self.operate(&Step { node, left, operator, right }, value);
            left = right;
        }
        value
    }

    fn operate(&mut self, step: &Step<'_>, left: Outcome) -> Outcome {
        use BinaryOperator::{And, Eq, NotEq, Or};
        match step.operator {
            And => self.logic(step, left?, false),
            Or => self.logic(step, left?, true),
            Eq => self.equal(step, left),
            NotEq => Ok(negated(&self.equal(step, left)?)),
            _ => self.numeric(step, left),
        }
    }

    fn equal(&mut self, step: &Step<'_>, left: Outcome) -> Outcome {
        let right = self.value(step.right);
        Ok(left?.equals(&right?))
    }

    /// `&&` is decided by `false` on either side, `||` by `true`.
    fn logic(&mut self, step: &Step<'_>, left: Value, decisive: bool) -> Outcome {
        let left = self.operand(step.left, "left operand", &left, &Type::Bool)?;
        if left.as_bool() == Some(decisive) {
            return Ok(left);
        }
        let right = self.value(step.right)?;
        let right = self.operand(step.right, "right operand", &right, &Type::Bool)?;
        self.not_null(step.node, [&left, &right])?;
        let marks = left.unmark().1.union(right.unmark().1);
        let result = match (left.as_bool(), right.as_bool()) {
            (_, Some(right)) if right == decisive => Value::Bool(decisive),
            (Some(_), Some(right)) => Value::Bool(right),
            _ => Unknown::of(Type::Bool).certain().because([&left, &right]).value(),
        };
        Ok(result.mark(marks))
    }

    fn numeric(&mut self, step: &Step<'_>, left: Outcome) -> Outcome {
        let Step { node, operator, .. } = *step;
        let left =
            left.and_then(|value| self.operand(step.left, "left operand", &value, &Type::Number));
        let right = self
            .value(step.right)
            .and_then(|value| self.operand(step.right, "right operand", &value, &Type::Number));
        let (left, right) = (left?, right?);
        self.not_null(node, [&left, &right])?;
        let marks = left.unmark().1.union(right.unmark().1);
        let (Some(left), Some(right)) = (left.as_number(), right.as_number()) else {
            let decided = foreseen(operator, &left, &right).map(Value::Bool);
            let open =
                || Unknown::of(result_type(operator)).certain().because([&left, &right]).value();
            return Ok(decided.unwrap_or_else(open).mark(marks));
        };
        match calculate(operator, left, right) {
            Ok(value) => Ok(value.mark(marks)),
            Err(NotANumber) => {
                let detail = format!("Error during operation: {}.", senseless(operator));
                self.fail(node, "Operation failed", detail)
            }
        }
    }

    fn not_null<const N: usize>(
        &mut self,
        node: &Expression,
        operands: [&Value; N],
    ) -> Result<(), Reported> {
        if operands.iter().any(|operand| operand.is_null()) {
            let detail = "Error during operation: argument must not be null.";
            return self.fail(node, "Operation failed", detail);
        }
        Ok(())
    }

    fn operand(
        &mut self,
        node: &Expression,
        name: &'static str,
        value: &Value,
        ty: &Type,
    ) -> Outcome {
        value.convert(ty).or_else(|error| {
            let detail = format!("Unsuitable value for {name}: {error}.");
            self.fail(node, "Invalid operand", detail)
        })
    }
}

fn negated(value: &Value) -> Value {
    match value.unmark() {
        (Value::Bool(truth), marks) => Value::Bool(!truth).mark(marks),
        _ => value.clone(),
    }
}

/// What a comparison will give, where the bounds of its sides decide that.
fn foreseen(operator: BinaryOperator, left: &Value, right: &Value) -> Option<bool> {
    use BinaryOperator::{Greater, GreaterEq, Less, LessEq};
    let ((a, b), (c, d)) = (left.number_bounds()?, right.number_bounds()?);
    let below = |high: &Option<Number>, low: &Number| high.as_ref().is_some_and(|high| high < low);
    let up_to = |high: &Option<Number>, low: &Number| high.as_ref().is_some_and(|high| high <= low);
    let (yes, no) = match operator {
        Less => (below(&b, &c), up_to(&d, &a)),
        LessEq => (up_to(&b, &c), below(&d, &a)),
        Greater => (below(&d, &a), up_to(&b, &c)),
        GreaterEq => (up_to(&d, &a), below(&b, &c)),
        _ => return None,
    };
    (yes || no).then_some(yes)
}

/// Why an operation has no number as its result.
fn senseless(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Plus => "can't compute sum of opposing infinities",
        BinaryOperator::Minus => "can't subtract infinity from itself",
        BinaryOperator::Mul => "can't multiply zero by infinity",
        BinaryOperator::Div => "can't divide zero by zero or infinity by infinity",
        _ => "can't use modulo with zero and infinity",
    }
}

fn result_type(operator: BinaryOperator) -> Type {
    use BinaryOperator::{Greater, GreaterEq, Less, LessEq};
    match operator {
        Less | LessEq | Greater | GreaterEq => Type::Bool,
        _ => Type::Number,
    }
}

fn calculate(operator: BinaryOperator, a: &Number, b: &Number) -> Result<Value, NotANumber> {
    Ok(match operator {
        BinaryOperator::Plus => Value::Number(a.add(b)?),
        BinaryOperator::Minus => Value::Number(a.sub(b)?),
        BinaryOperator::Mul => Value::Number(a.mul(b)?),
        BinaryOperator::Div => Value::Number(a.div(b)?),
        BinaryOperator::Mod => Value::Number(a.rem(b)?),
        BinaryOperator::Less => Value::Bool(a < b),
        BinaryOperator::LessEq => Value::Bool(a <= b),
        BinaryOperator::Greater => Value::Bool(a > b),
        BinaryOperator::GreaterEq => Value::Bool(a >= b),
        BinaryOperator::Eq => Value::Bool(a == b),
        BinaryOperator::NotEq => Value::Bool(a != b),
        BinaryOperator::And | BinaryOperator::Or => return Err(NotANumber),
    })
}
