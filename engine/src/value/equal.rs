//! Equality as the language has it: `==`.

use super::{Type, Unknown, Value};

impl Value {
    /// `==`: a bool, unknown where it depends on what is unknown; marks of both sides are kept.
    ///
    /// Values of different types are different, but nulls of all types are equal.
    pub fn equals(&self, other: &Value) -> Value {
        let ((a, marks), (b, more)) = (self.unmark_deep(), other.unmark_deep());
        let answer = match compare(&a, &b) {
            Some(equal) => Value::Bool(equal),
            None => Unknown::of(Type::Bool).certain().because([&a, &b]).value(),
        };
        answer.mark(marks.union(more))
    }
}

/// Whether two values without marks are equal; none where that is not known.
fn compare(a: &Value, b: &Value) -> Option<bool> {
    match (a, b) {
        (Value::Unknown(_), _) | (_, Value::Unknown(_)) => compare_unknown(a, b),
        (Value::Null(_), Value::Null(_)) => Some(true),
        (Value::Null(_), _) | (_, Value::Null(_)) => Some(false),
        (Value::Bool(a), Value::Bool(b)) => Some(a == b),
        (Value::Number(a), Value::Number(b)) => Some(a == b),
        (Value::String(a), Value::String(b)) => Some(a == b),
        _ if a.type_of() != b.type_of() => different_types(a, b),
        (Value::Map(a), Value::Map(b)) => {
            if !a.items.keys().eq(b.items.keys()) {
                return Some(false);
            }
            all(a.items.values().zip(b.items.values()))
        }
        (Value::Object(a), Value::Object(b)) => all(a.values().zip(b.values())),
        (Value::Set(one), Value::Set(other)) if !(a.is_wholly_known() && b.is_wholly_known()) => {
            compare_sets(&one.items, &other.items)
        }
        _ => {
            let (a, b) = (a.elements()?, b.elements()?);
            if a.len() != b.len() { Some(false) } else { all(a.iter().zip(b)) }
        }
    }
}

fn compare_unknown(a: &Value, b: &Value) -> Option<bool> {
    let not_null = |value: &Value| match value {
        Value::Null(_) => false,
        Value::Unknown(unknown) => unknown.not_null,
        _ => true,
    };
    if (a.is_null() && not_null(b)) || (b.is_null() && not_null(a)) {
        return Some(false);
    }
    if let (Value::Unknown(unknown), known) | (known, Value::Unknown(unknown)) = (a, b)
        && !known.is_null()
        && !known.is_unknown()
        && !unknown.admits(known)
    {
        return Some(false);
    }
    // Nulls of all types are equal.
    let both_null = !not_null(a) && !not_null(b);
    let open = both_null || a.type_of().may_be(&b.type_of());
    if open { None } else { Some(false) }
}

/// Sets of which not all is known are different where one has an element that no element of the
/// other can turn out to be, and never certainly equal.
fn compare_sets(one: &[Value], other: &[Value]) -> Option<bool> {
    let alone = |items: &[Value], among: &[Value]| {
        items.iter().any(|item| among.iter().all(|peer| compare(item, peer) == Some(false)))
    };
    let differ = alone(one, other) || alone(other, one);
    differ.then_some(false)
}

/// Types that only seem different, because part of one is not known yet, decide nothing.
fn different_types(a: &Value, b: &Value) -> Option<bool> {
    let open = |value: &Value| !value.is_wholly_known() && value.type_of().has_any();
    let undecided = (open(a) || open(b)) && a.type_of().may_be(&b.type_of());
    if undecided { None } else { Some(false) }
}

impl Type {
    /// Whether two types are one, or may turn out to be since a part of one is not known yet.
    fn may_be(&self, other: &Type) -> bool {
        match (self, other) {
            (Type::Any, _) | (_, Type::Any) => true,
            (Type::List(a), Type::List(b))
            | (Type::Set(a), Type::Set(b))
            | (Type::Map(a), Type::Map(b)) => a.may_be(b),
            (Type::Tuple(a), Type::Tuple(b)) => {
                a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a.may_be(b))
            }
            (Type::Object(a), Type::Object(b)) => {
                a.keys().eq(b.keys()) && a.values().zip(b.values()).all(|(a, b)| a.ty.may_be(&b.ty))
            }
            (a, b) => a == b,
        }
    }
}

/// Parts that differ decide, whatever is unknown beside them.
fn all<'a>(pairs: impl Iterator<Item = (&'a Value, &'a Value)>) -> Option<bool> {
    let mut answer = Some(true);
    for (a, b) in pairs {
        match compare(a, b) {
            Some(true) => {}
            Some(false) => return Some(false),
            None => answer = None,
        }
    }
    answer
}
