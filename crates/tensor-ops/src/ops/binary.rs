//! Functions of two numbers, and comparisons.

use redwick_kernels::{BinaryOp, CompareOp, args};

use super::elementwise::{At, ElementWise};
use super::find;
use crate::dtype::DType;
use crate::error::Result;
use crate::storage::{Storage, View};

/// Combines the elements of two tensors of equal dimensions and dtype.
///
/// # Errors
/// [`Error::NoKernel`](crate::Error::NoKernel) for dtypes without a kernel; where operands do not
/// fit each other; those of an allocation.
pub fn binary(op: BinaryOp, a: View<'_>, b: View<'_>) -> Result<Storage> {
    let (name, dtype) = (op.name(), a.dtype());
    a.matches(name, &b)?;
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
