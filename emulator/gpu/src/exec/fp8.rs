//! The 8-bit floats: those of CDNA3 ("FNUZ": no negative zero, no infinity, one NaN, 0x80) and those
//! of the Open Compute Project that later targets have.

/// What a float that an 8-bit format cannot hold exactly becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rounding {
    /// The nearest, ties to even.
    Nearest,
    /// One of the two nearest: the one further from zero if the discarded fraction and the low 20
    /// bits of this, as a fraction, sum to 1 or more.
    Stochastic(u32),
}

impl Rounding {
    /// A multiple of the last place as a whole one.
    #[inline(always)]
    fn whole(self, steps: f32) -> u32 {
        match self {
            Self::Nearest => steps.round_ties_even() as u32,
            Self::Stochastic(random) => {
                let chance = f64::from(random & 0xf_ffff) / f64::from(1 << 20);
                (f64::from(steps) + chance) as u32
            }
        }
    }
}

/// An 8-bit float format.
pub(super) trait Format {
    const MANTISSA_BITS: u32;
    const BIAS: i32;
    /// The largest finite number.
    const LARGEST: u32;
    /// What too large a number becomes: infinity where there is one, else a NaN.
    const OVERFLOW: u32;
    const NAN: u32;
    /// There is a zero with a sign.
    const SIGNED_ZERO: bool;

    /// What a byte that is no finite number stands for.
    fn special(byte: u32) -> Option<f32>;

    /// The value of a byte (higher bits are ignored); exact.
    #[inline(always)]
    fn decode(byte: u32) -> f32 {
        let byte = byte & 0xff;
        let fraction = byte & ((1 << Self::MANTISSA_BITS) - 1);
        let exponent = (byte & 0x7f) >> Self::MANTISSA_BITS;
        let normal = f32::from_bits(
            ((exponent as i32 - Self::BIAS + 127) as u32) << 23
                | fraction << (23 - Self::MANTISSA_BITS),
        );
        let smallest =
            f32::from_bits(((1 - Self::BIAS + 127 - Self::MANTISSA_BITS as i32) as u32) << 23);
        let finite = if exponent == 0 {
            fraction as f32 * smallest
        } else {
            normal
        };
        let magnitude = Self::special(byte).unwrap_or(finite);
        if byte & 0x80 != 0 && !magnitude.is_nan() {
            -magnitude
        } else {
            magnitude
        }
    }

    /// The byte of a number; one that is too large becomes the largest if `saturate`.
    fn encode(value: f32, rounding: Rounding, saturate: bool) -> u32 {
        if value.is_nan() {
            return Self::NAN;
        }
        let sign = u32::from(value.is_sign_negative()) << 7;
        let smallest_exponent = 1 - Self::BIAS;
        // Far beyond the largest number there is nothing to tell apart.
        let magnitude = value.abs().min(Self::decode(Self::LARGEST) * 4.0);
        let exponent = ((magnitude.to_bits() >> 23) as i32 - 127).max(smallest_exponent);
        // In units of the last place at that exponent the value is below 2^(mantissa + 1).
        let unit = f32::from_bits(((exponent - Self::MANTISSA_BITS as i32 + 127) as u32) << 23);
        let steps = rounding.whole(magnitude / unit);
        let field = (exponent - smallest_exponent) as u32;
        // A carry out of the mantissa moves into the exponent by itself.
        let bits = if steps < 1 << Self::MANTISSA_BITS {
            steps
        } else {
            (field << Self::MANTISSA_BITS) + steps
        };
        match bits {
            0 if !Self::SIGNED_ZERO => 0,
            bits if bits <= Self::LARGEST => bits | sign,
            _ if saturate && value.is_finite() => Self::LARGEST | sign,
            _ if Self::OVERFLOW == Self::NAN && !Self::SIGNED_ZERO => Self::NAN,
            _ => Self::OVERFLOW | sign,
        }
    }
}

macro_rules! formats {
    ($($(#[$doc:meta])* $name:ident: $mantissa:literal, $bias:literal, $largest:literal, $overflow:literal, $nan:literal, $signed:literal, |$byte:ident| $special:expr;)*) => {$(
        $(#[$doc])*
        pub(super) struct $name;

        impl Format for $name {
            const MANTISSA_BITS: u32 = $mantissa;
            const BIAS: i32 = $bias;
            const LARGEST: u32 = $largest;
            const OVERFLOW: u32 = $overflow;
            const NAN: u32 = $nan;
            const SIGNED_ZERO: bool = $signed;
            #[inline(always)]
            fn special($byte: u32) -> Option<f32> {
                $special
            }
        }
    )*};
}

formats! {
    /// FNUZ, 4 bits of exponent, 3 of mantissa.
    Fp8: 3, 8, 0x7f, 0x80, 0x80, false, |byte| (byte == 0x80).then_some(f32::NAN);
    /// FNUZ, 5 bits of exponent, 2 of mantissa.
    Bf8: 2, 16, 0x7f, 0x80, 0x80, false, |byte| (byte == 0x80).then_some(f32::NAN);
    /// OCP E4M3: no infinity.
    OcpFp8: 3, 7, 0x7e, 0x7f, 0x7f, true, |byte| (byte & 0x7f == 0x7f).then_some(f32::NAN);
    /// OCP E5M2.
    OcpBf8: 2, 15, 0x7b, 0x7c, 0x7f, true, |byte| match byte & 0x7f {
        0x7c => Some(f32::INFINITY),
        0x7d.. => Some(f32::NAN),
        _ => None,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip<F: Format>() {
        for byte in 0..=255 {
            let value = F::decode(byte);
            if !value.is_nan() {
                let encoded = F::encode(value, Rounding::Nearest, false);
                assert_eq!(encoded, byte, "{byte:#x} = {value}");
                let random = Rounding::Stochastic(0xf_ffff);
                assert_eq!(F::encode(value, random, false), byte, "{byte:#x} = {value}");
            }
        }
        assert_eq!(F::encode(f32::NAN, Rounding::Nearest, true), F::NAN);
        assert_eq!(F::encode(1e9, Rounding::Nearest, true), F::LARGEST);
        assert_eq!(F::encode(1e9, Rounding::Nearest, false), F::OVERFLOW);
        let infinity = F::encode(f32::INFINITY, Rounding::Nearest, true);
        assert_eq!(infinity, F::OVERFLOW);
    }

    #[test]
    fn every_byte_survives() {
        round_trip::<Fp8>();
        round_trip::<Bf8>();
        round_trip::<OcpFp8>();
        round_trip::<OcpBf8>();
    }

    #[test]
    fn known_values() {
        let nearest = |x| Fp8::encode(x, Rounding::Nearest, false);
        assert_eq!(Fp8::decode(0x7f), 240.0);
        assert_eq!(Fp8::decode(0x40), 1.0);
        assert_eq!(Bf8::decode(0x7f), 57344.0);
        assert_eq!(Bf8::decode(0x40), 1.0);
        assert_eq!(nearest(1.0625), 0x40);
        assert_eq!(nearest(1.1875), 0x42);
        assert_eq!(nearest(-0.0), 0);
        assert_eq!(OcpFp8::decode(0x7e), 448.0);
        assert_eq!(OcpFp8::decode(0x38), 1.0);
        assert_eq!(OcpFp8::decode(0xb8), -1.0);
        assert_eq!(OcpFp8::decode(0x01), 2f32.powi(-9));
        assert!(OcpFp8::decode(0xff).is_nan());
        assert_eq!(OcpFp8::encode(464.0, Rounding::Nearest, false), 0x7e);
        assert_eq!(OcpFp8::encode(465.0, Rounding::Nearest, false), 0x7f);
        assert_eq!(OcpFp8::encode(-0.0, Rounding::Nearest, false), 0x80);
        assert_eq!(OcpBf8::decode(0x7b), 57344.0);
        assert_eq!(OcpBf8::decode(0xfc), f32::NEG_INFINITY);
    }

    #[test]
    fn stochastic_rounding_goes_by_the_random_bits() {
        // A quarter of the way from 1 to 1.125.
        let by = |random| Fp8::encode(1.03125, Rounding::Stochastic(random), false);
        assert_eq!([by(0), by(0xb_ffff), by(0xc_0000)], [0x40, 0x40, 0x41]);
        let by = |random| Fp8::encode(-1.03125, Rounding::Stochastic(random), false);
        assert_eq!([by(0xfff0_0000), by(0xf_ffff)], [0xc0, 0xc1]);
    }
}
