//! The device engine on emulated GPUs, which check every access, against the CPU's engine: the same
//! rows with the same bits of scores.

#![allow(clippy::unwrap_used)]

mod forms;

use redwick_tensor_ops::DeviceSpec;
use vector_store::cpu::CpuEngine;
use vector_store::device::DeviceEngine;
use vector_store::{Bitset, Config, Dtype, Engine, Metric, Scan};

const METRICS: [Metric; 3] = [Metric::L2, Metric::InnerProduct, Metric::Cosine];
const DTYPES: [Dtype; 4] = [Dtype::F32, Dtype::F16, Dtype::Bf16, Dtype::Int8];

/// Waves of 64 and of 32, with and without matrix instructions.
const TARGETS: [&str; 5] = ["gfx942", "gfx1100", "gfx90a", "gfx1030", "gfx1201"];

/// Targets for tests of what is alike on all: one of each size of wave, unless all are asked for.
fn few() -> &'static [&'static str] {
    match std::env::var_os("REDWICK_TEST_ALL") {
        Some(_) => &TARGETS,
        None => {
            println!("left out: targets {:?}", &TARGETS[2..]);
            &TARGETS[..2]
        }
    }
}

fn spec(target: &str) -> DeviceSpec {
    format!("emulated:{target}:checked").parse().unwrap()
}

/// Numbers between -1 and 1, the same in each run.
fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

struct Pair {
    device: DeviceEngine,
    cpu: CpuEngine,
    dimension: usize,
}

impl Pair {
    fn new(target: &str, config: Config) -> Self {
        Self {
            // Small chunks, so that there are several.
            device: DeviceEngine::with_chunks(&spec(target), config, Some(1 << 15)).unwrap(),
            cpu: CpuEngine::new(config).unwrap(),
            dimension: config.dimension,
        }
    }

    fn append(&mut self, rows: &[f32]) {
        self.device.append(rows).unwrap();
        self.cpu.append(rows).unwrap();
        assert_eq!(self.device.len(), self.cpu.len());
    }

    #[track_caller]
    fn agree(&self, scan: &Scan<'_>) {
        let (found, expected) = (self.device.search(scan), self.cpu.search(scan));
        assert_eq!(found.unwrap(), expected.unwrap());
    }

    #[track_caller]
    fn agree_on(&self, queries: &[f32], k: usize) {
        let live = Bitset::new(self.cpu.len(), true);
        self.agree(&Scan::new(queries, k, &live));
    }

    fn queries(&self, count: usize) -> Vec<f32> {
        numbers(count * self.dimension, 77)
    }
}

#[test]
fn every_metric_and_dtype_finds_the_same_on_every_target() {
    for target in TARGETS {
        for metric in METRICS {
            for dtype in DTYPES {
                let mut pair = Pair::new(target, Config::new(20, metric).dtype(dtype));
                pair.append(&numbers(20 * 333, 5));
                pair.agree_on(&pair.queries(3), 7);
            }
        }
    }
}

#[test]
fn products_of_tiles_find_the_same_on_every_target() {
    for target in TARGETS {
        for metric in METRICS {
            for dtype in DTYPES {
                let mut pair = Pair::new(target, Config::new(45, metric).dtype(dtype));
                pair.device.set_product_from(1);
                pair.append(&numbers(45 * 333, 5));
                pair.agree_on(&pair.queries(3), 7);
            }
        }
    }
    for target in few() {
        let mut pair = Pair::new(target, Config::new(70, Metric::L2));
        pair.append(&numbers(70 * 1001, 3));
        let queries = pair.queries(200);
        pair.agree_on(&queries, 5);
        pair.agree_on(&queries[..70 * 40], 100);
        let live = Bitset::from_fn(1001, |row| row % 64 > 40);
        pair.agree(&Scan::new(&queries, 9, &live));
        let ranges = vec![vec![7..50, 300..700]; 2];
        pair.device.set_product_from(1);
        pair.agree(&Scan {
            ranges: Some(&ranges),
            ..Scan::new(&queries[..140], 9, &live)
        });
    }
}

#[test]
fn scans_of_random_rows_are_certified() {
    for target in few() {
        for metric in METRICS {
            for dtype in DTYPES {
                for product_from in [1, 100] {
                    let mut pair = Pair::new(target, Config::new(32, metric).dtype(dtype));
                    pair.device.set_product_from(product_from);
                    pair.append(&numbers(32 * 6000, 5));
                    pair.agree_on(&pair.queries(2), 2);
                    assert_eq!(pair.device.settled(), 0, "{target} {metric} {dtype}");
                }
            }
        }
    }
}

#[test]
fn any_number_of_rows() {
    for target in few() {
        let config = Config::new(33, Metric::L2);
        let mut pair = Pair::new(target, config);
        let all = numbers(33 * 1009, 9);
        let queries = pair.queries(2);
        pair.agree_on(&queries, 3);
        let mut len = 0;
        for rows in [1, 31, 32, 33, 63, 64, 65, 127, 509, 1000, 1009] {
            pair.append(&all[len * 33..rows * 33]);
            len = rows;
            pair.agree_on(&queries, 10);
        }
        pair.device.truncate(500).unwrap();
        pair.cpu.truncate(500).unwrap();
        pair.agree_on(&queries, 10);
        pair.append(&all[..33 * 40]);
        pair.agree_on(&queries, 10);
        let mut row = [0.0; 33];
        pair.device.row(501, &mut row).unwrap();
        assert_eq!(row, all[33..66]);
        assert!(pair.device.row(540, &mut row).is_err());
    }
}

#[test]
fn any_number_of_queries_gives_the_same() {
    for target in few() {
        let mut pair = Pair::new(target, Config::new(24, Metric::Cosine));
        pair.append(&numbers(24 * 700, 3));
        let queries = pair.queries(29);
        pair.agree_on(&queries, 5);
        for count in [1, 2, 4, 5, 12, 13] {
            pair.agree_on(&queries[..count * 24], 5);
        }
    }
}

#[test]
fn any_number_of_results() {
    for target in few() {
        for metric in METRICS {
            let mut pair = Pair::new(target, Config::new(8, metric));
            pair.append(&numbers(8 * 1500, 4));
            let queries = pair.queries(2);
            for k in [1, 50, 400, 1000, 1499, 1500, 4000] {
                pair.agree_on(&queries, k);
            }
        }
    }
}

#[test]
fn only_chosen_rows_are_found() {
    for target in few() {
        let mut pair = Pair::new(target, Config::new(16, Metric::InnerProduct));
        pair.append(&numbers(16 * 900, 8));
        let live = Bitset::from_fn(900, |row| row % 3 != 0);
        let filter = Bitset::from_fn(800, |row| row % 7 == 1 || (200..300).contains(&row));
        let queries = pair.queries(2);
        let plain = Scan::new(&queries, 9, &live);
        pair.agree(&plain);
        let filtered = Scan {
            filter: Some(&filter),
            ..plain
        };
        pair.agree(&filtered);
        let ranges = [vec![3..40, 64..65, 500..900], vec![]];
        let ranged = Scan {
            ranges: Some(&ranges),
            ..filtered
        };
        pair.agree(&ranged);
        pair.agree(&Scan { k: 600, ..ranged });
        let none = Bitset::new(900, false);
        pair.agree(&Scan::new(&queries, 9, &none));
    }
}

#[test]
fn equal_rows_come_in_their_order() {
    for target in few() {
        for metric in METRICS {
            let mut pair = Pair::new(target, Config::new(4, metric));
            let rows = [[1.0f32, 0.0, 0.0, 0.0], [0.5, 0.5, 0.5, 0.5]].concat();
            pair.append(&rows.repeat(2000));
            let queries = [[1.0f32, 0.0, 0.0, 0.0], [0.0; 4]].concat();
            for k in [1, 10, 2500] {
                pair.agree_on(&queries, k);
            }
        }
    }
}

#[test]
fn numbers_far_from_zero_are_told_apart() {
    for target in few() {
        for dtype in DTYPES {
            let mut pair = Pair::new(target, Config::new(12, Metric::L2).dtype(dtype));
            let rows: Vec<f32> = numbers(12 * 400, 6).iter().map(|x| x + 1000.0).collect();
            pair.append(&rows);
            let queries: Vec<f32> = pair.queries(3).iter().map(|x| x + 1000.0).collect();
            pair.agree_on(&queries, 6);
        }
    }
}

#[test]
fn numbers_of_any_size_are_scored() {
    let target = TARGETS[1];
    for metric in METRICS {
        for dtype in DTYPES {
            let mut pair = Pair::new(target, Config::new(6, metric).dtype(dtype));
            let mut rows = numbers(6 * 200, 2);
            for (row, scale) in [(3, 1e30), (5, 1e-30), (8, 3e38), (9, 1e-44), (11, 0.0)] {
                rows[row * 6..row * 6 + 6]
                    .iter_mut()
                    .for_each(|x| *x *= scale);
            }
            pair.append(&rows);
            let mut queries = pair.queries(4);
            queries[..6].iter_mut().for_each(|x| *x *= 1e32);
            queries[6..12].iter_mut().for_each(|x| *x *= 1e-40);
            queries[12..18].fill(0.0);
            pair.agree_on(&queries, 12);
        }
    }
}

#[test]
fn compaction_keeps_order() {
    for target in few() {
        for dtype in [Dtype::F32, Dtype::Int8] {
            let mut pair = Pair::new(target, Config::new(64, Metric::L2).dtype(dtype));
            pair.append(&numbers(64 * 1000, 11));
            let queries = pair.queries(2);
            for keep in [2, 3, 1000] {
                let keep = Bitset::from_fn(pair.cpu.len(), |row| row % keep != 1);
                pair.device.compact(&keep).unwrap();
                pair.cpu.compact(&keep).unwrap();
                assert_eq!(pair.device.len(), pair.cpu.len());
                pair.agree_on(&queries, 10);
            }
            pair.append(&numbers(64 * 77, 12));
            pair.agree_on(&queries, 10);
            let none = Bitset::new(pair.cpu.len(), false);
            pair.device.compact(&none).unwrap();
            assert_eq!(pair.device.len(), 0);
        }
    }
}

#[test]
fn a_limit_is_kept_and_names_sizes() {
    let config = Config::new(64, Metric::L2).memory_limit(Some(100_000));
    let mut engine = DeviceEngine::with_chunks(&spec("gfx1100"), config, Some(1 << 15)).unwrap();
    engine.append(&numbers(64 * 100, 1)).unwrap();
    // What the device has free changes with the tests beside this one.
    let before = engine.held();
    let error = engine
        .append(&numbers(64 * 1000, 1))
        .unwrap_err()
        .to_string();
    assert!(error.contains("100000"), "{error}");
    assert_eq!((engine.len(), engine.held()), (100, before));
    assert!(before.used <= 100_000 && before.limit == Some(100_000));
    engine.append(&numbers(64 * 10, 1)).unwrap();
}

/// Nearly all of a limit holds vectors, and what is left is enough to search and to compact.
#[test]
fn a_limit_can_be_used() {
    for (dtype, share) in [(Dtype::F32, 0.85), (Dtype::Int8, 0.85)] {
        let limit = 2 << 20;
        let config = Config::new(64, Metric::L2)
            .dtype(dtype)
            .memory_limit(Some(limit));
        let mut engine = DeviceEngine::new(&spec("gfx1100"), config).unwrap();
        let rows = numbers(64 * 500, 1);
        let error = loop {
            if let Err(error) = engine.append(&rows) {
                break error.to_string();
            }
            assert!(engine.memory().used <= limit);
        };
        assert!(error.contains(&format!("its limit is {limit}")), "{error}");
        let row = if dtype == Dtype::F32 {
            260
        } else {
            64 + 8 + 256
        };
        let used = (engine.len() * row) as f64 / limit as f64;
        assert!(used >= share, "{dtype}: {used}");
        let mut cpu = CpuEngine::new(config.memory_limit(None)).unwrap();
        (0..engine.len() / 500).for_each(|_| cpu.append(&rows).unwrap());
        let agree = |engine: &DeviceEngine, cpu: &CpuEngine| {
            let live = Bitset::from_fn(engine.len(), |row| row % 500 % 7 != 3);
            for (count, k) in [(1, 10), (40, 10), (2, 500)] {
                let scan = Scan {
                    queries: &numbers(64 * count, 5),
                    ..Scan::new(&[], k, &live)
                };
                assert_eq!(engine.search(&scan).unwrap(), cpu.search(&scan).unwrap());
                assert!(engine.memory().used <= limit);
            }
        };
        agree(&engine, &cpu);
        let keep = Bitset::from_fn(engine.len(), |row| row % 3 != 0);
        engine.compact(&keep).unwrap();
        cpu.compact(&keep).unwrap();
        agree(&engine, &cpu);
        assert!(engine.memory().used < limit * 3 / 4);
        engine.truncate(0).unwrap();
        assert!(engine.memory().used < 1024, "{:?}", engine.memory());
    }
}

/// What searches need is counted, kept for reuse, and given back with the engine.
#[test]
fn the_driver_holds_what_is_counted() {
    // No other test uses this target.
    let spec: DeviceSpec = "emulated:gfx1151".parse().unwrap();
    let config = Config::new(64, Metric::L2).memory_limit(Some(8 << 20));
    let first = DeviceEngine::new(&spec, config).unwrap();
    let in_use = || first.memory().total - first.memory().free;
    let searched = || {
        let mut engine = DeviceEngine::new(&spec, config).unwrap();
        engine.append(&numbers(64 * 16_000, 1)).unwrap();
        let live = Bitset::new(16_000, true);
        let queries = numbers(64 * 300, 2);
        engine.search(&Scan::new(&queries, 10, &live)).unwrap();
        engine
    };
    // The first time loads kernels.
    drop(searched());
    let before = in_use();
    let engine = searched();
    let memory = engine.memory();
    assert!(memory.used <= 8 << 20, "{memory:?}");
    assert!(memory.spare > 0 && memory.used > 16_000 * 260, "{memory:?}");
    // The driver may round sizes up.
    let more = in_use() - before;
    assert!(
        (memory.used..=memory.used + 4096 * memory.buffers).contains(&more),
        "{more} {memory:?}"
    );
    drop(engine);
    assert_eq!(in_use(), before);
}

#[test]
fn the_device_is_what_the_driver_reports() {
    let engine = DeviceEngine::new(&spec("gfx1030"), Config::new(4, Metric::L2)).unwrap();
    let info = engine.info();
    assert_eq!(info.compute_capability.as_deref(), Some("gfx1030"));
    assert_eq!(info.backend, "ROCm");
    assert!(info.total_vram_bytes >= info.available_vram_bytes);
}
