//! Powers and logarithms, rounded where Go rounds them, so that the last digits agree.

/// `base` to the power of `exponent`.
pub fn power(base: f64, exponent: f64) -> f64 {
    let (whole, fraction) = (exponent.abs().trunc(), exponent.abs().fract());
    let usual = base.is_normal() && base != 1.0 && exponent.abs() != 0.5 && exponent != 1.0;
    if !usual || base < 0.0 && fraction != 0.0 || whole == 0.0 && fraction == 0.0 || whole >= 1e15 {
        return base.powf(exponent);
    }
    let up = fraction > 0.5;
    let (rest, steps) = if up { (fraction - 1.0, whole + 1.0) } else { (fraction, whole) };
    let mut product = if rest == 0.0 { 1.0 } else { (rest * logarithm(base)).exp() };
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

/// The natural logarithm, by the polynomial of FreeBSD's `e_log.c` that Go uses too.
pub fn logarithm(number: f64) -> f64 {
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    const ODD: [f64; 4] = [
        6.666_666_666_666_735e-1,
        2.857_142_874_366_239e-1,
        1.818_357_216_161_805e-1,
        1.479_819_860_511_658_6e-1,
    ];
    const EVEN: [f64; 3] =
        [3.999_999_999_940_942e-1, 2.222_219_843_214_978_4e-1, 1.531_383_769_920_937_3e-1];
    if !number.is_normal() || number < 0.0 {
        return number.ln();
    }
    let (mut part, mut exponent) = mantissa(number);
    if part < std::f64::consts::FRAC_1_SQRT_2 {
        part *= 2.0;
        exponent -= 1;
    }
    let (f, k) = (part - 1.0, exponent as f64);
    let s = f / (2.0 + f);
    let s2 = s * s;
    let s4 = s2 * s2;
    let odd = s2 * (ODD[0] + s4 * (ODD[1] + s4 * (ODD[2] + s4 * ODD[3])));
    let even = s4 * (EVEN[0] + s4 * (EVEN[1] + s4 * EVEN[2]));
    let half = 0.5 * f * f;
    k * LN2_HIGH - ((half - (s * (half + (odd + even)) + k * LN2_LOW)) - f)
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
