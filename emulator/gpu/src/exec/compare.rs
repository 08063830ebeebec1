//! Comparisons: lanes to a mask.

use std::marker::PhantomData;

use redwick_isa::Opcode;
use redwick_isa::inst::sreg;

use super::map::Rows;
use super::value::{F16, F16Bits, F32Bits, Value};
use super::{Handler, Level, bound};
use crate::step::{Bound, Flow, Kind, Step};
use crate::wave::{Wave, mask_of};

/// `Bound::flag` of the forms that write EXEC.
const WRITES_EXEC: u8 = 1;

/// A test of two values.
trait Test {
    type A: Value;
    type B: Value;
    fn holds(a: Self::A, b: Self::B) -> bool;
}

/// Applies a test to all lanes; inactive ones give 0.
struct Compare<T>(PhantomData<T>);

impl<T: Test> Handler for Compare<T> {
    const SRC: [Kind; 4] = [T::A::KIND, T::B::KIND, Kind::None, Kind::None];

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let a = w.source(s, 0, T::A::KIND);
        let b = w.source(s, 1, T::B::KIND);
        let mut row = [0; L];
        {
            let (a, b) = (Rows::of::<T::A>(w, a), Rows::of::<T::B>(w, b));
            for i in 0..L {
                row[i] = u32::from(T::holds(a.get(i), b.get(i)));
            }
        }
        finish(w, s, mask_of(&row));
        Flow::Next
    }
}

/// Writes a comparison's mask, and EXEC where the form does.
fn finish<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>, mask: u64) {
    let mask = mask & w.written_lanes(s);
    w.set_result_mask(s, 0, mask);
    if s.flag == WRITES_EXEC {
        w.set_mask(sreg::EXEC, mask);
    }
}

/// The class bits of a float of the given exponent and mantissa masks.
#[inline(always)]
fn class(bits: u64, exponent: u64, mantissa: u64) -> u32 {
    let (field, fraction) = (bits & exponent, bits & mantissa);
    let negative = bits & !(exponent | mantissa) != 0;
    let quiet = fraction > mantissa >> 1;
    let nan = u32::from(quiet) + 1;
    let kind = match () {
        () if field == exponent && fraction != 0 => return nan,
        () if field == exponent => 2,
        () if field != 0 => 3,
        () if fraction != 0 => 4,
        () => 5,
    };
    // −∞ −normal −denormal −0 +0 +denormal +normal +∞ from bit 2.
    1 << if negative { kind } else { 11 - kind }
}

macro_rules! compare_ops {
    ($($op:ident | $opx:ident => ($a:ident: $A:ty, $b:ident: $B:ty) $body:block)*) => {
        #[allow(
            clippy::neg_cmp_op_on_partial_ord,
            clippy::double_comparisons,
            reason = "unordered comparisons are what is meant"
        )]
        fn table<const L: usize>(opcode: Opcode, level: Level) -> Option<Bound<L>> {
            Some(match opcode {
                $(Opcode::$op | Opcode::$opx => {
                    struct T;
                    impl Test for T {
                        type A = $A;
                        type B = $B;
                        #[inline(always)]
                        fn holds($a: $A, $b: $B) -> bool $body
                    }
                    let mut bound = bound::<L, Compare<T>>(level);
                    if opcode == Opcode::$opx {
                        bound.flag = WRITES_EXEC;
                    }
                    bound
                })*
                _ => return None,
            })
        }
    };
}

/// Binds a comparison.
pub(super) fn bind<const L: usize>(opcode: Opcode, level: Level) -> Option<Bound<L>> {
    table(opcode, level)
}

compare_ops! {
    VCmpFF32 | VCmpxFF32 => (_a: f32, _b: f32) { false }
    VCmpLtF32 | VCmpxLtF32 => (a: f32, b: f32) { a < b }
    VCmpEqF32 | VCmpxEqF32 => (a: f32, b: f32) { a == b }
    VCmpLeF32 | VCmpxLeF32 => (a: f32, b: f32) { a <= b }
    VCmpGtF32 | VCmpxGtF32 => (a: f32, b: f32) { a > b }
    VCmpLgF32 | VCmpxLgF32 => (a: f32, b: f32) { a < b || a > b }
    VCmpGeF32 | VCmpxGeF32 => (a: f32, b: f32) { a >= b }
    VCmpOF32 | VCmpxOF32 => (a: f32, b: f32) { !a.is_nan() && !b.is_nan() }
    VCmpUF32 | VCmpxUF32 => (a: f32, b: f32) { a.is_nan() || b.is_nan() }
    VCmpNgeF32 | VCmpxNgeF32 => (a: f32, b: f32) { !(a >= b) }
    VCmpNlgF32 | VCmpxNlgF32 => (a: f32, b: f32) { !(a < b || a > b) }
    VCmpNgtF32 | VCmpxNgtF32 => (a: f32, b: f32) { !(a > b) }
    VCmpNleF32 | VCmpxNleF32 => (a: f32, b: f32) { !(a <= b) }
    VCmpNeqF32 | VCmpxNeqF32 => (a: f32, b: f32) { a != b }
    VCmpNltF32 | VCmpxNltF32 => (a: f32, b: f32) { !(a < b) }
    VCmpTF32 | VCmpxTF32 => (_a: f32, _b: f32) { true }
    VCmpFF64 | VCmpxFF64 => (_a: f64, _b: f64) { false }
    VCmpLtF64 | VCmpxLtF64 => (a: f64, b: f64) { a < b }
    VCmpEqF64 | VCmpxEqF64 => (a: f64, b: f64) { a == b }
    VCmpLeF64 | VCmpxLeF64 => (a: f64, b: f64) { a <= b }
    VCmpGtF64 | VCmpxGtF64 => (a: f64, b: f64) { a > b }
    VCmpLgF64 | VCmpxLgF64 => (a: f64, b: f64) { a < b || a > b }
    VCmpGeF64 | VCmpxGeF64 => (a: f64, b: f64) { a >= b }
    VCmpOF64 | VCmpxOF64 => (a: f64, b: f64) { !a.is_nan() && !b.is_nan() }
    VCmpUF64 | VCmpxUF64 => (a: f64, b: f64) { a.is_nan() || b.is_nan() }
    VCmpNgeF64 | VCmpxNgeF64 => (a: f64, b: f64) { !(a >= b) }
    VCmpNlgF64 | VCmpxNlgF64 => (a: f64, b: f64) { !(a < b || a > b) }
    VCmpNgtF64 | VCmpxNgtF64 => (a: f64, b: f64) { !(a > b) }
    VCmpNleF64 | VCmpxNleF64 => (a: f64, b: f64) { !(a <= b) }
    VCmpNeqF64 | VCmpxNeqF64 => (a: f64, b: f64) { a != b }
    VCmpNltF64 | VCmpxNltF64 => (a: f64, b: f64) { !(a < b) }
    VCmpTF64 | VCmpxTF64 => (_a: f64, _b: f64) { true }
    VCmpFF16 | VCmpxFF16 => (_a: F16, _b: F16) { false }
    VCmpLtF16 | VCmpxLtF16 => (a: F16, b: F16) { a.0 < b.0 }
    VCmpEqF16 | VCmpxEqF16 => (a: F16, b: F16) { a.0 == b.0 }
    VCmpLeF16 | VCmpxLeF16 => (a: F16, b: F16) { a.0 <= b.0 }
    VCmpGtF16 | VCmpxGtF16 => (a: F16, b: F16) { a.0 > b.0 }
    VCmpLgF16 | VCmpxLgF16 => (a: F16, b: F16) { a.0 < b.0 || a.0 > b.0 }
    VCmpGeF16 | VCmpxGeF16 => (a: F16, b: F16) { a.0 >= b.0 }
    VCmpOF16 | VCmpxOF16 => (a: F16, b: F16) { !a.0.is_nan() && !b.0.is_nan() }
    VCmpUF16 | VCmpxUF16 => (a: F16, b: F16) { a.0.is_nan() || b.0.is_nan() }
    VCmpNgeF16 | VCmpxNgeF16 => (a: F16, b: F16) { !(a.0 >= b.0) }
    VCmpNlgF16 | VCmpxNlgF16 => (a: F16, b: F16) { !(a.0 < b.0 || a.0 > b.0) }
    VCmpNgtF16 | VCmpxNgtF16 => (a: F16, b: F16) { !(a.0 > b.0) }
    VCmpNleF16 | VCmpxNleF16 => (a: F16, b: F16) { !(a.0 <= b.0) }
    VCmpNeqF16 | VCmpxNeqF16 => (a: F16, b: F16) { a.0 != b.0 }
    VCmpNltF16 | VCmpxNltF16 => (a: F16, b: F16) { !(a.0 < b.0) }
    VCmpTF16 | VCmpxTF16 => (_a: F16, _b: F16) { true }
    VCmpFI32 | VCmpxFI32 => (_a: i32, _b: i32) { false }
    VCmpLtI32 | VCmpxLtI32 => (a: i32, b: i32) { a < b }
    VCmpEqI32 | VCmpxEqI32 => (a: i32, b: i32) { a == b }
    VCmpLeI32 | VCmpxLeI32 => (a: i32, b: i32) { a <= b }
    VCmpGtI32 | VCmpxGtI32 => (a: i32, b: i32) { a > b }
    VCmpNeI32 | VCmpxNeI32 => (a: i32, b: i32) { a != b }
    VCmpGeI32 | VCmpxGeI32 => (a: i32, b: i32) { a >= b }
    VCmpTI32 | VCmpxTI32 => (_a: i32, _b: i32) { true }
    VCmpFU32 | VCmpxFU32 => (_a: u32, _b: u32) { false }
    VCmpLtU32 | VCmpxLtU32 => (a: u32, b: u32) { a < b }
    VCmpEqU32 | VCmpxEqU32 => (a: u32, b: u32) { a == b }
    VCmpLeU32 | VCmpxLeU32 => (a: u32, b: u32) { a <= b }
    VCmpGtU32 | VCmpxGtU32 => (a: u32, b: u32) { a > b }
    VCmpNeU32 | VCmpxNeU32 => (a: u32, b: u32) { a != b }
    VCmpGeU32 | VCmpxGeU32 => (a: u32, b: u32) { a >= b }
    VCmpTU32 | VCmpxTU32 => (_a: u32, _b: u32) { true }
    VCmpFI64 | VCmpxFI64 => (_a: i64, _b: i64) { false }
    VCmpLtI64 | VCmpxLtI64 => (a: i64, b: i64) { a < b }
    VCmpEqI64 | VCmpxEqI64 => (a: i64, b: i64) { a == b }
    VCmpLeI64 | VCmpxLeI64 => (a: i64, b: i64) { a <= b }
    VCmpGtI64 | VCmpxGtI64 => (a: i64, b: i64) { a > b }
    VCmpNeI64 | VCmpxNeI64 => (a: i64, b: i64) { a != b }
    VCmpGeI64 | VCmpxGeI64 => (a: i64, b: i64) { a >= b }
    VCmpTI64 | VCmpxTI64 => (_a: i64, _b: i64) { true }
    VCmpFU64 | VCmpxFU64 => (_a: u64, _b: u64) { false }
    VCmpLtU64 | VCmpxLtU64 => (a: u64, b: u64) { a < b }
    VCmpEqU64 | VCmpxEqU64 => (a: u64, b: u64) { a == b }
    VCmpLeU64 | VCmpxLeU64 => (a: u64, b: u64) { a <= b }
    VCmpGtU64 | VCmpxGtU64 => (a: u64, b: u64) { a > b }
    VCmpNeU64 | VCmpxNeU64 => (a: u64, b: u64) { a != b }
    VCmpGeU64 | VCmpxGeU64 => (a: u64, b: u64) { a >= b }
    VCmpTU64 | VCmpxTU64 => (_a: u64, _b: u64) { true }
    VCmpFI16 | VCmpxFI16 => (_a: i16, _b: i16) { false }
    VCmpLtI16 | VCmpxLtI16 => (a: i16, b: i16) { a < b }
    VCmpEqI16 | VCmpxEqI16 => (a: i16, b: i16) { a == b }
    VCmpLeI16 | VCmpxLeI16 => (a: i16, b: i16) { a <= b }
    VCmpGtI16 | VCmpxGtI16 => (a: i16, b: i16) { a > b }
    VCmpNeI16 | VCmpxNeI16 => (a: i16, b: i16) { a != b }
    VCmpGeI16 | VCmpxGeI16 => (a: i16, b: i16) { a >= b }
    VCmpTI16 | VCmpxTI16 => (_a: i16, _b: i16) { true }
    VCmpFU16 | VCmpxFU16 => (_a: u16, _b: u16) { false }
    VCmpLtU16 | VCmpxLtU16 => (a: u16, b: u16) { a < b }
    VCmpEqU16 | VCmpxEqU16 => (a: u16, b: u16) { a == b }
    VCmpLeU16 | VCmpxLeU16 => (a: u16, b: u16) { a <= b }
    VCmpGtU16 | VCmpxGtU16 => (a: u16, b: u16) { a > b }
    VCmpNeU16 | VCmpxNeU16 => (a: u16, b: u16) { a != b }
    VCmpGeU16 | VCmpxGeU16 => (a: u16, b: u16) { a >= b }
    VCmpTU16 | VCmpxTU16 => (_a: u16, _b: u16) { true }
    VCmpClassF32 | VCmpxClassF32 => (a: F32Bits, b: u32) { class(u64::from(a.0), 0x7f80_0000, 0x7f_ffff) & b != 0 }
    VCmpClassF16 | VCmpxClassF16 => (a: F16Bits, b: u32) { class(u64::from(a.0), 0x7c00, 0x3ff) & b != 0 }
    VCmpClassF64 | VCmpxClassF64 => (a: f64, b: u32) { class(a.to_bits(), 0x7ff << 52, (1 << 52) - 1) & b != 0 }
}

#[cfg(test)]
mod tests {
    use super::class;

    #[test]
    fn every_class_has_its_bit() {
        let of = |x: f32| class(u64::from(x.to_bits()), 0x7f80_0000, 0x7f_ffff);
        let all = [
            f32::from_bits(0x7f80_0001),
            f32::NAN,
            f32::NEG_INFINITY,
            -1.0,
            -1e-40,
            -0.0,
            0.0,
            1e-40,
            1.0,
            f32::INFINITY,
        ];
        for (bit, x) in all.into_iter().enumerate() {
            assert_eq!(of(x), 1 << bit, "{x}");
        }
    }
}
