//! Matrix instructions of CDNA and RDNA: the layouts of operands in lanes and registers.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Arg, Bench};

/// Small integers as f16 bits: products and sums of them are exact.
fn small(i: usize) -> i32 {
    (i * 7 + i / 5) as i32 % 9 - 4
}

fn half_bits(x: i32) -> u16 {
    const BITS: [u16; 5] = [0, 0x3c00, 0x4000, 0x4200, 0x4400];
    BITS[x.unsigned_abs() as usize] | if x < 0 { 0x8000 } else { 0 }
}

/// A matrix of `rows` × `columns` small integers.
fn matrix(rows: usize, columns: usize, seed: usize) -> Vec<i32> {
    (0..rows * columns).map(|i| small(i + seed)).collect()
}

fn product(a: &[i32], b: &[i32], m: usize, k: usize, n: usize) -> Vec<f32> {
    let element = |i: usize| {
        (0..k)
            .map(|x| a[i / n * k + x] * b[x * n + i % n])
            .sum::<i32>() as f32
    };
    (0..m * n).map(element).collect()
}

fn halves(bench: &Bench, values: &[i32]) -> u64 {
    bench.upload(values, |x| half_bits(*x).to_le_bytes().to_vec())
}

/// Runs a kernel of one wave on halves.
fn run(bench: &Bench, kernel: &str, a: &[i32], b: &[i32], results: usize) -> Vec<f32> {
    let (pa, pb, pc) = (halves(bench, a), halves(bench, b), bench.zeros(4 * results));
    bench.launch(
        kernel,
        [1, 1],
        bench.gpu.wave_size(),
        &[Arg::Pointer(pa), Arg::Pointer(pb), Arg::Pointer(pc)],
    );
    bench.read_floats(pc, results)
}

fn cdna(test: impl Fn(&Bench)) {
    ["gfx90a", "gfx942", "gfx950"]
        .iter()
        .for_each(|target| test(&Bench::new(target, "mfma")));
}

#[test]
fn mfma_of_halves() {
    cdna(|bench| {
        let (a, b) = (matrix(32, 8, 1), matrix(8, 32, 2));
        assert_eq!(
            run(bench, "mfma_32x32x8", &a, &b, 1024),
            product(&a, &b, 32, 8, 32)
        );
        let (a, b) = (matrix(16, 16, 3), matrix(16, 16, 4));
        assert_eq!(
            run(bench, "mfma_16x16x16", &a, &b, 256),
            product(&a, &b, 16, 16, 16)
        );
    });
}

#[test]
fn mfma_of_blocks_and_broadcast() {
    cdna(|bench| {
        let (a, b) = (matrix(64, 4, 5), matrix(64, 4, 6));
        let found = run(bench, "mfma_4x4x4", &a, &b, 512);
        let block = |x: &[i32], i: usize| x[16 * i..16 * i + 16].to_vec();
        for i in 0..16 {
            let expected = product(&block(&a, i), &block(&b, i), 4, 4, 4);
            assert_eq!(found[16 * i..16 * i + 16], expected, "block {i}");
            // cbsz 2, abid 1: the second block of every four feeds all four.
            let expected = product(&block(&a, i / 4 * 4 + 1), &block(&b, i), 4, 4, 4);
            assert_eq!(
                found[256 + 16 * i..272 + 16 * i],
                expected,
                "broadcast block {i}"
            );
        }
    });
}

#[test]
fn mfma_of_floats() {
    cdna(|bench| {
        let (a, b) = (matrix(32, 4, 7), matrix(4, 32, 8));
        let floats = |x: &[i32]| bench.floats(&x.iter().map(|x| *x as f32).collect::<Vec<_>>());
        let (pa, pb, pc) = (floats(&a), floats(&b), bench.zeros(4096));
        bench.launch(
            "mfma_f32",
            [1, 1],
            64,
            &[Arg::Pointer(pa), Arg::Pointer(pb), Arg::Pointer(pc)],
        );
        assert_eq!(bench.read_floats(pc, 1024), product(&a, &b, 32, 4, 32));
        let doubles = |x: &[i32]| bench.upload(x, |x| f64::from(*x).to_le_bytes().to_vec());
        let (a, b) = (matrix(16, 4, 9), matrix(4, 16, 10));
        let (pa, pb, pc) = (doubles(&a), doubles(&b), bench.zeros(2048));
        bench.launch(
            "mfma_f64",
            [1, 1],
            64,
            &[Arg::Pointer(pa), Arg::Pointer(pb), Arg::Pointer(pc)],
        );
        let found: Vec<f32> = bench
            .read_words(pc, 512)
            .chunks(2)
            .map(|w| f64::from_bits(u64::from(w[0]) | u64::from(w[1]) << 32) as f32)
            .collect();
        assert_eq!(found, product(&a, &b, 16, 4, 16));
    });
}

/// RDNA3 and RDNA4, whose kernels take the same arguments.
fn rdna(test: impl Fn(&Bench)) {
    [
        ("gfx1100", "wmma"),
        ("gfx1151", "wmma"),
        ("gfx1201", "wmma12"),
    ]
    .iter()
    .for_each(|(target, set)| test(&Bench::new(target, set)));
}

#[test]
fn wmma() {
    rdna(|bench| {
        let (a, b) = (matrix(16, 16, 11), matrix(16, 16, 12));
        let expected = product(&a, &b, 16, 16, 16);
        assert_eq!(run(bench, "wmma_f32", &a, &b, 256), expected);
        let (pa, pb, pc) = (halves(bench, &a), halves(bench, &b), bench.zeros(512));
        let args = [Arg::Pointer(pa), Arg::Pointer(pb), Arg::Pointer(pc)];
        bench.launch("wmma_f16", [1, 1], 32, &args);
        let words = bench.read_words(pc, 128);
        let bits = words.iter().flat_map(|w| [w & 0xffff, w >> 16]);
        let found: Vec<f32> = bits.map(half_value).collect();
        assert_eq!(found, expected);
    });
}

/// The value of a normal half, or of zero: what sums of small integers are.
fn half_value(bits: u32) -> f32 {
    let magnitude = match bits & 0x7fff {
        0 => 0.0,
        bits => f32::from_bits(bits << 13) * 2f32.powi(112),
    };
    if bits & 0x8000 != 0 {
        -magnitude
    } else {
        magnitude
    }
}

fn bytes(bench: &Bench, values: &[i32]) -> u64 {
    bench.upload(values, |x| vec![*x as u8])
}

#[test]
fn wmma_of_bytes() {
    rdna(|bench| {
        let a: Vec<i32> = (0..256).map(|i| i * 37 % 256 - 128).collect();
        let b: Vec<i32> = (0..256).map(|i| i * 91 % 256).collect();
        // B is stored by columns.
        let (pa, pb, pc) = (bytes(bench, &a), bytes(bench, &b), bench.zeros(1024));
        let args = [Arg::Pointer(pa), Arg::Pointer(pb), Arg::Pointer(pc)];
        bench.launch("wmma_i32", [1, 1], 32, &args);
        let found = bench.read_words(pc, 256);
        for i in 0..256 {
            let expected: i32 = (0..16)
                .map(|k| a[i / 16 * 16 + k] * b[i % 16 * 16 + k])
                .sum();
            assert_eq!(found[i] as i32, expected, "element {i}");
        }
    });
}

#[test]
fn wmma_of_eight_bit_floats() {
    let bench = Bench::new("gfx1201", "wmma12");
    // 0 to 4 as E4M3 and as E5M2, then with a sign.
    let encode = |x: i32, bits: [u8; 5]| {
        i32::from(bits[x.unsigned_abs() as usize] | if x < 0 { 0x80 } else { 0 })
    };
    let (a, b) = (matrix(16, 16, 13), matrix(16, 16, 14));
    let left: Vec<i32> = a
        .iter()
        .map(|x| encode(*x, [0, 0x38, 0x40, 0x44, 0x48]))
        .collect();
    let by_columns = (0..256).map(|i| b[i % 16 * 16 + i / 16]);
    let right: Vec<i32> = by_columns
        .map(|x| encode(x, [0, 0x3c, 0x40, 0x42, 0x44]))
        .collect();
    let (pa, pb, pc) = (
        bytes(&bench, &left),
        bytes(&bench, &right),
        bench.zeros(1024),
    );
    let args = [Arg::Pointer(pa), Arg::Pointer(pb), Arg::Pointer(pc)];
    bench.launch("wmma_fp8", [1, 1], 32, &args);
    assert_eq!(bench.read_floats(pc, 256), product(&a, &b, 16, 16, 16));
}

#[test]
fn sparse_matrices() {
    let bench = Bench::new("gfx1201", "wmma12");
    let (stored, b) = (matrix(16, 16, 15), matrix(32, 16, 16));
    // The second and the fourth of every four elements are stored.
    let dense: Vec<i32> = (0..16 * 32)
        .map(|i| if i % 2 == 1 { stored[i / 2] } else { 0 })
        .collect();
    let found = run(&bench, "swmmac", &stored, &b, 256);
    assert_eq!(found, product(&dense, &b, 16, 32, 16));
}
