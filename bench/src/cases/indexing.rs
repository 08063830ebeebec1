//! Gathers and scatters.

use candle_core::DType;

use super::{FLOATS, Size, name};
use crate::case::Case;
use crate::input::{indices, numbers};

pub(super) fn cases(size: Size) -> Vec<Case> {
    let mut cases: Vec<Case> = FLOATS.iter().map(|&dtype| embedding(size, dtype)).collect();
    for dim in [0, 1] {
        cases.extend(square(size, dim));
        cases.extend(FLOATS.map(|dtype| gather(size, dtype, dim)));
        cases.extend(FLOATS.map(|dtype| select(size, dtype, dim)));
    }
    cases
}

fn embedding(size: Size, dtype: DType) -> Case {
    let (words, width, ids) = (128_256, 4096 / size.shrink.min(64), size.of(8192));
    let title = format!("embedding {} 128256×4096, 8192 ids", name(dtype));
    let moved = 2 * ids * width * dtype.size_in_bytes() + 4 * ids;
    let inputs = vec![numbers(&[words, width], dtype), indices(&[ids], words)];
    Case::new("index", title, inputs, |x| x[0].index_select(&x[1], 0)).moving(moved as u64)
}

/// Ops along a dimension of a square matrix.
fn square(size: Size, dim: usize) -> Vec<Case> {
    let n = size.of(8192);
    let matrix = || numbers(&[n, n], DType::F32);
    let ids = || indices(&[n, n], n);
    let named = |op: &str| format!("{op} f32 8192² dim {dim}");
    let bytes = (n * n * 4) as u64;
    vec![
        // Candle's op copies its first operand.
        Case::new(
            "index",
            named("scatter_add"),
            vec![matrix(), ids(), matrix()],
            move |x| x[0].scatter_add(&x[1], &x[2], dim),
        )
        .moving(5 * bytes),
        Case::new(
            "index",
            named("index_add"),
            vec![matrix(), indices(&[n], n), matrix()],
            move |x| x[0].index_add(&x[1], &x[2], dim),
        )
        .moving(4 * bytes),
    ]
}

fn gather(size: Size, dtype: DType, dim: usize) -> Case {
    let n = size.of(8192);
    let title = format!("gather {} 8192² dim {dim}", name(dtype));
    let inputs = vec![numbers(&[n, n], dtype), indices(&[n, n], n)];
    Case::new("index", title, inputs, move |x| x[0].gather(&x[1], dim))
}

/// Every row, or every column, in another order.
fn select(size: Size, dtype: DType, dim: usize) -> Case {
    let n = size.of(8192);
    let title = format!("index_select {} 8192² dim {dim}", name(dtype));
    let inputs = vec![numbers(&[n, n], dtype), indices(&[n], n)];
    Case::new("index", title, inputs, move |x| {
        x[0].index_select(&x[1], dim)
    })
}
