//! Operations that look across lanes, or at the number of the lane.

use redwick_isa::inst::sreg;
use redwick_isa::{Inst, Opcode};

use super::{Handler, Level, bound};
use crate::fault::FaultKind;
use crate::step::{Bound, Dst, Flow, Kind, Src, Step};
use crate::wave::Wave;

/// The value of the first active lane (lane 0 if there is none), as a scalar.
struct ReadFirstLane;

impl Handler for ReadFirstLane {
    const SRC: [Kind; 4] = [Kind::B32, Kind::None, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let row = w.source(s, 0, Kind::B32);
        let lane = w.exec().trailing_zeros() as usize % 64;
        let value = w.vgpr[row][if lane < L { lane } else { 0 }];
        w.set_scalar32(s, 0, value);
        Flow::Next
    }
}

/// The value of a chosen lane, active or not, as a scalar.
struct ReadLane;

impl Handler for ReadLane {
    const SRC: [Kind; 4] = [Kind::B32, Kind::None, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let row = w.source(s, 0, Kind::B32);
        let lane = w.scalar32(s, 1) as usize % L;
        let value = w.vgpr[row][lane];
        w.set_scalar32(s, 0, value);
        Flow::Next
    }
}

/// Writes a scalar to a chosen lane, active or not.
struct WriteLane;

impl Handler for WriteLane {
    const DST: [Kind; 2] = [Kind::B32, Kind::None];

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let (value, lane) = (w.scalar32(s, 0), w.scalar32(s, 1) as usize % L);
        if let Dst::Row(row) = s.dst[0] {
            w.vgpr[usize::from(row)][lane] = value;
        }
        Flow::Next
    }
}

/// Counts the bits of source 0 that belong to lower lanes, of the low or high 32.
struct CountBelow<const HIGH: bool>;

impl<const HIGH: bool> Handler for CountBelow<HIGH> {
    const SRC: [Kind; 4] = [Kind::B32, Kind::B32, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let (mask, base) = (w.source(s, 0, Kind::B32), w.source(s, 1, Kind::B32));
        let mut row = [0; L];
        for i in 0..L {
            let below = (1u64 << (i % 64)) - 1;
            let part = if HIGH {
                (below >> 32) as u32
            } else {
                below as u32
            };
            row[i] = (w.vgpr[mask][i] & part)
                .count_ones()
                .wrapping_add(w.vgpr[base][i]);
        }
        w.result(s, Kind::B32, &row);
        Flow::Next
    }
}

/// Each lane of a row of 16 takes a chosen lane of its own row, or of the neighbouring one.
struct PermuteRows<const OTHER: bool>;

impl<const OTHER: bool> Handler for PermuteRows<OTHER> {
    const SRC: [Kind; 4] = [Kind::B32, Kind::None, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];
    const OWN_MODIFIERS: bool = true;

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let source = w.source(s, 0, Kind::B32);
        let select = u64::from(w.scalar32(s, 1)) | u64::from(w.scalar32(s, 2)) << 32;
        let nibble = |lane: usize| (select >> (4 * (lane & 15)) & 15) as usize;
        permute_rows::<OTHER, L>(w, s, source, nibble)
    }
}

/// As [`PermuteRows`], with each lane's choice in a register.
struct PermuteRowsBy<const OTHER: bool>;

impl<const OTHER: bool> Handler for PermuteRowsBy<OTHER> {
    const SRC: [Kind; 4] = [Kind::B32, Kind::B32, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];
    const OWN_MODIFIERS: bool = true;

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let [source, select] = [0, 1].map(|i| w.source(s, i, Kind::B32));
        let select = w.vgpr[select];
        permute_rows::<OTHER, L>(w, s, source, |lane| select[lane] as usize & 15)
    }
}

/// Gives each lane a lane of its row of 16, or of the neighbouring one: the one that `select` names.
fn permute_rows<const OTHER: bool, const L: usize>(
    w: &mut Wave<'_, L>,
    s: &Step<L>,
    source: usize,
    select: impl Fn(usize) -> usize,
) -> Flow {
    let Dst::Row(at) = s.dst[0] else {
        return Flow::Next;
    };
    let source = w.vgpr[source];
    let (inactive, zero) = (s.packed.op_sel & 1 != 0, s.packed.op_sel & 2 != 0);
    let exec = w.exec();
    let mut row = w.vgpr[usize::from(at)];
    for (i, lane) in row.iter_mut().enumerate() {
        let first = if OTHER { i & !15 ^ 16 } else { i & !15 };
        let from = first + select(i);
        *lane = match from < L && (inactive || exec >> from & 1 != 0) {
            true => source[from],
            false if zero => 0,
            false => *lane,
        };
    }
    w.result(s, Kind::B32, &row);
    Flow::Next
}

/// Exchanges the halves of a wave of 64.
struct SwapHalves;

impl Handler for SwapHalves {
    const SRC: [Kind; 4] = [Kind::B32, Kind::None, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let source = w.source(s, 0, Kind::B32);
        let source = w.vgpr[source];
        let row = std::array::from_fn(|i| source[if L == 64 { i ^ 32 } else { i }]);
        w.result(s, Kind::B32, &row);
        Flow::Next
    }
}

/// Exchanges two registers.
struct Swap;

impl Handler for Swap {
    const SRC: [Kind; 4] = [Kind::B32, Kind::None, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        if let (Dst::Row(a), Src::Row(b)) = (s.dst[0], s.src[0]) {
            let (a, b, exec) = (usize::from(a), usize::from(b), w.exec());
            let (from_a, from_b) = (w.vgpr[a], w.vgpr[b]);
            w.write_row(a, &from_b, exec);
            w.write_row(b, &from_a, exec);
        }
        Flow::Next
    }
}

/// Exchanges the odd groups of `GROUP` lanes of the first register with the even ones of the second.
struct SwapGroups<const GROUP: usize>;

impl<const GROUP: usize> Handler for SwapGroups<GROUP> {
    const SRC: [Kind; 4] = [Kind::B32, Kind::None, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let (Dst::Row(a), Src::Row(b)) = (s.dst[0], s.src[0]) else {
            return Flow::Next;
        };
        let (a, b, exec) = (usize::from(a), usize::from(b), w.exec());
        let (mut from_a, mut from_b) = (w.vgpr[a], w.vgpr[b]);
        for lane in (0..L - GROUP).filter(|lane| (lane / GROUP).is_multiple_of(2)) {
            std::mem::swap(&mut from_a[lane + GROUP], &mut from_b[lane]);
        }
        w.write_row(a, &from_a, exec);
        w.write_row(b, &from_b, exec);
        Flow::Next
    }
}

/// Any function of three bits, by its table.
struct Truth<const NARROW: bool>;

impl<const NARROW: bool> Truth<NARROW> {
    const KIND: Kind = if NARROW { Kind::B16 } else { Kind::B32 };
}

impl<const NARROW: bool> Handler for Truth<NARROW> {
    const SRC: [Kind; 4] = [Self::KIND, Self::KIND, Self::KIND, Kind::None];
    const DST: [Kind; 2] = [Self::KIND, Kind::None];

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let [a, b, c] = [0, 1, 2].map(|i| w.source(s, i, Self::KIND));
        let mut row = [0; L];
        for case in (0..8).filter(|case| s.imm >> case & 1 != 0) {
            let turned = |bit: u32| if case >> bit & 1 == 0 { u32::MAX } else { 0 };
            for i in 0..L {
                row[i] |= (w.vgpr[a][i] ^ turned(2))
                    & (w.vgpr[b][i] ^ turned(1))
                    & (w.vgpr[c][i] ^ turned(0));
            }
        }
        w.result(s, Self::KIND, &row);
        Flow::Next
    }
}

/// Moves from or to the register that M0 is away from the one named.
struct MoveRelative<const SOURCE: bool>;

impl<const SOURCE: bool> Handler for MoveRelative<SOURCE> {
    const SRC: [Kind; 4] = [Kind::B32, Kind::None, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let Dst::Row(to) = s.dst[0] else {
            return Flow::Next;
        };
        let away = w.sgpr32(sreg::M0) as usize;
        let from = w.source(s, 0, Kind::B32);
        let (from, to) = if SOURCE {
            (from + away, usize::from(to))
        } else {
            (from, usize::from(to) + away)
        };
        if from.max(to) >= w.program.registers && away != 0 {
            return w.stop(FaultKind::Unsupported(format!(
                "M0 names a register {away} beyond the instruction's"
            )));
        }
        let (row, exec) = (w.vgpr[from], w.exec());
        w.write_row(to, &row, exec);
        Flow::Next
    }
}

/// Binds a cross-lane operation.
pub(super) fn bind<const L: usize>(inst: &Inst, level: Level) -> Option<Bound<L>> {
    use Opcode as O;
    let mut bound = match inst.opcode {
        O::VReadfirstlaneB32 => bound::<L, ReadFirstLane>(level),
        O::VReadlaneB32 => bound::<L, ReadLane>(level),
        O::VWritelaneB32 => bound::<L, WriteLane>(level),
        O::VMbcntLoU32B32 => bound::<L, CountBelow<false>>(level),
        O::VMbcntHiU32B32 => bound::<L, CountBelow<true>>(level),
        O::VPermlane16B32 => bound::<L, PermuteRows<false>>(level),
        O::VPermlanex16B32 => bound::<L, PermuteRows<true>>(level),
        O::VPermlane16VarB32 => bound::<L, PermuteRowsBy<false>>(level),
        O::VPermlanex16VarB32 => bound::<L, PermuteRowsBy<true>>(level),
        O::VPermlane64B32 => bound::<L, SwapHalves>(level),
        O::VPermlane16SwapB32 => bound::<L, SwapGroups<16>>(level),
        O::VPermlane32SwapB32 => bound::<L, SwapGroups<32>>(level),
        O::VBitop3B32 => bound::<L, Truth<false>>(level),
        O::VBitop3B16 => bound::<L, Truth<true>>(level),
        O::VSwapB32 => bound::<L, Swap>(level),
        O::VMovrelsB32 => bound::<L, MoveRelative<true>>(level),
        O::VMovreldB32 => bound::<L, MoveRelative<false>>(level),
        _ => return None,
    };
    bound.src_words = [1; 4];
    Some(bound)
}
