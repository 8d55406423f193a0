//! What a scalar means: the types of YAML 1.2 with the words of 1.1 for true and false.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use granit_parser::Tag;
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

use crate::value::{Number, Value};

/// The value of a scalar; one in quotes is text, unless a tag says otherwise.
pub fn resolve(text: &str, plain: bool, tag: Option<&Tag>) -> Result<Value, String> {
    let Some(tag) = tag else {
        return if plain { implied(text) } else { Ok(text.into()) };
    };
    if tag.handle() != "tag:yaml.org,2002:" {
        return Err(format!("unsupported tag \"{}{}\"", tag.handle(), tag.suffix()));
    }
    let value = match tag.suffix() {
        "str" => Some(text.into()),
        "null" => Some(Value::NULL),
        "bool" => truth(text).map(Value::Bool),
        "int" | "float" => number(text)?,
        "timestamp" => timestamp(text).map(Value::from),
        "binary" => {
            BASE64.decode(text.split_whitespace().collect::<String>()).ok().map(|_| text.into())
        }
        other => return Err(format!("unsupported tag {other:?}")),
    };
    value.ok_or_else(|| format!("cannot parse {text:?} as {}", tag.suffix()))
}

fn implied(text: &str) -> Result<Value, String> {
    if matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        return Ok(Value::NULL);
    }
    if let Some(truth) = truth(text) {
        return Ok(truth.into());
    }
    if let Some(number) = number(text)? {
        return Ok(number);
    }
    Ok(timestamp(text).map_or_else(|| text.into(), Value::from))
}

fn truth(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => {
            Some(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => {
            Some(false)
        }
        _ => None,
    }
}

fn number(text: &str) -> Result<Option<Value>, String> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        let infinity = Number::INFINITY;
        let number = if text.starts_with('-') { -&infinity } else { infinity };
        return Ok(Some(Value::Number(number)));
    }
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err("floating point NaN is not supported".to_owned());
    }
    let radix = |prefix, radix| Some((text.strip_prefix(prefix)?, radix));
    if let Some((digits, radix)) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        let valid = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
        let number = u64::from_str_radix(digits, radix).ok().filter(|_| valid);
        return Ok(number.map(|number| Value::Number(Number::from(number))));
    }
    let starts = unsigned.trim_start_matches('.').starts_with(|c: char| c.is_ascii_digit());
    Ok(if starts { text.parse().ok().map(Value::Number) } else { None })
}

/// A date, or a date and a time, as RFC 3339 writes it.
fn timestamp(text: &str) -> Option<String> {
    let (date, rest) = text.split_at_checked(text.find(['T', 't', ' ']).unwrap_or(text.len()))?;
    let date = calendar_date(date)?;
    let (time, offset) = match rest.split_at_checked(1) {
        None => (Time::MIDNIGHT, UtcOffset::UTC),
        Some((" ", time)) => (clock(time)?, UtcOffset::UTC),
        Some((_, time)) => {
            let (time, offset) = time.split_at_checked(time.find(['Z', '+', '-'])?)?;
            (clock(time)?, utc_offset(offset)?)
        }
    };
    let time: OffsetDateTime = PrimitiveDateTime::new(date, time).assume_offset(offset);
    time.format(&Rfc3339).ok()
}

fn calendar_date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let year = parts.next().filter(|year| year.len() == 4)?;
    let month: u8 = small(parts.next()?)?;
    let day = small(parts.next()?)?;
    let year = year.bytes().all(|b| b.is_ascii_digit()).then(|| year.parse().ok())??;
    let date = Date::from_calendar_date(year, month.try_into().ok()?, day).ok()?;
    parts.next().is_none().then_some(date)
}

/// Hours, minutes and seconds; parts of a second are dropped, as Terraform does.
fn clock(text: &str) -> Option<Time> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut parts = whole.split(':');
    let mut part = || parts.next().and_then(small);
    let time = Time::from_hms(part()?, part()?, part()?).ok()?;
    let digits = fraction.bytes().all(|b| b.is_ascii_digit()) && !fraction.is_empty();
    (digits && parts.next().is_none()).then_some(time)
}

fn utc_offset(text: &str) -> Option<UtcOffset> {
    if text == "Z" {
        return Some(UtcOffset::UTC);
    }
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let (hours, minutes) = (i8::try_from(small(hours)?).ok()?, i8::try_from(small(minutes)?).ok()?);
    let sign = if text.starts_with('-') { -1 } else { 1 };
    UtcOffset::from_hms(sign * hours, sign * minutes, 0).ok()
}

/// One or two digits.
fn small(text: &str) -> Option<u8> {
    let digits = text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}
