//! Softmax.

use redwick_kernels::args;

use super::rows::map_rows;
use crate::error::Result;
use crate::storage::{Storage, View};

/// Softmax over the last dimension. For floats; sums in f32 (f64 for f64).
///
/// # Errors
/// [`Error::NoKernel`](crate::Error::NoKernel) for other dtypes; those of an allocation.
pub fn softmax(x: View<'_>) -> Result<Storage> {
    let kernels = |dtype| {
        [
            redwick_kernels::softmax_group(dtype),
            redwick_kernels::softmax_block(dtype),
            redwick_kernels::softmax_long(dtype),
        ]
    };
    map_rows("softmax", x, kernels, |io| args::Softmax {
        x: io.x,
        y: io.y,
        rows: io.rows,
        columns: io.columns,
    })
}
