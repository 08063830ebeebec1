//! Scans, whose bounds skip most rows, against scoring every row: numbers of all magnitudes,
//! near the ends of f32 too, where bounds on rounding are easily wrong.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use proptest::test_runner::{Config as Runs, TestRunner};
use vector_store::{Bitset, Config, Dtype, Hit, Metric, Scan, canonical, certify, open, order};

/// A number of about the magnitude that `kind` says, from random bits.
fn number(kind: u8, bits: u32) -> f32 {
    let unit = bits as f32 / u32::MAX as f32 * 2.0 - 1.0;
    match kind {
        0 => unit,
        1 => 1000.0 + unit,
        2 => unit * 1e-40,
        3 => unit * 3.4e38,
        4 => unit * 1e20,
        5 => (unit * 4.0).round(),
        6 => 16384.0 + unit / 64.0,
        _ => f32::from_bits(bits & 0xbfff_ffff),
    }
}

fn every_row(config: &Config, rows: &[f32], query: &[f32], k: usize) -> Vec<Hit> {
    let norm = canonical::norm(query);
    let hit = |(row, numbers): (usize, &[f32])| Hit {
        row: row as u32,
        score: canonical::score(
            config.metric,
            query,
            norm,
            numbers,
            canonical::norm(numbers),
        ),
    };
    let hits = rows.chunks(query.len()).enumerate().map(hit).collect();
    certify::best(config.metric, k, hits)
}

/// An engine, what is in it, and what is searched for.
#[derive(Debug, Clone)]
struct Case {
    config: Config,
    rows: Vec<f32>,
    queries: Vec<f32>,
    k: usize,
}

fn case() -> impl Strategy<Value = Case> {
    let config = (
        prop::sample::select(vec![Metric::L2, Metric::InnerProduct, Metric::Cosine]),
        prop::sample::select(vec![Dtype::F32, Dtype::F16, Dtype::Bf16, Dtype::Int8]),
        prop::sample::select(vec![1usize, 2, 9, 33, 64]),
    );
    let numbers = (
        0u8..8,
        0u8..8,
        prop::collection::vec(any::<u32>(), 64..4000),
    );
    let many = prop_oneof![4 => 2usize..4, 1 => Just(40)];
    (config, numbers, 1usize..12, many).prop_map(|(config, (kind, other, bits), k, many)| {
        let (metric, dtype, dimension) = config;
        let of = |kind: u8, part: &[u32]| -> Vec<f32> {
            part.iter().map(|&bits| number(kind, bits)).collect()
        };
        let rows = of(kind, &bits[..bits.len() / dimension * dimension]);
        // Some are rows themselves.
        let mut queries = rows[..many.min(rows.len() / dimension) / 2 * dimension].to_vec();
        queries.extend(of(other, &bits[bits.len() - dimension..]));
        Case {
            config: Config::new(dimension, metric).dtype(dtype),
            rows,
            queries,
            k,
        }
    })
}

fn check(device: &str, cases: u32) {
    let runs = Runs {
        cases,
        failure_persistence: None,
        ..Runs::default()
    };
    let result = TestRunner::new(runs).run(&case(), |case| {
        let dimension = case.config.dimension;
        let mut engine = open(device, case.config).unwrap();
        engine.append(&case.rows).unwrap();
        let live = Bitset::new(engine.len(), true);
        let found = engine
            .search(&Scan::new(&case.queries, case.k, &live))
            .unwrap();
        for (query, hits) in case.queries.chunks(dimension).zip(found) {
            let expected = every_row(&case.config, &case.rows, query, case.k);
            prop_assert_eq!(bits_of(&hits), bits_of(&expected), "{:?}", query);
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{device}: {error}");
    }
}

/// Everything where the environment asks for it.
fn cases(few: u32, many: u32) -> u32 {
    match std::env::var("REDWICK_TEST_ALL").as_deref() {
        Ok("1") => many,
        _ => {
            println!("left out: {} of {many} searches", many - few);
            few
        }
    }
}

#[test]
fn the_cpu_skips_nothing_that_belongs_to_the_answer() {
    check("cpu", cases(500, 50_000));
}

#[test]
fn gpus_skip_nothing_that_belongs_to_the_answer() {
    for target in ["gfx90a", "gfx1100"] {
        check(&format!("emulated:{target}:checked"), cases(60, 1000));
    }
}

fn bits_of(hits: &[Hit]) -> Vec<u64> {
    hits.iter()
        .map(|hit| order::key(hit.score, hit.row))
        .collect()
}
