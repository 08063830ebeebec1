//! Matrix operations of RDNA (WMMA): 16 × 16 × K, D = A × B + C, spread over the lanes of a wave.
//!
//! RDNA3: lane `l` holds row `l % 16` of A and column `l % 16` of B, all 16 `k`; lanes 16 apart hold
//! the same. Register `v` of lane `l` holds row `v·L/16 + l/16`, column `l % 16` of C and D. 16-bit
//! results take the half of each register that op_sel names.
//!
//! RDNA4: lane `l` holds row `l % 16` of A and column `l % 16` of B, and of these `K·16/L` consecutive
//! `k`, lane group `l/16` after group. It holds `256/L` consecutive rows of column `l % 16` of C and D,
//! one in each register or, of 16 bits, two. The matrices of sparse operations (SWMMAC) have a dense B
//! of twice the `k`; of four `k` of A two are stored, and a third source tells which.

use std::marker::PhantomData;

use redwick_isa::{Inst, Opcode};

use super::float::{bf16_to_f32, f16_to_f32, f32_to_bf16, f32_to_f16};
use super::fp8::{Format as _, OcpBf8, OcpFp8};
use super::{Handler, Level, bound};
use crate::step::{Bound, Dst, Flow, Kind, Step};
use crate::wave::Wave;

/// Rows and columns.
const N: usize = 16;

/// What sums are made of.
trait Sum: Copy + Default {
    fn multiply_add(a: Self, b: Self, sum: Self) -> Self;
}

impl Sum for f32 {
    #[inline(always)]
    fn multiply_add(a: f32, b: f32, sum: f32) -> f32 {
        a.mul_add(b, sum)
    }
}

impl Sum for i32 {
    #[inline(always)]
    fn multiply_add(a: i32, b: i32, sum: i32) -> i32 {
        a * b + sum
    }
}

/// Number formats of a matrix operation.
trait Format {
    type Sum: Sum;
    /// Elements of A or B in a register.
    const PER_WORD: usize;
    /// Sums are 16 bits wide.
    const NARROW: bool;
    /// Element `i` of a register of source `source`; `flag` is the source's neg bit.
    fn get(source: usize, word: u32, i: usize, flag: bool) -> Self::Sum;
    /// What the sum starts with, for an element of C.
    fn start(c: u32, negate: bool) -> Self::Sum;
    /// The element of D, from the sum and the element of C.
    fn finish(sum: Self::Sum, c: u32, clamp: bool) -> u32;
}

macro_rules! float_formats {
    ($($name:ident $per_word:literal $narrow:literal: $a:expr, $b:expr, $widen:expr, $put:expr;)*) => {$(
        struct $name;
        impl Format for $name {
            type Sum = f32;
            const PER_WORD: usize = $per_word;
            const NARROW: bool = $narrow;
            #[inline(always)]
            fn get(source: usize, word: u32, i: usize, negate: bool) -> f32 {
                let bits = 32 / $per_word;
                let part = word >> (bits * i) & (u32::MAX >> (32 - bits));
                let value: f32 = if source == 0 { ($a)(part) } else { ($b)(part) };
                if negate { -value } else { value }
            }
            #[inline(always)]
            fn start(c: u32, negate: bool) -> f32 {
                let value: f32 = ($widen)(c);
                if negate { -value } else { value }
            }
            #[inline(always)]
            fn finish(sum: f32, _: u32, _: bool) -> u32 {
                ($put)(sum)
            }
        }
    )*};
}

float_formats! {
    F32F16 2 false: f16_to_f32, f16_to_f32, f32::from_bits, f32::to_bits;
    F32Bf16 2 false: bf16_to_f32, bf16_to_f32, f32::from_bits, f32::to_bits;
    F16F16 2 true: f16_to_f32, f16_to_f32, f16_to_f32, f32_to_f16;
    Bf16Bf16 2 true: bf16_to_f32, bf16_to_f32, bf16_to_f32, f32_to_bf16;
    Fp8Fp8 4 false: OcpFp8::decode, OcpFp8::decode, f32::from_bits, f32::to_bits;
    Fp8Bf8 4 false: OcpFp8::decode, OcpBf8::decode, f32::from_bits, f32::to_bits;
    Bf8Fp8 4 false: OcpBf8::decode, OcpFp8::decode, f32::from_bits, f32::to_bits;
    Bf8Bf8 4 false: OcpBf8::decode, OcpBf8::decode, f32::from_bits, f32::to_bits;
}

/// Integers of `BITS` bits, summed in 32, which wrap around or saturate.
struct Int<const BITS: usize>;

impl<const BITS: usize> Format for Int<BITS> {
    type Sum = i32;
    const PER_WORD: usize = 32 / BITS;
    const NARROW: bool = false;
    #[inline(always)]
    fn get(_: usize, word: u32, i: usize, signed: bool) -> i32 {
        let top = word << (32 - BITS - BITS * i);
        if signed {
            top as i32 >> (32 - BITS)
        } else {
            (top >> (32 - BITS)) as i32
        }
    }
    #[inline(always)]
    fn start(_: u32, _: bool) -> i32 {
        0
    }
    #[inline(always)]
    fn finish(sum: i32, c: u32, clamp: bool) -> u32 {
        // The products alone are far from overflowing.
        if clamp {
            (c as i32).saturating_add(sum) as u32
        } else {
            c.wrapping_add(sum as u32)
        }
    }
}

/// Where the elements of matrices lie, in waves of `L` lanes.
trait Layout {
    /// Elements of a row of A (or column of B) that a lane holds, of `K`.
    fn held(k: usize, lanes: usize) -> usize;
    /// Registers of C and D, and elements in each.
    fn sums(narrow: bool, lanes: usize) -> (usize, usize);
    /// The register, the lane and the part of it that hold an element of C and D.
    fn sum(row: usize, column: usize, narrow: bool, lanes: usize) -> (usize, usize, usize);
}

struct Rdna3;

impl Layout for Rdna3 {
    #[inline(always)]
    fn held(k: usize, _: usize) -> usize {
        k
    }
    #[inline(always)]
    fn sums(_: bool, lanes: usize) -> (usize, usize) {
        (N * N / lanes, 1)
    }
    #[inline(always)]
    fn sum(row: usize, column: usize, _: bool, lanes: usize) -> (usize, usize, usize) {
        let groups = lanes / N;
        (row / groups, row % groups * N + column, 0)
    }
}

struct Rdna4;

impl Layout for Rdna4 {
    #[inline(always)]
    fn held(k: usize, lanes: usize) -> usize {
        k * N / lanes
    }
    #[inline(always)]
    fn sums(narrow: bool, lanes: usize) -> (usize, usize) {
        let per_word = 1 + usize::from(narrow);
        (N * N / lanes / per_word, per_word)
    }
    #[inline(always)]
    fn sum(row: usize, column: usize, narrow: bool, lanes: usize) -> (usize, usize, usize) {
        let rows = N * N / lanes;
        let (_, per_word) = Self::sums(narrow, lanes);
        let (register, part) = (row % rows / per_word, row % rows % per_word);
        (register, column + N * (row / rows), part)
    }
}

/// `16 × 16 × K`; `SPARSE`: of A only half is stored.
struct Wmma<F, Y, const K: usize, const SPARSE: bool>(PhantomData<(F, Y)>);

/// The `K` elements of each row of A, or of each column of B.
type Lines<T, const K: usize> = [[T; K]; N];
/// An element of C or D for each row and column.
type Square<T> = [[T; N]; N];

impl<F: Format, Y: Layout, const K: usize, const SPARSE: bool> Wmma<F, Y, K, SPARSE> {
    /// Elements of A or B that a lane holds.
    #[inline(always)]
    fn held(source: usize, lanes: usize) -> usize {
        Y::held(if SPARSE && source == 0 { K / 2 } else { K }, lanes)
    }

    /// Registers of A or of B.
    fn words(source: usize, lanes: usize) -> usize {
        Self::held(source, lanes).div_ceil(F::PER_WORD)
    }

    /// The rows of A, or the columns of B.
    #[inline(always)]
    fn lines<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>, i: usize) -> Lines<F::Sum, K> {
        let (at, held) = (w.source(s, i, Kind::B32), Self::held(i, L));
        let step = usize::from(at < w.program.registers);
        let flag = s.packed.neg >> i & 1 != 0;
        let stored = if SPARSE && i == 0 { K / 2 } else { K };
        let mut lines = [[F::Sum::default(); K]; N];
        for (line, row) in lines.iter_mut().enumerate() {
            for (k, element) in row.iter_mut().enumerate().take(stored) {
                let (lane, place) = (line + N * (k / held), k % held);
                let word = w.vgpr[at + step * (place / F::PER_WORD)][lane];
                *element = F::get(i, word, place % F::PER_WORD, flag);
            }
        }
        lines
    }

    /// Puts the stored elements of A where the index source says: two of every four.
    fn expand<const L: usize>(
        w: &mut Wave<'_, L>,
        s: &Step<L>,
        stored: &Lines<F::Sum, K>,
    ) -> Lines<F::Sum, K> {
        let (at, held) = (w.source(s, 2, Kind::B32), Self::held(0, L));
        // Two bits for each stored element; a register may hold the sets of several instructions.
        let set = usize::from(s.packed.op_sel & 3) * 2 * held % 32;
        let mut lines = [[F::Sum::default(); K]; N];
        for (line, row) in lines.iter_mut().enumerate() {
            for k in 0..K / 2 {
                let bits = w.vgpr[at][line + N * (k / held)] >> (set + 2 * (k % held));
                row[k / 2 * 4 + (bits & 3) as usize] = stored[line][k];
            }
        }
        lines
    }

    /// The elements of C.
    #[inline(always)]
    fn addends<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Square<u32> {
        let at = match s.dst[0] {
            Dst::Row(at) if SPARSE => usize::from(at),
            _ => w.source(s, 2, Kind::B32),
        };
        let step = usize::from(at < w.program.registers);
        std::array::from_fn(|row| {
            std::array::from_fn(|column| {
                let (register, lane, part) = Y::sum(row, column, F::NARROW, L);
                let bits = w.vgpr[at + step * register][lane];
                if F::NARROW {
                    bits >> (Self::shift(s) + 16 * part) & 0xffff
                } else {
                    bits
                }
            })
        })
    }

    /// The half that RDNA3's 16-bit results take.
    #[inline(always)]
    fn shift<const L: usize>(s: &Step<L>) -> usize {
        let (_, per_word) = Y::sums(F::NARROW, L);
        let high = F::NARROW && per_word == 1 && s.packed.op_sel & 4 != 0;
        if high { 16 } else { 0 }
    }

    #[inline(always)]
    fn write<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>, first: usize, d: &Square<u32>) {
        for (row, elements) in d.iter().enumerate() {
            for (column, bits) in elements.iter().enumerate() {
                let (register, lane, part) = Y::sum(row, column, F::NARROW, L);
                let to = &mut w.vgpr[first + register][lane];
                *to = if F::NARROW {
                    let shift = Self::shift(s) + 16 * part;
                    *to & !(0xffff << shift) | (bits & 0xffff) << shift
                } else {
                    *bits
                };
            }
        }
    }
}

impl<F: Format, Y: Layout, const K: usize, const SPARSE: bool> Handler for Wmma<F, Y, K, SPARSE> {
    const SRC: [Kind; 4] = [Kind::B32, Kind::B32, Kind::F32, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];
    const OWN_MODIFIERS: bool = true;

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let Dst::Row(first) = s.dst[0] else {
            return Flow::Next;
        };
        let mut rows = Self::lines(w, s, 0);
        if SPARSE {
            rows = Self::expand(w, s, &rows);
        }
        let columns = Self::lines(w, s, 1);
        // By k, so that the loop over columns has neighbours to work on.
        let right: [[F::Sum; N]; K] =
            std::array::from_fn(|k| std::array::from_fn(|column| columns[column][k]));
        let mut d = Self::addends(w, s);
        let (negate, clamp) = (!SPARSE && s.packed.neg & 4 != 0, s.packed.clamp);
        for (row, d) in rows.iter().zip(&mut d) {
            let mut sums = d.map(|c| F::start(c, negate));
            for (a, b) in row.iter().zip(&right) {
                for n in 0..N {
                    sums[n] = F::Sum::multiply_add(*a, b[n], sums[n]);
                }
            }
            for (d, sum) in d.iter_mut().zip(sums) {
                *d = F::finish(sum, *d, clamp);
            }
        }
        Self::write(w, s, usize::from(first), &d);
        Flow::Next
    }
}

fn wmma<const L: usize, F: Format, Y: Layout, const K: usize, const SPARSE: bool>(
    level: Level,
) -> Bound<L> {
    let mut bound = bound::<L, Wmma<F, Y, K, SPARSE>>(level);
    let words = |source| Wmma::<F, Y, K, SPARSE>::words(source, L) as u8;
    let sums = Y::sums(F::NARROW, L).0 as u8;
    bound.src_words = [words(0), words(1), if SPARSE { 1 } else { sums }, 0];
    bound.dst_words[0] = sums;
    if F::NARROW {
        bound.src[2] = Kind::F16;
    }
    bound
}

/// Binds a matrix operation.
pub(super) fn bind<const L: usize>(inst: &Inst, level: Level) -> Option<Bound<L>> {
    rdna3(inst.opcode, level)
        .or_else(|| rdna4(inst.opcode, level))
        .or_else(|| sparse(inst.opcode, level))
}

fn rdna3<const L: usize>(opcode: Opcode, level: Level) -> Option<Bound<L>> {
    use Opcode as O;
    Some(match opcode {
        O::VWmmaF32_16x16x16F16 => wmma::<L, F32F16, Rdna3, 16, false>(level),
        O::VWmmaF32_16x16x16Bf16 => wmma::<L, F32Bf16, Rdna3, 16, false>(level),
        O::VWmmaF16_16x16x16F16 => wmma::<L, F16F16, Rdna3, 16, false>(level),
        O::VWmmaBf16_16x16x16Bf16 => wmma::<L, Bf16Bf16, Rdna3, 16, false>(level),
        O::VWmmaI32_16x16x16Iu8 => wmma::<L, Int<8>, Rdna3, 16, false>(level),
        O::VWmmaI32_16x16x16Iu4 => wmma::<L, Int<4>, Rdna3, 16, false>(level),
        _ => return None,
    })
}

fn rdna4<const L: usize>(opcode: Opcode, level: Level) -> Option<Bound<L>> {
    use Opcode as O;
    Some(match opcode {
        O::VWmmaF32_16x16x16F16Rdna4 => wmma::<L, F32F16, Rdna4, 16, false>(level),
        O::VWmmaF32_16x16x16Bf16Rdna4 => wmma::<L, F32Bf16, Rdna4, 16, false>(level),
        O::VWmmaF16_16x16x16F16Rdna4 => wmma::<L, F16F16, Rdna4, 16, false>(level),
        O::VWmmaBf16_16x16x16Bf16Rdna4 => wmma::<L, Bf16Bf16, Rdna4, 16, false>(level),
        O::VWmmaI32_16x16x16Iu8Rdna4 => wmma::<L, Int<8>, Rdna4, 16, false>(level),
        O::VWmmaI32_16x16x16Iu4Rdna4 => wmma::<L, Int<4>, Rdna4, 16, false>(level),
        O::VWmmaI32_16x16x32Iu4 => wmma::<L, Int<4>, Rdna4, 32, false>(level),
        O::VWmmaF32_16x16x16Fp8Fp8 => wmma::<L, Fp8Fp8, Rdna4, 16, false>(level),
        O::VWmmaF32_16x16x16Fp8Bf8 => wmma::<L, Fp8Bf8, Rdna4, 16, false>(level),
        O::VWmmaF32_16x16x16Bf8Fp8 => wmma::<L, Bf8Fp8, Rdna4, 16, false>(level),
        O::VWmmaF32_16x16x16Bf8Bf8 => wmma::<L, Bf8Bf8, Rdna4, 16, false>(level),
        _ => return None,
    })
}

fn sparse<const L: usize>(opcode: Opcode, level: Level) -> Option<Bound<L>> {
    use Opcode as O;
    Some(match opcode {
        O::VSwmmacF32_16x16x32F16 => wmma::<L, F32F16, Rdna4, 32, true>(level),
        O::VSwmmacF32_16x16x32Bf16 => wmma::<L, F32Bf16, Rdna4, 32, true>(level),
        O::VSwmmacF16_16x16x32F16 => wmma::<L, F16F16, Rdna4, 32, true>(level),
        O::VSwmmacBf16_16x16x32Bf16 => wmma::<L, Bf16Bf16, Rdna4, 32, true>(level),
        O::VSwmmacI32_16x16x32Iu8 => wmma::<L, Int<8>, Rdna4, 32, true>(level),
        O::VSwmmacI32_16x16x32Iu4 => wmma::<L, Int<4>, Rdna4, 32, true>(level),
        O::VSwmmacI32_16x16x64Iu4 => wmma::<L, Int<4>, Rdna4, 64, true>(level),
        O::VSwmmacF32_16x16x32Fp8Fp8 => wmma::<L, Fp8Fp8, Rdna4, 32, true>(level),
        O::VSwmmacF32_16x16x32Fp8Bf8 => wmma::<L, Fp8Bf8, Rdna4, 32, true>(level),
        O::VSwmmacF32_16x16x32Bf8Fp8 => wmma::<L, Bf8Fp8, Rdna4, 32, true>(level),
        O::VSwmmacF32_16x16x32Bf8Bf8 => wmma::<L, Bf8Bf8, Rdna4, 32, true>(level),
        _ => return None,
    })
}
