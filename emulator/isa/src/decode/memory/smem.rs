//! SMEM: scalar loads.

use super::super::draft::Draft;
use super::super::error::DecodeError;
use super::super::words::{Words, bit, bits, signed};
use super::{CacheBits, cache_bits, policy, row};
use crate::generation::Layout;
use crate::inst::{Encoding, Inst, Operand, cache};
use crate::table::{Field, Format};

struct Places {
    /// The opcode's first bit and width.
    opcode: (u32, u32),
    cache: CacheBits,
    /// The constant offset's width.
    offset: u32,
}

fn places(layout: Layout) -> Places {
    let (opcode, cache, offset): (_, CacheBits, _) = match layout {
        Layout::Gfx9 => ((18, 8), &[(16, cache::GLC)], 21),
        Layout::Gfx10 => ((18, 8), &[(16, cache::GLC), (14, cache::DLC)], 21),
        Layout::Gfx11 => ((18, 8), &[(14, cache::GLC), (13, cache::DLC)], 21),
        Layout::Gfx12 => ((13, 6), &[], 24),
    };
    Places {
        opcode,
        cache,
        offset,
    }
}

pub(in crate::decode) fn smem(words: Words<'_>) -> Result<Inst, DecodeError> {
    let word = words.pair()?;
    let layout = words.generation.layout();
    let places = places(layout);
    let code = bits(word, places.opcode.0, places.opcode.1);
    let row = row(&words, Format::Smem, "SMEM", code)?;
    let mut draft = Draft::new(words, row, Encoding::Smem, 2);
    if row.slot(Field::Sdata).is_some() {
        let operand = draft.scalar(bits(word, 6, 7))?;
        draft.dst(operand);
    }
    let length = row.slot(Field::Length);
    if row.slot(Field::Sbase).is_some() || length.is_some() {
        let base = match row.slot(Field::Sbase) {
            Some(_) => draft.scalar(bits(word, 0, 6) << 1)?,
            None => Operand::None,
        };
        draft.src(base);
        let offset = offset(&mut draft, word, &places)?;
        draft.src(offset);
        match length {
            Some(slot) => draft.src(Operand::Int(bits(word, 6, slot.count.into()) as i8)),
            None => {
                let modifiers = &mut draft.inst.modifiers;
                modifiers.cache = cache_bits(word, places.cache);
                if layout == Layout::Gfx12 {
                    policy(modifiers, word, 21, 2, false);
                }
            }
        }
    }
    Ok(draft.finish())
}

/// Sets the constant offset and returns the register offset, if there is one.
fn offset(draft: &mut Draft<'_>, word: u128, places: &Places) -> Result<Operand, DecodeError> {
    let constant = signed(bits(word, 32, places.offset), places.offset);
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
