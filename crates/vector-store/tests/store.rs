//! Limits, errors and edges of a store, on the CPU.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use vector_store::cpu::CpuEngine;
use vector_store::engine::{Error, Shortage};
use vector_store::store::{Compaction, Condition, MAX_ID, Metadata, Search, Store};
use vector_store::{Bitset, Config, Dtype, Engine, GpuDeviceInfo, Hit, MemoryStats, Metric, Scan};

fn store(dimension: usize, metric: Metric) -> Store {
    Store::open("cpu", Config::new(dimension, metric)).unwrap()
}

fn ids(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| format!("v{number}")).collect()
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, Error>, says: &str) {
    let error = result.unwrap_err().to_string();
    assert!(error.contains(says), "{error}");
}

#[test]
fn bad_input_is_an_error_and_changes_nothing() {
    let mut store = store(2, Metric::L2);
    store.add(&["a"], &[1.0, 2.0], &[]).unwrap();
    refused(
        store.add(&["b"], &[1.0, 2.0, 3.0], &[]),
        "vector 1 has 1 numbers",
    );
    refused(
        store.add(&["b"], &[1.0, 2.0, 3.0, 4.0], &[]),
        "1 ids for 2 vectors",
    );
    refused(
        store.add(&["b"], &[1.0, f32::INFINITY], &[]),
        "number 1 of vector `b` is inf",
    );
    refused(store.add(&["a"], &[0.0; 2], &[]), "`a` is in the store");
    refused(
        store.add(&["b", "b"], &[0.0; 4], &[]),
        "`b` is in the batch twice",
    );
    refused(
        store.upsert(&["a", "a"], &[0.0; 4], &[]),
        "in the batch twice",
    );
    refused(store.add(&[""], &[0.0; 2], &[]), "an id of 0 bytes");
    refused(
        store.add(&["x".repeat(MAX_ID + 1)], &[0.0; 2], &[]),
        "bytes",
    );
    refused(
        store.add(&["b", "c"], &[0.0; 4], &[Metadata::new()]),
        "1 maps of metadata for 2",
    );
    refused(store.remove(&["a", "z"]), "`z`");
    refused(
        store.search(&Search::new(&[1.0], 1)),
        "query 0 has 1 numbers",
    );
    refused(
        store.search(&Search::new(&[1.0, 2.0, f32::NAN, 0.0], 1)),
        "number 0 of query 1",
    );
    refused(store.filter_ids(&["q"]), "`q`");
    refused(store.vector(7), "row 7 of 1");
    assert_eq!((store.len(), store.rows()), (1, 1));
    assert_eq!(store.vector(0).unwrap(), [1.0, 2.0]);
    refused(
        Store::open("cpu", Config::new(0, Metric::L2)).map(|_| ()),
        "0 numbers",
    );
    refused(
        Store::open("tpu", Config::new(1, Metric::L2)).map(|_| ()),
        "tpu",
    );
}

#[test]
fn edges_of_a_search() {
    let mut store = store(2, Metric::Cosine);
    assert_eq!(
        store.search(&Search::new(&[1.0, 0.0], 5)).unwrap(),
        [vec![]]
    );
    assert!(store.search(&Search::new(&[], 5)).unwrap().is_empty());
    store
        .add(
            &["zero", "right", "up"],
            &[0.0, 0.0, 1.0, 0.0, 0.0, 2.0],
            &[],
        )
        .unwrap();
    let search = |query: &[f32], k| -> Vec<(String, f32)> {
        let found = store.search(&Search::new(query, k)).unwrap();
        found[0]
            .iter()
            .map(|found| (found.id.to_string(), found.score))
            .collect()
    };
    assert!(search(&[1.0, 0.0], 0).is_empty());
    let all = search(&[0.0, 3.0], usize::MAX);
    let expected = [("up", 1.0), ("zero", 0.0), ("right", 0.0)];
    assert_eq!(all, expected.map(|(id, score)| (id.to_owned(), score)));
    assert!(
        search(&[0.0, 0.0], 3)
            .iter()
            .all(|(_, score)| *score == 0.0)
    );
}

#[test]
fn vectors_far_from_the_origin_come_back_right() {
    for dtype in [Dtype::F32, Dtype::F16, Dtype::Bf16, Dtype::Int8] {
        let config = Config::new(128, Metric::L2).dtype(dtype);
        let mut store = Store::open("cpu", config).unwrap();
        let row = |r: usize| (0..128).map(move |i| 1000.0 + ((r * 37 + i * 11) % 64) as f32 / 64.0);
        let numbers: Vec<f32> = (0..500).flat_map(row).collect();
        store.add(&ids(0..500), &numbers, &[]).unwrap();
        for query in [0, 17, 499] {
            let found = store
                .search(&Search::new(&numbers[query * 128..][..128], 3))
                .unwrap();
            assert_eq!(found[0][0].score, 0.0, "{dtype}");
            // Rows repeat every 64: the first of them is the answer.
            assert_eq!(found[0][0].row, query % 64, "{dtype}");
            assert_eq!(found[0][1].row, query % 64 + 64, "{dtype}");
        }
    }
}

#[test]
fn ties_keep_the_order_of_insertion() {
    let mut store = store(3, Metric::InnerProduct);
    let names = ids(0..20_000);
    store.add(&names, &vec![1.0; 60_000], &[]).unwrap();
    store.remove(&["v0", "v5"]).unwrap();
    store.add(&["v0"], &[1.0; 3], &[]).unwrap();
    let rows = |found: &[vector_store::Found]| -> Vec<usize> {
        found.iter().map(|found| found.row).collect()
    };
    let found = store.search(&Search::new(&[1.0; 6], 6)).unwrap();
    assert_eq!(rows(&found[0]), [1, 2, 3, 4, 6, 7]);
    assert_eq!(found[0], found[1]);
    let all = store.search(&Search::new(&[1.0; 3], 30_000)).unwrap();
    assert_eq!((all[0].len(), all[0].last().unwrap().row), (19_999, 20_000));
}

#[test]
fn any_batch_and_any_k_give_the_same() {
    let mut store = store(7, Metric::Cosine);
    let number = |i: usize| ((i * 2_654_435_761) % 1000) as f32 / 500.0 - 1.0;
    let numbers: Vec<f32> = (0..7 * 5000).map(number).collect();
    store.add(&ids(0..5000), &numbers, &[]).unwrap();
    let queries: Vec<f32> = (0..7 * 100).map(|i| number(i + 99_991)).collect();
    let batch = store.search(&Search::new(&queries, 2500)).unwrap();
    for (query, expected) in queries.chunks(7).zip(&batch) {
        let alone = store.search(&Search::new(query, 2500)).unwrap();
        assert_eq!(&alone[0], expected);
        let fewer = store.search(&Search::new(query, 10)).unwrap();
        assert_eq!(fewer[0], expected[..10]);
    }
}

/// So many results that queries are searched for in groups.
#[test]
fn groups_of_queries_find_what_each_finds() {
    let mut store = store(1, Metric::L2);
    let numbers: Vec<f32> = (0..40_000).map(|n| (n * 7919 % 40_000) as f32).collect();
    store.add(&ids(0..40_000), &numbers, &[]).unwrap();
    let queries: Vec<f32> = (0..120).map(|n| (n * 331) as f32).collect();
    let all = store.search(&Search::new(&queries, usize::MAX)).unwrap();
    assert_eq!(all.len(), 120);
    for (query, found) in queries.iter().zip(&all).step_by(17) {
        assert_eq!(found.len(), 40_000);
        assert_eq!(found[0].score, 0.0);
        let alone = store.search(&Search::new(&[*query], usize::MAX)).unwrap();
        assert_eq!(&alone[0], found);
    }
}

#[test]
fn filters_say_what_is_found() {
    let mut store = store(1, Metric::L2);
    let numbers: Vec<f32> = (0..100).map(|n| n as f32).collect();
    let size = |n: usize| Metadata::from([("size".to_owned(), n.to_string())]);
    let sizes: Vec<Metadata> = (0..100).map(size).collect();
    store.add(&ids(0..100), &numbers, &sizes).unwrap();
    let large = Condition::Between {
        key: "size".to_owned(),
        min: Some(90.0),
        max: None,
    };
    let large = store.filter_where(&large);
    let rows = |store: &Store, filter| -> Vec<usize> {
        let found = store
            .search(&Search::new(&[0.0], 3).filter(filter))
            .unwrap();
        found[0].iter().map(|found| found.row).collect()
    };
    assert_eq!(rows(&store, &large), [90, 91, 92]);
    store.remove(&["v91"]).unwrap();
    store.add(&["new"], &[0.5], &[]).unwrap();
    assert_eq!(rows(&store, &large), [90, 92, 93]);
    let two = store.filter_ids(&["v7", "new"]).unwrap();
    assert_eq!(rows(&store, &two), [100, 7]);
    assert!(rows(&store, &store.filter_by(|_, _| false)).is_empty());
    store.compact().unwrap();
    refused(
        store.search(&Search::new(&[0.0], 3).filter(&large)),
        "make it again",
    );
}

#[test]
fn a_limit_on_memory_is_kept() {
    let config = Config::new(16, Metric::L2).memory_limit(Some(100_000));
    let mut store = Store::open("cpu", config).unwrap();
    store.add(&ids(0..500), &vec![1.0; 8000], &[]).unwrap();
    let held = store.memory();
    assert!(held.used >= 32_000 && held.used <= 100_000, "{held:?}");
    let error = store
        .add(&ids(500..3000), &vec![1.0; 40_000], &[])
        .unwrap_err();
    let Error::OutOfMemory(shortage) = &error else {
        panic!("{error}");
    };
    assert_eq!(shortage.broken_limit(), Some(100_000));
    assert!(error.to_string().contains("its limit is 100000"), "{error}");
    assert_eq!((store.len(), store.rows()), (500, 500));
    assert_eq!(store.memory().used, held.used);
    store.clear().unwrap();
    assert_eq!(store.memory().used, 0);
}

#[test]
fn removed_rows_are_cleared_away() {
    let compaction = Compaction {
        fraction: 0.5,
        least: 10,
    };
    let mut store = store(1, Metric::L2).compaction(Some(compaction));
    let numbers: Vec<f32> = (0..40).map(|n| n as f32).collect();
    store.add(&ids(0..40), &numbers, &[]).unwrap();
    store.remove(&ids(0..19)).unwrap();
    assert_eq!((store.len(), store.rows()), (21, 40));
    store.remove(&["v20"]).unwrap();
    assert_eq!((store.len(), store.rows()), (20, 20));
    let order: Vec<&str> = store.entries().map(|entry| entry.id).collect();
    assert_eq!((order[0], order[1], order[19]), ("v19", "v21", "v39"));
    let done = store.upsert(&ids(21..40), &numbers[..19], &[]).unwrap();
    assert_eq!((done.replaced, done.rows.len()), (19, 19));
    let first = store.vector(done.rows.start).unwrap();
    assert_eq!((first[0], store.row("v21")), (0.0, Some(done.rows.start)));
}

/// An engine whose device has no memory left while the switch is on.
struct Full {
    inner: CpuEngine,
    full: Arc<AtomicBool>,
}

impl Full {
    fn room(&self) -> Result<(), Error> {
        let shortage = Shortage {
            what: "a test".to_owned(),
            requested: 3,
            used: 2,
            free: Some(1),
            limit: None,
        };
        match self.full.load(Ordering::Relaxed) {
            true => Err(Box::new(shortage).into()),
            false => Ok(()),
        }
    }
}

impl Engine for Full {
    fn config(&self) -> &Config {
        self.inner.config()
    }
    fn info(&self) -> GpuDeviceInfo {
        self.inner.info()
    }
    fn append(&mut self, rows: &[f32]) -> Result<(), Error> {
        self.room()?;
        self.inner.append(rows)
    }
    fn len(&self) -> usize {
        self.inner.len()
    }
    fn truncate(&mut self, rows: usize) -> Result<(), Error> {
        self.room()?;
        self.inner.truncate(rows)
    }
    fn search(&self, scan: &Scan<'_>) -> Result<Vec<Vec<Hit>>, Error> {
        self.inner.search(scan)
    }
    fn row(&self, row: usize, out: &mut [f32]) -> Result<(), Error> {
        self.inner.row(row, out)
    }
    fn compact(&mut self, keep: &Bitset) -> Result<(), Error> {
        self.room()?;
        self.inner.compact(keep)
    }
    fn memory(&self) -> MemoryStats {
        self.inner.memory()
    }
}

#[test]
fn a_device_that_fails_leaves_the_store_as_it_was() {
    let full = Arc::new(AtomicBool::new(false));
    let inner = CpuEngine::new(Config::new(1, Metric::L2)).unwrap();
    let engine = Full {
        inner,
        full: full.clone(),
    };
    let compaction = Compaction {
        fraction: 0.5,
        least: 1,
    };
    let mut store = Store::new(Box::new(engine))
        .unwrap()
        .compaction(Some(compaction));
    store.add(&["a", "b", "c"], &[1.0, 2.0, 3.0], &[]).unwrap();
    store.remove(&["a"]).unwrap();
    let state = |store: &Store| -> (usize, Vec<String>) {
        (
            store.rows(),
            store.entries().map(|entry| entry.id.to_owned()).collect(),
        )
    };
    let before = state(&store);
    let filter = store.filter_ids(&["b"]).unwrap();
    full.store(true, Ordering::Relaxed);
    refused(
        store.add(&["d"], &[4.0], &[]),
        "3 bytes asked, 2 used by this store, 1 free",
    );
    refused(
        store.upsert(&["b", "d"], &[4.0, 5.0], &[]),
        "no memory for a test",
    );
    refused(store.compact(), "no memory");
    refused(store.clear(), "no memory");
    assert_eq!(state(&store), before);
    let search = Search::new(&[0.0], 5);
    assert_eq!(store.search(&search.filter(&filter)).unwrap()[0].len(), 1);
    // Compaction is due and fails: that is no fault of the removal.
    assert_eq!(store.remove(&["b"]).unwrap(), 1);
    assert_eq!(state(&store), (3, vec!["c".to_owned()]));
    full.store(false, Ordering::Relaxed);
    assert_eq!(store.add(&["a"], &[0.5], &[]).unwrap(), 3..4);
    assert_eq!(store.upsert(&["c"], &[3.0], &[]).unwrap().rows, 1..2);
    assert_eq!(state(&store), (2, vec!["a".to_owned(), "c".to_owned()]));
}
