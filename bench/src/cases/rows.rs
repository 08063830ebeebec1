//! Reductions, softmax, norms and rope.

use candle_core::{D, DType};
use candle_nn::ops;

use super::{FLOATS, Size, name};
use crate::case::Case;
use crate::input::numbers;

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
        cases.extend(rope(size, dtype));
        cases.push(argsort(dtype, size.of(1024), 4096));
    }
    for (rows, columns) in [(16, 32_768), (1, 128_256)] {
        cases.push(argsort(DType::F32, rows, columns));
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
        Case::new(group, named("max first"), input(), |x| x[0].max(0)),
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

fn rope(size: Size, dtype: DType) -> [Case; 2] {
    let length = size.of(4096);
    let inputs = || {
        let heads = numbers(&[1, 32, length, 128], dtype);
        let table = || numbers(&[length, 64], dtype);
        vec![heads, table(), table()]
    };
    let named = |op: &str| format!("{op} {} (1,32,4096,128)", name(dtype));
    [
        Case::new("rows", named("rope"), inputs(), |x| {
            candle_nn::rotary_emb::rope(&x[0], &x[1], &x[2])
        }),
        Case::new("rows", named("rope_i"), inputs(), |x| {
            candle_nn::rotary_emb::rope_i(&x[0], &x[1], &x[2])
        }),
    ]
}

fn argsort(dtype: DType, rows: usize, columns: usize) -> Case {
    let title = format!("argsort {} {}", name(dtype), shape(rows, columns));
    Case::new("sort", title, vec![numbers(&[rows, columns], dtype)], |x| {
        x[0].arg_sort_last_dim(true)
    })
}
