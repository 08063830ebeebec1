//! Packed maths: two 16-bit or two 32-bit operations in one instruction, and mixed precision.

use std::marker::PhantomData;

use redwick_isa::{Inst, Opcode};

use super::float::{f16_to_f32, f32_to_f16, f64_to_f16, max32, maximum32, min32, minimum32};
use super::{Handler, Level, bound};
use crate::step::{Bound, Dst, Flow, Kind, Step};
use crate::wave::Wave;

impl<const L: usize> Wave<'_, L> {
    /// The row of packed source `i`, its halves chosen and signed as the instruction says.
    #[inline(always)]
    pub(super) fn packed_source(&mut self, s: &Step<L>, i: usize, kind: Kind) -> usize {
        let bit = 1 << i;
        let p = &s.packed;
        let plain = (p.op_sel | p.neg | p.neg_hi) & bit == 0 && p.op_sel_hi & bit != 0;
        let row = self.source(s, i, kind);
        if plain { row } else { self.arranged(s, i, row) }
    }

    #[inline(never)]
    fn arranged(&mut self, s: &Step<L>, i: usize, row: usize) -> usize {
        let at = self.program.temporaries() + 2 * i;
        let (p, bit) = (&s.packed, 1 << i);
        let shift = |high: u8| if high & bit != 0 { 16 } else { 0 };
        let sign = |negate: u8| if negate & bit != 0 { 0x8000 } else { 0 };
        let (low, high) = (shift(p.op_sel), shift(p.op_sel_hi));
        let signs = sign(p.neg) | sign(p.neg_hi) << 16;
        self.vgpr[at] = self.vgpr[row].map(|x| (x >> low & 0xffff | x >> high << 16) ^ signs);
        at
    }
}

/// An operation on 16-bit halves.
trait Halves {
    const KIND: Kind;
    /// The result of one half; `clamp` as the instruction says.
    fn eval(a: u32, b: u32, c: u32, clamp: bool) -> u32;
}

/// Applies an operation to both halves of `N` sources.
struct Packed16<O, const N: usize>(PhantomData<O>);

impl<O: Halves, const N: usize> Handler for Packed16<O, N> {
    const SRC: [Kind; 4] = [
        O::KIND,
        O::KIND,
        if N > 2 { O::KIND } else { Kind::None },
        Kind::None,
    ];
    const DST: [Kind; 2] = [O::KIND, Kind::None];
    const OWN_MODIFIERS: bool = true;

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let (a, b) = (
            w.packed_source(s, 0, O::KIND),
            w.packed_source(s, 1, O::KIND),
        );
        let c = if N > 2 {
            w.packed_source(s, 2, O::KIND)
        } else {
            a
        };
        let mut row = [0; L];
        {
            let (a, b, c, clamp) = (&w.vgpr[a], &w.vgpr[b], &w.vgpr[c], s.packed.clamp);
            for i in 0..L {
                let low = O::eval(a[i] & 0xffff, b[i] & 0xffff, c[i] & 0xffff, clamp);
                let high = O::eval(a[i] >> 16, b[i] >> 16, c[i] >> 16, clamp);
                row[i] = low & 0xffff | high << 16;
            }
        }
        w.result(s, O::KIND, &row);
        Flow::Next
    }
}

/// Clamps a float result to 0..1.
#[inline(always)]
fn limit(x: f64, clamp: bool) -> f64 {
    match clamp {
        true if x > 0.0 => x.min(1.0),
        true => 0.0,
        false => x,
    }
}

/// Limits an integer result to the range of a half, or lets it wrap.
#[inline(always)]
fn signed(x: i32, clamp: bool) -> u32 {
    (if clamp { x.clamp(-32768, 32767) } else { x }) as u32
}

#[inline(always)]
fn unsigned(x: i64, clamp: bool) -> u32 {
    (if clamp { x.clamp(0, 65535) } else { x }) as u32
}

/// A half as a signed integer.
#[inline(always)]
fn int(x: u32) -> i32 {
    i32::from(x as u16 as i16)
}

macro_rules! packed_ops {
    ($($($op:ident)|+ => $kind:ident $n:literal |$a:ident, $b:ident, $c:ident, $clamp:ident| $body:expr;)*) => {
        fn halves<const L: usize>(opcode: Opcode, level: Level) -> Option<Bound<L>> {
            Some(match opcode {
                $($(Opcode::$op)|+ => {
                    struct Op;
                    impl Halves for Op {
                        const KIND: Kind = Kind::$kind;
                        #[inline(always)]
                        fn eval($a: u32, $b: u32, $c: u32, $clamp: bool) -> u32 {
                            $body
                        }
                    }
                    bound::<L, Packed16<Op, $n>>(level)
                })*
                _ => return None,
            })
        }
    };
}

/// An f16 operation computed in f32 and rounded.
#[inline(always)]
fn float(x: f32, clamp: bool) -> u32 {
    f32_to_f16(if clamp {
        limit(f64::from(x), true) as f32
    } else {
        x
    })
}

packed_ops! {
    VPkAddF16 => PkF16 2 |a, b, _c, clamp| float(f16_to_f32(a) + f16_to_f32(b), clamp);
    VPkMulF16 => PkF16 2 |a, b, _c, clamp| float(f16_to_f32(a) * f16_to_f32(b), clamp);
    VPkMinF16 => PkF16 2 |a, b, _c, clamp| float(min32(f16_to_f32(a), f16_to_f32(b)), clamp);
    VPkMaxF16 => PkF16 2 |a, b, _c, clamp| float(max32(f16_to_f32(a), f16_to_f32(b)), clamp);
    VPkMinimumF16 => PkF16 2 |a, b, _c, clamp| float(minimum32(f16_to_f32(a), f16_to_f32(b)), clamp);
    VPkMaximumF16 => PkF16 2 |a, b, _c, clamp| float(maximum32(f16_to_f32(a), f16_to_f32(b)), clamp);
    VPkMinimum3F16 => PkF16 3 |a, b, c, clamp| float(minimum32(minimum32(f16_to_f32(a), f16_to_f32(b)), f16_to_f32(c)), clamp);
    VPkMaximum3F16 => PkF16 3 |a, b, c, clamp| float(maximum32(maximum32(f16_to_f32(a), f16_to_f32(b)), f16_to_f32(c)), clamp);
    VPkFmaF16 | VPkFmacF16 => PkF16 3 |a, b, c, clamp| {
        let product = f64::from(f16_to_f32(a)) * f64::from(f16_to_f32(b));
        f64_to_f16(limit(product + f64::from(f16_to_f32(c)), clamp))
    };
    VPkAddI16 => PkB16 2 |a, b, _c, clamp| signed(int(a) + int(b), clamp);
    VPkSubI16 => PkB16 2 |a, b, _c, clamp| signed(int(a) - int(b), clamp);
    VPkMadI16 => PkB16 3 |a, b, c, clamp| signed(int(a) * int(b) + int(c), clamp);
    VPkAddU16 => PkB16 2 |a, b, _c, clamp| unsigned(i64::from(a) + i64::from(b), clamp);
    VPkSubU16 => PkB16 2 |a, b, _c, clamp| unsigned(i64::from(a) - i64::from(b), clamp);
    VPkMadU16 => PkB16 3 |a, b, c, clamp| unsigned(i64::from(a) * i64::from(b) + i64::from(c), clamp);
    VPkMulLoU16 => PkB16 2 |a, b, _c, _clamp| a.wrapping_mul(b);
    VPkMinI16 => PkB16 2 |a, b, _c, _clamp| int(a).min(int(b)) as u32;
    VPkMaxI16 => PkB16 2 |a, b, _c, _clamp| int(a).max(int(b)) as u32;
    VPkMinU16 => PkB16 2 |a, b, _c, _clamp| a.min(b);
    VPkMaxU16 => PkB16 2 |a, b, _c, _clamp| a.max(b);
    VPkLshlrevB16 => PkB16 2 |n, a, _c, _clamp| a << (n & 15);
    VPkLshrrevB16 => PkB16 2 |n, a, _c, _clamp| a >> (n & 15);
    VPkAshrrevI16 => PkB16 2 |n, a, _c, _clamp| (int(a) >> (n & 15)) as u32;
}

/// An operation on f32 pairs.
trait Pairs {
    fn eval(a: f32, b: f32, c: f32) -> f32;
}

/// Applies an operation to both f32 of `N` sources.
struct Packed32<O, const N: usize>(PhantomData<O>);

/// Which word of a pair feeds which result, and the sign bits to turn over.
#[inline(always)]
fn word<const L: usize>(s: &Step<L>, i: usize, high: bool) -> (usize, u32) {
    let (select, negate) = if high {
        (s.packed.op_sel_hi, s.packed.neg_hi)
    } else {
        (s.packed.op_sel, s.packed.neg)
    };
    (
        usize::from(select >> i & 1),
        u32::from(negate >> i & 1) << 31,
    )
}

impl<O: Pairs, const N: usize> Handler for Packed32<O, N> {
    const SRC: [Kind; 4] = [
        Kind::PkF32,
        Kind::PkF32,
        if N > 2 { Kind::PkF32 } else { Kind::None },
        Kind::None,
    ];
    const DST: [Kind; 2] = [Kind::PkF32, Kind::None];
    const OWN_MODIFIERS: bool = true;

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let mut rows = [0; 3];
        for (i, row) in rows.iter_mut().enumerate().take(N) {
            *row = w.source(s, i, Kind::PkF32);
        }
        let mut results = [[0; L]; 2];
        for (high, result) in results.iter_mut().enumerate() {
            let picked: [(usize, u32); 3] = std::array::from_fn(|i| word(s, i, high == 1));
            let of = |i: usize| (&w.vgpr[rows[i] + picked[i].0], picked[i].1);
            let ((a, sa), (b, sb), (c, sc)) = (of(0), of(1), of(if N > 2 { 2 } else { 0 }));
            for i in 0..L {
                let value = |row: &[u32; L], sign: u32| f32::from_bits(row[i] ^ sign);
                let x = O::eval(value(a, sa), value(b, sb), value(c, sc));
                result[i] = x.to_bits();
            }
            if s.packed.clamp {
                result.iter_mut().for_each(|x| {
                    *x = (limit(f64::from(f32::from_bits(*x)), true) as f32).to_bits()
                });
            }
        }
        let [low, high] = &results;
        w.result2(s, Kind::PkF32, low, high);
        Flow::Next
    }
}

macro_rules! pair_ops {
    ($($op:ident => $n:literal |$a:ident, $b:ident, $c:ident| $body:expr;)*) => {
        fn pairs<const L: usize>(opcode: Opcode, level: Level) -> Option<Bound<L>> {
            Some(match opcode {
                $(Opcode::$op => {
                    struct Op;
                    impl Pairs for Op {
                        #[inline(always)]
                        fn eval($a: f32, $b: f32, $c: f32) -> f32 {
                            $body
                        }
                    }
                    bound::<L, Packed32<Op, $n>>(level)
                })*
                _ => return None,
            })
        }
    };
}

pair_ops! {
    VPkAddF32 => 2 |a, b, _c| a + b;
    VPkMulF32 => 2 |a, b, _c| a * b;
    VPkFmaF32 => 3 |a, b, c| a.mul_add(b, c);
}

/// A word of source 0 and a word of source 1.
struct MovePair;

impl Handler for MovePair {
    const SRC: [Kind; 4] = [Kind::B64, Kind::B64, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Kind::B64, Kind::None];
    const OWN_MODIFIERS: bool = true;

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let (a, b) = (w.source(s, 0, Kind::B64), w.source(s, 1, Kind::B64));
        let low = w.vgpr[a + usize::from(s.packed.op_sel & 1)];
        let high = w.vgpr[b + usize::from(s.packed.op_sel >> 1 & 1)];
        w.result2(s, Kind::B64, &low, &high);
        Flow::Next
    }
}

/// Where the result of a mixed-precision operation goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Goes {
    Word,
    Low,
    High,
}

/// A fused multiply-add whose sources are each an f32 or half of a register as f16.
struct Mix<const GOES: u8>;

impl<const GOES: u8> Mix<GOES> {
    const TO: Goes = match GOES {
        0 => Goes::Word,
        1 => Goes::Low,
        _ => Goes::High,
    };

    /// A source as f32.
    fn source<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>, i: usize) -> [f32; L] {
        let p = s.packed;
        let bit = 1 << i;
        // An f32 constant is not an f16: the kind decides how it was encoded.
        let kind = if p.op_sel_hi & bit != 0 {
            Kind::F16
        } else {
            Kind::F32
        };
        let row = w.source(s, i, kind);
        let shift = if p.op_sel & bit != 0 { 16 } else { 0 };
        let (negate, absolute) = (p.neg & bit != 0, (p.abs | p.neg_hi) & bit != 0);
        w.vgpr[row].map(|x| {
            let value = if kind == Kind::F16 {
                f16_to_f32(x >> shift & 0xffff)
            } else {
                f32::from_bits(x)
            };
            let value = if absolute { value.abs() } else { value };
            if negate { -value } else { value }
        })
    }
}

impl<const GOES: u8> Handler for Mix<GOES> {
    const SRC: [Kind; 4] = [Kind::F32, Kind::F32, Kind::F32, Kind::None];
    const DST: [Kind; 2] = [Kind::F32, Kind::None];
    const OWN_MODIFIERS: bool = true;

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let Dst::Row(at) = s.dst[0] else {
            return Flow::Next;
        };
        let (a, b, c) = (
            Self::source(w, s, 0),
            Self::source(w, s, 1),
            Self::source(w, s, 2),
        );
        let mut row = w.vgpr[usize::from(at)];
        for i in 0..L {
            let value = a[i].mul_add(b[i], c[i]);
            let value = if s.packed.clamp {
                limit(f64::from(value), true) as f32
            } else {
                value
            };
            row[i] = match Self::TO {
                Goes::Word => value.to_bits(),
                Goes::Low => row[i] & 0xffff_0000 | f32_to_f16(value),
                Goes::High => row[i] & 0xffff | f32_to_f16(value) << 16,
            };
        }
        let exec = w.exec();
        w.write_row(usize::from(at), &row, exec);
        Flow::Next
    }
}

/// Binds a packed or mixed operation.
pub(super) fn bind<const L: usize>(inst: &Inst, level: Level) -> Option<Bound<L>> {
    let opcode = inst.opcode;
    let mix = match opcode {
        Opcode::VFmaMixF32 => Some(bound::<L, Mix<0>>(level)),
        Opcode::VFmaMixloF16 => Some(bound::<L, Mix<1>>(level)),
        Opcode::VFmaMixhiF16 => Some(bound::<L, Mix<2>>(level)),
        Opcode::VPkMovB32 => Some(bound::<L, MovePair>(level)),
        _ => None,
    };
    let mut bound = mix
        .or_else(|| halves(opcode, level))
        .or_else(|| pairs(opcode, level))?;
    if matches!(
        opcode,
        Opcode::VFmaMixF32 | Opcode::VFmaMixloF16 | Opcode::VFmaMixhiF16
    ) {
        for i in 0..3 {
            if inst.modifiers.op_sel_hi >> i & 1 != 0 {
                bound.src[i] = Kind::F16;
            }
        }
    }
    Some(bound)
}
