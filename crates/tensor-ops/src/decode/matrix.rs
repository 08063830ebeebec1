//! Matrices of weights, as numbers or packed.

use redwick_kernels::BlockType;

use super::OP;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::quantized::{Content, Packed};
use crate::storage::View;

/// A matrix of weights: rows of adjacent values, one after another.
#[derive(Debug, Clone, Copy)]
pub enum Matrix<'a> {
    /// Numbers, of the decoder's dtype: (rows, columns).
    Numbers(View<'a>),
    /// Packed values.
    Packed {
        /// The blocks.
        weights: &'a Packed,
        /// How many rows they are.
        rows: usize,
    },
}

/// A matrix as kernels take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) address: u64,
    pub(super) rows: u32,
    /// What it is packed as.
    pub(super) block: Option<BlockType>,
}

impl Matrix<'_> {
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::Numbers(view) => view.layout().dims().first().copied().unwrap_or(0),
            Self::Packed { rows, .. } => *rows,
        }
    }

    /// Checks that it has so many columns, and is of the dtype or packed.
    pub(super) fn taken(&self, dtype: DType, columns: usize) -> Result<Taken> {
        let rows = Error::narrow(OP, "the number of rows", self.rows())?;
        let mismatch = |found: String| Error::Shape {
            op: OP,
            left: found,
            right: format!("{rows} adjacent rows of {columns} of {dtype}, or packed"),
        };
        match *self {
            Self::Numbers(view) => {
                let layout = view.layout();
                let fits = layout.is_contiguous() && layout.dims() == [rows as usize, columns];
                if !fits || view.dtype() != dtype {
                    return Err(mismatch(format!("{layout} of {}", view.dtype())));
                }
                Ok(Taken {
                    address: view.address(),
                    rows,
                    block: None,
                })
            }
            Self::Packed { weights, .. } => {
                let format = weights.format();
                format.bytes_of(OP, columns)?;
                let fits = weights.elements() == rows as usize * columns;
                match format.content {
                    Content::Blocks(block) if fits && dtype == DType::F32 => Ok(Taken {
                        address: weights.address(),
                        rows,
                        block: Some(block),
                    }),
                    _ => Err(mismatch(format!("{} of {format}", weights.elements()))),
                }
            }
        }
    }
}
