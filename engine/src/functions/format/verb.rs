//! One value in one form.

use unicode_segmentation::UnicodeSegmentation;

use super::decimal::Decimal;
use super::directive::Directive;
use crate::functions::json;
use crate::value::{Number, Type, Value};

/// The text of a value; the error says what it should have been.
pub fn write(directive: &Directive, value: &Value) -> Result<String, String> {
    match directive.verb {
        'v' => any(directive, value),
        _ if value.is_null() => Err("null value cannot be formatted".to_owned()),
        't' => Ok(primitive(value, Type::Bool, "a bool is required")?),
        's' => Ok(padded(
            directive,
            cut(directive, &primitive(value, Type::String, "string required")?),
        )),
        'q' => {
            let text = primitive(value, Type::String, "string required")?;
            let mut quoted = String::new();
            json::quote(cut(directive, &text), &mut quoted);
            Ok(padded(directive, &quoted))
        }
        'd' | 'b' | 'o' | 'x' | 'X' => integer(directive, &number(value)?),
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => Ok(float(directive, &number(value)?, directive.verb)),
        other => Err(format!("there is no format verb {other:?}")),
    }
}

fn any(directive: &Directive, value: &Value) -> Result<String, String> {
    match value {
        Value::Number(number) if !directive.sharp => {
            // A plus before this verb asks for field names, of which a number has none.
            Ok(float(&Directive { plus: false, ..*directive }, number, 'g'))
        }
        Value::String(text) if !directive.sharp => Ok(padded(directive, cut(directive, text))),
        _ => Ok(padded(directive, &json::encode(value).map_err(str::to_owned)?)),
    }
}

fn primitive(value: &Value, ty: Type, wanted: &str) -> Result<String, String> {
    let converted = value.convert(&ty).and_then(|value| value.convert(&Type::String));
    let text = converted.ok().and_then(|value| value.as_str().map(str::to_owned));
    text.ok_or_else(|| wanted.to_owned())
}

fn number(value: &Value) -> Result<Number, String> {
    let converted = value.convert(&Type::Number).ok();
    let number = converted.as_ref().and_then(Value::as_number).cloned();
    number.ok_or_else(|| "a number is required".to_owned())
}

/// The first grapheme clusters of a text, as many as the precision says.
fn cut<'a>(directive: &Directive, text: &'a str) -> &'a str {
    // Terraform takes a precision of zero for none here.
    let Some(precision @ 1..) = directive.precision else { return text };
    match text.grapheme_indices(true).nth(precision) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

fn padded(directive: &Directive, text: &str) -> String {
    let missing = directive.width.saturating_sub(text.graphemes(true).count());
    if directive.minus {
        format!("{text}{}", " ".repeat(missing))
    } else {
        let fill = if directive.zero { "0" } else { " " };
        format!("{}{text}", fill.repeat(missing))
    }
}

fn sign(directive: &Directive, negative: bool) -> &'static str {
    match (negative, directive.plus, directive.space) {
        (true, _, _) => "-",
        (false, true, _) => "+",
        (false, false, true) => " ",
        (false, false, false) => "",
    }
}

fn integer(directive: &Directive, number: &Number) -> Result<String, String> {
    let integer = number.to_bigint().ok_or_else(|| "an integer is required".to_owned())?;
    let (radix, prefix) = match directive.verb {
        'b' => (2, "0b"),
        'o' => (8, "0"),
        'x' => (16, "0x"),
        'X' => (16, "0X"),
        _ => (10, ""),
    };
    let prefix = if directive.sharp { prefix } else { "" };
    let mut digits = integer.magnitude().to_str_radix(radix);
    if directive.verb == 'X' {
        digits.make_ascii_uppercase();
    }
    if directive.precision == Some(0) && digits == "0" {
        return Ok(String::new());
    }
    let zeros = directive.precision.unwrap_or(0).saturating_sub(digits.len());
    let digits = format!("{}{digits}", "0".repeat(zeros));
    let head = format!("{}{prefix}", sign(directive, number.is_negative()));
    let zero = directive.zero && directive.precision.is_none();
    Ok(with_head(directive, zero, &head, &digits))
}

fn float(directive: &Directive, number: &Number, verb: char) -> String {
    let head = sign(directive, number.has_minus());
    if !number.is_finite() {
        let head = if number.is_negative() { "-" } else { "+" };
        return with_head(directive, false, head, "Inf");
    }
    let mut digits = match verb.to_ascii_lowercase() {
        'f' => Decimal::exact(number).fixed(directive.precision.unwrap_or(6)),
        'e' => Decimal::exact(number).scientific(directive.precision.unwrap_or(6)),
        _ => match directive.precision {
            Some(precision) => Decimal::exact(number).general(precision.max(1)),
            None => Decimal::shortest(number).shortest_general(),
        },
    };
    if verb.is_ascii_uppercase() {
        digits.make_ascii_uppercase();
    }
    with_head(directive, directive.zero, head, &digits)
}

/// Zeros go between sign and digits, spaces around both.
fn with_head(directive: &Directive, zero: bool, head: &str, digits: &str) -> String {
    let missing = directive.width.saturating_sub(head.len() + digits.len());
    match (directive.minus, zero) {
        (true, _) => format!("{head}{digits}{}", " ".repeat(missing)),
        (false, true) => format!("{head}{}{digits}", "0".repeat(missing)),
        (false, false) => format!("{}{head}{digits}", " ".repeat(missing)),
    }
}
