//! Float formats: exact conversions and the corner cases that the host's operations leave open.
//! Everything is free of branches where lanes are many, so that loops over lanes vectorise.

/// An f16 (in the low half) as f32; exact.
#[inline(always)]
pub(crate) fn f16_to_f32(bits: u32) -> f32 {
    let sign = (bits & 0x8000) << 16;
    let magnitude = bits & 0x7fff;
    // Exponents of normal numbers differ by 112; scaling by a power of two also normalises
    // denormals. Infinities and NaNs need all exponent bits.
    let scaled = f32::from_bits(magnitude << 13) * f32::from_bits(0x7780_0000);
    let special = magnitude << 13 | 0x7f80_0000;
    let value = if magnitude >= 0x7c00 {
        special
    } else {
        scaled.to_bits()
    };
    f32::from_bits(value | sign)
}

/// An f32 rounded to f16, to nearest even.
#[inline(always)]
pub(crate) fn f32_to_f16(value: f32) -> u32 {
    let bits = value.to_bits();
    let sign = bits >> 16 & 0x8000;
    let magnitude = bits & 0x7fff_ffff;
    // Normal results: rebias, then round half to even by adding just under half a unit.
    let odd = magnitude >> 13 & 1;
    let normal = magnitude.wrapping_sub(112 << 23).wrapping_add(0xfff + odd) >> 13;
    // Denormal results: adding 0.5 leaves the rounded multiple of 2^-24 in the low bits.
    let denormal = (f32::from_bits(magnitude) + 0.5)
        .to_bits()
        .wrapping_sub(0.5f32.to_bits());
    let finite = if magnitude < 113 << 23 {
        denormal
    } else {
        normal
    };
    // 65520 is the first to round to infinity.
    let limited = if magnitude >= 0x477f_f000 {
        0x7c00
    } else {
        finite
    };
    let nan = 0x7e00 | (magnitude >> 13 & 0x3ff);
    (if magnitude > 0x7f80_0000 {
        nan
    } else {
        limited
    }) | sign
}

/// An f64 rounded to f16, to nearest even, in one rounding.
#[inline(always)]
pub(crate) fn f64_to_f16(value: f64) -> u32 {
    f32_to_f16(f64_to_f32_odd(value))
}

/// An f64 as f32, rounded to odd: a further rounding of it to at most 22 bits is correct.
#[inline(always)]
pub(crate) fn f64_to_f32_odd(value: f64) -> f32 {
    let nearest = value as f32;
    let back = f64::from(nearest);
    let bits = nearest.to_bits();
    // Towards zero where the rounding went away from it, then odd.
    let away = back.abs() > value.abs();
    let truncated = bits.wrapping_sub(u32::from(away));
    let inexact = back != value && !value.is_nan();
    f32::from_bits(truncated | u32::from(inexact))
}

/// A bf16 (in the low half) as f32; exact.
#[inline(always)]
pub(crate) fn bf16_to_f32(bits: u32) -> f32 {
    f32::from_bits(bits << 16)
}

/// An f32 rounded to bf16, to nearest even.
#[inline(always)]
pub(crate) fn f32_to_bf16(value: f32) -> u32 {
    let bits = value.to_bits();
    let rounded = bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16;
    if value.is_nan() {
        bits >> 16 | 0x40
    } else {
        rounded
    }
}

/// An f32 truncated to f16.
#[inline(always)]
pub(crate) fn f32_to_f16_toward_zero(value: f32) -> u32 {
    let nearest = f32_to_f16(value);
    let away = f16_to_f32(nearest).abs() > value.abs();
    // One less in magnitude; infinity becomes the largest number unless the source is infinite.
    nearest.wrapping_sub(u32::from(away && nearest & 0x7fff != 0))
}

/// The smaller; a NaN loses against a number, −0 is less than +0.
macro_rules! minimum_maximum {
    ($float:ty, $min:ident, $max:ident) => {
        #[inline(always)]
        pub(crate) fn $min(a: $float, b: $float) -> $float {
            let equal = <$float>::from_bits(a.to_bits() | b.to_bits());
            let ordered = if a < b {
                a
            } else if a > b {
                b
            } else {
                equal
            };
            if a.is_nan() {
                b
            } else if b.is_nan() {
                a
            } else {
                ordered
            }
        }

        /// The larger; a NaN loses against a number, −0 is less than +0.
        #[inline(always)]
        pub(crate) fn $max(a: $float, b: $float) -> $float {
            let equal = <$float>::from_bits(a.to_bits() & b.to_bits());
            let ordered = if a > b {
                a
            } else if a < b {
                b
            } else {
                equal
            };
            if a.is_nan() {
                b
            } else if b.is_nan() {
                a
            } else {
                ordered
            }
        }
    };
}

minimum_maximum!(f32, min32, max32);
minimum_maximum!(f64, min64, max64);

/// As the smaller and the larger above, but a NaN wins against a number.
macro_rules! propagating {
    ($float:ty, $name:ident, $number:ident) => {
        #[inline(always)]
        pub(crate) fn $name(a: $float, b: $float) -> $float {
            let number = $number(a, b);
            if a.is_nan() {
                a
            } else if b.is_nan() {
                b
            } else {
                number
            }
        }
    };
}

propagating!(f32, minimum32, min32);
propagating!(f32, maximum32, max32);
propagating!(f64, minimum64, min64);
propagating!(f64, maximum64, max64);

/// The middle of three; with a NaN among them, the smallest.
#[inline(always)]
pub(crate) fn med32(a: f32, b: f32, c: f32) -> f32 {
    let smallest = min32(min32(a, b), c);
    let middle = max32(min32(a, b), min32(max32(a, b), c));
    if a.is_nan() || b.is_nan() || c.is_nan() {
        smallest
    } else {
        middle
    }
}

/// Multiplies by a power of two, rounding once.
pub(crate) fn scale64(value: f64, exponent: i32) -> f64 {
    // Beyond ±2200 every finite value is infinite or zero. Down in three steps only the last may
    // round: the first two leave a normal number.
    let n = exponent.clamp(-2200, 2200);
    let power = |n: i32| f64::from_bits(((n + 1023) as u64) << 52);
    if n >= 0 {
        let step = n.min(1000);
        let rest = n - step;
        let second = rest.min(1000);
        return value * power(step) * power(second) * power(rest - second);
    }
    let (mantissa, own) = frexp64(value);
    if mantissa == 0.0 || !mantissa.is_finite() {
        return value;
    }
    let total = own + n;
    match total {
        t if t > 1000 => value,
        t if t >= -1021 => mantissa * power(t),
        t if t >= -1080 => mantissa * power(-1021) * power(t + 1021),
        _ => 0.0f64.copysign(value),
    }
}

/// Splits a float into a mantissa of 0.5..1 and an exponent; zero, infinity and NaN give 0.
#[inline(always)]
pub(crate) fn frexp64(value: f64) -> (f64, i32) {
    let bits = value.to_bits();
    let field = (bits >> 52 & 0x7ff) as i32;
    if value == 0.0 || !value.is_finite() {
        return (value, 0);
    }
    if field == 0 {
        let (mantissa, exponent) = frexp64(value * 18_014_398_509_481_984.0);
        return (mantissa, exponent - 54);
    }
    let mantissa = f64::from_bits(bits & !(0x7ff << 52) | 1022 << 52);
    (mantissa, field - 1022)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_f16_survives_the_way_to_f32_and_back() {
        for bits in 0..=0xffff_u32 {
            let wide = f16_to_f32(bits);
            if wide.is_nan() {
                assert!(bits & 0x7c00 == 0x7c00 && f32_to_f16(wide) & 0x7c00 == 0x7c00);
            } else {
                assert_eq!(f32_to_f16(wide), bits);
                assert_eq!(f64_to_f16(f64::from(wide)), bits);
                assert_eq!(f32_to_f16_toward_zero(wide), bits);
            }
        }
        assert_eq!(f16_to_f32(0x3c00), 1.0);
        assert_eq!(f16_to_f32(1), 2f32.powi(-24));
        assert_eq!(f16_to_f32(0x7bff), 65504.0);
    }

    #[test]
    fn rounding_to_f16_is_to_nearest_even() {
        assert_eq!(f32_to_f16(1.0 + 2f32.powi(-11)), 0x3c00);
        assert_eq!(f32_to_f16(1.0 + 3.0 * 2f32.powi(-11)), 0x3c02);
        assert_eq!(f32_to_f16(65519.99), 0x7bff);
        assert_eq!(f32_to_f16(65520.0), 0x7c00);
        assert_eq!(f32_to_f16(2f32.powi(-25)), 0);
        assert_eq!(f32_to_f16(1.5 * 2f32.powi(-25)), 1);
        assert_eq!(f32_to_f16(3.0 * 2f32.powi(-25)), 2);
        assert_eq!(f32_to_f16(-0.0), 0x8000);
        assert_eq!(f32_to_f16(f32::NEG_INFINITY), 0xfc00);
        // Just above half a unit, by less than an f32 can hold.
        assert_eq!(f64_to_f16(1.0 + 2f64.powi(-11) + 2f64.powi(-50)), 0x3c01);
        assert_eq!(f64_to_f16(1.0 + 2f64.powi(-11) - 2f64.powi(-50)), 0x3c00);
    }

    #[test]
    fn truncation_to_f16_never_grows() {
        assert_eq!(f32_to_f16_toward_zero(1.999_99), 0x3fff);
        assert_eq!(f32_to_f16_toward_zero(-1.999_99), 0xbfff);
        assert_eq!(f32_to_f16_toward_zero(1e9), 0x7bff);
        assert_eq!(f32_to_f16_toward_zero(f32::INFINITY), 0x7c00);
        assert_eq!(f32_to_f16_toward_zero(2f32.powi(-25) * 1.9), 0);
    }

    #[test]
    fn bf16_rounds_to_nearest_even() {
        assert_eq!(f32_to_bf16(1.0), 0x3f80);
        assert_eq!(f32_to_bf16(f32::from_bits(0x3f80_8000)), 0x3f80);
        assert_eq!(f32_to_bf16(f32::from_bits(0x3f81_8000)), 0x3f82);
        assert_eq!(f32_to_bf16(f32::from_bits(0x3f80_8001)), 0x3f81);
        assert_eq!(f32_to_bf16(f32::MAX), 0x7f80);
        assert!(bf16_to_f32(f32_to_bf16(f32::NAN)).is_nan());
    }

    #[test]
    fn minimum_and_maximum_know_zeros_and_nans() {
        assert_eq!(min32(0.0, -0.0).to_bits(), (-0.0f32).to_bits());
        assert_eq!(max32(-0.0, 0.0).to_bits(), 0);
        assert_eq!(min32(f32::NAN, 3.0), 3.0);
        assert_eq!(max64(-3.0, f64::NAN), -3.0);
        assert!(minimum32(1.0, f32::NAN).is_nan() && maximum64(f64::NAN, 1.0).is_nan());
        assert_eq!(maximum32(-0.0, 0.0).to_bits(), 0);
        assert_eq!(med32(3.0, 1.0, 2.0), 2.0);
        assert_eq!(med32(f32::NAN, 1.0, 2.0), 1.0);
    }

    #[test]
    fn scaling_rounds_once() {
        assert_eq!(scale64(1.0, -1074), f64::from_bits(1));
        assert_eq!(scale64(1.5, -1074), f64::from_bits(2));
        assert_eq!(scale64(1.25, -1074), f64::from_bits(1));
        assert_eq!(scale64(f64::from_bits(1), 1074), 1.0);
        assert_eq!(scale64(f64::from_bits(1), 2097), 2f64.powi(1023));
        assert_eq!(scale64(1.0, 5000), f64::INFINITY);
        assert_eq!(scale64(-1.0, -5000).to_bits(), (-0.0f64).to_bits());
        assert_eq!(scale64(f64::MAX, -2098), f64::from_bits(1));
        assert_eq!(scale64(f64::MAX, -2100), 0.0);
        assert_eq!(frexp64(8.0), (0.5, 4));
        assert_eq!(frexp64(f64::from_bits(1)), (0.5, -1073));
    }
}
