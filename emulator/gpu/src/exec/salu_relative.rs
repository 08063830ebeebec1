//! Moves from or to the scalar register that M0 is away from the one named.

use redwick_isa::Opcode;
use redwick_isa::inst::sreg;

use super::{Handler, plain};
use crate::fault::FaultKind;
use crate::step::{Bound, Dst, Flow, Kind, Src, Step};
use crate::wave::Wave;

/// Scalar registers that may be named this way: the general ones and VCC.
const LAST: u64 = sreg::VCC as u64 + 1;

/// The register `away` from another; `None` where there is none.
fn further(at: u8, away: u32, words: u8) -> Option<u8> {
    let at = u64::from(at) + u64::from(away);
    (at + u64::from(words) - 1 <= LAST).then_some(at as u8)
}

/// Moves `WORDS` registers; M0 counts from the source or from the destination.
struct Move<const WORDS: u8, const SOURCE: bool>;

impl<const WORDS: u8, const SOURCE: bool> Move<WORDS, SOURCE> {
    const KIND: Kind = if WORDS == 2 { Kind::B64 } else { Kind::B32 };

    fn value<const L: usize>(w: &Wave<'_, L>, s: &Step<L>, away: u32) -> Option<u64> {
        match s.src[0] {
            Src::Scalar(at) if SOURCE => Some(w.sgpr64(further(at, away, WORDS)?)),
            _ => Some(w.scalar64(s, 0)),
        }
    }
}

impl<const WORDS: u8, const SOURCE: bool> Handler for Move<WORDS, SOURCE> {
    const SRC: [Kind; 4] = [Self::KIND, Kind::None, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Self::KIND, Kind::None];
    const VECTOR: bool = false;

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let away = w.sgpr32(sreg::M0);
        let Dst::Scalar(to) = s.dst[0] else {
            return Flow::Next;
        };
        let to = further(to, if SOURCE { 0 } else { away }, WORDS);
        let (Some(value), Some(to)) = (Self::value(w, s, away), to) else {
            return w.stop(FaultKind::Unsupported(format!(
                "M0 names a scalar register {away} beyond the instruction's"
            )));
        };
        w.set_sgpr32(to, value as u32);
        w.mark_sgprs(to, WORDS);
        if WORDS == 2 {
            w.set_sgpr32(to + 1, (value >> 32) as u32);
        }
        Flow::Next
    }
}

/// Binds a relative move.
pub(super) fn bind<const L: usize>(opcode: Opcode) -> Option<Bound<L>> {
    Some(match opcode {
        Opcode::SMovrelsB32 => plain::<L, Move<1, true>>(),
        Opcode::SMovrelsB64 => plain::<L, Move<2, true>>(),
        Opcode::SMovreldB32 => plain::<L, Move<1, false>>(),
        Opcode::SMovreldB64 => plain::<L, Move<2, false>>(),
        _ => return None,
    })
}
