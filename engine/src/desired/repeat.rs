//! `count` and `for_each`: how many instances, with which keys.

use super::Rigour;
use super::output::is_ephemeral;
use super::scope::At;
use super::tables::{Each, Shape};
use crate::addr::Key;
use crate::config::Repetition;
use crate::diag::{Diagnostic, Diagnostics};
use crate::eval::{evaluate, values_behind};
use crate::value::{Type, Value};

/// More instances of one block than this are a mistake, such as a size in bytes taken for a number
/// of members; each takes some twenty kilobytes.
const MOST_INSTANCES: usize = 100_000;

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

    /// One instance of which only the types are known, that stands for all.
    fn representative(shape: Shape, each: Each) -> Expansion {
        Expansion { shape, instances: vec![(None, Some(each))] }
    }
}

/// Evaluates a repetition. What is wrong or unknown gives no instances, unless one stands for all.
pub(super) fn expand(
    repetition: &Repetition,
    at: &At<'_>,
    rigour: Rigour,
    diagnostics: &mut Diagnostics,
) -> Expansion {
    let (expr, found) = match repetition {
        Repetition::Single => {
            return Expansion { shape: Shape::Single, instances: vec![(None, None)] };
        }
        Repetition::Count(expr) => (expr, evaluate(expr, at, diagnostics).map(|v| (count(&v), v))),
        Repetition::ForEach(expr) => {
            (expr, evaluate(expr, at, diagnostics).map(|v| (for_each(&v), v)))
        }
    };
    let each = match (rigour, repetition, &found) {
        (Rigour::Types, Repetition::Count(_), _) => Some(some_index()),
        (Rigour::Types, _, Ok((_, value))) => Some(some_entry(value)),
        (Rigour::Types, _, Err(_)) => Some(some_entry(&Value::NULL)),
        _ => None,
    };
    let expansion = match found {
        Err(_) => Expansion::unknown(),
        Ok((Ok(expansion), _)) => expansion,
        // A mistake in the value it waits for was told, and whatever is unknown after that is no news.
        Ok((Err(Refused::NotYet(_)), _)) if each.is_some() || at.hangs_on_a_mistake() => {
            Expansion::unknown()
        }
        Ok((Err(refused), _)) => {
            let mut diagnostic = refused.diagnostic().at(expr.span());
            diagnostic.values = values_behind(expr, at);
            diagnostics.error(diagnostic);
            Expansion::unknown()
        }
    };
    match each {
        Some(each) => Expansion::representative(shape_of(repetition), each),
        None => expansion,
    }
}

fn shape_of(repetition: &Repetition) -> Shape {
    match repetition {
        Repetition::Single => Shape::Single,
        Repetition::Count(_) => Shape::SomeByCount,
        Repetition::ForEach(_) => Shape::SomeByForEach,
    }
}

fn some_index() -> Each {
    Each::Count(Value::unknown_not_null(Type::Number))
}

/// `each` of any entry of a collection.
fn some_entry(value: &Value) -> Each {
    let key = Value::unknown_not_null(Type::String);
    match value.bare().type_of() {
        Type::Map(elem) => Each::Entry(key, Value::unknown((*elem).clone())),
        Type::Set(_) => Each::Entry(key.clone(), key),
        _ => Each::Entry(key, Value::unknown(Type::Any)),
    }
}

/// Why a value says nothing about instances.
enum Refused {
    /// It cannot, ever.
    Invalid(&'static str, String),
    /// It does so only later.
    NotYet(Diagnostic),
}

impl Refused {
    fn diagnostic(self) -> Diagnostic {
        match self {
            Refused::Invalid(summary, detail) => Diagnostic::error(summary, detail),
            Refused::NotYet(diagnostic) => diagnostic,
        }
    }
}

const COUNT: &str = "Invalid count argument";
const FOR_EACH: &str = "Invalid for_each argument";

fn count(value: &Value) -> Result<Expansion, Refused> {
    let invalid = |detail: String| Err(Refused::Invalid(COUNT, detail));
    if is_ephemeral(value) {
        return invalid(
            "Ephemeral values, or values derived from them, cannot be used as \"count\": the \
             number of instances is stored."
                .into(),
        );
    }
    // How many there are tells little of a secret, and Terraform lets it pass.
    let value = match value.bare().convert(&Type::Number) {
        Ok(value) => value,
        Err(reason) => return invalid(format!("The \"count\" value is unsuitable: {reason}.")),
    };
    if value.is_unknown() {
        return Err(not_yet("count", COUNT, &value));
    }
    let Some(number) = value.as_number() else {
        return invalid("The \"count\" value is null. A whole number is required.".into());
    };
    if number.is_negative() {
        return invalid("The \"count\" value is negative. It must be zero or more.".into());
    }
    if !number.is_integer() {
        return invalid("The \"count\" value is no whole number.".into());
    }
    let count = number.as_i64().and_then(|count| usize::try_from(count).ok());
    match count.filter(|count| *count <= MOST_INSTANCES) {
        Some(count) => {
            let instance =
                |n: u64| (Some(Key::Index(n)), Some(Each::Count(Value::from(n as usize))));
            let instances = (0..count as u64).map(instance).collect();
            Ok(Expansion { shape: Shape::Count, instances })
        }
        None => invalid(too_many()),
    }
}

fn for_each(value: &Value) -> Result<Expansion, Refused> {
    let invalid = |detail: String| Err(Refused::Invalid(FOR_EACH, detail));
    let allowed = "A map, an object or a set of strings is required.";
    if let Some(kind) = hidden_outside(value) {
        return invalid(format!(
            "{kind} values, or values derived from them, cannot be used as \"for_each\": the keys \
             name the instances, which are shown and stored."
        ));
    }
    let bare = value.bare();
    match bare {
        Value::Unknown(unknown) => match unknown.ty {
            Type::Any | Type::Map(_) | Type::Object(_) => {
                return Err(not_yet("for_each", FOR_EACH, value));
            }
            Type::Set(ref elem) if matches!(**elem, Type::Any | Type::String) => {
                return Err(not_yet("for_each", FOR_EACH, value));
            }
            _ => return invalid(unsuitable(&unknown.ty)),
        },
        Value::Null(_) => return invalid(format!("The \"for_each\" value is null. {allowed}")),
        Value::Set(set) if !matches!(set.elem, Type::String | Type::Any) => {
            return invalid(unsuitable(&bare.type_of()));
        }
        _ => {}
    }
    if bare.entries().map_or(0, |e| e.len()).max(bare.elements().map_or(0, <[_]>::len))
        > MOST_INSTANCES
    {
        return invalid(too_many());
    }
    match bare {
        Value::Map(_) | Value::Object(_) => {
            let entries = bare.entries().into_iter().flatten();
            let instances = entries.map(|(key, value)| {
                let each = Each::Entry(Value::String(key.clone()), value.clone());
                (Some(Key::Name(key.clone())), Some(each))
            });
            Ok(Expansion { shape: Shape::ForEach, instances: instances.collect() })
        }
        Value::Set(set) => match set.items.iter().find(|item| item.is_unknown()) {
            Some(open) => Err(not_yet("for_each", FOR_EACH, open)),
            None => members(&set.items).ok_or_else(|| {
                let detail = "The \"for_each\" set contains null. Only strings can name instances.";
                Refused::Invalid(FOR_EACH, detail.into())
            }),
        },
        other => invalid(unsuitable(&other.type_of())),
    }
}

fn members(items: &[Value]) -> Option<Expansion> {
    let instance = |item: &Value| match item.bare() {
        Value::String(key) => {
            Some((Some(Key::Name(key.clone())), Some(Each::Entry(item.clone(), item.clone()))))
        }
        _ => None,
    };
    let instances = items.iter().map(instance).collect::<Option<Vec<_>>>()?;
    Some(Expansion { shape: Shape::ForEach, instances })
}

fn unsuitable(ty: &Type) -> String {
    let what = "The \"for_each\" argument must be a map, an object or a set of strings";
    let found = match ty {
        Type::Set(elem) => format!("set of {}", elem.friendly_name()),
        ty => ty.friendly_name(),
    };
    let hint = match ty {
        Type::List(_) | Type::Tuple(_) => {
            ". Where the elements are distinct texts, toset(...) makes a set of them; \
             otherwise a for expression can give each a key: { for x in ... : x.name => x }"
        }
        Type::Set(_) => ". Write the elements as texts, or give each a key with a for expression",
        _ => "",
    };
    format!("{what}, and this is a {found}{hint}.")
}

fn too_many() -> String {
    format!("That is more than the {MOST_INSTANCES} instances that one block can have.")
}

/// The mark that keeps the keys from being shown; what the elements hold is another matter.
fn hidden_outside(value: &Value) -> Option<&'static str> {
    let marks = match value.bare() {
        Value::Set(_) => value.unmark_deep().1,
        _ => value.unmark().1,
    };
    named(marks.sensitive, marks.ephemeral)
}

fn named(sensitive: bool, ephemeral: bool) -> Option<&'static str> {
    match (sensitive, ephemeral) {
        (true, _) => Some("Sensitive"),
        (_, true) => Some("Ephemeral"),
        _ => None,
    }
}

fn not_yet(what: &str, summary: &'static str, value: &Value) -> Refused {
    let cause = match value.bare() {
        Value::Unknown(unknown) => unknown.cause.as_ref(),
        _ => None,
    };
    let waits = cause.map_or(String::new(), |cause| format!(" It waits for {cause}."));
    let detail = format!(
        "The \"{what}\" value depends on values that cannot be determined until apply, so Quorate \
         cannot tell which instances there will be.{waits}"
    );
    let help = match what {
        "count" => "Use a number that is known now.",
        _ => {
            "Use keys that are known now, and put what is only known later into the values of a \
             map."
        }
    };
    Refused::NotYet(Diagnostic::error(summary, detail).help(help))
}
