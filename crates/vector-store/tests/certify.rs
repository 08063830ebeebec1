//! Certification with a scanner that is as wrong as its bound allows.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use std::cell::Cell;
use std::sync::Mutex;

use vector_store::certify::{self, Candidates, FACTOR, GROWTHS, Scanner};
use vector_store::cpu::CpuEngine;
use vector_store::engine::Result;
use vector_store::{
    Bitset, Config, Engine, GpuDeviceInfo, Hit, MemoryStats, Metric, Scan, canonical, order,
};

/// The CPU's engine behind a scan that is off by up to `wrong`, in a way that `seed` picks.
struct Sloppy {
    exact: CpuEngine,
    wrong: f32,
    seed: u64,
    most: usize,
    calls: Mutex<Calls>,
}

#[derive(Debug, Default, Clone, PartialEq)]
struct Calls {
    scans: Vec<usize>,
    settled: usize,
}

impl Sloppy {
    fn new(metric: Metric, rows: &[f32], dimension: usize, wrong: f32, seed: u64) -> Self {
        let mut exact = CpuEngine::new(Config::new(dimension, metric)).unwrap();
        exact.append(rows).unwrap();
        Self {
            exact,
            wrong,
            seed,
            most: usize::MAX,
            calls: Mutex::default(),
        }
    }

    fn costs(&self, query: &[f32], scan: &Scan<'_>) -> Vec<Hit> {
        let mut row = vec![0.0; query.len()];
        let rows = (0..self.exact.len()).filter(|row| scan.word(row / 64) >> (row % 64) & 1 == 1);
        rows.map(|number| {
            self.exact.row(number, &mut row).unwrap();
            let norms = [query, &row].map(canonical::norm);
            let metric = self.exact.config().metric;
            let score = canonical::score(metric, query, norms[0], &row, norms[1]);
            Hit {
                row: number as u32,
                score,
            }
        })
        .collect()
    }

    fn off(&self, random: &Cell<u64>) -> f32 {
        let next = random
            .get()
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        random.set(next);
        self.wrong * ((next >> 40) as f32 / (1u64 << 23) as f32 - 1.0)
    }
}

impl Scanner for Sloppy {
    fn first(&self, k: usize) -> usize {
        k + 1
    }

    fn most(&self) -> usize {
        self.most
    }

    fn candidates(&self, scan: &Scan<'_>, count: usize) -> Result<Vec<Candidates>> {
        self.calls.lock().unwrap().scans.push(count);
        let metric = self.exact.config().metric;
        let random = Cell::new(self.seed);
        let of_query = |query: &[f32]| {
            let mut hits: Vec<(f32, Hit)> = (self.costs(query, scan).into_iter())
                .map(|hit| (order::flip(metric, hit.score) + self.off(&random), hit))
                .collect();
            hits.sort_by(|left, right| left.0.total_cmp(&right.0));
            let rest = hits.split_off(count.min(hits.len()));
            Candidates {
                hits: hits.into_iter().map(|(_, hit)| hit).collect(),
                floor: rest
                    .first()
                    .map(|(cost, _)| (cost - self.wrong).next_down()),
            }
        };
        let dimension = self.exact.config().dimension;
        Ok(scan.queries.chunks(dimension).map(of_query).collect())
    }

    fn settle(&self, scan: &Scan<'_>, ceilings: &[f32]) -> Result<Vec<Vec<Hit>>> {
        self.calls.lock().unwrap().settled += ceilings.len();
        let metric = self.exact.config().metric;
        let queries = scan.queries.chunks(self.exact.config().dimension);
        let of_query = |(query, &ceiling): (&[f32], &f32)| {
            let mut hits = self.costs(query, scan);
            hits.retain(|hit| order::flip(metric, hit.score) <= ceiling);
            certify::best(metric, scan.k, hits)
        };
        Ok(queries.zip(ceilings).map(of_query).collect())
    }
}

impl Engine for Sloppy {
    fn config(&self) -> &Config {
        self.exact.config()
    }
    fn info(&self) -> GpuDeviceInfo {
        self.exact.info()
    }
    fn append(&mut self, rows: &[f32]) -> Result<()> {
        self.exact.append(rows)
    }
    fn len(&self) -> usize {
        self.exact.len()
    }
    fn truncate(&mut self, rows: usize) -> Result<()> {
        self.exact.truncate(rows)
    }
    fn search(&self, scan: &Scan<'_>) -> Result<Vec<Vec<Hit>>> {
        certify::search(self, scan)
    }
    fn row(&self, row: usize, out: &mut [f32]) -> Result<()> {
        self.exact.row(row, out)
    }
    fn compact(&mut self, keep: &Bitset) -> Result<()> {
        self.exact.compact(keep)
    }
    fn memory(&self) -> MemoryStats {
        self.exact.memory()
    }
}

fn metric() -> impl Strategy<Value = Metric> {
    prop::sample::select(vec![Metric::L2, Metric::InnerProduct, Metric::Cosine])
}

proptest! {
    #[test]
    fn what_is_certified_is_exact(
        metric in metric(),
        rows in prop::collection::vec(-3i8..4, 3..300),
        queries in prop::collection::vec(-3i8..4, 9),
        k in 1usize..20,
        wrong in prop::sample::select(vec![0.0f32, 0.01, 1.0, 50.0]),
        seed: u64,
        gone: u64,
    ) {
        let numbers = |values: &[i8]| -> Vec<f32> { values.iter().map(|&v| f32::from(v)).collect() };
        let rows = numbers(&rows[..rows.len() / 3 * 3]);
        let queries = numbers(&queries);
        let engine = Sloppy::new(metric, &rows, 3, wrong, seed);
        let live = Bitset::from_fn(rows.len() / 3, |row| gone >> (row % 64) & 1 == 0);
        let scan = Scan::new(&queries, k, &live);
        prop_assert_eq!(engine.search(&scan).unwrap(), engine.exact.search(&scan).unwrap());
        let calls = engine.calls.lock().unwrap().clone();
        prop_assert!(calls.scans.len() <= GROWTHS + 1);
    }
}

#[test]
fn a_scan_that_is_right_is_enough() {
    let rows: Vec<f32> = (0..100).map(|row| row as f32).collect();
    let engine = Sloppy::new(Metric::L2, &rows, 1, 0.0, 1);
    let live = Bitset::new(100, true);
    let found = engine.search(&Scan::new(&[30.2, 90.1], 3, &live)).unwrap();
    let rows: Vec<u32> = found[0].iter().map(|hit| hit.row).collect();
    assert_eq!(rows, [30, 31, 29]);
    let calls = engine.calls.lock().unwrap().clone();
    assert_eq!((calls.scans, calls.settled), (vec![4], 0));
}

#[test]
fn ties_take_a_fixed_number_of_passes() {
    let engine = Sloppy::new(Metric::L2, &vec![1.0; 4000], 2, 0.0, 1);
    let live = Bitset::from_fn(2000, |row| row != 1);
    let found = engine.search(&Scan::new(&[1.0, 2.0], 4, &live)).unwrap();
    let rows: Vec<u32> = found[0].iter().map(|hit| hit.row).collect();
    assert_eq!(rows, [0, 2, 3, 4]);
    let calls = engine.calls.lock().unwrap().clone();
    assert_eq!((calls.scans, calls.settled), (vec![5, 5 * FACTOR], 1));
}

#[test]
fn only_open_queries_are_scanned_again() {
    let mut rows = vec![5.0; 500];
    rows.extend((0..500).map(|row| 1000.0 + row as f32));
    let mut engine = Sloppy::new(Metric::L2, &rows, 1, 0.0, 1);
    engine.most = 8;
    let live = Bitset::new(1000, true);
    let scan = Scan::new(&[1003.0, 5.0, 1400.4], 2, &live);
    assert_eq!(
        engine.search(&scan).unwrap(),
        engine.exact.search(&scan).unwrap()
    );
    let calls = engine.calls.lock().unwrap().clone();
    assert_eq!((calls.scans, calls.settled), (vec![3, 8], 1));
    let empty = Scan::new(&[], 2, &live);
    assert!(engine.search(&empty).unwrap().is_empty());
    assert_eq!(
        engine.search(&Scan::new(&[1.0], 0, &live)).unwrap(),
        [vec![]]
    );
}
