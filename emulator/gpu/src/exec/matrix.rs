//! Matrix operations of CDNA (MFMA): D = A × B + C, spread over the lanes of a wave.
//!
//! For `M × N × K` with `B` blocks, lane `m + M·(b + B·g)` holds row `m` of block `b` of A and, alike,
//! a column of B; each lane holds `K·M·B/64` consecutive `k`, group `g` after group. Results lie in
//! tiles of four rows: column `n` of tile `(v/4)·(64/N) + q`, row `v%4`, is in register `v` of lane
//! `n + N·q`; tiles count through the rows of a block, then through blocks. For f64 a tile is four
//! rows too, but register `v` and lane group `q` change places.
//!
//! Sums run over ascending `k`, each step fused. Hardware's order and its treatment of denormals are
//! not documented and may differ in the last places.

use std::marker::PhantomData;
use std::ops::Range;

use redwick_isa::{Inst, Opcode};

use super::float::{bf16_to_f32, f16_to_f32};
use super::fp8::{Bf8, Format, Fp8, OcpBf8, OcpFp8};
use super::{Handler, Level, bound};
use crate::step::{Bound, Dst, Flow, Kind, Step};
use crate::target::{EightBits, Target};
use crate::wave::Wave;

/// Lanes of the waves that have these operations.
pub(super) const LANES: usize = 64;
/// Elements of A or B that a lane holds at most.
const MOST_HELD: usize = 8;
/// Registers of results at most.
const MOST_SUMS: usize = 32;

/// How the elements of A and B lie in registers, and how products are summed.
pub(super) trait Element {
    /// What sums are made of.
    type Sum: Copy + Default;
    /// Elements in a register.
    const PER_WORD: usize;
    /// Element `i` of a register.
    fn get(word: u32, i: usize) -> Self::Sum;
    fn multiply_add(a: Self::Sum, b: Self::Sum, sum: Self::Sum) -> Self::Sum;
    fn from_bits(bits: u32) -> Self::Sum;
    fn to_bits(sum: Self::Sum) -> u32;
}

macro_rules! elements {
    ($($name:ident: $sum:ty, $per_word:literal, |$word:ident, $i:ident| $body:expr;)*) => {$(
        pub(super) struct $name;
        impl Element for $name {
            type Sum = $sum;
            const PER_WORD: usize = $per_word;
            #[inline(always)]
            fn get($word: u32, $i: usize) -> $sum {
                $body
            }
            #[inline(always)]
            fn multiply_add(a: $sum, b: $sum, sum: $sum) -> $sum {
                Sum::multiply_add(a, b, sum)
            }
            #[inline(always)]
            fn from_bits(bits: u32) -> $sum {
                Sum::from_word(bits)
            }
            #[inline(always)]
            fn to_bits(sum: $sum) -> u32 {
                sum.word()
            }
        }
    )*};
}

/// What sums are made of.
trait Sum {
    fn multiply_add(a: Self, b: Self, sum: Self) -> Self;
    fn from_word(word: u32) -> Self;
    fn word(self) -> u32;
}

impl Sum for f32 {
    #[inline(always)]
    fn multiply_add(a: f32, b: f32, sum: f32) -> f32 {
        a.mul_add(b, sum)
    }
    #[inline(always)]
    fn from_word(word: u32) -> f32 {
        f32::from_bits(word)
    }
    #[inline(always)]
    fn word(self) -> u32 {
        self.to_bits()
    }
}

impl Sum for i32 {
    #[inline(always)]
    fn multiply_add(a: i32, b: i32, sum: i32) -> i32 {
        a.wrapping_mul(b).wrapping_add(sum)
    }
    #[inline(always)]
    fn from_word(word: u32) -> i32 {
        word as i32
    }
    #[inline(always)]
    fn word(self) -> u32 {
        self as u32
    }
}

elements! {
    F32: f32, 1, |word, _i| f32::from_bits(word);
    // The low 13 bits of the mantissa do not take part.
    Xf32: f32, 1, |word, _i| f32::from_bits(word & !0x1fff);
    F16: f32, 2, |word, i| f16_to_f32(word >> (16 * i) & 0xffff);
    Bf16: f32, 2, |word, i| bf16_to_f32(word >> (16 * i) & 0xffff);
    F8: f32, 4, |word, i| Fp8::decode(word >> (8 * i));
    B8: f32, 4, |word, i| Bf8::decode(word >> (8 * i));
    OcpF8: f32, 4, |word, i| OcpFp8::decode(word >> (8 * i));
    OcpB8: f32, 4, |word, i| OcpBf8::decode(word >> (8 * i));
    I8: i32, 4, |word, i| i32::from((word >> (8 * i)) as i8);
}

/// The lane that lane `lane` takes B from, under a broadcast pattern.
#[inline(always)]
fn b_lane(pattern: u8, lane: usize) -> usize {
    match pattern {
        1 => lane & 31,
        2 => lane & 31 | 32,
        3 => (lane + 16) & 63,
        4..=7 => lane & 15 | usize::from(pattern - 4) << 4,
        _ => lane,
    }
}

/// Elements of one operand that a lane holds.
const fn per_lane(m: usize, k: usize, blocks: usize) -> usize {
    k * m * blocks / LANES
}

/// `M × N × K` with `B` blocks; A of elements `E`, B of elements `F`.
struct Mfma<E, F, const M: usize, const K: usize, const B: usize>(PhantomData<(E, F)>);

impl<E: Element, F: Element<Sum = E::Sum>, const M: usize, const K: usize, const B: usize>
    Mfma<E, F, M, K, B>
{
    /// Elements a lane holds.
    const HELD: usize = per_lane(M, K, B);
    /// Registers of the sums.
    const SUMS: usize = M * M * B / LANES;
    /// Registers of A.
    const A_WORDS: usize = Self::HELD.div_ceil(E::PER_WORD);
    /// Registers of B.
    const B_WORDS: usize = Self::HELD.div_ceil(F::PER_WORD);

    /// The elements that lanes hold of source `i`: one row for each.
    #[inline(always)]
    fn unpack<G: Element<Sum = E::Sum>, const L: usize>(
        w: &mut Wave<'_, L>,
        s: &Step<L>,
        i: usize,
    ) -> Held<E::Sum> {
        let at = w.source(s, i, Kind::B32);
        // A constant is one row for all words.
        let step = usize::from(at < w.program.registers);
        let mut held = [[E::Sum::default(); LANES]; MOST_HELD];
        for (element, row) in held.iter_mut().enumerate().take(Self::HELD) {
            let words = &w.vgpr[at + step * (element / G::PER_WORD)];
            for lane in 0..LANES.min(L) {
                row[lane] = G::get(words[lane], element % G::PER_WORD);
            }
        }
        held
    }

    /// Gives lanes of B other lanes' elements.
    fn broadcast(held: &mut Held<E::Sum>, pattern: u8) {
        for row in held.iter_mut() {
            let old = *row;
            *row = std::array::from_fn(|lane| old[b_lane(pattern, lane)]);
        }
    }

    /// The block of A that output block `block` uses.
    #[inline(always)]
    fn a_block<const L: usize>(s: &Step<L>, block: usize) -> usize {
        let group = 1usize << s.packed.cbsz;
        if s.packed.cbsz == 0 {
            block
        } else {
            (block & !(group - 1) | usize::from(s.packed.abid) & (group - 1)) % B
        }
    }

    /// Sums `row` of output block `block` into `sums`.
    #[inline(always)]
    fn sum_row(
        left: &Held<E::Sum>,
        right: &Held<E::Sum>,
        a_block: usize,
        block: usize,
        row: usize,
        sums: &mut [E::Sum; M],
    ) {
        for k in 0..K {
            let (element, group) = (k % Self::HELD, k / Self::HELD * B);
            let a = left[element][row + M * (a_block + group)];
            let b = &right[element][M * (block + group)..][..M];
            for n in 0..M {
                sums[n] = E::multiply_add(a, b[n], sums[n]);
            }
        }
    }
}

/// Elements held by lanes, a row for each element.
type Held<T> = [[T; LANES]; MOST_HELD];

/// The lanes that hold group `q` of a result register.
#[inline(always)]
pub(super) fn group(q: usize, n: usize) -> Range<usize> {
    q * n..(q + 1) * n
}

impl<E: Element, F: Element<Sum = E::Sum>, const M: usize, const K: usize, const B: usize> Handler
    for Mfma<E, F, M, K, B>
{
    const SRC: [Kind; 4] = [Kind::B32, Kind::B32, Kind::F32, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];
    const OWN_MODIFIERS: bool = true;

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let Dst::Row(first) = s.dst[0] else {
            return Flow::Next;
        };
        if L != LANES {
            return Flow::Next;
        }
        let left = Self::unpack::<E, L>(w, s, 0);
        let mut right = Self::unpack::<F, L>(w, s, 1);
        if s.packed.blgp != 0 {
            Self::broadcast(&mut right, s.packed.blgp);
        }
        let c = w.source(s, 2, Kind::B32);
        let c_step = usize::from(c < w.program.registers);
        let mut results = [[0u32; L]; MOST_SUMS];
        for v in 0..Self::SUMS {
            for q in 0..LANES / M {
                let tile = v / 4 * (LANES / M) + q;
                let (block, row) = (tile * 4 / M, tile * 4 % M + v % 4);
                let lanes = group(q, M);
                let mut sums = [E::Sum::default(); M];
                for (sum, bits) in sums.iter_mut().zip(&w.vgpr[c + c_step * v][lanes.clone()]) {
                    *sum = E::from_bits(*bits);
                }
                Self::sum_row(
                    &left,
                    &right,
                    Self::a_block(s, block),
                    block,
                    row,
                    &mut sums,
                );
                for (bits, sum) in results[v][lanes].iter_mut().zip(sums) {
                    *bits = E::to_bits(sum);
                }
            }
        }
        // EXEC plays no part.
        w.vgpr[usize::from(first)..][..Self::SUMS].copy_from_slice(&results[..Self::SUMS]);
        Flow::Next
    }
}

/// f64: `M × M × 4`, with `B` blocks.
struct Mfma64<const M: usize, const B: usize>;

impl<const M: usize, const B: usize> Mfma64<M, B> {
    /// f64 results of a lane.
    const SUMS: usize = M * M * B / LANES;
}

impl<const M: usize, const B: usize> Handler for Mfma64<M, B> {
    const SRC: [Kind; 4] = [Kind::F64, Kind::F64, Kind::F64, Kind::None];
    const DST: [Kind; 2] = [Kind::B64, Kind::None];
    const OWN_MODIFIERS: bool = true;

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let Dst::Row(first) = s.dst[0] else {
            return Flow::Next;
        };
        if L != LANES {
            return Flow::Next;
        }
        let (a, b, c) = (
            w.source(s, 0, Kind::F64),
            w.source(s, 1, Kind::F64),
            w.source(s, 2, Kind::F64),
        );
        let c_step = if c < w.program.registers { 2 } else { 0 };
        // The broadcast bits negate A, B and C instead.
        let sign = |i: u8| {
            if s.packed.blgp >> i & 1 != 0 {
                -1.0
            } else {
                1.0
            }
        };
        let get = |w: &Wave<'_, L>, at: usize, lane: usize| {
            f64::from_bits(u64::from(w.vgpr[at][lane]) | u64::from(w.vgpr[at + 1][lane]) << 32)
        };
        let mut results = [[0.0f64; LANES]; 4];
        for (v, result) in results.iter_mut().enumerate().take(Self::SUMS) {
            for (lane, sum) in result.iter_mut().enumerate() {
                let (n, block, q) = (lane % M, lane / M % B, lane / (M * B));
                let row = v * 4 + q;
                *sum = sign(2) * get(w, c + c_step * v, lane);
                for k in 0..4 {
                    let place = |m: usize| m + M * (block + B * k);
                    *sum = (sign(0) * get(w, a, place(row)))
                        .mul_add(sign(1) * get(w, b, place(n)), *sum);
                }
            }
        }
        for (v, result) in results.iter().enumerate().take(Self::SUMS) {
            for (lane, sum) in result.iter().enumerate() {
                w.vgpr[usize::from(first) + 2 * v][lane] = sum.to_bits() as u32;
                w.vgpr[usize::from(first) + 2 * v + 1][lane] = (sum.to_bits() >> 32) as u32;
            }
        }
        Flow::Next
    }
}

/// Binds an operation on 32-bit sums.
fn mfma<
    const L: usize,
    E: Element,
    F: Element<Sum = E::Sum>,
    const M: usize,
    const K: usize,
    const B: usize,
>(
    level: Level,
) -> Bound<L> {
    let mut bound = bound::<L, Mfma<E, F, M, K, B>>(level);
    let sums = Mfma::<E, F, M, K, B>::SUMS as u8;
    bound.src_words = [
        Mfma::<E, F, M, K, B>::A_WORDS as u8,
        Mfma::<E, F, M, K, B>::B_WORDS as u8,
        sums,
        0,
    ];
    bound.dst_words[0] = sums;
    bound
}

fn mfma64<const L: usize, const M: usize, const B: usize>(level: Level) -> Bound<L> {
    let mut bound = bound::<L, Mfma64<M, B>>(level);
    let sums = 2 * Mfma64::<M, B>::SUMS as u8;
    bound.src_words[2] = sums;
    bound.dst_words[0] = sums;
    bound
}

/// Binds a matrix operation.
pub(super) fn bind<const L: usize>(inst: &Inst, level: Level, target: &Target) -> Option<Bound<L>> {
    if L != LANES {
        return None;
    }
    floats(inst.opcode, level)
        .or_else(|| bytes(inst.opcode, level))
        .or_else(|| match target.eight_bits {
            EightBits::Fnuz => eight_bits::<L, F8, B8>(inst.opcode, level),
            EightBits::Ocp => eight_bits::<L, OcpF8, OcpB8>(inst.opcode, level),
        })
}

fn floats<const L: usize>(opcode: Opcode, level: Level) -> Option<Bound<L>> {
    use Opcode as O;
    Some(match opcode {
        O::VMfmaF32_32x32x1_2bF32 => mfma::<L, F32, F32, 32, 1, 2>(level),
        O::VMfmaF32_16x16x1_4bF32 => mfma::<L, F32, F32, 16, 1, 4>(level),
        O::VMfmaF32_4x4x1_16bF32 => mfma::<L, F32, F32, 4, 1, 16>(level),
        O::VMfmaF32_32x32x2F32 => mfma::<L, F32, F32, 32, 2, 1>(level),
        O::VMfmaF32_16x16x4F32 => mfma::<L, F32, F32, 16, 4, 1>(level),
        O::VMfmaF32_32x32x4Xf32 => mfma::<L, Xf32, Xf32, 32, 4, 1>(level),
        O::VMfmaF32_16x16x8Xf32 => mfma::<L, Xf32, Xf32, 16, 8, 1>(level),
        O::VMfmaF32_32x32x4_2bF16 => mfma::<L, F16, F16, 32, 4, 2>(level),
        O::VMfmaF32_16x16x4_4bF16 => mfma::<L, F16, F16, 16, 4, 4>(level),
        O::VMfmaF32_4x4x4_16bF16 => mfma::<L, F16, F16, 4, 4, 16>(level),
        O::VMfmaF32_32x32x8F16 => mfma::<L, F16, F16, 32, 8, 1>(level),
        O::VMfmaF32_16x16x16F16 => mfma::<L, F16, F16, 16, 16, 1>(level),
        O::VMfmaF32_32x32x2_2bBf16 => mfma::<L, Bf16, Bf16, 32, 2, 2>(level),
        O::VMfmaF32_16x16x2_4bBf16 => mfma::<L, Bf16, Bf16, 16, 2, 4>(level),
        O::VMfmaF32_4x4x2_16bBf16 => mfma::<L, Bf16, Bf16, 4, 2, 16>(level),
        O::VMfmaF32_32x32x4Bf16 => mfma::<L, Bf16, Bf16, 32, 4, 1>(level),
        O::VMfmaF32_16x16x8Bf16 => mfma::<L, Bf16, Bf16, 16, 8, 1>(level),
        O::VMfmaF32_32x32x4_2bBf16 => mfma::<L, Bf16, Bf16, 32, 4, 2>(level),
        O::VMfmaF32_16x16x4_4bBf16 => mfma::<L, Bf16, Bf16, 16, 4, 4>(level),
        O::VMfmaF32_4x4x4_16bBf16 => mfma::<L, Bf16, Bf16, 4, 4, 16>(level),
        O::VMfmaF32_32x32x8Bf16 => mfma::<L, Bf16, Bf16, 32, 8, 1>(level),
        O::VMfmaF32_16x16x16Bf16 => mfma::<L, Bf16, Bf16, 16, 16, 1>(level),
        O::VMfmaF32_32x32x16F16 => mfma::<L, F16, F16, 32, 16, 1>(level),
        O::VMfmaF32_16x16x32F16 => mfma::<L, F16, F16, 16, 32, 1>(level),
        O::VMfmaF32_32x32x16Bf16 => mfma::<L, Bf16, Bf16, 32, 16, 1>(level),
        O::VMfmaF32_16x16x32Bf16 => mfma::<L, Bf16, Bf16, 16, 32, 1>(level),
        O::VMfmaF64_16x16x4F64 => mfma64::<L, 16, 1>(level),
        O::VMfmaF64_4x4x4_4bF64 => mfma64::<L, 4, 4>(level),
        _ => return None,
    })
}

fn bytes<const L: usize>(opcode: Opcode, level: Level) -> Option<Bound<L>> {
    use Opcode as O;
    Some(match opcode {
        O::VMfmaI32_32x32x4_2bI8 => mfma::<L, I8, I8, 32, 4, 2>(level),
        O::VMfmaI32_16x16x4_4bI8 => mfma::<L, I8, I8, 16, 4, 4>(level),
        O::VMfmaI32_4x4x4_16bI8 => mfma::<L, I8, I8, 4, 4, 16>(level),
        O::VMfmaI32_32x32x8I8 => mfma::<L, I8, I8, 32, 8, 1>(level),
        O::VMfmaI32_16x16x16I8 => mfma::<L, I8, I8, 16, 16, 1>(level),
        O::VMfmaI32_32x32x16I8 => mfma::<L, I8, I8, 32, 16, 1>(level),
        O::VMfmaI32_16x16x32I8 => mfma::<L, I8, I8, 16, 32, 1>(level),
        _ => return None,
    })
}

/// Operations on 8-bit floats: `E` has 4 bits of exponent, `F` 5.
fn eight_bits<const L: usize, E: Element<Sum = f32>, F: Element<Sum = f32>>(
    opcode: Opcode,
    level: Level,
) -> Option<Bound<L>> {
    use Opcode as O;
    Some(match opcode {
        O::VMfmaF32_32x32x16Fp8Fp8 => mfma::<L, E, E, 32, 16, 1>(level),
        O::VMfmaF32_32x32x16Fp8Bf8 => mfma::<L, E, F, 32, 16, 1>(level),
        O::VMfmaF32_32x32x16Bf8Fp8 => mfma::<L, F, E, 32, 16, 1>(level),
        O::VMfmaF32_32x32x16Bf8Bf8 => mfma::<L, F, F, 32, 16, 1>(level),
        O::VMfmaF32_16x16x32Fp8Fp8 => mfma::<L, E, E, 16, 32, 1>(level),
        O::VMfmaF32_16x16x32Fp8Bf8 => mfma::<L, E, F, 16, 32, 1>(level),
        O::VMfmaF32_16x16x32Bf8Fp8 => mfma::<L, F, E, 16, 32, 1>(level),
        O::VMfmaF32_16x16x32Bf8Bf8 => mfma::<L, F, F, 16, 32, 1>(level),
        _ => return None,
    })
}
