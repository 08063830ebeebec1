//! Matrix operations of RDNA3 (WMMA): 16 × 16 × 16, D = A × B + C.
//!
//! Lane `l` holds row `l % 16` of A and column `l % 16` of B, all 16 `k`; lanes 16 apart hold the
//! same. Register `v` of lane `l` holds row `v·L/16 + l/16`, column `l % 16` of C and D. 16-bit
//! results take the half of each register that op_sel names.

use std::marker::PhantomData;

use redwick_isa::{Inst, Opcode};

use super::float::{bf16_to_f32, f16_to_f32, f32_to_bf16, f32_to_f16};
use super::{Handler, Level, bound};
use crate::step::{Bound, Dst, Flow, Kind, Step};
use crate::wave::Wave;

const N: usize = 16;

/// Number formats of a matrix operation.
trait Format {
    type Sum: Copy + Default;
    /// Elements of A or B in a register.
    const PER_WORD: usize;
    /// Sums are 16 bits wide.
    const NARROW: bool;
    /// Element `i` of a register; `flag` is the source's neg bit.
    fn get(word: u32, i: usize, flag: bool) -> Self::Sum;
    fn multiply_add(a: Self::Sum, b: Self::Sum, sum: Self::Sum) -> Self::Sum;
    fn widen(bits: u32, negate: bool) -> Self::Sum;
    fn narrow(sum: Self::Sum) -> u32;
}

macro_rules! float_formats {
    ($($name:ident $narrow:literal: $get:expr, $widen:expr, $put:expr;)*) => {$(
        struct $name;
        impl Format for $name {
            type Sum = f32;
            const PER_WORD: usize = 2;
            const NARROW: bool = $narrow;
            #[inline(always)]
            fn get(word: u32, i: usize, negate: bool) -> f32 {
                let value: f32 = ($get)(word >> (16 * i) & 0xffff);
                if negate { -value } else { value }
            }
            #[inline(always)]
            fn multiply_add(a: f32, b: f32, sum: f32) -> f32 {
                a.mul_add(b, sum)
            }
            #[inline(always)]
            fn widen(bits: u32, negate: bool) -> f32 {
                let value: f32 = ($widen)(bits);
                if negate { -value } else { value }
            }
            #[inline(always)]
            fn narrow(sum: f32) -> u32 {
                ($put)(sum)
            }
        }
    )*};
}

float_formats! {
    F32F16 false: f16_to_f32, f32::from_bits, f32::to_bits;
    F32Bf16 false: bf16_to_f32, f32::from_bits, f32::to_bits;
    F16F16 true: f16_to_f32, f16_to_f32, f32_to_f16;
    Bf16Bf16 true: bf16_to_f32, bf16_to_f32, f32_to_bf16;
}

/// Integers of `BITS` bits, summed in 32.
struct Int<const BITS: usize>;

impl<const BITS: usize> Format for Int<BITS> {
    type Sum = i32;
    const PER_WORD: usize = 32 / BITS;
    const NARROW: bool = false;
    #[inline(always)]
    fn get(word: u32, i: usize, signed: bool) -> i32 {
        let top = word << (32 - BITS - BITS * i);
        if signed {
            top as i32 >> (32 - BITS)
        } else {
            (top >> (32 - BITS)) as i32
        }
    }
    #[inline(always)]
    fn multiply_add(a: i32, b: i32, sum: i32) -> i32 {
        a.wrapping_mul(b).wrapping_add(sum)
    }
    #[inline(always)]
    fn widen(bits: u32, _: bool) -> i32 {
        bits as i32
    }
    #[inline(always)]
    fn narrow(sum: i32) -> u32 {
        sum as u32
    }
}

struct Wmma<F>(PhantomData<F>);

impl<F: Format> Wmma<F> {
    /// Registers of A and of B.
    const WORDS: usize = N / F::PER_WORD;

    /// A as `[row][k]`, or B as `[k][column]`.
    #[inline(always)]
    fn unpack<const L: usize>(
        w: &mut Wave<'_, L>,
        s: &Step<L>,
        i: usize,
        transpose: bool,
    ) -> [[F::Sum; N]; N] {
        let at = w.source(s, i, Kind::B32);
        let flag = s.packed.neg >> i & 1 != 0;
        let mut matrix = [[F::Sum::default(); N]; N];
        for line in 0..N {
            for k in 0..N {
                let value = F::get(w.vgpr[at + k / F::PER_WORD][line], k % F::PER_WORD, flag);
                if transpose {
                    matrix[k][line] = value
                } else {
                    matrix[line][k] = value
                }
            }
        }
        matrix
    }
}

impl<F: Format> Handler for Wmma<F> {
    const SRC: [Kind; 4] = [Kind::B32, Kind::B32, Kind::F32, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];
    const OWN_MODIFIERS: bool = true;

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let Dst::Row(first) = s.dst[0] else {
            return Flow::Next;
        };
        let (left, right) = (Self::unpack(w, s, 0, false), Self::unpack(w, s, 1, true));
        let c = w.source(s, 2, Kind::B32);
        let c_step = usize::from(c < w.program.registers);
        let negate = s.packed.neg & 4 != 0;
        let shift = if F::NARROW && s.packed.op_sel & 4 != 0 {
            16
        } else {
            0
        };
        let rows = L / N;
        let mut results = [[0u32; L]; N];
        for row in 0..N {
            let (v, lanes) = (row / rows, row % rows * N);
            let mut sums = [F::Sum::default(); N];
            for (n, sum) in sums.iter_mut().enumerate() {
                let bits = w.vgpr[c + c_step * v][lanes + n];
                *sum = F::widen(
                    if F::NARROW {
                        bits >> shift & 0xffff
                    } else {
                        bits
                    },
                    negate,
                );
            }
            for (a, b) in left[row].iter().zip(&right) {
                for n in 0..N {
                    sums[n] = F::multiply_add(*a, b[n], sums[n]);
                }
            }
            for (n, sum) in sums.into_iter().enumerate() {
                results[v][lanes + n] = F::narrow(sum);
            }
        }
        for (v, result) in results.iter().enumerate().take(N / rows) {
            let place = &mut w.vgpr[usize::from(first) + v];
            for (to, from) in place.iter_mut().zip(result) {
                *to = if F::NARROW {
                    *to & !(0xffff << shift) | from << shift
                } else {
                    *from
                };
            }
        }
        Flow::Next
    }
}

fn wmma<const L: usize, F: Format>(level: Level) -> Bound<L> {
    let mut bound = bound::<L, Wmma<F>>(level);
    let (parts, sums) = (Wmma::<F>::WORDS as u8, (N * N / L) as u8);
    bound.src_words = [parts, parts, sums, 0];
    bound.dst_words[0] = sums;
    bound
}

/// Binds a matrix operation.
pub(super) fn bind<const L: usize>(inst: &Inst, level: Level) -> Option<Bound<L>> {
    use Opcode as O;
    Some(match inst.opcode {
        O::VWmmaF32_16x16x16F16 => wmma::<L, F32F16>(level),
        O::VWmmaF32_16x16x16Bf16 => wmma::<L, F32Bf16>(level),
        O::VWmmaF16_16x16x16F16 => wmma::<L, F16F16>(level),
        O::VWmmaBf16_16x16x16Bf16 => wmma::<L, Bf16Bf16>(level),
        O::VWmmaI32_16x16x16Iu8 => wmma::<L, Int<8>>(level),
        O::VWmmaI32_16x16x16Iu4 => wmma::<L, Int<4>>(level),
        _ => return None,
    })
}
