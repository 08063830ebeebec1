//! The CPU's scan, whose bounds skip most rows, against scoring every row: numbers of all magnitudes,
//! near the ends of f32 too, where bounds on rounding are easily wrong.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use vector_store::cpu::CpuEngine;
use vector_store::{Bitset, Config, Dtype, Engine, Hit, Metric, Scan, canonical, certify, order};

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

proptest! {
    #[test]
    fn nothing_is_skipped_that_belongs_to_the_answer(
        metric in prop::sample::select(vec![Metric::L2, Metric::InnerProduct, Metric::Cosine]),
        dtype in prop::sample::select(vec![Dtype::F32, Dtype::F16, Dtype::Bf16, Dtype::Int8]),
        dimension in prop::sample::select(vec![1usize, 2, 9, 33, 64]),
        kinds in (0u8..8, 0u8..8),
        bits in prop::collection::vec(any::<u32>(), 64..4000),
        k in 1usize..12,
    ) {
        let of = |kind: u8, part: &[u32]| -> Vec<f32> {
            part.iter().map(|&bits| number(kind, bits)).collect()
        };
        let count = bits.len() / dimension;
        let rows = of(kinds.0, &bits[..count * dimension]);
        let mut queries = of(kinds.1, &bits[bits.len() - dimension..]);
        queries.extend_from_slice(&rows[..dimension]);
        let config = Config::new(dimension, metric).dtype(dtype);
        let mut engine = CpuEngine::new(config).unwrap();
        engine.append(&rows).unwrap();
        let live = Bitset::new(count, true);
        let found = engine.search(&Scan::new(&queries, k, &live)).unwrap();
        for (query, hits) in queries.chunks(dimension).zip(found) {
            let expected = every_row(&config, &rows, query, k);
            prop_assert_eq!(bits_of(&hits), bits_of(&expected), "{:?}", query);
        }
    }
}

fn bits_of(hits: &[Hit]) -> Vec<u64> {
    hits.iter()
        .map(|hit| order::key(hit.score, hit.row))
        .collect()
}
