//! MUBUF and MTBUF: buffers, the latter with a format of their own.

use super::super::draft::Draft;
use super::super::error::DecodeError;
use super::super::words::{Words, bit, bits};
use super::{CacheBits, cache_bits, data, policy, row};
use crate::generation::{Generation, Layout};
use crate::inst::{Encoding, Inst, Operand, cache};
use crate::table::{Field, Format};

/// Where fields lie: first bits, or first bit and width.
struct Places {
    words: usize,
    opcode: (u32, u32),
    /// A bit of the opcode away from the rest: where it is, and where it belongs.
    opcode_high: Option<(u32, u32)>,
    vdata: u32,
    addr: u32,
    /// The first resource register, in units of `resource_unit` registers.
    resource: (u32, u32),
    resource_unit: u32,
    soffset: (u32, u32),
    offset: (u32, u32),
    offen: u32,
    idxen: u32,
    cache: CacheBits,
    /// The format, of MTBUF alone.
    format: (u32, u32),
}

const GFX9: Places = Places {
    words: 2,
    opcode: (18, 7),
    opcode_high: None,
    vdata: 40,
    addr: 32,
    resource: (48, 5),
    resource_unit: 4,
    soffset: (56, 8),
    offset: (0, 12),
    offen: 12,
    idxen: 13,
    cache: &[
        (14, cache::GLC),
        (17, cache::SLC),
        (15, cache::SCC),
        (16, cache::LDS),
    ],
    format: (19, 7),
};

const GFX10: Places = Places {
    opcode_high: Some((25, 7)),
    cache: &[
        (14, cache::GLC),
        (54, cache::SLC),
        (15, cache::DLC),
        (16, cache::LDS),
        (55, cache::TFE),
    ],
    ..GFX9
};

const GFX11: Places = Places {
    opcode: (18, 8),
    offen: 54,
    idxen: 55,
    cache: &[
        (14, cache::GLC),
        (12, cache::SLC),
        (13, cache::DLC),
        (53, cache::TFE),
    ],
    ..GFX9
};

const GFX12: Places = Places {
    words: 3,
    opcode: (14, 8),
    opcode_high: None,
    vdata: 32,
    addr: 64,
    resource: (41, 9),
    resource_unit: 1,
    soffset: (0, 7),
    offset: (72, 24),
    offen: 62,
    idxen: 63,
    cache: &[(22, cache::TFE)],
    format: (55, 7),
};

const GFX9_TYPED: Places = Places {
    opcode: (15, 4),
    cache: &[(14, cache::GLC), (54, cache::SLC), (53, cache::SCC)],
    ..GFX9
};

const GFX10_TYPED: Places = Places {
    opcode: (16, 3),
    opcode_high: Some((53, 3)),
    cache: &[
        (14, cache::GLC),
        (54, cache::SLC),
        (15, cache::DLC),
        (55, cache::TFE),
    ],
    ..GFX9
};

const GFX11_TYPED: Places = Places {
    opcode: (15, 4),
    ..GFX11
};

const GFX12_TYPED: Places = Places {
    opcode: (14, 4),
    ..GFX12
};

/// RDNA4 has both in one format: bits 21..18 of those with a format.
pub(in crate::decode) const TYPED: u32 = 8;

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

/// The field at `(first bit, width)`.
fn field(word: u128, (low, width): (u32, u32)) -> u32 {
    bits(word, low, width)
}

/// The opcode, and all words as one number.
fn opcode(words: &Words<'_>, places: &Places) -> Result<(u32, u128), DecodeError> {
    let word = words.several(places.words)?;
    let high = places.opcode_high;
    let high = high.map_or(0, |(place, belongs)| bits(word, place, 1) << belongs);
    Ok((field(word, places.opcode) | high, word))
}

pub(in crate::decode) fn mtbuf(words: Words<'_>) -> Result<Inst, DecodeError> {
    let layout = words.generation.layout();
    let places = match layout {
        Layout::Gfx9 => &GFX9_TYPED,
        Layout::Gfx10 => &GFX10_TYPED,
        Layout::Gfx11 => &GFX11_TYPED,
        Layout::Gfx12 => &GFX12_TYPED,
    };
    let (code, word) = opcode(&words, places)?;
    let row = row(&words, Format::Mtbuf, "MTBUF", code)?;
    let mut draft = Draft::new(words, row, Encoding::Mtbuf, places.words);
    draft.inst.modifiers.format = field(word, places.format) as u8;
    draft.inst.modifiers.cache = cache_bits(word, places.cache);
    addressed(draft, word, places)
}

pub(in crate::decode) fn mubuf(words: Words<'_>) -> Result<Inst, DecodeError> {
    let places = places(words.generation.layout());
    let (code, word) = opcode(&words, places)?;
    let row = row(&words, Format::Mubuf, "MUBUF", code)?;
    let mut draft = Draft::new(words, row, Encoding::Mubuf, places.words);
    let modifiers = &mut draft.inst.modifiers;
    modifiers.cache = cache_bits(word, places.cache);
    if row.slot(Field::Srsrc).is_none() {
        let named = matches!(
            draft.words.generation,
            Generation::Cdna3 | Generation::Cdna4
        );
        draft.inst.modifiers.cache *= u8::from(named);
        return Ok(draft.finish());
    }
    addressed(draft, word, places)
}

/// Address, data and what goes with them.
fn addressed(mut draft: Draft<'_>, word: u128, places: &Places) -> Result<Inst, DecodeError> {
    let modifiers = &mut draft.inst.modifiers;
    if draft.words.generation.layout() == Layout::Gfx12 {
        policy(modifiers, word, POLICY, 3, draft.row.is_atomic());
    }
    modifiers.imm = field(word, places.offset).cast_signed();
    modifiers.addressing =
        u8::from(bit(word, places.offen)) | u8::from(bit(word, places.idxen)) << 1;
    let to_lds = modifiers.cache & cache::LDS != 0;
    modifiers.addressing |= u8::from(to_lds) << 2;
    operands(&mut draft, word, places, to_lds)?;
    Ok(draft.finish())
}

fn operands(
    draft: &mut Draft<'_>,
    word: u128,
    places: &Places,
    to_lds: bool,
) -> Result<(), DecodeError> {
    let accumulation = draft.words.generation.layout() == Layout::Gfx9 && bit(word, 55);
    let vdata = data(bits(word, places.vdata, 8), accumulation);
    let addressed = draft.inst.modifiers.addressing & 3 != 0;
    let resource = draft.scalar(field(word, places.resource) * places.resource_unit)?;
    let soffset = draft.scalar(field(word, places.soffset))?;
    let loads = draft.row.mnemonic.contains("buffer_load");
    let returns = draft.row.is_atomic() && draft.inst.modifiers.cache & cache::GLC != 0;
    if (loads || returns) && !to_lds {
        draft.dst(vdata);
    }
    draft.src(if addressed {
        data(bits(word, places.addr, 8), false)
    } else {
        Operand::None
    });
    draft.src(resource);
    draft.src(soffset);
    if !loads {
        draft.src(vdata);
    }
    Ok(())
}
