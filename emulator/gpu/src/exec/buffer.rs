//! Addresses through buffer descriptors (MUBUF).

use redwick_isa::{Inst, Operand};

use super::access::Refused;
use super::load_store::Space;
use crate::fault::FaultKind;
use crate::step::{Bound, Kind, Src, Step};
use crate::target::Target;
use crate::wave::Wave;

/// `Modifiers::addressing`: the address register holds an offset.
const OFFSET: u8 = 1;
/// `Modifiers::addressing`: the (first) address register holds an index.
const INDEX: u8 = 2;

/// A buffer descriptor.
struct Buffer {
    base: u64,
    stride: u64,
    records: u64,
    swizzled: bool,
    /// The lane's number is added to the index.
    add_lane: bool,
    /// Lanes whose words alternate, when swizzled.
    index_stride: u64,
    element_size: u64,
}

impl Buffer {
    fn decode(target: &Target, words: [u32; 4]) -> Self {
        let [base, high, records, flags] = words;
        let sized = target.sized_swizzle;
        let swizzle = if sized { high >> 30 & 3 } else { high >> 31 };
        let element_size = match swizzle {
            2 if sized => 8,
            3 if sized => 16,
            _ => 4,
        };
        Self {
            base: u64::from(base) | u64::from(high & 0xffff) << 32,
            stride: u64::from(high >> 16 & 0x3fff),
            records: u64::from(records),
            swizzled: swizzle != 0,
            add_lane: flags >> 23 & 1 != 0,
            index_stride: 8 << (flags >> 21 & 3),
            element_size,
        }
    }

    /// Whether `size` bytes at an index and offset are within the buffer.
    fn holds(&self, index: u64, offset: u64, size: u64) -> bool {
        match (self.stride, self.swizzled) {
            (0, false) => offset + size <= self.records,
            (0, true) => true,
            _ => index < self.records,
        }
    }

    /// Where an index and offset lie behind the base.
    fn place(&self, index: u64, offset: u64) -> u64 {
        if !self.swizzled {
            return index * self.stride + offset;
        }
        let (group, member) = (index / self.index_stride, index % self.index_stride);
        let (element, byte) = (offset / self.element_size, offset % self.element_size);
        (group * self.stride + element * self.element_size) * self.index_stride
            + member * self.element_size
            + byte
    }
}

/// The lanes' device addresses, and the active lanes that are within the buffer.
pub(super) fn addresses<const L: usize>(
    w: &mut Wave<'_, L>,
    s: &Step<L>,
    size: u64,
) -> Result<([u64; L], u64), Refused> {
    let Src::Scalar(at) = s.src[1] else {
        return Err(Box::new(FaultKind::Unsupported(
            "a buffer descriptor that is not in scalar registers".to_owned(),
        )));
    };
    let words = std::array::from_fn(|word| w.sgpr32(at.wrapping_add(word as u8)));
    let buffer = Buffer::decode(w.program.target, words);
    let base = buffer.base.wrapping_add(u64::from(w.scalar32(s, 2)));
    let row = w.source(s, 0, Kind::B32);
    let index_row = (s.addressing & INDEX != 0).then_some(row);
    let offset_row = (s.addressing & OFFSET != 0).then_some(row + usize::from(index_row.is_some()));
    let (mut all, mut mask) = ([0; L], w.exec());
    for (lane, address) in all.iter_mut().enumerate() {
        let value = |row: Option<usize>| row.map_or(0, |row| u64::from(w.vgpr[row][lane]));
        let index = value(index_row) + if buffer.add_lane { lane as u64 } else { 0 };
        let offset = value(offset_row).wrapping_add(i64::from(s.imm) as u64) & 0xffff_ffff;
        if !buffer.holds(index, offset, size) {
            mask &= !(1 << lane);
        }
        *address = base.wrapping_add(buffer.place(index, offset));
    }
    Ok((all, mask))
}

/// Addresses of a word further on: swizzled words do not follow one another.
fn word_addresses<const L: usize>(
    w: &mut Wave<'_, L>,
    s: &Step<L>,
    word: usize,
) -> Result<([u64; L], u64), Refused> {
    if word == 0 {
        return addresses(w, s, 4);
    }
    let mut further = s.clone();
    further.imm += 4 * word as i32;
    addresses(w, &further, 4)
}

/// Memory behind a buffer descriptor: what is outside reads 0, and is not written.
pub(super) struct Buffered;

impl Space for Buffered {
    const ADDRESS: [Kind; 4] = [Kind::B32, Kind::B32, Kind::B32, Kind::None];
    const DATA: usize = 3;

    fn load_words<const W: usize, const L: usize>(
        w: &mut Wave<'_, L>,
        s: &Step<L>,
    ) -> Result<[[u32; L]; W], Refused> {
        let mut rows = [[0; L]; W];
        for (word, row) in rows.iter_mut().enumerate() {
            let (addresses, mask) = word_addresses(w, s, word)?;
            [*row] = w.load_words::<1>(&addresses, mask)?;
        }
        Ok(rows)
    }

    fn store_words<const W: usize, const L: usize>(
        w: &mut Wave<'_, L>,
        s: &Step<L>,
        first: usize,
    ) -> Result<(), Refused> {
        (0..W).try_for_each(|word| {
            let (addresses, mask) = word_addresses(w, s, word)?;
            w.store_words::<1>(&addresses, mask, first + word)
        })
    }

    fn load_part<const N: usize, const L: usize>(
        w: &mut Wave<'_, L>,
        s: &Step<L>,
    ) -> Result<[u32; L], Refused> {
        let (addresses, mask) = addresses(w, s, N as u64)?;
        w.load_part::<N>(&addresses, mask)
    }

    fn store_part<const N: usize, const L: usize>(
        w: &mut Wave<'_, L>,
        s: &Step<L>,
        row: &[u32; L],
    ) -> Result<(), Refused> {
        let (addresses, mask) = addresses(w, s, N as u64)?;
        w.store_part::<N>(&addresses, mask, row)
    }
}

/// How wide the registers of an address are: those of index and offset, the descriptor, the base.
pub(super) fn address_form<const L: usize>(bound: &mut Bound<L>, inst: &Inst) {
    let both = inst.modifiers.addressing & (OFFSET | INDEX) == OFFSET | INDEX;
    let registers = match inst.src[0] {
        Operand::None => 0,
        _ => 1 + u8::from(both),
    };
    bound.src_words[..3].copy_from_slice(&[registers, 4, 1]);
}
