//! Functions of one number and parameters.

use redwick_kernels::{Scalar, ScalarOp, args};

use super::elementwise::ElementWise;
use super::turned::map_turned;
use super::{find, kernel_dtype, no_kernel};
use crate::dtype::DType;
use crate::error::Result;
use crate::storage::{Storage, View};

const ZERO: Scalar = Scalar(0);

/// `x * mul + add` for each element, the parameters rounded to the dtype first.
///
/// # Errors
/// [`Error::NoKernel`](crate::Error::NoKernel) for dtypes without a kernel; those of an allocation.
pub fn affine(x: View<'_>, mul: f64, add: f64) -> Result<Storage> {
    let dtype = x.dtype();
    let (mul, add) = (scalar("affine", dtype, mul)?, scalar("affine", dtype, add)?);
    let turned = kernel_dtype(dtype).and_then(redwick_kernels::affine_turned);
    let of_tiles = |tiles: args::Transpose| args::AffineTurned {
        x: tiles.x,
        y: tiles.y,
        mul,
        add,
        rows: tiles.rows,
        columns: tiles.columns,
        x_stride: tiles.x_stride,
        y_stride: tiles.y_stride,
        batch: tiles.batch,
    };
    if let Some(y) = map_turned("affine", x, dtype, turned, of_tiles)? {
        return Ok(y);
    }
    let op = ElementWise {
        op: "affine",
        to: dtype,
        adjacent: find("affine", dtype, redwick_kernels::affine)?,
        strided: find("affine", dtype, redwick_kernels::affine_strided)?,
        adjacent_arguments: |at, n| args::Affine {
            x: at.x[0],
            y: at.y,
            mul: ZERO,
            add: ZERO,
            n,
        },
        strided_arguments: |at, walk| args::AffineStrided {
            x: at.x[0],
            y: at.y,
            mul: ZERO,
            add: ZERO,
            walk,
        },
    };
    op.run_with(
        [x],
        |arguments| args::Affine {
            mul,
            add,
            ..arguments
        },
        |arguments| args::AffineStrided {
            mul,
            add,
            ..arguments
        },
    )
}

/// Each element to the power of `exponent`. For floats.
///
/// # Errors
/// As [`affine`].
pub fn powf(x: View<'_>, exponent: f64) -> Result<Storage> {
    with_scalar(ScalarOp::Powf, x, exponent)
}

/// `x` where positive, else `(exp(x) - 1) * alpha`. For floats.
///
/// # Errors
/// As [`affine`].
pub fn elu(x: View<'_>, alpha: f64) -> Result<Storage> {
    with_scalar(ScalarOp::Elu, x, alpha)
}

fn with_scalar(op: ScalarOp, x: View<'_>, value: f64) -> Result<Storage> {
    let (name, dtype) = (op.name(), x.dtype());
    let op = ElementWise {
        op: name,
        to: dtype,
        adjacent: find(name, dtype, |d| redwick_kernels::map_scalar(op, d))?,
        strided: find(name, dtype, |d| redwick_kernels::map_scalar_strided(op, d))?,
        adjacent_arguments: |at, n| args::MapScalar {
            x: at.x[0],
            y: at.y,
            scalar: ZERO,
            n,
        },
        strided_arguments: |at, walk| args::MapScalarStrided {
            x: at.x[0],
            y: at.y,
            scalar: ZERO,
            walk,
        },
    };
    let scalar = scalar(name, dtype, value)?;
    op.run_with(
        [x],
        |arguments| args::MapScalar {
            scalar,
            ..arguments
        },
        |arguments| args::MapScalarStrided {
            scalar,
            ..arguments
        },
    )
}

fn scalar(op: &'static str, dtype: DType, value: f64) -> Result<Scalar> {
    let dtype = kernel_dtype(dtype).ok_or_else(|| no_kernel(op, dtype, ""))?;
    Ok(Scalar::new(dtype, value))
}
