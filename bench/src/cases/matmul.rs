//! Products of matrices.

use candle_core::DType;

use super::{FLOATS, Size, name};
use crate::case::{Case, Input, numbers};

/// Rows, columns and depth, with a title.
const SHAPES: &[(&str, usize, usize, usize)] = &[
    ("4096³", 4096, 4096, 4096),
    ("8192³", 8192, 8192, 8192),
    ("512×14336×4096", 512, 14336, 4096),
    ("16×14336×4096", 16, 14336, 4096),
    ("1×14336×4096", 1, 14336, 4096),
    ("1×4096×14336", 1, 4096, 14336),
    ("65536×64×64", 65536, 64, 64),
];

pub(super) fn cases(size: Size) -> Vec<Case> {
    let mut cases = Vec::new();
    for dtype in FLOATS {
        for &(title, m, n, k) in SHAPES {
            let (m, n, k) = (if m > 16 { size.of(m) } else { m }, size.of(n), size.of(k));
            let weight = numbers(&[k, n], dtype).transposed();
            cases.push(product(
                format!("{title} x w.t() {}", name(dtype)),
                &[m, k],
                weight,
                dtype,
            ));
        }
        let n = size.of(4096);
        let plain = numbers(&[n, n], dtype);
        cases.push(product(
            format!("4096³ x w {}", name(dtype)),
            &[n, n],
            plain,
            dtype,
        ));
        cases.push(attention(size, dtype));
    }
    cases
}

fn product(title: String, left: &[usize], right: Input, dtype: DType) -> Case {
    let (m, k, n) = (left[0], left[1], right.dims[1]);
    Case::new("matmul", title, vec![numbers(left, dtype), right], |x| {
        x[0].matmul(&x[1])
    })
    .computing(2 * (m * n * k) as u64)
}

fn attention(size: Size, dtype: DType) -> Case {
    let (batch, length) = (256, size.of(1024));
    let queries = numbers(&[batch, length, 64], dtype);
    let keys = numbers(&[batch, 64, length], dtype).transposed();
    let title = format!("q kᵀ 256×1024×64 {}", name(dtype));
    Case::new("matmul", title, vec![queries, keys], |x| x[0].matmul(&x[1]))
        .computing(2 * (batch * length * length * 64) as u64)
}
