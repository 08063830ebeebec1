//! Lanes that access memory: addresses in, words out. What global, flat, scratch and buffer
//! instructions share.

use crate::fault::FaultKind;
use crate::wave::{PRIVATE_APERTURE, SHARED_APERTURE, Wave};

/// An access that cannot be done.
pub(super) type Refused = Box<FaultKind>;

/// How addresses relate to one another.
enum Pattern {
    /// Each lane's words follow those of the lane before.
    Consecutive,
    /// All lanes have the same address.
    Same,
    /// Neither.
    Any,
}

/// Looks for a pattern among the addresses of all lanes.
#[inline(always)]
fn pattern<const L: usize>(addresses: &[u64; L], size: u64) -> Pattern {
    let first = addresses[0];
    let (mut consecutive, mut same) = (0, 0);
    for (i, address) in addresses.iter().enumerate() {
        consecutive |= address ^ first.wrapping_add(size * i as u64);
        same |= address ^ first;
    }
    match (consecutive, same) {
        (0, _) => Pattern::Consecutive,
        (_, 0) => Pattern::Same,
        _ => Pattern::Any,
    }
}

/// The lanes of a mask.
#[inline(always)]
pub(super) fn lanes(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lane = mask.trailing_zeros() as usize;
        mask &= mask.wrapping_sub(1);
        (lane < 64).then_some(lane)
    })
}

/// Loads `W` words for each lane of a mask, one after the other, by `load` of the words' distance from
/// the first in bytes and the lane.
#[inline(always)]
pub(super) fn load_each<const W: usize, const L: usize>(
    mask: u64,
    mut load: impl FnMut(u32, usize) -> Result<[u8; 4], Refused>,
) -> Result<[[u32; L]; W], Refused> {
    let mut rows = [[0; L]; W];
    for lane in lanes(mask) {
        for (word, row) in rows.iter_mut().enumerate() {
            row[lane] = u32::from_le_bytes(load(4 * word as u32, lane)?);
        }
    }
    Ok(rows)
}

/// Loads `N` bytes for each lane of a mask, zero-extended, one after the other.
#[inline(always)]
pub(super) fn load_each_part<const N: usize, const L: usize>(
    mask: u64,
    mut load: impl FnMut(usize) -> Result<[u8; N], Refused>,
) -> Result<[u32; L], Refused> {
    let mut row = [0; L];
    for lane in lanes(mask) {
        row[lane] = widen(load(lane)?);
    }
    Ok(row)
}

/// Stores `W` words of each active lane, the rows from `first` on, one after the other; `store` is told
/// as `load` of [`load_each`] is.
#[inline(always)]
pub(super) fn store_each<const W: usize, const L: usize>(
    w: &mut Wave<'_, L>,
    first: usize,
    store: impl Fn(&mut Wave<'_, L>, u32, usize, [u8; 4]) -> Result<(), Refused>,
) -> Result<(), Refused> {
    for lane in lanes(w.exec()) {
        for word in 0..W {
            let bytes = w.vgpr[first + word][lane].to_le_bytes();
            store(w, 4 * word as u32, lane, bytes)?;
        }
    }
    Ok(())
}

/// Where an address of a flat instruction leads.
pub(super) enum Place {
    /// Device memory.
    Global(u64),
    /// The workgroup's LDS.
    Lds(u32),
}

impl<const L: usize> Wave<'_, L> {
    /// Where a flat address of a lane leads; private memory is swizzled into device memory.
    pub(super) fn place(
        &self,
        address: u64,
        size: u32,
        lane: usize,
        write: bool,
    ) -> Result<Place, Refused> {
        match (address >> 32) as u32 {
            SHARED_APERTURE => Ok(Place::Lds(address as u32)),
            PRIVATE_APERTURE => self
                .private_address(address as u32, size, lane, write)
                .map(Place::Global),
            _ => Ok(Place::Global(address)),
        }
    }

    /// The device address of a lane's private byte `offset`: words of the lanes alternate.
    pub(super) fn private_address(
        &self,
        offset: u32,
        size: u32,
        lane: usize,
        write: bool,
    ) -> Result<u64, Refused> {
        if u64::from(offset) + u64::from(size) > u64::from(self.scratch.size) {
            let address = u64::from(PRIVATE_APERTURE) << 32 | u64::from(offset);
            return Err(Box::new(FaultKind::OutOfBounds {
                address,
                size,
                lane: Some(lane as u32),
                write,
            }));
        }
        let (word, byte) = (u64::from(offset / 4), u64::from(offset % 4));
        Ok(self.scratch.base + (word * L as u64 + lane as u64) * 4 + byte)
    }

    /// Refuses an access of a lane.
    #[cold]
    fn refuse(&self, address: u64, size: usize, lane: usize, write: bool) -> Refused {
        Box::new(FaultKind::OutOfBounds {
            address,
            size: size as u32,
            lane: Some(lane as u32),
            write,
        })
    }

    /// Loads `W` words for each lane of `mask` from device memory.
    #[inline(always)]
    pub(super) fn load_words<const W: usize>(
        &mut self,
        addresses: &[u64; L],
        mask: u64,
    ) -> Result<[[u32; L]; W], Refused> {
        let mut rows = [[0; L]; W];
        if mask == Self::FULL {
            let size = 4 * W as u64;
            match pattern(addresses, size) {
                Pattern::Consecutive if self.accessible(addresses[0], size * L as u64) => {
                    self.load_consecutive(addresses[0], &mut rows);
                    return Ok(rows);
                }
                Pattern::Same if self.accessible(addresses[0], size) => {
                    for (word, row) in rows.iter_mut().enumerate() {
                        row.fill(self.word_at(addresses[0] + 4 * word as u64));
                    }
                    return Ok(rows);
                }
                _ => {}
            }
        }
        for lane in lanes(mask) {
            let address = addresses[lane];
            if !self.accessible(address, 4 * W as u64) {
                return Err(self.refuse(address, 4 * W, lane, false));
            }
            for (word, row) in rows.iter_mut().enumerate() {
                row[lane] = self.word_at(address + 4 * word as u64);
            }
        }
        Ok(rows)
    }

    #[inline(always)]
    fn word_at(&self, address: u64) -> u32 {
        self.memory.load(address).map_or(0, u32::from_le_bytes)
    }

    #[inline(always)]
    fn load_consecutive<const W: usize>(&self, address: u64, rows: &mut [[u32; L]; W]) {
        if let [row] = rows.as_mut_slice() {
            self.memory.load_row(address, row);
            return;
        }
        let mut words = [[0u32; L]; W];
        for (part, row) in words.iter_mut().enumerate() {
            self.memory.load_row(address + 4 * (part * L) as u64, row);
        }
        let words = words.as_flattened();
        for (word, row) in rows.iter_mut().enumerate() {
            for lane in 0..L {
                row[lane] = words[lane * W + word];
            }
        }
    }

    /// Stores `W` words for each lane of `mask` to device memory: the rows from `first` on.
    #[inline(always)]
    pub(super) fn store_words<const W: usize>(
        &mut self,
        addresses: &[u64; L],
        mask: u64,
        first: usize,
    ) -> Result<(), Refused> {
        if mask == Self::FULL
            && W == 1
            && matches!(pattern(addresses, 4), Pattern::Consecutive)
            && self.accessible(addresses[0], 4 * L as u64)
        {
            self.memory.store_row(addresses[0], &self.vgpr[first]);
            return Ok(());
        }
        for lane in lanes(mask) {
            let address = addresses[lane];
            if !self.accessible(address, 4 * W as u64) {
                return Err(self.refuse(address, 4 * W, lane, true));
            }
            for word in 0..W {
                self.memory.store(
                    address + 4 * word as u64,
                    self.vgpr[first + word][lane].to_le_bytes(),
                );
            }
        }
        Ok(())
    }

    /// Loads `N` bytes (1 or 2) for each lane of `mask`, zero-extended.
    #[inline(always)]
    pub(super) fn load_part<const N: usize>(
        &mut self,
        addresses: &[u64; L],
        mask: u64,
    ) -> Result<[u32; L], Refused> {
        let mut row = [0; L];
        for lane in lanes(mask) {
            let address = addresses[lane];
            if !self.accessible(address, N as u64) {
                return Err(self.refuse(address, N, lane, false));
            }
            row[lane] = self.memory.load::<N>(address).map_or(0, widen);
        }
        Ok(row)
    }

    /// Stores the `N` lowest bytes (1 or 2) of each lane of `mask`.
    #[inline(always)]
    pub(super) fn store_part<const N: usize>(
        &mut self,
        addresses: &[u64; L],
        mask: u64,
        row: &[u32; L],
    ) -> Result<(), Refused> {
        for lane in lanes(mask) {
            let address = addresses[lane];
            if !self.accessible(address, N as u64) {
                return Err(self.refuse(address, N, lane, true));
            }
            self.memory.store::<N>(address, narrow(row[lane]));
        }
        Ok(())
    }
}

/// Bytes as the low end of a word.
#[inline(always)]
pub(super) fn widen<const N: usize>(bytes: [u8; N]) -> u32 {
    bytes
        .iter()
        .rev()
        .fold(0, |value, byte| value << 8 | u32::from(*byte))
}

/// The low bytes of a word.
#[inline(always)]
pub(super) fn narrow<const N: usize>(value: u32) -> [u8; N] {
    std::array::from_fn(|i| (value >> (8 * i)) as u8)
}
