//! Mixtures of experts.

use redwick_tensor_ops::ops::{MoeOperands, moe};
use redwick_tensor_ops::{DType, Error, Layout};

use crate::given::{DTYPES, Given, devices, download, numbers, tolerance};

/// A mixture: rows of x, experts of a row, experts, columns, depth.
fn check_mixture(dtype: DType, [rows, share, experts, columns, depth]: [usize; 5], scaled: bool) {
    for context in devices() {
        let given = |seed, dims: &[usize]| {
            let values = numbers(seed, dims.iter().product());
            Given::new(&context, dtype, Layout::contiguous(dims), &values)
        };
        let count = rows * share;
        let (x, weights) = (
            given(6, &[rows, depth]),
            given(7, &[experts, columns, depth]),
        );
        let expert_of: Vec<usize> = (0..count).map(|row| row * 7 % 11 % experts).collect();
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|&row| expert_of[row]);
        let list = |values: &mut dyn Iterator<Item = usize>| {
            let values: Vec<f32> = values.map(|value| value as f32).collect();
            Given::new(&context, DType::U32, Layout::contiguous(&[count]), &values)
        };
        let ids = list(&mut order.iter().copied());
        let sorted = list(&mut order.iter().map(|&row| expert_of[row]));
        let scales = Given::new(
            &context,
            DType::F32,
            Layout::contiguous(&[count]),
            &numbers(8, count),
        );
        let operands = MoeOperands {
            x: x.view(),
            weights: weights.view(),
            ids: ids.view(),
            experts: sorted.view(),
            scales: scaled.then(|| scales.view()),
        };
        for many in [false, true] {
            let found = download(&moe(operands, share, many).unwrap());
            for (at, found) in found.into_iter().enumerate() {
                let (row, column) = (at / columns, at % columns);
                let product =
                    |k| x.at(&[row / share, k]) * weights.at(&[expert_of[row], column, k]);
                let sum: f64 = (0..depth).map(product).sum();
                let expected = if scaled { sum * scales.at(&[row]) } else { sum };
                let error = (f64::from(found) - expected).abs();
                assert!(
                    error <= tolerance(dtype) * (depth as f64).sqrt(),
                    "{}: {dtype}, many {many}: ({row}, {column}) is {found}, not {expected}",
                    context.name()
                );
            }
        }
    }
}

#[test]
fn rows_meet_their_experts() {
    for dtype in DTYPES {
        check_mixture(dtype, [33, 2, 5, 70, 72], true);
    }
    check_mixture(DType::F16, [1, 3, 4, 9, 65], false);
    check_mixture(DType::F32, [70, 1, 3, 5, 1], false);
}

#[test]
fn an_expert_that_there_is_not() {
    for context in devices() {
        let ones = |dtype, dims: &[usize]| {
            let count = dims.iter().product();
            Given::new(&context, dtype, Layout::contiguous(dims), &vec![1.0; count])
        };
        let (x, weights) = (ones(DType::F32, &[2, 4]), ones(DType::F32, &[1, 3, 4]));
        let list =
            |values: &[f32]| Given::new(&context, DType::U32, Layout::contiguous(&[2]), values);
        let (good, bad) = (list(&[0.0, 0.0]), list(&[0.0, 9.0]));
        let rows = list(&[0.0, 1.0]);
        for (ids, experts) in [(&rows, &bad), (&bad, &good)] {
            let operands = MoeOperands {
                x: x.view(),
                weights: weights.view(),
                ids: ids.view(),
                experts: experts.view(),
                scales: None,
            };
            for many in [false, true] {
                let y = moe(operands, 1, many).unwrap();
                let refused = y.download(&mut vec![0; y.bytes()]);
                assert!(
                    matches!(refused, Err(Error::IndexOutOfRange { .. })),
                    "{refused:?}"
                );
            }
        }
    }
}
