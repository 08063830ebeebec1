//! The 8-bit floats of CDNA3 ("FNUZ"): no negative zero, no infinity, one NaN (0x80).

/// An 8-bit float format.
pub(super) trait Format {
    const MANTISSA_BITS: u32;
    const BIAS: i32;

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
        let magnitude = if exponent == 0 {
            fraction as f32 * smallest
        } else {
            normal
        };
        match byte {
            0x80 => f32::NAN,
            _ if byte & 0x80 != 0 => -magnitude,
            _ => magnitude,
        }
    }

    /// The nearest byte, ties to even; what is too large saturates.
    fn encode(value: f32) -> u32 {
        if value.is_nan() {
            return 0x80;
        }
        let largest = Self::decode(0x7f);
        let magnitude = value.abs().min(largest);
        let smallest_exponent = 1 - Self::BIAS;
        let exponent = ((magnitude.to_bits() >> 23) as i32 - 127).max(smallest_exponent);
        // In units of the last place at that exponent the value is below 2^(mantissa + 1).
        let unit = f32::from_bits(((exponent - Self::MANTISSA_BITS as i32 + 127) as u32) << 23);
        let steps = (magnitude / unit).round_ties_even() as u32;
        let implicit = 1 << Self::MANTISSA_BITS;
        let field = (exponent - smallest_exponent) as u32;
        // A carry out of the mantissa moves into the exponent by itself.
        let bits = if steps < implicit {
            steps
        } else {
            (field << Self::MANTISSA_BITS) + steps
        };
        if bits == 0 {
            0
        } else {
            bits | u32::from(value < 0.0) << 7
        }
    }
}

/// 4 bits of exponent, 3 of mantissa.
pub(super) struct Fp8;

impl Format for Fp8 {
    const MANTISSA_BITS: u32 = 3;
    const BIAS: i32 = 8;
}

/// 5 bits of exponent, 2 of mantissa.
pub(super) struct Bf8;

impl Format for Bf8 {
    const MANTISSA_BITS: u32 = 2;
    const BIAS: i32 = 16;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip<F: Format>() {
        for byte in 0..=255 {
            let value = F::decode(byte);
            if byte != 0x80 {
                assert_eq!(F::encode(value), byte, "{byte:#x} = {value}");
            }
        }
        assert_eq!(F::encode(f32::NAN), 0x80);
        assert_eq!(F::encode(f32::INFINITY), 0x7f);
        assert_eq!(F::encode(-0.0), 0);
    }

    #[test]
    fn every_byte_survives() {
        round_trip::<Fp8>();
        round_trip::<Bf8>();
    }

    #[test]
    fn known_values() {
        assert_eq!(Fp8::decode(0x7f), 240.0);
        assert_eq!(Fp8::decode(0x40), 1.0);
        assert_eq!(Bf8::decode(0x7f), 57344.0);
        assert_eq!(Bf8::decode(0x40), 1.0);
        assert_eq!(Fp8::encode(1.0625), 0x40);
        assert_eq!(Fp8::encode(1.1875), 0x42);
    }
}
