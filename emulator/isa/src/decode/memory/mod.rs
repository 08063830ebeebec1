//! SMEM, DS, FLAT, MUBUF, MTBUF and MIMG: instructions that reach memory. Where their fields lie is data, a
//! constant a layout.

mod buffer;
mod ds;
mod flat;
mod image;
mod smem;

pub(super) use buffer::{TYPED, mtbuf, mubuf};
pub(super) use ds::ds;
pub(super) use flat::flat;
pub(super) use image::{image, sample};
pub(super) use smem::smem;

use super::error::DecodeError;
use super::words::{Words, bit, bits};
use crate::inst::{Modifiers, Operand, cache};
use crate::table::{Format, Row, Table};

/// Cache controls: (bit of the word, bit of [`Modifiers::cache`]).
type CacheBits = &'static [(u32, u8)];

fn row(
    words: &Words<'_>,
    format: Format,
    name: &'static str,
    code: u32,
) -> Result<&'static Row, DecodeError> {
    let row = Table::of(words.generation).by_code(format, code);
    row.ok_or_else(|| words.unknown_opcode(name, code))
}

/// The cache-control bits that are set.
fn cache_bits(word: u128, places: CacheBits) -> u8 {
    places
        .iter()
        .filter(|(place, _)| bit(word, *place))
        .fold(0, |set, (_, flag)| set | flag)
}

/// RDNA4's scope, and its temporal hint of `width` bits behind it. The hint's first bit makes an
/// atomic return the old value, which has a place of its own.
fn policy(modifiers: &mut Modifiers, word: u128, scope: u32, width: u32, atomic: bool) {
    let hint = bits(word, scope + 2, width);
    modifiers.policy = (hint | bits(word, scope, 2) << 3) as u8;
    if atomic && hint & 1 == 1 {
        modifiers.cache |= cache::GLC;
    }
}

/// A data register, in the accumulation file if `accumulation`.
fn data(number: u32, accumulation: bool) -> Operand {
    if accumulation {
        Operand::Agpr(number as u8)
    } else {
        Operand::Vgpr(number as u8)
    }
}

impl Row {
    /// Whether it changes memory and may return what was there.
    fn is_atomic(&self) -> bool {
        self.mnemonic.contains("_atomic_")
    }
}
