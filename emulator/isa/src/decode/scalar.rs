//! SOP1, SOP2, SOPC, SOPK and SOPP: the scalar unit's own instructions.

use super::draft::Draft;
use super::error::DecodeError;
use super::words::{Words, bits, signed};
use crate::inst::{Encoding, Inst};
use crate::table::{Field, Format, Row, Table};

/// Bits 31..23 of the formats that share SOP2's space.
const SOP1: u32 = 0x17d;
const SOPC: u32 = 0x17e;
const SOPP: u32 = 0x17f;

/// Format, encoding, name, and place and width of the opcode.
fn format(word: u32) -> (Format, Encoding, &'static str, u32, u32) {
    match word >> 23 {
        SOP1 => (Format::Sop1, Encoding::Sop1, "SOP1", 8, 8),
        SOPC => (Format::Sopc, Encoding::Sopc, "SOPC", 16, 7),
        SOPP => (Format::Sopp, Encoding::Sopp, "SOPP", 16, 7),
        _ if word >> 28 == 0xb => (Format::Sopk, Encoding::Sopk, "SOPK", 23, 5),
        _ => (Format::Sop2, Encoding::Sop2, "SOP2", 23, 7),
    }
}

pub(super) fn decode(words: Words<'_>) -> Result<Inst, DecodeError> {
    let word = words.get(0)?;
    let (format, encoding, name, low, width) = format(word);
    let code = bits(word, low, width);
    let row = Table::of(words.generation).by_code(format, code);
    let row = row.ok_or_else(|| words.unknown_opcode(name, code))?;
    operands(Draft::new(words, row, encoding, 1), row, word.into())
}

fn operands(mut draft: Draft<'_>, row: &'static Row, word: u128) -> Result<Inst, DecodeError> {
    for slot in row.slots {
        match slot.field {
            Field::Sdst => {
                let operand = draft.scalar(bits(word, 16, 7))?;
                draft.dst(operand);
            }
            Field::Ssrc => {
                let operand = draft.scalar(bits(word, 16, 7))?;
                draft.src(operand);
            }
            Field::Ssrc0 => {
                let operand = draft.scalar(bits(word, 0, 8))?;
                draft.src(operand);
            }
            Field::Ssrc1 => {
                let operand = draft.scalar(bits(word, 8, 8))?;
                draft.src(operand);
            }
            Field::K => {
                let operand = draft.literal()?;
                draft.src(operand);
            }
            Field::Message => draft.inst.modifiers.imm = bits(word, 0, 8).cast_signed(),
            Field::Imm if draft.inst.encoding == Encoding::Sopc => {
                draft.inst.modifiers.imm = bits(word, 8, 8).cast_signed();
            }
            Field::Imm => draft.inst.modifiers.imm = signed(bits(word, 0, 16), 16),
            _ => {}
        }
    }
    Ok(draft.finish())
}
