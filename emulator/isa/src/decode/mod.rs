//! From bytes to instructions.

mod draft;
mod error;
mod graphics;
mod lanes;
mod memory;
mod scalar;
mod source;
#[cfg(test)]
mod tests;
mod vector;
mod vop3;
mod vopd;
mod words;

pub use error::DecodeError;

use crate::generation::{Generation, Layout};
use crate::inst::Inst;
use words::Words;

/// Decodes the machine code of one generation.
#[derive(Clone, Copy, Debug)]
pub struct Decoder {
    generation: Generation,
}

impl Decoder {
    /// A decoder for `generation`.
    pub fn new(generation: Generation) -> Self {
        Self { generation }
    }

    /// The generation whose code it reads.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// Decodes the instruction at the start of `bytes`, which lie at `address`.
    ///
    /// # Errors
    /// The bytes end too early, or are no instruction of the generation.
    pub fn decode(&self, bytes: &[u8], address: u64) -> Result<Inst, DecodeError> {
        let words = Words {
            bytes,
            address,
            generation: self.generation,
        };
        let word = words.get(0)?;
        match word >> 30 {
            0 | 1 => vector::decode(words),
            2 => scalar::decode(words),
            _ => self.decode_long(words, word),
        }
    }

    /// The formats of two words.
    fn decode_long(&self, words: Words<'_>, word: u32) -> Result<Inst, DecodeError> {
        let layout = self.generation.layout();
        match (word >> 26, layout) {
            (0x30, Layout::Gfx9) => memory::smem(words),
            (0x34, Layout::Gfx9) if word >> 23 == vop3::PACKED => vop3::decode_packed(words),
            (0x34, Layout::Gfx9) => vop3::decode(words),
            (0x36, _) => memory::ds(words),
            (0x31, Layout::Gfx12) if word >> 18 & 15 == memory::TYPED => memory::mtbuf(words),
            (0x31, Layout::Gfx12) => memory::mubuf(words),
            (0x3b, Layout::Gfx12) => memory::flat(words),
            (0x37, Layout::Gfx9 | Layout::Gfx10 | Layout::Gfx11) => memory::flat(words),
            (0x38, Layout::Gfx9 | Layout::Gfx10 | Layout::Gfx11) => memory::mubuf(words),
            (0x3a, Layout::Gfx9 | Layout::Gfx10 | Layout::Gfx11) => memory::mtbuf(words),
            (_, Layout::Gfx9) => Err(words.unknown_format()),
            (0x3d, _) => memory::smem(words),
            (0x35, _) => vop3::decode(words),
            (0x33, _) if word >> 23 == 0x198 => vop3::decode_packed(words),
            (0x32, Layout::Gfx10) => graphics::vintrp(words),
            (0x32, _) => vopd::decode(words),
            (0x33, Layout::Gfx11 | Layout::Gfx12) => match word >> 24 {
                0xcd => graphics::vinterp(words),
                0xce => graphics::ldsdir(words),
                _ => Err(words.unknown_format()),
            },
            (0x3c, Layout::Gfx10 | Layout::Gfx11) | (0x34, _) => memory::image(words),
            (0x39, _) => memory::sample(words),
            (0x3e, _) => graphics::exp(words),
            _ => Err(words.unknown_format()),
        }
    }

    /// Decodes a range of code from end to end: every instruction with its address.
    ///
    /// # Errors
    /// The first thing that is no instruction.
    pub fn decode_text(&self, text: &[u8], address: u64) -> Result<Vec<(u64, Inst)>, DecodeError> {
        let mut found = Vec::new();
        let mut offset = 0;
        while offset < text.len() {
            let here = address + offset as u64;
            let inst = self.decode(&text[offset..], here)?;
            offset += usize::from(inst.size);
            found.push((here, inst));
        }
        Ok(found)
    }
}
