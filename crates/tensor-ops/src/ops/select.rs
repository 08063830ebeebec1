//! A choice between two numbers by a third.

use redwick_kernels::args;

use super::elementwise::ElementWise;
use super::{find_for, width};
use crate::error::Result;
use crate::storage::{Storage, View};

/// `a` where the condition is not 0, else `b`; all of equal dimensions. The condition is of
/// integers, the others of one dtype, whichever.
///
/// # Errors
/// [`Error::NoKernel`](crate::Error::NoKernel) for a condition of another dtype; where operands do
/// not fit each other; those of an allocation.
pub fn select(condition: View<'_>, a: View<'_>, b: View<'_>) -> Result<Storage> {
    const OP: &str = "where";
    a.matches(OP, &b)?;
    let (dtype, wide) = (a.dtype(), width(a.dtype()));
    let by = condition.dtype();
    let op = ElementWise {
        op: OP,
        to: dtype,
        adjacent: find_for(OP, by, " conditions", |by| {
            redwick_kernels::select(by, wide)
        })?,
        strided: find_for(OP, by, " conditions", |by| {
            redwick_kernels::select_strided(by, wide)
        })?,
        adjacent_arguments: |at, n| args::Select {
            condition: at.x[0],
            a: at.x[1],
            b: at.x[2],
            y: at.y,
            n,
        },
        strided_arguments: |at, walk| args::SelectStrided {
            condition: at.x[0],
            a: at.x[1],
            b: at.x[2],
            y: at.y,
            walk,
        },
    };
    op.run([condition, a, b])
}
