//! Instructions that reach memory.

use std::fmt::Write as _;

use super::operand::{plain, sized};
use super::{graphics, policy};
use crate::generation::{Generation, Layout};
use crate::inst::{Encoding, Inst, Operand, cache};
use crate::table::{Field, Row, Style};

/// A signed number in hexadecimal.
fn hex(value: i32) -> String {
    if value < 0 {
        format!("-{:#x}", value.unsigned_abs())
    } else {
        format!("{value:#x}")
    }
}

/// Whether what it probes comes first, unlike the length of a prefetch.
fn probes(row: &Row) -> bool {
    row.slots
        .first()
        .is_some_and(|slot| slot.field == Field::Length)
        && row.slots.len() > 1
}

pub(super) fn smem(inst: &Inst, row: &Row, generation: Generation) -> String {
    let mut parts = Vec::new();
    if let Some(slot) = row.slot(Field::Length).filter(|_| probes(row)) {
        parts.push(plain(inst.src[2], generation, slot));
    }
    if let Some(slot) = row.slot(Field::Sdata) {
        parts.push(plain(inst.dst[0], generation, slot));
    }
    if let Some(slot) = row.slot(Field::Sbase) {
        parts.push(plain(inst.src[0], generation, slot));
    }
    if let Some(slot) = row.slot(Field::Length).filter(|_| !probes(row)) {
        parts.push(hex(inst.modifiers.imm));
        let offset = match inst.src[1] {
            Operand::None => Operand::Null,
            register => register,
        };
        parts.push(sized(offset, generation, 1, Style::Reg));
        parts.push(plain(inst.src[2], generation, slot));
    } else if row.slot(Field::Sbase).is_some() {
        parts.push(smem_offset(inst, generation));
    }
    let mut out = parts.join(", ");
    policy::append_scalar(&mut out, inst, generation);
    out.trim_start().to_owned()
}

/// Whether no offset at all prints as the register that is none.
fn null_offset(generation: Generation) -> bool {
    matches!(generation.layout(), Layout::Gfx10 | Layout::Gfx11)
}

fn smem_offset(inst: &Inst, generation: Generation) -> String {
    let constant = hex(inst.modifiers.imm);
    match inst.src[1] {
        Operand::None if inst.modifiers.imm == 0 && null_offset(generation) => "null".to_owned(),
        Operand::None => constant,
        register if inst.modifiers.imm != 0 || generation.layout() == Layout::Gfx12 => {
            format!(
                "{} offset:{constant}",
                sized(register, generation, 1, Style::Reg)
            )
        }
        register => sized(register, generation, 1, Style::Reg),
    }
}

pub(super) fn ds(inst: &Inst, row: &Row) -> String {
    // Vector registers print alike for all generations.
    let generation = Generation::Cdna2;
    let fields = [(Field::Addr, 0), (Field::Data0, 1), (Field::Data1, 2)];
    let target = row
        .slot(Field::Vdst)
        .map(|slot| plain(inst.dst[0], generation, slot));
    let sources = fields.iter().filter_map(|(field, index)| {
        row.slot(*field)
            .map(|slot| plain(inst.src[*index], generation, slot))
    });
    let mut out = target
        .into_iter()
        .chain(sources)
        .collect::<Vec<_>>()
        .join(", ");
    out.push_str(&ds_offsets(inst, row));
    if inst.modifiers.addressing & 1 != 0 {
        out.push_str(" gds");
    }
    out.trim_start().to_owned()
}

fn ds_offsets(inst: &Inst, row: &Row) -> String {
    let (both, low, high) = (
        inst.modifiers.imm,
        inst.modifiers.imm & 0xff,
        inst.modifiers.imm >> 8 & 0xff,
    );
    let mut out = String::new();
    if row.mnemonic == "ds_swizzle_b32" {
        return swizzle(both);
    }
    if !row.two_offsets {
        if both != 0 {
            write!(out, " offset:{both}").ok();
        }
        return out;
    }
    for (name, value) in [("offset0", low), ("offset1", high)] {
        if value != 0 {
            write!(out, " {name}:{value}").ok();
        }
    }
    out
}

/// The pattern of `ds_swizzle_b32`: four lanes, or masks over the lane number.
fn swizzle(pattern: i32) -> String {
    if pattern == 0 {
        return String::new();
    }
    if pattern & 0xff00 == 0x8000 {
        let lanes: Vec<String> = (0..4)
            .map(|lane| (pattern >> (2 * lane) & 3).to_string())
            .collect();
        return format!(" offset:swizzle(QUAD_PERM,{})", lanes.join(","));
    }
    if pattern & 0xe000 == 0xe000 {
        return format!(" offset:swizzle(FFT,{})", pattern & 31);
    }
    if pattern & 0xe000 == 0xc000 {
        return format!(
            " offset:swizzle(ROTATE,{},{})",
            pattern >> 10 & 1,
            pattern >> 5 & 31
        );
    }
    if pattern & 0x8000 != 0 {
        return format!(" offset:{pattern}");
    }
    let (and, or, xor) = (pattern & 31, pattern >> 5 & 31, pattern >> 10 & 31);
    match (and, or, xor) {
        (31, 0, mask) if mask.count_ones() == 1 => format!(" offset:swizzle(SWAP,{mask})"),
        (31, 0, mask) if mask > 0 && (mask + 1).count_ones() == 1 => {
            format!(" offset:swizzle(REVERSE,{})", mask + 1)
        }
        _ => broadcast(and, or, xor).unwrap_or_else(|| bit_masks(and, or, xor)),
    }
}

/// Groups of 2, 4, … lanes that all read one of their lanes.
fn broadcast(and: i32, or: i32, xor: i32) -> Option<String> {
    let group = 32 - and;
    let fits = group > 1 && group.count_ones() == 1 && or < group && xor == 0;
    fits.then(|| format!(" offset:swizzle(BROADCAST,{group},{or})"))
}

/// One letter a bit of the lane number: kept, inverted, cleared or set.
fn bit_masks(and: i32, or: i32, xor: i32) -> String {
    let letter = |bit: i32| {
        let zero = (or ^ xor) >> bit & 1;
        let one = ((and | or) ^ xor) >> bit & 1;
        match (zero, one) {
            (0, 0) => '0',
            (1, 1) => '1',
            (0, _) => 'p',
            _ => 'i',
        }
    };
    let mask: String = (0..5).rev().map(letter).collect();
    format!(" offset:swizzle(BITMASK_PERM,\"{mask}\")")
}

pub(super) fn flat(inst: &Inst, row: &Row, generation: Generation) -> String {
    let [vaddr, saddr, data, _] = inst.src;
    let mut parts = Vec::new();
    if let (Some(slot), true) = (row.slot(Field::Vdst), inst.dst[0] != Operand::None) {
        parts.push(plain(inst.dst[0], generation, slot));
    }
    if row.slot(Field::Addr).is_some() {
        let wide = inst.encoding != Encoding::Scratch && saddr == Operand::None;
        parts.push(sized(
            vaddr,
            generation,
            if wide { 2 } else { 1 },
            Style::Reg,
        ));
    }
    if let Some(slot) = row.slot(Field::Data) {
        parts.push(plain(data, generation, slot));
    }
    if inst.encoding != Encoding::Flat && !row.slots.is_empty() {
        let count = if inst.encoding == Encoding::Global {
            2
        } else {
            1
        };
        parts.push(sized(saddr, generation, count, Style::Reg));
    }
    let mut out = parts.join(", ");
    if inst.modifiers.imm != 0 {
        write!(out, " offset:{}", inst.modifiers.imm).ok();
    }
    policy::append(&mut out, inst, generation);
    if inst.modifiers.cache & cache::LDS != 0 {
        out.push_str(" lds");
    }
    out.trim_start().to_owned()
}

pub(super) fn buffer(inst: &Inst, row: &Row, generation: Generation) -> String {
    let mut out = String::new();
    if row.slot(Field::Srsrc).is_some() {
        out = buffer_operands(inst, row, generation);
        if inst.encoding == Encoding::Mtbuf {
            let format = inst.modifiers.format;
            out.push_str(&graphics::buffer_format(format, generation.layout()));
        }
        for (bit, name) in [(2, " idxen"), (1, " offen")] {
            if inst.modifiers.addressing & bit != 0 {
                out.push_str(name);
            }
        }
        if inst.modifiers.imm != 0 {
            write!(out, " offset:{}", inst.modifiers.imm).ok();
        }
    }
    policy::append(&mut out, inst, generation);
    for (bit, name) in [(cache::LDS, " lds"), (cache::TFE, " tfe")] {
        if inst.modifiers.cache & bit != 0 {
            out.push_str(name);
        }
    }
    out.trim_start().to_owned()
}

fn buffer_operands(inst: &Inst, row: &Row, generation: Generation) -> String {
    let [vaddr, resource, soffset, data] = inst.src;
    let mut parts = Vec::new();
    let loaded = inst.dst[0] != Operand::None;
    if let (Some(slot), true) = (row.slot(Field::Vdata), loaded || data != Operand::None) {
        let vdata = if loaded { inst.dst[0] } else { data };
        // One register more tells which part of the texture was there.
        let count = slot.count + u8::from(inst.modifiers.cache & cache::TFE != 0);
        parts.push(sized(vdata, generation, count, slot.style));
    }
    let both = inst.modifiers.addressing & 3 == 3;
    parts.push(sized(
        vaddr,
        generation,
        if both { 2 } else { 1 },
        Style::Reg,
    ));
    parts.push(sized(resource, generation, 4, Style::Reg));
    parts.push(sized(soffset, generation, 1, Style::B32));
    parts.join(", ")
}
