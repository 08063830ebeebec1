//! The steps of a precise division: scale, fused multiply-add, fix-up.

use std::marker::PhantomData;

use redwick_isa::Opcode;
use redwick_isa::inst::sreg;

use super::float::scale64;
use super::map::{Rows, lane_ops};
use super::value::{Value, WideF16};
use super::{Handler, Level, bound};
use crate::step::{Bound, Flow, Kind, Step};
use crate::wave::{Wave, mask_of};

/// A float format as division sees it.
trait Divided: Value + PartialEq {
    /// The exponent field.
    fn exponent(self) -> i32;
    /// Numerator and denominator are scaled by 2^±this.
    const SCALE: i32;
    /// A quotient with an exponent difference this large may overflow.
    const NEAR_OVERFLOW: i32;
    /// A numerator with an exponent this small loses bits.
    const SMALL: i32;
    fn is_zero(self) -> bool;
    fn is_denormal(self) -> bool;
    fn quotient(self, by: Self) -> Self;
    fn one() -> Self;
    fn nan() -> Self;
    fn scaled(self, by: i32) -> Self;
    fn fused(self, b: Self, c: Self) -> Self;
    /// A fused multiply-add, scaled before it is rounded as far as f64 allows.
    fn fused_scaled(self, b: Self, c: Self, by: i32) -> Self;
}

macro_rules! divided {
    ($ty:ty, $mantissa:literal, $mask:literal, $scale:literal, $near:literal, $small:literal) => {
        impl Divided for $ty {
            const SCALE: i32 = $scale;
            const NEAR_OVERFLOW: i32 = $near;
            const SMALL: i32 = $small;
            fn exponent(self) -> i32 {
                (self.to_bits() >> $mantissa) as i32 & $mask
            }
            fn is_zero(self) -> bool {
                self == 0.0
            }
            fn is_denormal(self) -> bool {
                self.is_subnormal()
            }
            fn quotient(self, by: Self) -> Self {
                self / by
            }
            fn one() -> Self {
                1.0
            }
            fn nan() -> Self {
                <$ty>::NAN
            }
            fn scaled(self, by: i32) -> Self {
                scale64(f64::from(self), by) as $ty
            }
            fn fused(self, b: Self, c: Self) -> Self {
                self.mul_add(b, c)
            }
            fn fused_scaled(self, b: Self, c: Self, by: i32) -> Self {
                scale64(f64::from(self).mul_add(f64::from(b), f64::from(c)), by) as $ty
            }
        }
    };
}

divided!(f32, 23, 0xff, 64, 96, 23);
divided!(f64, 52, 0x7ff, 128, 768, 53);

/// Scales `value`, which is the denominator or the numerator; says whether to rescale the result.
fn scale<T: Divided>(value: T, denominator: T, numerator: T) -> (T, bool) {
    let if_equal = |other: T| {
        if value == other {
            value.scaled(T::SCALE)
        } else {
            value
        }
    };
    let small_inverse = T::one().quotient(denominator).is_denormal();
    let small_quotient = numerator.quotient(denominator).is_denormal();
    match () {
        () if denominator.is_zero() || numerator.is_zero() => (T::nan(), false),
        () if numerator.exponent() - denominator.exponent() >= T::NEAR_OVERFLOW => {
            (if_equal(denominator), true)
        }
        () if denominator.is_denormal() => (value.scaled(T::SCALE), false),
        () if small_inverse && small_quotient => (if_equal(denominator), true),
        () if small_inverse => (value.scaled(-T::SCALE), false),
        () if small_quotient => (if_equal(numerator), true),
        () if numerator.exponent() <= T::SMALL => (value.scaled(T::SCALE), false),
        () => (value, false),
    }
}

struct Scale<T>(PhantomData<T>);

impl<T: Divided> Handler for Scale<T> {
    const SRC: [Kind; 4] = [T::KIND, T::KIND, T::KIND, Kind::None];
    const DST: [Kind; 2] = [T::KIND, Kind::None];

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let rows = [0, 1, 2].map(|i| w.source(s, i, T::KIND));
        let (mut low, mut high, mut rescale) = ([0; L], [0; L], [0; L]);
        {
            let [a, b, c] = rows.map(|at| Rows::of::<T>(w, at));
            for i in 0..L {
                let (value, flag) = scale::<T>(a.get(i), b.get(i), c.get(i));
                (low[i], high[i]) = value.put();
                rescale[i] = u32::from(flag);
            }
        }
        let mask = mask_of(&rescale) & w.written_lanes(s);
        if T::KIND.words() == 2 {
            w.result2(s, T::KIND, &low, &high)
        } else {
            w.result(s, T::KIND, &low)
        }
        w.set_result_mask(s, 1, mask);
        Flow::Next
    }
}

/// A fused multiply-add, scaled in the lanes that VCC names: away from 1, where the addend (the
/// quotient so far) already leans.
struct Fmas<T>(PhantomData<T>);

impl<T: Divided> Handler for Fmas<T> {
    const SRC: [Kind; 4] = [T::KIND, T::KIND, T::KIND, Kind::None];
    const DST: [Kind; 2] = [T::KIND, Kind::None];

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let rows = [0, 1, 2].map(|i| w.source(s, i, T::KIND));
        let rescale = w.mask(sreg::VCC);
        let (mut low, mut high) = ([0; L], [0; L]);
        {
            let [a, b, c] = rows.map(|at| Rows::of::<T>(w, at));
            for i in 0..L {
                let value = a.get::<T>(i).fused(b.get(i), c.get(i));
                (low[i], high[i]) = value.put();
            }
            for i in super::access::lanes(rescale) {
                let addend: T = c.get(i);
                let by = if addend.exponent() > T::one().exponent() {
                    T::SCALE
                } else {
                    -T::SCALE
                };
                let value = a.get::<T>(i).fused_scaled(b.get(i), addend, by);
                (low[i], high[i]) = value.put();
            }
        }
        if T::KIND.words() == 2 {
            w.result2(s, T::KIND, &low, &high)
        } else {
            w.result(s, T::KIND, &low)
        }
        Flow::Next
    }
}

/// Puts in place what a quotient cannot be computed for.
#[inline(always)]
fn fix_up(
    quotient: f64,
    denominator: f64,
    numerator: f64,
    underflows: bool,
    overflows: bool,
) -> f64 {
    let negative = denominator.is_sign_negative() != numerator.is_sign_negative();
    let magnitude = match () {
        () if numerator.is_nan() => return numerator,
        () if denominator.is_nan() => return denominator,
        () if denominator == 0.0 && numerator == 0.0 => return -f64::NAN,
        () if denominator.is_infinite() && numerator.is_infinite() => return -f64::NAN,
        () if denominator == 0.0 || numerator.is_infinite() => f64::INFINITY,
        () if denominator.is_infinite() || numerator == 0.0 => 0.0,
        () if underflows => 0.0,
        () if overflows => f64::INFINITY,
        () => quotient.abs(),
    };
    if negative { -magnitude } else { magnitude }
}

lane_ops! { fn fix_ups;
    VDivFixupF32 => (q: f32, d: f32, n: f32) -> f32 {
        let difference = n.exponent() - d.exponent();
        fix_up(f64::from(q), f64::from(d), f64::from(n), difference < -150, d.exponent() == 255) as f32
    }
    VDivFixupF64 => (q: f64, d: f64, n: f64) -> f64 {
        let difference = n.exponent() - d.exponent();
        fix_up(q, d, n, difference < -1075, d.exponent() == 2047)
    }
    VDivFixupF16 | VDivFixupLegacyF16 => (q: WideF16, d: WideF16, n: WideF16) -> WideF16 {
        WideF16(fix_up(q.0, d.0, n.0, false, false))
    }
}

/// Binds a step of a division.
pub(super) fn bind<const L: usize>(opcode: Opcode, level: Level) -> Option<Bound<L>> {
    Some(match opcode {
        Opcode::VDivScaleF32 => bound::<L, Scale<f32>>(level),
        Opcode::VDivScaleF64 => bound::<L, Scale<f64>>(level),
        Opcode::VDivFmasF32 => bound::<L, Fmas<f32>>(level),
        Opcode::VDivFmasF64 => bound::<L, Fmas<f64>>(level),
        other => return fix_ups(other, level),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaling_follows_the_guide() {
        assert_eq!(scale(3.0f32, 3.0, 1.0), (3.0, false));
        assert!(scale(3.0f32, 0.0, 3.0).0.is_nan());
        let (tiny, huge) = (1e-30f32, 1e30f32);
        assert_eq!(scale(tiny, tiny, huge), (tiny * 2f32.powi(64), true));
        assert_eq!(scale(huge, tiny, huge), (huge, true));
        let denormal = f32::from_bits(5);
        assert_eq!(
            scale(denormal, denormal, 1e-20),
            (denormal.scaled(64), false)
        );
        let large = 2f32.powi(127);
        assert_eq!(scale(large, large, 4.0), (large * 2f32.powi(-64), false));
        assert_eq!(scale(1e-36f32, 2.0, 1e-36).0, 1e-36f32.scaled(64));
        assert_eq!(scale(5.0f64, 7.0, 5.0), (5.0, false));
    }

    #[test]
    fn fix_up_knows_the_special_quotients() {
        assert_eq!(fix_up(7.0, -0.0, 1.0, false, false), f64::NEG_INFINITY);
        assert!(fix_up(7.0, 0.0, 0.0, false, false).is_nan());
        assert_eq!(fix_up(7.0, f64::INFINITY, 1.0, false, false), 0.0);
        assert_eq!(fix_up(7.0, -2.0, 14.0, false, false), -7.0);
        assert_eq!(fix_up(7.0, 2.0, 14.0, true, false), 0.0);
    }
}
