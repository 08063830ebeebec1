//! What hive-gpu's plan for ROCm asks of a backend, through its traits: 10,000 vectors of 128 numbers
//! and 1000 random queries agree with the CPU, scores within 1e-4 and the same ten best, on waves of
//! 64 and of 32; growing and shrinking for five minutes leaves nothing behind.

#![allow(clippy::unwrap_used)]

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use vector_store::cpu::CpuContext;
use vector_store::rocm::RocmContext;
use vector_store::store::{Search, Store};
use vector_store::{
    Config, Dtype, GpuContext, GpuDistanceMetric, GpuMonitor, GpuSearchResult, GpuVector,
    GpuVectorStorage, Metric,
};

/// Waves of 64 and of 32.
const TARGETS: [&str; 3] = ["gfx90a", "gfx1030", "gfx1100"];

const METRICS: [GpuDistanceMetric; 3] = [
    GpuDistanceMetric::Cosine,
    GpuDistanceMetric::Euclidean,
    GpuDistanceMetric::DotProduct,
];

const VECTORS: usize = 10_000;
const DIMENSION: usize = 128;

/// Whether the environment asks for everything; else what is left out is said.
fn all(left_out: &str) -> bool {
    let all = std::env::var("REDWICK_TEST_ALL").is_ok_and(|value| value == "1");
    if !all {
        println!("left out: {left_out}");
    }
    all
}

/// Random numbers from −1 to 1.
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, end: usize) -> usize {
        self.bits() as usize % end
    }

    fn numbers(&mut self, count: usize) -> Vec<f32> {
        (0..count)
            .map(|_| self.bits() as f32 / (1u64 << 30) as f32 - 1.0)
            .collect()
    }
}

fn vectors(numbers: &[f32], dimension: usize) -> Vec<GpuVector> {
    let vectors = numbers.chunks(dimension).enumerate();
    vectors
        .map(|(row, data)| GpuVector::new(format!("v{row}"), data.to_vec()))
        .collect()
}

fn storage(
    context: &dyn GpuContext,
    metric: GpuDistanceMetric,
    vectors: &[GpuVector],
) -> Box<dyn GpuVectorStorage> {
    let mut storage = context
        .create_storage(vectors[0].dimension(), metric)
        .unwrap();
    let indices = storage.add_vectors(vectors).unwrap();
    assert!(indices.into_iter().eq(0..vectors.len()));
    storage
}

fn ids(found: &[GpuSearchResult]) -> HashSet<&str> {
    found.iter().map(|result| result.id.as_str()).collect()
}

/// The plan's criterion, and what this crate promises beyond it: the same order and the same bits.
#[track_caller]
fn agree(found: &[GpuSearchResult], expected: &[GpuSearchResult]) {
    assert_eq!(ids(found), ids(expected));
    for (left, right) in found.iter().zip(expected) {
        assert!(
            (left.score - right.score).abs() <= 1e-4,
            "{left:?} {right:?}"
        );
        assert_eq!(
            (left.index, left.score.to_bits()),
            (right.index, right.score.to_bits())
        );
    }
}

#[test]
fn ten_thousand_vectors_agree_with_the_cpu() {
    let everything = all("800 of 1000 queries, gfx1100, and two of three metrics on each target");
    let mut random = Random(1);
    let vectors = vectors(&random.numbers(VECTORS * DIMENSION), DIMENSION);
    let queries = random.numbers(if everything { 1000 } else { 200 } * DIMENSION);
    for (number, target) in TARGETS.iter().enumerate() {
        if !everything && number == 2 {
            continue;
        }
        let device = RocmContext::open(&format!("emulated:{target}")).unwrap();
        for (metric, _) in METRICS
            .iter()
            .zip(0..)
            .filter(|(_, m)| everything || *m == number)
        {
            let left = storage(&*device, *metric, &vectors);
            let right = storage(&CpuContext::new(), *metric, &vectors);
            for query in queries.chunks(DIMENSION) {
                agree(
                    &left.search(query, 10).unwrap(),
                    &right.search(query, 10).unwrap(),
                );
            }
        }
    }
}

/// The oracle itself, against sums in another order.
#[test]
fn the_cpu_agrees_with_plain_sums() {
    let everything = all("900 of 1000 queries of the CPU against plain sums");
    let mut random = Random(2);
    let numbers = random.numbers(VECTORS * DIMENSION);
    let queries = random.numbers(if everything { 1000 } else { 100 } * DIMENSION);
    let vectors = vectors(&numbers, DIMENSION);
    let dot = |left: &[f32], right: &[f32]| -> f64 {
        left.iter()
            .zip(right)
            .map(|(&l, &r)| f64::from(l) * f64::from(r))
            .sum()
    };
    let norms: Vec<f64> = numbers.chunks(DIMENSION).map(|row| dot(row, row)).collect();
    for metric in METRICS {
        let storage = storage(&CpuContext::new(), metric, &vectors);
        for query in queries.chunks(DIMENSION) {
            let norm = dot(query, query);
            let score = |(row, square): (&[f32], &f64)| match metric {
                GpuDistanceMetric::DotProduct => dot(query, row),
                GpuDistanceMetric::Cosine => dot(query, row) / (norm * square).sqrt(),
                GpuDistanceMetric::Euclidean => {
                    1.0 / (1.0 + (norm - 2.0 * dot(query, row) + square).max(0.0).sqrt())
                }
            };
            let scores = numbers.chunks(DIMENSION).zip(&norms).map(score);
            let mut scores: Vec<(usize, f64)> = scores.enumerate().collect();
            scores.sort_by(|left, right| right.1.total_cmp(&left.1));
            for (result, (row, score)) in storage.search(query, 10).unwrap().iter().zip(scores) {
                assert_eq!(result.index, row);
                assert!((f64::from(result.score) - score).abs() <= 1e-4 * score.abs().max(1.0));
            }
        }
    }
}

/// Small images of digits: integers from 0 to 16, many of them 0, so that distances tie.
#[test]
fn ties_come_in_the_order_of_insertion_on_every_device() {
    let mut random = Random(3);
    let pixel = |random: &mut Random| random.below(24).saturating_sub(8) as f32;
    let mut numbers: Vec<f32> = (0..1797 * 64).map(|_| pixel(&mut random)).collect();
    // Every third image is one of ten, so that hundreds are equal.
    for row in (0..1797).step_by(3) {
        let from = random.below(10) * 64;
        numbers.copy_within(from..from + 64, row * 64);
    }
    let names: Vec<String> = (0..1797).map(|row| format!("v{row}")).collect();
    let mut expected = None;
    for device in ["cpu", "emulated:gfx90a", "emulated:gfx1030"] {
        for dtype in [Dtype::F32, Dtype::Int8] {
            let config = Config::new(64, Metric::L2).dtype(dtype);
            let mut store = Store::open(device, config).unwrap();
            store.add(&names, &numbers, &[]).unwrap();
            let found = store
                .search(&Search::new(&numbers[..12 * 64], 100))
                .unwrap();
            for found in &found {
                let key = |found: &vector_store::Found| (found.score, found.row);
                assert!(found.windows(2).all(|pair| key(&pair[0]) < key(&pair[1])));
            }
            let expected = expected.get_or_insert_with(|| found.clone());
            assert_eq!(&found, expected, "{device} {dtype}");
        }
    }
}

#[test]
fn threads_search_at_once() {
    let mut random = Random(5);
    let numbers = random.numbers(3000 * 32);
    let names: Vec<String> = (0..3000).map(|row| format!("v{row}")).collect();
    for device in ["cpu", "emulated:gfx90a"] {
        let mut store = Store::open(device, Config::new(32, Metric::Cosine)).unwrap();
        store.add(&names, &numbers, &[]).unwrap();
        let alone: Vec<_> = (0..8)
            .map(|n| {
                store
                    .search(&Search::new(&numbers[n * 320..][..320], 7))
                    .unwrap()
            })
            .collect();
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for (n, expected) in alone.iter().enumerate() {
                        let queries = &numbers[n * 320..][..320];
                        let found = store.search(&Search::new(queries, 7)).unwrap();
                        assert_eq!(&found, expected, "{device}");
                    }
                });
            }
        });
    }
}

/// A context, and itself as what watches memory.
fn watched(device: &str) -> (Arc<dyn GpuContext>, Arc<dyn GpuMonitor>) {
    if device == "cpu" {
        let context = Arc::new(CpuContext::new());
        return (context.clone(), context);
    }
    let context = RocmContext::open(device).unwrap();
    (context.clone(), context)
}

/// What the driver says is in use, once kernels are loaded and there is nothing in the store.
fn in_use(store: &mut Store) -> usize {
    store.add(&["one"], &[1.0; 16], &[]).unwrap();
    store.search(&Search::new(&[1.0; 16], 5)).unwrap();
    store.clear().unwrap();
    let memory = store.memory();
    memory.total - memory.free
}

/// Adds, removes, compacts and searches, through a store and through hive-gpu's trait, and in the end
/// holds nothing.
fn stress(device: &str, cycles: impl Fn(usize) -> bool) {
    let mut random = Random(4);
    let (context, monitor) = watched(device);
    let mut storage = context
        .create_storage(16, GpuDistanceMetric::Cosine)
        .unwrap();
    let mut store = Store::open(device, Config::new(16, Metric::Cosine)).unwrap();
    let mut oracle = Store::open("cpu", Config::new(16, Metric::Cosine)).unwrap();
    let before = in_use(&mut store);
    let mut there = VecDeque::new();
    let (mut next, mut cycle) = (0, 0);
    while cycles(cycle) {
        let count = random.below(400);
        let names: Vec<String> = (next..next + count).map(|id| format!("v{id}")).collect();
        let numbers = random.numbers(count * 16);
        for store in [&mut store, &mut oracle] {
            store.add(&names, &numbers, &[]).unwrap();
        }
        let new: Vec<GpuVector> = names
            .iter()
            .zip(numbers.chunks(16))
            .map(|(name, data)| GpuVector::new(name.clone(), data.to_vec()))
            .collect();
        let indices = storage.add_vectors(&new).unwrap();
        assert!(indices.into_iter().eq(next..next + count));
        next += count;
        there.extend(names);
        // Up to some thousands and down again.
        let gone = if cycle % 32 < 16 {
            count / 2
        } else {
            count * 3 / 2
        };
        let gone: Vec<String> = there.drain(..gone.min(there.len())).collect();
        for store in [&mut store, &mut oracle] {
            store.remove(&gone).unwrap();
        }
        storage.remove_vectors(&gone).unwrap();
        if cycle % 8 == 7 {
            store.compact().unwrap();
            oracle.compact().unwrap();
        }
        let query = random.numbers(16);
        let found = [&store, &oracle].map(|store| store.search(&Search::new(&query, 5)).unwrap());
        let plain = found.map(|found| {
            found[0]
                .iter()
                .map(|f| (f.id.clone(), f.score))
                .collect::<Vec<_>>()
        });
        assert_eq!(plain[0], plain[1], "cycle {cycle}");
        for (found, (id, _)) in storage.search(&query, 5).unwrap().iter().zip(&plain[0]) {
            assert_eq!(
                (&*found.id, format!("v{}", found.index)),
                (&**id, id.to_string())
            );
        }
        cycle += 1;
    }
    assert_eq!(store.len(), there.len());
    store.clear().unwrap();
    let used = store.memory().used;
    assert!(
        used < 1024,
        "{used} bytes, more than a table of chunks, are not given back"
    );
    let left: Vec<String> = there.into();
    storage.remove_vectors(&left).unwrap();
    assert_eq!(storage.vector_count(), 0);
    let used = monitor.get_vram_stats().allocated_vram;
    assert!(
        used < 1024,
        "{used} bytes are not given back through the trait"
    );
    if device != "cpu" {
        let memory = store.memory();
        let now = memory.total - memory.free;
        assert!(
            now <= before + 1024,
            "{now} bytes of the device, {before} before"
        );
    }
}

fn grow_and_shrink(device: &str) {
    let everything = all("growing and shrinking for five minutes");
    let start = Instant::now();
    stress(device, |cycle| match everything {
        true => start.elapsed() < Duration::from_secs(300),
        false => cycle < 40,
    });
}

#[test]
fn growing_and_shrinking_leaves_nothing_behind_on_the_cpu() {
    grow_and_shrink("cpu");
}

#[test]
fn growing_and_shrinking_leaves_nothing_behind_on_waves_of_64() {
    // Other tests of this file leave the target alone.
    grow_and_shrink("emulated:gfx942");
}

#[test]
fn growing_and_shrinking_leaves_nothing_behind_on_waves_of_32() {
    grow_and_shrink("emulated:gfx1201");
}
