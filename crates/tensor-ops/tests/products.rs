//! Products of matrices by each of the own kernels, on each emulated target: whole and ragged tiles,
//! every layout, batches, results in memory that held something else before.

mod common;

use common::{Rng, download, upload, view};
use half::{bf16, f16};
use redwick_tensor_ops::{Context, DType, Layout, ProductsBy, Storage, open_another, ops};

const TARGETS: [&str; 7] = [
    "gfx90a", "gfx942", "gfx950", "gfx1030", "gfx1100", "gfx1151", "gfx1201",
];

fn context(target: &str) -> Context {
    let spec = format!("emulated:{target}:checked");
    open_another(&spec.parse().expect("a spec")).expect("an emulated GPU opens")
}

/// Small whole numbers, of which sums are exact.
fn numbers(rng: &mut Rng, count: usize) -> Vec<f32> {
    (0..count).map(|_| rng.below(5) as f32 - 2.0).collect()
}

fn store(context: &Context, dtype: DType, numbers: &[f32]) -> Storage {
    match dtype {
        DType::F16 => {
            let bits = numbers.iter().map(|x| f16::from_f32(*x).to_bits());
            upload(context, dtype, &bits.collect::<Vec<u16>>())
        }
        DType::BF16 => {
            let bits = numbers.iter().map(|x| bf16::from_f32(*x).to_bits());
            upload(context, dtype, &bits.collect::<Vec<u16>>())
        }
        _ => upload(context, dtype, numbers),
    }
}

fn values(storage: &Storage) -> Vec<f32> {
    match storage.dtype() {
        DType::F16 => {
            let bits = download::<u16>(storage).into_iter();
            bits.map(|x| f16::from_bits(x).to_f32()).collect()
        }
        DType::BF16 => {
            let bits = download::<u16>(storage).into_iter();
            bits.map(|x| bf16::from_bits(x).to_f32()).collect()
        }
        _ => download(storage),
    }
}

/// The product in the type's numbers.
fn expected(dtype: DType, a: (&[f32], &Layout), b: (&[f32], &Layout)) -> Vec<f32> {
    let at = |(numbers, layout): (&[f32], &Layout), index: [usize; 3]| {
        let strides = layout.strides();
        numbers[index
            .iter()
            .zip(strides)
            .map(|(i, stride)| i * stride)
            .sum::<usize>()]
    };
    let ([batches, m, k], [_, _, n]) = (a.1.dims(), b.1.dims()) else {
        panic!("three dimensions");
    };
    let mut result = Vec::new();
    for batch in 0..*batches {
        for i in 0..*m {
            for j in 0..*n {
                let terms = (0..*k).map(|p| at(a, [batch, i, p]) * at(b, [batch, p, j]));
                let sum = terms.fold(0.0, |sum, term| sum + term);
                result.push(match dtype {
                    DType::F16 => f16::from_f32(sum).to_f32(),
                    DType::BF16 => bf16::from_f32(sum).to_f32(),
                    _ => sum,
                });
            }
        }
    }
    result
}

/// A batch of matrices, transposed or not, whose rows have `gap` elements between them.
fn layout([batches, rows, columns]: [usize; 3], transposed: bool, gap: usize) -> Layout {
    let (lines, line) = match transposed {
        true => (columns, rows + gap),
        false => (rows, columns + gap),
    };
    let strides = match transposed {
        true => [lines * line, 1, line],
        false => [lines * line, line, 1],
    };
    Layout::strided(&[batches, rows, columns], &strides, 0).expect("a layout")
}

fn check(context: &Context, dtype: DType, a: &Layout, b: &Layout) {
    let mut rng = Rng(11);
    let count = |layout: &Layout| layout.dims()[0].max(1) * layout.strides()[0];
    let (x, y) = (numbers(&mut rng, count(a)), numbers(&mut rng, count(b)));
    let (on_x, on_y) = (store(context, dtype, &x), store(context, dtype, &y));
    let c = ops::matmul(view(&on_x, a), view(&on_y, b)).expect("a product");
    let wrong = format!("{dtype} {a} {b} on {}", context.name());
    assert!(values(&c) == expected(dtype, (&x, a), (&y, b)), "{wrong}");
}

/// Launches of kernels whose symbol starts so.
fn launched(context: &Context, kernel: &str) -> Vec<(&'static str, u64)> {
    let all = context
        .launches()
        .map(|(kernel, count)| (kernel.symbol, count));
    all.filter(|(symbol, _)| symbol.starts_with(kernel))
        .collect()
}

#[test]
fn large_tiles() {
    for target in TARGETS {
        let context = context(target);
        context.set_products_by(ProductsBy::OwnInLargeTiles);
        for dtype in [DType::F16, DType::BF16, DType::F32] {
            for (left, right) in [(false, false), (false, true), (true, false), (true, true)] {
                // More than a tile, and parts of one; the inner dimension ends within a step.
                let (a, b) = ([1, 136, 40], [1, 40, 264]);
                check(&context, dtype, &layout(a, left, 0), &layout(b, right, 8));
            }
        }
        for kernel in ["gemm_half", "gemm_single"] {
            for (symbol, count) in launched(&context, kernel) {
                assert_eq!(count, 1, "{symbol} on {target}");
            }
        }
    }
}

#[test]
fn ragged_edges_and_batches_of_large_tiles() {
    for target in ["gfx942", "gfx1030", "gfx1100"] {
        let context = context(target);
        context.set_products_by(ProductsBy::OwnInLargeTiles);
        for dtype in [DType::F16, DType::F32] {
            // Rows and columns that are no packs, where they need not be.
            check(
                &context,
                dtype,
                &layout([3, 7, 8], false, 8),
                &layout([3, 8, 9], true, 0),
            );
            check(
                &context,
                dtype,
                &layout([1, 130, 72], false, 0),
                &layout([1, 72, 17], true, 0),
            );
            check(
                &context,
                dtype,
                &layout([2, 8, 5], true, 0),
                &layout([2, 5, 16], false, 0),
            );
        }
        let packed: u64 = launched(&context, "gemm_half").iter().map(|(_, n)| n).sum();
        assert_eq!(packed, 3, "{target}");
    }
}

#[test]
fn few_rows() {
    for target in TARGETS {
        let context = context(target);
        for dtype in [DType::F16, DType::BF16, DType::F32] {
            for ([m, k, n], gap) in [([16, 520, 64], 0), ([5, 8, 3], 8), ([9, 264, 37], 0)] {
                let b = layout([1, k, n], true, gap);
                check(&context, dtype, &layout([1, m, k], false, gap), &b);
            }
            check(
                &context,
                dtype,
                &layout([2, 7, 16], false, 0),
                &layout([2, 16, 33], true, 0),
            );
        }
        for (symbol, count) in launched(&context, "gemm_few") {
            assert_eq!(count, 4, "{symbol} on {target}");
        }
        assert_eq!(launched(&context, "gemm_few").len(), 2);
    }
}

#[test]
fn operands_that_are_no_packs_take_other_kernels() {
    let context = context("gfx942");
    context.set_products_by(ProductsBy::OwnInLargeTiles);
    let (a, b) = (layout([1, 20, 9], false, 0), layout([1, 9, 20], true, 0));
    check(&context, DType::F16, &a, &b);
    let (a, b) = (layout([1, 20, 16], false, 3), layout([1, 16, 20], true, 0));
    check(&context, DType::F16, &a, &b);
    assert!(
        launched(&context, "gemm_half")
            .iter()
            .all(|(_, count)| *count == 0)
    );
}
