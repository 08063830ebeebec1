//! Vectors in fewer bits, and what is known of each row beside its numbers.
//!
//! What the scan reads of a row `x` is its decoded form `x̂`. The distance `|x − x̂|` is measured when
//! the row is stored and kept with it, rounded up: the error of the storage dtype is a number of each
//! row, not an estimate.

use bytemuck::{Pod, Zeroable};
use half::slice::{HalfBitsSliceExt, HalfFloatSliceExt};
use half::{bf16, f16};

use crate::canonical;

/// What is kept beside the numbers of a row.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Facts {
    /// The canonical norm `|x|` of the row as it was given.
    pub norm: f64,
    /// At least `|x − x̂|`, both for `x̂` with its numbers rounded to f32 and for the exact products
    /// of scale and code; 0 where the scan reads f32.
    pub error: f32,
    /// What the codes of int8 are multiplied by; 1 for other dtypes.
    pub scale: f32,
}

impl Facts {
    /// Of a row that is scanned as it was given.
    #[inline(always)]
    pub fn exact(row: &[f32]) -> Self {
        Self {
            norm: canonical::norm(row),
            error: 0.0,
            scale: 1.0,
        }
    }

    /// Of a row that is scanned as `read`, which is rounded where there is a scale.
    #[inline(always)]
    fn coded(row: &[f32], read: &[f32], scale: Option<f32>) -> Self {
        let rounding = scale.map_or(0.0, |_| HALF_ULP * canonical::norm(read) + TINY);
        let error = canonical::distance(row, read).sqrt() + rounding;
        Self {
            norm: canonical::norm(row),
            error: at_least(error * SLACK),
            scale: scale.unwrap_or(1.0),
        }
    }
}

/// The relative error of one rounding to f32.
const HALF_ULP: f64 = 1.0 / (1u64 << 24) as f64;

/// More than the error of 65536 roundings to a subnormal f32.
const TINY: f64 = f32::MIN_POSITIVE as f64;

/// Covers the roundings of the sums above: 65538 of them, each 2⁻⁵³.
const SLACK: f64 = 1.0 + 1.0 / (1u64 << 32) as f64;

/// The least f32 that is not below `value`; 0 stays 0.
fn at_least(value: f64) -> f32 {
    let rounded = value as f32;
    if f64::from(rounded) < value {
        rounded.next_up()
    } else {
        rounded
    }
}

/// Writes a row as half precision, saturated at the largest finite number; `read` is left with what
/// the scan reads of it.
#[inline(always)]
pub fn encode_f16(row: &[f32], codes: &mut [u16], read: &mut [f32]) -> Facts {
    codes
        .reinterpret_cast_mut::<f16>()
        .convert_from_f32_slice(row);
    saturate(codes, f16::INFINITY.to_bits());
    decode_f16(codes, read);
    Facts::coded(row, read, None)
}

/// Writes a row as bf16, rounded to nearest even, otherwise as [`encode_f16`].
#[inline(always)]
pub fn encode_bf16(row: &[f32], codes: &mut [u16], read: &mut [f32]) -> Facts {
    for (code, &number) in codes.iter_mut().zip(row) {
        let bits = number.to_bits();
        *code = ((bits + 0x7fff + (bits >> 16 & 1)) >> 16) as u16;
    }
    saturate(codes, bf16::INFINITY.to_bits());
    decode_bf16(codes, read);
    Facts::coded(row, read, None)
}

/// Infinities become the largest finite number, which is the code before.
#[inline(always)]
fn saturate(codes: &mut [u16], infinity: u16) {
    for code in codes {
        *code -= u16::from(*code & 0x7fff == infinity);
    }
}

/// Writes a row as integers from −127 to 127 times a scale that its largest number sets, otherwise as
/// [`encode_f16`].
#[inline(always)]
pub fn encode_int8(row: &[f32], codes: &mut [i8], read: &mut [f32]) -> Facts {
    let largest = row
        .iter()
        .fold(0.0f32, |most, number| most.max(number.abs()));
    let rounded = largest / 127.0;
    // 127 of it must be finite.
    let scale = if (rounded * 127.0).is_finite() {
        rounded
    } else {
        rounded.next_down()
    };
    let factor = if scale > 0.0 {
        1.0 / f64::from(scale)
    } else {
        0.0
    };
    for (code, &number) in codes.iter_mut().zip(row) {
        let nearest = (f64::from(number) * factor).round_ties_even();
        *code = nearest.clamp(-127.0, 127.0) as i8;
    }
    decode_int8(codes, scale, read);
    Facts::coded(row, read, Some(scale))
}

/// Reads half precision.
#[inline(always)]
pub fn decode_f16(codes: &[u16], row: &mut [f32]) {
    for (number, &code) in row.iter_mut().zip(codes) {
        *number = half_to_f32(code);
    }
}

/// Reads bf16.
#[inline(always)]
pub fn decode_bf16(codes: &[u16], row: &mut [f32]) {
    for (number, &code) in row.iter_mut().zip(codes) {
        *number = f32::from_bits(u32::from(code) << 16);
    }
}

/// Reads integers with their scale.
#[inline(always)]
pub fn decode_int8(codes: &[i8], scale: f32, row: &mut [f32]) {
    for (number, &code) in row.iter_mut().zip(codes) {
        *number = scale * f32::from(code);
    }
}

/// A finite half as f32, without branches, so that loops of it become vector code: exponent and
/// mantissa move into place, and a multiplication by 2¹¹² corrects the exponent's bias, of subnormal
/// numbers too.
#[inline(always)]
fn half_to_f32(code: u16) -> f32 {
    let magnitude = f32::from_bits(u32::from(code & 0x7fff) << 13) * f32::from_bits(239 << 23);
    f32::from_bits(magnitude.to_bits() | u32::from(code & 0x8000) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_read_exactly() {
        for code in (0..=u16::MAX).filter(|&code| f16::from_bits(code).is_finite()) {
            let expected = f16::from_bits(code).to_f32();
            assert_eq!(half_to_f32(code).to_bits(), expected.to_bits(), "{code:#x}");
        }
    }

    fn distance(row: &[f32], read: &[f32]) -> f64 {
        canonical::distance(row, read).sqrt()
    }

    #[test]
    fn the_error_covers_what_is_read() {
        let rows: [Vec<f32>; 7] = [
            (0..37).map(|i| (i as f32 * 0.7).sin()).collect(),
            (0..37).map(|i| (i as f32 * 0.7).sin() * 1e30).collect(),
            (0..37).map(|i| (i as f32 * 0.7).sin() * 1e-41).collect(),
            vec![0.0; 37],
            vec![1e-45; 37],
            vec![f32::MAX; 37],
            (0..37).map(|i| 1000.0 + i as f32 / 64.0).collect(),
        ];
        for row in rows {
            let mut read = vec![0.0f32; 37];
            let (mut wide, mut narrow) = (vec![0u16; 37], vec![0i8; 37]);
            let facts = encode_f16(&row, &mut wide, &mut read);
            let nearest = |x: f32| f16::from_f32(x.clamp(-65504.0, 65504.0)).to_f32();
            assert!(row.iter().zip(&read).all(|(&x, &read)| nearest(x) == read));
            assert!(
                distance(&row, &read) <= f64::from(facts.error),
                "f16 {row:?}"
            );
            let facts = encode_bf16(&row, &mut wide, &mut read);
            let most = bf16::MAX.to_f32();
            let nearest = |x: f32| bf16::from_f32(x.clamp(-most, most)).to_f32();
            assert!(row.iter().zip(&read).all(|(&x, &read)| nearest(x) == read));
            assert!(
                distance(&row, &read) <= f64::from(facts.error),
                "bf16 {row:?}"
            );
            let facts = encode_int8(&row, &mut narrow, &mut read);
            assert!(
                distance(&row, &read) <= f64::from(facts.error),
                "int8 {row:?}"
            );
            assert!(narrow.iter().all(|&code| code > i8::MIN));
        }
    }

    #[test]
    fn numbers_that_fit_have_no_error() {
        let row = [1.0, -0.5, 0.25, 3.0];
        let (mut codes, mut read) = ([0u16; 4], [0.0; 4]);
        assert_eq!(encode_f16(&row, &mut codes, &mut read).error, 0.0);
        assert_eq!(encode_bf16(&row, &mut codes, &mut read).error, 0.0);
        assert_eq!(Facts::exact(&[3.0, 4.0]).norm, 5.0);
    }
}
