//! Element-wise ops over adjacent and strided tensors, casts, and small ops.

use candle_core::DType;

use super::{FLOATS, Size, name};
use crate::case::Case;
use crate::input::{flags, numbers};

pub(super) fn cases(size: Size) -> Vec<Case> {
    let mut cases = Vec::new();
    for dtype in FLOATS {
        cases.extend(adjacent(size, dtype));
        cases.extend(strided(size, dtype));
    }
    cases.extend(casts(size));
    cases
}

fn adjacent(size: Size, dtype: DType) -> Vec<Case> {
    let group = "element-wise";
    let n = size.of(64 << 20);
    let one = || vec![numbers(&[n], dtype)];
    let two = || vec![numbers(&[n], dtype), numbers(&[n], dtype)];
    let named = |op: &str| format!("{op} {} 64Mi", name(dtype));
    vec![
        Case::new(group, named("affine"), one(), |x| x[0].affine(2.0, 1.0)),
        Case::new(group, named("exp"), one(), |x| x[0].exp()),
        Case::new(group, named("gelu"), one(), |x| x[0].gelu()),
        Case::new(group, named("silu"), one(), |x| x[0].silu()),
        Case::new(group, named("add"), two(), |x| &x[0] + &x[1]),
        Case::new(group, named("mul"), two(), |x| &x[0] * &x[1]),
        Case::new(group, named("lt"), two(), |x| x[0].lt(&x[1])),
    ]
}

fn strided(size: Size, dtype: DType) -> Vec<Case> {
    let group = "strided";
    let n = size.of(8192);
    let square = || numbers(&[n, n], dtype);
    let named = |op: &str| format!("{op} {} 8192²", name(dtype));
    vec![
        Case::new(
            group,
            named("x + y.t()"),
            vec![square(), square().transposed()],
            |x| &x[0] + &x[1],
        ),
        Case::new(
            group,
            named("row broadcast_add"),
            vec![square(), numbers(&[n], dtype)],
            |x| x[0].broadcast_add(&x[1]),
        ),
        Case::new(
            group,
            named("column broadcast_mul"),
            vec![square(), numbers(&[n, 1], dtype)],
            |x| x[0].broadcast_mul(&x[1]),
        ),
        Case::new(
            group,
            named("where_cond"),
            vec![square(), square(), flags(&[n, n])],
            |x| x[2].where_cond(&x[0], &x[1]),
        ),
        Case::new(
            group,
            named("exp x.t()"),
            vec![square().transposed()],
            |x| x[0].exp(),
        ),
        Case::new(
            group,
            named("affine of half the columns"),
            vec![numbers(&[n, 2 * n], dtype)],
            move |x| x[0].narrow(1, n / 2, n)?.affine(2.0, 1.0),
        )
        .moving((2 * n * n * dtype.size_in_bytes()) as u64),
    ]
}

fn casts(size: Size) -> Vec<Case> {
    let pairs = [
        (DType::F16, DType::F32),
        (DType::F32, DType::F16),
        (DType::F32, DType::BF16),
        (DType::BF16, DType::F32),
        (DType::U8, DType::F32),
    ];
    let n = size.of(64 << 20);
    let case = |(from, to): (DType, DType)| {
        let title = format!("{} to {} 64Mi", name(from), name(to));
        let input = match from {
            DType::U8 => flags(&[n]),
            _ => numbers(&[n], from),
        };
        Case::new("cast", title, vec![input], move |x| x[0].to_dtype(to))
    };
    pairs.map(case).into()
}
