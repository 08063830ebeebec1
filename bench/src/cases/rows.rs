//! Reductions, softmax, norms and rope.

use candle_core::{D, DType};
use candle_nn::ops;

use super::{FLOATS, Size, name};
use crate::case::{Case, numbers};

pub(super) fn cases(size: Size) -> Vec<Case> {
    let mut cases = Vec::new();
    for dtype in FLOATS {
        for (rows, columns) in [(32768, 8192), (1 << 20, 128), (128, 1 << 20)] {
            cases.extend(reductions(
                dtype,
                size.of(rows),
                columns,
                &shape(rows, columns),
            ));
        }
        for (rows, columns) in [(32768, 8192), (1 << 20, 128), (1, 128_256)] {
            cases.extend(normalised(
                dtype,
                size.of(rows),
                columns,
                &shape(rows, columns),
            ));
        }
        cases.push(rope(size, dtype));
        cases.push(argsort(size, dtype));
    }
    cases
}

fn shape(rows: usize, columns: usize) -> String {
    format!("{rows}×{columns}")
}

fn reductions(dtype: DType, rows: usize, columns: usize, shape: &str) -> Vec<Case> {
    let group = "reduce";
    let input = || vec![numbers(&[rows, columns], dtype)];
    let named = |op: &str| format!("{op} {} {shape}", name(dtype));
    vec![
        Case::new(group, named("sum last"), input(), |x| x[0].sum(D::Minus1)),
        Case::new(group, named("sum first"), input(), |x| x[0].sum(0)),
        Case::new(group, named("sum all"), input(), |x| x[0].sum_all()),
        Case::new(group, named("max last"), input(), |x| x[0].max(D::Minus1)),
        Case::new(group, named("argmax last"), input(), |x| {
            x[0].argmax(D::Minus1)
        }),
    ]
}

fn normalised(dtype: DType, rows: usize, columns: usize, shape: &str) -> Vec<Case> {
    let group = "rows";
    let matrix = || numbers(&[rows, columns], dtype);
    let row = || numbers(&[columns], dtype);
    let named = |op: &str| format!("{op} {} {shape}", name(dtype));
    vec![
        Case::new(group, named("softmax"), vec![matrix()], |x| {
            ops::softmax_last_dim(&x[0])
        }),
        Case::new(group, named("rms_norm"), vec![matrix(), row()], |x| {
            ops::rms_norm(&x[0], &x[1], 1e-5)
        }),
        Case::new(
            group,
            named("layer_norm"),
            vec![matrix(), row(), row()],
            |x| ops::layer_norm(&x[0], &x[1], &x[2], 1e-5),
        ),
    ]
}

fn rope(size: Size, dtype: DType) -> Case {
    let length = size.of(4096);
    let heads = numbers(&[1, 32, length, 128], dtype);
    let table = || numbers(&[length, 64], dtype);
    let title = format!("rope {} (1,32,4096,128)", name(dtype));
    Case::new("rows", title, vec![heads, table(), table()], |x| {
        candle_nn::rotary_emb::rope(&x[0], &x[1], &x[2])
    })
}

fn argsort(size: Size, dtype: DType) -> Case {
    let input = numbers(&[size.of(1024), 4096], dtype);
    let title = format!("argsort {} 1024×4096", name(dtype));
    Case::new("sort", title, vec![input], |x| x[0].arg_sort_last_dim(true))
}
