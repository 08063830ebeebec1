//! Sorting.

use crate::op::{Case, DTYPES, Op};
use crate::operand::Values;
use crate::shapes;

/// The order that sorts rows; ties stay in order. Candle takes contiguous rows.
pub const SORT: &[Op] = &[
    Op::row("argsort ascending", DTYPES, rows, |x, _| {
        x[0].contiguous()?.arg_sort_last_dim(true)
    }),
    Op::row("argsort descending", DTYPES, rows, |x, _| {
        x[0].contiguous()?.arg_sort_last_dim(false)
    }),
];

/// Rows shorter and longer than what is sorted in LDS.
fn rows(values: Values) -> Vec<Case> {
    shapes::one(values)
        .into_iter()
        .chain(shapes::along_one(values))
        .filter(|case| !matches!(case.operands[0].dims.last(), None | Some(0)))
        .map(|case| Case::new(case.operands))
        .collect()
}
