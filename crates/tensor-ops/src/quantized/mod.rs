//! Packed weights: matrices whose values are a few bits each, in blocks with common scales, as GGUF
//! files have them.
//!
//! - A [`Format`] says how values are packed: a row of a table, by its number in GGUF files.
//! - [`Packed`] holds a tensor's bytes on the device as they lie in the file; nothing is repacked.
//! - [`dequantize()`] and [`embedding`] make numbers of all rows, or of some.
//! - [`matmul()`] multiplies activations with the transposed matrix, as weights of linear layers are.
//!   Few rows of activations become bytes, 32 with a common step, and meet the packed weights in dot
//!   products of bytes; more rows become bf16, as the weights do, for matrix instructions: in the lanes
//!   of a wave, in tiles, or, for the vendor's library, in memory. The kernel manifest's table says
//!   which of these forms serves how many rows.
//! - [`indexed_experts`] and [`routed_experts`] do the same for the rows that go to one of several
//!   matrices each.
//!
//! Packing itself is done by the host: see Candle's `QTensor::quantize`.

mod activations;
mod dequantize;
mod error;
mod experts;
mod format;
mod forms;
mod matmul;
mod packed;

pub use dequantize::{dequantize, embedding};
pub use error::Error;
pub use experts::{Routes, indexed_experts, routed_experts};
pub use format::{Content, FORMATS, Format};
pub use matmul::{matmul, matmul_as};
pub use packed::Packed;
pub use redwick_kernels::PackedForm;
