//! Functions of one number.

use redwick_kernels::{IntegerOp, Kernel, UnaryOp, args};

use super::elementwise::ElementWise;
use super::turned::map_turned;
use super::{contiguous, find, kernel_dtype};
use crate::error::Result;
use crate::storage::{Storage, View};

/// Applies a function to each element: any function to floats, and to integers what Candle's CPU
/// backend applies to them. That is `abs` (which leaves the lowest number as it is), `sign` and
/// `relu`; roundings, which change nothing; and GELU, SiLU and `erf`, which give 0.
///
/// # Errors
/// [`Error::NoKernel`](crate::Error::NoKernel) for other functions of integers; those of an
/// allocation.
pub fn unary(op: UnaryOp, x: View<'_>) -> Result<Storage> {
    let (name, dtype) = (op.name(), x.dtype());
    if !dtype.is_float() {
        return of_integers(op, x);
    }
    let turned = kernel_dtype(dtype).and_then(|d| redwick_kernels::unary_turned(op, d));
    if let Some(y) = map_turned(name, x, dtype, turned, |tiles| tiles)? {
        return Ok(y);
    }
    let adjacent = find(name, dtype, |d| redwick_kernels::unary(op, d))?;
    let strided = find(name, dtype, |d| redwick_kernels::unary_strided(op, d))?;
    run(name, x, adjacent, strided)
}

fn of_integers(op: UnaryOp, x: View<'_>) -> Result<Storage> {
    let (name, dtype) = (op.name(), x.dtype());
    let integer = match op {
        UnaryOp::Ceil | UnaryOp::Floor | UnaryOp::Round => return contiguous(x),
        UnaryOp::Gelu | UnaryOp::GeluErf | UnaryOp::Silu | UnaryOp::Erf => {
            return Storage::zeroed(x.context(), dtype, x.layout().elements());
        }
        UnaryOp::Abs => Some(IntegerOp::AbsInteger),
        UnaryOp::Relu => Some(IntegerOp::ReluInteger),
        UnaryOp::Sign => Some(IntegerOp::SignInteger),
        _ => None,
    };
    let adjacent = |d| integer.and_then(|op| redwick_kernels::unary_integer(op, d));
    let strided = |d| integer.and_then(|op| redwick_kernels::unary_integer_strided(op, d));
    run(
        name,
        x,
        find(name, dtype, adjacent)?,
        find(name, dtype, strided)?,
    )
}

fn run(
    name: &'static str,
    x: View<'_>,
    adjacent: Kernel<args::Map>,
    strided: Kernel<args::MapStrided>,
) -> Result<Storage> {
    let op = ElementWise {
        op: name,
        to: x.dtype(),
        adjacent,
        strided,
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
