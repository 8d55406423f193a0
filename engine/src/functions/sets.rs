//! Sets against sets.

use super::kinds::Kind;
use super::limit;
use super::signature::{Call, Function, FunctionError, Outcome, Param, Shape};
use crate::value::{Index, Type, Value, unify};

const FIRST: &[Param] = &[Param::new("first_set", Shape::Set)];
const UNION: &[Param] = &[FIRST[0].partly_known()];
const OTHERS: Param = Param::new("other_sets", Shape::Set);

pub const TABLE: &[Function] = &[
    Function::new("setintersection", FIRST, Shape::Set, |c| {
        combine(c, |first, others| {
            let others: Vec<Index> = others.iter().map(|other| Index::of(other)).collect();
            let in_all = |item: &&Value| others.iter().all(|other| other.contains(item));
            first.iter().filter(in_all).cloned().collect()
        })
    })
    .variadic(OTHERS)
    .of_kinds(compatible),
    Function::new("setproduct", &[], Shape::Any, product)
        .variadic(Param::new("sets", Shape::Any).elements())
        .of_kinds(|c| {
            if c.args.len() < 2 {
                return Err(FunctionError::new("at least two arguments are required"));
            }
            c.all_need(Kind::Elements, |index, _| {
                FunctionError::at(index, "a set or a list is required")
            })
        }),
    Function::new(
        "setsubtract",
        &[Param::new("a", Shape::Set), Param::new("b", Shape::Set)],
        Shape::Set,
        |c| {
            combine(c, |first, others| {
                let others: Vec<Index> = others.iter().map(|other| Index::of(other)).collect();
                let in_none = |item: &&Value| !others.iter().any(|other| other.contains(item));
                first.iter().filter(in_none).cloned().collect()
            })
        },
    )
    .of_kinds(compatible),
    Function::new("setunion", UNION, Shape::Set, |c| {
        combine(c, |first, others| {
            first.iter().chain(others.iter().copied().flatten()).cloned().collect()
        })
    })
    .variadic(OTHERS.partly_known())
    .of_kinds(compatible),
];

fn compatible(call: &Call) -> Result<(), FunctionError> {
    let types: Vec<Type> = call.args.iter().map(Value::type_of).collect();
    unify(&types).map(|_| ()).ok_or_else(incompatible)
}

/// A set without elements has no say in their type, where it has none itself.
fn is_typeless(set: &Value) -> bool {
    matches!(set, Value::Set(set) if set.items.is_empty() && set.elem == Type::Any)
}

fn incompatible() -> FunctionError {
    FunctionError::new("given sets must all have compatible element types")
}

/// Calculates with sets that have been converted to one type.
fn combine(call: &Call, rule: fn(&[Value], &[&[Value]]) -> Vec<Value>) -> Outcome {
    let types: Vec<Type> =
        call.args.iter().filter(|set| !is_typeless(set)).map(Value::type_of).collect();
    let ty = if types.is_empty() { Some(Type::set(Type::Any)) } else { unify(&types) };
    let ty = ty.ok_or_else(incompatible)?;
    let sets: Option<Vec<Value>> = call.args.iter().map(|set| set.convert(&ty).ok()).collect();
    let sets = sets.ok_or_else(incompatible)?;
    let items: Vec<&[Value]> = sets.iter().map(|set| set.elements().unwrap_or_default()).collect();
    let elem = match ty {
        Type::Set(elem) => elem.as_ref().clone(),
        _ => Type::Any,
    };
    let items = items.split_first().map(|(first, others)| rule(first, others));
    Ok(Value::set(elem, items.unwrap_or_default()))
}

/// Tuples of one element of each argument; a set where any argument is one.
fn product(call: &Call) -> Outcome {
    let mut lists = Vec::new();
    for (index, arg) in call.args.iter().enumerate() {
        let message = "a set or a list is required";
        let list = arg.convert(&Type::list(Type::Any));
        lists.push(list.map_err(|_| FunctionError::at(index, message))?);
    }
    let factors: Vec<&[Value]> = lists.iter().filter_map(Value::elements).collect();
    let count = factors.iter().try_fold(1_usize, |count, items| count.checked_mul(items.len()));
    limit::elements(count)?;
    let elem = Type::Tuple(call.args.iter().zip(&lists).map(elem).collect::<Vec<_>>().into());
    let tuples = (0..count.unwrap_or_default()).map(|number| nth(&factors, number));
    let any_set = call.args.iter().any(|arg| matches!(arg, Value::Set(_)));
    Ok(match any_set {
        // Elements of a set may turn out to be equal, so nobody knows how many there are.
        true if call.args.iter().any(|arg| arg.open_set().is_some()) => {
            Value::unknown_not_null(Type::set(elem))
        }
        true => Value::set(elem, tuples),
        false => Value::list(elem, tuples),
    })
}

fn elem((arg, list): (&Value, &Value)) -> Type {
    match (arg, list) {
        (Value::Set(set), _) => set.elem.clone(),
        (_, Value::List(list)) => list.elem.clone(),
        _ => Type::Any,
    }
}

/// One tuple by its number, the last factor changing fastest.
fn nth(factors: &[&[Value]], mut number: usize) -> Value {
    let mut items = Vec::with_capacity(factors.len());
    for factor in factors.iter().rev() {
        items.push(factor[number % factor.len()].clone());
        number /= factor.len();
    }
    items.reverse();
    Value::tuple(items)
}
