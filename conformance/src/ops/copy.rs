//! Copies, fills and casts.

use candle_core::{DType, Result, Tensor};

use crate::op::{Case, DTYPES, Op, Run};
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
        values: Values::Between(-3.0, 30.0),
        ..copy(name, shapes::one, run)
    }
}

/// To floats of 16 bits: from all dtypes but f64.
const fn narrowing(name: &'static str, run: Run) -> Op {
    Op {
        dtypes: &[
            DType::U8,
            DType::U32,
            DType::I16,
            DType::I32,
            DType::I64,
            DType::BF16,
            DType::F16,
            DType::F32,
            DType::F8E4M3,
        ],
        ..cast(name, run)
    }
}

/// From f64 to 16 bits the CPU goes by way of f32 or drops bits beyond a tie, as its instructions
/// allow. The device rounds once.
const fn rounded_once(name: &'static str, run: Run, oracle: Run) -> Op {
    Op {
        dtypes: &[DType::F64],
        oracle: Some(oracle),
        ..cast(name, run)
    }
}

/// Numbers as f32, with an odd last bit where they are none: rounding that to fewer bits is as
/// rounding once.
fn to_odd(x: &Tensor) -> Result<Tensor> {
    let odd = |x: f64| {
        let near = x as f32;
        let back = f64::from(near);
        if back == x || x.is_nan() || near.to_bits() % 2 == 1 {
            return near;
        }
        let towards = if back.abs() < x.abs() { 1 } else { -1 };
        f32::from_bits(near.to_bits().wrapping_add_signed(towards))
    };
    let numbers: Vec<f32> = x.flatten_all()?.to_vec1()?.into_iter().map(odd).collect();
    Tensor::from_vec(numbers, x.dims(), x.device())
}

/// Casts from all dtypes to each.
pub const CASTS: &[Op] = &[
    cast("cast to f32", |x, _| x[0].to_dtype(DType::F32)),
    narrowing("cast to f16", |x, _| x[0].to_dtype(DType::F16)),
    narrowing("cast to bf16", |x, _| x[0].to_dtype(DType::BF16)),
    rounded_once(
        "cast to f16",
        |x, _| x[0].to_dtype(DType::F16),
        |x, _| to_odd(&x[0])?.to_dtype(DType::F16),
    ),
    rounded_once(
        "cast to bf16",
        |x, _| x[0].to_dtype(DType::BF16),
        |x, _| to_odd(&x[0])?.to_dtype(DType::BF16),
    ),
    cast("cast to f64", |x, _| x[0].to_dtype(DType::F64)),
    cast("cast to f8e4m3", |x, _| x[0].to_dtype(DType::F8E4M3)),
    cast("cast to u8", |x, _| x[0].to_dtype(DType::U8)),
    cast("cast to u32", |x, _| x[0].to_dtype(DType::U32)),
    cast("cast to i16", |x, _| x[0].to_dtype(DType::I16)),
    cast("cast to i32", |x, _| x[0].to_dtype(DType::I32)),
    cast("cast to i64", |x, _| x[0].to_dtype(DType::I64)),
];
