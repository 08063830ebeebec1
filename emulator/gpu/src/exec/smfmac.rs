//! Sparse matrix operations of CDNA (SMFMAC): D = A × B + D, where of four `k` of A two are stored.
//!
//! For `M × M × K` lane `m + M·g` holds group `g` of row `m` of A: `K·M/128` stored elements, each pair
//! standing for four `k`; and, alike, `K·M/64` consecutive `k` of a column of B. A third source holds,
//! in that order, two bits for each stored element: its place among the four. A register may hold the
//! bits of several instructions, of which ABID names one, unless CBSZ is set. D lies as for MFMA.

use std::marker::PhantomData;

use redwick_isa::{Inst, Opcode};

use super::matrix::{B8, Bf16, Element, F8, F16, I8, LANES, OcpB8, OcpF8, group};
use super::{Handler, Level, bound};
use crate::step::{Bound, Dst, Flow, Kind, Step};
use crate::target::{EightBits, Target};
use crate::wave::Wave;

/// A of elements `E`, B of elements `F`.
struct Smfmac<E, F, const M: usize, const K: usize>(PhantomData<(E, F)>);

impl<E: Element, F: Element<Sum = E::Sum>, const M: usize, const K: usize> Smfmac<E, F, M, K> {
    /// Elements of A and of B that a lane holds.
    const HELD: [usize; 2] = [K * M / 2 / LANES, K * M / LANES];
    /// Registers of the sums.
    const SUMS: usize = M * M / LANES;

    /// Row `m` of A, with zeros where nothing is stored.
    fn row<const L: usize>(w: &Wave<'_, L>, s: &Step<L>, at: [usize; 2], m: usize) -> [E::Sum; K] {
        let [values, places] = at;
        let held = Self::HELD[0];
        let set = match s.packed.cbsz {
            0 => usize::from(s.packed.abid) * 2 * held % 32,
            _ => 0,
        };
        let mut row = [E::Sum::default(); K];
        for k in 0..K / 2 {
            let (lane, element) = (m + M * (k / held), k % held);
            let place = w.vgpr[places][lane] >> (set + 2 * element) & 3;
            let word = w.vgpr[values + element / E::PER_WORD][lane];
            row[k / 2 * 4 + place as usize] = E::get(word, element % E::PER_WORD);
        }
        row
    }

    /// B, by `k`.
    fn right<const L: usize>(w: &Wave<'_, L>, at: usize) -> [[E::Sum; M]; K] {
        let held = Self::HELD[1];
        std::array::from_fn(|k| {
            let element = k % held;
            std::array::from_fn(|n| {
                let word = w.vgpr[at + element / F::PER_WORD][n + M * (k / held)];
                F::get(word, element % F::PER_WORD)
            })
        })
    }
}

impl<E: Element, F: Element<Sum = E::Sum>, const M: usize, const K: usize> Handler
    for Smfmac<E, F, M, K>
{
    const SRC: [Kind; 4] = [Kind::B32, Kind::B32, Kind::B32, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];
    const OWN_MODIFIERS: bool = true;

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let Dst::Row(first) = s.dst[0] else {
            return Flow::Next;
        };
        if L != LANES {
            return Flow::Next;
        }
        let [a, b, places] = [0, 1, 2].map(|i| w.source(s, i, Kind::B32));
        let right = Self::right(w, b);
        let mut results = vec![[0u32; L]; Self::SUMS];
        for (v, result) in results.iter_mut().enumerate() {
            for q in 0..LANES / M {
                let row = Self::row(w, s, [a, places], (v / 4 * (LANES / M) + q) * 4 + v % 4);
                let lanes = group(q, M);
                let old = &w.vgpr[usize::from(first) + v][lanes.clone()];
                for (n, (to, old)) in result[lanes].iter_mut().zip(old).enumerate() {
                    let terms = row.iter().zip(&right);
                    let sum = terms.fold(E::from_bits(*old), |sum, (a, b)| {
                        E::multiply_add(*a, b[n], sum)
                    });
                    *to = E::to_bits(sum);
                }
            }
        }
        w.vgpr[usize::from(first)..][..Self::SUMS].copy_from_slice(&results);
        Flow::Next
    }
}

fn smfmac<const L: usize, E: Element, F: Element<Sum = E::Sum>, const M: usize, const K: usize>(
    level: Level,
) -> Bound<L> {
    let mut bound = bound::<L, Smfmac<E, F, M, K>>(level);
    let [a, b] = Smfmac::<E, F, M, K>::HELD;
    let sums = Smfmac::<E, F, M, K>::SUMS as u8;
    bound.src_words = [(a / E::PER_WORD) as u8, (b / F::PER_WORD) as u8, 1, 0];
    bound.dst_words[0] = sums;
    bound
}

/// Binds a sparse matrix operation.
pub(super) fn bind<const L: usize>(inst: &Inst, level: Level, target: &Target) -> Option<Bound<L>> {
    if L != LANES {
        return None;
    }
    words(inst.opcode, level).or_else(|| match target.eight_bits {
        EightBits::Fnuz => eight_bits::<L, F8, B8>(inst.opcode, level),
        EightBits::Ocp => eight_bits::<L, OcpF8, OcpB8>(inst.opcode, level),
    })
}

fn words<const L: usize>(opcode: Opcode, level: Level) -> Option<Bound<L>> {
    use Opcode as O;
    Some(match opcode {
        O::VSmfmacF32_16x16x32F16 => smfmac::<L, F16, F16, 16, 32>(level),
        O::VSmfmacF32_32x32x16F16 => smfmac::<L, F16, F16, 32, 16>(level),
        O::VSmfmacF32_16x16x64F16 => smfmac::<L, F16, F16, 16, 64>(level),
        O::VSmfmacF32_32x32x32F16 => smfmac::<L, F16, F16, 32, 32>(level),
        O::VSmfmacF32_16x16x32Bf16 => smfmac::<L, Bf16, Bf16, 16, 32>(level),
        O::VSmfmacF32_32x32x16Bf16 => smfmac::<L, Bf16, Bf16, 32, 16>(level),
        O::VSmfmacF32_16x16x64Bf16 => smfmac::<L, Bf16, Bf16, 16, 64>(level),
        O::VSmfmacF32_32x32x32Bf16 => smfmac::<L, Bf16, Bf16, 32, 32>(level),
        O::VSmfmacI32_16x16x64I8 => smfmac::<L, I8, I8, 16, 64>(level),
        O::VSmfmacI32_32x32x32I8 => smfmac::<L, I8, I8, 32, 32>(level),
        O::VSmfmacI32_16x16x128I8 => smfmac::<L, I8, I8, 16, 128>(level),
        O::VSmfmacI32_32x32x64I8 => smfmac::<L, I8, I8, 32, 64>(level),
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
        O::VSmfmacF32_16x16x64Bf8Bf8 => smfmac::<L, F, F, 16, 64>(level),
        O::VSmfmacF32_16x16x64Bf8Fp8 => smfmac::<L, F, E, 16, 64>(level),
        O::VSmfmacF32_16x16x64Fp8Bf8 => smfmac::<L, E, F, 16, 64>(level),
        O::VSmfmacF32_16x16x64Fp8Fp8 => smfmac::<L, E, E, 16, 64>(level),
        O::VSmfmacF32_32x32x32Bf8Bf8 => smfmac::<L, F, F, 32, 32>(level),
        O::VSmfmacF32_32x32x32Bf8Fp8 => smfmac::<L, F, E, 32, 32>(level),
        O::VSmfmacF32_32x32x32Fp8Bf8 => smfmac::<L, E, F, 32, 32>(level),
        O::VSmfmacF32_32x32x32Fp8Fp8 => smfmac::<L, E, E, 32, 32>(level),
        O::VSmfmacF32_16x16x128Bf8Bf8 => smfmac::<L, F, F, 16, 128>(level),
        O::VSmfmacF32_16x16x128Bf8Fp8 => smfmac::<L, F, E, 16, 128>(level),
        O::VSmfmacF32_16x16x128Fp8Bf8 => smfmac::<L, E, F, 16, 128>(level),
        O::VSmfmacF32_16x16x128Fp8Fp8 => smfmac::<L, E, E, 16, 128>(level),
        O::VSmfmacF32_32x32x64Bf8Bf8 => smfmac::<L, F, F, 32, 64>(level),
        O::VSmfmacF32_32x32x64Bf8Fp8 => smfmac::<L, F, E, 32, 64>(level),
        O::VSmfmacF32_32x32x64Fp8Bf8 => smfmac::<L, E, F, 32, 64>(level),
        O::VSmfmacF32_32x32x64Fp8Fp8 => smfmac::<L, E, E, 32, 64>(level),
        _ => return None,
    })
}
