//! DS: the local data share, and on RDNA up to the third the global one.

use super::super::draft::Draft;
use super::super::error::DecodeError;
use super::super::words::{Words, bit, bits};
use super::{data, row};
use crate::generation::Layout;
use crate::inst::{Encoding, Inst, Operand};
use crate::table::{Field, Format};

pub(in crate::decode) fn ds(words: Words<'_>) -> Result<Inst, DecodeError> {
    let word = words.pair()?;
    let layout = words.generation.layout();
    let gfx9 = layout == Layout::Gfx9;
    let code = bits(word, if gfx9 { 17 } else { 18 }, 8);
    let row = row(&words, Format::Ds, "DS", code)?;
    let mut draft = Draft::new(words, row, Encoding::Ds, 2);
    let accumulation = gfx9 && bit(word, 25);
    if row.slot(Field::Vdst).is_some() {
        draft.dst(data(bits(word, 56, 8), accumulation));
    }
    let source = |field, low, accumulation| match row.slot(field) {
        Some(_) => data(bits(word, low, 8), accumulation),
        None => Operand::None,
    };
    draft.inst.src = [
        source(Field::Addr, 32, false),
        source(Field::Data0, 40, accumulation),
        source(Field::Data1, 48, accumulation),
        Operand::None,
    ];
    draft.inst.modifiers.imm = bits(word, 0, 16).cast_signed();
    // The CDNA generations have no global data share but for its semaphores.
    let global = row.global || matches!(layout, Layout::Gfx10 | Layout::Gfx11) && bit(word, 17);
    draft.inst.modifiers.addressing = u8::from(global);
    Ok(draft.finish())
}
