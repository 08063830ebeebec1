//! Reductions.

use candle_core::DType;

use crate::compare::Tolerance;
use crate::op::{Case, NUMBERS, Op, Reference, Run};
use crate::operand::Values;
use crate::shapes;

const fn reduce(name: &'static str, cases: fn(Values) -> Vec<Case>, run: Run) -> Op {
    Op {
        name,
        dtypes: NUMBERS,
        values: Values::ANY,
        cases,
        run,
        reference: Reference::Same,
        tolerance: Tolerance::EXACT,
    }
}

/// Terms of both signs cancel, and a thousand equal ones are each rounded the same way.
const fn sum(name: &'static str, dtypes: &'static [DType], accumulated: f64) -> Op {
    Op {
        dtypes,
        reference: Reference::Wide,
        tolerance: Tolerance {
            within: 8.0,
            ..Tolerance::sum(accumulated)
        },
        ..reduce(name, shapes::along_some, |x, axes| x[0].sum(axes))
    }
}

/// Reductions along dimensions.
pub const REDUCE: &[Op] = &[
    sum("sum", &[DType::F32, DType::F16, DType::BF16], 96.0),
    // The reference adds in f64, too, and one after the other.
    sum("sum of f64", &[DType::F64], 2048.0),
    reduce("min", along_one, |x, axes| x[0].min(axes[0])),
    reduce("max", along_one, |x, axes| x[0].max(axes[0])),
    reduce("argmin", along_one, |x, axes| x[0].argmin(axes[0])),
    reduce("argmax", along_one, |x, axes| x[0].argmax(axes[0])),
];

/// Extremes of nothing are an error, whichever dimension is empty.
fn along_one(values: Values) -> Vec<Case> {
    let mut cases = shapes::along_one(values);
    cases.retain(|case| !case.operands[0].dims.contains(&0));
    cases
}
