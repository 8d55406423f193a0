//! Numbers.

mod power;

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
    ),
    Function::new("pow", &[NUM, Param::new("power", Shape::Number)], Shape::Number, |c| {
        from_double(power::power(c.number(0)?.as_f64(), c.number(1)?.as_f64()))
    }),
    Function::new("range", &[], Shape::List, range).variadic(Param::new("params", Shape::Number)),
    Function::new("signum", ONE, Shape::Number, |c| {
        Ok(c.int(0).map_err(FunctionError::of_call)?.signum().into())
    }),
    Function::new("sum", &[Param::new("list", Shape::Any)], Shape::Number, sum),
];

/// The number that prints as Terraform prints what comes from a double.
fn from_double(double: f64) -> Outcome {
    let number = if double.is_finite() { shortest(double) } else { Number::from_f64(double) };
    number.map(Value::Number).ok_or_else(|| FunctionError::new("the result is not a number"))
}

/// The number of the fewest digits within half a step of a double.
///
/// Terraform measures the step upwards only, so that powers of two, below which steps are
/// shorter, may come out as something that another double is nearer to.
fn shortest(double: f64) -> Option<Number> {
    let exact = Number::from_f64(double)?;
    let step = Number::from_f64(double.abs().next_up())?.sub(&exact.abs()).ok()?;
    let half = step.div(&Number::from(2)).ok()?;
    let even = double.to_bits().is_multiple_of(2);
    for digits in 0..17 {
        let candidate: Number = format!("{double:.digits$e}").parse().ok()?;
        let distance = candidate.sub(&exact).ok()?.abs();
        if distance < half || even && distance == half {
            return Some(candidate);
        }
    }
    Some(exact)
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
    let Some(text) = call.args[0].as_str() else {
        let name = call.args[0].type_of().friendly_name();
        return Err(FunctionError::of_kind(
            0,
            format!("first argument must be a string, not {name}"),
        ));
    };
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
    Some(if text.starts_with('-') { -&number } else { number })
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
        1 => (Number::ZERO, call.number(0)?.clone(), None),
        2 => (call.number(0)?.clone(), call.number(1)?.clone(), None),
        3 => (call.number(0)?.clone(), call.number(1)?.clone(), Some(call.number(2)?.clone())),
        _ => return Err(FunctionError::new("must have one, two, or three arguments")),
    };
    let step = step.unwrap_or_else(|| Number::from(if end < start { -1 } else { 1 }));
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

fn sum(call: &Call) -> Outcome {
    let given = &call.args[0];
    if given.elements().is_none() && given.entries().is_none() {
        return Err(FunctionError::at(0, "cannot sum noniterable"));
    }
    if given.elements().map(<[Value]>::len).or(given.entries().map(|e| e.len())) == Some(0) {
        return Err(FunctionError::at(0, "cannot sum an empty list"));
    }
    let items = given.elements().ok_or_else(|| {
        let name = given.type_of().friendly_name();
        let message = format!("argument must be list, set, or tuple. Received {name}");
        FunctionError::of_kind(0, message)
    })?;
    let unfit = || FunctionError::at(0, "argument must be list, set, or tuple of number values");
    let mut total = Number::ZERO;
    for item in items {
        let item = item.convert(&Type::Number).map_err(|_| unfit())?;
        let number = item.as_number().ok_or_else(unfit)?;
        let sum = total.add(number);
        total = sum.map_err(|_| FunctionError::new("can't compute sum of opposing infinities"))?;
    }
    Ok(Value::Number(total))
}
