//! Arithmetic, comparison and logic.

use hcl::edit::expr::{BinaryOp, BinaryOperator, Expression, UnaryOp, UnaryOperator};

use super::evaluator::{Evaluator, Outcome};
use crate::diag::Reported;
use crate::value::{Marks, NotANumber, Number, Type, Value};

impl Evaluator<'_> {
    pub(super) fn unary(&mut self, node: &Expression, operation: &UnaryOp) -> Outcome {
        let value = self.value(&operation.expr)?;
        let ty = match operation.operator.value() {
            UnaryOperator::Neg => Type::Number,
            UnaryOperator::Not => Type::Bool,
        };
        let operand = Operand { node: &operation.expr, name: "unary operand" };
        let value = self.operand(node, &operand, &value, &ty)?;
        Ok(match value.unmark() {
            (Value::Number(number), marks) => Value::Number(-number).mark(marks),
            (Value::Bool(truth), marks) => Value::Bool(!truth).mark(marks),
            (_, marks) => Value::unknown_not_null(ty).mark(marks),
        })
    }

    pub(super) fn binary(&mut self, node: &Expression, operation: &BinaryOp) -> Outcome {
        use BinaryOperator::{And, Eq, NotEq, Or};
        match *operation.operator.value() {
            And => self.logic(node, operation, false),
            Or => self.logic(node, operation, true),
            Eq => self.equal(operation),
            NotEq => Ok(negated(&self.equal(operation)?)),
            operator => self.numeric(node, operation, operator),
        }
    }

    fn equal(&mut self, operation: &BinaryOp) -> Outcome {
        let (left, right) = (self.value(&operation.lhs_expr), self.value(&operation.rhs_expr));
        Ok(left?.equals(&right?))
    }

    /// `&&` is decided by `false` on either side, `||` by `true`.
    fn logic(&mut self, node: &Expression, operation: &BinaryOp, decisive: bool) -> Outcome {
        let left = self.value(&operation.lhs_expr)?;
        let operand = Operand { node: &operation.lhs_expr, name: "left operand" };
        let left = self.operand(node, &operand, &left, &Type::Bool)?;
        if left.as_bool() == Some(decisive) {
            return Ok(left);
        }
        let right = self.value(&operation.rhs_expr)?;
        let operand = Operand { node: &operation.rhs_expr, name: "right operand" };
        let right = self.operand(node, &operand, &right, &Type::Bool)?;
        let marks = left.unmark().1.union(right.unmark().1);
        let result = match (left.as_bool(), right.as_bool()) {
            (_, Some(right)) if right == decisive => Value::Bool(decisive),
            (Some(_), Some(right)) => Value::Bool(right),
            _ => Value::unknown_not_null(Type::Bool),
        };
        Ok(result.mark(marks))
    }

    fn numeric(
        &mut self,
        node: &Expression,
        operation: &BinaryOp,
        operator: BinaryOperator,
    ) -> Outcome {
        let left = self.side(node, &operation.lhs_expr, "left operand");
        let right = self.side(node, &operation.rhs_expr, "right operand");
        let ((left, marks), (right, more)) = (left?, right?);
        let (Some(left), Some(right)) = (left, right) else {
            return Ok(Value::unknown_not_null(result_type(operator)).mark(marks.union(more)));
        };
        match calculate(operator, &left, &right) {
            Ok(value) => Ok(value.mark(marks.union(more))),
            Err(error) => {
                self.fail(node, "Operation failed", format!("Error during operation: {error}."))
            }
        }
    }

    /// One side of a numeric operation: its number, where that is known.
    fn side(
        &mut self,
        node: &Expression,
        side: &Expression,
        name: &'static str,
    ) -> Result<(Option<Number>, Marks), Reported> {
        let value = self.value(side)?;
        let value = self.operand(node, &Operand { node: side, name }, &value, &Type::Number)?;
        Ok((value.as_number().cloned(), value.unmark().1))
    }

    fn operand(
        &mut self,
        whole: &Expression,
        operand: &Operand<'_>,
        value: &Value,
        ty: &Type,
    ) -> Outcome {
        match value.convert(ty) {
            Ok(value) if value.is_null() => {
                let detail = "Error during operation: argument must not be null.";
                self.fail(whole, "Operation failed", detail)
            }
            Ok(value) => Ok(value),
            Err(error) => {
                let detail = format!("Unsuitable value for {}: {error}.", operand.name);
                self.fail(operand.node, "Invalid operand", detail)
            }
        }
    }
}

struct Operand<'n> {
    node: &'n Expression,
    name: &'static str,
}

fn negated(value: &Value) -> Value {
    match value.unmark() {
        (Value::Bool(truth), marks) => Value::Bool(!truth).mark(marks),
        _ => value.clone(),
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
