//! Dimensions that break kernels: nothing, one, primes, one over a power of two, rows longer than a
//! workgroup, and more dimensions than collapse.

use crate::op::Case;
use crate::operand::{Operand, Values};
use crate::view::View;

/// For ops that treat every element alike.
pub const ELEMENTWISE: &[&[usize]] = &[
    &[],
    &[0],
    &[1],
    &[7],
    &[33],
    &[257],
    &[1031],
    &[3, 0, 5],
    &[1, 13],
    &[13, 1],
    &[5, 7],
    &[31, 65],
    &[3, 5, 7],
    &[2, 17, 16],
    &[2, 3, 5, 7],
    &[2, 3, 2, 3, 2],
];

/// For ops along dimensions: none of size 0 in the last.
pub const ROWS: &[&[usize]] = &[
    &[1],
    &[7],
    &[1025],
    &[2053],
    &[1, 1],
    &[0, 5],
    &[3, 64],
    &[5, 33],
    &[17, 257],
    &[3, 1031],
    &[2, 3, 13],
    &[2, 5, 3, 31],
];

/// Rows for each way of holding them in registers, and longer than any holds.
pub const LONG_ROWS: &[&[usize]] = &[
    &[9, 648],
    &[3, 1288],
    &[2, 5003],
    &[2, 8193],
    &[3, 9001],
    &[1, 32_776],
];

/// One operand over all shapes and views.
pub fn one(values: Values) -> Vec<Case> {
    let mut cases = Vec::new();
    for dims in ELEMENTWISE {
        for view in views(dims) {
            cases.push(Case::new(vec![Operand::new(dims, view, values)]));
        }
    }
    cases
}

/// Two operands of equal dimensions over all shapes and pairs of views.
pub fn two(values: Values) -> Vec<Case> {
    let mut cases = Vec::new();
    for dims in ELEMENTWISE {
        for left in views(dims) {
            for right in views(dims) {
                let operands = [left, right].map(|view| Operand::new(dims, view, values));
                cases.push(Case::new(operands.to_vec()));
            }
        }
    }
    cases
}

/// One operand over all shapes, views and single axes.
pub fn along_one(values: Values) -> Vec<Case> {
    let mut cases = Vec::new();
    for dims in ROWS {
        for view in views(dims) {
            for axis in (0..dims.len()).filter(|&axis| dims[axis] != 0) {
                cases.push(Case::along(vec![Operand::new(dims, view, values)], &[axis]));
            }
        }
    }
    cases
}

/// One operand over all shapes, views and sets of axes.
pub fn along_some(values: Values) -> Vec<Case> {
    let mut cases = Vec::new();
    for dims in ROWS {
        for view in views(dims) {
            for set in 1usize..1 << dims.len() {
                let axes: Vec<_> = (0..dims.len())
                    .filter(|axis| set >> axis & 1 == 1)
                    .collect();
                cases.push(Case::along(vec![Operand::new(dims, view, values)], &axes));
            }
        }
    }
    cases
}

/// The views that say something new for these dimensions.
pub fn views(dims: &[usize]) -> impl Iterator<Item = View> + use<> {
    let rank = dims.len();
    View::ALL.into_iter().filter(move |view| view.applies(rank))
}
