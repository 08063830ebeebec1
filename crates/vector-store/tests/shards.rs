//! Shards answer as one engine does, whatever was added, removed and compacted, with ties in plenty.

#![allow(clippy::unwrap_used)]

use std::ops::Range;

use proptest::prelude::*;
use vector_store::cpu::CpuEngine;
use vector_store::engine::Result;
use vector_store::shards::Shards;
use vector_store::store::Store;
use vector_store::{Bitset, Config, Engine, Error, Hit, MemoryStats, Metric, Scan, file, types};

const DIMENSION: usize = 3;

fn cpu(metric: Metric) -> Box<dyn Engine> {
    Box::new(CpuEngine::new(Config::new(DIMENSION, metric)).unwrap())
}

fn shards(count: usize, metric: Metric) -> Shards {
    Shards::new((0..count).map(|_| cpu(metric)).collect()).unwrap()
}

/// Small integers: many rows are equal, and more are equally far.
fn rows(count: usize, seed: usize) -> Vec<f32> {
    let number = |i: usize| ((i + seed) * 7919 % 101 % 5) as f32 - 2.0;
    (0..count * DIMENSION).map(number).collect()
}

#[derive(Debug, Clone)]
enum Step {
    Append(usize),
    Truncate(usize),
    Compact(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1usize..9000).prop_map(Step::Append),
        (1usize..300).prop_map(Step::Append),
        (1usize..200).prop_map(Step::Truncate),
        (2usize..9).prop_map(Step::Compact),
    ]
}

fn apply(engine: &mut dyn Engine, step: &Step) {
    match *step {
        Step::Append(count) => engine.append(&rows(count, engine.len())).unwrap(),
        Step::Truncate(fewer) => engine.truncate(engine.len().saturating_sub(fewer)).unwrap(),
        Step::Compact(part) => {
            let keep = Bitset::from_fn(engine.len(), |row| row * row % part != 1);
            engine.compact(&keep).unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn shards_answer_as_one_engine_does(
        steps in prop::collection::vec(step(), 1..7),
        count in 1usize..5,
        metric in prop::sample::select(vec![Metric::L2, Metric::InnerProduct, Metric::Cosine]),
        k in 1usize..40,
    ) {
        let (mut one, mut several) = (cpu(metric), shards(count, metric));
        for step in &steps {
            apply(&mut *one, step);
            apply(&mut several, step);
        }
        prop_assert_eq!(one.len(), several.len());
        let length = one.len();
        let live = Bitset::from_fn(length, |row| row % 11 != 4);
        let filter = Bitset::from_fn(length, |row| row / 100 % 3 != 1);
        let ranges: Vec<Vec<Range<usize>>> = (0..3)
            .map(|query| [1..length / 4, length / 3..length * (query + 1) / 4].map(|r| r.start.min(r.end)..r.end))
            .map(|ranges| ranges.to_vec())
            .collect();
        let queries = rows(3, 1);
        for scan in [
            Scan::new(&queries, k, &live),
            Scan { filter: Some(&filter), ..Scan::new(&queries, k, &live) },
            Scan { ranges: Some(&ranges), ..Scan::new(&queries, k, &live) },
        ] {
            prop_assert_eq!(one.search(&scan).unwrap(), several.search(&scan).unwrap());
        }
        let mut out = [[0.0; DIMENSION]; 2];
        for row in (0..length).step_by(97) {
            one.row(row, &mut out[0]).unwrap();
            several.row(row, &mut out[1]).unwrap();
            prop_assert_eq!(out[0], out[1]);
        }
    }
}

#[test]
fn rows_are_spread_evenly() {
    let mut shards = shards(3, Metric::L2);
    shards.append(&rows(30_000, 0)).unwrap();
    assert_eq!(shards.rows_of_shards(), [10_000; 3]);
    for _ in 0..30 {
        shards.append(&rows(1000, 0)).unwrap();
    }
    let lengths = shards.rows_of_shards();
    let (least, most) = (lengths.iter().min().unwrap(), lengths.iter().max().unwrap());
    assert!(most - least <= 5096, "{lengths:?}");
}

/// An engine that has room for so many rows, and may refuse to compact.
struct Small {
    inner: Box<dyn Engine>,
    room: usize,
    compacts: bool,
}

impl Engine for Small {
    fn config(&self) -> &Config {
        self.inner.config()
    }
    fn info(&self) -> types::GpuDeviceInfo {
        self.inner.info()
    }
    fn append(&mut self, rows: &[f32]) -> Result<()> {
        if self.len() + rows.len() / DIMENSION > self.room {
            return Err(Error::Other("full".to_owned()));
        }
        self.inner.append(rows)
    }
    fn len(&self) -> usize {
        self.inner.len()
    }
    fn truncate(&mut self, rows: usize) -> Result<()> {
        self.inner.truncate(rows)
    }
    fn search(&self, scan: &Scan<'_>) -> Result<Vec<Vec<Hit>>> {
        self.inner.search(scan)
    }
    fn row(&self, row: usize, out: &mut [f32]) -> Result<()> {
        self.inner.row(row, out)
    }
    fn compact(&mut self, keep: &Bitset) -> Result<()> {
        match self.compacts {
            true => self.inner.compact(keep),
            false => Err(Error::Other("no room to compact".to_owned())),
        }
    }
    fn lists(&self) -> Option<file::Lists<'_>> {
        None
    }
    fn memory(&self) -> MemoryStats {
        self.inner.memory()
    }
}

fn small(room: usize, compacts: bool) -> Box<dyn Engine> {
    Box::new(Small {
        inner: cpu(Metric::L2),
        room,
        compacts,
    })
}

#[test]
fn an_append_that_one_shard_refuses_changes_nothing() {
    let mut shards = Shards::new(vec![cpu(Metric::L2), small(5000, true)]).unwrap();
    shards.append(&rows(9000, 0)).unwrap();
    let before = shards.rows_of_shards();
    assert!(shards.append(&rows(4000, 1)).is_err());
    assert_eq!((shards.len(), shards.rows_of_shards()), (9000, before));
    shards.append(&rows(500, 2)).unwrap();
    assert_eq!(shards.len(), 9500);
}

#[test]
fn a_compaction_that_one_shard_refuses_loses_only_what_was_to_go() {
    let mut shards = Shards::new(vec![small(usize::MAX, true), small(usize::MAX, false)]).unwrap();
    let mut one = cpu(Metric::L2);
    for engine in [&mut shards as &mut dyn Engine, &mut *one] {
        engine.append(&rows(10_000, 0)).unwrap();
    }
    let keep = Bitset::from_fn(10_000, |row| row % 3 != 0);
    assert!(shards.compact(&keep).is_err());
    // Row numbers are what they were; rows that are not kept are not searched any more.
    assert_eq!(shards.len(), 10_000);
    let queries = rows(4, 3);
    let scan = Scan::new(&queries, 20, &keep);
    assert_eq!(shards.search(&scan).unwrap(), one.search(&scan).unwrap());
    let mut out = [0.0; DIMENSION];
    shards.row(1, &mut out).unwrap();
    assert_eq!(out[..], rows(10_000, 0)[DIMENSION..2 * DIMENSION]);
    let mut all = vec![1.0; 10_000 * DIMENSION];
    shards.rows(0, &mut all).unwrap();
    let expected = rows(10_000, 0);
    for (row, read) in all.chunks(DIMENSION).enumerate() {
        let there = &expected[row * DIMENSION..][..DIMENSION];
        let gone = !keep.get(row) && read.iter().all(|number| *number == 0.0);
        assert!(read == there || gone, "{row}");
    }
    assert!(shards.rows(9_999, &mut all[..2 * DIMENSION]).is_err());
}

#[test]
fn a_store_is_saved_after_a_shard_refused_to_compact() {
    let shards = Shards::new(vec![small(usize::MAX, true), small(usize::MAX, false)]).unwrap();
    let mut store = Store::new(Box::new(shards)).unwrap();
    let ids: Vec<String> = (0..20_000).map(|row| format!("v{row}")).collect();
    store.add(&ids, &rows(20_000, 0), &[]).unwrap();
    // Two of three rows: compaction is due, and fails.
    let gone: Vec<&String> = ids
        .iter()
        .enumerate()
        .filter(|(row, _)| row % 3 != 0)
        .map(|(_, id)| id)
        .collect();
    assert_eq!(store.remove(&gone).unwrap(), 13_333);
    assert_eq!((store.len(), store.rows()), (6667, 20_000));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    store.save(&path).unwrap();
    let loaded = Store::load(&path, "cpu").unwrap();
    assert_eq!((loaded.len(), loaded.rows()), (6667, 20_000));
    for id in ids.iter().step_by(300) {
        let [left, right] =
            [&store, &loaded].map(|store| store.vector(store.row(id).unwrap()).unwrap());
        assert_eq!(left, right);
        let row: usize = id[1..].parse().unwrap();
        assert_eq!(left, rows(20_000, 0)[row * DIMENSION..][..DIMENSION]);
    }
}

#[test]
fn shards_that_do_not_fit_together_are_refused() {
    let other = || Box::new(CpuEngine::new(Config::new(4, Metric::L2)).unwrap());
    assert!(Shards::new(Vec::new()).is_err());
    assert!(Shards::new(vec![cpu(Metric::L2), other()]).is_err());
    assert!(Shards::new(vec![cpu(Metric::L2), cpu(Metric::Cosine)]).is_err());
    let mut filled = cpu(Metric::L2);
    filled.append(&rows(1, 0)).unwrap();
    assert!(Shards::new(vec![cpu(Metric::L2), filled]).is_err());
}

/// Devices of three kinds share rows, and answer as the CPU does alone.
#[test]
fn devices_of_different_targets_share_rows() {
    let names = ["emulated:gfx90a", "cpu", "emulated:gfx1100"];
    for metric in [Metric::L2, Metric::InnerProduct, Metric::Cosine] {
        let open = |name| vector_store::open(name, Config::new(DIMENSION, metric)).unwrap();
        let mut several = Shards::new(names.map(open).into()).unwrap();
        let mut one = cpu(metric);
        for engine in [&mut several as &mut dyn Engine, &mut *one] {
            engine.append(&rows(9000, 0)).unwrap();
            let keep = Bitset::from_fn(9000, |row| row % 5 != 2);
            engine.compact(&keep).unwrap();
            engine.append(&rows(100, 3)).unwrap();
        }
        assert!(several.rows_of_shards().iter().all(|rows| *rows > 500));
        let live = Bitset::from_fn(one.len(), |row| row % 11 != 4);
        let queries = rows(5, 1);
        let scan = Scan::new(&queries, 33, &live);
        assert_eq!(several.search(&scan).unwrap(), one.search(&scan).unwrap());
        let mut out = [(); 2].map(|()| vec![0.0; 6000 * DIMENSION]);
        one.rows(1000, &mut out[0]).unwrap();
        several.rows(1000, &mut out[1]).unwrap();
        assert_eq!(out[0], out[1]);
        assert!(several.rows(one.len() - 1, &mut out[1]).is_err());
    }
}
