//! Decimal digits of numbers, rounded half to even as Go rounds them.

use num_bigint::BigUint;

use crate::value::Number;

/// Magnitude as `0.digits × 10^point`; no zeros at either end of the digits.
pub struct Decimal {
    digits: String,
    point: i64,
}

impl Decimal {
    /// All digits that the binary form of a finite number stands for.
    pub fn exact(number: &Number) -> Decimal {
        let (mut whole, mut halvings) = (number.abs(), 0_u32);
        let step = Number::from(1_i64 << 32);
        // Each step is exact, and ends once the lowest bit is a whole number.
        while !whole.is_integer() {
            let Ok(next) = whole.mul(&step) else { break };
            (whole, halvings) = (next, halvings + 32);
        }
        let Some(integer) = whole.to_bigint() else {
            return Decimal::shortest(number);
        };
        let integer = integer.into_parts().1;
        // n / 2^k = n × 5^k / 10^k
        let digits = (integer * BigUint::from(5_u8).pow(halvings)).to_string();
        Decimal::new(&digits, i64::from(halvings))
    }

    /// The fewest digits that no other number is nearer to.
    pub fn shortest(number: &Number) -> Decimal {
        let text = number.abs().to_string();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        Decimal::new(&format!("{whole}{fraction}"), fraction.len() as i64)
    }

    fn new(digits: &str, places: i64) -> Decimal {
        let digits = digits.trim_start_matches('0');
        let point = digits.len() as i64 - places;
        Decimal { digits: digits.trim_end_matches('0').to_owned(), point }
    }

    /// The first digits, `count` of them or, rounded up, fewer.
    fn rounded(&self, count: i64) -> Decimal {
        let Ok(keep) = usize::try_from(count) else {
            return Decimal { digits: String::new(), point: self.point };
        };
        let Some(dropped) = self.digits.get(keep..).filter(|rest| !rest.is_empty()) else {
            return Decimal { digits: self.digits.clone(), point: self.point };
        };
        let mut kept = self.digits[..keep].to_owned();
        let odd = kept.bytes().last().is_some_and(|digit| digit % 2 == 1);
        let up = if dropped == "5" { odd } else { dropped.as_bytes()[0] >= b'5' };
        let mut point = self.point;
        if up {
            let nines = kept.len() - kept.trim_end_matches('9').len();
            kept.truncate(kept.len() - nines);
            match kept.pop() {
                Some(last) => kept.push(char::from(last as u8 + 1)),
                None => {
                    kept.push('1');
                    point += 1;
                }
            }
        }
        Decimal { digits: kept.trim_end_matches('0').to_owned(), point }
    }

    /// `%.{places}f`
    pub fn fixed(&self, places: usize) -> String {
        let rounded = self.rounded(self.point.saturating_add(places as i64));
        let mut out = String::new();
        rounded.push_digits(0.min(rounded.point), rounded.point, &mut out);
        if out.is_empty() {
            out.push('0');
        }
        if places > 0 {
            out.push('.');
            rounded.push_digits(rounded.point, rounded.point + places as i64, &mut out);
        }
        out
    }

    /// Digits by their places from the first one; places that have none are zeros.
    fn push_digits(&self, from: i64, to: i64, out: &mut String) {
        for place in from..to {
            let digit = usize::try_from(place).ok().and_then(|at| self.digits.as_bytes().get(at));
            out.push(digit.map_or('0', |digit| char::from(*digit)));
        }
    }

    /// `%.{places}e`
    pub fn scientific(&self, places: usize) -> String {
        self.rounded(places as i64 + 1).mantissa_and_exponent(places)
    }

    fn mantissa_and_exponent(&self, places: usize) -> String {
        let mut out = String::new();
        self.push_digits(0, 1, &mut out);
        if places > 0 {
            out.push('.');
            self.push_digits(1, 1 + places as i64, &mut out);
        }
        let exponent = if self.digits.is_empty() { 0 } else { self.point - 1 };
        let sign = if exponent < 0 { '-' } else { '+' };
        out.push_str(&format!("e{sign}{:02}", exponent.unsigned_abs()));
        out
    }

    /// `%.{precision}g`
    pub fn general(&self, precision: usize) -> String {
        let rounded = self.rounded(precision as i64);
        let count = rounded.digits.len();
        let whole = count as i64 >= rounded.point;
        let most = if precision > count && whole { count } else { precision };
        rounded.shortest_form(most as i64)
    }

    /// `%g`
    pub fn shortest_general(&self) -> String {
        self.shortest_form(6)
    }

    fn shortest_form(&self, most: i64) -> String {
        let exponent = self.point - 1;
        if !self.digits.is_empty() && (exponent < -4 || exponent >= most) {
            return self.mantissa_and_exponent(self.digits.len() - 1);
        }
        let places = (self.digits.len() as i64 - self.point).max(0);
        if self.digits.is_empty() { "0".to_owned() } else { self.fixed(places as usize) }
    }
}
