//! EXP, VINTRP, VINTERP and LDSDIR: what only graphics use.

use super::draft::Draft;
use super::error::DecodeError;
use super::words::{Words, bit, bits};
use crate::generation::Layout;
use crate::inst::{Encoding, Inst, Operand, export};
use crate::table::{Format, Row, Table};

fn row(
    words: &Words<'_>,
    format: Format,
    name: &'static str,
    code: u32,
) -> Result<&'static Row, DecodeError> {
    let row = Table::of(words.generation).by_code(format, code);
    row.ok_or_else(|| words.unknown_opcode(name, code))
}

fn register(word: u128, low: u32) -> Operand {
    Operand::Vgpr(bits(word, low, 8) as u8)
}

/// Up to four registers that go to a target.
pub(super) fn exp(words: Words<'_>) -> Result<Inst, DecodeError> {
    let row = row(&words, Format::Exp, "EXP", 0)?;
    let word = words.pair()?;
    let layout = words.generation.layout();
    let mut draft = Draft::new(words, row, Encoding::Exp, 2);
    let flags: &[(u32, u8)] = if layout == Layout::Gfx10 {
        &[
            (11, export::DONE),
            (10, export::COMPRESSED),
            (12, export::VALID_MASK),
        ]
    } else {
        &[(11, export::DONE), (13, export::ROW)]
    };
    let set = flags.iter().filter(|(place, _)| bit(word, *place));
    let set = set.fold(0, |all, (_, flag)| all | flag);
    for index in 0..4 {
        // Compressed: two registers hold two halves each.
        let place = index >> u32::from(set & export::COMPRESSED != 0);
        draft.src(if bit(word, index) {
            register(word, 32 + 8 * place)
        } else {
            Operand::None
        });
    }
    draft.inst.modifiers.addressing = set;
    draft.inst.modifiers.imm = bits(word, 4, 6).cast_signed();
    Ok(draft.finish())
}

/// Attribute and channel as [`crate::Modifiers::imm`] holds them.
fn attribute(word: u128) -> i32 {
    (bits(word, 10, 6) << 2 | bits(word, 8, 2)).cast_signed()
}

/// RDNA2: interpolates an attribute.
pub(super) fn vintrp(words: Words<'_>) -> Result<Inst, DecodeError> {
    let word = u128::from(words.get(0)?);
    let code = bits(word, 16, 2);
    let row = row(&words, Format::Vintrp, "VINTRP", code)?;
    let mut draft = Draft::new(words, row, Encoding::Vintrp, 1);
    draft.dst(register(word, 18));
    draft.src(register(word, 0));
    draft.inst.modifiers.imm = attribute(word);
    Ok(draft.finish())
}

/// From RDNA3 on: interpolates what an LDSDIR instruction has loaded.
pub(super) fn vinterp(words: Words<'_>) -> Result<Inst, DecodeError> {
    let code = bits(words.get(0)?, 16, 7);
    let row = row(&words, Format::Vinterp, "VINTERP", code)?;
    let word = words.pair()?;
    let mut draft = Draft::new(words, row, Encoding::Vinterp, 2);
    let modifiers = &mut draft.inst.modifiers;
    modifiers.neg = bits(word, 61, 3) as u8 & row.signs;
    modifiers.clamp = bit(word, 15);
    modifiers.op_sel = if row.selects {
        bits(word, 11, 4) as u8
    } else {
        0
    };
    modifiers.imm = bits(word, 8, 3).cast_signed();
    draft.dst(register(word, 0));
    for low in [32, 41, 50] {
        draft.src(register(word, low));
    }
    Ok(draft.finish())
}

/// From RDNA3 on: loads an attribute, or a value for all lanes, from LDS.
pub(super) fn ldsdir(words: Words<'_>) -> Result<Inst, DecodeError> {
    let word = u128::from(words.get(0)?);
    let code = bits(word, 20, 2);
    let row = row(&words, Format::Ldsdir, "LDSDIR", code)?;
    let layout = words.generation.layout();
    let mut draft = Draft::new(words, row, Encoding::Ldsdir, 1);
    draft.dst(register(word, 0));
    let wait = bits(word, 16, 4) | bits(word, 23, 1) << 4 & u32::from(layout == Layout::Gfx12) << 4;
    draft.inst.modifiers.addressing = wait as u8;
    draft.inst.modifiers.imm = attribute(word);
    Ok(draft.finish())
}
