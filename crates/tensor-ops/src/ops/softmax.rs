//! Softmax.

use redwick_kernels::args;

use super::rows::{Adjacent, Rows, for_length};
use super::{kernel_dtype, no_kernel};
use crate::error::Result;
use crate::storage::{Storage, View};

/// Softmax over the last dimension. For floats; sums in f32 (f64 for f64).
///
/// # Errors
/// [`Error::NoKernel`](crate::Error::NoKernel) for other dtypes; those of an allocation.
pub fn softmax(x: View<'_>) -> Result<Storage> {
    const OP: &str = "softmax";
    let missing = || no_kernel(OP, x.dtype(), "");
    let dtype = kernel_dtype(x.dtype()).ok_or_else(missing)?;
    let rows = Rows::of(OP, x.layout())?;
    let kernels = [
        redwick_kernels::softmax_group(dtype),
        redwick_kernels::softmax_block(dtype),
        redwick_kernels::softmax_long(dtype),
    ];
    let kernel = for_length(rows.columns, kernels).ok_or_else(missing)?;
    let y = Storage::uninit(x.context(), x.dtype(), x.layout().elements())?;
    if rows.is_empty() {
        return Ok(y);
    }
    let source = Adjacent::of(x)?;
    let arguments = args::Softmax {
        x: source.address(),
        y: y.address(),
        rows: rows.rows,
        columns: rows.columns,
    };
    let grid = kernel.grid_for_outputs(rows.rows, 1)?;
    x.context().launch(kernel, grid, &arguments)?;
    Ok(y)
}
