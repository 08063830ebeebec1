//! EXP, VINTRP, LDSDIR, and the formats of typed buffers.

use super::operand::sized;
use crate::generation::{Generation, Layout};
use crate::inst::{Inst, Operand, export};
use crate::table::Style;

/// Where an export goes.
fn target(number: i32, layout: Layout) -> String {
    match number {
        0..=7 => format!("mrt{number}"),
        8 => "mrtz".to_owned(),
        9 if layout == Layout::Gfx10 => "null".to_owned(),
        12..=16 => format!("pos{}", number - 12),
        20 => "prim".to_owned(),
        21 | 22 if layout > Layout::Gfx10 => format!("dual_src_blend{}", number - 21),
        32.. if layout == Layout::Gfx10 => format!("param{}", number - 32),
        _ => format!("invalid_target_{number}"),
    }
}

pub(super) fn exp(inst: &Inst, generation: Generation) -> String {
    let sources = inst
        .src
        .map(|source| sized(source, generation, 1, Style::Reg));
    let mut out = target(inst.modifiers.imm, generation.layout());
    out.push(' ');
    out.push_str(&sources.join(", "));
    for (flag, name) in [
        (export::DONE, " done"),
        (export::COMPRESSED, " compr"),
        (export::VALID_MASK, " vm"),
        (export::ROW, " row_en"),
    ] {
        if inst.modifiers.addressing & flag != 0 {
            out.push_str(name);
        }
    }
    out
}

/// `attr3.y`
pub(super) fn attribute(imm: i32) -> String {
    let channel = ["x", "y", "z", "w"][(imm & 3) as usize];
    format!("attr{}.{channel}", imm >> 2)
}

pub(super) fn vintrp(inst: &Inst, generation: Generation) -> String {
    let source = match inst.src[0] {
        source if inst.mnemonic.contains("_mov_") => parameter(source),
        source => sized(source, generation, 1, Style::Reg),
    };
    let target = sized(inst.dst[0], generation, 1, Style::Reg);
    format!("{target}, {source}, {}", attribute(inst.modifiers.imm))
}

/// The parts of a triangle's attribute that can be moved as they are.
pub(super) fn parameter(part: Operand) -> String {
    match part {
        Operand::Vgpr(0) => "p10".to_owned(),
        Operand::Vgpr(1) => "p20".to_owned(),
        Operand::Vgpr(2) => "p0".to_owned(),
        Operand::Vgpr(number) => format!("invalid_param_{number}"),
        _ => String::new(),
    }
}

pub(super) fn ldsdir(inst: &Inst, generation: Generation) -> String {
    let mut out = sized(inst.dst[0], generation, 1, Style::Reg);
    if inst.mnemonic.contains("param") {
        out = format!("{out}, {}", attribute(inst.modifiers.imm));
    }
    let (vdst, vsrc) = (
        inst.modifiers.addressing & 15,
        inst.modifiers.addressing >> 4,
    );
    if generation.layout() == Layout::Gfx12 {
        format!("{out} wait_va_vdst:{vdst} wait_vm_vsrc:{vsrc}")
    } else {
        format!("{out} wait_vdst:{vdst}")
    }
}

/// What a typed buffer holds, unless that is bytes as fractions.
pub(super) fn buffer_format(number: u8, layout: Layout) -> String {
    if layout == Layout::Gfx9 {
        return separate_format(number);
    }
    match (number, unified_format(number, layout)) {
        (1, _) => String::new(),
        (_, Some(name)) => format!(" format:[BUF_FMT_{name}]"),
        (_, None) => format!(" format:{number}"),
    }
}

const CHANNELS: [&str; 16] = [
    "INVALID",
    "8",
    "16",
    "8_8",
    "32",
    "16_16",
    "10_11_11",
    "11_11_10",
    "10_10_10_2",
    "2_10_10_10",
    "8_8_8_8",
    "32_32",
    "16_16_16_16",
    "32_32_32",
    "32_32_32_32",
    "RESERVED_15",
];

const KINDS: [&str; 8] = [
    "UNORM",
    "SNORM",
    "USCALED",
    "SSCALED",
    "UINT",
    "SINT",
    "RESERVED_6",
    "FLOAT",
];

/// CDNA: channels and kind in fields of their own.
fn separate_format(number: u8) -> String {
    let (channels, kind) = (usize::from(number & 15), usize::from(number >> 4 & 7));
    let data = format!("BUF_DATA_FORMAT_{}", CHANNELS[channels]);
    let kind_name = format!("BUF_NUM_FORMAT_{}", KINDS[kind]);
    match (channels, kind) {
        (1, 0) => String::new(),
        (_, 0) => format!(" format:[{data}]"),
        (1, _) => format!(" format:[{kind_name}]"),
        _ => format!(" format:[{data},{kind_name}]"),
    }
}

/// RDNA: the kinds, as bits in the order of `KINDS`, that each of `CHANNELS` from the second on
/// has; formats are numbered through them.
const RDNA2_FORMATS: [u8; 14] = [
    FIXED, ALL, FIXED, PLAIN, ALL, ALL, ALL, FIXED, FIXED, FIXED, PLAIN, ALL, PLAIN, PLAIN,
];
const RDNA3_FORMATS: [u8; 14] = [
    FIXED, ALL, FIXED, PLAIN, ALL, FLOAT, FLOAT, UNSCALED, FIXED, FIXED, PLAIN, ALL, PLAIN, PLAIN,
];
const ALL: u8 = FIXED | FLOAT;
const FIXED: u8 = 0b0011_1111;
const UNSCALED: u8 = 0b0011_0011;
const PLAIN: u8 = 0b1011_0000;
const FLOAT: u8 = 0b1000_0000;

fn unified_format(number: u8, layout: Layout) -> Option<String> {
    let kinds = match layout {
        Layout::Gfx10 => &RDNA2_FORMATS,
        _ => &RDNA3_FORMATS,
    };
    let Some(nth) = number.checked_sub(1) else {
        return Some(CHANNELS[0].to_owned());
    };
    let mut all = CHANNELS[1..]
        .iter()
        .zip(kinds)
        .flat_map(|(channels, mask)| {
            let has = move |kind: &(usize, &&str)| mask >> kind.0 & 1 == 1;
            KINDS
                .iter()
                .enumerate()
                .filter(has)
                .map(move |(_, kind)| format!("{channels}_{kind}"))
        });
    all.nth(nth.into())
}
