//! From bytes to instructions.

mod draft;
mod error;
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

use crate::generation::Generation;
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
        match (word >> 26, self.generation.is_rdna()) {
            (0x30, false) | (0x3d, true) => memory::smem(words),
            (0x34, false) if word >> 23 == 0x1a7 => vop3::decode_packed(words),
            (0x34, false) | (0x35, true) => vop3::decode(words),
            (0x33, true) if word >> 23 == 0x198 => vop3::decode_packed(words),
            (0x32, true) => vopd::decode(words),
            (0x36, _) => memory::ds(words),
            (0x37, _) => memory::flat(words),
            (0x38, _) => memory::mubuf(words),
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
