//! Random numbers: the generator's published vectors, distributions, and the same on every target.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod common;

use common::{contexts, download};
use half::{bf16, f16};
use redwick_tensor_ops::ops::Random;
use redwick_tensor_ops::{Context, DType, Error, Storage};

fn words(context: &Context, seed: u64, block: u64, count: usize) -> Vec<u32> {
    let mut random = Random::seeded(seed).at_block(block);
    download(&random.bits(context, count).unwrap())
}

/// Philox4x32-10 as its authors describe it.
fn philox(counter: u64, seed: u64) -> [u32; 4] {
    let mut c = [counter as u32, (counter >> 32) as u32, 0, 0];
    let mut k = [seed as u32, (seed >> 32) as u32];
    for _ in 0..10 {
        let first = u64::from(c[0]) * 0xd251_1f53;
        let second = u64::from(c[2]) * 0xcd9e_8d57;
        c = [
            (second >> 32) as u32 ^ c[1] ^ k[0],
            second as u32,
            (first >> 32) as u32 ^ c[3] ^ k[1],
            first as u32,
        ];
        k = [
            k[0].wrapping_add(0x9e37_79b9),
            k[1].wrapping_add(0xbb67_ae85),
        ];
    }
    c
}

#[test]
fn the_generator_gives_its_published_vector() {
    for context in contexts() {
        let want = [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8];
        assert_eq!(words(&context, 0, 0, 4), want);
        for (block, seed) in [
            (1, 0),
            (0xffff_ffff, 7),
            (1 << 40, u64::MAX),
            (u64::MAX, 42),
        ] {
            assert_eq!(words(&context, seed, block, 4), philox(block, seed));
        }
    }
}

#[test]
fn each_call_goes_on_where_the_last_one_ended() {
    for context in contexts() {
        let all = words(&context, 3, 0, 5000);
        for (at, block) in all.chunks_exact(4).enumerate().step_by(37) {
            assert_eq!(block, philox(at as u64, 3));
        }
        let mut random = Random::seeded(3);
        for (start, count) in [(0, 1), (4, 2), (8, 5), (16, 4), (20, 1031)] {
            let got: Vec<u32> = download(&random.bits(&context, count).unwrap());
            assert_eq!(got, all[start..start + count]);
        }
        assert!(random.bits(&context, 0).unwrap().is_empty());
        assert_eq!(random.seed(), 3);
    }
}

const FLOATS: [DType; 5] = [
    DType::F32,
    DType::F64,
    DType::F16,
    DType::BF16,
    DType::F8E4M3,
];

fn numbers(storage: &Storage) -> Vec<f64> {
    let halves = || download::<u16>(storage).into_iter();
    match storage.dtype() {
        DType::F32 => download::<f32>(storage)
            .into_iter()
            .map(f64::from)
            .collect(),
        DType::F64 => download(storage),
        DType::F16 => halves().map(|x| f16::from_bits(x).to_f64()).collect(),
        DType::BF16 => halves().map(|x| bf16::from_bits(x).to_f64()).collect(),
        _ => {
            let bytes = download::<u8>(storage).into_iter();
            bytes
                .map(|x| float8::F8E4M3::from_bits(x).to_f64())
                .collect()
        }
    }
}

#[test]
fn numbers_are_the_same_bits_on_every_target() {
    for dtype in FLOATS {
        let mut seen: Vec<[Vec<u8>; 2]> = Vec::new();
        for context in contexts() {
            let mut random = Random::seeded(11);
            let uniform = random.uniform(&context, dtype, 1031, -2.5, 3.25).unwrap();
            let normal = random.normal(&context, dtype, 1031, 0.5, 2.0).unwrap();
            seen.push([download(&uniform), download(&normal)]);
        }
        assert!(seen.iter().all(|bits| *bits == seen[0]), "{dtype}");
    }
}

/// The largest distance between the share of the numbers below some number and what it should be.
fn distance(mut numbers: Vec<f64>, share: impl Fn(f64) -> f64) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let count = numbers.len() as f64;
    let apart = |(at, x): (usize, f64)| {
        let want = share(x);
        (want - at as f64 / count)
            .abs()
            .max((want - (at + 1) as f64 / count).abs())
    };
    numbers
        .into_iter()
        .enumerate()
        .map(apart)
        .fold(0.0, f64::max)
}

/// The share of a normal distribution below `x`, by a series (Marsaglia, "Evaluating the normal
/// distribution", 2004).
fn normal_share(x: f64) -> f64 {
    if x.abs() > 8.0 {
        return if x > 0.0 { 1.0 } else { 0.0 };
    }
    let (mut sum, mut term, mut k) = (x, x, 3.0);
    while term.abs() > 1e-17 {
        term *= x * x / k;
        sum += term;
        k += 2.0;
    }
    0.5 + sum * (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

const COUNT: usize = 10_000;

/// What the distance stays below for nearly every seed: 1.95 / sqrt(n).
const FAR: f64 = 0.0195;

#[test]
fn uniform_numbers_are_evenly_spread() {
    let context = contexts().next().unwrap();
    for dtype in [DType::F32, DType::F64] {
        let drawn = Random::seeded(1).uniform(&context, dtype, COUNT, -1.0, 3.0);
        let numbers = numbers(&drawn.unwrap());
        assert!(numbers.iter().all(|x| (-1.0..3.0).contains(x)));
        let far = distance(numbers, |x| (x + 1.0) / 4.0);
        assert!(far < FAR, "{dtype}: {far}");
    }
}

#[test]
fn normal_numbers_are_normal() {
    let context = contexts().next().unwrap();
    for dtype in [DType::F32, DType::F64] {
        let drawn = Random::default().normal(&context, dtype, COUNT, 3.0, 0.5);
        let numbers = numbers(&drawn.unwrap());
        let moment = |power: i32| {
            let sum: f64 = numbers.iter().map(|x| ((x - 3.0) / 0.5).powi(power)).sum();
            sum / COUNT as f64
        };
        let moments = [1, 2, 3, 4].map(moment);
        for (got, want) in moments.into_iter().zip([0.0, 1.0, 0.0, 3.0]) {
            assert!((got - want).abs() < 0.2, "{dtype}: {moments:?}");
        }
        let far = distance(numbers, |x| normal_share((x - 3.0) / 0.5));
        assert!(far < FAR, "{dtype}: {far}");
        // Neighbours come from one block and do not depend on each other.
        let drawn = Random::seeded(2).normal(&context, dtype, COUNT, 0.0, 1.0);
        let numbers = self::numbers(&drawn.unwrap());
        let pairs: f64 = numbers.windows(2).map(|pair| pair[0] * pair[1]).sum();
        assert!((pairs / COUNT as f64).abs() < 0.04, "{dtype}");
    }
}

/// Box and Muller's transform in f64 on the host.
#[test]
fn normal_numbers_are_those_of_their_words() {
    for context in contexts() {
        let words: Vec<u64> = words(&context, 9, 0, 4000)
            .chunks_exact(2)
            .map(|half| u64::from(half[1]) << 32 | u64::from(half[0]))
            .collect();
        let drawn = Random::seeded(9).normal(&context, DType::F64, 2000, 0.0, 1.0);
        let numbers = numbers(&drawn.unwrap());
        for (pair, words) in numbers.chunks_exact(2).zip(words.chunks_exact(2)) {
            let u = (words[0] as f64 + 0.5) / 2f64.powi(64);
            let turn = words[1] as f64 / 2f64.powi(64) * std::f64::consts::TAU;
            let radius = (-2.0 * u.ln()).sqrt();
            for (got, want) in pair.iter().zip([radius * turn.cos(), radius * turn.sin()]) {
                // An eighth of the circle may be taken from its other end.
                assert!((got - want).abs() < 1e-13, "{pair:?} {words:?}");
            }
        }
    }
}

#[test]
fn the_end_of_a_range_is_not_reached() {
    let context = contexts().next().unwrap();
    for (dtype, low, high) in [
        (DType::F8E4M3, 0.0, 1.0),
        (DType::BF16, 1.0, 1.0625),
        (DType::F16, -1.0, -0.875),
    ] {
        let drawn = Random::seeded(4).uniform(&context, dtype, 4000, low, high);
        let numbers = numbers(&drawn.unwrap());
        assert!(numbers.iter().all(|x| (low..high).contains(x)), "{dtype}");
        assert!(numbers.contains(&low), "{dtype}");
    }
}

#[test]
fn what_cannot_be_drawn_is_an_error() {
    let context = contexts().next().unwrap();
    let mut random = Random::default();
    for (low, high) in [
        (1.0, 1.0),
        (2.0, 1.0),
        (0.0, f64::NAN),
        (0.0, f64::INFINITY),
    ] {
        let error = random
            .uniform(&context, DType::F32, 4, low, high)
            .unwrap_err();
        assert!(matches!(error, Error::Distribution { .. }), "{error}");
    }
    // Equal once rounded.
    let error = random
        .uniform(&context, DType::F16, 4, 1.0, 1.0 + 1e-9)
        .unwrap_err();
    assert!(matches!(error, Error::Distribution { .. }), "{error}");
    let error = random
        .normal(&context, DType::F32, 4, 0.0, f64::NAN)
        .unwrap_err();
    assert!(error.to_string().contains("not finite"), "{error}");
    let error = random
        .uniform(&context, DType::U8, 4, 0.0, 1.0)
        .unwrap_err();
    assert!(matches!(error, Error::NoKernel { .. }), "{error}");
    assert_eq!(random, Random::default());
}
