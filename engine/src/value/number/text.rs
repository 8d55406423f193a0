//! Decimal notation of floats.

use num_bigint::{BigInt, BigUint};
use num_traits::One;

use super::float::{Float, Precision};

/// Exponents beyond this are refused: a line of configuration shall not cost megabytes.
const MOST_ZEROS: i64 = 20_000;

/// Reads `12`, `.5`, `5.`, `-1.5e3`.
pub(super) fn parse(text: &str) -> Option<Float> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let exponent = exponent.checked_sub(fraction.len() as i64)?;
    if !(-MOST_ZEROS..=MOST_ZEROS).contains(&exponent) || digits.len() as i64 > MOST_ZEROS {
        return None;
    }
    let magnitude = scaled(digits.parse().ok()?, exponent);
    Some(if mantissa.starts_with('-') { magnitude.neg() } else { magnitude })
}

/// `digits × 10^exponent`, rounded once.
fn scaled(digits: BigInt, exponent: i64) -> Float {
    let power = BigInt::from(10u8).pow(small(exponent));
    if exponent >= 0 {
        return Float::round(digits * power, 0, Precision::DECIMAL);
    }
    // Operands are exact whatever their length, so the quotient is rounded once.
    let divisor = Float { significand: power, exponent: 0 };
    Float { significand: digits, exponent: 0 }.div(&divisor, Precision::DECIMAL)
}

/// A decimal: `0.digits × 10^point`.
struct Decimal {
    digits: Vec<u8>,
    point: i64,
}

impl Decimal {
    /// The exact value of `magnitude × 2^exponent`.
    fn exact(magnitude: &BigUint, exponent: i64) -> Decimal {
        let (integer, places) = if exponent >= 0 {
            (magnitude << exponent.unsigned_abs(), 0)
        } else {
            // m / 2^n = m × 5^n / 10^n
            (magnitude * BigUint::from(5u8).pow(small(exponent)), -exponent)
        };
        let mut digits: Vec<u8> = integer.to_string().bytes().map(|b| b - b'0').collect();
        let point = digits.len() as i64 - places;
        while digits.last() == Some(&0) {
            digits.pop();
        }
        Decimal { digits, point }
    }

    fn at(&self, index: usize) -> u8 {
        self.digits.get(index).copied().unwrap_or(0)
    }

    fn truncated(mut self, count: usize) -> Decimal {
        self.digits.truncate(count);
        self
    }

    fn rounded_up(mut self, count: usize) -> Decimal {
        self.digits.truncate(count);
        while let Some(last) = self.digits.pop() {
            if last < 9 {
                self.digits.push(last + 1);
                return self;
            }
        }
        Decimal { digits: vec![1], point: self.point + 1 }
    }

    fn rounded(self, count: usize) -> Decimal {
        if count >= self.digits.len() {
            return self;
        }
        let tie = self.at(count) == 5 && count + 1 == self.digits.len();
        let up = if tie { count > 0 && self.at(count - 1) % 2 == 1 } else { self.at(count) >= 5 };
        if up { self.rounded_up(count) } else { self.truncated(count) }
    }
}

/// The shortest decimal that no other float of this precision is nearer to.
fn shortest_decimal(float: &Float, precision: Precision) -> Decimal {
    let magnitude = float.significand.magnitude();
    // One bit more than the precision: its last bit is half a unit in the last place.
    let shift = (precision.bits() + 1).saturating_sub(magnitude.bits());
    let significand = magnitude << shift;
    let exponent = float.exponent - shift as i64;
    let decimal = Decimal::exact(&significand, exponent);
    let lower = Decimal::exact(&(&significand - BigUint::one()), exponent);
    let upper = Decimal::exact(&(&significand + BigUint::one()), exponent);
    let inclusive = !significand.bit(1);
    for index in 0..decimal.digits.len() {
        let (low, digit, high) = (lower.at(index), decimal.at(index), upper.at(index));
        let down = low != digit || inclusive && index + 1 == lower.digits.len();
        let up = digit != high && (inclusive || digit + 1 < high || index + 1 < upper.digits.len());
        match (down, up) {
            (true, true) => return decimal.rounded(index + 1),
            (true, false) => return decimal.truncated(index + 1),
            (false, true) => return decimal.rounded_up(index + 1),
            (false, false) => {}
        }
    }
    decimal
}

/// Decimal notation without exponent.
pub(super) fn shortest(float: &Float, precision: Precision) -> String {
    if float.is_zero() {
        return "0".to_owned();
    }
    let decimal = shortest_decimal(float, precision);
    let sign = if float.is_negative() { "-" } else { "" };
    format!("{sign}{}", plain(&decimal))
}

fn plain(decimal: &Decimal) -> String {
    let length = decimal.digits.len().max(usize::try_from(decimal.point).unwrap_or(0));
    let digits: String = (0..length).map(|index| char::from(b'0' + decimal.at(index))).collect();
    match usize::try_from(decimal.point) {
        Ok(0) | Err(_) => {
            let zeros = "0".repeat(decimal.point.unsigned_abs() as usize);
            format!("0.{zeros}{digits}")
        }
        Ok(point) if point >= digits.len() => digits,
        Ok(point) => format!("{}.{}", &digits[..point], &digits[point..]),
    }
}

/// Ten significant digits, with an exponent where the number is very large or small.
pub(super) fn rough(float: &Float) -> String {
    if float.is_zero() {
        return "0".to_owned();
    }
    let exact = Decimal::exact(float.significand.magnitude(), float.exponent);
    let mut decimal = exact.rounded(10);
    while decimal.digits.last() == Some(&0) {
        decimal.digits.pop();
    }
    let sign = if float.is_negative() { "-" } else { "" };
    let exponent = decimal.point - 1;
    if (-4..10).contains(&exponent) {
        return format!("{sign}{}", plain(&decimal));
    }
    let digits: String = decimal.digits.iter().map(|digit| char::from(b'0' + digit)).collect();
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    let mark = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{first}{point}{rest}e{mark}{:02}", exponent.unsigned_abs())
}

/// An exponent's size; parsing has bounded it.
fn small(exponent: i64) -> u32 {
    u32::try_from(exponent.unsigned_abs()).unwrap_or(u32::MAX)
}
