//! Numbers: binary floating point of 512 bits, which holds every integer below 2⁵¹² exactly.
//!
//! That is what Terraform calculates with, so sums and quotients print the same digits.

mod float;
mod text;

use std::cmp::Ordering;
use std::fmt;
use std::ops::Neg;
use std::str::FromStr;
use std::sync::Arc;

use float::Float;

/// The power of two at which numbers become infinite, about 80 000 decimal digits.
const LARGEST: i64 = 1 << 18;

/// A number of the language.
///
/// There is one form per number, so equality and hashing are those of the number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Number(Form);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Form {
    /// Every integer that fits.
    Small(i64),
    /// Everything else that is finite.
    Float(Arc<Float>),
    /// A quotient by zero.
    Infinite { negative: bool },
}

/// A calculation that has no result: `0 / 0`, the difference of infinities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the result is not a number")]
pub struct NotANumber;

/// A text that is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a number is required")]
pub struct ParseNumberError;

impl Number {
    /// Zero.
    pub const ZERO: Number = Number(Form::Small(0));
    /// The quotient of a positive number and zero.
    pub const INFINITY: Number = Number(Form::Infinite { negative: false });

    /// What is out of all proportion becomes infinite or zero: digits cost time and memory.
    fn from_float(float: Float) -> Number {
        if float.magnitude() > LARGEST {
            return Number::infinite(float.is_negative());
        }
        if float.magnitude() < -LARGEST {
            return Number::ZERO;
        }
        match float.to_i64() {
            Some(small) => Number(Form::Small(small)),
            None => Number(Form::Float(Arc::new(float))),
        }
    }

    fn float(&self) -> Option<Float> {
        match &self.0 {
            Form::Small(small) => Some(Float::from(*small)),
            Form::Float(float) => Some(Float::clone(float)),
            Form::Infinite { .. } => None,
        }
    }

    fn infinite(negative: bool) -> Number {
        Number(Form::Infinite { negative })
    }

    /// The number as an integer, where it is one and fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self.0 {
            Form::Small(small) => Some(small),
            _ => None,
        }
    }

    /// The nearest double.
    pub fn as_f64(&self) -> f64 {
        match &self.0 {
            Form::Small(small) => *small as f64,
            Form::Float(float) => float.to_f64(),
            Form::Infinite { negative: false } => f64::INFINITY,
            Form::Infinite { negative: true } => f64::NEG_INFINITY,
        }
    }

    /// The number that a double is; none for what is not a number.
    pub fn from_f64(double: f64) -> Option<Number> {
        if double.is_nan() {
            return None;
        }
        if double.is_infinite() {
            return Some(Number::infinite(double < 0.0));
        }
        Some(Number::from_float(Float::from_f64(double)))
    }

    /// Whether this is neither infinity.
    pub fn is_finite(&self) -> bool {
        !matches!(self.0, Form::Infinite { .. })
    }

    /// Whether this is a whole number.
    pub fn is_integer(&self) -> bool {
        match &self.0 {
            Form::Small(_) => true,
            Form::Float(float) => float.is_integer(),
            Form::Infinite { .. } => false,
        }
    }

    /// Whether this is below zero.
    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Form::Small(small) => *small < 0,
            Form::Float(float) => float.is_negative(),
            Form::Infinite { negative } => *negative,
        }
    }

    /// Without its sign.
    pub fn abs(&self) -> Number {
        if self.is_negative() { -self } else { self.clone() }
    }

    /// The sum.
    pub fn add(&self, other: &Number) -> Result<Number, NotANumber> {
        if let (Form::Small(a), Form::Small(b)) = (&self.0, &other.0)
            && let Some(sum) = a.checked_add(*b)
        {
            return Ok(Number(Form::Small(sum)));
        }
        match (self.float(), other.float()) {
            (Some(a), Some(b)) => Ok(Number::from_float(a.add(&b))),
            (Some(_), None) => Ok(other.clone()),
            (None, Some(_)) => Ok(self.clone()),
            (None, None) if self == other => Ok(self.clone()),
            (None, None) => Err(NotANumber),
        }
    }

    /// The difference.
    pub fn sub(&self, other: &Number) -> Result<Number, NotANumber> {
        self.add(&-other)
    }

    /// The product.
    pub fn mul(&self, other: &Number) -> Result<Number, NotANumber> {
        if let (Form::Small(a), Form::Small(b)) = (&self.0, &other.0)
            && let Some(product) = a.checked_mul(*b)
        {
            return Ok(Number(Form::Small(product)));
        }
        match (self.float(), other.float()) {
            (Some(a), Some(b)) => Ok(Number::from_float(a.mul(&b))),
            _ if *self == Number::ZERO || *other == Number::ZERO => Err(NotANumber),
            _ => Ok(Number::infinite(self.is_negative() != other.is_negative())),
        }
    }

    /// The quotient; infinite where only the divisor is zero.
    pub fn div(&self, other: &Number) -> Result<Number, NotANumber> {
        match (self.float(), other.float()) {
            (Some(a), Some(b)) if *other != Number::ZERO => Ok(Number::from_float(a.div(&b))),
            (Some(_), Some(_)) if *self == Number::ZERO => Err(NotANumber),
            (Some(_), None) => Ok(Number::ZERO),
            (None, None) => Err(NotANumber),
            _ => Ok(Number::infinite(self.is_negative() != other.is_negative())),
        }
    }

    /// What a division to a whole number leaves over, with the sign of the dividend.
    ///
    /// As in Terraform, nothing is left of an infinity, and all is left after division by zero.
    pub fn rem(&self, other: &Number) -> Result<Number, NotANumber> {
        if !self.is_finite() || !other.is_finite() {
            return self.mul(other);
        }
        if *other == Number::ZERO {
            return Ok(self.clone());
        }
        if let (Form::Small(a), Form::Small(b)) = (&self.0, &other.0) {
            return Ok(Number(Form::Small(a.checked_rem(*b).unwrap_or(0))));
        }
        let whole = self.div(other)?.trunc();
        self.sub(&whole.mul(other)?)
    }

    /// Without its fraction.
    pub fn trunc(&self) -> Number {
        match &self.0 {
            Form::Float(float) => Number::from_float(float.trunc()),
            _ => self.clone(),
        }
    }

    /// The greatest integer that is not greater.
    pub fn floor(&self) -> Number {
        let whole = self.trunc();
        if whole > *self { whole.sub(&Number::from(1)).unwrap_or(whole) } else { whole }
    }

    /// The least integer that is not less.
    pub fn ceil(&self) -> Number {
        -&(-self).floor()
    }

    /// Ten significant digits at most, in the form that Terraform sorts compound set elements by.
    pub(super) fn rough(&self) -> String {
        match &self.0 {
            Form::Small(small) if small.unsigned_abs() < 10_000_000_000 => small.to_string(),
            Form::Infinite { .. } => self.to_string(),
            _ => self.float().map(|float| text::rough(&float)).unwrap_or_default(),
        }
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Number(Form::Small(number))
    }
}

impl From<i32> for Number {
    fn from(number: i32) -> Self {
        Number(Form::Small(number.into()))
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Number::from_float(Float::from(number))
    }
}

impl From<usize> for Number {
    fn from(number: usize) -> Self {
        Number::from(number as u64)
    }
}

impl Neg for &Number {
    type Output = Number;

    fn neg(self) -> Number {
        match &self.0 {
            Form::Small(small) => match small.checked_neg() {
                Some(negated) => Number(Form::Small(negated)),
                None => Number::from_float(Float::from(*small).neg()),
            },
            Form::Float(float) => Number::from_float(float.neg()),
            Form::Infinite { negative } => Number::infinite(!negative),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Form::Small(a), Form::Small(b)) = (&self.0, &other.0) {
            return a.cmp(b);
        }
        match (self.float(), other.float()) {
            (Some(a), Some(b)) => a.compare(&b),
            (None, None) => other.is_negative().cmp(&self.is_negative()),
            (None, Some(_)) if self.is_negative() => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => other.cmp(self).reverse(),
        }
    }
}

/// Reads decimal notation with an optional fraction and exponent.
impl FromStr for Number {
    type Err = ParseNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(small) = text.parse::<i64>() {
            return Ok(Number(Form::Small(small)));
        }
        match text {
            "Inf" | "+Inf" | "inf" | "+inf" => Ok(Number::INFINITY),
            "-Inf" | "-inf" => Ok(Number::infinite(true)),
            _ => text::parse(text).map(Number::from_float).ok_or(ParseNumberError),
        }
    }
}

/// All digits, never an exponent: the shortest decimal that reads back as the same number.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Small(small) => write!(f, "{small}"),
            Form::Float(float) => f.write_str(&text::shortest(float)),
            Form::Infinite { negative: false } => f.write_str("+Inf"),
            Form::Infinite { negative: true } => f.write_str("-Inf"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    /// Every line was compared with Terraform 1.11.4.
    #[test]
    fn printed_as_terraform_prints() {
        for (text, shown) in [
            ("0.1", "0.1"),
            ("1e21", "1000000000000000000000"),
            ("1e-10", "0.0000000001"),
            ("18446744073709551616", "18446744073709551616"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("1.50", "1.5"),
            (".5", "0.5"),
            ("5.", "5"),
            ("+1", "1"),
            ("-0", "0"),
            ("3.14159265358979323846264338327950288", "3.14159265358979323846264338327950288"),
        ] {
            assert_eq!(number(text).to_string(), shown, "{text}");
        }
        for text in ["", " 1", "0x10", "1_000", "1e", ".", "e5", "1e999999999999", "٣", "--1"] {
            assert_eq!(text.parse::<Number>(), Err(ParseNumberError), "{text}");
        }
    }

    #[test]
    fn arithmetic_is_exact_to_512_bits() {
        let third = Number::from(1).div(&Number::from(3)).unwrap();
        let digits = "3".repeat(154);
        assert_eq!(third.to_string(), format!("0.{digits}5"));
        assert_eq!(third.mul(&Number::from(3)).unwrap().to_string(), "1");
        assert_eq!(number("0.1").add(&number("0.2")).unwrap().to_string(), "0.3");
        let product = number("123456789012345678901234567890")
            .mul(&number("987654321098765432109876543210"))
            .unwrap();
        let shown = "121932631137021795226185032733622923332237463801111263526900";
        assert_eq!(product.to_string(), shown);
        assert_eq!(number("5.5").rem(&Number::from(2)).unwrap().to_string(), "1.5");
        assert_eq!(Number::from(-7).rem(&Number::from(3)).unwrap(), Number::from(-1));
        assert_eq!(Number::from(1).rem(&Number::ZERO).unwrap(), Number::from(1));
    }

    #[test]
    fn integers_beyond_64_bits_come_back_to_small_ones() {
        let max = Number::from(i64::MAX);
        let beyond = max.add(&Number::from(1)).unwrap();
        assert_eq!(beyond.to_string(), "9223372036854775808");
        assert_eq!(beyond.sub(&Number::from(1)).unwrap(), max);
        assert_eq!(-&Number::from(i64::MIN), beyond);
        assert_eq!(Number::from(u64::MAX).to_string(), "18446744073709551615");
    }

    #[test]
    fn infinities_follow_terraform() {
        let one = Number::from(1);
        let infinity = one.div(&Number::ZERO).unwrap();
        assert_eq!(infinity.to_string(), "+Inf");
        assert_eq!((-&infinity).to_string(), "-Inf");
        assert_eq!(Number::ZERO.div(&Number::ZERO), Err(NotANumber));
        assert_eq!(infinity.sub(&infinity), Err(NotANumber));
        assert_eq!(infinity.add(&one).unwrap(), infinity);
        assert!(infinity > number("1e400") && -&infinity < number("-1e400"));
        let mut number = number("1e20000");
        for _ in 0..70 {
            number = number.mul(&number).unwrap();
        }
        assert_eq!(number, infinity);
        assert_eq!(one.div(&number), Ok(Number::ZERO));
    }

    #[test]
    fn doubles_convert_both_ways() {
        for double in [0.0, 1.5, -0.1, 1e300, 5e-324, f64::MAX, 1e15, -3.0] {
            let number = Number::from_f64(double).unwrap();
            assert_eq!(number.as_f64(), double, "{double}");
        }
        assert_eq!(Number::from_f64(f64::NAN), None);
        assert_eq!(number("0.5").floor(), Number::ZERO);
        assert_eq!(number("-0.5").floor(), Number::from(-1));
        assert_eq!(number("0.5").ceil(), Number::from(1));
    }
}
