//! Ops that read by index.

use candle_core::DType;

use crate::op::{Case, DTYPES, Op, Run};
use crate::operand::{Operand, Values};
use crate::shapes;
use crate::view::View;

const fn index(name: &'static str, cases: fn(Values) -> Vec<Case>, run: Run) -> Op {
    Op::row(name, DTYPES, cases, run)
}

const SELECT: Run = |x, axes| x[0].index_select(&x[1], axes[0]);
const GATHER: Run = |x, axes| x[0].gather(&x[1], axes[0]);

/// Reads by index, for each dtype of indices.
pub const INDEX: &[Op] = &[
    index("index_select by u8", |v| selections(DType::U8, v), SELECT),
    index("index_select by u32", |v| selections(DType::U32, v), SELECT),
    index("index_select by i64", |v| selections(DType::I64, v), SELECT),
    index("gather by u8", |v| gathers(DType::U8, v), GATHER),
    index("gather by u32", |v| gathers(DType::U32, v), GATHER),
    index("gather by i64", |v| gathers(DType::I64, v), GATHER),
];

const IDS: &[usize] = &[0, 1, 5, 67];

fn selections(ids: DType, values: Values) -> Vec<Case> {
    let mut cases = Vec::new();
    for case in shapes::along_one(values) {
        for (at, &count) in IDS.iter().enumerate() {
            let bound = bound(&case);
            let view = [View::Plain, View::Stepped, View::Offset, View::BroadcastAll][at];
            let ids = Operand::new(&[count], view, Values::Index(ids, bound));
            let mut case = case.clone();
            case.operands.push(ids);
            cases.push(case);
        }
    }
    cases
}

fn gathers(ids: DType, values: Values) -> Vec<Case> {
    let mut cases = Vec::new();
    for case in shapes::along_one(values) {
        for &count in IDS {
            let mut dims = case.operands[0].dims.clone();
            dims[case.axes[0]] = count;
            let ids = Operand::new(&dims, View::Plain, Values::Index(ids, bound(&case)));
            let mut case = case.clone();
            case.operands.push(ids);
            cases.push(case);
        }
    }
    cases
}

/// Indices may be anything below the indexed dimension; a u8 cannot reach further than 254.
fn bound(case: &Case) -> usize {
    case.operands[0].dims[case.axes[0]].min(255)
}
