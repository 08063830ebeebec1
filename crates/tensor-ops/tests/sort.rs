//! The order that sorts rows, against a stable sort on the host.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod common;

use std::cmp::Ordering;

use bytemuck::Pod;
use common::{Rng, contexts, download, upload, view};
use half::{bf16, f16};
use redwick_tensor_ops::ops::arg_sort;
use redwick_tensor_ops::{DType, Layout};

/// Rows and columns: one, fewer than a tile, a tile, one more, and several levels of merging.
const SIZES: &[[usize; 2]] = &[
    [1, 1],
    [3, 1],
    [5, 2],
    [2, 7],
    [130, 31],
    [1, 1024],
    [2, 1025],
    [1, 2053],
    [2, 4099],
];

/// A stable order, every NaN above the numbers.
fn expected<T: Copy>(values: &[T], columns: usize, ascending: bool, number: Number<T>) -> Vec<u32> {
    let compare = |a: f64, b: f64| {
        let by_nan = a.is_nan().cmp(&b.is_nan());
        by_nan.then(a.partial_cmp(&b).unwrap_or(Ordering::Equal))
    };
    let row = |row: &[T]| {
        let mut order: Vec<u32> = (0..columns as u32).collect();
        order.sort_by(|&a, &b| {
            let (a, b) = (number(row[a as usize]), number(row[b as usize]));
            if ascending {
                compare(a, b)
            } else {
                compare(b, a)
            }
        });
        order
    };
    values.chunks_exact(columns).flat_map(row).collect()
}

type Number<T> = fn(T) -> f64;

fn check<T: Pod>(dtype: DType, draw: fn(&mut Rng) -> T, number: Number<T>) {
    for context in contexts() {
        let mut rng = Rng(dtype as u64);
        for &[rows, columns] in SIZES {
            let values: Vec<T> = (0..rows * columns).map(|_| draw(&mut rng)).collect();
            let x = upload(&context, dtype, &values);
            let layout = Layout::contiguous(&[rows, columns]);
            for ascending in [true, false] {
                let order = arg_sort(view(&x, &layout), ascending).unwrap();
                let want = expected(&values, columns, ascending, number);
                let got: Vec<u32> = download(&order);
                assert!(got == want, "{dtype} {rows} by {columns} {ascending}");
            }
        }
    }
}

#[test]
fn integers() {
    check(DType::U8, |rng| rng.next() as u8, f64::from);
    check(DType::U32, |rng| (rng.next() >> 20) as u32, f64::from);
    check(DType::I16, |rng| rng.next() as i16, f64::from);
    check(DType::I32, |rng| rng.next() as i32, f64::from);
}

#[test]
fn long_integers() {
    // A few, and far apart; both halves of a key count.
    check(
        DType::I64,
        |rng| (rng.below(9) as i64 - 4) << 40 | rng.below(3) as i64,
        |x| x as f64,
    );
}

/// Ties, both zeros, both infinities, NaN of both signs.
fn pick(rng: &mut Rng) -> f64 {
    const SPECIAL: [f64; 6] = [
        0.0,
        -0.0,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        -f64::NAN,
    ];
    match rng.below(8) {
        0 => SPECIAL[rng.below(6)],
        _ => rng.below(700) as f64 / 16.0 - 20.0,
    }
}

#[test]
fn floats() {
    check(DType::F32, |rng| pick(rng) as f32, f64::from);
    check(DType::F64, pick, |x| x);
}

#[test]
fn small_floats() {
    check(
        DType::F16,
        |rng| f16::from_f64(pick(rng)).to_bits(),
        |x| f16::from_bits(x).to_f64(),
    );
    check(
        DType::BF16,
        |rng| bf16::from_f64(pick(rng)).to_bits(),
        |x| bf16::from_bits(x).to_f64(),
    );
    check(
        DType::F8E4M3,
        |rng| rng.next() as u8,
        |x| float8::F8E4M3::from_bits(x).to_f64(),
    );
}

#[test]
fn rows_of_any_layout() {
    for context in contexts() {
        let x = upload(&context, DType::F32, &[3f32, 1.0, 2.0, 6.0, 5.0, 4.0]);
        let columns = Layout::strided(&[3, 2], &[1, 3], 0).unwrap();
        let order = arg_sort(view(&x, &columns), false).unwrap();
        assert_eq!(download::<u32>(&order), [1, 0, 1, 0, 1, 0]);
    }
}

#[test]
fn nothing_has_an_order() {
    let context = contexts().next().unwrap();
    let x = upload::<f32>(&context, DType::F32, &[]);
    for dims in [[0, 5], [5, 0]] {
        let layout = Layout::contiguous(&dims);
        assert!(arg_sort(view(&x, &layout), true).unwrap().is_empty());
    }
}
