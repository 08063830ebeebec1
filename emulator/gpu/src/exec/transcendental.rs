//! Reciprocals, roots, exponentials, logarithms, sine and cosine.
//!
//! Computed in f64 and rounded once, so better than the hardware's one unit in the last place; free
//! of calls, so that loops over lanes vectorise. Denormals are kept, where hardware drops some.

use std::f64::consts::{LN_2, PI};

use super::map::lane_ops;
use super::value::F16;

/// 2^x.
#[inline(always)]
pub(super) fn exp2(x: f32) -> f32 {
    let limited = f64::from(x).clamp(-160.0, 160.0);
    let whole = limited.round_ties_even();
    let rest = (limited - whole) * LN_2;
    // Taylor's series of e^rest for |rest| ≤ ln 2 / 2: the first term left out is below 2^-51.
    let mut sum = 1.0;
    let mut n = 12.0;
    while n > 0.5 {
        sum = 1.0 + rest * sum / n;
        n -= 1.0;
    }
    let power = f64::from_bits(((whole as i64 + 1023) as u64) << 52);
    if x.is_nan() { x } else { (sum * power) as f32 }
}

/// The base-2 logarithm of a positive normal f64.
#[inline(always)]
fn log2_positive(x: f64) -> f64 {
    let bits = x.to_bits();
    // Mantissa in √½..√2, so that the series converges fast.
    let shifted = bits.wrapping_sub(0x3fe6_a09e_667f_3bcd);
    let exponent = (shifted as i64 >> 52) as f64;
    let mantissa =
        f64::from_bits((shifted & 0x000f_ffff_ffff_ffff).wrapping_add(0x3fe6_a09e_667f_3bcd));
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let square = s * s;
    let mut sum = 0.0;
    let mut n = 21.0;
    while n > 0.5 {
        sum = sum * square + 1.0 / n;
        n -= 2.0;
    }
    exponent + 2.0 / LN_2 * s * sum
}

/// The base-2 logarithm.
#[inline(always)]
pub(super) fn log2(x: f32) -> f32 {
    let value = log2_positive(f64::from(x).max(f64::MIN_POSITIVE)) as f32;
    match () {
        () if x.is_nan() || x < 0.0 => f32::NAN,
        () if x == 0.0 => f32::NEG_INFINITY,
        () if x == f32::INFINITY => x,
        () => value,
    }
}

/// sin(2πx), by Taylor's series after reduction to a quarter turn.
#[inline(always)]
fn sine_of_turns(x: f64) -> f64 {
    let turn = x - x.round_ties_even();
    let quarter = if turn > 0.25 {
        0.5 - turn
    } else if turn < -0.25 {
        -0.5 - turn
    } else {
        turn
    };
    let angle = 2.0 * PI * quarter;
    let square = angle * angle;
    let mut sum = 1.0;
    let mut n = 22.0;
    while n > 0.5 {
        sum = 1.0 - square * sum / (n * (n + 1.0));
        n -= 2.0;
    }
    angle * sum
}

/// Turns beyond which the hardware gives up.
const LARGEST_TURNS: f32 = 256.0;

#[inline(always)]
fn sine(x: f32) -> f32 {
    let value = sine_of_turns(f64::from(x)) as f32;
    if x.is_nan() || x.is_infinite() {
        f32::NAN
    } else if x.abs() > LARGEST_TURNS {
        0.0
    } else {
        value
    }
}

#[inline(always)]
fn cosine(x: f32) -> f32 {
    let value = sine_of_turns(f64::from(x) + 0.25) as f32;
    if x.is_nan() || x.is_infinite() {
        f32::NAN
    } else if x.abs() > LARGEST_TURNS {
        1.0
    } else {
        value
    }
}

/// 1 / √x.
#[inline(always)]
pub(super) fn inverse_root(x: f32) -> f32 {
    (1.0 / f64::from(x).sqrt()) as f32
}

lane_ops! { pub(super) fn bind;
    VRcpF32 | VRcpIflagF32 => (a: f32) -> f32 { 1.0 / a }
    VRsqF32 => (a: f32) -> f32 { inverse_root(a) }
    VSqrtF32 => (a: f32) -> f32 { a.sqrt() }
    VExpF32 | VExpLegacyF32 => (a: f32) -> f32 { exp2(a) }
    VLogF32 | VLogLegacyF32 => (a: f32) -> f32 { log2(a) }
    VSinF32 => (a: f32) -> f32 { sine(a) }
    VCosF32 => (a: f32) -> f32 { cosine(a) }
    VRcpF16 => (a: F16) -> F16 { F16(1.0 / a.0) }
    VRsqF16 => (a: F16) -> F16 { F16(inverse_root(a.0)) }
    VSqrtF16 => (a: F16) -> F16 { F16(a.0.sqrt()) }
    VExpF16 => (a: F16) -> F16 { F16(exp2(a.0)) }
    VLogF16 => (a: F16) -> F16 { F16(log2(a.0)) }
    VSinF16 => (a: F16) -> F16 { F16(sine(a.0)) }
    VCosF16 => (a: F16) -> F16 { F16(cosine(a.0)) }
    VRcpF64 => (a: f64) -> f64 { 1.0 / a }
    VRsqF64 => (a: f64) -> f64 { 1.0 / a.sqrt() }
    VSqrtF64 => (a: f64) -> f64 { a.sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Units in the last place between a result and the rounded truth.
    fn ulps(result: f32, truth: f64) -> i64 {
        let ordered = |x: f32| {
            i64::from(if x.is_sign_negative() {
                -(x.abs().to_bits() as i32)
            } else {
                x.to_bits() as i32
            })
        };
        (ordered(result) - ordered(truth as f32)).abs()
    }

    #[test]
    fn results_round_correctly_but_for_rare_halves() {
        let mut x = -149.5f32;
        while x < 128.0 {
            assert!(ulps(exp2(x), f64::from(x).exp2()) <= 1, "exp2({x})");
            x += 0.017;
        }
        let mut x = 1e-43f32;
        while x < 1e38 {
            assert!(
                ulps(log2(x), f64::from(x).log2()) <= 1,
                "log2({x}) = {}",
                log2(x)
            );
            x = (x * 1.013).max(f32::from_bits(x.to_bits() + 1));
        }
        let mut x = -3.0f32;
        while x < 3.0 {
            let angle = f64::from(x).fract() * 2.0 * PI;
            assert!((f64::from(sine(x)) - angle.sin()).abs() < 1e-7, "sin({x})");
            assert!(
                (f64::from(cosine(x)) - angle.cos()).abs() < 1e-7,
                "cos({x})"
            );
            x += 0.0137;
        }
    }

    #[test]
    fn edges() {
        assert_eq!(exp2(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp2(f32::INFINITY), f32::INFINITY);
        assert_eq!(exp2(-149.0), f32::from_bits(1));
        assert!(exp2(f32::NAN).is_nan());
        assert_eq!(log2(0.0), f32::NEG_INFINITY);
        assert!(log2(-1.0).is_nan());
        assert_eq!(log2(8.0), 3.0);
        assert_eq!(log2(f32::from_bits(1)), -149.0);
        assert_eq!(sine(0.25), 1.0);
        assert_eq!(cosine(0.5), -1.0);
        assert_eq!(sine(300.3), 0.0);
        assert_eq!(inverse_root(0.0), f32::INFINITY);
        assert!(inverse_root(-1.0).is_nan());
    }
}
