//! `count` and `for_each`: how many instances, with which keys.

use super::Rigour;
use super::scope::At;
use super::tables::{Each, Shape};
use crate::addr::Key;
use crate::config::Repetition;
use crate::diag::{Diagnostic, Diagnostics};
use crate::eval::{Expr, evaluate};
use crate::value::{Type, Value};

/// The instances of a block or call.
#[derive(Debug)]
pub struct Expansion {
    pub(super) shape: Shape,
    pub(super) instances: Vec<(Option<Key>, Option<Each>)>,
}

impl Expansion {
    fn unknown() -> Expansion {
        Expansion { shape: Shape::Unknown, instances: Vec::new() }
    }
}

/// Evaluates a repetition. What is wrong or unknown gives no instances.
pub(super) fn expand(
    repetition: &Repetition,
    at: &At<'_>,
    rigour: Rigour,
    diagnostics: &mut Diagnostics,
) -> Expansion {
    match repetition {
        Repetition::Single => Expansion { shape: Shape::Single, instances: vec![(None, None)] },
        Repetition::Count(expr) => count(expr, at, diagnostics),
        Repetition::ForEach(expr) => for_each(expr, at, rigour, diagnostics),
    }
}

fn count(expr: &Expr, at: &At<'_>, diagnostics: &mut Diagnostics) -> Expansion {
    let Ok(value) = evaluate(expr, at, diagnostics) else { return Expansion::unknown() };
    let mut invalid = |detail: String| {
        diagnostics.error(Diagnostic::error("Invalid count argument", detail).at(expr.span()));
        Expansion::unknown()
    };
    if value.has_sensitive() {
        return invalid(
            "Sensitive values cannot be used as count: the number of instances is shown.".into(),
        );
    }
    if value.is_unknown() {
        return invalid(not_yet("count", &value));
    }
    if value.is_null() {
        return invalid(
            "The given \"count\" argument value is null. An integer is required.".into(),
        );
    }
    let number =
        value.convert(&Type::Number).ok().and_then(|n| n.as_number().and_then(|n| n.as_i64()));
    match number.and_then(|n| u64::try_from(n).ok()) {
        Some(count) => Expansion {
            shape: Shape::Count,
            instances: (0..count).map(|n| (Some(Key::Index(n)), Some(Each::Count(n)))).collect(),
        },
        None => invalid("The given \"count\" argument value is unsuitable: a whole number, zero or more, is required.".into()),
    }
}

fn for_each(expr: &Expr, at: &At<'_>, rigour: Rigour, diagnostics: &mut Diagnostics) -> Expansion {
    let Ok(value) = evaluate(expr, at, diagnostics) else { return Expansion::unknown() };
    if value.is_unknown() && diagnostics.has_errors() && rigour == Rigour::Strict {
        return Expansion::unknown();
    }
    let mut invalid = |detail: String| {
        diagnostics.error(Diagnostic::error("Invalid for_each argument", detail).at(expr.span()));
        Expansion::unknown()
    };
    let (bare, marks) = value.unmark();
    if marks.sensitive {
        return invalid("Sensitive values, or values derived from sensitive values, cannot be used as for_each arguments: the keys are shown.".into());
    }
    match bare {
        Value::Unknown(_) => invalid(not_yet("for_each", &value)),
        Value::Null(_) => invalid(
            "The given \"for_each\" argument value is null. A map, or set of strings is allowed."
                .into(),
        ),
        Value::Map(_) | Value::Object(_) => {
            let entries = bare.entries().into_iter().flatten();
            let instances = entries.map(|(key, value)| {
                let each = Each::Entry(Value::String(key.clone()), value.clone());
                (Some(Key::Name(key.clone())), Some(each))
            });
            Expansion { shape: Shape::ForEach, instances: instances.collect() }
        }
        Value::Set(set) if set.items.iter().any(Value::is_unknown) => {
            invalid(not_yet("for_each", &value))
        }
        Value::Set(set) => {
            let keys = set.items.iter().map(|item| match item.bare() {
                Value::String(key) => Some((
                    Some(Key::Name(key.clone())),
                    Some(Each::Entry(item.clone(), item.clone())),
                )),
                _ => None,
            });
            match keys.collect::<Option<Vec<_>>>() {
                Some(instances) => Expansion { shape: Shape::ForEach, instances },
                None => invalid("The given \"for_each\" argument value is unsuitable: a set must contain only strings.".into()),
            }
        }
        other => invalid(format!(
            "The given \"for_each\" argument value is unsuitable: the \"for_each\" argument must be a map, or set of strings, and you have provided a value of type {}.",
            other.type_of()
        )),
    }
}

fn not_yet(what: &str, value: &Value) -> String {
    let cause = match value.bare() {
        Value::Unknown(unknown) => {
            unknown.cause.as_ref().map(|cause| format!(" It waits for {cause}."))
        }
        _ => None,
    };
    format!(
        "The \"{what}\" value depends on values that cannot be determined until apply, so Quorate cannot tell which instances there will be.{} Use a value that is known now for the keys, and put what is only known later into the map's values.",
        cause.unwrap_or_default()
    )
}
