//! `condition ? a : b`.

use hcl::edit::expr::{Conditional, Expression};

use super::evaluator::{Evaluator, Outcome};
use crate::value::{Type, Value, unify};

impl Evaluator<'_> {
    /// Both branches have a say in the type of the result; mistakes count only in the branch
    /// that is taken.
    pub(super) fn conditional(&mut self, node: &Expression, conditional: &Conditional) -> Outcome {
        let condition = self.value(&conditional.cond_expr)?;
        let marks = condition.unmark().1;
        let decided = self.condition(&conditional.cond_expr, &condition)?;
        let (yes, no) = match decided {
            Some(true) => {
                (self.value(&conditional.true_expr)?, self.untaken(&conditional.false_expr))
            }
            Some(false) => {
                (self.untaken(&conditional.true_expr), self.value(&conditional.false_expr)?)
            }
            None => (self.untaken(&conditional.true_expr), self.untaken(&conditional.false_expr)),
        };
        let Some(ty) = common(&yes, &no) else {
            let (yes, no) = (yes.type_of(), no.type_of());
            let detail = format!(
                "The true and false result expressions must have consistent types. {}",
                mismatch(&yes, &no)
            );
            return self.fail(node, "Inconsistent conditional result types", detail);
        };
        let result = match decided {
            Some(true) => yes.convert(&ty).unwrap_or(yes),
            Some(false) => no.convert(&ty).unwrap_or(no),
            None => undecided(&yes, &no, ty),
        };
        Ok(result.mark(marks))
    }

    fn untaken(&mut self, node: &Expression) -> Value {
        self.attempt(|quiet| quiet.value(node)).unwrap_or_else(|_| Value::unknown(Type::Any))
    }
}

fn common(yes: &Value, no: &Value) -> Option<Type> {
    match (yes.bare(), no.bare()) {
        (Value::Null(Type::Any), no) => Some(no.type_of()),
        (yes, Value::Null(Type::Any)) => Some(yes.type_of()),
        (yes, no) => {
            let types = [yes.type_of(), no.type_of()];
            if types.contains(&Type::Any) { Some(Type::Any) } else { unify(&types) }
        }
    }
}

/// What is known of the result while the condition is not.
fn undecided(yes: &Value, no: &Value, ty: Type) -> Value {
    let certain = |value: &Value| match value.bare() {
        Value::Null(_) => false,
        Value::Unknown(unknown) => unknown.not_null,
        _ => true,
    };
    let marks = yes.unmark().1.union(no.unmark().1);
    let unknown =
        if certain(yes) && certain(no) { Value::unknown_not_null(ty) } else { Value::unknown(ty) };
    unknown.mark(marks)
}

/// Where two types differ, in words.
fn mismatch(yes: &Type, no: &Type) -> String {
    match (yes, no) {
        (Type::Object(a), Type::Object(b)) => {
            if let Some(name) = a.keys().find(|name| !b.contains_key(*name)) {
                return format!(
                    "The 'true' value includes object attribute {name:?}, which is absent in the 'false' value."
                );
            }
            if let Some(name) = b.keys().find(|name| !a.contains_key(*name)) {
                return format!(
                    "The 'false' value includes object attribute {name:?}, which is absent in the 'true' value."
                );
            }
            let differing =
                a.iter().find(|(name, attr)| b.get(*name).is_some_and(|o| o.ty != attr.ty));
            match differing {
                Some((name, attr)) => {
                    let inner = b.get(name).map(|other| mismatch(&attr.ty, &other.ty));
                    format!(
                        "Type mismatch for object attribute {name:?}: {}",
                        inner.unwrap_or_default()
                    )
                }
                None => String::new(),
            }
        }
        (Type::Tuple(a), Type::Tuple(b)) if a.len() != b.len() => format!(
            "The 'true' tuple has length {}, but the 'false' tuple has length {}.",
            a.len(),
            b.len()
        ),
        (Type::Tuple(a), Type::Tuple(b)) => {
            let place = a.iter().zip(b.iter()).position(|(a, b)| a != b).unwrap_or(0);
            format!("Type mismatch for tuple element {place}: {}", mismatch(&a[place], &b[place]))
        }
        (Type::List(a), Type::List(b)) => {
            format!("Mismatched list element types: {}", mismatch(a, b))
        }
        (Type::Set(a), Type::Set(b)) => format!("Mismatched set element types: {}", mismatch(a, b)),
        (Type::Map(a), Type::Map(b)) => format!("Mismatched map element types: {}", mismatch(a, b)),
        _ => format!(
            "The 'true' value is {}, but the 'false' value is {}.",
            yes.friendly_name(),
            no.friendly_name()
        ),
    }
}
