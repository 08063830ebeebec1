//! VOP3 and VOP3P: vector instructions of two words.

use super::draft::Draft;
use super::error::DecodeError;
use super::lanes;
use super::words::{Words, bit, bits};
use crate::inst::{Encoding, Inst, Operand, sreg};
use crate::opcode::Opcode;
use crate::table::{ByteOf, Field, File, Format, Halves, Row, Slot, Table};

pub(super) fn decode(words: Words<'_>) -> Result<Inst, DecodeError> {
    let code = bits(words.get(0)?, 16, 10);
    let row = Table::of(words.generation).by_code(Format::Vop3, code);
    let row = row.ok_or_else(|| words.unknown_opcode("VOP3", code))?;
    let encoding = if row.scalar_dst {
        Encoding::Vop3Sd
    } else {
        Encoding::Vop3
    };
    let word = words.pair()?;
    let mut draft = Draft::new(words, row, encoding, 2);
    let modifiers = &mut draft.inst.modifiers;
    if row.truth {
        let (high, middle, low) = (bits(word, 59, 2), bits(word, 8, 3), bits(word, 61, 3));
        modifiers.imm = (high << 6 | middle << 3 | low).cast_signed();
    }
    modifiers.neg = bits(word, 61, 3) as u8 & row.signs;
    modifiers.omod = if row.scales {
        bits(word, 59, 2) as u8
    } else {
        0
    };
    modifiers.clamp = row.clamps && bit(word, 15);
    if !row.scalar_dst {
        modifiers.abs = bits(word, 8, 3) as u8 & row.signs;
    }
    modifiers.op_sel = bits(word, 11, 4) as u8 & selections(row);
    operands(draft, row, word)
}

/// The bits of `op_sel` that mean something.
fn selections(row: &Row) -> u8 {
    let halves = |slot: &Slot| slot.half && slot.field != Field::Attribute;
    match row.byte {
        Some(ByteOf::Source) => 0b0011,
        Some(ByteOf::Destination) => 0b1100,
        None if row.selects || row.slots.iter().any(halves) => 0b1111,
        None => 0,
    }
}

/// Takes the attribute that stands in place of source 0. Its number and channel become the
/// immediate, its half what `op_sel` says first; signs count from source 1 on.
fn attribute(draft: &mut Draft<'_>, slot: &Slot, word: u128) -> Result<(), DecodeError> {
    let high = bits(word, 40, 1);
    if high == 1 && !slot.half {
        return Err(draft.words.unknown_value("half of an attribute", high));
    }
    let modifiers = &mut draft.inst.modifiers;
    modifiers.imm = (bits(word, 32, 6) << 2 | bits(word, 38, 2)).cast_signed();
    modifiers.op_sel = high as u8;
    modifiers.neg >>= 1;
    modifiers.abs >>= 1;
    Ok(())
}

/// The part of an attribute that source 1's place names.
fn parameter(draft: &Draft<'_>, word: u128) -> Result<Operand, DecodeError> {
    match bits(word, 41, 9) {
        number @ 0..=2 => Ok(Operand::Vgpr(number as u8)),
        number => Err(draft.words.unknown_value("part of an attribute", number)),
    }
}

pub(super) fn decode_packed(words: Words<'_>) -> Result<Inst, DecodeError> {
    let code = bits(words.get(0)?, 16, 7);
    let row = Table::of(words.generation).by_code(Format::Vop3p, code);
    let row = row.ok_or_else(|| words.unknown_opcode("VOP3P", code))?;
    let encoding = if row.matrix {
        Encoding::Mai
    } else {
        Encoding::Vop3p
    };
    let word = words.pair()?;
    if row.opcode == Opcode::VMfmaLdScaleB32
        && let Some(scaled) = scaled(words)
    {
        return with_scales(words, scaled, row, word);
    }
    let mut draft = Draft::new(words, row, encoding, 2);
    if row.matrix {
        // Moves between the files have no use for the matrix controls.
        if row.sources() == 3 {
            matrix_modifiers(&mut draft, word);
        }
    } else {
        packed_modifiers(&mut draft, word);
    }
    operands(draft, row, word)
}

/// What ABID is in a matrix instruction that takes scales.
const SCALED: u32 = 1;

/// The instruction that the scales in front of it belong to, if there is one.
fn scaled(words: Words<'_>) -> Option<&'static Row> {
    let second = words.get(2).ok()?;
    words.get(3).ok()?;
    let belongs = second >> 23 == PACKED && bits(second, 11, 4) == SCALED;
    let row = Table::of(words.generation).by_code(Format::Vop3px, bits(second, 16, 7));
    row.filter(|_| belongs)
}

/// Bits 31..23 of VOP3P on CDNA.
pub(super) const PACKED: u32 = 0x1a7;

/// A matrix instruction of four words, of which the first two hold the scales.
fn with_scales(
    words: Words<'_>,
    row: &'static Row,
    scales: &'static Row,
    first: u128,
) -> Result<Inst, DecodeError> {
    let word = words.several(4)? >> 64;
    let mut draft = Draft::new(words, row, Encoding::Vop3px, 4);
    matrix_modifiers(&mut draft, word);
    draft.inst.modifiers.abid = 0;
    let mut inst = operands(draft, row, word)?;
    let mut draft = Draft::new(words, scales, Encoding::Vop3p, 4);
    packed_modifiers(&mut draft, first);
    inst.pair = Some(Box::new(operands(draft, scales, first)?));
    Ok(inst)
}

fn packed_modifiers(draft: &mut Draft<'_>, word: u128) {
    let mixes = draft.row.halves == Halves::LowByDefault;
    let used = (1u8 << draft.row.sources()) - 1;
    let modifiers = &mut draft.inst.modifiers;
    modifiers.neg = bits(word, 61, 3) as u8 & used & draft.row.signs;
    modifiers.clamp = draft.row.clamps && bit(word, 15);
    modifiers.op_sel = bits(word, 11, 3) as u8 & used;
    modifiers.op_sel_hi = (bits(word, 59, 2) | bits(word, 14, 1) << 2) as u8 & used;
    let high = bits(word, 8, 3) as u8 & used & draft.row.signs;
    // Mixed-precision instructions are not packed: the bits mean the absolute value there.
    if mixes {
        modifiers.abs = high
    } else {
        modifiers.neg_hi = high
    }
}

fn matrix_modifiers(draft: &mut Draft<'_>, word: u128) {
    let modifiers = &mut draft.inst.modifiers;
    modifiers.cbsz = bits(word, 8, 3) as u8;
    modifiers.abid = bits(word, 11, 4) as u8;
    modifiers.blgp = bits(word, 61, 3) as u8;
}

pub(super) fn operands(
    mut draft: Draft<'_>,
    row: &'static Row,
    word: u128,
) -> Result<Inst, DecodeError> {
    let lanes = match row.slot(Field::Src0) {
        Some(_) => lanes::dpp(&mut draft, bits(word, 32, 9), false)?,
        None => None,
    };
    for slot in row.slots {
        match slot.field {
            Field::Vdst => {
                let operand = draft.register(slot, bits(word, 0, 8))?;
                draft.dst(in_file(slot, operand, bit(word, 15)));
            }
            Field::Sdst => {
                let operand = draft.scalar(bits(word, 8, 7))?;
                draft.dst(operand);
            }
            Field::HiddenExec => draft.dst(Operand::Sgpr(sreg::EXEC)),
            Field::HiddenVcc => draft.src(Operand::Sgpr(sreg::VCC)),
            Field::Src0 => {
                let operand = match lanes {
                    Some(number) => Operand::Vgpr(number),
                    None => draft.source(bits(word, 32, 9))?,
                };
                draft.src(in_file(slot, operand, bit(word, 59)));
            }
            Field::Src1 => {
                let operand = draft.source(bits(word, 41, 9))?;
                draft.src(in_file(slot, operand, bit(word, 60)));
            }
            Field::Src2 => {
                let operand = draft.source(bits(word, 50, 9))?;
                draft.src(in_file(slot, operand, bit(word, 15)));
            }
            Field::Attribute => attribute(&mut draft, slot, word)?,
            Field::Parameter => {
                let operand = parameter(&draft, word)?;
                draft.src(operand);
            }
            _ => {}
        }
    }
    Ok(draft.finish())
}

/// Moves a vector register to the accumulation file where the slot or the encoding says so.
fn in_file(slot: &Slot, operand: Operand, accumulation: bool) -> Operand {
    match (operand, slot.file) {
        (Operand::Vgpr(number), File::Accumulation) => Operand::Agpr(number),
        (Operand::Vgpr(number), File::Either) if accumulation => Operand::Agpr(number),
        _ => operand,
    }
}
