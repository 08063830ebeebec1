//! VOPD: two vector instructions in one (RDNA3).

use super::draft::Draft;
use super::error::DecodeError;
use super::words::{Words, bits};
use crate::inst::{Encoding, Inst, Operand, sreg};
use crate::table::{Field, Format, Row, Table};

/// One half's fields.
struct Half {
    src0: u32,
    vsrc1: u32,
    vdst: u32,
}

pub(super) fn decode(words: Words<'_>) -> Result<Inst, DecodeError> {
    let word = words.pair()?;
    let table = Table::of(words.generation);
    let (x, y) = (bits(word, 22, 4), bits(word, 17, 5));
    let first = table
        .by_code(Format::Vopdx, x)
        .ok_or_else(|| words.unknown_opcode("VOPD X", x))?;
    let second = table
        .by_code(Format::Vopdy, y)
        .ok_or_else(|| words.unknown_opcode("VOPD Y", y))?;
    let vdst = bits(word, 56, 8);
    let halves = [
        Half {
            src0: bits(word, 0, 9),
            vsrc1: bits(word, 9, 8),
            vdst,
        },
        // The halves write registers of different parity, so one bit need not be stored.
        Half {
            src0: bits(word, 32, 9),
            vsrc1: bits(word, 41, 8),
            vdst: bits(word, 49, 7) << 1 | (vdst & 1 ^ 1),
        },
    ];
    let mut inst = half(words, first, &halves[0])?;
    let mut pair = half(words, second, &halves[1])?;
    inst.size = inst.size.max(pair.size);
    pair.size = inst.size;
    inst.pair = Some(Box::new(pair));
    Ok(inst)
}

fn half(words: Words<'_>, row: &'static Row, fields: &Half) -> Result<Inst, DecodeError> {
    let mut draft = Draft::new(words, row, Encoding::Vopd, 2);
    for slot in row.slots {
        match slot.field {
            Field::Vdst => draft.dst(Operand::Vgpr(fields.vdst as u8)),
            Field::Src0 => {
                let operand = draft.source(fields.src0)?;
                draft.src(operand);
            }
            Field::Vsrc1 => draft.src(Operand::Vgpr(fields.vsrc1 as u8)),
            Field::HiddenVcc => draft.src(Operand::Sgpr(sreg::VCC)),
            Field::K => {
                let operand = draft.literal()?;
                draft.src(operand);
            }
            _ => {}
        }
    }
    Ok(draft.finish())
}
