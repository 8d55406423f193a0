//! Binary floating point of any precision, rounded to nearest, ties to even.

use std::cmp::Ordering;

use num_bigint::{BigInt, BigUint, Sign};
use num_traits::{ToPrimitive, Zero};

/// How many bits of a result are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Precision(u16);

impl Precision {
    /// Of what is written in decimals.
    pub(super) const DECIMAL: Precision = Precision(512);
    /// Of what is counted.
    pub(super) const COUNT: Precision = Precision(64);
    /// Of what comes from a calculation with doubles.
    pub(super) const DOUBLE: Precision = Precision(53);

    pub(super) fn bits(self) -> u64 {
        u64::from(self.0)
    }

    /// Enough for a number of so many bits, if that is more than this.
    pub(super) fn at_least(self, bits: u64) -> Precision {
        let bits = u16::try_from(bits).unwrap_or(u16::MAX);
        self.max(Precision(bits)).min(Precision::DECIMAL)
    }
}

/// `significand × 2^exponent`; the significand is odd, or both are zero.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Float {
    pub(super) significand: BigInt,
    pub(super) exponent: i64,
}

impl Float {
    /// The nearest float to a significand of any length.
    pub(super) fn round(significand: BigInt, exponent: i64, precision: Precision) -> Float {
        let excess = significand.bits().saturating_sub(precision.bits());
        if excess == 0 {
            return Float::normal(significand, exponent);
        }
        let (sign, magnitude) = significand.into_parts();
        let kept = &magnitude >> excess;
        let half = BigUint::from(1u8) << (excess - 1);
        let up = match (&magnitude - (&kept << excess)).cmp(&half) {
            Ordering::Less => false,
            Ordering::Equal => kept.bit(0),
            Ordering::Greater => true,
        };
        let rounded = kept + u8::from(up);
        Float::normal(BigInt::from_biguint(sign, rounded), exponent + excess as i64)
    }

    pub(super) fn rounded(self, precision: Precision) -> Float {
        Float::round(self.significand, self.exponent, precision)
    }

    fn normal(significand: BigInt, exponent: i64) -> Float {
        match significand.trailing_zeros() {
            None => Float { significand, exponent: 0 },
            Some(zeros) => {
                Float { significand: significand >> zeros, exponent: exponent + zeros as i64 }
            }
        }
    }

    pub(super) fn is_zero(&self) -> bool {
        self.significand.is_zero()
    }

    pub(super) fn is_negative(&self) -> bool {
        self.significand.sign() == Sign::Minus
    }

    /// The exponent of the next greater power of two.
    pub(super) fn magnitude(&self) -> i64 {
        self.exponent.saturating_add(self.significand.bits() as i64)
    }

    pub(super) fn is_integer(&self) -> bool {
        self.exponent >= 0
    }

    pub(super) fn to_i64(&self) -> Option<i64> {
        if !(0..64).contains(&self.exponent) {
            return None;
        }
        (&self.significand << self.exponent).to_i64()
    }

    pub(super) fn to_bigint(&self) -> Option<BigInt> {
        self.is_integer().then(|| &self.significand << self.exponent.unsigned_abs())
    }

    pub(super) fn from_f64(double: f64) -> Float {
        let bits = double.to_bits();
        let field = (bits >> 52 & 0x7ff) as i64;
        let fraction = bits & ((1 << 52) - 1);
        let (magnitude, exponent) = match field {
            0 => (fraction, -1074),
            _ => (fraction | 1 << 52, field - 1075),
        };
        let significand = BigInt::from(magnitude);
        Float::normal(if double < 0.0 { -significand } else { significand }, exponent)
    }

    pub(super) fn to_f64(&self) -> f64 {
        // Digits enough that reading them rounds once, correctly.
        super::text::shortest(self, Precision::DECIMAL).parse().unwrap_or(f64::NAN)
    }

    pub(super) fn neg(&self) -> Float {
        Float { significand: -&self.significand, exponent: self.exponent }
    }

    /// How many bits the significand has.
    pub(super) fn bits(&self) -> u64 {
        self.significand.bits()
    }

    pub(super) fn add(&self, other: &Float, precision: Precision) -> Float {
        let exponent = self.exponent.min(other.exponent);
        Float::round(self.scaled(exponent) + other.scaled(exponent), exponent, precision)
    }

    pub(super) fn mul(&self, other: &Float, precision: Precision) -> Float {
        let significand = &self.significand * &other.significand;
        Float::round(significand, self.exponent + other.exponent, precision)
    }

    /// The quotient by a float that is not zero.
    pub(super) fn div(&self, other: &Float, precision: Precision) -> Float {
        if self.is_zero() {
            return self.clone();
        }
        // Two bits more than are kept, and a last one that says whether anything is left over.
        let wanted = precision.bits() + 2 + other.significand.bits();
        let shift = wanted.saturating_sub(self.significand.bits());
        let dividend: BigInt = &self.significand << shift;
        let quotient = &dividend / &other.significand;
        let exact = (&quotient * &other.significand) == dividend;
        let sticky = if exact { BigInt::zero() } else { BigInt::from(dividend_sign(self, other)) };
        let exponent = self.exponent - other.exponent - shift as i64;
        Float::round((quotient << 1) + sticky, exponent - 1, precision)
    }

    pub(super) fn trunc(&self) -> Float {
        if self.is_integer() {
            return self.clone();
        }
        let (sign, magnitude) = self.significand.clone().into_parts();
        let whole = magnitude >> self.exponent.unsigned_abs();
        Float::normal(BigInt::from_biguint(sign, whole), 0)
    }

    pub(super) fn compare(&self, other: &Float) -> Ordering {
        let signs = self.significand.sign().cmp(&other.significand.sign());
        if signs.is_ne() {
            return signs;
        }
        let exponent = self.exponent.min(other.exponent);
        self.scaled(exponent).cmp(&other.scaled(exponent))
    }

    /// The significand that belongs to an exponent that is not greater.
    fn scaled(&self, exponent: i64) -> BigInt {
        &self.significand << (self.exponent - exponent).unsigned_abs()
    }
}

fn dividend_sign(a: &Float, b: &Float) -> i8 {
    if a.is_negative() == b.is_negative() { 1 } else { -1 }
}

impl From<i64> for Float {
    fn from(number: i64) -> Self {
        Float::normal(BigInt::from(number), 0)
    }
}

impl From<u64> for Float {
    fn from(number: u64) -> Self {
        Float::normal(BigInt::from(number), 0)
    }
}
