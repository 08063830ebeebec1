//! Copies, fills and casts.

use candle_core::{DType, Result, Tensor};

use crate::compare::Tolerance;
use crate::op::{Case, DTYPES, NUMBERS, Op, Run};
use crate::operand::{Operand, Values};
use crate::shapes;
use crate::view::View;

const fn copy(name: &'static str, cases: fn(Values) -> Vec<Case>, run: Run) -> Op {
    Op::row(name, DTYPES, cases, run)
}

/// Ops that move elements and do not change them.
pub const COPIES: &[Op] = &[
    copy("contiguous", shapes::one, |x, _| x[0].contiguous()),
    copy("copy", shapes::one, |x, _| x[0].copy()),
    copy("concatenate", side_by_side, |x, axes| {
        Tensor::cat(x, axes[0])
    }),
    copy("fill", shapes::one, |x, _| x[0].ones_like()),
    copy("fill a part", shapes::one, |x, _| fill_part(&x[0])),
];

/// Ones in a frame of zeros, to see that a fill stays inside its part.
fn fill_part(like: &Tensor) -> Result<Tensor> {
    let dims = like.dims();
    let base = Tensor::zeros(padded(dims), like.dtype(), like.device())?;
    match dims.split_last() {
        Some((&last, outer)) => base.narrow(outer.len(), 1, last)?.one_set()?,
        None => base.one_set()?,
    }
    Ok(base)
}

/// The dimensions, with one element more on both sides of the last.
fn padded(dims: &[usize]) -> Vec<usize> {
    let mut dims = dims.to_vec();
    if let Some(last) = dims.last_mut() {
        *last += 2;
    }
    dims
}

fn side_by_side(values: Values) -> Vec<Case> {
    let mut cases = Vec::new();
    for dims in shapes::ELEMENTWISE.iter().filter(|dims| !dims.is_empty()) {
        for view in shapes::views(dims) {
            for axis in 0..dims.len() {
                let mut longer = dims.to_vec();
                longer[axis] += 2;
                let operands = vec![
                    Operand::new(dims, view, values),
                    Operand::new(&longer, View::Plain, values),
                ];
                cases.push(Case::along(operands, &[axis]));
            }
        }
    }
    cases
}

const fn cast(name: &'static str, run: Run) -> Op {
    Op {
        dtypes: NUMBERS,
        values: Values::Between(-3.0, 30.0),
        ..copy(name, shapes::one, run)
    }
}

const fn narrowing(name: &'static str, run: Run) -> Op {
    Op {
        dtypes: &[
            DType::F32,
            DType::F16,
            DType::BF16,
            DType::U8,
            DType::U32,
            DType::I64,
        ],
        ..cast(name, run)
    }
}

/// The device goes from f64 to 16 bits by way of f32, so a number just beside a tie may round to the
/// other neighbour.
const fn rounded_twice(name: &'static str, run: Run) -> Op {
    Op {
        dtypes: &[DType::F64],
        tolerance: Tolerance::ulps(1.0),
        ..cast(name, run)
    }
}

/// Casts from all dtypes to each.
pub const CASTS: &[Op] = &[
    cast("cast to f32", |x, _| x[0].to_dtype(DType::F32)),
    narrowing("cast to f16", |x, _| x[0].to_dtype(DType::F16)),
    narrowing("cast to bf16", |x, _| x[0].to_dtype(DType::BF16)),
    rounded_twice("cast to f16", |x, _| x[0].to_dtype(DType::F16)),
    rounded_twice("cast to bf16", |x, _| x[0].to_dtype(DType::BF16)),
    cast("cast to f64", |x, _| x[0].to_dtype(DType::F64)),
    cast("cast to u8", |x, _| x[0].to_dtype(DType::U8)),
    cast("cast to u32", |x, _| x[0].to_dtype(DType::U32)),
    cast("cast to i64", |x, _| x[0].to_dtype(DType::I64)),
];
