//! How loads of less than a word end up in a register.

use crate::wave::Wave;

/// Where a loaded byte or half goes.
pub(super) trait Part {
    /// The register's new content.
    fn place(loaded: u32, old: u32) -> u32;
}

/// Zero-extended.
pub(super) struct Unsigned;
/// Sign-extended from that many bits.
pub(super) struct Signed<const BITS: u32>;
/// To the low half; the high half stays.
pub(super) struct Low;
/// To the high half; the low half stays.
pub(super) struct High;
/// A signed byte to the low half; the high half stays.
pub(super) struct LowSigned;
/// A signed byte to the high half; the low half stays.
pub(super) struct HighSigned;

impl Part for Unsigned {
    #[inline(always)]
    fn place(loaded: u32, _: u32) -> u32 {
        loaded
    }
}

impl<const BITS: u32> Part for Signed<BITS> {
    #[inline(always)]
    fn place(loaded: u32, _: u32) -> u32 {
        ((loaded << (32 - BITS)) as i32 >> (32 - BITS)) as u32
    }
}

impl Part for Low {
    #[inline(always)]
    fn place(loaded: u32, old: u32) -> u32 {
        loaded & 0xffff | old & 0xffff_0000
    }
}

impl Part for High {
    #[inline(always)]
    fn place(loaded: u32, old: u32) -> u32 {
        loaded << 16 | old & 0xffff
    }
}

impl Part for LowSigned {
    #[inline(always)]
    fn place(loaded: u32, old: u32) -> u32 {
        Low::place(Signed::<8>::place(loaded, 0), old)
    }
}

impl Part for HighSigned {
    #[inline(always)]
    fn place(loaded: u32, old: u32) -> u32 {
        High::place(Signed::<8>::place(loaded, 0), old)
    }
}

/// Writes loaded bytes or halves to a row.
#[inline(always)]
pub(super) fn write<P: Part, const L: usize>(
    w: &mut Wave<'_, L>,
    row: usize,
    loaded: &[u32; L],
    mask: u64,
) {
    let old = &w.vgpr[row];
    let mut placed = [0; L];
    for i in 0..L {
        placed[i] = P::place(loaded[i], old[i]);
    }
    w.write_row(row, &placed, mask);
}
