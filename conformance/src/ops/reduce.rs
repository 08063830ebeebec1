//! Reductions.

use candle_core::DType;

use crate::compare::Tolerance;
use crate::op::{Case, Cases, DTYPES, Op, Reference, Run};
use crate::operand::{Operand, Values};
use crate::shapes;
use crate::view::View;

const fn reduce(name: &'static str, dtypes: &'static [DType], cases: Cases, run: Run) -> Op {
    Op::row(name, dtypes, cases, run)
}

/// Zeros and, seldom, ones: a byte or two hold the sum of thousands.
const SPARSE: Values = Values::Between(0.0, 0.2502);

/// Terms of both signs cancel, and a thousand equal ones are each rounded the same way.
const fn sum(name: &'static str, dtypes: &'static [DType], accumulated: f64) -> Op {
    Op {
        reference: Reference::Wide,
        tolerance: Tolerance {
            within: 8.0,
            ..Tolerance::sum(accumulated)
        },
        ..reduce(name, dtypes, along_some, |x, axes| x[0].sum(axes))
    }
}

/// Reductions along dimensions.
pub const REDUCE: &[Op] = &[
    sum(
        "sum",
        &[DType::F32, DType::F16, DType::BF16, DType::F8E4M3],
        96.0,
    ),
    // The reference adds in f64, too, and one after the other.
    sum("sum", &[DType::F64], 2048.0),
    Op {
        values: SPARSE,
        ..reduce("sum", &[DType::U8, DType::I16], along_some, |x, axes| {
            x[0].sum(axes)
        })
    },
    reduce(
        "sum",
        &[DType::U32, DType::I32, DType::I64],
        along_some,
        |x, axes| x[0].sum(axes),
    ),
    reduce("min", DTYPES, along_one, |x, axes| x[0].min(axes[0])),
    reduce("max", DTYPES, along_one, |x, axes| x[0].max(axes[0])),
    reduce("argmin", DTYPES, along_one, |x, axes| x[0].argmin(axes[0])),
    reduce("argmax", DTYPES, along_one, |x, axes| x[0].argmax(axes[0])),
];

/// Reductions in several parts, which a second kernel combines: along rows, and across them; and one
/// across rows that are read 16 bytes at a time.
fn in_parts(values: Values) -> impl Iterator<Item = Case> {
    let case = move |(dims, axis): (&[usize], usize)| {
        Case::along(vec![Operand::new(dims, View::Plain, values)], &[axis])
    };
    [([2, 9001], 1), ([9001, 3], 0), ([33, 264], 0)]
        .map(|(dims, axis)| case((&dims, axis)))
        .into_iter()
}

fn along_some(values: Values) -> Vec<Case> {
    let mut cases = shapes::along_some(values);
    cases.extend(in_parts(values));
    cases
}

/// Extremes of nothing are an error, whichever dimension is empty.
fn along_one(values: Values) -> Vec<Case> {
    let mut cases = shapes::along_one(values);
    cases.extend(in_parts(values));
    cases.retain(|case| !case.operands[0].dims.contains(&0));
    cases
}
