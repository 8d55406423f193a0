//! Numbers.

use std::fmt;

/// A number of the language.
#[derive(Clone, Debug, PartialEq)]
pub struct Number(f64);

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Number(number as f64)
    }
}

impl Number {
    /// The number as an integer, where it is one and fits.
    pub fn as_i64(&self) -> Option<i64> {
        (self.0.fract() == 0.0).then_some(self.0 as i64)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
