//! An instruction while it is put together.

use super::error::DecodeError;
use super::source;
use super::words::Words;
use crate::inst::{Encoding, Inst, Modifiers, Operand};
use crate::table::{File, Row, Slot};

/// An instruction of which operands are added one by one, in the order of the text.
pub(super) struct Draft<'a> {
    pub(super) words: Words<'a>,
    pub(super) row: &'static Row,
    pub(super) inst: Inst,
    /// Words so far; a literal comes after them.
    length: usize,
    literal: Option<u32>,
    destinations: usize,
    sources: usize,
}

impl<'a> Draft<'a> {
    /// An instruction of `length` words, to which a literal may be added.
    pub(super) fn new(
        words: Words<'a>,
        row: &'static Row,
        encoding: Encoding,
        length: usize,
    ) -> Self {
        let inst = Inst {
            opcode: row.opcode,
            mnemonic: row.mnemonic,
            encoding,
            size: 0,
            dst: [Operand::None; 2],
            src: [Operand::None; 4],
            modifiers: Modifiers::default(),
            pair: None,
            image: None,
        };
        Self {
            words,
            row,
            inst,
            length,
            literal: None,
            destinations: 0,
            sources: 0,
        }
    }

    /// Adds a destination; a third one would be a fault of the table and is dropped.
    pub(super) fn dst(&mut self, operand: Operand) {
        if let Some(slot) = self.inst.dst.get_mut(self.destinations) {
            *slot = operand;
        }
        self.destinations += 1;
    }

    /// Adds a source.
    pub(super) fn src(&mut self, operand: Operand) {
        if let Some(slot) = self.inst.src.get_mut(self.sources) {
            *slot = operand;
        }
        self.sources += 1;
    }

    /// How many sources there are so far: the number of the next.
    pub(super) fn next_source(&self) -> usize {
        self.sources
    }

    /// Takes one more word (DPP, SDWA) before the literal.
    pub(super) fn extra_word(&mut self) -> Result<u128, DecodeError> {
        self.length += 1;
        self.words.get(self.length - 1).map(u128::from)
    }

    /// The literal; several operands may share it.
    pub(super) fn literal(&mut self) -> Result<Operand, DecodeError> {
        let value = self.words.get(self.length)?;
        self.literal = Some(value);
        Ok(Operand::Literal(value))
    }

    /// What an 8-bit scalar code names.
    pub(super) fn scalar(&mut self, code: u32) -> Result<Operand, DecodeError> {
        if code == source::LITERAL {
            return self.literal();
        }
        let operand = source::scalar(self.words.generation, code);
        operand.ok_or_else(|| self.words.unknown_value("operand", code))
    }

    /// What a 9-bit source code names.
    pub(super) fn source(&mut self, code: u32) -> Result<Operand, DecodeError> {
        match code.checked_sub(source::VECTOR) {
            Some(number) => Ok(Operand::Vgpr(number as u8)),
            None => self.scalar(code),
        }
    }

    /// The register that an 8-bit field names in the slot's file.
    pub(super) fn register(&mut self, slot: &Slot, number: u32) -> Result<Operand, DecodeError> {
        Ok(match slot.file {
            File::Scalar => self.scalar(number & 0x7f)?,
            File::Accumulation => Operand::Agpr(number as u8),
            File::Vector | File::Either => Operand::Vgpr(number as u8),
        })
    }

    /// The finished instruction.
    pub(super) fn finish(mut self) -> Inst {
        let words = self.length + usize::from(self.literal.is_some());
        self.inst.size = (words * 4) as u8;
        self.inst
    }
}
