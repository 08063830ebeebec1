//! Global, flat and scratch loads and stores.

use redwick_isa::{Encoding, Inst, Opcode, Operand};

use super::access::{Place, Refused, lanes, narrow, widen};
use super::part::{self, Part};
use super::{Handler, Level, bound};
use crate::fault::FaultKind;
use crate::step::{Bound, Dst, Flow, Kind, Src, Step};
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

/// The row of the stored data.
#[inline(always)]
fn data<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> usize {
    w.source(s, 2, Kind::B32)
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

/// Loads `W` words.
struct LoadWords<const W: usize>;

impl<const W: usize> LoadWords<W> {
    #[inline(always)]
    fn load<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Result<(), Refused> {
        let Dst::Row(first) = s.dst[0] else {
            return Ok(());
        };
        let (addresses, mask) = (addresses(w, s), w.exec());
        let rows = if direct(s, &addresses) {
            w.load_words::<W>(&addresses, mask)?
        } else {
            Self::anywhere(w, &addresses, mask)?
        };
        for (word, row) in rows.iter().enumerate() {
            w.write_row(usize::from(first) + word, row, mask);
        }
        Ok(())
    }

    fn anywhere<const L: usize>(
        w: &mut Wave<'_, L>,
        addresses: &[u64; L],
        mask: u64,
    ) -> Result<[[u32; L]; W], Refused> {
        let mut rows = [[0; L]; W];
        for lane in lanes(mask) {
            for (word, row) in rows.iter_mut().enumerate() {
                row[lane] = w
                    .load_flat(addresses[lane] + 4 * word as u64, lane)
                    .map(u32::from_le_bytes)?;
            }
        }
        Ok(rows)
    }
}

impl<const W: usize> Handler for LoadWords<W> {
    const SRC: [Kind; 4] = [Kind::B32, Kind::B64, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let result = Self::load(w, s);
        done(w, result)
    }
}

/// Stores `W` words.
struct StoreWords<const W: usize>;

impl<const W: usize> StoreWords<W> {
    #[inline(always)]
    fn store<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Result<(), Refused> {
        let first = data(w, s);
        let (addresses, mask) = (addresses(w, s), w.exec());
        if direct(s, &addresses) {
            return w.store_words::<W>(&addresses, mask, first);
        }
        for lane in lanes(mask) {
            for word in 0..W {
                let bytes = w.vgpr[first + word][lane].to_le_bytes();
                w.store_flat(addresses[lane] + 4 * word as u64, lane, bytes)?;
            }
        }
        Ok(())
    }
}

impl<const W: usize> Handler for StoreWords<W> {
    const SRC: [Kind; 4] = [Kind::B32, Kind::B64, Kind::B32, Kind::None];

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let result = Self::store(w, s);
        done(w, result)
    }
}

/// Loads `N` bytes, placed as `Step::packed.op_sel` encodes a [`Part`].
struct LoadPart<const N: usize, P>(std::marker::PhantomData<P>);

impl<const N: usize, P: Part> LoadPart<N, P> {
    #[inline(always)]
    fn load<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Result<(), Refused> {
        let Dst::Row(row) = s.dst[0] else {
            return Ok(());
        };
        let (addresses, mask) = (addresses(w, s), w.exec());
        let mut loaded = [0; L];
        if direct(s, &addresses) {
            loaded = w.load_part::<N>(&addresses, mask)?;
        } else {
            for lane in lanes(mask) {
                loaded[lane] = w.load_flat::<N>(addresses[lane], lane).map(widen)?;
            }
        }
        part::write::<P, L>(w, usize::from(row), &loaded, mask);
        Ok(())
    }
}

impl<const N: usize, P: Part> Handler for LoadPart<N, P> {
    const SRC: [Kind; 4] = [Kind::B32, Kind::B64, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let result = Self::load(w, s);
        done(w, result)
    }
}

/// Stores `N` bytes, from bit `SHIFT` of the data on.
struct StorePart<const N: usize, const SHIFT: u32>;

impl<const N: usize, const SHIFT: u32> StorePart<N, SHIFT> {
    #[inline(always)]
    fn store<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Result<(), Refused> {
        let row = data(w, s);
        let row = w.vgpr[row].map(|lane| lane >> SHIFT);
        let (addresses, mask) = (addresses(w, s), w.exec());
        if direct(s, &addresses) {
            return w.store_part::<N>(&addresses, mask, &row);
        }
        lanes(mask).try_for_each(|lane| w.store_flat::<N>(addresses[lane], lane, narrow(row[lane])))
    }
}

impl<const N: usize, const SHIFT: u32> Handler for StorePart<N, SHIFT> {
    const SRC: [Kind; 4] = [Kind::B32, Kind::B64, Kind::B32, Kind::None];

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let result = Self::store(w, s);
        done(w, result)
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

/// Binds a load or store.
pub(super) fn bind<const L: usize>(inst: &Inst, level: Level) -> Option<Bound<L>> {
    let (mut bound, words) = handler(inst.opcode, level)?;
    if bound.src[2] != Kind::None {
        bound.src_words[2] = words;
    } else {
        bound.dst_words[0] = words;
    }
    address_form(&mut bound, inst)?;
    Some(bound)
}

/// The handler of a load or store and the registers that it moves.
fn handler<const L: usize>(opcode: Opcode, level: Level) -> Option<(Bound<L>, u8)> {
    use Opcode as O;
    use part::{High, HighSigned, Low, LowSigned, Signed, Unsigned};
    Some(match opcode {
        O::GlobalLoadB32 | O::FlatLoadB32 | O::ScratchLoadB32 => {
            (bound::<L, LoadWords<1>>(level), 1)
        }
        O::GlobalLoadB64 | O::FlatLoadB64 | O::ScratchLoadB64 => {
            (bound::<L, LoadWords<2>>(level), 2)
        }
        O::GlobalLoadB96 | O::FlatLoadB96 | O::ScratchLoadB96 => {
            (bound::<L, LoadWords<3>>(level), 3)
        }
        O::GlobalLoadB128 | O::FlatLoadB128 | O::ScratchLoadB128 => {
            (bound::<L, LoadWords<4>>(level), 4)
        }
        O::GlobalStoreB32 | O::FlatStoreB32 | O::ScratchStoreB32 => {
            (bound::<L, StoreWords<1>>(level), 1)
        }
        O::GlobalStoreB64 | O::FlatStoreB64 | O::ScratchStoreB64 => {
            (bound::<L, StoreWords<2>>(level), 2)
        }
        O::GlobalStoreB96 | O::FlatStoreB96 | O::ScratchStoreB96 => {
            (bound::<L, StoreWords<3>>(level), 3)
        }
        O::GlobalStoreB128 | O::FlatStoreB128 | O::ScratchStoreB128 => {
            (bound::<L, StoreWords<4>>(level), 4)
        }
        O::GlobalLoadU8 | O::FlatLoadU8 | O::ScratchLoadU8 => {
            (bound::<L, LoadPart<1, Unsigned>>(level), 1)
        }
        O::GlobalLoadI8 | O::FlatLoadI8 | O::ScratchLoadI8 => {
            (bound::<L, LoadPart<1, Signed<8>>>(level), 1)
        }
        O::GlobalLoadU16 | O::FlatLoadU16 | O::ScratchLoadU16 => {
            (bound::<L, LoadPart<2, Unsigned>>(level), 1)
        }
        O::GlobalLoadI16 | O::FlatLoadI16 | O::ScratchLoadI16 => {
            (bound::<L, LoadPart<2, Signed<16>>>(level), 1)
        }
        O::GlobalLoadD16U8 | O::FlatLoadD16U8 | O::ScratchLoadD16U8 => {
            (bound::<L, LoadPart<1, Low>>(level), 1)
        }
        O::GlobalLoadD16I8 | O::FlatLoadD16I8 | O::ScratchLoadD16I8 => {
            (bound::<L, LoadPart<1, LowSigned>>(level), 1)
        }
        O::GlobalLoadD16B16 | O::FlatLoadD16B16 | O::ScratchLoadD16B16 => {
            (bound::<L, LoadPart<2, Low>>(level), 1)
        }
        O::GlobalLoadD16HiU8 | O::FlatLoadD16HiU8 | O::ScratchLoadD16HiU8 => {
            (bound::<L, LoadPart<1, High>>(level), 1)
        }
        O::GlobalLoadD16HiI8 | O::FlatLoadD16HiI8 | O::ScratchLoadD16HiI8 => {
            (bound::<L, LoadPart<1, HighSigned>>(level), 1)
        }
        O::GlobalLoadD16HiB16 | O::FlatLoadD16HiB16 | O::ScratchLoadD16HiB16 => {
            (bound::<L, LoadPart<2, High>>(level), 1)
        }
        O::GlobalStoreB8 | O::FlatStoreB8 | O::ScratchStoreB8 => {
            (bound::<L, StorePart<1, 0>>(level), 1)
        }
        O::GlobalStoreB16 | O::FlatStoreB16 | O::ScratchStoreB16 => {
            (bound::<L, StorePart<2, 0>>(level), 1)
        }
        O::GlobalStoreD16HiB8 | O::FlatStoreD16HiB8 | O::ScratchStoreD16HiB8 => {
            (bound::<L, StorePart<1, 16>>(level), 1)
        }
        O::GlobalStoreD16HiB16 | O::FlatStoreD16HiB16 | O::ScratchStoreD16HiB16 => {
            (bound::<L, StorePart<2, 16>>(level), 1)
        }
        _ => return None,
    })
}
