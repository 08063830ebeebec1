//! Attention and mixtures of experts on emulated GPUs, against plain loops in f64 on the CPU.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod experts;
mod given;

use given::{DTYPES, Given, devices, download, numbers, tolerance};
use redwick_tensor_ops::ops::{AttentionOperands, AttentionParams, attention};
use redwick_tensor_ops::{Context, DType, Error, Layout};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Masking {
    None,
    /// Of the dtype of `q`, its own for each head; hides some keys, and all of row 0.
    Added,
    /// One byte a key, for all heads and positions.
    Kept,
}

#[derive(Debug, Clone, Copy)]
struct Case {
    dtype: DType,
    /// Batch, heads, heads of k, positions, keys, width, width of v.
    sizes: [usize; 7],
    mask: Masking,
    causal: bool,
    cap: Option<f32>,
    /// Whether k and v are parts of a longer cache, and q a transpose.
    strided: bool,
}

const PLAIN: Case = Case {
    dtype: DType::F32,
    sizes: [1, 1, 1, 1, 1, 64, 64],
    mask: Masking::None,
    causal: false,
    cap: None,
    strided: false,
};

/// What the device is given for a case.
struct Problem {
    case: Case,
    q: Given,
    k: Given,
    v: Given,
    mask: Option<Given>,
}

impl Problem {
    fn new(context: &Context, case: Case) -> Self {
        let [batch, heads, k_heads, positions, keys, width, v_width] = case.sizes;
        let given = |seed, layout: Layout, scale: f32| {
            let values: Vec<f32> = numbers(seed, room(&layout))
                .iter()
                .map(|x| x * scale)
                .collect();
            Given::new(context, case.dtype, layout, &values)
        };
        let cache = |width: usize| {
            let room = keys + 5;
            let strides = [k_heads * room * width, room * width, width, 1];
            Layout::strided(&[batch, k_heads, keys, width], &strides, 2 * width).unwrap()
        };
        let turned = [positions * heads * width, width, heads * width, 1];
        let layouts = if case.strided {
            let q = Layout::strided(&[batch, heads, positions, width], &turned, 0).unwrap();
            [q, cache(width), cache(v_width)]
        } else {
            [
                Layout::contiguous(&[batch, heads, positions, width]),
                Layout::contiguous(&[batch, k_heads, keys, width]),
                Layout::contiguous(&[batch, k_heads, keys, v_width]),
            ]
        };
        let [q, k, v] = layouts;
        let mask = mask(context, case);
        Self {
            case,
            q: given(1, q, 3.0),
            k: given(2, k, 3.0),
            v: given(3, v, 1.0),
            mask,
        }
    }

    fn run(&self) -> Vec<f32> {
        let operands = AttentionOperands {
            q: self.q.view(),
            k: self.k.view(),
            v: self.v.view(),
            mask: self.mask.as_ref().map(Given::view),
        };
        download(&attention(operands, self.params()).unwrap())
    }

    fn params(&self) -> AttentionParams {
        let scale = 1.0 / (self.case.sizes[5].max(1) as f32).sqrt();
        AttentionParams {
            scale,
            cap: self.case.cap,
            causal: self.case.causal,
        }
    }

    /// The score of a key, or nothing where the row does not see it.
    fn score(&self, [batch, head, position]: [usize; 3], key: usize) -> Option<f64> {
        let [_, heads, k_heads, positions, keys, width, _] = self.case.sizes;
        if self.case.causal && key + positions > position + keys {
            return None;
        }
        let k_head = head / (heads / k_heads);
        let product =
            |i| self.q.at(&[batch, head, position, i]) * self.k.at(&[batch, k_head, key, i]);
        let mut score = (0..width).map(product).sum::<f64>() * f64::from(self.params().scale);
        if let Some(cap) = self.case.cap {
            score = (score / f64::from(cap)).tanh() * f64::from(cap);
        }
        let mask = self
            .mask
            .as_ref()
            .map(|mask| mask.at(&[batch, head, position, key]));
        match (self.case.mask, mask) {
            (Masking::Added, Some(mask)) => (mask > f64::NEG_INFINITY).then_some(score + mask),
            (Masking::Kept, Some(0.0)) => None,
            _ => Some(score),
        }
    }

    fn row(&self, row: [usize; 3]) -> Vec<f64> {
        let [_, heads, k_heads, _, keys, _, v_width] = self.case.sizes;
        let scores: Vec<_> = (0..keys).map(|key| self.score(row, key)).collect();
        let highest = scores
            .iter()
            .flatten()
            .fold(f64::NEG_INFINITY, |a, b| a.max(*b));
        let exponent = |score: &Option<f64>| score.map_or(0.0, |score| (score - highest).exp());
        let exponents: Vec<f64> = scores.iter().map(exponent).collect();
        let sum: f64 = exponents.iter().sum();
        let k_head = row[1] / (heads / k_heads);
        let value = |column| -> f64 {
            let terms = exponents.iter().enumerate();
            terms
                .map(|(key, p)| p * self.v.at(&[row[0], k_head, key, column]))
                .sum()
        };
        (0..v_width)
            .map(|column| if sum == 0.0 { 0.0 } else { value(column) / sum })
            .collect()
    }

    fn expected(&self) -> Vec<f64> {
        let [batch, heads, _, positions, ..] = self.case.sizes;
        let rows = (0..batch * heads * positions).map(|row| {
            [
                row / positions / heads,
                row / positions % heads,
                row % positions,
            ]
        });
        rows.flat_map(|row| self.row(row)).collect()
    }
}

/// Elements that a layout reaches.
fn room(layout: &Layout) -> usize {
    layout.end().unwrap()
}

fn mask(context: &Context, case: Case) -> Option<Given> {
    let [batch, heads, _, positions, keys, ..] = case.sizes;
    let dims = [batch, heads, positions, keys];
    match case.mask {
        Masking::None => None,
        Masking::Added => {
            let mut values = numbers(4, dims.iter().product());
            for (at, value) in values.iter_mut().enumerate() {
                let hidden = *value > 0.6 || at / keys % positions == 0;
                *value = if hidden { f32::NEG_INFINITY } else { *value };
            }
            Some(Given::new(
                context,
                case.dtype,
                Layout::contiguous(&dims),
                &values,
            ))
        }
        Masking::Kept => {
            let kept = numbers(5, keys)
                .iter()
                .map(|x| f32::from(*x < 0.5))
                .collect::<Vec<_>>();
            let layout = Layout::strided(&dims, &[0, 0, 0, 1], 0).unwrap();
            Some(Given::new(context, DType::U8, layout, &kept))
        }
    }
}

fn check(cases: &[Case]) {
    for context in devices() {
        for &case in cases {
            let problem = Problem::new(&context, case);
            let (found, expected) = (problem.run(), problem.expected());
            assert_eq!(found.len(), expected.len());
            for (at, (&found, &expected)) in found.iter().zip(&expected).enumerate() {
                let error = (f64::from(found) - expected).abs();
                assert!(
                    error <= tolerance(case.dtype),
                    "{}: {case:?}: number {at} is {found}, not {expected}",
                    context.name()
                );
            }
        }
    }
}

#[test]
fn lengths_around_tiles() {
    let lengths = [(1, 1), (17, 31), (65, 33), (3, 67), (64, 64)];
    let case = |(dtype, (positions, keys))| Case {
        dtype,
        sizes: [1, 2, 2, positions, keys, 64, 64],
        ..PLAIN
    };
    let cases: Vec<_> = DTYPES
        .into_iter()
        .flat_map(|dtype| lengths.map(|length| case((dtype, length))))
        .collect();
    check(&cases);
}

#[test]
fn widths_of_heads() {
    let widths = [(64, 128), (72, 72), (128, 128), (7, 3), (160, 200), (8, 1)];
    let case = |dtype, (width, v_width)| Case {
        dtype,
        sizes: [1, 1, 1, 40, 37, width, v_width],
        ..PLAIN
    };
    let cases: Vec<_> = [DType::F32, DType::F16]
        .into_iter()
        .flat_map(|dtype| widths.map(|width| case(dtype, width)))
        .collect();
    check(&cases);
}

#[test]
fn groups_of_heads_over_a_cache() {
    let groups = [(8, 2, 1), (6, 1, 9), (4, 4, 1), (5, 1, 33)];
    let case = |dtype, (heads, k_heads, positions)| Case {
        dtype,
        sizes: [2, heads, k_heads, positions, 71, 64, 64],
        causal: true,
        strided: true,
        ..PLAIN
    };
    let cases: Vec<_> = [DType::F32, DType::BF16]
        .into_iter()
        .flat_map(|dtype| groups.map(|group| case(dtype, group)))
        .collect();
    check(&cases);
}

#[test]
fn decoding_over_many_keys_in_parts() {
    let case = |dtype, keys, width| Case {
        dtype,
        sizes: [1, 4, 2, 1, keys, width, width],
        strided: true,
        ..PLAIN
    };
    check(&[
        case(DType::F32, 1031, 64),
        case(DType::F16, 777, 128),
        case(DType::BF16, 513, 32),
    ]);
}

#[test]
fn masks_and_caps() {
    let base = Case {
        dtype: DType::F16,
        sizes: [2, 4, 2, 11, 45, 64, 64],
        ..PLAIN
    };
    let wide = Case {
        dtype: DType::F32,
        ..base
    };
    check(&[
        Case {
            mask: Masking::Added,
            ..base
        },
        Case {
            mask: Masking::Kept,
            ..base
        },
        Case {
            mask: Masking::Added,
            causal: true,
            cap: Some(5.0),
            ..wide
        },
        Case {
            cap: Some(2.0),
            ..wide
        },
        Case {
            mask: Masking::Added,
            sizes: [1, 2, 1, 1, 600, 64, 64],
            ..base
        },
    ]);
}

#[test]
fn rows_before_all_keys_see_none() {
    check(&[Case {
        sizes: [1, 2, 1, 9, 4, 64, 64],
        causal: true,
        ..PLAIN
    }]);
}

#[test]
fn nothing_in_zeros_out() {
    for sizes in [
        [1, 2, 1, 3, 0, 64, 5],
        [0, 2, 1, 3, 4, 64, 64],
        [1, 2, 1, 0, 4, 64, 64],
    ] {
        check(&[Case { sizes, ..PLAIN }]);
    }
    // Without columns all scores are 0.
    check(&[Case {
        sizes: [1, 1, 1, 3, 4, 0, 5],
        ..PLAIN
    }]);
}

#[test]
fn operands_that_do_not_fit_are_refused() {
    let context = &devices()[0];
    let problem = Problem::new(
        context,
        Case {
            sizes: [1, 4, 2, 3, 5, 8, 8],
            ..PLAIN
        },
    );
    let (q, k, v) = (problem.q.view(), problem.k.view(), problem.v.view());
    let params = problem.params();
    let refused = |operands| attention(operands, params).unwrap_err();
    let masked = |mask| AttentionOperands {
        q,
        k,
        v,
        mask: Some(mask),
    };
    let shape = refused(AttentionOperands {
        q: k,
        k: q,
        v,
        mask: None,
    });
    assert!(matches!(shape, Error::Shape { .. }), "{shape}");
    let shape = refused(masked(q));
    assert!(matches!(shape, Error::Shape { .. }), "{shape}");
    let integers = Given::new(context, DType::U32, Layout::contiguous(&[5]), &[0.0; 5]);
    let dtypes = refused(masked(integers.view()));
    assert!(matches!(dtypes, Error::DTypes { .. }), "{dtypes}");
    let doubles = Given::new(
        context,
        DType::F64,
        Layout::contiguous(&[1, 1, 1, 5]),
        &[0.0; 5],
    );
    let view = doubles.view();
    let missing = refused(AttentionOperands {
        q: view,
        k: view,
        v: view,
        mask: None,
    });
    assert!(matches!(missing, Error::NoKernel { .. }), "{missing}");
}
