//! Fused ops over rows: softmax, norms and rotary embeddings.

use candle_nn::{ops, rotary_emb};

use crate::compare::Tolerance;
use crate::op::{Case, FLOATS, Op, Reference, Run};
use crate::operand::{Operand, Values};
use crate::shapes;
use crate::view::View;

const fn rows(name: &'static str, cases: fn(Values) -> Vec<Case>, run: Run) -> Op {
    Op {
        name,
        dtypes: FLOATS,
        values: Values::ANY,
        cases,
        run,
        reference: Reference::Wide,
        tolerance: Tolerance {
            ulps: 2.0,
            accumulated: 8.0,
            within: 0.0,
        },
    }
}

/// Softmax over the last dimension.
pub const SOFTMAX: &[Op] = &[rows("softmax", contiguous_rows, |x, _| {
    ops::softmax_last_dim(&x[0])
})];

/// Norms over the last dimension.
pub const NORM: &[Op] = &[
    rows("layer_norm", shifted_rows, |x, _| {
        if x[0].device().is_cpu() {
            return ops::layer_norm_slow(&x[0], &x[1], &x[2], 1e-5);
        }
        ops::layer_norm(&x[0], &x[1], &x[2], 1e-5)
    }),
    rows("rms_norm", weighted_rows, |x, _| {
        // The CPU's fused form has no f64.
        if x[0].device().is_cpu() {
            return ops::rms_norm_slow(&x[0], &x[1], 1e-5);
        }
        ops::rms_norm(&x[0], &x[1], 1e-5)
    }),
];

/// Rotary embeddings.
pub const ROPE: &[Op] = &[
    rows("rope", heads_first, |x, _| {
        rotary_emb::rope(&x[0], &x[1], &x[2])
    }),
    rows("rope_i", heads_first, |x, _| {
        rotary_emb::rope_i(&x[0], &x[1], &x[2])
    }),
    rows("rope_thd", heads_second, |x, _| {
        rotary_emb::rope_thd(&x[0], &x[1], &x[2])
    }),
];

/// Candle's fused ops take contiguous rows.
fn contiguous_rows(values: Values) -> Vec<Case> {
    let mut cases = Vec::new();
    for dims in shapes::ROWS {
        for view in View::CONTIGUOUS {
            cases.push(Case::new(vec![Operand::new(dims, view, values)]));
        }
    }
    cases
}

fn weighted_rows(values: Values) -> Vec<Case> {
    let with_weight = |mut case: Case| {
        let width = case.operands[0].dims.last().copied().unwrap_or(1);
        let view = case.operands[0].view;
        case.operands.push(Operand::new(&[width], view, values));
        case
    };
    contiguous_rows(values)
        .into_iter()
        .map(with_weight)
        .collect()
}

/// Rows, a weight and a shift.
fn shifted_rows(values: Values) -> Vec<Case> {
    let with_shift = |mut case: Case| {
        case.operands.push(case.operands[1].clone());
        case
    };
    weighted_rows(values).into_iter().map(with_shift).collect()
}

/// Batch, heads, positions and width of a head.
const HEADS: &[[usize; 4]] = &[
    [1, 1, 1, 2],
    [1, 4, 1, 64],
    [2, 3, 5, 6],
    [1, 2, 33, 32],
    [2, 1, 7, 130],
];

fn heads_first(values: Values) -> Vec<Case> {
    rotations(values, |[b, h, t, d]| [b, h, t, d])
}

fn heads_second(values: Values) -> Vec<Case> {
    rotations(values, |[b, h, t, d]| [b, t, h, d])
}

fn rotations(values: Values, order: fn([usize; 4]) -> [usize; 4]) -> Vec<Case> {
    let mut cases = Vec::new();
    for &heads in HEADS {
        let [batch, _, positions, width] = heads;
        let tables: [Vec<usize>; 3] = [
            vec![positions, width / 2],
            vec![positions + 3, width / 2],
            vec![batch, positions, width / 2],
        ];
        for table in tables {
            for view in View::CONTIGUOUS {
                let table = || Operand::new(&table, view, Values::Between(-1.0, 1.0));
                let x = Operand::new(&order(heads), view, values);
                cases.push(Case::new(vec![x, table(), table()]));
            }
        }
    }
    cases
}
