//! Attention and mixtures of experts on emulated GPUs, against plain loops in f64 on the CPU.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use redwick_tensor_ops::ops::{
    self, AttentionOperands, AttentionParams, MoeOperands, attention, moe,
};
use redwick_tensor_ops::{Context, DType, Error, Layout, Storage, View, open};

/// Devices of each wave size, in the mode that finds mistakes; all of them where all is asked for.
fn devices() -> Vec<Context> {
    let targets: &[&str] = match std::env::var_os("REDWICK_TEST_ALL") {
        Some(_) => &["gfx90a", "gfx942", "gfx1030", "gfx1100", "gfx1201"],
        None => &["gfx90a", "gfx1100"],
    };
    let opened = targets
        .iter()
        .map(|target| format!("emulated:{target}:checked"));
    opened
        .map(|spec| open(&spec.parse().unwrap()).unwrap())
        .collect()
}

/// Numbers from -1 to 1 that look random, the same every time.
fn numbers(seed: u64, count: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn bytes_of(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// A tensor on the device, and its numbers as the device has them.
struct Given {
    storage: Storage,
    layout: Layout,
    numbers: Vec<f32>,
}

impl Given {
    fn new(context: &Context, dtype: DType, layout: Layout, numbers: &[f32]) -> Self {
        let flat = Layout::contiguous(&[numbers.len()]);
        let wide = Storage::upload(context, DType::F32, &bytes_of(numbers)).unwrap();
        let storage = ops::cast(View::new(&wide, &flat).unwrap(), dtype).unwrap();
        let numbers = download(&storage);
        Self {
            storage,
            layout,
            numbers,
        }
    }

    fn view(&self) -> View<'_> {
        View::new(&self.storage, &self.layout).unwrap()
    }

    /// The element at a place.
    fn at(&self, place: &[usize]) -> f64 {
        let strides = self.layout.strides();
        let offset: usize = place
            .iter()
            .zip(strides)
            .map(|(at, stride)| at * stride)
            .sum();
        f64::from(self.numbers[self.layout.start() + offset])
    }
}

fn download(storage: &Storage) -> Vec<f32> {
    let flat = Layout::contiguous(&[storage.len()]);
    let wide = ops::cast(View::new(storage, &flat).unwrap(), DType::F32).unwrap();
    let mut bytes = vec![0; wide.bytes()];
    wide.download(&mut bytes).unwrap();
    let number = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    bytes.chunks_exact(4).map(number).collect()
}

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

/// Numbers of the dtype have this relative error, and results a few of it.
fn tolerance(dtype: DType) -> f64 {
    match dtype {
        DType::F32 => 2e-6,
        DType::F16 => 2e-3,
        _ => 1.6e-2,
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

const DTYPES: [DType; 3] = [DType::F32, DType::F16, DType::BF16];

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
                    matches!(refused, Err(Error::IndexOutOfRange)),
                    "{refused:?}"
                );
            }
        }
    }
}
