use bytemuck::{Pod, Zeroable};
use float8::F8E4M3;
use half::{bf16, f16};

use crate::DType;

/// A number in the type that kernels compute in for some dtype: f32 for f32, f16, bf16 and f8e4m3
/// (rounded to the dtype first), else the dtype itself. Integers saturate and lose their fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(transparent)]
pub struct Scalar(pub u64);

impl Scalar {
    /// The number as kernels for a dtype take it.
    pub fn new(dtype: DType, value: f64) -> Self {
        Self(match dtype {
            DType::U8 => u64::from(value as u8),
            DType::U32 => u64::from(value as u32),
            DType::I16 => u64::from(value as i16 as u16),
            DType::I32 => u64::from(value as i32 as u32),
            DType::I64 => value as i64 as u64,
            DType::BF16 => single(bf16::from_f64(value).to_f32()),
            DType::F16 => single(f16::from_f64(value).to_f32()),
            DType::F32 => single(value as f32),
            DType::F64 => value.to_bits(),
            DType::F8E4M3 => single(F8E4M3::from_f64(value).to_f32()),
        })
    }

    /// The number again, for a float dtype.
    pub fn as_float(self, dtype: DType) -> f64 {
        match dtype {
            DType::F64 => f64::from_bits(self.0),
            _ => f64::from(f32::from_bits(self.0 as u32)),
        }
    }
}

fn single(value: f32) -> u64 {
    u64::from(value.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_to_the_dtype() {
        assert_eq!(Scalar::new(DType::U8, 2.9), Scalar(2));
        assert_eq!(Scalar::new(DType::I64, -1.0), Scalar(u64::MAX));
        assert_eq!(
            Scalar::new(DType::F32, 0.1),
            Scalar(u64::from(0.1f32.to_bits()))
        );
        let rounded = bf16::from_f32(0.1).to_f32();
        assert_eq!(
            Scalar::new(DType::BF16, 0.1),
            Scalar(u64::from(rounded.to_bits()))
        );
        assert_eq!(Scalar::new(DType::F64, 0.1), Scalar(0.1f64.to_bits()));
        let eighth = Scalar(u64::from(0.101_562_5f32.to_bits()));
        assert_eq!(Scalar::new(DType::F8E4M3, 0.1), eighth);
        assert_eq!(Scalar::new(DType::I16, -1.5), Scalar(0xffff));
    }

    #[test]
    fn integers_saturate_and_fill_their_own_bits_alone() {
        assert_eq!(Scalar::new(DType::U32, -3.0), Scalar(0));
        assert_eq!(Scalar::new(DType::U32, 1e12), Scalar(0xffff_ffff));
        assert_eq!(Scalar::new(DType::I32, -2.0), Scalar(0xffff_fffe));
        assert_eq!(Scalar::new(DType::I32, 1e12), Scalar(0x7fff_ffff));
        assert_eq!(Scalar::new(DType::I16, -1e12), Scalar(0x8000));
        assert_eq!(Scalar::new(DType::U8, f64::NAN), Scalar(0));
    }

    #[test]
    fn a_float_is_read_back_as_it_was_rounded() {
        for dtype in [
            DType::BF16,
            DType::F16,
            DType::F32,
            DType::F64,
            DType::F8E4M3,
        ] {
            assert_eq!(Scalar::new(dtype, -1.5).as_float(dtype), -1.5, "{dtype:?}");
        }
        let third = Scalar::new(DType::F16, 1.0 / 3.0).as_float(DType::F16);
        assert_eq!(third, 1365.0 / 4096.0);
    }
}
