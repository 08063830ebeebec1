//! VOP1, VOP2 and VOPC: vector instructions of one word.

use super::draft::Draft;
use super::error::DecodeError;
use super::lanes::{self, Sdwa};
use super::source;
use super::words::{Words, bits};
use crate::inst::{Encoding, Inst, Operand, sreg};
use crate::table::{Field, File, Format, Row, Slot, Table};

/// Bits 30..25 of the formats that share VOP2's space.
const VOP1: u32 = 0x3f;
const VOPC: u32 = 0x3e;

pub(super) fn decode(words: Words<'_>) -> Result<Inst, DecodeError> {
    let word = words.get(0)?;
    let (format, encoding, name, low, width) = match word >> 25 {
        VOP1 => (Format::Vop1, Encoding::Vop1, "VOP1", 9, 8),
        VOPC => (Format::Vopc, Encoding::Vopc, "VOPC", 17, 8),
        _ => (Format::Vop2, Encoding::Vop2, "VOP2", 25, 6),
    };
    let code = bits(word, low, width);
    let row = Table::of(words.generation).by_code(format, code);
    let row = row.ok_or_else(|| words.unknown_opcode(name, code))?;
    let mut draft = Draft::new(words, row, encoding, 1);
    let (src0, sdwa) = first_source(&mut draft, word.into())?;
    for slot in row.slots {
        operand(&mut draft, slot, word.into(), src0, sdwa.as_ref())?;
    }
    Ok(draft.finish())
}

/// Source 0, or what an extra word puts in its place.
fn first_source(
    draft: &mut Draft<'_>,
    word: u128,
) -> Result<(Option<Operand>, Option<Sdwa>), DecodeError> {
    let row: &Row = draft.row;
    let code = bits(word, 0, 9);
    if row.slot(Field::Src0).is_none() {
        return Ok((None, None));
    }
    if code == source::SDWA
        && let Some(name) = row.sdwa
    {
        draft.inst.mnemonic = name;
        let sdwa = lanes::sdwa(draft)?;
        return Ok((Some(sdwa.src0), Some(sdwa)));
    }
    if let Some(number) = lanes::dpp(draft, code, true)? {
        return Ok((Some(Operand::Vgpr(number)), None));
    }
    Ok((Some(draft.source(code)?), None))
}

fn operand(
    draft: &mut Draft<'_>,
    slot: &Slot,
    word: u128,
    src0: Option<Operand>,
    sdwa: Option<&Sdwa>,
) -> Result<(), DecodeError> {
    match slot.field {
        Field::Vdst => {
            let number = bits(word, 17, 8);
            let operand = draft.register(slot, number)?;
            let operand = halve(draft, slot, operand, 3);
            draft.dst(operand);
        }
        Field::Vcc if draft.next_source() == 0 => {
            let mask = sdwa
                .and_then(|sdwa| sdwa.mask)
                .filter(|_| draft.inst.encoding == Encoding::Vopc);
            draft.dst(mask.unwrap_or(Operand::Sgpr(sreg::VCC)));
        }
        Field::HiddenExec => draft.dst(Operand::Sgpr(sreg::EXEC)),
        Field::Vcc | Field::HiddenVcc => draft.src(Operand::Sgpr(sreg::VCC)),
        Field::Src0 => {
            let operand = accumulator(slot, src0.unwrap_or_default());
            let operand = halve(draft, slot, operand, draft.next_source());
            draft.src(operand);
        }
        Field::Vsrc1 => {
            let number = bits(word, 9, 8);
            let operand = if sdwa.is_some_and(|sdwa| sdwa.scalar_src1) {
                draft.scalar(number)?
            } else {
                Operand::Vgpr(number as u8)
            };
            let operand = halve(draft, slot, operand, draft.next_source());
            draft.src(operand);
        }
        Field::K => {
            let operand = draft.literal()?;
            draft.src(operand);
        }
        _ => {}
    }
    Ok(())
}

/// A vector register in a slot that holds accumulation registers.
fn accumulator(slot: &Slot, operand: Operand) -> Operand {
    match operand {
        Operand::Vgpr(number) if slot.file == File::Accumulation => Operand::Agpr(number),
        other => other,
    }
}

/// In 16-bit operands bit 7 of the register number says: its high half. That moves to `op_sel`.
fn halve(draft: &mut Draft<'_>, slot: &Slot, operand: Operand, index: usize) -> Operand {
    let Operand::Vgpr(number) = operand else {
        return operand;
    };
    if !slot.half {
        return operand;
    }
    draft.inst.modifiers.op_sel |= (number >> 7) << index;
    Operand::Vgpr(number & 0x7f)
}
