//! Functions of one number.

use redwick_kernels::{UnaryOp, args};

use super::elementwise::ElementWise;
use super::find;
use crate::error::Result;
use crate::storage::{Storage, View};

/// Applies a function to each element. For floats.
///
/// # Errors
/// [`Error::NoKernel`](crate::Error::NoKernel) for other dtypes; those of an allocation.
pub fn unary(op: UnaryOp, x: View<'_>) -> Result<Storage> {
    let (name, dtype) = (op.name(), x.dtype());
    let op = ElementWise {
        op: name,
        to: dtype,
        adjacent: find(name, dtype, |d| redwick_kernels::unary(op, d))?,
        strided: find(name, dtype, |d| redwick_kernels::unary_strided(op, d))?,
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
