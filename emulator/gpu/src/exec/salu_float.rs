//! Float arithmetic of scalars (RDNA4), and transcendental operations on scalars.

use std::marker::PhantomData;

use redwick_isa::{Inst, Opcode};

use super::float::{
    f16_to_f32, f32_to_f16, f32_to_f16_toward_zero, f64_to_f16, max32, maximum32, min32, minimum32,
};
use super::salu::{Keep, Scalar, scalar_ops};
use super::transcendental::{exp2, inverse_root, log2};
use super::{Handler, plain};
use crate::step::{Bound, Flow, Kind, Step};
use crate::wave::{Mode, Wave};

/// An f16, widened.
#[derive(Clone, Copy)]
struct Half(f32);

impl Scalar for Half {
    const KIND: Kind = Kind::F16;
    #[inline(always)]
    fn read<const L: usize>(w: &Wave<'_, L>, s: &Step<L>, i: usize) -> Self {
        let value = f16_to_f32(w.scalar32(s, i) & 0xffff);
        let small = value.abs() < f32::from_bits(0x3880_0000);
        Self(if small && w.mode.flushes_source(Kind::F16) {
            0f32.copysign(value)
        } else {
            value
        })
    }
    #[inline(always)]
    fn write<const L: usize>(self, w: &mut Wave<'_, L>, s: &Step<L>) {
        let bits = f32_to_f16(self.0);
        let flushed = bits & 0x7c00 == 0 && w.mode.flushes_result(Kind::F16);
        w.set_scalar32(s, 0, if flushed { bits & 0x8000 } else { bits });
    }
}

impl Scalar for f32 {
    const KIND: Kind = Kind::F32;
    #[inline(always)]
    fn read<const L: usize>(w: &Wave<'_, L>, s: &Step<L>, i: usize) -> Self {
        let value = f32::from_bits(w.scalar32(s, i));
        flush(value, w.mode.flushes_source(Kind::F32))
    }
    #[inline(always)]
    fn write<const L: usize>(self, w: &mut Wave<'_, L>, s: &Step<L>) {
        let value = flush(self, w.mode.flushes_result(Kind::F32));
        w.set_scalar32(s, 0, value.to_bits());
    }
}

#[inline(always)]
fn flush(value: f32, flushes: bool) -> f32 {
    if flushes && value.is_subnormal() {
        0f32.copysign(value)
    } else {
        value
    }
}

scalar_ops! { fn f32s;
    SAddF32 => (a: f32, b: f32, _scc, _i) -> Keep<f32> { Keep(a + b) }
    SSubF32 => (a: f32, b: f32, _scc, _i) -> Keep<f32> { Keep(a - b) }
    SMulF32 => (a: f32, b: f32, _scc, _i) -> Keep<f32> { Keep(a * b) }
    SMinF32 => (a: f32, b: f32, _scc, _i) -> Keep<f32> { Keep(min32(a, b)) }
    SMaxF32 => (a: f32, b: f32, _scc, _i) -> Keep<f32> { Keep(max32(a, b)) }
    SMinimumF32 => (a: f32, b: f32, _scc, _i) -> Keep<f32> { Keep(minimum32(a, b)) }
    SMaximumF32 => (a: f32, b: f32, _scc, _i) -> Keep<f32> { Keep(maximum32(a, b)) }
    SCeilF32 => (a: f32, _b: u32, _scc, _i) -> Keep<f32> { Keep(a.ceil()) }
    SFloorF32 => (a: f32, _b: u32, _scc, _i) -> Keep<f32> { Keep(a.floor()) }
    STruncF32 => (a: f32, _b: u32, _scc, _i) -> Keep<f32> { Keep(a.trunc()) }
    SRndneF32 => (a: f32, _b: u32, _scc, _i) -> Keep<f32> { Keep(a.round_ties_even()) }
    SCvtF32I32 => (a: i32, _b: u32, _scc, _i) -> Keep<f32> { Keep(a as f32) }
    SCvtF32U32 => (a: u32, _b: u32, _scc, _i) -> Keep<f32> { Keep(a as f32) }
    SCvtI32F32 => (a: f32, _b: u32, _scc, _i) -> Keep<i32> { Keep(a as i32) }
    SCvtU32F32 => (a: f32, _b: u32, _scc, _i) -> Keep<u32> { Keep(a as u32) }
    SCvtF32F16 => (a: Half, _b: u32, _scc, _i) -> Keep<f32> { Keep(a.0) }
    SCvtF16F32 => (a: f32, _b: u32, _scc, _i) -> Keep<Half> { Keep(Half(a)) }
    SCvtHiF32F16 => (a: u32, _b: u32, _scc, _i) -> Keep<f32> { Keep(f16_to_f32(a >> 16)) }
    SCvtPkRtzF16F32 => (a: f32, b: f32, _scc, _i) -> Keep<u32> {
        Keep(f32_to_f16_toward_zero(a) | f32_to_f16_toward_zero(b) << 16)
    }
}

scalar_ops! { fn halves;
    SAddF16 => (a: Half, b: Half, _scc, _i) -> Keep<Half> { Keep(Half(a.0 + b.0)) }
    SSubF16 => (a: Half, b: Half, _scc, _i) -> Keep<Half> { Keep(Half(a.0 - b.0)) }
    SMulF16 => (a: Half, b: Half, _scc, _i) -> Keep<Half> { Keep(Half(a.0 * b.0)) }
    SMinF16 => (a: Half, b: Half, _scc, _i) -> Keep<Half> { Keep(Half(min32(a.0, b.0))) }
    SMaxF16 => (a: Half, b: Half, _scc, _i) -> Keep<Half> { Keep(Half(max32(a.0, b.0))) }
    SMinimumF16 => (a: Half, b: Half, _scc, _i) -> Keep<Half> { Keep(Half(minimum32(a.0, b.0))) }
    SMaximumF16 => (a: Half, b: Half, _scc, _i) -> Keep<Half> { Keep(Half(maximum32(a.0, b.0))) }
    SCeilF16 => (a: Half, _b: u32, _scc, _i) -> Keep<Half> { Keep(Half(a.0.ceil())) }
    SFloorF16 => (a: Half, _b: u32, _scc, _i) -> Keep<Half> { Keep(Half(a.0.floor())) }
    STruncF16 => (a: Half, _b: u32, _scc, _i) -> Keep<Half> { Keep(Half(a.0.trunc())) }
    SRndneF16 => (a: Half, _b: u32, _scc, _i) -> Keep<Half> { Keep(Half(a.0.round_ties_even())) }
}

/// A fused multiply-add of three scalars.
struct Fused;

impl Handler for Fused {
    const SRC: [Kind; 4] = [Kind::F32, Kind::F32, Kind::F32, Kind::None];
    const DST: [Kind; 2] = [Kind::F32, Kind::None];
    const VECTOR: bool = false;

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let [a, b, c] = [0, 1, 2].map(|i| f32::read(w, s, i));
        a.mul_add(b, c).write(w, s);
        Flow::Next
    }
}

/// A fused multiply-add of three f16 scalars.
struct FusedHalf;

impl Handler for FusedHalf {
    const SRC: [Kind; 4] = [Kind::F16, Kind::F16, Kind::F16, Kind::None];
    const DST: [Kind; 2] = [Kind::F16, Kind::None];
    const VECTOR: bool = false;

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let [a, b, c] = [0, 1, 2].map(|i| f64::from(Half::read(w, s, i).0));
        Half(f16_to_f32(f64_to_f16(a * b + c))).write(w, s);
        Flow::Next
    }
}

/// A test of two scalars.
trait Test {
    fn holds(a: f32, b: f32) -> bool;
}

struct Compare<T, V>(PhantomData<(T, V)>);

/// Scalars as f32.
trait Widened: Scalar {
    fn widened(self) -> f32;
}

impl Widened for f32 {
    fn widened(self) -> f32 {
        self
    }
}

impl Widened for Half {
    fn widened(self) -> f32 {
        self.0
    }
}

impl<T: Test, V: Widened> Handler for Compare<T, V> {
    const SRC: [Kind; 4] = [V::KIND, V::KIND, Kind::None, Kind::None];
    const VECTOR: bool = false;

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        w.scc = T::holds(V::read(w, s, 0).widened(), V::read(w, s, 1).widened());
        Flow::Next
    }
}

macro_rules! compare_ops {
    ($($op32:ident $op16:ident => |$a:ident, $b:ident| $body:expr;)*) => {
        #[allow(
            clippy::neg_cmp_op_on_partial_ord,
            clippy::double_comparisons,
            reason = "unordered comparisons are what is meant"
        )]
        fn compare<const L: usize>(opcode: Opcode) -> Option<Bound<L>> {
            Some(match opcode {
                $(Opcode::$op32 | Opcode::$op16 => {
                    struct Op;
                    impl Test for Op {
                        #[inline(always)]
                        fn holds($a: f32, $b: f32) -> bool {
                            $body
                        }
                    }
                    match opcode {
                        Opcode::$op32 => plain::<L, Compare<Op, f32>>(),
                        _ => plain::<L, Compare<Op, Half>>(),
                    }
                })*
                _ => return None,
            })
        }
    };
}

compare_ops! {
    SCmpLtF32 SCmpLtF16 => |a, b| a < b;
    SCmpEqF32 SCmpEqF16 => |a, b| a == b;
    SCmpLeF32 SCmpLeF16 => |a, b| a <= b;
    SCmpGtF32 SCmpGtF16 => |a, b| a > b;
    SCmpLgF32 SCmpLgF16 => |a, b| a < b || a > b;
    SCmpGeF32 SCmpGeF16 => |a, b| a >= b;
    SCmpOF32 SCmpOF16 => |a, b| !a.is_nan() && !b.is_nan();
    SCmpUF32 SCmpUF16 => |a, b| a.is_nan() || b.is_nan();
    SCmpNgeF32 SCmpNgeF16 => |a, b| !(a >= b);
    SCmpNlgF32 SCmpNlgF16 => |a, b| !(a < b || a > b);
    SCmpNgtF32 SCmpNgtF16 => |a, b| !(a > b);
    SCmpNleF32 SCmpNleF16 => |a, b| !(a <= b);
    SCmpNeqF32 SCmpNeqF16 => |a, b| a != b;
    SCmpNltF32 SCmpNltF16 => |a, b| !(a < b);
}

/// An operation of the transcendental unit on one scalar.
trait Unary {
    fn eval(x: f32) -> f32;
}

struct Single<O, V>(PhantomData<(O, V)>);

/// Applies the instruction's signs and limits around an operation.
fn modified<const L: usize>(mode: Mode, s: &Step<L>, x: f32, eval: fn(f32) -> f32) -> f32 {
    let x = if s.packed.abs & 1 != 0 { x.abs() } else { x };
    let result = eval(if s.packed.neg & 1 != 0 { -x } else { x });
    match s.packed.clamp {
        false => result,
        true if result.is_nan() && !mode.dx10_clamp() => result,
        true if result > 0.0 => result.min(1.0),
        true => 0.0,
    }
}

impl<O: Unary> Handler for Single<O, f32> {
    const SRC: [Kind; 4] = [Kind::F32, Kind::None, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Kind::F32, Kind::None];
    const VECTOR: bool = false;

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        modified(w.mode, s, f32::read(w, s, 0), O::eval).write(w, s);
        Flow::Next
    }
}

impl<O: Unary> Handler for Single<O, Half> {
    const SRC: [Kind; 4] = [Kind::F16, Kind::None, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Kind::F16, Kind::None];
    const VECTOR: bool = false;

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        Half(modified(w.mode, s, Half::read(w, s, 0).0, O::eval)).write(w, s);
        Flow::Next
    }
}

macro_rules! unary_ops {
    ($($op32:ident $op16:ident => |$x:ident| $body:expr;)*) => {
        fn unary<const L: usize>(opcode: Opcode) -> Option<Bound<L>> {
            Some(match opcode {
                $(Opcode::$op32 | Opcode::$op16 => {
                    struct Op;
                    impl Unary for Op {
                        fn eval($x: f32) -> f32 {
                            $body
                        }
                    }
                    match opcode {
                        Opcode::$op32 => plain::<L, Single<Op, f32>>(),
                        _ => plain::<L, Single<Op, Half>>(),
                    }
                })*
                _ => return None,
            })
        }
    };
}

unary_ops! {
    VSExpF32 VSExpF16 => |x| exp2(x);
    VSLogF32 VSLogF16 => |x| log2(x);
    VSRcpF32 VSRcpF16 => |x| 1.0 / x;
    VSRsqF32 VSRsqF16 => |x| inverse_root(x);
    VSSqrtF32 VSSqrtF16 => |x| x.sqrt();
}

/// Binds a float operation on scalars.
pub(super) fn bind<const L: usize>(inst: &Inst) -> Option<Bound<L>> {
    let fused = match inst.opcode {
        Opcode::SFmacF32 | Opcode::SFmaakF32 | Opcode::SFmamkF32 => Some(plain::<L, Fused>()),
        Opcode::SFmacF16 => Some(plain::<L, FusedHalf>()),
        _ => None,
    };
    // Nothing that compilers make scales a scalar's result.
    let unscaled = inst.modifiers.omod == 0;
    fused
        .or_else(|| f32s(inst.opcode))
        .or_else(|| halves(inst.opcode))
        .or_else(|| compare(inst.opcode))
        .or_else(|| unary(inst.opcode).filter(|_| unscaled))
}
