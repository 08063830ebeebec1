//! What ops over whole rows do alike.

use redwick_kernels::Kernel;

use super::contiguous;
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::storage::{Storage, View};

/// Rows of adjacent elements: the last dimension of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rows {
    pub(super) rows: u32,
    pub(super) columns: u32,
}

impl Rows {
    /// The rows of a layout; a tensor without dimensions is one row of one element.
    pub(super) fn of(op: &'static str, layout: &Layout) -> Result<Self> {
        let columns = layout.dims().last().copied().unwrap_or(1);
        let rows = layout.elements().checked_div(columns).unwrap_or(0);
        Ok(Self {
            rows: Error::narrow(op, "the number of rows", rows)?,
            columns: Error::narrow(op, "the length of a row", columns)?,
        })
    }

    pub(super) fn is_empty(self) -> bool {
        self.rows == 0 || self.columns == 0
    }
}

/// The first kernel, in the order given, that takes rows of this length.
pub(super) fn for_length<A: redwick_kernels::Arguments>(
    columns: u32,
    kernels: [Option<Kernel<A>>; 3],
) -> Option<Kernel<A>> {
    let takes = |kernel: &Kernel<A>| {
        let limit = kernel.info().max_columns;
        limit == 0 || columns <= limit
    };
    kernels.into_iter().flatten().find(takes)
}

/// Adjacent elements: those of the view itself, or of a copy where they are not adjacent.
pub(super) enum Adjacent<'a> {
    View(View<'a>),
    Copy(Storage),
}

impl<'a> Adjacent<'a> {
    pub(super) fn of(x: View<'a>) -> Result<Self> {
        if x.layout().is_contiguous() {
            return Ok(Self::View(x));
        }
        Ok(Self::Copy(contiguous(x)?))
    }

    /// The address of the first element.
    pub(super) fn address(&self) -> u64 {
        match self {
            Self::View(view) => view.address(),
            Self::Copy(storage) => storage.address(),
        }
    }
}
