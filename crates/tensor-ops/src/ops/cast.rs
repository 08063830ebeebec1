//! Conversions between dtypes.

use redwick_kernels::args;

use super::elementwise::ElementWise;
use super::{contiguous, kernel_dtype, no_kernel};
use crate::dtype::DType;
use crate::error::Result;
use crate::storage::{Storage, View};

/// Converts each element as Rust's `as` does: to the nearest number, ties to even, with one rounding;
/// integers truncate, saturate, and take NaN as 0. 8-bit floats have no infinity and saturate at 448.
/// Integers go to floats of fewer than 32 bits by way of f32, as on the CPU.
///
/// # Errors
/// [`Error::NoKernel`](crate::Error::NoKernel) for a pair of dtypes without a kernel; those of an
/// allocation.
pub fn cast(x: View<'_>, to: DType) -> Result<Storage> {
    let from = x.dtype();
    if from == to {
        return contiguous(x);
    }
    let missing = || no_kernel("cast", from, format!(" to {to}"));
    let (Some(source), Some(target)) = (kernel_dtype(from), kernel_dtype(to)) else {
        return Err(missing());
    };
    let op = ElementWise {
        op: "cast",
        to,
        adjacent: redwick_kernels::cast(source, target).ok_or_else(missing)?,
        strided: redwick_kernels::cast_strided(source, target).ok_or_else(missing)?,
        adjacent_arguments: |at, n| args::Map {
            x: at.x[0],
            y: at.y,
            n,
        },
        strided_arguments: |at, walk| args::MapStrided {
            x: at.x[0],
            y: at.y,
            walk,
        },
    };
    op.run([x])
}
