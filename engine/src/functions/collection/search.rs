//! One answer from many elements.

use unicode_segmentation::UnicodeSegmentation;

use crate::functions::kinds::Kind;
use crate::functions::signature::{Call, Function, FunctionError, Outcome, Param, Shape};
use crate::value::{Index, KnownPart, Number, Type, Unknown, Value, unify};

const LIST: Param = Param::new("list", Shape::Any).elements();
const BOOLS: &[Param] = &[Param::new("list", Shape::Bools).partly_known()];
const FOUND_IN: &[Param] =
    &[Param::new("list", Shape::Any).partly_known(), Param::new("value", Shape::Any).unknown()];

pub const TABLE: &[Function] = &[
    Function::new("alltrue", BOOLS, Shape::Bool, all_true),
    Function::new("anytrue", BOOLS, Shape::Bool, any_true),
    Function::new("coalesce", &[], Shape::Any, coalesce)
        .variadic(Param::new("vals", Shape::Any).unknown().nullable()),
    Function::new("coalescelist", &[], Shape::Any, coalesce_list)
        .variadic(Param::new("vals", Shape::Any).unknown().nullable()),
    Function::new("contains", FOUND_IN, Shape::Bool, contains).of_kinds(|c| {
        c.needs(0, Kind::Elements, |_| FunctionError::new("argument must be list, tuple, or set"))
    }),
    Function::new("element", &[LIST, Param::new("index", Shape::Number)], Shape::Any, element)
        .of_kinds(|c| {
            c.needs(0, Kind::Ordered, |ty| {
                let message = format!("cannot read elements from {}", ty.friendly_name());
                FunctionError::of_kind(None, message)
            })
        }),
    Function::new("index", FOUND_IN, Shape::Number, index).of_kinds(|c| {
        c.needs(0, Kind::Ordered, |_| FunctionError::new("argument must be a list or tuple"))
    }),
    Function::new(
        "length",
        &[Param::new("value", Shape::Any).elements().unknown()],
        Shape::Number,
        length,
    ),
    Function::new(
        "matchkeys",
        &[
            Param::new("values", Shape::List),
            Param::new("keys", Shape::List),
            Param::new("searchset", Shape::List),
        ],
        Shape::List,
        match_keys,
    )
    .of_kinds(|c| {
        let types = [c.args[1].type_of(), c.args[2].type_of()];
        unify(&types).map(|_| ()).ok_or_else(unlike_keys)
    }),
    Function::new("one", &[LIST], Shape::Any, one).of_kinds(|c| match c.args[0].type_of() {
        Type::Tuple(items) if items.len() > 1 => Err(not_one()),
        _ => c.needs(0, Kind::Elements, |_| not_one()),
    }),
];

/// The first element that is false, null or unknown decides.
fn all_true(call: &Call) -> Outcome {
    let stops = |item: &&Value| item.as_bool() != Some(true);
    Ok(match call.elements(0)?.iter().find(stops) {
        Some(unknown) if unknown.is_unknown() => unknown.clone(),
        stop => stop.is_none().into(),
    })
}

/// A true element decides, whatever is unknown beside it.
fn any_true(call: &Call) -> Outcome {
    let items = call.elements(0)?;
    if items.iter().any(|item| item.as_bool() == Some(true)) {
        return Ok(true.into());
    }
    Ok(items.iter().find(|item| item.is_unknown()).cloned().unwrap_or(false.into()))
}

fn coalesce(call: &Call) -> Outcome {
    let types: Vec<Type> = call.args.iter().map(Value::type_of).collect();
    // What is of no type yet may be of any.
    let any = || types.contains(&Type::Any).then_some(Type::Any);
    let ty = match unify(&types).or_else(any) {
        Some(ty) if !call.args.is_empty() => ty,
        _ => return Err(FunctionError::new("all arguments must have the same type")),
    };
    let found = call.args.iter().position(|arg| !arg.is_null() && arg.as_str() != Some(""));
    let Some(found) = found else {
        return Err(FunctionError::new("no non-null, non-empty-string arguments"));
    };
    let chosen = crate::functions::signature::convert(found, &call.args[found], &ty)?;
    let open = call.args.iter().find(|arg| arg.is_unknown() && arg.type_of() == Type::Any);
    if let (Type::Number | Type::Bool, Some(open)) = (&ty, open) {
        // What is open may turn out to be a text, and then the result is one too.
        let not_null = call.args[found..].iter().any(is_certain);
        let cause = open.waits_for();
        return Ok(Unknown { not_null, cause, ..Unknown::of(Type::Any) }.value());
    }
    Ok(match &chosen {
        // What comes after an argument that may be null or empty decides with it.
        Value::Unknown(unknown) => {
            let certain = call.args[found..].iter().any(is_certain);
            Unknown {
                not_null: certain,
                cause: unknown.cause.clone(),
                ..Unknown::of(unknown.ty.clone())
            }
            .value()
        }
        _ => chosen,
    })
}

/// Whether a value is neither null nor an empty text, whatever is unknown of it.
fn is_certain(value: &Value) -> bool {
    match value.bare() {
        Value::Null(_) => false,
        Value::Unknown(unknown) => {
            unknown.not_null && (unknown.ty != Type::String || unknown.contents != KnownPart::Open)
        }
        known => known.as_str() != Some(""),
    }
}

fn coalesce_list(call: &Call) -> Outcome {
    if call.args.is_empty() {
        return Err(FunctionError::new("at least one argument is required"));
    }
    let fits = |arg: &Value| match arg {
        Value::Unknown(_) | Value::List(_) | Value::Tuple(_) => true,
        other => matches!(other.type_of(), Type::List(_) | Type::Tuple(_)),
    };
    if !call.args.iter().all(fits) {
        return Err(FunctionError::new("coalescelist arguments must be lists or tuples"));
    }
    for arg in call.args {
        match arg {
            Value::Unknown(_) => return Ok(arg.clone()),
            Value::List(list) if list.items.is_empty() => {}
            Value::Tuple(items) if items.is_empty() => {}
            Value::List(_) | Value::Tuple(_) => return Ok(arg.clone()),
            _ => {}
        }
    }
    Err(FunctionError::new("no non-null arguments"))
}

fn contains(call: &Call) -> Outcome {
    let mut open = None;
    for item in call.elements(0)? {
        match item.equals(&call.args[1]) {
            Value::Bool(true) => return Ok(true.into()),
            Value::Bool(false) => {}
            unknown => open = open.or(Some(unknown)),
        }
    }
    Ok(open.unwrap_or(false.into()))
}

fn index(call: &Call) -> Outcome {
    let items = call.elements(0)?;
    if items.is_empty() {
        return Err(FunctionError::new("cannot search an empty list"));
    }
    for (place, item) in items.iter().enumerate() {
        match item.equals(&call.args[1]) {
            Value::Bool(true) => return Ok(Value::Number(Number::count(place))),
            Value::Bool(false) => {}
            _ => return Ok(Unknown::of(Type::Number).certain().because(call.args).value()),
        }
    }
    Err(FunctionError::new("item not found"))
}

/// Wraps around at both ends.
fn element(call: &Call) -> Outcome {
    let items = call.elements(0)?;
    let place = call.number(1)?.as_i64();
    let place = place.ok_or_else(|| {
        FunctionError::of_kind(None, format!("invalid index: {}", crate::functions::args::WHOLE))
    })?;
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let place = place.checked_rem_euclid(length).and_then(|place| usize::try_from(place).ok());
    let item = place.and_then(|place| items.get(place)).cloned();
    item.ok_or_else(|| FunctionError::new("cannot use element function with an empty list"))
}

fn length(call: &Call) -> Outcome {
    let given = &call.args[0];
    let (least, most) = match given {
        Value::String(text) => exactly(text.graphemes(true).count()),
        Value::List(list) => exactly(list.items.len()),
        // Elements that are unknown may turn out to be one and the same.
        Value::Set(set) if set.items.len() > 1 && !given.is_wholly_known() => {
            (1, Some(set.items.len()))
        }
        Value::Set(set) => exactly(set.items.len()),
        Value::Tuple(items) => exactly(items.len()),
        Value::Map(map) => exactly(map.items.len()),
        Value::Object(attrs) => exactly(attrs.len()),
        Value::Unknown(unknown) => match &unknown.ty {
            Type::Tuple(items) => exactly(items.len()),
            Type::Object(attrs) => exactly(attrs.len()),
            Type::Bool | Type::Number => return Err(no_length()),
            _ => unknown.length(),
        },
        _ => return Err(no_length()),
    };
    if most == Some(least) {
        return Ok(Value::Number(Number::count(least)));
    }
    let length = Unknown::of(Type::Number).certain().because([given]);
    Ok(length.containing(KnownPart::Between(least, most)).value())
}

fn exactly(count: usize) -> (usize, Option<usize>) {
    (count, Some(count))
}

fn no_length() -> FunctionError {
    FunctionError::new("argument must be a string, a collection type, or a structural type")
}

fn match_keys(call: &Call) -> Outcome {
    let (_, lists) = Value::unify_all(&call.args[1..]).ok_or_else(unlike_keys)?;
    let (values, keys) = (call.elements(0)?, lists[0].elements().unwrap_or_default());
    let wanted = Index::of(lists[1].elements().unwrap_or_default());
    if values.len() != keys.len() {
        return Err(FunctionError::new("length of keys and values should be equal"));
    }
    let matching = values.iter().zip(keys).filter(|(_, key)| wanted.contains(key));
    let elem = match &call.args[0] {
        Value::List(list) => list.elem.clone(),
        _ => Type::Any,
    };
    Ok(Value::list(elem, matching.map(|(value, _)| value.clone())))
}

fn unlike_keys() -> FunctionError {
    FunctionError::new("keys and searchset must be of the same type")
}

fn may_be_one(items: &[Value]) -> bool {
    items.iter().filter(|item| item.is_wholly_known()).count() < 2
}

fn one(call: &Call) -> Outcome {
    let elem = match &call.args[0] {
        Value::List(s) | Value::Set(s) => s.elem.clone(),
        _ => Type::Any,
    };
    match call.args[0].elements() {
        Some([]) => Ok(Value::Null(elem)),
        Some([only]) => Ok(only.clone()),
        // All elements may turn out to be one and the same.
        Some(items) if call.args[0].open_set().is_some() && may_be_one(items) => {
            Ok(Unknown::of(elem).because([&call.args[0]]).value())
        }
        _ => Err(not_one()),
    }
}

fn not_one() -> FunctionError {
    FunctionError::at(0, "must be a list, set, or tuple value with either zero or one elements")
}
