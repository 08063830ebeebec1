//! Moves between lanes through the LDS hardware: permute, bpermute, swizzle.

use redwick_isa::inst::sreg;
use redwick_isa::{Inst, Opcode};

use super::access::lanes;
use super::global::done;
use super::{Handler, Level, bound, plain};
use crate::fault::FaultKind;
use crate::lds::Touch;
use crate::step::{Bound, Flow, Kind, Step};
use crate::wave::Wave;

/// Every lane takes the data of the lane that its address names; inactive lanes give 0, or their data
/// too if `ALL`.
struct Pull<const ALL: bool>;

impl<const ALL: bool> Handler for Pull<ALL> {
    const SRC: [Kind; 4] = [Kind::B32, Kind::B32, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let (address, data) = (w.source(s, 0, Kind::B32), w.source(s, 1, Kind::B32));
        let exec = w.exec();
        let mut active = [0; L];
        crate::wave::blend(
            &mut active,
            &w.vgpr[data],
            if ALL { u64::MAX } else { exec },
        );
        let mut row = [0; L];
        for i in 0..L {
            let from = w.vgpr[address][i].wrapping_add(s.imm as u32) / 4;
            row[i] = active[from as usize % L];
        }
        w.result(s, Kind::B32, &row);
        Flow::Next
    }
}

/// Every active lane gives its data to the lane that its address names; the highest lane wins.
struct Push;

impl Handler for Push {
    const SRC: [Kind; 4] = [Kind::B32, Kind::B32, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let (address, data) = (w.source(s, 0, Kind::B32), w.source(s, 1, Kind::B32));
        let mut row = [0; L];
        for i in lanes(w.exec()) {
            let to = w.vgpr[address][i].wrapping_add(s.imm as u32) / 4;
            row[to as usize % L] = w.vgpr[data][i];
        }
        w.result(s, Kind::B32, &row);
        Flow::Next
    }
}

/// Every lane takes the data of the lane that the instruction's pattern names.
struct Swizzle;

/// The lane that lane `i` takes its data from, under a pattern; `None` for patterns not modelled.
fn swizzled(pattern: u32, i: usize) -> Option<usize> {
    let lane = i as u32 & 31;
    let from = match pattern >> 13 {
        0..=3 => (lane & pattern & 31 | pattern >> 5 & 31) ^ pattern >> 10 & 31,
        4 | 5 => lane & !3 | pattern >> (2 * (lane & 3)) & 3,
        6 => {
            let (fixed, amount) = (pattern & 31, pattern >> 5 & 31);
            let turned = if pattern >> 10 & 1 == 0 {
                lane + amount
            } else {
                lane + 32 - amount
            };
            lane & fixed | turned & !fixed & 31
        }
        _ => return None,
    };
    Some(i & !31 | from as usize)
}

impl Handler for Swizzle {
    const SRC: [Kind; 4] = [Kind::B32, Kind::None, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let data = w.source(s, 0, Kind::B32);
        let (pattern, exec) = (s.imm as u32 & 0xffff, w.exec());
        let mut row = [0; L];
        for (i, lane) in row.iter_mut().enumerate() {
            let Some(from) = swizzled(pattern, i) else {
                return w.stop(FaultKind::Unsupported(format!(
                    "swizzle pattern {pattern:#x}"
                )));
            };
            *lane = if exec >> from & 1 != 0 {
                w.vgpr[data][from]
            } else {
                0
            };
        }
        w.result(s, Kind::B32, &row);
        Flow::Next
    }
}

/// Adds the number of active lanes to a word of LDS, or takes it away; all get the old word.
struct Count<const UP: bool>;

impl<const UP: bool> Handler for Count<UP> {
    const DST: [Kind; 2] = [Kind::B32, Kind::None];

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let (exec, offset) = (
            w.exec(),
            (w.sgpr32(sreg::M0) & 0xffff).wrapping_add(s.imm as u32),
        );
        let lane = exec.trailing_zeros() as usize % L;
        let touched = w.lds_touch(offset, 4, lane, Touch::Atomic);
        let old = match touched.and_then(|()| w.lds_fetch(offset, lane)) {
            Ok(bytes) => u32::from_le_bytes(bytes),
            Err(kind) => return w.stop(*kind),
        };
        let count = exec.count_ones();
        let new = if UP {
            old.wrapping_add(count)
        } else {
            old.wrapping_sub(count)
        };
        w.result(s, Kind::B32, &[old; L]);
        let stored = w.lds_put(offset, lane, new.to_le_bytes());
        done(w, stored)
    }
}

/// Binds a move between lanes.
pub(super) fn bind<const L: usize>(inst: &Inst, level: Level) -> Option<Bound<L>> {
    Some(match inst.opcode {
        Opcode::DsBpermuteB32 => bound::<L, Pull<false>>(level),
        Opcode::DsBpermuteFiB32 => bound::<L, Pull<true>>(level),
        Opcode::DsPermuteB32 => bound::<L, Push>(level),
        Opcode::DsAppend => plain::<L, Count<true>>(),
        Opcode::DsConsume => plain::<L, Count<false>>(),
        Opcode::DsSwizzleB32 => bound::<L, Swizzle>(level),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::swizzled;

    #[test]
    fn patterns() {
        assert_eq!(swizzled(0x041f, 5), Some(4));
        assert_eq!(swizzled(0x041f, 37), Some(36));
        assert_eq!(swizzled(0x0000, 9), Some(0));
        assert_eq!(swizzled(0x8000 | 0b00_01_10_11, 4), Some(7));
        assert_eq!(swizzled(0xc000 | 1 << 5, 31), Some(0));
        assert_eq!(swizzled(0xe000, 0), None);
    }
}
