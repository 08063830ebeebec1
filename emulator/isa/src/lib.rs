//! AMD GPU instruction sets: decoder and disassembler.
//!
//! A generation (CDNA2, CDNA3, RDNA3) is an opcode map over shared semantics: every decoded
//! instruction names one [`Opcode`], however the generation encodes or spells it.

pub mod inst;
pub mod opcode;

pub use inst::{Encoding, Inst, Modifiers, Operand};
pub use opcode::Opcode;
