//! The forms that a search has besides the plain one: by differences, in lists, with rows as they were
//! given on the host.

use std::ops::Range;

use vector_store::{Bitset, Config, Dtype, Engine, Metric, Originals, Scan};

use super::{DTYPES, METRICS, Pair, TARGETS, few, numbers};

/// Vectors a thousand away from zero and one from each other: products cannot order them, and no query
/// needs all rows scored for it.
#[test]
fn differences_certify_what_products_cannot() {
    for target in TARGETS {
        for (dtype, dimension) in [(Dtype::F32, 20), (Dtype::Int8, 45)] {
            let config = Config::new(dimension, Metric::L2).dtype(dtype);
            let mut pair = Pair::new(target, config);
            let far = |numbers: Vec<f32>| numbers.iter().map(|x| x + 1000.0).collect::<Vec<_>>();
            pair.append(&far(numbers(dimension * 3000, 6)));
            let queries = far(pair.queries(13));
            pair.agree_on(&queries, 6);
            assert_eq!(pair.device.settled(), 0, "{target} {dtype}");
            let live = Bitset::from_fn(3000, |row| row % 5 != 2);
            let ranges: Vec<Vec<Range<usize>>> = vec![std::iter::once(100..2500).collect(); 13];
            pair.agree(&Scan {
                ranges: Some(&ranges),
                ..Scan::new(&queries, 6, &live)
            });
            assert_eq!(pair.device.settled(), 0, "{target} {dtype}");
        }
    }
}

/// Some of 40 ranges for each of many queries, as an index gives them; some queries have none.
fn ranges(queries: usize, rows: usize) -> Vec<Vec<Range<usize>>> {
    let chances = numbers(queries * 40, 8);
    let each = rows.div_ceil(40);
    let of_query = |(query, chances): (usize, &[f32])| {
        let chosen = chances.iter().enumerate();
        chosen
            .filter(|&(_, &chance)| query % 7 != 5 && chance > 0.4)
            .map(|(list, _)| list * each..((list + 1) * each).min(rows))
            .collect()
    };
    chances.chunks(40).enumerate().map(of_query).collect()
}

#[test]
fn batches_look_at_lists_of_their_own() {
    for target in few() {
        for metric in METRICS {
            for dtype in DTYPES {
                let mut pair = Pair::new(target, Config::new(33, metric).dtype(dtype));
                pair.append(&numbers(33 * 1900, 5));
                let live = Bitset::from_fn(1900, |row| row % 64 != 7);
                let filter = Bitset::from_fn(1900, |row| row % 3 != 0);
                for count in [2, 31] {
                    let (queries, ranges) = (pair.queries(count), ranges(count, 1900));
                    let scan = Scan {
                        ranges: Some(&ranges),
                        ..Scan::new(&queries, 9, &live)
                    };
                    pair.agree(&scan);
                    pair.agree(&Scan {
                        filter: Some(&filter),
                        k: 200,
                        ..scan
                    });
                }
            }
        }
    }
}

#[test]
fn lists_are_scanned_on_every_target() {
    for target in TARGETS {
        let mut pair = Pair::new(target, Config::new(128, Metric::L2));
        pair.append(&numbers(128 * 900, 5));
        let (queries, ranges) = (pair.queries(24), ranges(24, 900));
        let live = Bitset::new(900, true);
        pair.agree(&Scan {
            ranges: Some(&ranges),
            ..Scan::new(&queries, 5, &live)
        });
        assert_eq!(pair.device.settled(), 0, "{target}");
    }
}

#[test]
fn originals_may_be_on_the_host() {
    for target in few() {
        for metric in METRICS {
            for dtype in DTYPES {
                let config = Config::new(30, metric).dtype(dtype);
                let mut there = Pair::new(target, config);
                let mut pair = Pair::new(target, config.originals(Originals::Host));
                for pair in [&mut there, &mut pair] {
                    pair.append(&numbers(30 * 1200, 4));
                    pair.append(&numbers(30 * 100, 14));
                    pair.device.truncate(1250).unwrap();
                    pair.cpu.truncate(1250).unwrap();
                }
                let memory = pair.device.memory();
                let saved = there.device.memory().used - memory.used;
                assert_eq!(memory.host > 0, dtype != Dtype::F32);
                assert_eq!(saved > 0, dtype != Dtype::F32, "{dtype} {saved}");
                let queries = pair.queries(14);
                for k in [6, 1249] {
                    pair.agree_on(&queries, k);
                }
                let live = Bitset::from_fn(1250, |row| row % 9 != 4);
                let ranges = ranges(14, 1250);
                pair.agree(&Scan {
                    ranges: Some(&ranges),
                    ..Scan::new(&queries, 6, &live)
                });
                pair.device.compact(&live).unwrap();
                pair.cpu.compact(&live).unwrap();
                pair.agree_on(&queries, 6);
                let mut row = [0.0; 30];
                let mut expected = row;
                pair.device.row(77, &mut row).unwrap();
                pair.cpu.row(77, &mut expected).unwrap();
                assert_eq!(row, expected);
            }
        }
    }
}
