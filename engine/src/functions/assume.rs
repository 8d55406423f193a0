//! What an author knows of a value before it is known. It is used at once, and held against the value as
//! soon as there is one. The functions are those of OpenTofu.

use super::signature::{Call, Function, FunctionError, Outcome, Param, Shape};
use crate::value::{KnownPart, Type, Unknown, Value};

const EQUAL: &[Param] =
    &[Param::new("actual_value", Shape::Any).raw(), Param::new("expected_value", Shape::Any).raw()];
const ANY: Param = Param::new("value", Shape::Any).unknown().nullable();
const TEXT: Param = Param::new("value", Shape::String).unknown().nullable();
const LIST: Param = Param::new("value", Shape::List).unknown().nullable();
const SET: Param = Param::new("value", Shape::Set).unknown().nullable();
const MAP: Param = Param::new("value", Shape::Map).unknown().nullable();
const PREFIX: Param = Param::new("prefix", Shape::String);
const MIN: Param = Param::new("min_length", Shape::Number);
const MAX: Param = Param::new("max_length", Shape::Number);

// Null upholds every assumption but one, so no result is certainly not null: hence `Shape::Any`.
pub const TABLE: &[Function] = &[
    Function::new("assumeequal", EQUAL, Shape::Any, equal),
    Function::new("assumenotnull", &[ANY], Shape::Any, |c| not_null(&c.args[0])),
    Function::new("assumestringprefix", &[TEXT, PREFIX], Shape::Any, prefix),
    Function::new("assumelistlength", &[LIST, MIN, MAX], Shape::Any, between),
    Function::new("assumelistlengthmin", &[LIST, MIN], Shape::Any, at_least),
    Function::new("assumelistlengthmax", &[LIST, MAX], Shape::Any, at_most),
    Function::new("assumesetlength", &[SET, MIN, MAX], Shape::Any, between),
    Function::new("assumesetlengthmin", &[SET, MIN], Shape::Any, at_least),
    Function::new("assumesetlengthmax", &[SET, MAX], Shape::Any, at_most),
    Function::new("assumemaplength", &[MAP, MIN, MAX], Shape::Any, between),
    Function::new("assumemaplengthmin", &[MAP, MIN], Shape::Any, at_least),
    Function::new("assumemaplengthmax", &[MAP, MAX], Shape::Any, at_most),
];

fn broken() -> FunctionError {
    FunctionError::at(0, "assumption was not upheld")
}

/// The expected value, with its own marks: who expects it has it without the other.
fn equal(call: &Call) -> Outcome {
    let (actual, expected) = (&call.args[0], &call.args[1]);
    let ty = expected.type_of();
    let actual = actual.convert(&ty).map_err(|_| {
        let (from, to) = (actual.type_of().friendly_name(), ty.friendly_name());
        let message = format!("actual value type {from} does not match assumed value type {to}");
        FunctionError::of_kind(0, message)
    })?;
    match actual.equals(expected).bare().as_bool() {
        Some(false) => {
            Err(FunctionError::at(0, "the actual value does not match the assumed value"))
        }
        _ => Ok(expected.clone()),
    }
}

fn not_null(value: &Value) -> Outcome {
    match value {
        value if value.type_of() == Type::Any => Err(FunctionError::at(
            0,
            "given value must have a known type; consider using the \"convert\" function to specify a \
             type to assume",
        )),
        Value::Null(_) => Err(broken()),
        Value::Unknown(unknown) => Ok(unfolded(Unknown::clone(unknown).certain())),
        known => Ok(known.clone()),
    }
}

fn prefix(call: &Call) -> Outcome {
    let (value, prefix) = (&call.args[0], call.text(1)?);
    match value.as_str() {
        Some(text) if !text.starts_with(prefix) => Err(broken()),
        Some(_) => Ok(value.clone()),
        None => narrow(value, KnownPart::beginning(prefix)),
    }
}

fn between(call: &Call) -> Outcome {
    narrow(&call.args[0], KnownPart::Between(length(call, 1)?, Some(length(call, 2)?)))
}

fn at_least(call: &Call) -> Outcome {
    narrow(&call.args[0], KnownPart::Between(length(call, 1)?, None))
}

fn at_most(call: &Call) -> Outcome {
    narrow(&call.args[0], KnownPart::Between(0, Some(length(call, 1)?)))
}

fn length(call: &Call, index: usize) -> Result<usize, FunctionError> {
    let number = call.number(index)?.as_i64().and_then(|number| usize::try_from(number).ok());
    let refused = || {
        FunctionError::of_kind(index, format!("must be a whole number between 0 and {}", i64::MAX))
    };
    number.ok_or_else(refused)
}

/// The value with contents of which this is known too.
fn narrow(value: &Value, part: KnownPart) -> Outcome {
    match value {
        Value::Null(_) => Ok(value.clone()),
        Value::Unknown(unknown) => unknown.narrowed(part).map(unfolded).ok_or_else(broken),
        known => match Unknown::of(known.type_of()).containing(part).admits(known) {
            true => Ok(known.clone()),
            false => Err(broken()),
        },
    }
}

/// A list of which the length is known has its elements, so that it can be indexed and looped over.
fn unfolded(unknown: Unknown) -> Value {
    /// Longer ones stay whole: their elements would be nothing but memory.
    const MOST: usize = 1024;
    let length = match unknown.contents {
        KnownPart::Between(least, Some(most)) if least == most && unknown.not_null => least,
        _ => return unknown.value(),
    };
    let part =
        |ty: &Type| Unknown { cause: unknown.cause.clone(), ..Unknown::of(ty.clone()) }.value();
    match &unknown.ty {
        Type::List(elem) if length <= MOST => {
            Value::list((**elem).clone(), vec![part(elem); length])
        }
        Type::Set(elem) if length <= 1 => Value::set((**elem).clone(), vec![part(elem); length]),
        Type::Map(elem) if length == 0 => Value::map::<&str>((**elem).clone(), []),
        _ => unknown.value(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Ambient;
    use crate::functions::call;

    fn run(name: &str, args: &[Value]) -> Result<Value, String> {
        call(name, args, &Ambient::default()).map_err(|error| error.message)
    }

    fn text(not_null: bool) -> Value {
        Unknown { not_null, cause: Some("x.id".into()), ..Unknown::of(Type::String) }.value()
    }

    #[test]
    fn what_is_assumed_is_used() {
        let ports = Value::unknown(Type::list(Type::Number));
        let sure = run("assumenotnull", std::slice::from_ref(&ports)).expect("a value");
        assert_eq!(sure.equals(&Value::NULL), false.into());
        let short = run("assumelistlength", &[ports.clone(), 1.into(), 3.into()]).expect("a value");
        assert_eq!(short.equals(&Value::list(Type::Number, [])), false.into());
        let least = run("assumelistlengthmin", &[ports, 4.into()]).expect("a value");
        let both = run("assumelistlengthmax", &[least.clone(), 9.into()]).expect("a value");
        let Value::Unknown(both) = &both else { panic!("{both:?}") };
        assert_eq!(both.length(), (4, Some(9)));
        let none = run("assumelistlengthmax", &[least, 3.into()]);
        assert_eq!(none.unwrap_err(), "assumption was not upheld");
        let named = run("assumestringprefix", &[text(true), "node-".into()]).expect("a value");
        assert_eq!(run("startswith", &[named.clone(), "node-".into()]), Ok(true.into()));
        assert!(run("assumestringprefix", &[named, "host-".into()]).is_err());
    }

    #[test]
    fn a_list_of_known_length_has_its_elements() {
        let list = Unknown::of(Type::list(Type::String)).certain();
        let list = Unknown { cause: Some("x.id".into()), ..list }.value();
        let two = run("assumelistlength", &[list, 2.into(), 2.into()]);
        assert_eq!(two, Ok(Value::list(Type::String, [text(false), text(false)])));
        let map = Value::unknown_not_null(Type::map(Type::Bool));
        let empty = run("assumemaplengthmax", &[map, 0.into()]);
        assert_eq!(empty, Ok(Value::map::<&str>(Type::Bool, [])));
    }

    #[test]
    fn a_known_value_is_held_against_it() {
        let list = Value::tuple(["b".into(), "a".into()]);
        let kept = Value::list(Type::String, ["b".into(), "a".into()]);
        let set = Value::set(Type::String, ["a".into(), "b".into()]);
        let (one, two) = (Value::from(1), Value::from(2));
        let run_all = |name, least: &Value| run(name, &[list.clone(), least.clone()]);
        assert_eq!(run_all("assumelistlengthmin", &two), Ok(kept));
        assert_eq!(run_all("assumesetlengthmax", &two), Ok(set));
        assert!(run_all("assumelistlengthmax", &one).is_err());
        assert!(run("assumemaplengthmin", &[Value::object::<&str>([]), one]).is_err());
        assert_eq!(run("assumestringprefix", &["ab".into(), "a".into()]), Ok("ab".into()));
        assert!(run("assumestringprefix", &["ab".into(), "b".into()]).is_err());
        assert!(run("assumelistlengthmin", &[list, Value::from(-1)]).is_err());
    }

    #[test]
    fn null_upholds_all_but_one() {
        let null = Value::Null(Type::String);
        let prefixed = run("assumestringprefix", &[null.clone(), "a".into()]);
        assert_eq!(prefixed, Ok(null.clone()));
        assert!(run("assumenotnull", &[null]).is_err());
        for open in [Value::NULL, Value::unknown(Type::Any)] {
            assert!(run("assumenotnull", &[open]).unwrap_err().contains("known type"));
        }
    }

    #[test]
    fn an_expected_value_stands_for_the_actual_one() {
        let secret = Value::from("3").sensitive();
        assert_eq!(run("assumeequal", &[secret, 3.into()]), Ok(3.into()));
        assert_eq!(run("assumeequal", &[text(true), "a".into()]), Ok("a".into()));
        assert!(run("assumeequal", &["b".into(), "a".into()]).is_err());
        assert!(run("assumeequal", &[Value::tuple([]), "a".into()]).is_err());
    }
}
