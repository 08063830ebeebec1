//! Fused ops over rows: softmax, norms and rotary embeddings.

use candle_core::DType;
use candle_nn::{ops, rotary_emb};

use crate::compare::Tolerance;
use crate::op::{Case, Cases, FLOATS, Op, Reference, Run};
use crate::operand::{Operand, Values};
use crate::shapes;
use crate::view::View;

/// Floats whose sums are of a wider type.
const NARROW: &[DType] = &[DType::F32, DType::F16, DType::BF16];

const fn rows(name: &'static str, cases: fn(Values) -> Vec<Case>, run: Run) -> Op {
    Op {
        reference: Reference::Wide,
        tolerance: Tolerance {
            ulps: 2.0,
            accumulated: 8.0,
            within: 0.0,
        },
        ..Op::row(name, NARROW, cases, run)
    }
}

/// As [`rows`] for f64 alone: the reference adds in f64, too, and one after the other, so it errs itself:
/// by about 181 roundings, the root of their number, for rows of 32,776.
const fn wide(row: Op) -> Op {
    Op {
        dtypes: &[DType::F64],
        tolerance: Tolerance {
            ulps: 64.0,
            accumulated: 64.0,
            ..row.tolerance
        },
        ..row
    }
}

/// Softmax over the last dimension.
pub const SOFTMAX: &[Op] = &[SOFTMAX_NARROW, wide(SOFTMAX_NARROW)];

const SOFTMAX_NARROW: Op = rows("softmax", contiguous_rows, |x, _| {
    ops::softmax_last_dim(&x[0])
});

/// Norms over the last dimension.
pub const NORM: &[Op] = &[LAYER_NORM, wide(LAYER_NORM), RMS_NORM, wide(RMS_NORM)];

const LAYER_NORM: Op = Op {
    oracle: Some(|x, _| ops::layer_norm_slow(&x[0], &x[1], &x[2], 1e-5)),
    ..rows("layer_norm", shifted_rows, |x, _| {
        ops::layer_norm(&x[0], &x[1], &x[2], 1e-5)
    })
};

/// The CPU's fused form has no f64.
const RMS_NORM: Op = Op {
    oracle: Some(|x, _| ops::rms_norm_slow(&x[0], &x[1], 1e-5)),
    ..rows("rms_norm", weighted_rows, |x, _| {
        ops::rms_norm(&x[0], &x[1], 1e-5)
    })
};

const fn rope(name: &'static str, cases: Cases, run: Run) -> Op {
    Op {
        dtypes: FLOATS,
        ..rows(name, cases, run)
    }
}

/// Rotary embeddings.
pub const ROPE: &[Op] = &[
    rope("rope", heads_first, |x, _| {
        rotary_emb::rope(&x[0], &x[1], &x[2])
    }),
    rope("rope_i", heads_first, |x, _| {
        rotary_emb::rope_i(&x[0], &x[1], &x[2])
    }),
    rope("rope_thd", heads_second, |x, _| {
        rotary_emb::rope_thd(&x[0], &x[1], &x[2])
    }),
];

/// Candle's fused ops take contiguous rows.
fn contiguous_rows(values: Values) -> Vec<Case> {
    let mut cases = Vec::new();
    for dims in shapes::ROWS.iter().chain(shapes::LONG_ROWS) {
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
