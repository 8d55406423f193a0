//! Points in time, written as RFC 3339 says.

mod duration;
mod pattern;

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use super::signature::{Call, Function, FunctionError, Outcome, Param, Shape};
use crate::value::{Number, Type, Value};

const TIMESTAMP: Param = Param::new("timestamp", Shape::String);

pub const TABLE: &[Function] = &[
    Function::new(
        "formatdate",
        &[Param::new("format", Shape::String), Param::new("time", Shape::String)],
        Shape::String,
        |c| {
            let time = parse(c, 1)?;
            let text = pattern::format(c.text(0)?, time);
            Ok(text.map_err(|why| FunctionError::at(0, why))?.into())
        },
    ),
    Function::new("plantimestamp", &[], Shape::String, |c| at_second(c.ambient.planned_at)),
    Function::new(
        "timeadd",
        &[TIMESTAMP, Param::new("duration", Shape::String)],
        Shape::String,
        add,
    ),
    Function::new(
        "timecmp",
        &[Param::new("timestamp_a", Shape::String), Param::new("timestamp_b", Shape::String)],
        Shape::Number,
        |c| {
            let order = parse(c, 0)?.cmp(&parse(c, 1)?) as i64;
            Ok(Value::Number(Number::from(order).counted()))
        },
    ),
    Function::new("timestamp", &[], Shape::String, |c| match &c.ambient.impure {
        Some(entropy) => at_second(entropy.now()),
        None => Ok(not_before_apply()),
    }),
];

/// What a function gives in a plan whose result would be another one each time.
pub fn not_before_apply() -> Value {
    Value::unknown_not_null(Type::String)
}

fn at_second(seconds: i64) -> Outcome {
    let time = OffsetDateTime::from_unix_timestamp(seconds);
    print(time.map_err(|_| FunctionError::new("the clock is beyond what can be written"))?)
}

fn parse(call: &Call, index: usize) -> Result<OffsetDateTime, FunctionError> {
    let text = call.text(index)?;
    let invalid = || {
        let shown = call.quoted(text);
        FunctionError::at(index, format!("not a valid RFC3339 timestamp: {shown}"))
    };
    if text.bytes().any(|byte| byte.is_ascii_lowercase()) || text.as_bytes().get(10) != Some(&b'T')
    {
        return Err(invalid());
    }
    OffsetDateTime::parse(text, &Rfc3339).map_err(|_| invalid())
}

fn add(call: &Call) -> Outcome {
    let time = parse(call, 0)?;
    let text = call.text(1)?;
    let duration = duration::parse(text).ok_or_else(|| {
        FunctionError::at(1, format!("time: invalid duration {}", call.quoted(text)))
    })?;
    let sum = time.checked_add(duration);
    print(sum.ok_or_else(|| FunctionError::new("the result is beyond the year 9999"))?)
}

/// Whole seconds, in the offset that the time came with.
fn print(time: OffsetDateTime) -> Outcome {
    let whole = time.replace_nanosecond(0).unwrap_or(time);
    let text = whole.format(&Rfc3339);
    Ok(text.map_err(|_| FunctionError::new("the result cannot be written as RFC3339"))?.into())
}

/// `+02:00` in its parts.
fn offset_parts(offset: UtcOffset) -> (char, u8, u8) {
    let (hours, minutes, _) = offset.as_hms();
    let sign = if hours < 0 || minutes < 0 { '-' } else { '+' };
    (sign, hours.unsigned_abs(), minutes.unsigned_abs())
}
