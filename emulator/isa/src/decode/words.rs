//! The words of one instruction, read as far as it needs them.

use super::error::DecodeError;
use crate::generation::Generation;

/// Code from an instruction's first byte on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) address: u64,
    pub(super) generation: Generation,
}

impl Words<'_> {
    pub(super) fn get(&self, index: usize) -> Result<u32, DecodeError> {
        let start = index * 4;
        let chunk = self
            .bytes
            .get(start..)
            .and_then(|rest| rest.first_chunk::<4>());
        chunk
            .map(|word| u32::from_le_bytes(*word))
            .ok_or(DecodeError::Truncated {
                address: self.address,
                needed: start + 4,
                available: self.bytes.len(),
            })
    }

    /// The first two words as one number, as the guides draw 64-bit formats.
    pub(super) fn pair(&self) -> Result<u128, DecodeError> {
        self.several(2)
    }

    /// The first `count` words, four at most, as one number.
    pub(super) fn several(&self, count: usize) -> Result<u128, DecodeError> {
        (0..count).try_fold(0, |all, index| {
            Ok(all | u128::from(self.get(index)?) << (32 * index))
        })
    }

    pub(super) fn unknown_value(&self, what: &'static str, value: u32) -> DecodeError {
        DecodeError::UnknownValue {
            address: self.address,
            word: self.get(0).unwrap_or_default(),
            what,
            value,
            target: self.generation.target(),
        }
    }

    pub(super) fn unknown_format(&self) -> DecodeError {
        DecodeError::UnknownFormat {
            address: self.address,
            word: self.get(0).unwrap_or_default(),
            target: self.generation.target(),
        }
    }

    pub(super) fn unknown_opcode(&self, format: &'static str, code: u32) -> DecodeError {
        DecodeError::UnknownOpcode {
            address: self.address,
            word: self.get(0).unwrap_or_default(),
            code,
            format,
            target: self.generation.target(),
        }
    }
}

/// `width` bits of `value` from bit `low`.
pub(super) fn bits(value: impl Into<u128>, low: u32, width: u32) -> u32 {
    (value.into() >> low) as u32 & ((1u64 << width) - 1) as u32
}

/// Bit `low` of `value`.
pub(super) fn bit(value: impl Into<u128>, low: u32) -> bool {
    value.into() >> low & 1 == 1
}

/// The low `width` bits of `value` as a signed number.
pub(super) fn signed(value: u32, width: u32) -> i32 {
    (value << (32 - width)).cast_signed() >> (32 - width)
}
