//! Functions of two numbers, and comparisons.

use redwick_kernels::{BinaryOp, CompareOp, args};

use super::elementwise::{At, ElementWise};
use super::turned::Turned;
use super::{find, kernel_dtype};
use crate::collapse;
use crate::dtype::DType;
use crate::error::{Error, OfOp, Result};
use crate::layout::Layout;
use crate::storage::{Storage, View};

/// Combines the elements of two tensors of equal dimensions and dtype.
///
/// # Errors
/// [`Error::NoKernel`] for dtypes without a kernel; where operands do not
/// fit each other; those of an allocation.
pub fn binary(op: BinaryOp, a: View<'_>, b: View<'_>) -> Result<Storage> {
    let (name, dtype) = (op.name(), a.dtype());
    a.matches(name, &b)?;
    if let Some(y) = turned(op, a, b)? {
        return Ok(y);
    }
    let op = ElementWise {
        op: name,
        to: dtype,
        adjacent: find(name, dtype, |d| redwick_kernels::binary(op, d))?,
        strided: find(name, dtype, |d| redwick_kernels::binary_strided(op, d))?,
        adjacent_arguments: adjacent,
        strided_arguments: strided,
    };
    op.run([a, b])
}

/// Compares the elements of two tensors of equal dimensions and dtype: 1 or 0, as u8.
///
/// # Errors
/// As [`binary`].
pub fn compare(op: CompareOp, a: View<'_>, b: View<'_>) -> Result<Storage> {
    let (name, dtype) = (op.name(), a.dtype());
    a.matches(name, &b)?;
    let op = ElementWise {
        op: name,
        to: DType::U8,
        adjacent: find(name, dtype, |d| redwick_kernels::compare(op, d))?,
        strided: find(name, dtype, |d| redwick_kernels::compare_strided(op, d))?,
        adjacent_arguments: adjacent,
        strided_arguments: strided,
    };
    op.run([a, b])
}

/// The result where one operand is read along its columns and the other is not: through LDS.
fn turned(op: BinaryOp, a: View<'_>, b: View<'_>) -> Result<Option<Storage>> {
    let name = op.name();
    let kernel = kernel_dtype(a.dtype()).and_then(|d| redwick_kernels::binary_turned(op, d));
    let (Some(kernel), true) = (kernel, a.layout().dims() == b.layout().dims()) else {
        return Ok(None);
    };
    let walk = collapse::Walk::over([a.layout(), b.layout()]);
    let (second, tiles) = match (Turned::of(&walk, 0), Turned::of(&walk, 1)) {
        (Some(tiles), None) => (0, tiles),
        (None, Some(tiles)) => (1, tiles),
        _ => return Ok(None),
    };
    let views = if second == 0 { [a, b] } else { [b, a] };
    let [x, other] = [second, 1 - second].map(|operand| &walk.strides[operand]);
    let other_column = tiles.innermost(other);
    if other_column > 1 {
        return Ok(None);
    }
    let y = Storage::uninit(a.context(), a.dtype(), a.layout().elements())?;
    let to = Layout::contiguous(&walk.dims);
    let dims = tiles.batch(&walk.dims);
    let [x_batch, other_batch, y_batch] =
        [x, other, to.strides()].map(|strides| tiles.batch(strides));
    let batch = redwick_kernels::Walk::new(&dims, [&x_batch, &other_batch, &y_batch]).of(name)?;
    let number = |what, value| Error::narrow(name, what, value);
    let arguments = args::BinaryTurned {
        x: views[0].address(),
        other: views[1].address(),
        y: y.address(),
        rows: number("the number of rows", tiles.rows)?,
        columns: number("the number of columns", tiles.columns)?,
        x_stride: number("a stride", tiles.innermost(x))?,
        other_row: number("a stride", other[tiles.dim])?,
        other_column: number("a stride", other_column)?,
        y_stride: number("a stride", to.strides()[tiles.dim])?,
        second: second as u32,
        reserved: 0,
        batch,
    };
    let grid = kernel
        .grid_for_tiles(arguments.rows, arguments.columns, batch.steps())
        .of(name)?;
    a.context().launch(kernel, grid, &arguments)?;
    Ok(Some(y))
}

fn adjacent(at: &At<2>, n: u64) -> args::Binary {
    args::Binary {
        a: at.x[0],
        b: at.x[1],
        y: at.y,
        n,
    }
}

fn strided(at: &At<2>, walk: redwick_kernels::Walk<2>) -> args::BinaryStrided {
    args::BinaryStrided {
        a: at.x[0],
        b: at.x[1],
        y: at.y,
        walk,
    }
}
