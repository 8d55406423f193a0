//! Numbers: binary floating point of 512 bits at most, which holds every integer below 2⁵¹² exactly.
//!
//! That is what Terraform calculates with, so sums and quotients print the same digits.

mod float;
mod text;

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Neg;
use std::str::FromStr;
use std::sync::Arc;

use num_bigint::BigInt;

use float::{Float, Precision};

/// The power of two at which numbers become infinite, about 80 000 decimal digits.
const LARGEST: i64 = 1 << 18;

/// A number of the language.
///
/// It knows how many bits results are kept to, which is Terraform's: 512 for what is written, 64 for
/// what is counted, 53 for what `pow` and `log` give. Numbers are equal where their decimals are.
#[derive(Clone, Debug)]
pub struct Number(Form);

#[derive(Clone, Debug)]
enum Form {
    /// Every integer that fits.
    Small(i64, Precision),
    /// Prints, and divides, otherwise than zero.
    NegativeZero(Precision),
    /// Everything else that is finite.
    Float(Arc<Float>, Precision),
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
    pub const ZERO: Number = Number(Form::Small(0, Precision::DECIMAL));
    /// The quotient of a positive number and zero.
    pub const INFINITY: Number = Number(Form::Infinite { negative: false });

    /// How many there are of something, or the place where something is.
    pub fn count(count: usize) -> Number {
        match i64::try_from(count) {
            Ok(small) => Number(Form::Small(small, Precision::COUNT)),
            Err(_) => Number::from(count),
        }
    }

    /// What is out of all proportion becomes infinite or zero: digits cost time and memory.
    fn from_float(float: Float, precision: Precision) -> Number {
        if float.magnitude() > LARGEST {
            return Number::infinite(float.is_negative());
        }
        if float.magnitude() < -LARGEST {
            return Number::zero(float.is_negative(), precision);
        }
        match float.to_i64() {
            Some(small) => Number(Form::Small(small, precision)),
            None => Number(Form::Float(Arc::new(float), precision)),
        }
    }

    fn zero(negative: bool, precision: Precision) -> Number {
        match negative {
            true => Number(Form::NegativeZero(precision)),
            false => Number(Form::Small(0, precision)),
        }
    }

    fn float(&self) -> Option<Float> {
        match &self.0 {
            Form::Small(small, _) => Some(Float::from(*small)),
            Form::NegativeZero(_) => Some(Float::from(0_i64)),
            Form::Float(float, _) => Some(Float::clone(float)),
            Form::Infinite { .. } => None,
        }
    }

    fn precision(&self) -> Precision {
        match self.0 {
            Form::Small(_, precision)
            | Form::NegativeZero(precision)
            | Form::Float(_, precision) => precision,
            Form::Infinite { .. } => Precision::DECIMAL,
        }
    }

    /// The precision of what becomes of two numbers.
    fn shared(&self, other: &Number) -> Precision {
        self.precision().max(other.precision())
    }

    fn infinite(negative: bool) -> Number {
        Number(Form::Infinite { negative })
    }

    fn is_zero(&self) -> bool {
        self.as_i64() == Some(0)
    }

    /// Whether it has a minus, which zero can have too.
    pub fn has_minus(&self) -> bool {
        self.is_negative() || self.is_negative_zero()
    }

    /// Whether this is zero with a minus.
    pub fn is_negative_zero(&self) -> bool {
        matches!(self.0, Form::NegativeZero(_))
    }

    /// The number as an integer, where it is one and fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self.0 {
            Form::Small(small, _) => Some(small),
            Form::NegativeZero(_) => Some(0),
            _ => None,
        }
    }

    /// The number as an integer, where it is one, however long.
    pub fn to_bigint(&self) -> Option<BigInt> {
        match &self.0 {
            Form::Float(float, _) => float.to_bigint(),
            _ => self.as_i64().map(BigInt::from),
        }
    }

    /// The nearest double.
    pub fn as_f64(&self) -> f64 {
        match &self.0 {
            Form::Small(small, _) => *small as f64,
            Form::NegativeZero(_) => -0.0,
            Form::Float(float, _) => float.to_f64(),
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
        if double == 0.0 {
            return Some(Number::zero(double.is_sign_negative(), Precision::DOUBLE));
        }
        Some(Number::from_float(Float::from_f64(double), Precision::DOUBLE))
    }

    /// The number that its decimals stand for, as it will be read back from a file.
    pub fn settled(&self) -> Number {
        if self.is_settled() {
            return self.clone();
        }
        self.to_string().parse().unwrap_or_else(|_| self.clone())
    }

    /// Whether its decimals stand for exactly this number.
    pub(super) fn is_settled(&self) -> bool {
        match &self.0 {
            Form::Small(small, precision) => exact(*small, *precision),
            Form::Float(_, precision) => *precision == Precision::DECIMAL,
            Form::NegativeZero(_) | Form::Infinite { .. } => true,
        }
    }

    /// The same number, as a counted one.
    pub fn counted(&self) -> Number {
        match &self.0 {
            Form::Small(small, _) => Number(Form::Small(*small, Precision::COUNT)),
            Form::NegativeZero(_) => Number::count(0),
            Form::Float(float, _) => {
                let precision = Precision::COUNT.at_least(float.magnitude().unsigned_abs());
                Number(Form::Float(float.clone(), precision))
            }
            Form::Infinite { .. } => self.clone(),
        }
    }

    /// Whether two settled numbers are one.
    fn same(&self, other: &Number) -> bool {
        match (&self.0, &other.0) {
            (Form::Float(a, _), Form::Float(b, _)) => a == b,
            (Form::Infinite { negative: a }, Form::Infinite { negative: b }) => a == b,
            _ => self.as_i64().is_some() && self.as_i64() == other.as_i64(),
        }
    }

    /// Whether this is neither infinity.
    pub fn is_finite(&self) -> bool {
        !matches!(self.0, Form::Infinite { .. })
    }

    /// Whether this is a whole number.
    pub fn is_integer(&self) -> bool {
        match &self.0 {
            Form::Small(..) | Form::NegativeZero(_) => true,
            Form::Float(float, _) => float.is_integer(),
            Form::Infinite { .. } => false,
        }
    }

    /// Whether this is below zero.
    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Form::Small(small, _) => *small < 0,
            Form::NegativeZero(_) => false,
            Form::Float(float, _) => float.is_negative(),
            Form::Infinite { negative } => *negative,
        }
    }

    /// Without its sign.
    pub fn abs(&self) -> Number {
        if self.has_minus() { -self } else { self.clone() }
    }

    /// The sum.
    pub fn add(&self, other: &Number) -> Result<Number, NotANumber> {
        let precision = self.shared(other);
        if let (Form::Small(a, _), Form::Small(b, _)) = (&self.0, &other.0)
            && let Some(sum) = a.checked_add(*b)
            && exact(sum, precision)
        {
            return Ok(Number(Form::Small(sum, precision)));
        }
        match (self.float(), other.float()) {
            _ if self.is_negative_zero() && other.is_negative_zero() => {
                Ok(Number::zero(true, precision))
            }
            (Some(a), Some(b)) => Ok(Number::from_float(a.add(&b, precision), precision)),
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

    /// The product, to as many bits as it needs.
    pub fn mul(&self, other: &Number) -> Result<Number, NotANumber> {
        let (precision, minus) = (self.shared(other), self.has_minus() != other.has_minus());
        if let (Some(a), Some(b)) = (self.as_i64(), other.as_i64())
            && let Some(product) = a.checked_mul(b)
        {
            let precision = precision.at_least(Float::from(product).bits());
            return Ok(match product {
                0 => Number::zero(minus, precision),
                _ => Number(Form::Small(product, precision)),
            });
        }
        match (self.float(), other.float()) {
            (Some(a), Some(b)) => {
                let product = a.mul(&b, Precision::DECIMAL);
                let precision = precision.at_least(product.bits());
                Ok(Number::from_float(product, precision))
            }
            _ if self.is_zero() || other.is_zero() => Err(NotANumber),
            _ => Ok(Number::infinite(minus)),
        }
    }

    /// The quotient; infinite where only the divisor is zero.
    pub fn div(&self, other: &Number) -> Result<Number, NotANumber> {
        let (precision, minus) = (self.shared(other), self.has_minus() != other.has_minus());
        match (self.float(), other.float()) {
            (Some(_), Some(_)) if self.is_zero() && other.is_zero() => Err(NotANumber),
            (Some(_), _) if self.is_zero() => Ok(Number::zero(minus, precision)),
            (Some(a), Some(b)) if !other.is_zero() => {
                Ok(Number::from_float(a.div(&b, precision), precision))
            }
            (Some(_), None) => Ok(Number::zero(minus, precision)),
            (None, None) => Err(NotANumber),
            _ => Ok(Number::infinite(minus)),
        }
    }

    /// What a division to a whole number leaves over, with the sign of the dividend.
    ///
    /// As in Terraform, all is left after division by zero, and nothing can be said of infinities.
    pub fn rem(&self, other: &Number) -> Result<Number, NotANumber> {
        if !self.is_finite() || !other.is_finite() {
            return Err(NotANumber);
        }
        if other.is_zero() {
            return Ok(self.clone());
        }
        let precision = self.precision();
        if let (Form::Small(a, _), Some(b)) = (&self.0, other.as_i64())
            && exact(*a, precision)
        {
            return Ok(Number(Form::Small(a.checked_rem(b).unwrap_or(0), precision)));
        }
        let whole = self.div(other)?.trunc();
        let (Some(whole), Some(other)) = (whole.float(), other.float()) else {
            return Ok(Number::zero(false, precision));
        };
        let part = Number::from_float(whole.mul(&other, precision), precision);
        Ok(self.sub(&part)?.rounded(precision))
    }

    fn rounded(self, precision: Precision) -> Number {
        match self.float() {
            Some(float) => Number::from_float(float.rounded(precision), precision),
            None => self,
        }
    }

    /// Without its fraction.
    pub fn trunc(&self) -> Number {
        match &self.0 {
            Form::Float(float, precision) => Number::from_float(float.trunc(), *precision),
            Form::NegativeZero(precision) => Number::zero(false, *precision),
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
        let whole = self.trunc();
        if whole < *self { whole.add(&Number::from(1)).unwrap_or(whole) } else { whole }
    }

    /// Ten significant digits at most, in the form that Terraform sorts compound set elements by.
    pub(super) fn rough(&self) -> String {
        match &self.0 {
            Form::Small(small, _) if small.unsigned_abs() < 10_000_000_000 => small.to_string(),
            Form::Infinite { .. } => self.to_string(),
            _ => self.float().map(|float| text::rough(&float)).unwrap_or_default(),
        }
    }
}

/// Whether an integer has no more bits than are kept.
fn exact(small: i64, precision: Precision) -> bool {
    precision >= Precision::COUNT || small.unsigned_abs() <= 1 << precision.bits()
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        if !self.is_settled() || !other.is_settled() {
            return self.settled().same(&other.settled());
        }
        self.same(other)
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.settled().0 {
            Form::Float(float, _) => float.hash(state),
            Form::Infinite { negative } => negative.hash(state),
            Form::Small(small, _) => small.hash(state),
            Form::NegativeZero(_) => 0_i64.hash(state),
        }
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Number(Form::Small(number, Precision::DECIMAL))
    }
}

impl From<i32> for Number {
    fn from(number: i32) -> Self {
        Number::from(i64::from(number))
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        match i64::try_from(number) {
            Ok(small) => Number::from(small),
            Err(_) => Number::from_float(Float::from(number), Precision::DECIMAL),
        }
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
            Form::Small(0, precision) => Number::zero(true, *precision),
            Form::NegativeZero(precision) => Number::zero(false, *precision),
            Form::Small(small, precision) => match small.checked_neg() {
                Some(negated) => Number(Form::Small(negated, *precision)),
                None => Number::from_float(Float::from(*small).neg(), *precision),
            },
            Form::Float(float, precision) => Number::from_float(float.neg(), *precision),
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
        if !self.is_settled() || !other.is_settled() {
            return self.settled().cmp(&other.settled());
        }
        if let (Some(a), Some(b)) = (self.as_i64(), other.as_i64()) {
            return a.cmp(&b);
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
        let minus = text.starts_with('-');
        if let Ok(small) = text.parse::<i64>() {
            return Ok(if small == 0 && minus { -&Number::ZERO } else { Number::from(small) });
        }
        match text {
            "Inf" | "+Inf" | "inf" | "+inf" => Ok(Number::INFINITY),
            "-Inf" | "-inf" => Ok(Number::infinite(true)),
            _ => match text::parse(text).ok_or(ParseNumberError)? {
                zero if zero.is_zero() => Ok(Number::zero(minus, Precision::DECIMAL)),
                float => Ok(Number::from_float(float, Precision::DECIMAL)),
            },
        }
    }
}

/// All digits, never an exponent: the shortest decimal that reads back as the same number.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Small(small, precision) if !exact(*small, *precision) => {
                f.write_str(&text::shortest(&Float::from(*small), *precision))
            }
            Form::Small(small, _) => write!(f, "{small}"),
            Form::NegativeZero(_) => f.write_str("-0"),
            Form::Float(float, precision) => f.write_str(&text::shortest(float, *precision)),
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
            ("-0", "-0"),
            ("-0.0e3", "-0"),
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
