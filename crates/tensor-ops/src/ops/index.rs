//! Reads by index.
//!
//! Indices are on the device, so the host cannot see one that is out of range without waiting.
//! Kernels check each index, read nothing for one out of range, and set a word of the context for the
//! op, which is looked at when the device is next waited for (see
//! [`Context::synchronize`](crate::Context::synchronize) and
//! [`Storage::download`](crate::Storage::download)).

use redwick_kernels::{Divisor, Kernel, Width, args};

use super::rows::Adjacent;
use super::{find_for, width};
use crate::dtype::DType;
use crate::error::{Error, OfOp, Result};
use crate::faults::IndexFault;
use crate::layout::Layout;
use crate::storage::{Storage, View};

/// Takes the slices of `x` along `dim` that the indices (one dimension, of u8, u32 or i64) name.
///
/// # Errors
/// [`Error::NoKernel`] for other indices; [`Error::Shape`] where they are not one dimension or `dim`
/// is none; those of an allocation. An index out of range shows later: see this module's beginning.
pub fn index_select(x: View<'_>, ids: View<'_>, dim: usize) -> Result<Storage> {
    index_select_for("index_select", x, ids, dim)
}

/// [`index_select`] for an op.
pub(crate) fn index_select_for(
    op: &'static str,
    x: View<'_>,
    ids: View<'_>,
    dim: usize,
) -> Result<Storage> {
    let slices = Slices::of(op, x, ids, dim)?;
    let ([count], [stride]) = (ids.layout().dims(), ids.layout().strides()) else {
        return Err(mismatch(op, x, ids));
    };
    let y = Storage::uninit(x.context(), x.dtype(), slices.left * count * slices.right)?;
    if y.is_empty() {
        return Ok(y);
    }
    let source = Adjacent::of(x)?;
    if *stride == 1 && slices.rows_fit(*count, x) {
        let indices = Adjacent::View(ids);
        pick_rows(
            op,
            x,
            ids.dtype(),
            &slices,
            [&source, &indices],
            [*count, 0],
            &y,
        )?;
        return Ok(y);
    }
    let at = [source.address(), y.address()];
    let (factor, wide) = slices.wide(x.dtype().size(), at);
    let kernel = index_kernel(op, ids.dtype(), |d| redwick_kernels::index_select(d, wide))?;
    let arguments = args::Gather {
        ids: ids.address(),
        x: at[0],
        y: at[1],
        fault: slices.fault_word(op, x, ids.dtype()),
        n: Error::steps(op, y.len() / factor)?,
        source: slices.source,
        ids_stride: Error::narrow(op, "the stride of the indices", *stride)?,
        strip: 0,
        right: Divisor::new(Error::narrow(op, "a slice", slices.right / factor)?),
        count: Divisor::new(Error::narrow(op, "the number of indices", *count)?),
    };
    launch(op, x, kernel, &arguments)?;
    Ok(y)
}

/// For each index, the element of `x` with the same place in all dimensions but `dim`, and there the
/// place that the index says. The indices (u8, u32 or i64) are as many as the dimensions of `x` or
/// fewer in all dimensions but `dim`.
///
/// # Errors
/// As [`index_select`].
pub fn gather(x: View<'_>, ids: View<'_>, dim: usize) -> Result<Storage> {
    const OP: &str = "gather";
    let layout = beside(x, ids, dim).ok_or_else(|| mismatch(OP, x, ids))?;
    let x = View::new(x.storage(), &layout)?;
    let slices = Slices::of(OP, x, ids, dim)?;
    let ids_dims = ids.layout().dims();
    let y = Storage::uninit(x.context(), x.dtype(), ids.layout().elements())?;
    if y.is_empty() {
        return Ok(y);
    }
    let kernel = index_kernel(OP, ids.dtype(), |d| {
        redwick_kernels::gather(d, width(x.dtype()))
    })?;
    let (source, indices) = (Adjacent::of(x)?, Adjacent::of(ids)?);
    let count = ids_dims[dim];
    if slices.rows_fit(count, x) {
        pick_rows(
            OP,
            x,
            ids.dtype(),
            &slices,
            [&source, &indices],
            [count, count],
            &y,
        )?;
        return Ok(y);
    }
    let strips = Strips::of(OP, slices.right, slices.source as usize, x.dtype())?;
    let arguments = args::Gather {
        ids: indices.address(),
        x: source.address(),
        y: y.address(),
        fault: slices.fault_word(OP, x, ids.dtype()),
        n: Error::steps(OP, y.len())?,
        source: slices.source,
        ids_stride: 1,
        strip: strips.bits,
        right: Divisor::new(strips.right),
        count: Divisor::new(Error::narrow(OP, "the number of indices", count)?),
    };
    launch(OP, x, kernel, &arguments)?;
    Ok(y)
}

/// The part of `x` that has the dimensions of the indices, but for `dim`.
fn beside(x: View<'_>, ids: View<'_>, dim: usize) -> Option<Layout> {
    let (layout, ids_dims) = (x.layout(), ids.layout().dims());
    let mut dims = layout.dims().to_vec();
    if dims.len() != ids_dims.len() || dim >= dims.len() {
        return None;
    }
    for at in (0..dims.len()).filter(|&at| at != dim) {
        if ids_dims[at] > dims[at] {
            return None;
        }
        dims[at] = ids_dims[at];
    }
    Layout::strided(&dims, layout.strides(), layout.start())
}

/// A tensor as slices along a dimension: those before it, and the elements of each.
struct Slices {
    left: usize,
    source: u32,
    right: usize,
}

impl Slices {
    fn of(op: &'static str, x: View<'_>, ids: View<'_>, dim: usize) -> Result<Self> {
        x.same_device(op, &ids)?;
        let dims = x.layout().dims();
        let source = dims.get(dim).ok_or_else(|| mismatch(op, x, ids))?;
        Ok(Self {
            left: dims[..dim].iter().product(),
            source: Error::narrow(op, "the indexed dimension", *source)?,
            right: dims[dim + 1..].iter().product(),
        })
    }

    /// Whether rows along the last dimension, of each of which `count` elements are picked, are worth
    /// holding.
    fn rows_fit(&self, count: usize, x: View<'_>) -> bool {
        let bytes = self.source as usize * x.dtype().size();
        self.right == 1 && are_held_rows(x, [self.left, bytes], [self.source as usize, count])
    }

    /// Where a kernel reports indices of this dtype that are out of range.
    fn fault_word(&self, op: &'static str, x: View<'_>, ids: DType) -> u64 {
        let fault = IndexFault::of(op, ids, self.source as usize);
        x.context().fault_word(fault)
    }

    /// How many elements one access takes, and how wide that is.
    fn wide(&self, size: usize, addresses: [u64; 2]) -> (usize, Width) {
        let fits = |width: &Width| {
            let width = width.size();
            width.is_multiple_of(size)
                && self.right.is_multiple_of(width / size)
                && addresses.iter().all(|a| a.is_multiple_of(width as u64))
        };
        let fitting = Width::ALL.into_iter().filter(fits);
        let widest = fitting.max_by_key(|width| width.size());
        widest.map_or((1, Width::B1), |w| (w.size() / size, w))
    }
}

/// Rows that LDS holds while elements are picked from them: longer ones it does not, shorter ones are
/// in few lines of the caches.
const HELD_ROW_BYTES: std::ops::RangeInclusive<usize> = 2048..=32_768;

/// Whether rows of so many bytes in LDS are worth holding there, a workgroup each, to reach `count`
/// places among the `length` of each.
pub(super) fn are_held_rows(
    x: View<'_>,
    [rows, bytes]: [usize; 2],
    [length, count]: [usize; 2],
) -> bool {
    let units = x.context().device().properties().compute_units as usize;
    HELD_ROW_BYTES.contains(&bytes) && rows >= units && count >= length / 4
}

/// The order in which single elements of slices are taken: see `Order` in hip/place.h.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Strips {
    /// Strips are of 2 to the power of this many columns; 0 where all columns are one.
    pub(super) bits: u32,
    /// The number of strips, or of columns where they are one.
    pub(super) right: u32,
}

/// A strip of columns is so many bytes wide: a few lines of any cache.
const STRIP_BYTES: usize = 256;

/// Slices that together are smaller than this stay in caches in any order.
const CACHED_BYTES: usize = 8 << 20;

impl Strips {
    /// For `rows` slices of `right` elements, each of which is reached from anywhere.
    pub(super) fn of(op: &'static str, right: usize, rows: usize, dtype: DType) -> Result<Self> {
        let columns = STRIP_BYTES / dtype.size();
        let bytes = right.saturating_mul(rows).saturating_mul(dtype.size());
        let useful = right > columns && right.is_multiple_of(columns) && bytes > CACHED_BYTES;
        let (bits, count) = match useful {
            true => (columns.ilog2(), right / columns),
            false => (0, right),
        };
        let right = Error::narrow(op, "a slice", count)?;
        Ok(Self { bits, right })
    }
}

fn index_kernel<A>(
    op: &'static str,
    ids: DType,
    select: impl Fn(redwick_kernels::DType) -> Option<Kernel<A>>,
) -> Result<Kernel<A>> {
    find_for(op, ids, " indices", select)
}

/// Picks along the last dimension, from rows that LDS holds: `count` elements of each row, by indices
/// of which those of the next row lie `ids_stride` further.
fn pick_rows(
    op: &'static str,
    x: View<'_>,
    ids: DType,
    slices: &Slices,
    [source, indices]: [&Adjacent<'_>; 2],
    [count, ids_stride]: [usize; 2],
    y: &Storage,
) -> Result<()> {
    let kernel = index_kernel(op, ids, |d| {
        redwick_kernels::gather_row(d, width(x.dtype()))
    })?;
    let number = |what, value| Error::narrow(op, what, value);
    let arguments = args::GatherRow {
        ids: indices.address(),
        x: source.address(),
        y: y.address(),
        fault: slices.fault_word(op, x, ids),
        source: slices.source,
        count: number("the number of indices", count)?,
        ids_stride: number("the number of indices", ids_stride)?,
        reserved: 0,
    };
    let rows = number("the number of rows", slices.left)?;
    let grid = kernel.grid_for_outputs(rows, 1).of(op)?;
    x.context().launch(kernel, grid, &arguments)?;
    x.context().fault_is_possible();
    Ok(())
}

fn launch(
    op: &'static str,
    x: View<'_>,
    kernel: Kernel<args::Gather>,
    arguments: &args::Gather,
) -> Result<()> {
    let grid = kernel.grid_for_steps(arguments.n).of(op)?;
    x.context().launch(kernel, grid, arguments)?;
    x.context().fault_is_possible();
    Ok(())
}

fn mismatch(op: &'static str, x: View<'_>, ids: View<'_>) -> Error {
    Error::Shape {
        op,
        left: x.layout().to_string(),
        right: format!("indices of {}", ids.layout()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_and_large_tensors_are_taken_in_strips() {
        let strips = |right, rows, dtype| {
            let strips = Strips::of("gather", right, rows, dtype).unwrap();
            (strips.bits, strips.right)
        };
        assert_eq!(strips(8192, 8192, DType::F32), (6, 128));
        assert_eq!(strips(8192, 8192, DType::F16), (7, 64));
        assert_eq!(strips(8200, 8192, DType::F32), (0, 8200));
        assert_eq!(strips(8192, 16, DType::F32), (0, 8192));
        assert_eq!(strips(1, 1 << 30, DType::F32), (0, 1));
    }
}
