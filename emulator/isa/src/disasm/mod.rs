//! From instructions to text, spelled as `llvm-objdump` spells it.

mod graphics;
mod image;
mod immediate;
mod memory;
mod modifier;
mod names;
mod operand;
mod policy;

use crate::generation::Generation;
use crate::inst::{Encoding, Inst, Operand};
use crate::table::{Field, Halves, Row, Slot, Table};

/// The text of an instruction: mnemonic and operands.
///
/// Its address does not show: branches print their distance in words, as LLVM prints it.
pub fn format(inst: &Inst, generation: Generation, _address: u64) -> String {
    let first = one(inst, generation, false);
    match &inst.pair {
        Some(_) if inst.encoding == Encoding::Vop3px => first,
        Some(pair) => format!("{first} :: {}", one(pair, generation, true)),
        None => first,
    }
}

fn one(inst: &Inst, generation: Generation, second: bool) -> String {
    let row = Table::of(generation).by_name(inst.encoding, inst.mnemonic, second);
    let Some(row) = row else {
        return inst.mnemonic.to_owned();
    };
    let text = match inst.encoding {
        Encoding::Smem => memory::smem(inst, row, generation),
        Encoding::Ds => memory::ds(inst, row),
        Encoding::Flat | Encoding::Global | Encoding::Scratch => {
            memory::flat(inst, row, generation)
        }
        Encoding::Mubuf | Encoding::Mtbuf => memory::buffer(inst, row, generation),
        Encoding::Mimg | Encoding::Vsample => image::image(inst, row, generation),
        Encoding::Exp => graphics::exp(inst, generation),
        Encoding::Vintrp => graphics::vintrp(inst, generation),
        Encoding::Ldsdir => graphics::ldsdir(inst, generation),
        _ => arithmetic(inst, row, generation),
    };
    if text.is_empty() {
        inst.mnemonic.to_owned()
    } else {
        format!("{} {text}", inst.mnemonic)
    }
}

/// Where the next destination and source come from while operands print in the order of the text.
#[derive(Default)]
struct Cursor {
    destination: usize,
    source: usize,
}

impl Cursor {
    fn destination(&mut self, inst: &Inst) -> Operand {
        self.destination += 1;
        inst.dst
            .get(self.destination - 1)
            .copied()
            .unwrap_or_default()
    }

    fn source(&mut self, inst: &Inst) -> (usize, Operand) {
        self.source += 1;
        let index = self.source - 1;
        (index, inst.src.get(index).copied().unwrap_or_default())
    }
}

/// Everything that reaches no memory.
fn arithmetic(inst: &Inst, row: &Row, generation: Generation) -> String {
    let mut cursor = Cursor::default();
    let operands: Vec<String> = row
        .slots
        .iter()
        .filter_map(|slot| one_operand(inst, row, generation, slot, &mut cursor))
        .chain(modifier::scales(inst, generation))
        .collect();
    let mut text = operands.join(", ");
    text.push_str(&modifier::all(inst, row, generation));
    text.trim_start().to_owned()
}

fn one_operand(
    inst: &Inst,
    row: &Row,
    generation: Generation,
    slot: &Slot,
    cursor: &mut Cursor,
) -> Option<String> {
    Some(match slot.field {
        Field::HiddenExec => {
            cursor.destination(inst);
            return None;
        }
        Field::HiddenVcc => {
            cursor.source(inst);
            return None;
        }
        Field::Sdst | Field::Vdst => {
            let high = inst.modifiers.op_sel >> 3 & 1 == 1;
            let text = operand::plain(cursor.destination(inst), generation, slot);
            operand::half(text, inst.dst[cursor.destination - 1], slot, high)
        }
        Field::Vcc if cursor.source == 0 => operand::mask(cursor.destination(inst), generation),
        Field::Vcc => operand::mask(cursor.source(inst).1, generation),
        Field::Imm => return immediate::text(slot.style, inst.modifiers.imm, generation),
        Field::Attribute => graphics::attribute(inst.modifiers.imm),
        Field::Parameter => graphics::parameter(cursor.source(inst).1),
        Field::Message => names::message(inst.modifiers.imm, generation),
        Field::K => match cursor.source(inst).1 {
            Operand::Literal(value) if inst.encoding == Encoding::Sopk => operand::immediate(value),
            Operand::Literal(value) => format!("{value:#x}"),
            other => operand::plain(other, generation, slot),
        },
        _ => source(inst, row, generation, slot, cursor),
    })
}

fn source(
    inst: &Inst,
    row: &Row,
    generation: Generation,
    slot: &Slot,
    cursor: &mut Cursor,
) -> String {
    let (index, operand) = cursor.source(inst);
    let slot = &modifier::mixed_format(inst, slot, index);
    let has = |mask: u8| mask >> index & 1 == 1;
    let text = operand::plain(operand, generation, slot);
    let text = operand::half(text, operand, slot, has(inst.modifiers.op_sel));
    let sext = inst
        .modifiers
        .sdwa
        .is_some_and(|sdwa| index < 2 && sdwa.src_sext[index]);
    if sext {
        return format!("sext({text})");
    }
    if inst.encoding == Encoding::Vop3p && row.halves != Halves::LowByDefault {
        return text;
    }
    operand::signed(
        text,
        operand,
        has(inst.modifiers.neg),
        has(inst.modifiers.abs),
    )
}
