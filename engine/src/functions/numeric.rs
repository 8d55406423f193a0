//! Numbers.

mod power;

use super::kinds::Kind;
use super::signature::{Call, Function, FunctionError, Outcome, Param, Shape};
use crate::value::{Number, Type, Value};

const NUM: Param = Param::new("num", Shape::Number);
const ONE: &[Param] = &[NUM];

/// As many numbers as Terraform's `range` makes at most.
const RANGE_LIMIT: usize = 1024;

pub const TABLE: &[Function] = &[
    Function::new("abs", ONE, Shape::Number, |c| Ok(Value::Number(c.number(0)?.abs()))),
    Function::new("ceil", ONE, Shape::Number, |c| Ok(Value::Number(c.number(0)?.ceil()))),
    Function::new("floor", ONE, Shape::Number, |c| Ok(Value::Number(c.number(0)?.floor()))),
    Function::new("log", &[NUM, Param::new("base", Shape::Number)], Shape::Number, |c| {
        let (number, base) = (c.number(0)?.as_f64(), c.number(1)?.as_f64());
        from_double(power::logarithm(number) / power::logarithm(base))
    }),
    Function::new("max", &[], Shape::Number, |c| extreme(c, |a, b| a > b))
        .variadic(Param::new("numbers", Shape::Number)),
    Function::new("min", &[], Shape::Number, |c| extreme(c, |a, b| a < b))
        .variadic(Param::new("numbers", Shape::Number)),
    Function::new(
        "parseint",
        &[Param::new("number", Shape::Any), Param::new("base", Shape::Number)],
        Shape::Number,
        parse_int,
    )
    .of_kinds(|c| match c.args[0].type_of() {
        Type::String | Type::Any => Ok(()),
        other => {
            let name = other.friendly_name();
            let message = format!("first argument must be a string, not {name}");
            Err(FunctionError::of_kind(0, message))
        }
    }),
    Function::new("pow", &[NUM, Param::new("power", Shape::Number)], Shape::Number, |c| {
        from_double(power::power(c.number(0)?.as_f64(), c.number(1)?.as_f64()))
    }),
    Function::new("range", &[], Shape::List, range).variadic(Param::new("params", Shape::Number)),
    Function::new("signum", ONE, Shape::Number, |c| {
        let sign = c.int(0).map_err(FunctionError::of_call)?.signum();
        Ok(Value::Number(Number::from(sign).counted()))
    }),
    Function::new("sum", &[Param::new("list", Shape::Any)], Shape::Number, sum).of_kinds(summable),
];

fn from_double(double: f64) -> Outcome {
    let number = Number::from_f64(double).map(Value::Number);
    number.ok_or_else(|| FunctionError::new("the result is not a number"))
}

fn extreme(call: &Call, better: fn(&Number, &Number) -> bool) -> Outcome {
    let mut best: Option<&Number> = None;
    for index in 0..call.args.len() {
        let number = call.number(index)?;
        if best.is_none_or(|best| better(number, best)) {
            best = Some(number);
        }
    }
    let best = best.ok_or_else(|| FunctionError::new("must pass at least one number"))?;
    Ok(Value::Number(best.clone()))
}

fn parse_int(call: &Call) -> Outcome {
    let text = call.text(0)?;
    let base = call.int(1).ok().filter(|base| (2..=62).contains(base)).ok_or_else(|| {
        FunctionError::at(1, "base must be a whole number between 2 and 62 inclusive")
    })?;
    let number = integer(text, base).ok_or_else(|| {
        let shown = call.quoted(text);
        FunctionError::at(0, format!("cannot parse {shown} as a base {base} integer"))
    })?;
    Ok(Value::Number(number))
}

fn integer(text: &str, base: i64) -> Option<Number> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() {
        return None;
    }
    let radix = Number::from(base);
    let mut number = Number::ZERO;
    for c in digits.chars() {
        let digit = digit(c, base)?;
        number = number.mul(&radix).ok()?.add(&Number::from(digit)).ok()?;
    }
    let number = if text.starts_with('-') { -&number } else { number };
    Some(number.counted())
}

/// Up to base 36 both cases are the same digits; beyond, capitals follow after the small letters.
fn digit(c: char, base: i64) -> Option<i64> {
    let from = |first: char| i64::from(u32::from(c) - u32::from(first));
    let value = match c {
        '0'..='9' => from('0'),
        'a'..='z' => from('a') + 10,
        'A'..='Z' if base <= 36 => from('A') + 10,
        'A'..='Z' => from('A') + 36,
        _ => return None,
    };
    (value < base).then_some(value)
}

fn range(call: &Call) -> Outcome {
    let (start, end, step) = match call.args.len() {
        1 => (Number::count(0), call.number(0)?.clone(), None),
        2 => (call.number(0)?.clone(), call.number(1)?.clone(), None),
        3 => (call.number(0)?.clone(), call.number(1)?.clone(), Some(call.number(2)?.clone())),
        _ => return Err(FunctionError::new("must have one, two, or three arguments")),
    };
    let one = Number::count(1);
    let step = step.unwrap_or_else(|| if end < start { -&one } else { one });
    if step.is_negative() && end > start {
        return Err(FunctionError::at(1, "end must be less than start when step is negative"));
    }
    if step > Number::ZERO && end < start {
        return Err(FunctionError::at(1, "end must be greater than start when step is positive"));
    }
    let mut numbers = Vec::new();
    let mut next = start;
    while if step.is_negative() { next > end } else { next < end } {
        if numbers.len() == RANGE_LIMIT {
            return Err(FunctionError::new(format!(
                "more than {RANGE_LIMIT} values were generated; either decrease the difference \
                 between start and end or use a smaller step"
            )));
        }
        numbers.push(Value::Number(next.clone()));
        next = next.add(&step).map_err(|error| FunctionError::new(error.to_string()))?;
    }
    Ok(Value::list(Type::Number, numbers))
}

fn summable(call: &Call) -> Result<(), FunctionError> {
    let given = &call.args[0];
    if given.elements().map(<[Value]>::len).or(given.entries().map(|e| e.len())) == Some(0) {
        return Err(FunctionError::at(0, "cannot sum an empty list"));
    }
    call.needs(0, Kind::Elements, |ty| match ty.is_primitive() {
        true => FunctionError::at(0, "cannot sum noniterable"),
        false => {
            let name = ty.friendly_name();
            let message = format!("argument must be list, set, or tuple. Received {name}");
            FunctionError::of_kind(0, message)
        }
    })
}

fn sum(call: &Call) -> Outcome {
    let items = call.elements(0)?;
    let unfit = || FunctionError::at(0, "argument must be list, set, or tuple of number values");
    let mut total: Option<Number> = None;
    for item in items {
        let item = item.convert(&Type::Number).map_err(|_| unfit())?;
        let number = item.as_number().ok_or_else(unfit)?;
        let sum = total.map_or_else(|| Ok(number.clone()), |total| total.add(number));
        let opposing = |_| FunctionError::new("can't compute sum of opposing infinities");
        total = Some(sum.map_err(opposing)?);
    }
    Ok(Value::Number(total.unwrap_or(Number::ZERO)))
}
