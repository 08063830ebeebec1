//! Conversions from and to the 8-bit floats, in the formats that the target has.

use redwick_isa::Opcode;

use super::fp8::{Bf8, Format, Fp8, OcpBf8, OcpFp8, Rounding};
use super::{Handler, plain};
use crate::step::{Bound, Dst, Flow, Kind, Step};
use crate::target::EightBits;
use crate::wave::Wave;

/// What a conversion knows of its format.
struct Codec {
    decode: fn(u32) -> f32,
    encode: fn(f32, Rounding, bool) -> u32,
}

impl Codec {
    const fn of<F: Format>() -> Self {
        Self {
            decode: F::decode,
            encode: F::encode,
        }
    }

    /// The target's format with 5 bits of exponent if `WIDE`, else that with 4.
    fn find<const WIDE: bool>(kind: EightBits) -> Self {
        match (kind, WIDE) {
            (EightBits::Fnuz, false) => Self::of::<Fp8>(),
            (EightBits::Fnuz, true) => Self::of::<Bf8>(),
            (EightBits::Ocp, false) => Self::of::<OcpFp8>(),
            (EightBits::Ocp, true) => Self::of::<OcpBf8>(),
        }
    }
}

/// A byte as f32.
struct Widen<const WIDE: bool>;

impl<const WIDE: bool> Handler for Widen<WIDE> {
    const SRC: [Kind; 4] = [Kind::B32, Kind::None, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Kind::F32, Kind::None];

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let codec = Codec::find::<WIDE>(w.program.target.eight_bits);
        // The byte's number, its bits swapped.
        let byte = (s.packed.op_sel & 1) << 1 | s.packed.op_sel >> 1 & 1;
        let row = w.source(s, 0, Kind::B32);
        let row = w.vgpr[row].map(|x| (codec.decode)(x >> (8 * byte)).to_bits());
        w.result(s, Kind::F32, &row);
        Flow::Next
    }
}

/// Two bytes as two f32.
struct WidenPair<const WIDE: bool>;

impl<const WIDE: bool> Handler for WidenPair<WIDE> {
    const SRC: [Kind; 4] = [Kind::B16, Kind::None, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Kind::B64, Kind::None];

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let codec = Codec::find::<WIDE>(w.program.target.eight_bits);
        let row = w.source(s, 0, Kind::B16);
        let [low, high] = [0, 8].map(|bit| w.vgpr[row].map(|x| (codec.decode)(x >> bit).to_bits()));
        w.result2(s, Kind::B64, &low, &high);
        Flow::Next
    }
}

/// Two f32 as two bytes.
struct NarrowPair<const WIDE: bool>;

impl<const WIDE: bool> Handler for NarrowPair<WIDE> {
    const SRC: [Kind; 4] = [Kind::F32, Kind::F32, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Kind::B16, Kind::None];

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let codec = Codec::find::<WIDE>(w.program.target.eight_bits);
        let saturate = w.mode.overflow_saturates();
        let [low, high] = [0, 1].map(|i| w.source(s, i, Kind::F32));
        let byte = |x: u32| (codec.encode)(f32::from_bits(x), Rounding::Nearest, saturate);
        let row = std::array::from_fn(|i| byte(w.vgpr[low][i]) | byte(w.vgpr[high][i]) << 8);
        w.result(s, Kind::B16, &row);
        Flow::Next
    }
}

/// An f32 as one byte of a register, rounded by random bits.
struct NarrowByChance<const WIDE: bool>;

impl<const WIDE: bool> Handler for NarrowByChance<WIDE> {
    const SRC: [Kind; 4] = [Kind::F32, Kind::B32, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let Dst::Row(at) = s.dst[0] else {
            return Flow::Next;
        };
        let codec = Codec::find::<WIDE>(w.program.target.eight_bits);
        let saturate = w.mode.overflow_saturates();
        let shift = 8 * u32::from(s.packed.op_sel >> 2 & 3);
        let [value, random] =
            [(0, Kind::F32), (1, Kind::B32)].map(|(i, kind)| w.source(s, i, kind));
        let mut row = w.vgpr[usize::from(at)];
        for (i, lane) in row.iter_mut().enumerate() {
            let rounding = Rounding::Stochastic(w.vgpr[random][i]);
            let byte = (codec.encode)(f32::from_bits(w.vgpr[value][i]), rounding, saturate);
            *lane = *lane & !(0xff << shift) | byte << shift;
        }
        w.result(s, Kind::B32, &row);
        Flow::Next
    }
}

/// Binds a conversion.
pub(super) fn bind<const L: usize>(opcode: Opcode) -> Option<Bound<L>> {
    use Opcode as O;
    Some(match opcode {
        O::VCvtF32Fp8 => plain::<L, Widen<false>>(),
        O::VCvtF32Bf8 => plain::<L, Widen<true>>(),
        O::VCvtPkF32Fp8 => plain::<L, WidenPair<false>>(),
        O::VCvtPkF32Bf8 => plain::<L, WidenPair<true>>(),
        O::VCvtPkFp8F32 => plain::<L, NarrowPair<false>>(),
        O::VCvtPkBf8F32 => plain::<L, NarrowPair<true>>(),
        O::VCvtSrFp8F32 => plain::<L, NarrowByChance<false>>(),
        O::VCvtSrBf8F32 => plain::<L, NarrowByChance<true>>(),
        _ => return None,
    })
}
