//! Scalar arithmetic.

use std::marker::PhantomData;

use redwick_isa::Opcode;

use super::{Handler, bits};
use crate::step::{Bound, Flow, Kind, Step};
use crate::wave::Wave;

/// A type of scalar operands.
pub(super) trait Scalar: Copy {
    const KIND: Kind;
    fn read<const L: usize>(w: &Wave<'_, L>, s: &Step<L>, i: usize) -> Self;
    fn write<const L: usize>(self, w: &mut Wave<'_, L>, s: &Step<L>);
}

macro_rules! scalars {
    ($($ty:ty, $kind:ident, $read:ident, $write:ident, $wide:ty;)*) => {$(
        impl Scalar for $ty {
            const KIND: Kind = Kind::$kind;
            #[inline(always)]
            fn read<const L: usize>(w: &Wave<'_, L>, s: &Step<L>, i: usize) -> Self {
                w.$read(s, i) as $ty
            }
            #[inline(always)]
            fn write<const L: usize>(self, w: &mut Wave<'_, L>, s: &Step<L>) {
                w.$write(s, 0, self as $wide);
            }
        }
    )*};
}

scalars! {
    u32, B32, scalar32, set_scalar32, u32;
    i32, B32, scalar32, set_scalar32, u32;
    u64, B64, scalar64, set_scalar64, u64;
    i64, I64, scalar64, set_scalar64, u64;
}

/// What an operation does to SCC.
pub(super) trait Outcome {
    /// Kind of the value.
    const KIND: Kind;
    fn write<const L: usize>(self, w: &mut Wave<'_, L>, s: &Step<L>);
}

/// A result; SCC stays.
pub(super) struct Keep<T>(pub(super) T);
/// A result, and SCC.
pub(super) struct With<T>(pub(super) T, pub(super) bool);

impl<T: Scalar> Outcome for Keep<T> {
    const KIND: Kind = T::KIND;
    #[inline(always)]
    fn write<const L: usize>(self, w: &mut Wave<'_, L>, s: &Step<L>) {
        self.0.write(w, s);
    }
}

impl<T: Scalar> Outcome for With<T> {
    const KIND: Kind = T::KIND;
    #[inline(always)]
    fn write<const L: usize>(self, w: &mut Wave<'_, L>, s: &Step<L>) {
        self.0.write(w, s);
        w.scc = self.1;
    }
}

/// An operation on two scalars (one that has only one is given 0), SCC and the immediate.
pub(super) trait ScalarOp {
    type A: Scalar;
    type B: Scalar;
    type O: Outcome;
    fn eval(a: Self::A, b: Self::B, scc: bool, imm: i32) -> Self::O;
}

/// Runs a scalar operation.
pub(super) struct Scalars<O>(PhantomData<O>);

impl<O: ScalarOp> Handler for Scalars<O> {
    const SRC: [Kind; 4] = [O::A::KIND, O::B::KIND, Kind::None, Kind::None];
    const DST: [Kind; 2] = [O::O::KIND, Kind::None];
    const VECTOR: bool = false;

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let (a, b) = (O::A::read(w, s, 0), O::B::read(w, s, 1));
        O::eval(a, b, w.scc, s.imm).write(w, s);
        Flow::Next
    }
}

/// Defines `fn bind` from rows of `Opcode => (a, b, scc, imm) -> outcome`.
macro_rules! scalar_ops {
    ($vis:vis fn $name:ident; $($($op:ident)|+ => ($a:ident: $A:ty, $b:ident: $B:ty, $scc:ident, $imm:ident) -> $O:ty $body:block)*) => {
        $vis fn $name<const L: usize>(opcode: redwick_isa::Opcode) -> Option<$crate::step::Bound<L>> {
            Some(match opcode {
                $($(redwick_isa::Opcode::$op)|+ => {
                    struct Op;
                    impl $crate::exec::salu::ScalarOp for Op {
                        type A = $A;
                        type B = $B;
                        type O = $O;
                        #[inline(always)]
                        fn eval($a: $A, $b: $B, $scc: bool, $imm: i32) -> $O $body
                    }
                    $crate::exec::plain::<L, $crate::exec::salu::Scalars<Op>>()
                })*
                _ => return None,
            })
        }
    };
}

pub(super) use scalar_ops;

/// A result whose SCC says that it is not zero.
#[inline(always)]
fn nonzero<T: Scalar + PartialEq + Default>(value: T) -> With<T> {
    With(value, value != T::default())
}

/// A sum with signed overflow in SCC.
#[inline(always)]
fn signed((value, overflow): (i32, bool)) -> With<i32> {
    With(value, overflow)
}

/// Offset and width of a bit field as scalar instructions pack them.
#[inline(always)]
fn field(b: u32) -> (u32, u32) {
    (b & 63, b >> 16 & 127)
}

fn extract64(a: u64, b: u32) -> u64 {
    let (offset, width) = field(b);
    let mask = if width >= 64 {
        u64::MAX
    } else {
        (1 << width) - 1
    };
    a >> offset & mask
}

fn extract_signed64(a: u64, b: u32) -> i64 {
    let (offset, width) = field(b);
    let width = width.min(64 - offset);
    if width == 0 {
        0
    } else {
        (a << (64 - offset - width)) as i64 >> (64 - width)
    }
}

fn extract32(a: u32, b: u32) -> u32 {
    extract64(u64::from(a), b & !0x20) as u32
}

fn extract_signed32(a: i32, b: u32) -> i32 {
    let (offset, width) = field(b & !0x20);
    let width = width.min(32 - offset);
    if width == 0 {
        0
    } else {
        a << (32 - offset - width) >> (32 - width)
    }
}

/// A shift left and a sum, with the carry in SCC.
fn shift_add(a: u32, n: u32, b: u32) -> With<u32> {
    let sum = (u64::from(a) << n) + u64::from(b);
    With(sum as u32, sum >> 32 != 0)
}

/// Binds a scalar operation.
pub(super) fn bind<const L: usize>(opcode: Opcode) -> Option<Bound<L>> {
    arithmetic(opcode)
        .or_else(|| logic(opcode))
        .or_else(|| fields(opcode))
        .or_else(|| moves(opcode))
}

scalar_ops! { fn arithmetic;
    SAddU32 => (a: u32, b: u32, _scc, _i) -> With<u32> { let (x, c) = a.overflowing_add(b); With(x, c) }
    SSubU32 => (a: u32, b: u32, _scc, _i) -> With<u32> { let (x, c) = a.overflowing_sub(b); With(x, c) }
    SAddI32 => (a: i32, b: i32, _scc, _i) -> With<i32> { signed(a.overflowing_add(b)) }
    SSubI32 => (a: i32, b: i32, _scc, _i) -> With<i32> { signed(a.overflowing_sub(b)) }
    SAddcU32 => (a: u32, b: u32, scc, _i) -> With<u32> {
        let sum = u64::from(a) + u64::from(b) + u64::from(scc);
        With(sum as u32, sum >> 32 != 0)
    }
    SSubbU32 => (a: u32, b: u32, scc, _i) -> With<u32> {
        let (x, c) = a.overflowing_sub(b);
        let (x, d) = x.overflowing_sub(u32::from(scc));
        With(x, c || d)
    }
    SAbsI32 => (a: i32, _b: u32, _scc, _i) -> With<i32> { nonzero(a.wrapping_abs()) }
    SAbsdiffI32 => (a: i32, b: i32, _scc, _i) -> With<i32> { nonzero(a.wrapping_sub(b).wrapping_abs()) }
    SMinI32 => (a: i32, b: i32, _scc, _i) -> With<i32> { With(a.min(b), a < b) }
    SMaxI32 => (a: i32, b: i32, _scc, _i) -> With<i32> { With(a.max(b), a > b) }
    SMinU32 => (a: u32, b: u32, _scc, _i) -> With<u32> { With(a.min(b), a < b) }
    SMaxU32 => (a: u32, b: u32, _scc, _i) -> With<u32> { With(a.max(b), a > b) }
    SAddNcU64 => (a: u64, b: u64, _scc, _i) -> Keep<u64> { Keep(a.wrapping_add(b)) }
    SSubNcU64 => (a: u64, b: u64, _scc, _i) -> Keep<u64> { Keep(a.wrapping_sub(b)) }
    SMulU64 => (a: u64, b: u64, _scc, _i) -> Keep<u64> { Keep(a.wrapping_mul(b)) }
    SMulI32 => (a: u32, b: u32, _scc, _i) -> Keep<u32> { Keep(a.wrapping_mul(b)) }
    SMulHiU32 => (a: u32, b: u32, _scc, _i) -> Keep<u32> { Keep(((u64::from(a) * u64::from(b)) >> 32) as u32) }
    SMulHiI32 => (a: i32, b: i32, _scc, _i) -> Keep<i32> { Keep(((i64::from(a) * i64::from(b)) >> 32) as i32) }
    SLshl1AddU32 => (a: u32, b: u32, _scc, _i) -> With<u32> { shift_add(a, 1, b) }
    SLshl2AddU32 => (a: u32, b: u32, _scc, _i) -> With<u32> { shift_add(a, 2, b) }
    SLshl3AddU32 => (a: u32, b: u32, _scc, _i) -> With<u32> { shift_add(a, 3, b) }
    SLshl4AddU32 => (a: u32, b: u32, _scc, _i) -> With<u32> { shift_add(a, 4, b) }
}

scalar_ops! { fn logic;
    SAndB32 => (a: u32, b: u32, _scc, _i) -> With<u32> { nonzero(a & b) }
    SAndB64 => (a: u64, b: u64, _scc, _i) -> With<u64> { nonzero(a & b) }
    SOrB32 => (a: u32, b: u32, _scc, _i) -> With<u32> { nonzero(a | b) }
    SOrB64 => (a: u64, b: u64, _scc, _i) -> With<u64> { nonzero(a | b) }
    SXorB32 => (a: u32, b: u32, _scc, _i) -> With<u32> { nonzero(a ^ b) }
    SXorB64 => (a: u64, b: u64, _scc, _i) -> With<u64> { nonzero(a ^ b) }
    SAndNot1B32 => (a: u32, b: u32, _scc, _i) -> With<u32> { nonzero(a & !b) }
    SAndNot1B64 => (a: u64, b: u64, _scc, _i) -> With<u64> { nonzero(a & !b) }
    SOrNot1B32 => (a: u32, b: u32, _scc, _i) -> With<u32> { nonzero(a | !b) }
    SOrNot1B64 => (a: u64, b: u64, _scc, _i) -> With<u64> { nonzero(a | !b) }
    SNandB32 => (a: u32, b: u32, _scc, _i) -> With<u32> { nonzero(!(a & b)) }
    SNandB64 => (a: u64, b: u64, _scc, _i) -> With<u64> { nonzero(!(a & b)) }
    SNorB32 => (a: u32, b: u32, _scc, _i) -> With<u32> { nonzero(!(a | b)) }
    SNorB64 => (a: u64, b: u64, _scc, _i) -> With<u64> { nonzero(!(a | b)) }
    SXnorB32 => (a: u32, b: u32, _scc, _i) -> With<u32> { nonzero(!(a ^ b)) }
    SXnorB64 => (a: u64, b: u64, _scc, _i) -> With<u64> { nonzero(!(a ^ b)) }
    SNotB32 => (a: u32, _b: u32, _scc, _i) -> With<u32> { nonzero(!a) }
    SNotB64 => (a: u64, _b: u32, _scc, _i) -> With<u64> { nonzero(!a) }
    SLshlB32 => (a: u32, n: u32, _scc, _i) -> With<u32> { nonzero(a.wrapping_shl(n)) }
    SLshlB64 => (a: u64, n: u32, _scc, _i) -> With<u64> { nonzero(a.wrapping_shl(n)) }
    SLshrB32 => (a: u32, n: u32, _scc, _i) -> With<u32> { nonzero(a.wrapping_shr(n)) }
    SLshrB64 => (a: u64, n: u32, _scc, _i) -> With<u64> { nonzero(a.wrapping_shr(n)) }
    SAshrI32 => (a: i32, n: u32, _scc, _i) -> With<i32> { nonzero(a.wrapping_shr(n)) }
    SAshrI64 => (a: i64, n: u32, _scc, _i) -> With<i64> { nonzero(a.wrapping_shr(n)) }
}

scalar_ops! { fn fields;
    SBfeU32 => (a: u32, b: u32, _scc, _i) -> With<u32> { nonzero(extract32(a, b)) }
    SBfeI32 => (a: i32, b: u32, _scc, _i) -> With<i32> { nonzero(extract_signed32(a, b)) }
    SBfeU64 => (a: u64, b: u32, _scc, _i) -> With<u64> { nonzero(extract64(a, b)) }
    SBfeI64 => (a: u64, b: u32, _scc, _i) -> With<i64> { nonzero(extract_signed64(a, b)) }
    SBfmB32 => (a: u32, b: u32, _scc, _i) -> Keep<u32> { Keep(1u32.wrapping_shl(a).wrapping_sub(1).wrapping_shl(b)) }
    SBfmB64 => (a: u32, b: u32, _scc, _i) -> Keep<u64> { Keep(1u64.wrapping_shl(a).wrapping_sub(1).wrapping_shl(b)) }
    SBrevB32 => (a: u32, _b: u32, _scc, _i) -> Keep<u32> { Keep(a.reverse_bits()) }
    SBrevB64 => (a: u64, _b: u32, _scc, _i) -> Keep<u64> { Keep(a.reverse_bits()) }
    SBcnt0I32B32 => (a: u32, _b: u32, _scc, _i) -> With<u32> { nonzero(a.count_zeros()) }
    SBcnt0I32B64 => (a: u64, _b: u32, _scc, _i) -> With<u32> { nonzero(a.count_zeros()) }
    SBcnt1I32B32 => (a: u32, _b: u32, _scc, _i) -> With<u32> { nonzero(a.count_ones()) }
    SBcnt1I32B64 => (a: u64, _b: u32, _scc, _i) -> With<u32> { nonzero(a.count_ones()) }
    SFf0I32B32 => (a: u32, _b: u32, _scc, _i) -> Keep<u32> { Keep(bits::trailing_zeros(!a)) }
    SFf0I32B64 => (a: u64, _b: u32, _scc, _i) -> Keep<u32> { Keep(if a == u64::MAX { u32::MAX } else { a.trailing_ones() }) }
    SCtzI32B32 => (a: u32, _b: u32, _scc, _i) -> Keep<u32> { Keep(bits::trailing_zeros(a)) }
    SCtzI32B64 => (a: u64, _b: u32, _scc, _i) -> Keep<u32> { Keep(if a == 0 { u32::MAX } else { a.trailing_zeros() }) }
    SClzI32U32 => (a: u32, _b: u32, _scc, _i) -> Keep<u32> { Keep(bits::leading_zeros(a)) }
    SClzI32U64 => (a: u64, _b: u32, _scc, _i) -> Keep<u32> { Keep(if a == 0 { u32::MAX } else { a.leading_zeros() }) }
    SClsI32 => (a: u32, _b: u32, _scc, _i) -> Keep<u32> { Keep(bits::leading_signs(a)) }
    SClsI32I64 => (a: i64, _b: u32, _scc, _i) -> Keep<u32> {
        let differing = (a ^ a >> 63) as u64;
        Keep(if differing == 0 { u32::MAX } else { differing.leading_zeros() })
    }
    SSextI32I8 => (a: u32, _b: u32, _scc, _i) -> Keep<i32> { Keep(i32::from(a as i8)) }
    SSextI32I16 => (a: u32, _b: u32, _scc, _i) -> Keep<i32> { Keep(i32::from(a as i16)) }
    SPackLlB32B16 => (a: u32, b: u32, _scc, _i) -> Keep<u32> { Keep(a & 0xffff | b << 16) }
    SPackLhB32B16 => (a: u32, b: u32, _scc, _i) -> Keep<u32> { Keep(a & 0xffff | b & 0xffff_0000) }
    SPackHhB32B16 => (a: u32, b: u32, _scc, _i) -> Keep<u32> { Keep(a >> 16 | b & 0xffff_0000) }
    SPackHlB32B16 => (a: u32, b: u32, _scc, _i) -> Keep<u32> { Keep(a >> 16 | b << 16) }
}

scalar_ops! { fn moves;
    SMovB32 => (a: u32, _b: u32, _scc, _i) -> Keep<u32> { Keep(a) }
    SMovB64 => (a: u64, _b: u32, _scc, _i) -> Keep<u64> { Keep(a) }
    SMovkI32 => (_a: u32, _b: u32, _scc, imm) -> Keep<i32> { Keep(imm) }
    SCselectB32 => (a: u32, b: u32, scc, _i) -> Keep<u32> { Keep(if scc { a } else { b }) }
    SCselectB64 => (a: u64, b: u64, scc, _i) -> Keep<u64> { Keep(if scc { a } else { b }) }
}
