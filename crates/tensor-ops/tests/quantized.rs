//! Packed weights against products by hand, on emulated GPUs: what a framework does not ask for.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use redwick_tensor_ops::quantized::{self, Format, Packed, PackedForm, Routes};
use redwick_tensor_ops::{Context, DType, Error, Layout, Storage, View, open_another};

const TARGETS: [&str; 3] = ["gfx90a", "gfx942", "gfx1100"];

/// One of its own, so that what one test does wrong does not show in another.
fn context(target: &str) -> Context {
    let spec = format!("emulated:{target}:checked");
    open_another(&spec.parse().unwrap()).unwrap()
}

fn words<T: Copy, const N: usize>(values: &[T], bytes: impl Fn(T) -> [u8; N]) -> Vec<u8> {
    values.iter().flat_map(|&value| bytes(value)).collect()
}

fn floats(context: &Context, values: &[f32]) -> Storage {
    Storage::upload(context, DType::F32, &words(values, f32::to_le_bytes)).unwrap()
}

fn ids(context: &Context, values: &[u32]) -> Storage {
    Storage::upload(context, DType::U32, &words(values, u32::to_le_bytes)).unwrap()
}

fn download(storage: &Storage) -> Vec<f32> {
    let mut bytes = vec![0; storage.bytes()];
    storage.download(&mut bytes).unwrap();
    let number = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    bytes.chunks_exact(4).map(number).collect()
}

/// Rows of 32 equal values as blocks of Q8_0: a step of 1 in f16, and the value 32 times.
fn rows_of(values: &[i8]) -> Vec<u8> {
    let block = |&value: &i8| [vec![0x00, 0x3c], vec![value.cast_unsigned(); 32]].concat();
    values.iter().flat_map(block).collect()
}

fn q8_0() -> &'static Format {
    Format::of_gguf(8).unwrap()
}

/// Rows of the input are 32 times 127, whose step is 1, and 32 times 254, whose step is 2.
fn route(
    context: &Context,
    tokens: &[u32],
    experts: &[u32],
    weights: Option<&[f32]>,
    share: usize,
) -> Result<Storage, Error> {
    // Three experts of two rows: those of expert e are 10 e + 1 and 10 e + 2.
    let w = Packed::upload(context, q8_0(), &rows_of(&[1, 2, 11, 12, 21, 22])).unwrap();
    let x: Vec<f32> = [127.0, 254.0].iter().flat_map(|&row| [row; 32]).collect();
    let (x, tokens, experts) = (
        floats(context, &x),
        ids(context, tokens),
        ids(context, experts),
    );
    let weights = weights.map(|weights| floats(context, weights));
    let flat = |storage: &Storage| Layout::contiguous(&[storage.len()]);
    let (rows, of_tokens, of_experts) =
        (Layout::contiguous(&[2, 32]), flat(&tokens), flat(&experts));
    let of_weights = weights.as_ref().map(flat);
    let weights = weights.as_ref().zip(of_weights.as_ref());
    let routes = Routes {
        tokens: View::new(&tokens, &of_tokens)?,
        experts: View::new(&experts, &of_experts)?,
        weights: weights
            .map(|(w, layout)| View::new(w, layout))
            .transpose()?,
        share,
        outputs: 2 * share,
    };
    quantized::routed_experts(View::new(&x, &rows)?, &w, [3, 2, 32], routes)
}

#[test]
fn rows_go_to_their_experts() {
    for target in TARGETS {
        let context = context(target);
        // Row r of the result is of row r / 2 of the input; row 1 is of none.
        let y = route(&context, &[3, 0, 2], &[0, 1, 2], None, 2).unwrap();
        let expected =
            [11.0, 12.0, 0.0, 0.0, 42.0, 44.0, 2.0, 4.0].map(|sum: f32| 32.0 * 127.0 * sum);
        assert_eq!(download(&y), expected, "{target}");
    }
}

#[test]
fn rows_of_experts_are_weighted() {
    for target in TARGETS {
        let context = context(target);
        let y = route(&context, &[1, 0], &[1, 2], Some(&[0.5, 2.0]), 1).unwrap();
        let expected = [10.5, 11.0, 44.0, 48.0].map(|sum: f32| 32.0 * 127.0 * sum);
        assert_eq!(download(&y), expected, "{target}");
    }
}

#[test]
fn an_expert_that_there_is_not_is_found_out_later() {
    let context = context("gfx1100");
    for (tokens, experts) in [([0, 1], [0, 3]), ([0, 4], [0, 1])] {
        let y = route(&context, &tokens, &experts, None, 2).unwrap();
        let mut bytes = vec![0; y.bytes()];
        let error = y.download(&mut bytes).unwrap_err();
        assert!(matches!(error, Error::IndexOutOfRange { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains("experts: "), "{text}");
        assert!(
            text.contains("expert has to be below 3, a row below 4"),
            "{text}"
        );
    }
    context.synchronize().unwrap();
}

#[test]
fn routes_that_do_not_fit_are_errors() {
    let context = context("gfx942");
    let says = |answer: Result<Storage, Error>, word: &str| {
        let message = answer.unwrap_err().to_string();
        assert!(
            message.contains("experts") && message.contains(word),
            "{message}"
        );
    };
    says(route(&context, &[0, 1, 2], &[0, 1], None, 2), "ids of");
    says(route(&context, &[0], &[0], Some(&[1.0]), 1), "3 experts");
}

#[test]
fn data_that_is_no_whole_blocks_is_an_error() {
    let context = context("gfx942");
    let error = Packed::upload(&context, q8_0(), &[0; 67]).unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("68 bytes") && message.contains("67"),
        "{message}"
    );
    let error = Packed::zeroed(&context, q8_0(), 33)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("33 elements") && error.contains("Q8_0"),
        "{error}"
    );
}

#[test]
fn operands_that_do_not_fit_are_errors() {
    let context = context("gfx942");
    let w = Packed::upload(&context, q8_0(), &rows_of(&[1, 2])).unwrap();
    let x = floats(&context, &[0.0; 64]);
    let multiply = |dims: &[usize], size| {
        let layout = Layout::contiguous(dims);
        let answer = quantized::matmul(View::new(&x, &layout).unwrap(), &w, size);
        answer.unwrap_err().to_string()
    };
    assert!(multiply(&[2, 32], [3, 32]).contains("96 elements of Q8_0 are 102 bytes"));
    assert!(multiply(&[2, 32], [2, 64]).contains("weights of 2 rows of 64"));
    assert!(multiply(&[4, 16], [4, 16]).contains("16 elements are no whole number of blocks"));
    assert!(quantized::dequantize(&w, 96, DType::F32).is_err());
    let bytes = Storage::zeroed(&context, DType::U8, 64).unwrap();
    let layout = Layout::contiguous(&[2, 32]);
    let answer = quantized::matmul(View::new(&bytes, &layout).unwrap(), &w, [2, 32]);
    assert!(matches!(
        answer,
        Err(Error::NoKernel {
            dtype: DType::U8,
            ..
        })
    ));
}

#[test]
fn more_rows_than_a_launch_takes() {
    const ROWS: usize = (1 << 18) + 1;
    let context = context("gfx942");
    let w = Packed::upload(&context, q8_0(), &rows_of(&[1])).unwrap();
    let row = |row: usize| [(row % 8) as f32; 32];
    let x: Vec<f32> = (0..ROWS).flat_map(row).collect();
    let (x, layout) = (floats(&context, &x), Layout::contiguous(&[ROWS, 32]));
    let y = quantized::matmul(View::new(&x, &layout).unwrap(), &w, [1, 32]).unwrap();
    let expected = (0..ROWS).map(|row| 32.0 * (row % 8) as f32);
    assert!(download(&y).into_iter().eq(expected));
}

#[test]
fn nothing_times_something_is_nothing() {
    let context = context("gfx1100");
    let w = Packed::upload(&context, q8_0(), &rows_of(&[1, 2])).unwrap();
    let (x, layout) = (floats(&context, &[]), Layout::contiguous(&[0, 32]));
    let y = quantized::matmul(View::new(&x, &layout).unwrap(), &w, [2, 32]).unwrap();
    assert!(y.is_empty());
    assert_eq!(Packed::zeroed(&context, q8_0(), 0).unwrap().elements(), 0);
}

#[test]
fn blocks_come_back_as_they_were() {
    let context = context("gfx942");
    let blocks = rows_of(&[3, -4, 5]);
    let w = Packed::upload(&context, q8_0(), &blocks).unwrap();
    assert_eq!((w.elements(), w.bytes()), (96, 102));
    assert_eq!(w.download().unwrap(), blocks);
    let numbers = quantized::dequantize(&w, 64, DType::BF16).unwrap();
    assert_eq!((numbers.dtype(), numbers.len()), (DType::BF16, 64));
}

#[test]
fn an_id_outside_the_table_is_found_out_later() {
    for target in TARGETS {
        let context = context(target);
        let w = Packed::upload(&context, q8_0(), &rows_of(&[1, 2, 3])).unwrap();
        let layout = Layout::contiguous(&[2]);
        let look_up = |rows: [u32; 2]| {
            let rows = ids(&context, &rows);
            quantized::embedding(&w, 3, 32, View::new(&rows, &layout).unwrap()).unwrap()
        };
        assert_eq!(download(&look_up([2, 0])), [[3.0; 32], [1.0; 32]].concat());
        let mut bytes = vec![0; 256];
        let error = look_up([0, 3]).download(&mut bytes).unwrap_err();
        assert!(matches!(error, Error::IndexOutOfRange { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains("embedding: an index of u32"), "{text}");
        assert!(text.contains("below 3;"), "{text}");
    }
}

/// Numbers of a fixed sequence.
fn sequence(seed: u32) -> impl Iterator<Item = u8> {
    let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    std::iter::successors(Some(seed), next).map(|state| (state >> 24) as u8)
}

/// Blocks of `rows` rows, of any bytes whose scales are moderate numbers.
fn any_rows(format: &'static Format, rows: usize, k: usize) -> Vec<u8> {
    let bytes = format.bytes_of("a test", rows * k).unwrap();
    // Without the high bits, no half is an infinity, and no f32 is far from 0.
    sequence(7).map(|byte| byte & 0x37).take(bytes).collect()
}

/// Numbers from -1 to 1.
fn activations(count: usize) -> Vec<f32> {
    let numbers = sequence(1).take(count);
    numbers.map(|byte| f32::from(byte) / 128.0 - 1.0).collect()
}

/// Weights as bf16.
fn halves(w: &Packed, count: usize) -> Vec<half::bf16> {
    let numbers = quantized::dequantize(w, count, DType::BF16).unwrap();
    let mut bytes = vec![0; numbers.bytes()];
    numbers.download(&mut bytes).unwrap();
    let number = |bytes: &[u8]| half::bf16::from_le_bytes([bytes[0], bytes[1]]);
    bytes.chunks_exact(2).map(number).collect()
}

fn length(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let squares = numbers.into_iter().map(|number| number * number);
    squares.sum::<f64>().sqrt()
}

#[test]
fn each_form_gives_the_product() {
    // Rows around the edges of tiles; columns that fill none; a segment that is not full.
    let sizes = [[1, 3], [16, 17], [17, 33], [33, 5], [65, 40]];
    for (number, target) in ["gfx90a", "gfx942", "gfx1030", "gfx1100", "gfx1201"]
        .into_iter()
        .enumerate()
    {
        let context = context(target);
        let packed = quantized::FORMATS.iter().filter(|f| f.is_packed());
        for (turn, format) in packed.enumerate() {
            let [m, n] = sizes[(turn + number) % sizes.len()];
            // Long enough for parts in some.
            let k = if turn % 3 == 0 {
                1024
            } else {
                format.values.max(160)
            };
            let x = activations(m * k);
            let w = Packed::upload(&context, format, &any_rows(format, n, k)).unwrap();
            let weights = download(&quantized::dequantize(&w, n * k, DType::F32).unwrap());
            assert_eq!(
                halves(&w, n * k),
                weights
                    .iter()
                    .map(|&w| half::bf16::from_f32(w))
                    .collect::<Vec<_>>()
            );
            let product = |x: &[f32], w: &[f32]| -> f64 {
                let terms = x.iter().zip(w);
                terms.map(|(x, w)| f64::from(*x) * f64::from(*w)).sum()
            };
            let rows = x.chunks(k);
            let expected: Vec<f64> = rows
                .flat_map(|x| weights.chunks(k).map(move |w| product(x, w)))
                .collect();
            let wide = |numbers: &[f32]| length(numbers.iter().map(|&number| f64::from(number)));
            let largest = wide(&x) * wide(&weights);
            let (x, layout) = (floats(&context, &x), Layout::contiguous(&[m, k]));
            for form in [PackedForm::Bytes, PackedForm::Held, PackedForm::Tiles] {
                let view = View::new(&x, &layout).unwrap();
                let y = download(&quantized::matmul_as(form, view, &w, [n, k]).unwrap());
                let errors = y.iter().zip(&expected).map(|(a, b)| f64::from(*a) - b);
                let error = length(errors) / largest;
                assert!(error < 0.002, "{target} {format} {form:?} {m}x{n}: {error}");
            }
        }
    }
}

#[test]
fn activations_that_f16_does_not_hold_are_multiplied() {
    for target in TARGETS {
        let context = context(target);
        let w = Packed::upload(&context, q8_0(), &rows_of(&[1, -2])).unwrap();
        let x = floats(&context, &[1e30; 32 * 20]);
        let layout = Layout::contiguous(&[20, 32]);
        for form in [PackedForm::Held, PackedForm::Tiles] {
            let view = View::new(&x, &layout).unwrap();
            let y = download(&quantized::matmul_as(form, view, &w, [2, 32]).unwrap());
            for row in y.chunks(2) {
                let near = |a: f32, b: f32| (a / b - 1.0).abs() < 0.01;
                assert!(
                    near(row[0], 32e30) && near(row[1], -64e30),
                    "{target} {row:?}"
                );
            }
        }
    }
}

#[test]
fn large_tiles_give_what_small_ones_do() {
    const ROWS: usize = 7;
    for target in ["gfx90a", "gfx1201"] {
        let context = context(target);
        // As many columns as it takes for a large tile on each compute unit.
        let repeats = (context.device().properties().compute_units as usize * 128).div_ceil(ROWS);
        for format in quantized::FORMATS
            .iter()
            .filter(|format| format.is_packed())
        {
            let (m, k) = (17, format.values);
            let x = floats(&context, &activations(m * k));
            let layout = Layout::contiguous(&[m, k]);
            let product = |bytes: &[u8], n: usize| {
                let w = Packed::upload(&context, format, bytes).unwrap();
                let view = View::new(&x, &layout).unwrap();
                let y = quantized::matmul_as(PackedForm::Tiles, view, &w, [n, k]).unwrap();
                download(&y)
            };
            let few = any_rows(format, ROWS, k);
            let small = product(&few, ROWS);
            let large = product(&few.repeat(repeats), ROWS * repeats);
            for (row, expected) in large.chunks(ROWS * repeats).zip(small.chunks(ROWS)) {
                let same = row.iter().zip(expected.iter().cycle()).all(|(a, b)| a == b);
                assert!(same, "{target} {format:?}");
            }
        }
    }
}
