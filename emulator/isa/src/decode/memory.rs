//! SMEM, DS, FLAT and MUBUF: instructions that reach memory.

use super::draft::Draft;
use super::error::DecodeError;
use super::words::{Words, bit, bits, signed};
use crate::generation::Generation;
use crate::inst::{Encoding, Inst, Operand, cache};
use crate::table::{Field, Format, Row, Table};

fn row(
    words: &Words<'_>,
    format: Format,
    name: &'static str,
    code: u32,
) -> Result<&'static Row, DecodeError> {
    let row = Table::of(words.generation).by_code(format, code);
    row.ok_or_else(|| words.unknown_opcode(name, code))
}

/// The cache-control bits that are set, from (bit of the word, bit of `Modifiers::cache`).
fn cache_bits(word: u64, places: &[(u32, u8)]) -> u8 {
    places
        .iter()
        .filter(|(place, _)| bit(word, *place))
        .fold(0, |set, (_, flag)| set | flag)
}

pub(super) fn smem(words: Words<'_>) -> Result<Inst, DecodeError> {
    let word = words.pair()?;
    let row = row(&words, Format::Smem, "SMEM", bits(word, 18, 8))?;
    let mut draft = Draft::new(words, row, Encoding::Smem, 2);
    if row.slot(Field::Sdata).is_some() {
        let operand = draft.scalar(bits(word, 6, 7))?;
        draft.dst(operand);
    }
    if row.slot(Field::Sbase).is_some() {
        let base = draft.scalar(bits(word, 0, 6) << 1)?;
        draft.src(base);
        let offset = smem_offset(&mut draft, word)?;
        draft.src(offset);
    }
    let rdna = draft.words.generation.is_rdna();
    let places: &[(u32, u8)] = if rdna {
        &[(14, cache::GLC), (13, cache::DLC)]
    } else {
        &[(16, cache::GLC)]
    };
    draft.inst.modifiers.cache = cache_bits(word, places);
    Ok(draft.finish())
}

/// Sets the constant offset and returns the register offset, if there is one.
fn smem_offset(draft: &mut Draft<'_>, word: u64) -> Result<Operand, DecodeError> {
    let constant = signed(bits(word, 32, 21), 21);
    if draft.words.generation.is_rdna() {
        draft.inst.modifiers.imm = constant;
        let register = draft.scalar(bits(word, 57, 7))?;
        return Ok(if register == Operand::Null {
            Operand::None
        } else {
            register
        });
    }
    let (immediate, both) = (bit(word, 17), bit(word, 14));
    if immediate {
        draft.inst.modifiers.imm = constant;
    }
    match (immediate, both) {
        (_, true) => draft.scalar(bits(word, 57, 7)),
        (false, false) => draft.scalar(bits(word, 32, 7)),
        (true, false) => Ok(Operand::None),
    }
}

/// A data register, in the accumulation file if `accumulation`.
fn data(number: u32, accumulation: bool) -> Operand {
    if accumulation {
        Operand::Agpr(number as u8)
    } else {
        Operand::Vgpr(number as u8)
    }
}

pub(super) fn ds(words: Words<'_>) -> Result<Inst, DecodeError> {
    let word = words.pair()?;
    let rdna = words.generation.is_rdna();
    let row = row(
        &words,
        Format::Ds,
        "DS",
        bits(word, if rdna { 18 } else { 17 }, 8),
    )?;
    let mut draft = Draft::new(words, row, Encoding::Ds, 2);
    let accumulation = !rdna && bit(word, 25);
    let has = |field| row.slot(field).is_some();
    if has(Field::Vdst) {
        draft.dst(data(bits(word, 56, 8), accumulation));
    }
    draft.inst.src = [
        if has(Field::Addr) {
            data(bits(word, 32, 8), false)
        } else {
            Operand::None
        },
        if has(Field::Data0) {
            data(bits(word, 40, 8), accumulation)
        } else {
            Operand::None
        },
        if has(Field::Data1) {
            data(bits(word, 48, 8), accumulation)
        } else {
            Operand::None
        },
        Operand::None,
    ];
    draft.inst.modifiers.imm = bits(word, 0, 16).cast_signed();
    // These CDNA generations have no global data share; the bit is ignored there.
    draft.inst.modifiers.addressing = u8::from(rdna && bit(word, 17));
    Ok(draft.finish())
}

const CDNA_FLAT_CACHE: [(u32, u8); 3] = [(16, cache::GLC), (17, cache::SLC), (25, cache::SCC)];
const RDNA_FLAT_CACHE: [(u32, u8); 3] = [(14, cache::GLC), (15, cache::SLC), (13, cache::DLC)];

pub(super) fn flat(words: Words<'_>) -> Result<Inst, DecodeError> {
    let word = words.pair()?;
    let rdna = words.generation.is_rdna();
    let segment = bits(word, if rdna { 16 } else { 14 }, 2);
    let (format, encoding, name) = match segment {
        0 => (Format::Flat, Encoding::Flat, "FLAT"),
        1 => (Format::Scratch, Encoding::Scratch, "SCRATCH"),
        2 => (Format::Global, Encoding::Global, "GLOBAL"),
        other => return Err(words.unknown_value("FLAT segment", other)),
    };
    let row = row(&words, format, name, bits(word, 18, 7))?;
    let mut draft = Draft::new(words, row, encoding, 2);
    let places = if rdna {
        RDNA_FLAT_CACHE
    } else {
        CDNA_FLAT_CACHE
    };
    draft.inst.modifiers.cache = cache_bits(word, &places);
    draft.inst.modifiers.imm = flat_offset(format, word);
    let accumulation = !rdna && bit(word, 55);
    let (vaddr, saddr) = flat_address(&mut draft, word)?;
    // MI200 can load into LDS without an opcode of its own.
    let to_lds =
        draft.words.generation == Generation::Cdna2 && format != Format::Flat && bit(word, 13);
    draft.inst.modifiers.cache |= if to_lds { cache::LDS } else { 0 };
    let returns = row.slot(Field::Data).is_none() || draft.inst.modifiers.cache & cache::GLC != 0;
    if row.slot(Field::Vdst).is_some() && returns && !to_lds {
        draft.dst(data(bits(word, 56, 8), accumulation));
    }
    draft.src(vaddr);
    draft.src(saddr);
    if row.slot(Field::Data).is_some() {
        draft.src(data(bits(word, 40, 8), accumulation));
    }
    Ok(draft.finish())
}

fn flat_offset(format: Format, word: u64) -> i32 {
    match format {
        Format::Flat => bits(word, 0, 13).cast_signed(),
        _ => signed(bits(word, 0, 13), 13),
    }
}

/// The vector and the scalar part of the address, each as far as the form has it.
fn flat_address(draft: &mut Draft<'_>, word: u64) -> Result<(Operand, Operand), DecodeError> {
    let vaddr = Operand::Vgpr(bits(word, 32, 8) as u8);
    let code = bits(word, 48, 7);
    let absent = if draft.words.generation.is_rdna() {
        0x7c
    } else {
        0x7f
    };
    let scratch = draft.inst.encoding == Encoding::Scratch;
    let saddr = if draft.inst.encoding == Encoding::Flat || code == absent {
        Operand::None
    } else {
        draft.scalar(code)?
    };
    let has_vaddr = match draft.words.generation {
        Generation::Rdna3 if scratch => bit(word, 55),
        Generation::Cdna3 if scratch => bit(word, 13),
        Generation::Cdna2 if scratch => saddr == Operand::None,
        _ => draft.row.slot(Field::Addr).is_some(),
    };
    Ok((if has_vaddr { vaddr } else { Operand::None }, saddr))
}

const CDNA_BUFFER_CACHE: [(u32, u8); 4] = [
    (14, cache::GLC),
    (17, cache::SLC),
    (15, cache::SCC),
    (16, cache::LDS),
];
const RDNA_BUFFER_CACHE: [(u32, u8); 4] = [
    (14, cache::GLC),
    (12, cache::SLC),
    (13, cache::DLC),
    (53, cache::TFE),
];

pub(super) fn mubuf(words: Words<'_>) -> Result<Inst, DecodeError> {
    let word = words.pair()?;
    let rdna = words.generation.is_rdna();
    let code = if rdna {
        bits(word, 18, 8)
    } else {
        bits(word, 18, 7)
    };
    let row = row(&words, Format::Mubuf, "MUBUF", code)?;
    let mut draft = Draft::new(words, row, Encoding::Mubuf, 2);
    let modifiers = &mut draft.inst.modifiers;
    modifiers.cache = cache_bits(
        word,
        if rdna {
            &RDNA_BUFFER_CACHE
        } else {
            &CDNA_BUFFER_CACHE
        },
    );
    if row.slot(Field::Srsrc).is_none() {
        if draft.words.generation != Generation::Cdna3 {
            draft.inst.modifiers.cache = 0;
        }
        return Ok(draft.finish());
    }
    let (offen, idxen) = if rdna { (54, 55) } else { (12, 13) };
    modifiers.imm = bits(word, 0, 12).cast_signed();
    modifiers.addressing = u8::from(bit(word, offen)) | u8::from(bit(word, idxen)) << 1;
    let to_lds = modifiers.cache & cache::LDS != 0;
    modifiers.addressing |= u8::from(to_lds) << 2;
    buffer_operands(&mut draft, word, to_lds)?;
    Ok(draft.finish())
}

fn buffer_operands(draft: &mut Draft<'_>, word: u64, to_lds: bool) -> Result<(), DecodeError> {
    let accumulation = !draft.words.generation.is_rdna() && bit(word, 55);
    let vdata = data(bits(word, 40, 8), accumulation);
    let addressed = draft.inst.modifiers.addressing & 3 != 0;
    let resource = draft.scalar(bits(word, 48, 5) << 2)?;
    let soffset = draft.scalar(bits(word, 56, 8))?;
    let loads = draft.row.mnemonic.starts_with("buffer_load");
    let returns = draft.row.mnemonic.starts_with("buffer_atomic")
        && draft.inst.modifiers.cache & cache::GLC != 0;
    if (loads || returns) && !to_lds {
        draft.dst(vdata);
    }
    draft.src(if addressed {
        data(bits(word, 32, 8), false)
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
