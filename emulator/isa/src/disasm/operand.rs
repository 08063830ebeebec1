//! Registers and constants.

use crate::generation::Generation;
use crate::inst::{Aperture, InlineFloat, Operand, sreg};
use crate::table::{Slot, Style};

/// An operand without modifiers, as wide as its slot.
pub(super) fn plain(operand: Operand, generation: Generation, slot: &Slot) -> String {
    sized(operand, generation, slot.count, slot.style)
}

/// An operand of `count` registers.
pub(super) fn sized(operand: Operand, generation: Generation, count: u8, style: Style) -> String {
    match operand {
        Operand::None => "off".to_owned(),
        Operand::Sgpr(number) => scalar(number, count, generation),
        Operand::Vgpr(number) => range("v", number, count),
        Operand::Agpr(number) => range("a", number, count),
        Operand::Null => "null".to_owned(),
        Operand::Scc => "src_scc".to_owned(),
        Operand::Vccz => "src_vccz".to_owned(),
        Operand::Execz => "src_execz".to_owned(),
        Operand::Aperture(aperture) => self::aperture(aperture).to_owned(),
        Operand::Int(value) => value.to_string(),
        Operand::Float(value) => float(value, style),
        Operand::Literal(value) => literal(value, style),
    }
}

/// A lane mask: one register or two, as the wave size says.
pub(super) fn mask(operand: Operand, generation: Generation) -> String {
    let count = if generation.wave_size() == 32 { 1 } else { 2 };
    sized(operand, generation, count, Style::Reg)
}

/// Adds which half of the register a 16-bit operand is.
pub(super) fn half(text: String, operand: Operand, slot: &Slot, high: bool) -> String {
    match operand {
        Operand::Vgpr(_) if slot.half => text + if high { ".h" } else { ".l" },
        _ => text,
    }
}

/// Adds sign modifiers. A constant's sign could be taken for part of it, hence `neg()`.
pub(super) fn signed(text: String, operand: Operand, neg: bool, abs: bool) -> String {
    let constant = matches!(
        operand,
        Operand::Int(_) | Operand::Float(_) | Operand::Literal(_)
    );
    let constant = constant && !text.starts_with("lit");
    match (neg, abs) {
        (true, false) if constant => format!("neg({text})"),
        (true, false) => format!("-{text}"),
        (true, true) => format!("-|{text}|"),
        (false, true) => format!("|{text}|"),
        (false, false) => text,
    }
}

/// A constant that has no shorter encoding anyway, so that inline values may print as such.
pub(super) fn immediate(value: u32) -> String {
    let known = FLOATS.iter().find(|(_, _, _, single)| *single == value);
    match (value.cast_signed(), known) {
        (small @ -16..=64, _) => small.to_string(),
        (_, Some((_, text, ..))) => (*text).to_owned(),
        _ => format!("{value:#x}"),
    }
}

fn range(file: &str, first: u8, count: u8) -> String {
    if count == 1 {
        return format!("{file}{first}");
    }
    format!(
        "{file}[{first}:{}]",
        u16::from(first) + u16::from(count) - 1
    )
}

fn scalar(number: u8, count: u8, generation: Generation) -> String {
    let special = match number {
        102 | 103 if !generation.is_rdna() => Some(("flat_scratch", number - 102)),
        104 | 105 if !generation.is_rdna() => Some(("xnack_mask", number - 104)),
        106 | 107 => Some(("vcc", number - sreg::VCC)),
        126 | 127 => Some(("exec", number - sreg::EXEC)),
        _ => None,
    };
    match (special, number) {
        (Some((name, 0)), _) if count > 1 => name.to_owned(),
        (Some((name, 0)), _) => format!("{name}_lo"),
        (Some((name, _)), _) => format!("{name}_hi"),
        (None, sreg::M0) => "m0".to_owned(),
        (None, 108..=123) => range("ttmp", number - sreg::TTMP0, count),
        (None, _) => range("s", number, count),
    }
}

fn aperture(aperture: Aperture) -> &'static str {
    match aperture {
        Aperture::SharedBase => "src_shared_base",
        Aperture::SharedLimit => "src_shared_limit",
        Aperture::PrivateBase => "src_private_base",
        Aperture::PrivateLimit => "src_private_limit",
        Aperture::PopsExitingWaveId => "src_pops_exiting_wave_id",
    }
}

/// Constants, and the bits of each as a 16- and a 32-bit float.
const FLOATS: [(InlineFloat, &str, u16, u32); 9] = [
    (InlineFloat::Half, "0.5", 0x3800, 0x3f00_0000),
    (InlineFloat::NegHalf, "-0.5", 0xb800, 0xbf00_0000),
    (InlineFloat::One, "1.0", 0x3c00, 0x3f80_0000),
    (InlineFloat::NegOne, "-1.0", 0xbc00, 0xbf80_0000),
    (InlineFloat::Two, "2.0", 0x4000, 0x4000_0000),
    (InlineFloat::NegTwo, "-2.0", 0xc000, 0xc000_0000),
    (InlineFloat::Four, "4.0", 0x4400, 0x4080_0000),
    (InlineFloat::NegFour, "-4.0", 0xc400, 0xc080_0000),
    (InlineFloat::InvTwoPi, "0.15915494", 0x3118, 0x3e22_f983),
];

fn float(value: InlineFloat, style: Style) -> String {
    let known = FLOATS.iter().find(|(float, ..)| *float == value);
    let Some((_, text, half, _)) = known else {
        return String::new();
    };
    match style {
        Style::I16 => format!("{half:#x}"),
        Style::F64 | Style::I64 if value == InlineFloat::InvTwoPi => {
            "0.15915494309189532".to_owned()
        }
        _ => (*text).to_owned(),
    }
}

/// A literal. One that an inline constant could replace prints as `lit()`, to keep its encoding.
fn literal(value: u32, style: Style) -> String {
    let low = value as u16;
    let small = (-16..=64).contains(&value.cast_signed());
    let single = small || FLOATS.iter().any(|(_, _, _, single)| *single == value);
    let small16 = (-16..=64).contains(&low.cast_signed());
    let is_half = FLOATS.iter().any(|(_, _, half, _)| *half == low);
    let (inline, shown) = match style {
        Style::F16 => (small16 || is_half, low.into()),
        Style::I16 => (single, low.into()),
        Style::F64 => (false, value),
        Style::I64 => (value <= 64, value),
        Style::Pb16 => (small, value),
        Style::Pf16 => (small || value >> 16 == 0 && is_half, value),
        _ => (single, value),
    };
    if inline {
        format!("lit({value:#x})")
    } else {
        format!("{shown:#x}")
    }
}
