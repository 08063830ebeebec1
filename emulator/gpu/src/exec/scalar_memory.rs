//! Scalar loads: from memory to scalar registers.

use std::marker::PhantomData;

use redwick_isa::Opcode;

use super::access::widen;
use super::part::{Part, Signed, Unsigned};
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

/// Loads a byte or a half; through a buffer descriptor if `BUFFER`.
struct LoadPart<const N: usize, P, const BUFFER: bool>(PhantomData<P>);

impl<const N: usize, P: Part, const BUFFER: bool> Handler for LoadPart<N, P, BUFFER> {
    const SRC: [Kind; 4] = [Kind::B64, Kind::B32, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];
    const VECTOR: bool = false;

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let offset = i64::from(w.scalar32(s, 1)) + i64::from(s.imm);
        let base = w.scalar64(s, 0);
        let (base, limit) = if BUFFER {
            descriptor(w, s, base)
        } else {
            (base, u64::MAX)
        };
        let address = base.wrapping_add_signed(offset);
        let inside = address.wrapping_sub(base).saturating_add(N as u64) <= limit;
        let value = match w.memory.load::<N>(address) {
            _ if BUFFER && !inside => 0,
            Some(bytes) if w.accessible(address, N as u64) => P::place(widen(bytes), 0),
            _ => {
                return w.stop(FaultKind::OutOfBounds {
                    address,
                    size: N as u32,
                    lane: None,
                    write: false,
                });
            }
        };
        w.set_scalar32(s, 0, value);
        Flow::Next
    }
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
        O::SLoadB96 => (plain::<L, Load<3, false>>(), 3),
        O::SLoadU8 => (plain::<L, LoadPart<1, Unsigned, false>>(), 1),
        O::SLoadI8 => (plain::<L, LoadPart<1, Signed<8>, false>>(), 1),
        O::SLoadU16 => (plain::<L, LoadPart<2, Unsigned, false>>(), 1),
        O::SLoadI16 => (plain::<L, LoadPart<2, Signed<16>, false>>(), 1),
        O::SBufferLoadU8 => (plain::<L, LoadPart<1, Unsigned, true>>(), 1),
        O::SBufferLoadI8 => (plain::<L, LoadPart<1, Signed<8>, true>>(), 1),
        O::SBufferLoadU16 => (plain::<L, LoadPart<2, Unsigned, true>>(), 1),
        O::SBufferLoadI16 => (plain::<L, LoadPart<2, Signed<16>, true>>(), 1),
        O::SBufferLoadB96 => (plain::<L, Load<3, true>>(), 3),
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
