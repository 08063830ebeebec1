//! LDS loads and stores.

use redwick_isa::{Inst, Opcode};

use super::access::{Refused, lanes, load_each, load_each_part, narrow, store_each, widen};
use super::global::done;
use super::load_store::Space;
use super::{Handler, Level, bound, plain};
use crate::fault::FaultKind;
use crate::lds::Touch;
use crate::step::{Bound, Dst, Flow, Kind, Step};
use crate::wave::Wave;

impl<const L: usize> Wave<'_, L> {
    /// Loads bytes of LDS for a lane.
    #[inline(always)]
    pub(super) fn lds_load<const N: usize>(
        &mut self,
        offset: u32,
        lane: usize,
    ) -> Result<[u8; N], Refused> {
        self.lds_touch(offset, N, lane, Touch::Load)?;
        self.lds_fetch(offset, lane)
    }

    /// Stores bytes of a lane to LDS.
    #[inline(always)]
    pub(super) fn lds_store<const N: usize>(
        &mut self,
        offset: u32,
        lane: usize,
        bytes: [u8; N],
    ) -> Result<(), Refused> {
        self.lds_touch(offset, N, lane, Touch::Store)?;
        self.lds_put(offset, lane, bytes)
    }

    /// Looks for a race of a lane's access.
    #[inline(always)]
    pub(super) fn lds_touch(
        &mut self,
        offset: u32,
        size: usize,
        lane: usize,
        touch: Touch,
    ) -> Result<(), Refused> {
        let (wave, barriers) = (self.number, self.barriers);
        if !self.lds.races(offset, size, wave, barriers, touch) {
            return Ok(());
        }
        Err(Box::new(FaultKind::LdsRace {
            offset,
            size: size as u32,
            lane: lane as u32,
            write: touch != Touch::Load,
        }))
    }

    /// Loads bytes of LDS, whoever else may access them.
    #[inline(always)]
    pub(super) fn lds_fetch<const N: usize>(
        &self,
        offset: u32,
        lane: usize,
    ) -> Result<[u8; N], Refused> {
        if self.shadow.is_some() && !self.lds.is_sound::<N>(offset) {
            self.lds_check(offset, N as u32, lane, false)?;
        }
        self.lds
            .load(offset)
            .ok_or_else(|| self.lds_outside(offset, N, lane, false))
    }

    /// Stores bytes to LDS, whoever else may access them.
    #[inline(always)]
    pub(super) fn lds_put<const N: usize>(
        &mut self,
        offset: u32,
        lane: usize,
        bytes: [u8; N],
    ) -> Result<(), Refused> {
        if self.shadow.is_some() && !offset.is_multiple_of(N.min(4) as u32) {
            self.lds_check(offset, N as u32, lane, true)?;
        }
        let stored = self.lds.store(offset, bytes);
        if stored {
            Ok(())
        } else {
            Err(self.lds_outside(offset, N, lane, true))
        }
    }

    /// Checked mode: words aligned, and written before they are read.
    #[cold]
    fn lds_check(&self, offset: u32, size: u32, lane: usize, write: bool) -> Result<(), Refused> {
        let lane = lane as u32;
        if !offset.is_multiple_of(size.min(4)) {
            return Err(Box::new(FaultKind::MisalignedLds { offset, size, lane }));
        }
        if offset as usize + size as usize > self.lds.size() || write {
            return Ok(());
        }
        match self.lds.unwritten(offset, size) {
            Some(offset) => Err(Box::new(FaultKind::UninitialisedLds { offset, lane })),
            None => Ok(()),
        }
    }

    #[cold]
    fn lds_outside(&self, offset: u32, size: usize, lane: usize, write: bool) -> Refused {
        let allocated = self.lds.size() as u32;
        Box::new(FaultKind::LdsOutOfRange {
            offset,
            size: size as u32,
            allocated,
            lane: lane as u32,
            write,
        })
    }
}

/// The lanes' LDS offsets.
#[inline(always)]
pub(super) fn offsets<const L: usize>(
    w: &mut Wave<'_, L>,
    s: &Step<L>,
    immediate: u32,
) -> [u32; L] {
    let row = w.source(s, 0, Kind::B32);
    w.vgpr[row].map(|lane| lane.wrapping_add(immediate))
}

/// The two offsets of an instruction with two, in bytes.
fn two_offsets<const L: usize>(s: &Step<L>, unit: u32) -> [u32; 2] {
    let imm = s.imm as u32;
    [(imm & 0xff) * unit, (imm >> 8 & 0xff) * unit]
}

/// Loads `W` words for each active lane.
#[inline(always)]
fn gather<const W: usize, const L: usize>(
    w: &mut Wave<'_, L>,
    offsets: &[u32; L],
) -> Result<[[u32; L]; W], Refused> {
    let mut rows = [[0; L]; W];
    let mask = w.exec();
    if mask == Wave::<L>::FULL
        && w.shadow.is_none()
        && gather_all(w.lds.bytes(), offsets, &mut rows)
    {
        return Ok(rows);
    }
    load_each(mask, |at, lane| {
        w.lds_load(offsets[lane].wrapping_add(at), lane)
    })
}

/// Loads for all lanes, if none is out of range.
#[inline(always)]
fn gather_all<const W: usize, const L: usize>(
    bytes: &[u8],
    offsets: &[u32; L],
    rows: &mut [[u32; L]; W],
) -> bool {
    for lane in 0..L {
        let Some(place) = bytes
            .get(offsets[lane] as usize..)
            .and_then(|rest| rest.get(..4 * W))
        else {
            return false;
        };
        for (word, row) in rows.iter_mut().enumerate() {
            row[lane] = widen([
                place[4 * word],
                place[4 * word + 1],
                place[4 * word + 2],
                place[4 * word + 3],
            ]);
        }
    }
    true
}

/// Loads `W` words from each of two places `UNIT` bytes times an offset away.
struct LoadTwo<const W: usize, const UNIT: u32>;

impl<const W: usize, const UNIT: u32> LoadTwo<W, UNIT> {
    #[inline(always)]
    fn load<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Result<(), Refused> {
        let Dst::Row(first) = s.dst[0] else {
            return Ok(());
        };
        let [near, far] = two_offsets(s, UNIT);
        let (near, far) = (offsets(w, s, near), offsets(w, s, far));
        // Both are read before either is written: the address register may be a destination.
        let (near, far) = (gather::<W, L>(w, &near)?, gather::<W, L>(w, &far)?);
        let mask = w.exec();
        for (word, row) in near.iter().chain(&far).enumerate() {
            w.write_row(usize::from(first) + word, row, mask);
        }
        Ok(())
    }
}

impl<const W: usize, const UNIT: u32> Handler for LoadTwo<W, UNIT> {
    const SRC: [Kind; 4] = [Kind::B32, Kind::None, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let result = Self::load(w, s);
        done(w, result)
    }
}

/// Stores words of rows from `first` on for each active lane.
#[inline(always)]
fn scatter<const W: usize, const L: usize>(
    w: &mut Wave<'_, L>,
    offsets: &[u32; L],
    first: usize,
) -> Result<(), Refused> {
    store_each::<W, L>(w, first, |w, at, lane, bytes| {
        w.lds_store(offsets[lane].wrapping_add(at), lane, bytes)
    })
}

/// Stores `W` words to each of two places.
struct StoreTwo<const W: usize, const UNIT: u32>;

impl<const W: usize, const UNIT: u32> Handler for StoreTwo<W, UNIT> {
    const SRC: [Kind; 4] = [Kind::B32, Kind::B32, Kind::B32, Kind::None];

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let [near, far] = two_offsets(s, UNIT);
        let (near, far) = (offsets(w, s, near), offsets(w, s, far));
        let (first, second) = (w.source(s, 1, Kind::B32), w.source(s, 2, Kind::B32));
        let result =
            scatter::<W, L>(w, &near, first).and_then(|()| scatter::<W, L>(w, &far, second));
        done(w, result)
    }
}

/// Exchanges `W` words at each of two places.
struct ExchangeTwo<const W: usize, const UNIT: u32>;

impl<const W: usize, const UNIT: u32> ExchangeTwo<W, UNIT> {
    fn exchange<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Result<(), Refused> {
        let Dst::Row(to) = s.dst[0] else {
            return Ok(());
        };
        let places = two_offsets(s, UNIT).map(|offset| offsets(w, s, offset));
        let data = [1, 2].map(|i| w.source(s, i, Kind::B32));
        let mask = w.exec();
        let mut old = Vec::with_capacity(2 * W);
        for (place, first) in places.iter().zip(data) {
            old.extend(gather::<W, L>(w, place)?);
            scatter::<W, L>(w, place, first)?;
        }
        for (word, row) in old.iter().enumerate() {
            w.write_row(usize::from(to) + word, row, mask);
        }
        Ok(())
    }
}

impl<const W: usize, const UNIT: u32> Handler for ExchangeTwo<W, UNIT> {
    const SRC: [Kind; 4] = [Kind::B32, Kind::B32, Kind::B32, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let result = Self::exchange(w, s);
        done(w, result)
    }
}

/// The workgroup's LDS.
pub(super) struct Shared;

impl Space for Shared {
    const ADDRESS: [Kind; 4] = [Kind::B32, Kind::None, Kind::None, Kind::None];
    const DATA: usize = 1;

    #[inline(always)]
    fn load_words<const W: usize, const L: usize>(
        w: &mut Wave<'_, L>,
        s: &Step<L>,
    ) -> Result<[[u32; L]; W], Refused> {
        let offsets = offsets(w, s, s.imm as u32);
        gather::<W, L>(w, &offsets)
    }

    #[inline(always)]
    fn store_words<const W: usize, const L: usize>(
        w: &mut Wave<'_, L>,
        s: &Step<L>,
        first: usize,
    ) -> Result<(), Refused> {
        let offsets = offsets(w, s, s.imm as u32);
        scatter::<W, L>(w, &offsets, first)
    }

    #[inline(always)]
    fn load_part<const N: usize, const L: usize>(
        w: &mut Wave<'_, L>,
        s: &Step<L>,
    ) -> Result<[u32; L], Refused> {
        let (offsets, mask) = (offsets(w, s, s.imm as u32), w.exec());
        load_each_part::<N, L>(mask, |lane| w.lds_load(offsets[lane], lane))
    }

    #[inline(always)]
    fn store_part<const N: usize, const L: usize>(
        w: &mut Wave<'_, L>,
        s: &Step<L>,
        row: &[u32; L],
    ) -> Result<(), Refused> {
        let offsets = offsets(w, s, s.imm as u32);
        lanes(w.exec())
            .try_for_each(|lane| w.lds_store::<N>(offsets[lane], lane, narrow(row[lane])))
    }
}

/// Binds an LDS load or store at two places.
pub(super) fn bind<const L: usize>(inst: &Inst, level: Level) -> Option<Bound<L>> {
    use Opcode as O;
    let (mut bound, words) = match inst.opcode {
        O::DsLoad2addrB32 => (bound::<L, LoadTwo<1, 4>>(level), 1),
        O::DsLoad2addrB64 => (bound::<L, LoadTwo<2, 8>>(level), 2),
        O::DsLoad2addrStride64B32 => (bound::<L, LoadTwo<1, 256>>(level), 1),
        O::DsLoad2addrStride64B64 => (bound::<L, LoadTwo<2, 512>>(level), 2),
        O::DsStore2addrB32 => (bound::<L, StoreTwo<1, 4>>(level), 1),
        O::DsStore2addrB64 => (bound::<L, StoreTwo<2, 8>>(level), 2),
        O::DsStore2addrStride64B32 => (bound::<L, StoreTwo<1, 256>>(level), 1),
        O::DsStore2addrStride64B64 => (bound::<L, StoreTwo<2, 512>>(level), 2),
        O::DsStorexchg2addrRtnB32 => (plain::<L, ExchangeTwo<1, 4>>(), 1),
        O::DsStorexchg2addrRtnB64 => (plain::<L, ExchangeTwo<2, 8>>(), 2),
        O::DsStorexchg2addrStride64RtnB32 => (plain::<L, ExchangeTwo<1, 256>>(), 1),
        O::DsStorexchg2addrStride64RtnB64 => (plain::<L, ExchangeTwo<2, 512>>(), 2),
        _ => return None,
    };
    bound.src_words = [1, words, words, 0];
    bound.dst_words[0] = 2 * words;
    Some(bound)
}
