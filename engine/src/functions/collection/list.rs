//! Lists and tuples made of others.

use crate::functions::kinds::Kind;
use crate::functions::limit;
use crate::functions::signature::{Call, Function, FunctionError, Outcome, Param, Shape};
use crate::value::{Index, Marks, Type, Unknown, Value, unify};

const LIST: Param = Param::new("list", Shape::Any).elements();

pub const TABLE: &[Function] = &[
    Function::new(
        "chunklist",
        &[Param::new("list", Shape::List).elements(), Param::new("size", Shape::Number)],
        Shape::Any,
        chunk,
    ),
    Function::new("compact", &[Param::new("list", Shape::Strings)], Shape::Strings, |c| {
        let items = c.elements(0)?.iter();
        let kept = items.filter(|item| item.as_str().is_some_and(|text| !text.is_empty()));
        Ok(Value::list(Type::String, kept.cloned()))
    }),
    Function::new("concat", &[], Shape::Any, concat)
        .variadic(Param::new("seqs", Shape::Any).elements())
        .of_kinds(|c| {
            c.all_need(Kind::Ordered, |index, ty| {
                let got = ty.friendly_name();
                let message = format!("all arguments must be lists or tuples; got {got}");
                FunctionError::of_kind(index, message)
            })
        }),
    Function::new("distinct", &[Param::new("list", Shape::List)], Shape::List, distinct),
    Function::new("flatten", &[LIST], Shape::Any, flatten),
    Function::new("reverse", &[LIST], Shape::Any, |c| {
        Ok(like(&c.args[0], c.elements(0)?.iter().rev().cloned().collect()))
    })
    .of_kinds(|c| {
        c.needs(0, Kind::Elements, |ty| {
            let name = ty.friendly_name();
            FunctionError::of_kind(0, format!("can only reverse list or tuple values, not {name}"))
        })
    }),
    Function::new(
        "slice",
        &[LIST, Param::new("start_index", Shape::Number), Param::new("end_index", Shape::Number)],
        Shape::Any,
        slice,
    )
    .of_kinds(sliceable),
    Function::new(
        "sort",
        &[Param::new("list", Shape::Strings).partly_known()],
        Shape::Strings,
        sort,
    ),
];

/// A part of a list or tuple as one of the same kind.
fn like(original: &Value, items: Vec<Value>) -> Value {
    match original {
        Value::List(s) | Value::Set(s) => Value::list(s.elem.clone(), items),
        _ => Value::tuple(items),
    }
}

fn chunk(call: &Call) -> Outcome {
    let items = call.elements(0)?;
    let size = call.number(1)?.as_i64().ok_or_else(|| {
        FunctionError::of_kind(None, format!("invalid size: {}", crate::functions::args::WHOLE))
    })?;
    let size = usize::try_from(size)
        .map_err(|_| FunctionError::new("the size argument must be positive"))?;
    // Zero means no limit to a part's size.
    let size = if size == 0 { items.len().max(1) } else { size };
    let chunks = items.chunks(size).map(|chunk| like(&call.args[0], chunk.to_vec()));
    Ok(Value::list(call.args[0].type_of(), chunks))
}

fn concat(call: &Call) -> Outcome {
    if call.args.is_empty() {
        return Err(FunctionError::new("at least one argument is required"));
    }
    let mut items = Vec::new();
    for index in 0..call.args.len() {
        let more = call.elements(index)?;
        limit::elements(items.len().checked_add(more.len()))?;
        items.extend_from_slice(more);
    }
    let whole = Value::tuple(items);
    if !call.args.iter().all(|arg| matches!(arg, Value::List(_))) {
        return Ok(whole);
    }
    let types: Vec<Type> = call.args.iter().map(Value::type_of).collect();
    match unify(&types).and_then(|ty| whole.convert(&ty).ok()) {
        Some(list) => Ok(list),
        None => Ok(whole),
    }
}

fn distinct(call: &Call) -> Outcome {
    let mut seen = Index::default();
    let kept = call.elements(0)?.iter().filter(|item| seen.insert(item)).cloned().collect();
    Ok(like(&call.args[0], kept))
}

fn flatten(call: &Call) -> Outcome {
    if call.args[0].elements().is_none() {
        return Err(FunctionError::new("can only flatten lists, sets and tuples"));
    }
    let mut flat = Flat::default();
    flat.add(&call.args[0])?;
    let whole = match flat.open {
        Some(unknown) => unknown,
        None => Value::tuple(flat.items),
    };
    Ok(whole.mark(flat.marks))
}

#[derive(Default)]
struct Flat {
    items: Vec<Value>,
    /// Marks of lists that are lists no more.
    marks: Marks,
    /// An element that may turn out to be a list, so that nobody knows how many there will be.
    open: Option<Value>,
}

impl Flat {
    fn add(&mut self, value: &Value) -> Result<(), FunctionError> {
        let (bare, marks) = value.unmark();
        if let Some(items) = bare.elements() {
            self.marks = self.marks.union(marks);
            if bare.open_set().is_some() {
                let open = Unknown::of(Type::Any).because([bare]);
                self.open = Some(open.certain().value());
            }
            return items.iter().try_for_each(|item| self.add(item));
        }
        if let Value::Unknown(unknown) = bare
            && !unknown.ty.is_primitive()
            && !matches!(unknown.ty, Type::Map(_) | Type::Object(_))
        {
            let open = Unknown { cause: unknown.cause.clone(), ..Unknown::of(Type::Any) };
            self.open = Some(open.certain().value());
        }
        limit::elements(self.items.len().checked_add(1))?;
        self.items.push(value.clone());
        Ok(())
    }
}

fn sliceable(call: &Call) -> Result<(), FunctionError> {
    call.needs(0, Kind::Ordered, |ty| match ty {
        Type::Set(_) => FunctionError::at(
            0,
            "cannot slice a set, because its elements do not have indices; \
             explicitly convert to a list if the ordering of the result is not important",
        ),
        _ => FunctionError::at(0, "must be a list or tuple value"),
    })
}

fn slice(call: &Call) -> Outcome {
    let items = call.elements(0)?;
    let (start, end) = (call.int(1)?, call.int(2)?);
    let start = usize::try_from(start)
        .map_err(|_| FunctionError::at(1, "start index must not be less than zero"))?;
    let end = usize::try_from(end)
        .map_err(|_| FunctionError::at(2, "end index must not be less than zero"))?;
    if end > items.len() {
        let message = "end index must not be greater than the length of the list";
        return Err(FunctionError::at(2, message));
    }
    let part = items
        .get(start..end)
        .ok_or_else(|| FunctionError::at(1, "start index must not be greater than end index"))?;
    Ok(like(&call.args[0], part.to_vec()))
}

fn sort(call: &Call) -> Outcome {
    if !call.args[0].is_wholly_known() {
        let unknown = Unknown::of(Type::String).certain().because(call.args).value();
        return Ok(Value::list(Type::String, vec![unknown; call.elements(0)?.len()]));
    }
    let mut texts = Vec::new();
    for (index, item) in call.elements(0)?.iter().enumerate() {
        texts.push(item.as_str().ok_or_else(|| {
            let message =
                format!("given list element {index} is null; a null string cannot be sorted");
            FunctionError::of_kind(None, message)
        })?);
    }
    texts.sort_unstable();
    Ok(Value::list(Type::String, texts.into_iter().map(Value::from)))
}
