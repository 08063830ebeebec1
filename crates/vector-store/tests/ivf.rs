//! The index: exact with all lists, ties included; close with few; whole after any change.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use vector_store::cpu::CpuEngine;
use vector_store::engine::Result;
use vector_store::file::Stored;
use vector_store::ivf::{Ivf, Training, train};
use vector_store::store::Metadata;
use vector_store::{Bitset, Config, Engine, Metric, Scan, Search, Store};

const METRICS: [Metric; 3] = [Metric::L2, Metric::InnerProduct, Metric::Cosine];

fn cpu(config: Config) -> Result<Box<dyn Engine>> {
    Ok(Box::new(CpuEngine::new(config)?))
}

/// Points around centres that lie far apart, from a small generator.
fn clouds(count: usize, dimension: usize, centres: usize) -> Vec<f32> {
    let mut state = 7u64;
    let mut next = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 24) as f32 - 0.5
    };
    let middles: Vec<f32> = (0..centres * dimension).map(|_| next() * 20.0).collect();
    (0..count)
        .flat_map(|row| {
            let middle = row * 31 % centres * dimension;
            (0..dimension)
                .map(|i| middles[middle + i] + next())
                .collect::<Vec<_>>()
        })
        .collect()
}

fn index(metric: Metric, rows: &[f32], dimension: usize, lists: usize) -> Ivf {
    let config = Config::new(dimension, metric);
    Ivf::build(config, &cpu, rows, &Training::new(lists), 4).unwrap()
}

#[test]
fn few_lists_find_almost_all_where_there_are_clouds() {
    let rows = clouds(6000, 8, 24);
    for metric in METRICS {
        let index = index(metric, &rows, 8, 24);
        assert_eq!(index.list_sizes().iter().sum::<usize>(), 6000);
        let live = Bitset::new(6000, true);
        let queries: Vec<f32> = rows.iter().take(200 * 8).map(|x| x + 0.01).collect();
        let scan = Scan::new(&queries, 10, &live);
        let few = index.recall(&scan, 4).unwrap();
        let all = index.recall(&scan, 24).unwrap();
        assert!(few.mean > 0.9, "{metric}: {few:?}");
        assert_eq!((all.mean, all.least, all.whole), (1.0, 1.0, 200));
    }
}

#[test]
fn training_is_the_same_each_time_and_moves_centres_apart() {
    let rows = clouds(2000, 4, 10);
    let config = Config::new(4, Metric::L2);
    let training = Training::new(10);
    let centres = train(&config, &cpu, &rows, &training).unwrap();
    assert_eq!(centres, train(&config, &cpu, &rows, &training).unwrap());
    let other = Training {
        seed: 2,
        ..training
    };
    assert_ne!(centres, train(&config, &cpu, &rows, &other).unwrap());
    // One list at least for each of most clouds.
    let index = Ivf::build(config, &cpu, &rows, &training, 1).unwrap();
    let sizes = index.list_sizes();
    assert!(
        sizes.iter().filter(|size| **size > 0).count() >= 9,
        "{sizes:?}"
    );
}

#[test]
fn lists_without_rows_of_their_own_are_split_off() {
    // Two points only, each many times: more lists than there are different points.
    let rows: Vec<f32> = (0..400).map(|i| (i / 2 % 2) as f32 * 8.0 + 1.0).collect();
    let index = index(Metric::L2, &rows, 2, 6);
    assert_eq!(index.list_sizes().iter().sum::<usize>(), 200);
    assert!(index.centres().iter().all(|x| x.is_finite()));
}

#[test]
fn wrong_trainings_are_refused() {
    let rows = clouds(5, 4, 2);
    let config = Config::new(4, Metric::L2);
    for lists in [0, 6] {
        let error = train(&config, &cpu, &rows, &Training::new(lists)).unwrap_err();
        assert!(error.to_string().contains("5 rows"), "{error}");
    }
    assert!(Ivf::new(config, &cpu, vec![], 1).is_err());
    assert!(Ivf::new(config, &cpu, vec![0.0; 6], 1).is_err());
    let mut index = Ivf::new(config, &cpu, vec![0.0; 8], 1).unwrap();
    assert!(index.append_assigned(&rows, &[0, 1]).is_err());
    assert!(index.append_assigned(&rows, &[0, 1, 2, 0, 0]).is_err());
    assert_eq!(index.len(), 0);
}

#[test]
fn a_store_over_an_index_is_saved_and_loaded_with_its_lists() {
    let rows = clouds(900, 6, 9);
    let ids: Vec<String> = (0..900).map(|row| format!("v{row}")).collect();
    let centres = train(&Config::new(6, Metric::L2), &cpu, &rows, &Training::new(9)).unwrap();
    let new_index =
        |centres: &[f32]| Ivf::new(Config::new(6, Metric::L2), &cpu, centres.to_vec(), 3).unwrap();
    let mut store = Store::new(Box::new(new_index(&centres))).unwrap();
    store.add(&ids, &rows, &[]).unwrap();
    store.remove(&["v3", "v5"]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    store.save(&path).unwrap();

    let stored = Stored::open(&path).unwrap();
    let index = Ivf::restore(&stored, &cpu, 3).unwrap().unwrap();
    let probes = index.probes().clone();
    let loaded = Store::restore(&stored, Box::new(index)).unwrap();
    let search = Search::new(&rows[..60], 12);
    assert_eq!(
        loaded.search(&search).unwrap(),
        store.search(&search).unwrap()
    );
    probes.set(9);
    let exact = Store::load(&path, "cpu").unwrap();
    assert_eq!(
        loaded.search(&search).unwrap(),
        exact.search(&search).unwrap()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// With all lists an index gives what a plain engine gives, after any additions, removals, filters
    /// and compactions; rows are few different points, so that ties are everywhere.
    #[test]
    fn all_lists_are_the_exact_answer(
        batches in prop::collection::vec(1usize..60, 1..5),
        lists in 1usize..8,
        metric in prop::sample::select(METRICS.to_vec()),
        k in 1usize..30,
        cut in 0usize..40,
        part in 2usize..6,
    ) {
        let rows = |seed: usize, count: usize| -> Vec<f32> {
            (0..count * 2).map(|i| ((i * 7 + seed) % 23 % 4) as f32 - 1.5).collect()
        };
        let first = rows(0, 40);
        let config = Config::new(2, metric);
        let mut index = Ivf::build(config, &cpu, &first, &Training::new(lists), lists).unwrap();
        let mut plain = cpu(config).unwrap();
        plain.append(&first).unwrap();
        for (seed, count) in batches.into_iter().enumerate() {
            for engine in [&mut index as &mut dyn Engine, &mut *plain] {
                engine.append(&rows(seed, count)).unwrap();
            }
        }
        let queries = rows(5, 6);
        for round in 0..3 {
            let live = Bitset::from_fn(plain.len(), |row| row % 5 != 1);
            let filter = Bitset::from_fn(plain.len(), |row| row % 7 != 2);
            let scan = Scan { filter: Some(&filter), ..Scan::new(&queries, k, &live) };
            prop_assert_eq!(index.search(&scan).unwrap(), plain.search(&scan).unwrap());
            for engine in [&mut index as &mut dyn Engine, &mut *plain] {
                let length = engine.len();
                match round {
                    0 => engine.compact(&Bitset::from_fn(length, |row| row % part != 0)).unwrap(),
                    _ => engine.truncate(length.saturating_sub(cut)).unwrap(),
                }
            }
            prop_assert_eq!(index.len(), plain.len());
        }
        let mut out = [[0.0; 2]; 2];
        for row in 0..plain.len() {
            plain.row(row, &mut out[0]).unwrap();
            index.row(row, &mut out[1]).unwrap();
            prop_assert_eq!(out[0], out[1]);
        }
    }
}

#[test]
fn metadata_and_filters_work_over_an_index() {
    let rows = clouds(100, 4, 5);
    let index = index(Metric::L2, &rows, 4, 5);
    let mut store = Store::new(Box::new(index)).unwrap();
    let ids: Vec<String> = (0..100).map(|row| row.to_string()).collect();
    let metadata: Vec<Metadata> = (0..100)
        .map(|row| Metadata::from([("odd".to_owned(), (row % 2).to_string())]))
        .collect();
    store.add(&ids, &rows, &metadata).unwrap();
    let filter = store.filter_by(|_, metadata| metadata["odd"] == "1");
    let found = store
        .search(&Search::new(&rows[..4], 10).filter(&filter))
        .unwrap();
    assert!(found[0].iter().all(|found| found.row % 2 == 1));
    assert!(!found[0].is_empty());
}

/// The index on emulated GPUs is the CPU's to the bit: centres, lists and answers.
#[test]
fn an_index_is_the_same_on_every_device() {
    let rows = clouds(400, 8, 6);
    let live = Bitset::from_fn(400, |row| row % 9 != 2);
    for metric in METRICS {
        let config = Config::new(8, metric);
        let on_cpu = Ivf::build(config, &cpu, &rows, &Training::new(6), 2).unwrap();
        let scan = Scan::new(&rows[..8 * 20], 7, &live);
        for target in ["emulated:gfx90a", "emulated:gfx1100"] {
            let make = |config| vector_store::open(target, config);
            let index = Ivf::build(config, &make, &rows, &Training::new(6), 2).unwrap();
            assert_eq!(index.centres(), on_cpu.centres(), "{target} {metric}");
            assert_eq!(
                index.list_of_row(),
                on_cpu.list_of_row(),
                "{target} {metric}"
            );
            assert_eq!(index.search(&scan).unwrap(), on_cpu.search(&scan).unwrap());
        }
    }
}
