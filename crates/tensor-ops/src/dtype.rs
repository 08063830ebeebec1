//! Element types.

use std::fmt;

/// The type of a tensor's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DType {
    /// Unsigned 8-bit integer; also the result of comparisons.
    U8,
    /// Unsigned 32-bit integer; also the usual type of indices.
    U32,
    /// Signed 16-bit integer.
    I16,
    /// Signed 32-bit integer.
    I32,
    /// Signed 64-bit integer.
    I64,
    /// bfloat16: 8 bits of exponent, 7 of mantissa.
    BF16,
    /// IEEE binary16.
    F16,
    /// IEEE binary32.
    F32,
    /// IEEE binary64.
    F64,
    /// 8-bit float, 4 bits of exponent, 3 of mantissa.
    F8E4M3,
}

impl DType {
    /// All element types.
    pub const ALL: [Self; 10] = [
        Self::U8,
        Self::U32,
        Self::I16,
        Self::I32,
        Self::I64,
        Self::BF16,
        Self::F16,
        Self::F32,
        Self::F64,
        Self::F8E4M3,
    ];

    /// The size of one element, in bytes.
    pub const fn size(self) -> usize {
        match self {
            Self::U8 | Self::F8E4M3 => 1,
            Self::I16 | Self::BF16 | Self::F16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::I64 | Self::F64 => 8,
        }
    }

    /// The name as Candle and the kernel manifest spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::U32 => "u32",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::BF16 => "bf16",
            Self::F16 => "f16",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::F8E4M3 => "f8e4m3",
        }
    }

    /// Whether elements are floating-point numbers.
    pub const fn is_float(self) -> bool {
        matches!(
            self,
            Self::BF16 | Self::F16 | Self::F32 | Self::F64 | Self::F8E4M3
        )
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
