//! Products of matrices.

use candle_core::DType;

use super::{FLOATS, Size, name};
use crate::case::Case;
use crate::input::{Input, numbers};

/// Rows, columns and depth, with a title.
const SHAPES: &[(&str, usize, usize, usize)] = &[
    ("4096³", 4096, 4096, 4096),
    ("8192³", 8192, 8192, 8192),
    ("512×14336×4096", 512, 14336, 4096),
    ("16×14336×4096", 16, 14336, 4096),
    ("1×14336×4096", 1, 14336, 4096),
    ("1×4096×14336", 1, 4096, 14336),
    ("1×4096×4096", 1, 4096, 4096),
    ("1×128256×4096", 1, 128_256, 4096),
    ("1024³", 1024, 1024, 1024),
    ("512×4096×4096", 512, 4096, 4096),
    ("65536×64×64", 65536, 64, 64),
    ("65536×768×768", 65536, 768, 768),
    ("1000×700×500", 1000, 700, 500),
];

pub(super) fn cases(size: Size) -> Vec<Case> {
    let mut cases = Vec::new();
    for dtype in FLOATS {
        for &(title, m, n, k) in SHAPES {
            let (m, n, k) = (if m > 16 { size.of(m) } else { m }, size.of(n), size.of(k));
            let weight = numbers(&[k, n], dtype).transposed();
            let title = format!("{title} x w.t() {}", name(dtype));
            cases.push(product(title, numbers(&[m, k], dtype), weight));
        }
        cases.extend(orders(size, dtype));
        cases.extend(attention(size, dtype));
    }
    cases
}

/// The other orders that the operands lie in.
fn orders(size: Size, dtype: DType) -> Vec<Case> {
    let n = size.of(4096);
    let plain = || numbers(&[n, n], dtype);
    let (vector, lying) = (numbers(&[1, n], dtype), plain());
    [
        ("4096³ x w", plain(), plain()),
        ("4096³ x.t() w", plain().transposed(), plain()),
        (
            "4096³ x.t() w.t()",
            plain().transposed(),
            plain().transposed(),
        ),
        ("1×4096×4096 x w", vector, lying),
    ]
    .map(|(title, left, right)| product(format!("{title} {}", name(dtype)), left, right))
    .into()
}

fn product(title: String, left: Input, right: Input) -> Case {
    let (m, k, n) = (left.dims[0], left.dims[1], right.dims[1]);
    Case::new("matmul", title, vec![left, right], |x| x[0].matmul(&x[1]))
        .computing(2 * (m * n * k) as u64)
}

/// The two products of an attention, each for all heads.
fn attention(size: Size, dtype: DType) -> [Case; 2] {
    let (batch, length) = (256, size.of(1024));
    let tall = || numbers(&[batch, length, 64], dtype);
    let keys = numbers(&[batch, 64, length], dtype).transposed();
    let weights = numbers(&[batch, length, length], dtype);
    let case = |title: &str, inputs| {
        let title = format!("{title} 256×1024×64 {}", name(dtype));
        Case::new("matmul", title, inputs, |x| x[0].matmul(&x[1]))
            .computing(2 * (batch * length * length * 64) as u64)
    };
    [
        case("q kᵀ", vec![tall(), keys]),
        case("p v", vec![weights, tall()]),
    ]
}
