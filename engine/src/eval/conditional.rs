//! `condition ? a : b`.

use std::collections::BTreeMap;

use hcl::edit::expr::{Conditional, Expression};

use super::evaluator::{Evaluator, Outcome};
use crate::value::{KnownPart, ObjectAttr, Text, Type, Unknown, Value, unify};

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
        // Which branch was not taken tells something too: the marks of both count.
        let marks = marks.union(yes.unmark().1).union(no.unmark().1);
        let result = match decided {
            Some(true) => self.branch(node, "true", &yes, &ty)?,
            Some(false) => self.branch(node, "false", &no, &ty)?,
            None => undecided(&condition, &yes, &no, ty),
        };
        Ok(result.mark(marks))
    }

    fn branch(&mut self, node: &Expression, name: &str, value: &Value, ty: &Type) -> Outcome {
        match value.convert(ty) {
            Ok(value) => Ok(value),
            Err(error) => {
                let detail = format!("The {name} result value has the wrong type: {error}.");
                self.fail(node, "Inconsistent conditional result types", detail)
            }
        }
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
fn undecided(condition: &Value, yes: &Value, no: &Value, ty: Type) -> Value {
    let certain = |value: &Value| match value.bare() {
        Value::Null(_) => false,
        Value::Unknown(unknown) => unknown.not_null,
        _ => true,
    };
    let unknown = Unknown::of(ty).because([condition, yes, no]);
    match certain(yes) && certain(no) {
        true => unknown.certain().containing(KnownPart::of_either(yes, no)).value(),
        false => unknown.value(),
    }
}

/// Where two types differ, in words.
fn mismatch(yes: &Type, no: &Type) -> String {
    match (yes, no) {
        (Type::Object(a), Type::Object(b)) => object_mismatch(a, b),
        (Type::Tuple(a), Type::Tuple(b)) if a.len() != b.len() => format!(
            "The 'true' tuple has length {}, but the 'false' tuple has length {}.",
            a.len(),
            b.len()
        ),
        (Type::Tuple(a), Type::Tuple(b)) => {
            let place = a.iter().zip(b.iter()).position(|(a, b)| a != b).unwrap_or(0);
            format!("Type mismatch for tuple element {place}: {}", mismatch(&a[place], &b[place]))
        }
        (Type::List(a), Type::List(b)) if both_structural(a, b) => element_mismatch("list", a, b),
        (Type::Set(a), Type::Set(b)) if both_structural(a, b) => element_mismatch("set", a, b),
        (Type::Map(a), Type::Map(b)) if both_structural(a, b) => element_mismatch("map", a, b),
        _ => format!(
            "The 'true' value is {}, but the 'false' value is {}.",
            yes.friendly_name(),
            no.friendly_name()
        ),
    }
}

/// Whether the names of both types would not tell them apart.
fn both_structural(a: &Type, b: &Type) -> bool {
    matches!((a, b), (Type::Object(_), Type::Object(_)) | (Type::Tuple(_), Type::Tuple(_)))
}

fn element_mismatch(kind: &str, a: &Type, b: &Type) -> String {
    format!("Mismatched {kind} element types: {}", mismatch(a, b))
}

type Attrs = BTreeMap<Text, ObjectAttr>;

fn object_mismatch(yes: &Attrs, no: &Attrs) -> String {
    let absent = |has: &str, name: &Text, lacks: &str| {
        format!(
            "The '{has}' value includes object attribute {name:?}, which is absent in the \
             '{lacks}' value."
        )
    };
    if let Some(name) = yes.keys().find(|name| !no.contains_key(*name)) {
        return absent("true", name, "false");
    }
    if let Some(name) = no.keys().find(|name| !yes.contains_key(*name)) {
        return absent("false", name, "true");
    }
    let pairs = yes.iter().zip(no.values()).find(|((_, a), b)| a.ty != b.ty);
    pairs.map_or_else(String::new, |((name, a), b)| {
        format!("Type mismatch for object attribute {name:?}: {}", mismatch(&a.ty, &b.ty))
    })
}
