//! Lane values: what operations see of a register.

use super::float::{f16_to_f32, f32_to_f16, f64_to_f16};
use crate::step::Kind;

/// A type that lanes are read as or written from.
pub(super) trait Value: Copy {
    /// How operands of this type are read and written.
    const KIND: Kind;
    fn get(low: u32, high: u32) -> Self;
    fn put(self) -> (u32, u32);
}

/// Lane values of one word.
macro_rules! words {
    ($($ty:ty, $kind:ident, $bits:ident => $get:expr, $put:expr;)*) => {$(
        impl Value for $ty {
            const KIND: Kind = Kind::$kind;
            #[inline(always)]
            fn get($bits: u32, _: u32) -> Self {
                $get
            }
            #[inline(always)]
            fn put(self) -> (u32, u32) {
                let $bits = self;
                ($put, 0)
            }
        }
    )*};
}

words! {
    u32, B32, x => x, x;
    i32, B32, x => x as i32, x as u32;
    f32, F32, x => f32::from_bits(x), x.to_bits();
    u16, B16, x => x as u16, u32::from(x);
    i16, B16, x => x as i16, u32::from(x as u16);
}

/// Lane values of two words.
macro_rules! double_words {
    ($($ty:ty, $kind:ident, $bits:ident => $get:expr, $put:expr;)*) => {$(
        impl Value for $ty {
            const KIND: Kind = Kind::$kind;
            #[inline(always)]
            fn get(low: u32, high: u32) -> Self {
                let $bits = u64::from(low) | u64::from(high) << 32;
                $get
            }
            #[inline(always)]
            fn put(self) -> (u32, u32) {
                let $bits = self;
                let bits: u64 = $put;
                (bits as u32, (bits >> 32) as u32)
            }
        }
    )*};
}

double_words! {
    u64, B64, x => x, x;
    i64, I64, x => x as i64, x as u64;
    f64, F64, x => f64::from_bits(x), x.to_bits();
}

/// An f16, widened. One operation on the f32 and rounding back is the correctly rounded f16
/// operation for sums, products and quotients (f32 has more than twice the precision and two bits).
#[derive(Clone, Copy)]
pub(super) struct F16(pub(super) f32);

impl Value for F16 {
    const KIND: Kind = Kind::F16;
    #[inline(always)]
    fn get(low: u32, _: u32) -> Self {
        Self(f16_to_f32(low))
    }
    #[inline(always)]
    fn put(self) -> (u32, u32) {
        (f32_to_f16(self.0), 0)
    }
}

/// An f16, widened to f64: for fused operations, whose exact result an f32 may not hold.
#[derive(Clone, Copy)]
pub(super) struct WideF16(pub(super) f64);

impl Value for WideF16 {
    const KIND: Kind = Kind::F16;
    #[inline(always)]
    fn get(low: u32, _: u32) -> Self {
        Self(f64::from(f16_to_f32(low)))
    }
    #[inline(always)]
    fn put(self) -> (u32, u32) {
        (f64_to_f16(self.0), 0)
    }
}

/// The bits of an f32, with float modifiers applied.
#[derive(Clone, Copy)]
pub(super) struct F32Bits(pub(super) u32);

impl Value for F32Bits {
    const KIND: Kind = Kind::F32;
    #[inline(always)]
    fn get(low: u32, _: u32) -> Self {
        Self(low)
    }
    #[inline(always)]
    fn put(self) -> (u32, u32) {
        (self.0, 0)
    }
}

/// The bits of an f16, with float modifiers applied.
#[derive(Clone, Copy)]
pub(super) struct F16Bits(pub(super) u16);

impl Value for F16Bits {
    const KIND: Kind = Kind::F16;
    #[inline(always)]
    fn get(low: u32, _: u32) -> Self {
        Self(low as u16)
    }
    #[inline(always)]
    fn put(self) -> (u32, u32) {
        (u32::from(self.0), 0)
    }
}
