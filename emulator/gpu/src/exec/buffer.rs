//! Loads and stores through buffer descriptors (MUBUF).

use redwick_isa::{Inst, Opcode, Operand};

use super::access::Refused;
use super::global::done;
use super::part::{self, Part};
use super::{Handler, plain};
use crate::fault::FaultKind;
use crate::step::{Bound, Dst, Flow, Kind, Src, Step};
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
    let mut further = s.clone();
    further.imm += 4 * word as i32;
    addresses(w, &further, 4)
}

/// Loads `W` words; what is outside the buffer reads 0.
struct LoadWords<const W: usize>;

impl<const W: usize> LoadWords<W> {
    fn load<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Result<(), Refused> {
        let Dst::Row(first) = s.dst[0] else {
            return Ok(());
        };
        let exec = w.exec();
        let mut rows = [[0; L]; W];
        for (word, row) in rows.iter_mut().enumerate() {
            let (addresses, mask) = if word == 0 {
                addresses(w, s, 4)?
            } else {
                word_addresses(w, s, word)?
            };
            [*row] = w.load_words::<1>(&addresses, mask)?;
        }
        for (word, row) in rows.iter().enumerate() {
            w.write_row(usize::from(first) + word, row, exec);
        }
        Ok(())
    }
}

impl<const W: usize> Handler for LoadWords<W> {
    const SRC: [Kind; 4] = [Kind::B32, Kind::B32, Kind::B32, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let result = Self::load(w, s);
        done(w, result)
    }
}

/// Stores `W` words; what is outside the buffer is dropped.
struct StoreWords<const W: usize>;

impl<const W: usize> StoreWords<W> {
    fn store<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Result<(), Refused> {
        let first = w.source(s, 3, Kind::B32);
        for word in 0..W {
            let (addresses, mask) = word_addresses(w, s, word)?;
            w.store_words::<1>(&addresses, mask, first + word)?;
        }
        Ok(())
    }
}

impl<const W: usize> Handler for StoreWords<W> {
    const SRC: [Kind; 4] = [Kind::B32; 4];

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let result = Self::store(w, s);
        done(w, result)
    }
}

/// Loads `N` bytes.
struct LoadPart<const N: usize, P>(std::marker::PhantomData<P>);

impl<const N: usize, P: Part> LoadPart<N, P> {
    fn load<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Result<(), Refused> {
        let Dst::Row(row) = s.dst[0] else {
            return Ok(());
        };
        let exec = w.exec();
        let (addresses, mask) = addresses(w, s, N as u64)?;
        let loaded = w.load_part::<N>(&addresses, mask)?;
        part::write::<P, L>(w, usize::from(row), &loaded, exec);
        Ok(())
    }
}

impl<const N: usize, P: Part> Handler for LoadPart<N, P> {
    const SRC: [Kind; 4] = [Kind::B32, Kind::B32, Kind::B32, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let result = Self::load(w, s);
        done(w, result)
    }
}

/// Stores `N` bytes, from bit `SHIFT` of the data on.
struct StorePart<const N: usize, const SHIFT: u32>;

impl<const N: usize, const SHIFT: u32> Handler for StorePart<N, SHIFT> {
    const SRC: [Kind; 4] = [Kind::B32; 4];

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let row = w.source(s, 3, Kind::B32);
        let row = w.vgpr[row].map(|lane| lane >> SHIFT);
        let result = addresses(w, s, N as u64)
            .and_then(|(addresses, mask)| w.store_part::<N>(&addresses, mask, &row));
        done(w, result)
    }
}

/// Binds a load or store through a buffer descriptor.
pub(super) fn bind<const L: usize>(inst: &Inst) -> Option<Bound<L>> {
    let (mut bound, words) = handler(inst.opcode)?;
    address_form(&mut bound, inst);
    if bound.src[3] == Kind::None {
        bound.dst_words[0] = words;
    } else {
        bound.src_words[3] = words;
    }
    Some(bound)
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

fn handler<const L: usize>(opcode: Opcode) -> Option<(Bound<L>, u8)> {
    use Opcode as O;
    use part::{High, HighSigned, Low, LowSigned, Signed, Unsigned};
    Some(match opcode {
        O::BufferLoadB32 => (plain::<L, LoadWords<1>>(), 1),
        O::BufferLoadB64 => (plain::<L, LoadWords<2>>(), 2),
        O::BufferLoadB96 => (plain::<L, LoadWords<3>>(), 3),
        O::BufferLoadB128 => (plain::<L, LoadWords<4>>(), 4),
        O::BufferStoreB32 => (plain::<L, StoreWords<1>>(), 1),
        O::BufferStoreB64 => (plain::<L, StoreWords<2>>(), 2),
        O::BufferStoreB96 => (plain::<L, StoreWords<3>>(), 3),
        O::BufferStoreB128 => (plain::<L, StoreWords<4>>(), 4),
        O::BufferLoadU8 => (plain::<L, LoadPart<1, Unsigned>>(), 1),
        O::BufferLoadI8 => (plain::<L, LoadPart<1, Signed<8>>>(), 1),
        O::BufferLoadU16 => (plain::<L, LoadPart<2, Unsigned>>(), 1),
        O::BufferLoadI16 => (plain::<L, LoadPart<2, Signed<16>>>(), 1),
        O::BufferLoadD16U8 => (plain::<L, LoadPart<1, Low>>(), 1),
        O::BufferLoadD16I8 => (plain::<L, LoadPart<1, LowSigned>>(), 1),
        O::BufferLoadD16B16 => (plain::<L, LoadPart<2, Low>>(), 1),
        O::BufferLoadD16HiU8 => (plain::<L, LoadPart<1, High>>(), 1),
        O::BufferLoadD16HiI8 => (plain::<L, LoadPart<1, HighSigned>>(), 1),
        O::BufferLoadD16HiB16 => (plain::<L, LoadPart<2, High>>(), 1),
        O::BufferStoreB8 => (plain::<L, StorePart<1, 0>>(), 1),
        O::BufferStoreB16 => (plain::<L, StorePart<2, 0>>(), 1),
        O::BufferStoreD16HiB8 => (plain::<L, StorePart<1, 16>>(), 1),
        O::BufferStoreD16HiB16 => (plain::<L, StorePart<2, 16>>(), 1),
        _ => return None,
    })
}
