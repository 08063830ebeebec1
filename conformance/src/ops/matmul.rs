//! Matrix products.

use crate::compare::Tolerance;
use crate::op::{Case, FLOATS, Op, Reference};
use crate::operand::{Operand, Values};
use crate::view::View;

/// Matrix products, with batches.
pub const MATMUL: &[Op] = &[Op {
    reference: Reference::Wide,
    // A thousand equal terms are each rounded the same way, and not as on the CPU; terms of both signs
    // cancel, in all elements alike where an operand is broadcast.
    tolerance: Tolerance {
        within: 8.0,
        ..Tolerance::sum(128.0)
    },
    ..Op::row("matmul", FLOATS, products, |x, _| x[0].matmul(&x[1]))
}];

/// Rows, inner dimension, columns.
const SIZES: &[[usize; 3]] = &[
    [1, 1, 1],
    [1, 7, 5],
    [1, 257, 129],
    [1, 64, 1024],
    [2, 96, 33],
    [7, 0, 3],
    [3, 5, 7],
    [9, 40, 37],
    [17, 33, 65],
    [64, 64, 64],
    [65, 129, 31],
    [128, 16, 1],
    [33, 1031, 8],
];

/// Those that take long, once.
const LONG: &[[usize; 3]] = &[
    [1, 2200, 40],
    [3, 4200, 37],
    [8, 1100, 40],
    [70, 1030, 72],
    [1, 9000, 3],
    [1, 8, 20_000],
];

const BATCHES: &[&[usize]] = &[&[], &[1], &[3], &[2, 3]];

fn products(values: Values) -> Vec<Case> {
    let mut cases = Vec::new();
    for batch in BATCHES {
        for &[m, k, n] in SIZES {
            for (left, right) in layouts() {
                let operand = |rows, columns, view| {
                    let dims = [batch, [rows, columns].as_slice()].concat();
                    Operand::new(&dims, view, values)
                };
                cases.push(Case::new(vec![operand(m, k, left), operand(k, n, right)]));
            }
        }
    }
    // Enough tiles to fill a device, so that it takes large ones.
    let many = |rows, columns| Operand::new(&[400, rows, columns], View::Plain, values);
    cases.push(Case::new(vec![many(65, 5), many(5, 67)]));
    // Few tiles, whose inner dimension is divided; and columns enough for wide tiles.
    for &[m, k, n] in LONG {
        for right in [View::Plain, View::Transposed] {
            let operand = |rows, columns, view| Operand::new(&[rows, columns], view, values);
            cases.push(Case::new(vec![
                operand(m, k, View::Plain),
                operand(k, n, right),
            ]));
        }
    }
    cases
}

fn layouts() -> impl Iterator<Item = (View, View)> {
    View::ALL
        .into_iter()
        .flat_map(|left| View::ALL.into_iter().map(move |right| (left, right)))
}
