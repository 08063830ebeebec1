//! Loads from device memory straight to LDS.
//!
//! Lane `l` of the wave writes its word at M0's low 16 bits, plus the instruction's offset (which the
//! memory address counts too), plus `4·l`; bytes and halves become words.

use std::marker::PhantomData;

use redwick_isa::inst::{cache, sreg};
use redwick_isa::{Encoding, Inst, Opcode};

use super::access::{Refused, lanes, widen};
use super::global::{self, done};
use super::part::{Part, Signed, Unsigned};
use super::{Handler, buffer, plain};
use crate::step::{Bound, Flow, Kind, Step};
use crate::wave::Wave;

/// `Step::flag` of loads through buffer descriptors.
const BUFFER: u8 = 9;

/// Loads `N` bytes for each lane.
struct Load<const N: usize, P>(PhantomData<P>);

impl<const N: usize, P: Part> Load<N, P> {
    fn load<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Result<(), Refused> {
        let (addresses, mask) = if s.flag == BUFFER {
            buffer::addresses(w, s, N as u64)?
        } else {
            (global::addresses(w, s), w.exec())
        };
        let first = (w.sgpr32(sreg::M0) & 0xffff).wrapping_add(s.imm as u32);
        for lane in lanes(w.exec()) {
            // What lies outside a buffer reads 0.
            let value = if mask >> lane & 1 != 0 {
                P::place(w.load_flat::<N>(addresses[lane], lane).map(widen)?, 0)
            } else {
                0
            };
            w.lds_store(first + 4 * lane as u32, lane, value.to_le_bytes())?;
        }
        Ok(())
    }
}

impl<const N: usize, P: Part> Handler for Load<N, P> {
    const SRC: [Kind; 4] = [Kind::B32, Kind::B32, Kind::B32, Kind::None];

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let result = Self::load(w, s);
        done(w, result)
    }
}

/// Binds a load to LDS: an opcode of its own, or a bit of another load.
pub(super) fn bind<const L: usize>(inst: &Inst) -> Option<Bound<L>> {
    use Opcode as O;
    let marked = inst.modifiers.cache & cache::LDS != 0;
    let mut bound = match inst.opcode {
        O::GlobalLoadLdsB32 | O::ScratchLoadLdsB32 => plain::<L, Load<4, Unsigned>>(),
        O::GlobalLoadLdsU8 | O::ScratchLoadLdsU8 => plain::<L, Load<1, Unsigned>>(),
        O::GlobalLoadLdsI8 | O::ScratchLoadLdsI8 => plain::<L, Load<1, Signed<8>>>(),
        O::GlobalLoadLdsU16 | O::ScratchLoadLdsU16 => plain::<L, Load<2, Unsigned>>(),
        O::GlobalLoadLdsI16 | O::ScratchLoadLdsI16 => plain::<L, Load<2, Signed<16>>>(),
        other if marked => by_mark(other)?,
        _ => return None,
    };
    if inst.encoding == Encoding::Mubuf {
        bound.flag = BUFFER;
        buffer::address_form(&mut bound, inst);
    } else {
        bound.src[2] = Kind::None;
        global::address_form(&mut bound, inst)?;
    }
    Some(bound)
}

fn by_mark<const L: usize>(opcode: Opcode) -> Option<Bound<L>> {
    use Opcode as O;
    Some(match opcode {
        O::GlobalLoadB32 | O::ScratchLoadB32 | O::BufferLoadB32 => plain::<L, Load<4, Unsigned>>(),
        O::GlobalLoadU8 | O::ScratchLoadU8 | O::BufferLoadU8 => plain::<L, Load<1, Unsigned>>(),
        O::GlobalLoadI8 | O::ScratchLoadI8 | O::BufferLoadI8 => plain::<L, Load<1, Signed<8>>>(),
        O::GlobalLoadU16 | O::ScratchLoadU16 | O::BufferLoadU16 => plain::<L, Load<2, Unsigned>>(),
        O::GlobalLoadI16 | O::ScratchLoadI16 | O::BufferLoadI16 => {
            plain::<L, Load<2, Signed<16>>>()
        }
        _ => return None,
    })
}
