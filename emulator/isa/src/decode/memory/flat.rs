//! FLAT, GLOBAL and SCRATCH.

use super::super::draft::Draft;
use super::super::error::DecodeError;
use super::super::words::{Words, bit, bits, signed};
use super::{CacheBits, cache_bits, data, policy, row};
use crate::generation::{Generation, Layout};
use crate::inst::{Encoding, Inst, Operand, cache};
use crate::table::{Field, Format};

/// Where fields start. Registers have 8 bits, saddr 7.
struct Places {
    words: usize,
    /// The opcode has 7 bits.
    opcode: u32,
    segment: u32,
    vdst: u32,
    data: u32,
    addr: u32,
    saddr: u32,
    /// The offset's first bit and width.
    offset: (u32, u32),
    /// The saddr that means none.
    absent: u32,
    cache: CacheBits,
}

const GFX9: Places = Places {
    words: 2,
    opcode: 18,
    segment: 14,
    vdst: 56,
    data: 40,
    addr: 32,
    saddr: 48,
    offset: (0, 13),
    absent: 0x7f,
    cache: &[(16, cache::GLC), (17, cache::SLC), (25, cache::SCC)],
};

const GFX10: Places = Places {
    offset: (0, 12),
    absent: 0x7d,
    cache: &[(16, cache::GLC), (17, cache::SLC), (12, cache::DLC)],
    ..GFX9
};

const GFX11: Places = Places {
    segment: 16,
    absent: 0x7c,
    cache: &[(14, cache::GLC), (15, cache::SLC), (13, cache::DLC)],
    ..GFX9
};

const GFX12: Places = Places {
    words: 3,
    opcode: 14,
    segment: 24,
    vdst: 32,
    data: 55,
    addr: 64,
    saddr: 0,
    offset: (72, 24),
    absent: 0x7c,
    cache: &[],
};

/// RDNA4: where scope and temporal hint start.
const POLICY: u32 = 50;

fn places(layout: Layout) -> &'static Places {
    match layout {
        Layout::Gfx9 => &GFX9,
        Layout::Gfx10 => &GFX10,
        Layout::Gfx11 => &GFX11,
        Layout::Gfx12 => &GFX12,
    }
}

pub(in crate::decode) fn flat(words: Words<'_>) -> Result<Inst, DecodeError> {
    let layout = words.generation.layout();
    let places = places(layout);
    let first = words.get(0)?;
    let (format, encoding, name) = match bits(first, places.segment, 2) {
        0 => (Format::Flat, Encoding::Flat, "FLAT"),
        1 => (Format::Scratch, Encoding::Scratch, "SCRATCH"),
        2 => (Format::Global, Encoding::Global, "GLOBAL"),
        other => return Err(words.unknown_value("FLAT segment", other)),
    };
    let row = row(&words, format, name, bits(first, places.opcode, 7))?;
    let word = words.several(places.words)?;
    let mut draft = Draft::new(words, row, encoding, places.words);
    draft.inst.modifiers.cache = cache_bits(word, places.cache);
    if layout == Layout::Gfx12 {
        policy(&mut draft.inst.modifiers, word, POLICY, 3, row.is_atomic());
    }
    // Cache control has neither address nor data.
    if !row.slots.is_empty() {
        draft.inst.modifiers.imm = offset(format, layout, word, places.offset);
        operands(&mut draft, word, places)?;
    }
    Ok(draft.finish())
}

/// Offsets from a flat address have no sign before RDNA4.
fn offset(format: Format, layout: Layout, word: u128, (low, width): (u32, u32)) -> i32 {
    let value = bits(word, low, width);
    if format == Format::Flat && layout != Layout::Gfx12 {
        value.cast_signed()
    } else {
        signed(value, width)
    }
}

fn operands(draft: &mut Draft<'_>, word: u128, places: &Places) -> Result<(), DecodeError> {
    let row = draft.row;
    let accumulation = draft.words.generation.layout() == Layout::Gfx9 && bit(word, 55);
    let (vaddr, saddr) = address(draft, word, places)?;
    let to_lds = goes_to_lds(draft, word);
    draft.inst.modifiers.cache |= if to_lds { cache::LDS } else { 0 };
    let returns = row.slot(Field::Data).is_none() || draft.inst.modifiers.cache & cache::GLC != 0;
    if row.slot(Field::Vdst).is_some() && returns && !to_lds {
        draft.dst(data(bits(word, places.vdst, 8), accumulation));
    }
    draft.src(vaddr);
    draft.src(saddr);
    if row.slot(Field::Data).is_some() {
        draft.src(data(bits(word, places.data, 8), accumulation));
    }
    Ok(())
}

/// MI200 and RDNA2 can load into LDS without an opcode of its own.
fn goes_to_lds(draft: &Draft<'_>, word: u128) -> bool {
    matches!(
        draft.words.generation,
        Generation::Cdna2 | Generation::Rdna2
    ) && draft.inst.encoding != Encoding::Flat
        && bit(word, 13)
}

/// The vector and the scalar part of the address, each as far as the form has it.
fn address(
    draft: &mut Draft<'_>,
    word: u128,
    places: &Places,
) -> Result<(Operand, Operand), DecodeError> {
    let vaddr = Operand::Vgpr(bits(word, places.addr, 8) as u8);
    let code = bits(word, places.saddr, 7);
    let scratch = draft.inst.encoding == Encoding::Scratch;
    let bare = draft.words.generation == Generation::Rdna2 && scratch && code == NO_ADDRESS;
    let absent = draft.inst.encoding == Encoding::Flat || code == places.absent || bare;
    let saddr = if absent {
        Operand::None
    } else {
        draft.scalar(code)?
    };
    let has_vaddr = match draft.words.generation.layout() {
        Layout::Gfx12 if scratch => bit(word, 49),
        Layout::Gfx11 if scratch => bit(word, 55),
        Layout::Gfx10 if scratch => saddr == Operand::None && !bare,
        Layout::Gfx9 if scratch && draft.words.generation == Generation::Cdna2 => {
            saddr == Operand::None
        }
        Layout::Gfx9 if scratch => bit(word, 13),
        _ => draft.row.slot(Field::Addr).is_some(),
    };
    Ok((if has_vaddr { vaddr } else { Operand::None }, saddr))
}

/// RDNA2: the saddr of scratch accesses that have an offset alone.
const NO_ADDRESS: u32 = 0x7f;
