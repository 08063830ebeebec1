//! Ops that write and add by index.

use candle_core::{DType, Tensor};

use crate::op::{Case, Cases, DTYPES, Op, Run};
use crate::operand::{Operand, Values};
use crate::shapes;
use crate::view::View;

/// The destination, the indices and the source; of several for one place the last is written.
const SET: Run = |x, axes| x[0].scatter(&x[1], &x[2], axes[0]);

/// Whole numbers: their sums are exact in any order.
const ADD: Run = |x, axes| {
    let [to, source] = whole(x)?;
    to.scatter_add(&x[1], &source, axes[0])
};
const INDEX_ADD: Run = |x, axes| {
    let [to, source] = whole(x)?;
    to.index_add(&x[1], &source, axes[0])
};

fn whole(x: &[Tensor]) -> candle_core::Result<[Tensor; 2]> {
    Ok([x[0].round()?, x[2].round()?])
}

const fn set(name: &'static str, cases: Cases) -> Op {
    Op::row(name, DTYPES, cases, SET)
}

const fn scatter_add(name: &'static str, dtypes: &'static [DType], cases: Cases) -> Op {
    Op {
        values: SMALL_NUMBERS,
        ..Op::row(name, dtypes, cases, ADD)
    }
}

const fn index_add(name: &'static str, dtypes: &'static [DType], cases: Cases) -> Op {
    Op {
        values: SMALL_NUMBERS,
        ..Op::row(name, dtypes, cases, INDEX_ADD)
    }
}

const SMALL_NUMBERS: Values = Values::Between(-1.4, 1.4);

/// Dtypes that hold the sum of any number of small whole numbers.
const LARGE: &[DType] = &[
    DType::U32,
    DType::I16,
    DType::I32,
    DType::I64,
    DType::BF16,
    DType::F16,
    DType::F32,
    DType::F64,
];

/// Dtypes that hold the sum of a few.
const SMALL: &[DType] = &[DType::U8, DType::F8E4M3];

/// Few indices are taken one after the other, many in parallel.
const COUNTS: &[usize] = &[0, 1, 5, 67];
const FEW: &[usize] = &[0, 1, 5];
/// Other dtypes of indices differ in how the indices are read.
const ONE: &[usize] = &[5];

/// Writes and sums by index, for each dtype of indices.
pub const SCATTER: &[Op] = &[
    set("scatter by u8", |v| elements(DType::U8, v, ONE)),
    set("scatter by u32", |v| elements(DType::U32, v, COUNTS)),
    set("scatter by i64", |v| elements(DType::I64, v, ONE)),
    scatter_add("scatter_add by u8", DTYPES, |v| elements(DType::U8, v, ONE)),
    scatter_add("scatter_add by u32", LARGE, |v| {
        elements(DType::U32, v, COUNTS)
    }),
    scatter_add("scatter_add by u32", SMALL, |v| {
        elements(DType::U32, v, FEW)
    }),
    scatter_add("scatter_add by i16", DTYPES, |v| {
        elements(DType::I16, v, ONE)
    }),
    scatter_add("scatter_add by i32", DTYPES, |v| {
        elements(DType::I32, v, ONE)
    }),
    scatter_add("scatter_add by i64", DTYPES, |v| {
        elements(DType::I64, v, ONE)
    }),
    index_add("index_add by u8", DTYPES, |v| slices(DType::U8, v, ONE)),
    index_add("index_add by u32", LARGE, |v| slices(DType::U32, v, COUNTS)),
    index_add("index_add by u32", SMALL, |v| slices(DType::U32, v, FEW)),
    index_add("index_add by i16", DTYPES, |v| slices(DType::I16, v, ONE)),
    index_add("index_add by i32", DTYPES, |v| slices(DType::I32, v, ONE)),
    index_add("index_add by i64", DTYPES, |v| slices(DType::I64, v, ONE)),
];

/// An index for each element of the source.
fn elements(ids: DType, values: Values, counts: &[usize]) -> Vec<Case> {
    sources(values, counts, |source, bound, view| {
        Operand::new(&source.dims, view, Values::Index(ids, bound))
    })
}

/// An index for each slice of the source.
fn slices(ids: DType, values: Values, counts: &[usize]) -> Vec<Case> {
    let mut cases = sources(values, counts, |source, bound, view| {
        Operand::new(&source.dims, view, Values::Index(ids, bound))
    });
    for case in &mut cases {
        let axis = case.axes[0];
        let ids = &mut case.operands[1];
        *ids = Operand::new(&[ids.dims[axis]], ids.view, ids.values);
    }
    cases
}

/// Destinations of all shapes and views, with sources of some lengths along an axis.
fn sources(
    values: Values,
    counts: &[usize],
    ids: impl Fn(&Operand, usize, View) -> Operand,
) -> Vec<Case> {
    let mut cases = Vec::new();
    for case in shapes::along_one(values) {
        for (at, &count) in counts.iter().enumerate() {
            let (to, axis) = (&case.operands[0], case.axes[0]);
            let mut dims = to.dims.clone();
            dims[axis] = count;
            let views = [View::Plain, View::Stepped, View::Offset, View::BroadcastAll];
            let source = Operand::new(&dims, views[(at + 1) % 4], values);
            // An u8 does not reach further; its highest number means nowhere.
            let ids = ids(&source, to.dims[axis].min(255), views[at]);
            let operands = vec![to.clone(), ids, source];
            cases.push(Case::along(operands, &[axis]));
        }
    }
    cases
}
