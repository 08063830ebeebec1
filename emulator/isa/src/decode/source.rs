//! Operand codes: what the 8- and 9-bit numbers in source fields stand for.

use crate::generation::{Generation, Layout};
use crate::inst::{Aperture, InlineFloat, Operand, sreg};

/// The code that says: a literal follows the instruction.
pub(super) const LITERAL: u32 = 255;
/// The code that says: an SDWA word follows (CDNA).
pub(super) const SDWA: u32 = 249;
/// The code that says: a DPP word follows.
pub(super) const DPP16: u32 = 250;
/// The codes that say: a DPP8 word follows (RDNA); the second reads disabled lanes too.
pub(super) const DPP8: [u32; 2] = [233, 234];
/// 9-bit codes from here on are vector registers.
pub(super) const VECTOR: u32 = 256;

const FLOATS: [InlineFloat; 9] = [
    InlineFloat::Half,
    InlineFloat::NegHalf,
    InlineFloat::One,
    InlineFloat::NegOne,
    InlineFloat::Two,
    InlineFloat::NegTwo,
    InlineFloat::Four,
    InlineFloat::NegFour,
    InlineFloat::InvTwoPi,
];

const APERTURES: [Aperture; 5] = [
    Aperture::SharedBase,
    Aperture::SharedLimit,
    Aperture::PrivateBase,
    Aperture::PrivateLimit,
    Aperture::PopsExitingWaveId,
];

/// What an 8-bit code other than [`LITERAL`] names, if anything.
pub(super) fn scalar(generation: Generation, code: u32) -> Option<Operand> {
    let (layout, code) = (generation.layout(), u8::try_from(code).ok()?);
    Some(match code {
        0..=123 | 126 | 127 => Operand::Sgpr(code),
        124 if layout >= Layout::Gfx11 => Operand::Null,
        125 if layout >= Layout::Gfx11 => Operand::Sgpr(sreg::M0),
        124 => Operand::Sgpr(sreg::M0),
        125 if layout == Layout::Gfx10 => Operand::Null,
        128..=192 => Operand::Int(code.wrapping_sub(128).cast_signed()),
        193..=208 => Operand::Int(-code.wrapping_sub(192).cast_signed()),
        235..=239 => Operand::Aperture(APERTURES[usize::from(code - 235)]),
        240..=248 => Operand::Float(FLOATS[usize::from(code - 240)]),
        251 => Operand::Vccz,
        252 => Operand::Execz,
        253 => Operand::Scc,
        _ => return None,
    })
}
