//! What ops over whole rows do alike.

use redwick_kernels::{Arguments, Kernel};

use super::{contiguous, find};
use crate::error::{Error, OfOp, Result};
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

/// Where the rows of an op lie: addresses of the first elements, and how many there are.
pub(super) struct Io {
    pub(super) x: u64,
    pub(super) y: u64,
    pub(super) rows: u32,
    pub(super) columns: u32,
}

/// A result of as many rows as `x`, by the first of a dtype's kernels that takes rows of this length.
///
/// # Errors
/// [`Error::NoKernel`] for a dtype without kernels; those of an allocation and of a launch.
pub(super) fn map_rows<A: Arguments, const N: usize>(
    op: &'static str,
    x: View<'_>,
    kernels: impl Fn(redwick_kernels::DType) -> [Option<Kernel<A>>; N],
    arguments: impl FnOnce(Io) -> A,
) -> Result<Storage> {
    let size = Rows::of(op, x.layout())?;
    let Rows { rows, columns } = size;
    let of_dtype = |dtype| for_length(columns, kernels(dtype));
    let kernel = find(op, x.dtype(), of_dtype)?;
    let y = Storage::uninit(x.context(), x.dtype(), x.layout().elements())?;
    if size.is_empty() {
        return Ok(y);
    }
    let source = Adjacent::of(x)?;
    let io = Io {
        x: source.address(),
        y: y.address(),
        rows,
        columns,
    };
    let grid = kernel.grid_for_outputs(rows, 1).of(op)?;
    x.context().launch(kernel, grid, &arguments(io))?;
    Ok(y)
}

/// The bytes of an access.
const PACK_BYTES: usize = 16;

/// Whether rows, or their copy where they are not adjacent, are whole packs that start where packs may.
pub(super) fn are_packs(x: View<'_>) -> bool {
    let columns = x.layout().dims().last().copied().unwrap_or(1);
    let starts = !x.layout().is_contiguous() || is_pack(x.address());
    starts && (columns * x.dtype().size()).is_multiple_of(PACK_BYTES)
}

/// Whether packs may start at an address.
pub(super) fn is_pack(address: u64) -> bool {
    address.is_multiple_of(PACK_BYTES as u64)
}

/// Whether there are rows enough for kernels that take [`MANY_ROWS`] of them a workgroup, each at most
/// [`SHORT_BYTES`] long.
pub(super) fn are_many_short_rows(x: View<'_>) -> bool {
    let columns = x.layout().dims().last().copied().unwrap_or(1);
    let rows = x.layout().elements() / columns.max(1);
    let units = x.context().device().properties().compute_units as usize;
    rows >= units * MANY_ROWS && columns * x.dtype().size() <= SHORT_BYTES
}

/// Rows of a workgroup of kernels for many short rows, and the bytes of the longest: as in
/// hip/short_rows.h.
const MANY_ROWS: usize = 64;
const SHORT_BYTES: usize = 512;

/// The first kernel, in the order given, that takes rows of this length.
pub(super) fn for_length<A: Arguments, const N: usize>(
    columns: u32,
    kernels: [Option<Kernel<A>>; N],
) -> Option<Kernel<A>> {
    let takes = |kernel: &Kernel<A>| {
        let limit = kernel.info().max_columns;
        limit == 0 || columns <= limit
    };
    kernels.into_iter().flatten().find(takes)
}

/// Adjacent elements: those of the view itself, or of a copy where they are not adjacent.
pub(crate) enum Adjacent<'a> {
    View(View<'a>),
    Copy(Storage),
}

impl<'a> Adjacent<'a> {
    pub(crate) fn of(x: View<'a>) -> Result<Self> {
        if x.layout().is_contiguous() {
            return Ok(Self::View(x));
        }
        Ok(Self::Copy(contiguous(x)?))
    }

    /// The address of the first element.
    pub(crate) fn address(&self) -> u64 {
        match self {
            Self::View(view) => view.address(),
            Self::Copy(storage) => storage.address(),
        }
    }
}
