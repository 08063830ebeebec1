//! Device memory: one lazily committed arena whose device addresses are host addresses.
//!
//! All raw memory access of the emulator happens in this file. Nothing in the arena is ever a Rust
//! object: it is bytes that kernels on several host threads read and write as they please, so every
//! access is a copy through a raw pointer after one range check, or a host atomic.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use memmap2::{MmapOptions, MmapRaw, UncheckedAdvice};

/// Every allocation starts at a multiple of this many bytes.
const GRAIN: u64 = 256;
/// Bytes that stay unallocated behind every allocation, so that small overruns meet no neighbour.
const RED_ZONE: u64 = 256;
/// Freed blocks of at least this size go back to the operating system.
const GIVE_BACK: u64 = 1 << 20;
/// The host's page size as far as giving back is concerned.
const PAGE: u64 = 1 << 16;

/// An allocation that did not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("out of device memory: {requested} bytes asked for, {free} of {total} bytes free")]
pub struct OutOfMemory {
    /// Bytes asked for.
    pub requested: u64,
    /// Bytes that were free, possibly in pieces.
    pub free: u64,
    /// Size of the device's memory.
    pub total: u64,
}

/// A host-side access to device memory that cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MemoryError {
    /// The address is not the start of a live allocation.
    #[error("{0:#x} is not the start of an allocation")]
    NotAllocated(u64),
    /// The range does not lie within one live allocation.
    #[error("{size} bytes at {address:#x} do not lie within one allocation")]
    OutOfBounds {
        /// First byte.
        address: u64,
        /// Length of the access.
        size: u64,
    },
}

/// The live allocations and the gaps between them.
struct Map {
    /// Base → bytes asked for.
    live: BTreeMap<u64, u64>,
    /// Base → size of every gap.
    gaps: BTreeMap<u64, u64>,
    /// Sum of the gaps.
    free: u64,
}

/// The memory of one emulated GPU.
pub struct Memory {
    arena: MmapRaw,
    base: u64,
    size: u64,
    map: RwLock<Map>,
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (free, total) = self.info();
        f.debug_struct("Memory")
            .field("free", &free)
            .field("total", &total)
            .finish()
    }
}

impl Memory {
    /// Reserves `size` bytes of address space; pages are committed when first touched.
    pub fn new(size: u64) -> std::io::Result<Self> {
        let size = size.max(PAGE).next_multiple_of(PAGE);
        let length = usize::try_from(size).map_err(|_| std::io::ErrorKind::OutOfMemory)?;
        let mapping = MmapOptions::new()
            .len(length)
            .no_reserve_swap()
            .map_anon()?;
        let arena = MmapRaw::from(mapping);
        let base = arena.as_ptr() as u64;
        // The mapping is aligned to pages, of which GRAIN divides the size.
        let gaps = BTreeMap::from([(base, size)]);
        let map = RwLock::new(Map {
            live: BTreeMap::new(),
            gaps,
            free: size,
        });
        Ok(Self {
            arena,
            base,
            size,
            map,
        })
    }

    fn read_map(&self) -> RwLockReadGuard<'_, Map> {
        self.map.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_map(&self) -> RwLockWriteGuard<'_, Map> {
        self.map.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Allocates `size` bytes (one at least) at a multiple of `align`.
    pub fn alloc(&self, size: u64, align: u64) -> Result<u64, OutOfMemory> {
        let mut map = self.write_map();
        let failure = OutOfMemory {
            requested: size,
            free: map.free,
            total: self.size,
        };
        let reserved = reserved(size).ok_or(failure)?;
        let align = align
            .max(GRAIN)
            .checked_next_power_of_two()
            .ok_or(failure)?;
        let fits = |(&gap, &length): (&u64, &u64)| {
            let start = gap.checked_next_multiple_of(align)?;
            (start.checked_add(reserved)? <= gap + length).then_some((gap, length, start))
        };
        let (gap, length, start) = map.gaps.iter().find_map(fits).ok_or(failure)?;
        map.gaps.remove(&gap);
        if start > gap {
            map.gaps.insert(gap, start - gap);
        }
        let end = start + reserved;
        if gap + length > end {
            map.gaps.insert(end, gap + length - end);
        }
        map.free -= reserved;
        map.live.insert(start, size.max(1));
        Ok(start)
    }

    /// Frees an allocation; `address` must be what [`alloc`](Self::alloc) returned.
    pub fn free(&self, address: u64) -> Result<(), MemoryError> {
        let mut map = self.write_map();
        let size = map
            .live
            .remove(&address)
            .ok_or(MemoryError::NotAllocated(address))?;
        let reserved = reserved(size).ok_or(MemoryError::NotAllocated(address))?;
        self.give_back(address, reserved);
        map.free += reserved;
        map.insert_gap(address, reserved);
        Ok(())
    }

    /// Returns the whole pages of a large freed block to the operating system.
    fn give_back(&self, address: u64, size: u64) {
        let first = (address - self.base).next_multiple_of(PAGE);
        let last = (address - self.base + size) / PAGE * PAGE;
        if size < GIVE_BACK || last <= first {
            return;
        }
        // SAFETY: the range lies within the arena, was just freed, and holds no Rust object; its
        // content reads as zero afterwards. A failure only leaves the pages committed.
        let _ = unsafe {
            self.arena.unchecked_advise_range(
                UncheckedAdvice::DontNeed,
                first as usize,
                (last - first) as usize,
            )
        };
    }

    /// Base and size of the allocation that `address` points into.
    pub fn allocation(&self, address: u64) -> Option<(u64, u64)> {
        let map = self.read_map();
        let (&base, &size) = map.live.range(..=address).next_back()?;
        (address - base < size).then_some((base, size))
    }

    /// Whether `address` is one of the device's addresses, allocated or not.
    pub fn contains(&self, address: u64) -> bool {
        self.in_arena(address, 1)
    }

    /// Free and total bytes.
    pub fn info(&self) -> (u64, u64) {
        (self.read_map().free, self.size)
    }

    /// Copies out of device memory.
    pub fn read(&self, address: u64, out: &mut [u8]) -> Result<(), MemoryError> {
        self.expect_allocated(address, out.len() as u64)?;
        self.load_bytes(address, out);
        Ok(())
    }

    /// Copies into device memory.
    pub fn write(&self, address: u64, bytes: &[u8]) -> Result<(), MemoryError> {
        self.expect_allocated(address, bytes.len() as u64)?;
        self.store_bytes(address, bytes);
        Ok(())
    }

    /// Copies within device memory; the ranges may overlap.
    pub fn copy(&self, to: u64, from: u64, size: u64) -> Result<(), MemoryError> {
        self.expect_allocated(to, size)?;
        self.expect_allocated(from, size)?;
        // SAFETY: both ranges were just found to lie within the arena.
        unsafe { std::ptr::copy(from as *const u8, to as *mut u8, size as usize) };
        Ok(())
    }

    /// Fills `size` bytes with repetitions of `pattern` (the last one cut short if need be).
    pub fn fill(&self, address: u64, size: u64, pattern: &[u8]) -> Result<(), MemoryError> {
        self.expect_allocated(address, size)?;
        if pattern.is_empty() {
            return Ok(());
        }
        let block: Vec<u8> = pattern
            .iter()
            .copied()
            .cycle()
            .take(pattern.len() * 4096usize.div_ceil(pattern.len()))
            .collect();
        let mut done = 0;
        while done < size {
            let n = (size - done).min(block.len() as u64);
            self.store_bytes(address + done, &block[..n as usize]);
            done += n;
        }
        Ok(())
    }

    fn expect_allocated(&self, address: u64, size: u64) -> Result<(), MemoryError> {
        let inside = |(base, length): (u64, u64)| size <= length - (address - base);
        match self.allocation(address) {
            _ if size == 0 => Ok(()),
            Some(found) if inside(found) => Ok(()),
            _ => Err(MemoryError::OutOfBounds { address, size }),
        }
    }

    /// Whether `size` bytes at `address` lie within the arena.
    #[inline(always)]
    pub(crate) fn in_arena(&self, address: u64, size: u64) -> bool {
        size <= self.size && address.wrapping_sub(self.base) <= self.size - size
    }

    /// Reads `N` bytes, if they lie within the arena.
    #[inline(always)]
    pub(crate) fn load<const N: usize>(&self, address: u64) -> Option<[u8; N]> {
        // SAFETY: the range lies within the arena, where any bytes are a valid `[u8; N]`.
        self.in_arena(address, N as u64)
            .then(|| unsafe { (address as *const [u8; N]).read() })
    }

    /// Writes `N` bytes, if they lie within the arena.
    #[inline(always)]
    pub(crate) fn store<const N: usize>(&self, address: u64, bytes: [u8; N]) -> bool {
        let inside = self.in_arena(address, N as u64);
        if inside {
            // SAFETY: the range lies within the arena, which holds no Rust object.
            unsafe { (address as *mut [u8; N]).write(bytes) };
        }
        inside
    }

    /// Reads a run of bytes, if it lies within the arena.
    #[inline(always)]
    pub(crate) fn load_bytes(&self, address: u64, out: &mut [u8]) -> bool {
        let inside = self.in_arena(address, out.len() as u64);
        if inside {
            // SAFETY: the range lies within the arena; `out` is Rust memory, so no overlap.
            unsafe {
                std::ptr::copy_nonoverlapping(address as *const u8, out.as_mut_ptr(), out.len())
            };
        }
        inside
    }

    /// Writes a run of bytes, if it lies within the arena.
    #[inline(always)]
    pub(crate) fn store_bytes(&self, address: u64, bytes: &[u8]) -> bool {
        let inside = self.in_arena(address, bytes.len() as u64);
        if inside {
            // SAFETY: the range lies within the arena; `bytes` is Rust memory, so no overlap.
            unsafe {
                std::ptr::copy_nonoverlapping(bytes.as_ptr(), address as *mut u8, bytes.len())
            };
        }
        inside
    }

    /// Reads consecutive words, if they lie within the arena.
    #[inline(always)]
    pub(crate) fn load_row<const L: usize>(&self, address: u64, row: &mut [u32; L]) -> bool {
        let inside = self.in_arena(address, 4 * L as u64);
        if inside {
            // SAFETY: the range lies within the arena, where any bytes are words; `row` is Rust
            // memory, so no overlap.
            unsafe {
                std::ptr::copy_nonoverlapping(address as *const u8, row.as_mut_ptr().cast(), 4 * L)
            };
        }
        inside
    }

    /// Writes consecutive words, if they lie within the arena.
    #[inline(always)]
    pub(crate) fn store_row<const L: usize>(&self, address: u64, row: &[u32; L]) -> bool {
        let inside = self.in_arena(address, 4 * L as u64);
        if inside {
            // SAFETY: the range lies within the arena, which holds no Rust object.
            unsafe {
                std::ptr::copy_nonoverlapping(row.as_ptr().cast::<u8>(), address as *mut u8, 4 * L)
            };
        }
        inside
    }

    /// The aligned 32-bit word at `address` as a host atomic.
    #[inline]
    pub(crate) fn atomic_u32(&self, address: u64) -> Option<&AtomicU32> {
        let usable = address.is_multiple_of(4) && self.in_arena(address, 4);
        // SAFETY: aligned, within the arena, and the arena lives as long as `self`.
        usable.then(|| unsafe { AtomicU32::from_ptr(address as *mut u32) })
    }

    /// The aligned 64-bit word at `address` as a host atomic.
    #[inline]
    pub(crate) fn atomic_u64(&self, address: u64) -> Option<&AtomicU64> {
        let usable = address.is_multiple_of(8) && self.in_arena(address, 8);
        // SAFETY: aligned, within the arena, and the arena lives as long as `self`.
        usable.then(|| unsafe { AtomicU64::from_ptr(address as *mut u64) })
    }
}

/// What an allocation of `size` bytes takes from the arena.
fn reserved(size: u64) -> Option<u64> {
    size.max(1)
        .checked_next_multiple_of(GRAIN)?
        .checked_add(RED_ZONE)
}

impl Map {
    /// Adds a gap and merges it with its neighbours.
    fn insert_gap(&mut self, mut base: u64, mut size: u64) {
        if let Some(after) = self.gaps.remove(&(base + size)) {
            size += after;
        }
        let before = self.gaps.range(..base).next_back().map(|(&b, &s)| (b, s));
        if let Some((b, s)) = before.filter(|(b, s)| b + s == base) {
            base = b;
            size += s;
        }
        self.gaps.insert(base, size);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn memory() -> Memory {
        Memory::new(64 << 20).unwrap()
    }

    #[test]
    fn freed_space_merges_and_is_reused() {
        let m = memory();
        let (free, total) = m.info();
        assert_eq!(free, total);
        let blocks: Vec<u64> = (1..20).map(|i| m.alloc(i * 1000, 4096).unwrap()).collect();
        assert!(blocks.iter().all(|b| b % 4096 == 0));
        for b in blocks
            .iter()
            .step_by(2)
            .chain(blocks.iter().skip(1).step_by(2))
        {
            m.free(*b).unwrap();
        }
        assert_eq!(m.info(), (total, total));
        assert_eq!(m.read_map().gaps.len(), 1);
    }

    #[test]
    fn interior_pointers_find_their_allocation() {
        let m = memory();
        let a = m.alloc(100, 1).unwrap();
        assert_eq!(m.allocation(a + 99), Some((a, 100)));
        assert_eq!(m.allocation(a + 100), None);
        assert_eq!(m.free(a + 1), Err(MemoryError::NotAllocated(a + 1)));
        assert!(m.contains(a + 100));
        assert!(!m.contains(0));
    }

    #[test]
    fn host_access_stays_within_one_allocation() {
        let m = memory();
        let a = m.alloc(8, 1).unwrap();
        m.fill(a, 8, &[1, 2, 3]).unwrap();
        let mut out = [0; 8];
        m.read(a, &mut out).unwrap();
        assert_eq!(out, [1, 2, 3, 1, 2, 3, 1, 2]);
        assert!(m.write(a + 1, &out).is_err());
        m.copy(a + 4, a, 4).unwrap();
        m.read(a, &mut out).unwrap();
        assert_eq!(out, [1, 2, 3, 1, 1, 2, 3, 1]);
    }

    #[test]
    fn large_blocks_come_back_as_zeros() {
        let m = memory();
        let a = m.alloc(8 << 20, 1).unwrap();
        m.fill(a, 8 << 20, &[7]).unwrap();
        m.free(a).unwrap();
        let b = m.alloc(8 << 20, 1).unwrap();
        let mut out = [9; 1];
        m.read(b + (4 << 20), &mut out).unwrap();
        assert_eq!((a, out), (b, [0]));
    }

    #[test]
    fn too_large_is_an_error() {
        let m = memory();
        let e = m.alloc(1 << 40, 1).unwrap_err();
        assert_eq!((e.requested, e.total), (1 << 40, 64 << 20));
        assert!(m.alloc(u64::MAX, 1).is_err());
        assert!(m.alloc(1, u64::MAX).is_err());
    }

    #[test]
    fn wild_addresses_are_refused() {
        let m = memory();
        assert_eq!(m.load::<4>(0), None);
        assert_eq!(m.load::<4>(u64::MAX), None);
        assert_eq!(m.load::<4>(m.base + m.size - 3), None);
        assert!(m.load::<4>(m.base + m.size - 4).is_some());
        assert!(!m.store(m.base.wrapping_sub(1), [0; 2]));
        assert!(m.atomic_u32(m.base + 2).is_none());
    }
}
