//! Dot products of the parts of registers.

use std::marker::PhantomData;

use redwick_isa::{Inst, Opcode};

use super::float::{bf16_to_f32, f16_to_f32, f32_to_bf16, f32_to_f16};
use super::fp8::{Format, OcpBf8, OcpFp8};
use super::{Handler, Level, bound};
use crate::step::{Bound, Flow, Kind, Step};
use crate::wave::Wave;

/// A dot product of two words and a sum.
trait Dot {
    /// Kind of the first two sources.
    const PARTS: Kind;
    /// Kind of the sum.
    const SUM: Kind;
    /// `signs`: the neg bits, by which some integer forms say which sources are signed.
    fn eval(a: u32, b: u32, c: u32, signs: u8, clamp: bool) -> u32;
}

struct Dots<D>(PhantomData<D>);

impl<D: Dot> Handler for Dots<D> {
    const SRC: [Kind; 4] = [D::PARTS, D::PARTS, D::SUM, Kind::None];
    const DST: [Kind; 2] = [D::SUM, Kind::None];
    const OWN_MODIFIERS: bool = true;

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let halves = D::PARTS == Kind::PkF16 || D::PARTS == Kind::PkB16;
        let part = |w: &mut Wave<'_, L>, i| {
            if halves && s.packed.op_sel_hi != 0 {
                w.packed_source(s, i, D::PARTS)
            } else {
                w.source(s, i, D::PARTS)
            }
        };
        let (a, b) = (part(w, 0), part(w, 1));
        let c = w.source(s, 2, D::SUM);
        let mut row = [0; L];
        {
            let (a, b, c) = (&w.vgpr[a], &w.vgpr[b], &w.vgpr[c]);
            let sign = if D::SUM == Kind::F32 {
                u32::from(s.packed.neg >> 2 & 1) << 31
            } else {
                0
            };
            for i in 0..L {
                row[i] = D::eval(a[i], b[i], c[i] ^ sign, s.packed.neg, s.packed.clamp);
            }
        }
        w.result(s, D::SUM, &row);
        Flow::Next
    }
}

/// Products of `N`-bit parts, summed.
#[inline(always)]
fn sum_parts<const BITS: u32>(a: u32, b: u32, a_signed: bool, b_signed: bool) -> i64 {
    let part = |x: u32, i: u32, signed: bool| {
        let top = x << (32 - BITS - BITS * i);
        if signed {
            i64::from(top as i32 >> (32 - BITS))
        } else {
            i64::from(top >> (32 - BITS))
        }
    };
    (0..32 / BITS)
        .map(|i| part(a, i, a_signed) * part(b, i, b_signed))
        .sum()
}

#[inline(always)]
fn signed_sum(sum: i64, c: u32, clamp: bool) -> u32 {
    let total = sum + i64::from(c as i32);
    (if clamp {
        total.clamp(i64::from(i32::MIN), i64::from(i32::MAX))
    } else {
        total
    }) as u32
}

#[inline(always)]
fn unsigned_sum(sum: i64, c: u32, clamp: bool) -> u32 {
    let total = sum + i64::from(c);
    (if clamp {
        total.min(i64::from(u32::MAX))
    } else {
        total
    }) as u32
}

/// Two f32 products added to a sum, low half first, each step fused.
#[inline(always)]
fn two(a: [f32; 2], b: [f32; 2], c: f32, clamp: bool) -> f32 {
    let sum = a[1].mul_add(b[1], a[0].mul_add(b[0], c));
    if clamp { sum.clamp(0.0, 1.0) } else { sum }
}

#[inline(always)]
fn f16s(x: u32) -> [f32; 2] {
    [f16_to_f32(x & 0xffff), f16_to_f32(x >> 16)]
}

#[inline(always)]
fn bf16s(x: u32) -> [f32; 2] {
    [bf16_to_f32(x), f32::from_bits(x & 0xffff_0000)]
}

macro_rules! dot_ops {
    ($($($op:ident)|+ => $parts:ident $sum:ident |$a:ident, $b:ident, $c:ident, $signs:ident, $clamp:ident| $body:expr;)*) => {
        fn table<const L: usize>(opcode: Opcode, level: Level) -> Option<Bound<L>> {
            Some(match opcode {
                $($(Opcode::$op)|+ => {
                    struct Op;
                    impl Dot for Op {
                        const PARTS: Kind = Kind::$parts;
                        const SUM: Kind = Kind::$sum;
                        #[inline(always)]
                        fn eval($a: u32, $b: u32, $c: u32, $signs: u8, $clamp: bool) -> u32 {
                            $body
                        }
                    }
                    bound::<L, Dots<Op>>(level)
                })*
                _ => return None,
            })
        }
    };
}

dot_ops! {
    VDot2F32F16 | VDot2accF32F16 => PkF16 F32 |a, b, c, _s, clamp| two(f16s(a), f16s(b), f32::from_bits(c), clamp).to_bits();
    VDot2F32Bf16 | VDot2accF32Bf16 | VDot2cF32Bf16 => PkB16 F32 |a, b, c, _s, clamp| two(bf16s(a), bf16s(b), f32::from_bits(c), clamp).to_bits();
    VDot2F16F16 => PkF16 F16 |a, b, c, _s, clamp| f32_to_f16(two(f16s(a), f16s(b), f16_to_f32(c & 0xffff), clamp));
    VDot2Bf16Bf16 => PkB16 B16 |a, b, c, _s, clamp| f32_to_bf16(two(bf16s(a), bf16s(b), bf16_to_f32(c), clamp));
    VDot2I32I16 | VDot2cI32I16 => PkB16 B32 |a, b, c, _s, clamp| signed_sum(sum_parts::<16>(a, b, true, true), c, clamp);
    VDot2U32U16 => PkB16 B32 |a, b, c, _s, clamp| unsigned_sum(sum_parts::<16>(a, b, false, false), c, clamp);
    VDot4I32I8 | VDot4cI32I8 => B32 B32 |a, b, c, _s, clamp| signed_sum(sum_parts::<8>(a, b, true, true), c, clamp);
    VDot4U32U8 => B32 B32 |a, b, c, _s, clamp| unsigned_sum(sum_parts::<8>(a, b, false, false), c, clamp);
    VDot4I32Iu8 => B32 B32 |a, b, c, s, clamp| signed_sum(sum_parts::<8>(a, b, s & 1 != 0, s & 2 != 0), c, clamp);
    VDot4F32Fp8Fp8 => B32 F32 |a, b, c, _s, _clamp| eight::<OcpFp8, OcpFp8>(a, b, c);
    VDot4F32Fp8Bf8 => B32 F32 |a, b, c, _s, _clamp| eight::<OcpFp8, OcpBf8>(a, b, c);
    VDot4F32Bf8Fp8 => B32 F32 |a, b, c, _s, _clamp| eight::<OcpBf8, OcpFp8>(a, b, c);
    VDot4F32Bf8Bf8 => B32 F32 |a, b, c, _s, _clamp| eight::<OcpBf8, OcpBf8>(a, b, c);
    VDot8I32I4 | VDot8cI32I4 => B32 B32 |a, b, c, _s, clamp| signed_sum(sum_parts::<4>(a, b, true, true), c, clamp);
    VDot8U32U4 => B32 B32 |a, b, c, _s, clamp| unsigned_sum(sum_parts::<4>(a, b, false, false), c, clamp);
    VDot8I32Iu4 => B32 B32 |a, b, c, s, clamp| signed_sum(sum_parts::<4>(a, b, s & 1 != 0, s & 2 != 0), c, clamp);
}

/// Four products of 8-bit floats added to a sum, low byte first, each step fused.
#[inline(always)]
fn eight<A: Format, B: Format>(a: u32, b: u32, c: u32) -> u32 {
    let sum = (0..4).fold(f32::from_bits(c), |sum, i| {
        A::decode(a >> (8 * i)).mul_add(B::decode(b >> (8 * i)), sum)
    });
    sum.to_bits()
}

/// Binds a dot product.
pub(super) fn bind<const L: usize>(inst: &Inst, level: Level) -> Option<Bound<L>> {
    table(inst.opcode, level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_signed_as_told() {
        assert_eq!(
            sum_parts::<8>(0xff02_0301, 0x0202_0202, true, true),
            -2 + 4 + 6 + 2
        );
        assert_eq!(
            sum_parts::<8>(0xff02_0301, 0x0202_0202, false, true),
            510 + 4 + 6 + 2
        );
        assert_eq!(
            sum_parts::<4>(0xf000_0001, 0x1000_000f, true, false),
            -1 + 15
        );
        assert_eq!(
            sum_parts::<16>(0x8000_0002, 0x0001_0003, true, true),
            -32768 + 6
        );
        assert_eq!(signed_sum(1, i32::MAX as u32, true), i32::MAX as u32);
        assert_eq!(unsigned_sum(2, u32::MAX, false), 1);
    }
}
