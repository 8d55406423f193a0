//! Powers, rounded where Go rounds them, so that the last digits agree.

/// `base` to the power of `exponent`.
pub fn power(base: f64, exponent: f64) -> f64 {
    let (whole, fraction) = (exponent.abs().trunc(), exponent.abs().fract());
    let usual = base.is_normal() && base != 1.0 && exponent.abs() != 0.5 && exponent != 1.0;
    if !usual || base < 0.0 && fraction != 0.0 || whole == 0.0 && fraction == 0.0 || whole >= 1e15 {
        return base.powf(exponent);
    }
    let up = fraction > 0.5;
    let (rest, steps) = if up { (fraction - 1.0, whole + 1.0) } else { (fraction, whole) };
    let mut product = if rest == 0.0 { 1.0 } else { (rest * base.ln()).exp() };
    let mut scale = 0_i64;
    let (mut square, mut square_scale) = mantissa(base);
    let mut bits = steps as u64;
    while bits != 0 {
        if square_scale.abs() > 1 << 12 {
            // Beyond any double, whatever the other factors are.
            scale += square_scale;
            break;
        }
        if bits & 1 == 1 {
            product *= square;
            scale += square_scale;
        }
        square *= square;
        square_scale *= 2;
        if square < 0.5 {
            square += square;
            square_scale -= 1;
        }
        bits >>= 1;
    }
    if exponent < 0.0 { scaled(1.0 / product, -scale) } else { scaled(product, scale) }
}

/// A normal number as `m × 2^e`, `m` from one half to one.
fn mantissa(number: f64) -> (f64, i64) {
    const EXPONENT: u64 = 0x7FF << 52;
    let bits = number.to_bits();
    let exponent = (bits & EXPONENT) >> 52;
    let half = f64::from_bits(bits & !EXPONENT | 1022 << 52);
    (half, i64::try_from(exponent).unwrap_or_default() - 1022)
}

/// `number × 2^scale`, rounded at the end only.
fn scaled(mut number: f64, scale: i64) -> f64 {
    let mut left = scale.clamp(-5000, 5000);
    while left > 0 {
        let step = left.min(1000);
        number *= 2_f64.powi(step as i32);
        left -= step;
    }
    while left < 0 {
        let step = left.max(-900);
        number *= 2_f64.powi(step as i32);
        left -= step;
    }
    number
}
