//! Global, flat and scratch addresses.

use redwick_isa::{Encoding, Inst, Operand};

use super::access::{Place, Refused, lanes, load_each, load_each_part, narrow, store_each};
use super::load_store::Space;
use crate::fault::FaultKind;
use crate::step::{Bound, Flow, Kind, Src, Step};
use crate::wave::{PRIVATE_APERTURE, SHARED_APERTURE, Wave};

/// `Step::flag`: which addresses the instruction uses.
pub(super) const GLOBAL: u8 = 0;
/// Addresses that may lead to LDS and private memory.
pub(super) const FLAT: u8 = 1;
/// Offsets into private memory.
pub(super) const SCRATCH: u8 = 2;

/// The lanes' addresses, as flat ones.
#[inline(always)]
pub(super) fn addresses<const L: usize>(w: &Wave<'_, L>, s: &Step<L>) -> [u64; L] {
    let mut addresses = [0; L];
    let offset = i64::from(s.imm) as u64;
    match (s.src[0], s.src[1]) {
        (Src::Row(row), Src::None) if s.flag != SCRATCH => {
            let (low, high) = (&w.vgpr[usize::from(row)], &w.vgpr[usize::from(row) + 1]);
            for i in 0..L {
                addresses[i] = (u64::from(low[i]) | u64::from(high[i]) << 32).wrapping_add(offset);
            }
        }
        (Src::Row(row), base) => {
            let base = uniform(w, s, base).wrapping_add(offset);
            let row = &w.vgpr[usize::from(row)];
            for i in 0..L {
                addresses[i] = base.wrapping_add(u64::from(row[i]));
            }
        }
        (_, base) => addresses.fill(uniform(w, s, base).wrapping_add(offset)),
    }
    if s.flag == SCRATCH {
        addresses
            .iter_mut()
            .for_each(|a| *a = *a & 0xffff_ffff | u64::from(PRIVATE_APERTURE) << 32);
    }
    addresses
}

#[inline(always)]
fn uniform<const L: usize>(w: &Wave<'_, L>, s: &Step<L>, base: Src) -> u64 {
    match base {
        Src::Scalar(at) if s.flag == SCRATCH => u64::from(w.sgpr32(at)),
        Src::Scalar(at) => w.sgpr64(at),
        _ => 0,
    }
}

/// Whether all active lanes address device memory directly.
#[inline(always)]
fn direct<const L: usize>(s: &Step<L>, addresses: &[u64; L]) -> bool {
    let high =
        |address: &u64| matches!((*address >> 32) as u32, SHARED_APERTURE | PRIVATE_APERTURE);
    s.flag == GLOBAL || !addresses.iter().any(high)
}

impl<const L: usize> Wave<'_, L> {
    /// Loads up to four bytes for a lane, wherever its flat address leads.
    pub(super) fn load_flat<const N: usize>(
        &mut self,
        address: u64,
        lane: usize,
    ) -> Result<[u8; N], Refused> {
        let loaded = match self.place(address, N as u32, lane, false)? {
            Place::Lds(offset) => return self.lds_load(offset, lane),
            Place::Global(place) if self.accessible(place, N as u64) => self.memory.load(place),
            Place::Global(_) => None,
        };
        loaded.ok_or_else(|| outside(address, N, lane, false))
    }

    /// Stores up to four bytes of a lane, wherever its flat address leads.
    pub(super) fn store_flat<const N: usize>(
        &mut self,
        address: u64,
        lane: usize,
        bytes: [u8; N],
    ) -> Result<(), Refused> {
        let stored = match self.place(address, N as u32, lane, true)? {
            Place::Lds(offset) => return self.lds_store(offset, lane, bytes),
            Place::Global(place) => {
                self.accessible(place, N as u64) && self.memory.store(place, bytes)
            }
        };
        if stored {
            Ok(())
        } else {
            Err(outside(address, N, lane, true))
        }
    }
}

fn outside(address: u64, size: usize, lane: usize, write: bool) -> Refused {
    Box::new(FaultKind::OutOfBounds {
        address,
        size: size as u32,
        lane: Some(lane as u32),
        write,
    })
}

/// Goes on, or stops the wave.
#[inline(always)]
pub(super) fn done<const L: usize>(w: &mut Wave<'_, L>, result: Result<(), Refused>) -> Flow {
    match result {
        Ok(()) => Flow::Next,
        Err(kind) => w.stop(*kind),
    }
}

/// Device memory, and for flat addresses LDS and private memory.
pub(super) struct Addressed;

impl Space for Addressed {
    const ADDRESS: [Kind; 4] = [Kind::B32, Kind::B64, Kind::None, Kind::None];
    const DATA: usize = 2;

    #[inline(always)]
    fn load_words<const W: usize, const L: usize>(
        w: &mut Wave<'_, L>,
        s: &Step<L>,
    ) -> Result<[[u32; L]; W], Refused> {
        let (addresses, mask) = (addresses(w, s), w.exec());
        if direct(s, &addresses) {
            return w.load_words::<W>(&addresses, mask);
        }
        load_each(mask, |at, lane| {
            w.load_flat(addresses[lane] + u64::from(at), lane)
        })
    }

    #[inline(always)]
    fn store_words<const W: usize, const L: usize>(
        w: &mut Wave<'_, L>,
        s: &Step<L>,
        first: usize,
    ) -> Result<(), Refused> {
        let (addresses, mask) = (addresses(w, s), w.exec());
        if direct(s, &addresses) {
            return w.store_words::<W>(&addresses, mask, first);
        }
        store_each::<W, L>(w, first, |w, at, lane, bytes| {
            w.store_flat(addresses[lane] + u64::from(at), lane, bytes)
        })
    }

    #[inline(always)]
    fn load_part<const N: usize, const L: usize>(
        w: &mut Wave<'_, L>,
        s: &Step<L>,
    ) -> Result<[u32; L], Refused> {
        let (addresses, mask) = (addresses(w, s), w.exec());
        if direct(s, &addresses) {
            return w.load_part::<N>(&addresses, mask);
        }
        load_each_part::<N, L>(mask, |lane| w.load_flat(addresses[lane], lane))
    }

    #[inline(always)]
    fn store_part<const N: usize, const L: usize>(
        w: &mut Wave<'_, L>,
        s: &Step<L>,
        row: &[u32; L],
    ) -> Result<(), Refused> {
        let (addresses, mask) = (addresses(w, s), w.exec());
        if direct(s, &addresses) {
            return w.store_part::<N>(&addresses, mask, row);
        }
        lanes(mask).try_for_each(|lane| w.store_flat::<N>(addresses[lane], lane, narrow(row[lane])))
    }
}

/// Which addresses an instruction uses, and how wide they are.
pub(super) fn address_form<const L: usize>(bound: &mut Bound<L>, inst: &Inst) -> Option<()> {
    bound.flag = match inst.encoding {
        Encoding::Global => GLOBAL,
        Encoding::Flat => FLAT,
        Encoding::Scratch => SCRATCH,
        _ => return None,
    };
    if bound.flag == SCRATCH {
        bound.src[1] = Kind::B32;
    } else if inst.src[1] == Operand::None {
        bound.src[0] = Kind::B64;
    }
    Some(())
}
