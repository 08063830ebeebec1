//! AMD GPU instruction sets: decoder and disassembler.
//!
//! A generation (CDNA2 to 4, RDNA2 to 4) is an opcode map over shared semantics: every decoded
//! instruction names one [`Opcode`], however the generation encodes or spells it. The maps are
//! the tables in `tables/`, one line an instruction, learned from LLVM's disassembler; a further
//! generation is a further table.
//!
//! ```
//! use redwick_isa::{Decoder, Generation, disasm};
//!
//! let generation: Generation = "gfx1100".parse()?;
//! let inst = Decoder::new(generation).decode(&[0x01, 0x05, 0x00, 0x06], 0)?;
//! assert_eq!(disasm::format(&inst, generation, 0), "v_add_f32_e32 v0, v1, v2");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod decode;
pub mod disasm;
pub mod generation;
pub mod inst;
pub mod opcode;
mod table;

pub use decode::{DecodeError, Decoder};
pub use generation::{Generation, UnknownTarget};
pub use inst::{Dimension, Encoding, Image, Inst, Modifiers, Operand};
pub use opcode::Opcode;
