//! Why packed weights cannot be used as asked.

use super::format::{FORMATS, Format};

/// Why packed weights cannot be used as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The number of no type.
    #[error("GGUF's type {number} is not known here; known are {}", known())]
    UnknownFormat {
        /// The number asked for.
        number: u32,
    },
    /// Rows that are no whole number of blocks.
    #[error(
        "{op}: {elements} elements are no whole number of blocks of {format}, which have {values}"
    )]
    PartialBlock {
        /// The op.
        op: &'static str,
        /// The elements of a row, or of the tensor.
        elements: usize,
        /// The format.
        format: &'static Format,
        /// Elements of a block.
        values: usize,
    },
    /// Fewer or more bytes than a tensor of the shape has.
    #[error("{op}: {elements} elements of {format} are {needed} bytes, but there are {found}")]
    Size {
        /// The op.
        op: &'static str,
        /// The elements that the shape says.
        elements: usize,
        /// The format.
        format: &'static Format,
        /// The bytes of that many elements.
        needed: usize,
        /// The bytes there are.
        found: usize,
    },
}

fn known() -> String {
    let one = |format: &Format| format!("{} ({})", format.number, format.name);
    FORMATS.iter().map(one).collect::<Vec<_>>().join(", ")
}
