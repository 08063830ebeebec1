//! Scalar loads: from memory to scalar registers.

use redwick_isa::Opcode;

use super::{Handler, plain};
use crate::fault::FaultKind;
use crate::step::{Bound, Dst, Flow, Kind, Src, Step};
use crate::wave::Wave;

/// Loads `W` words; through a buffer descriptor if `BUFFER`.
struct Load<const W: usize, const BUFFER: bool>;

impl<const W: usize, const BUFFER: bool> Handler for Load<W, BUFFER> {
    const SRC: [Kind; 4] = [Kind::B64, Kind::B32, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];
    const VECTOR: bool = false;

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let Dst::Scalar(first) = s.dst[0] else {
            return Flow::Next;
        };
        let offset = i64::from(w.scalar32(s, 1)) + i64::from(s.imm);
        let base = w.scalar64(s, 0);
        let (base, limit) = if BUFFER {
            descriptor(w, s, base)
        } else {
            (base, u64::MAX)
        };
        // The two lowest bits of base and offset are ignored.
        let address = (base & !3).wrapping_add_signed(offset & !3);
        if !w.accessible(address, 4 * W as u64) && limit == u64::MAX {
            let size = 4 * W as u32;
            return w.stop(FaultKind::OutOfBounds {
                address,
                size,
                lane: None,
                write: false,
            });
        }
        for word in 0..W {
            let at = first.wrapping_add(word as u8);
            let place = address + 4 * word as u64;
            let inside = (place - (base & !3)).saturating_add(4) <= limit;
            // Beyond the end of a buffer there are zeros.
            let value = if inside { w.memory.load(place) } else { None };
            w.set_sgpr32(at, value.map_or(0, u32::from_le_bytes));
        }
        Flow::Next
    }
}

/// Base and size of a buffer whose descriptor is in four scalar registers.
fn descriptor<const L: usize>(w: &Wave<'_, L>, s: &Step<L>, low: u64) -> (u64, u64) {
    let records = match s.src[0] {
        Src::Scalar(at) => u64::from(w.sgpr32(at.wrapping_add(2))),
        _ => 0,
    };
    let stride = (low >> 48 & 0x3fff).max(1);
    (low & 0xffff_ffff_ffff, records * stride)
}

/// Answers with the instruction count, which serves as every clock.
struct Clock;

impl Handler for Clock {
    const DST: [Kind; 2] = [Kind::B64, Kind::None];
    const VECTOR: bool = false;

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        w.set_scalar64(s, 0, w.executed);
        Flow::Next
    }
}

/// Binds a scalar memory operation.
pub(super) fn bind<const L: usize>(opcode: Opcode) -> Option<Bound<L>> {
    use Opcode as O;
    let (mut bound, words) = match opcode {
        O::SMemtime | O::SMemrealtime => (plain::<L, Clock>(), 2),
        O::SLoadB32 => (plain::<L, Load<1, false>>(), 1),
        O::SLoadB64 => (plain::<L, Load<2, false>>(), 2),
        O::SLoadB128 => (plain::<L, Load<4, false>>(), 4),
        O::SLoadB256 => (plain::<L, Load<8, false>>(), 8),
        O::SLoadB512 => (plain::<L, Load<16, false>>(), 16),
        O::SBufferLoadB32 => (plain::<L, Load<1, true>>(), 1),
        O::SBufferLoadB64 => (plain::<L, Load<2, true>>(), 2),
        O::SBufferLoadB128 => (plain::<L, Load<4, true>>(), 4),
        O::SBufferLoadB256 => (plain::<L, Load<8, true>>(), 8),
        O::SBufferLoadB512 => (plain::<L, Load<16, true>>(), 16),
        _ => return None,
    };
    bound.dst_words[0] = words;
    Some(bound)
}
