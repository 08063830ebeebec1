//! Random sequences of calls, on every device and storage dtype, against a model in plain Rust.

#![allow(clippy::unwrap_used)]

mod calls;
mod plain;
mod refusing;

use proptest::prelude::*;
use proptest::test_runner::{Config as Runs, TestRunner};

use calls::{Call, calls};
use plain::Plain;
use refusing::Refusing;
use tempfile::TempDir;
use vector_store::file::Stored;
use vector_store::shards::Shards;
use vector_store::store::{Compaction, Store};
use vector_store::{Config, Dtype, Engine, Metric, open};

const METRICS: [Metric; 3] = [Metric::L2, Metric::InnerProduct, Metric::Cosine];
const DTYPES: [Dtype; 4] = [Dtype::F32, Dtype::F16, Dtype::Bf16, Dtype::Int8];

/// A store and its model.
struct Pair {
    make: Make,
    store: Store,
    plain: Plain,
    folder: TempDir,
}

/// How an engine is made.
type Make = fn(Config) -> Box<dyn Engine>;

/// So little that sequences of a few calls reach it.
const COMPACTION: Compaction = Compaction {
    fraction: 0.4,
    least: 5,
};

impl Pair {
    fn new(make: Make, config: Config) -> Self {
        let store = Store::new(make(config)).unwrap();
        Self {
            make,
            store: store.compaction(Some(COMPACTION)),
            plain: Plain::new(config),
            folder: TempDir::new().unwrap(),
        }
    }

    /// Saves the store, and goes on with what is loaded.
    fn reload(&mut self) {
        let path = self.folder.path().join("store");
        self.store.save(&path).unwrap();
        let stored = Stored::open(&path).unwrap();
        let store = Store::restore(&stored, (self.make)(*self.store.config())).unwrap();
        self.store = store.compaction(Some(COMPACTION));
    }

    fn call(&mut self, call: &Call) -> Result<(), TestCaseError> {
        if matches!(call, Call::Reload) {
            self.reload();
        }
        let (left, right) = (
            call.on_store(&mut self.store),
            call.on_plain(&mut self.plain),
        );
        prop_assert_eq!(left, right, "{:?}", call);
        prop_assert_eq!(self.store.len(), self.plain.entries.len());
        for (entry, expected) in self.store.entries().zip(&self.plain.entries) {
            prop_assert_eq!(entry.id, &expected.id);
            prop_assert_eq!(self.store.row(entry.id), Some(entry.row));
            prop_assert_eq!(
                entry.metadata.cloned().unwrap_or_default(),
                expected.metadata.clone()
            );
            prop_assert_eq!(&self.store.vector(entry.row).unwrap(), &expected.numbers);
        }
        Ok(())
    }
}

fn check(make: Make, cases: u32, longest: usize) {
    let configs = (
        prop::sample::select(METRICS.to_vec()),
        prop::sample::select(DTYPES.to_vec()),
        prop::sample::select(vec![1usize, 3, 5, 20]),
    );
    let strategy = configs.prop_flat_map(|(metric, dtype, dimension)| {
        let config = Config::new(dimension, metric).dtype(dtype);
        (
            Just(config),
            prop::collection::vec(calls(dimension), 1..longest),
        )
    });
    let runs = Runs {
        cases,
        failure_persistence: None,
        ..Runs::default()
    };
    let result = TestRunner::new(runs).run(&strategy, |(config, calls)| {
        let mut pair = Pair::new(make, config);
        calls.iter().try_for_each(|call| pair.call(call))
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// Everything where the environment asks for it.
fn cases(few: u32, many: u32) -> u32 {
    match std::env::var("REDWICK_TEST_ALL").as_deref() {
        Ok("1") => many,
        _ => {
            println!("left out: {} of {many} sequences of calls", many - few);
            few
        }
    }
}

#[test]
fn the_cpu_does_as_the_model() {
    check(
        |config| open("cpu", config).unwrap(),
        cases(300, 20_000),
        30,
    );
}

#[test]
fn shards_do_as_the_model() {
    let make: Make = |config| {
        let shards = (0..3).map(|_| open("cpu", config).unwrap());
        Box::new(Shards::new(shards.collect()).unwrap())
    };
    check(make, cases(100, 10_000), 30);
}

/// Rows lie on all shards, of which one often has no room to compact.
#[test]
fn shards_of_which_one_refuses_to_compact_do_as_the_model() {
    let make: Make = |config| {
        let open = || open("cpu", config).unwrap();
        let shards = vec![open(), Refusing::over(open()), open()];
        Box::new(Shards::new(shards).unwrap().block(2))
    };
    check(make, cases(200, 10_000), 30);
}

/// Waves of 64 and of 32, every access checked.
#[test]
fn gpus_do_as_the_model() {
    let makes: [Make; 2] = [
        |config| open("emulated:gfx90a:checked", config).unwrap(),
        |config| open("emulated:gfx1100:checked", config).unwrap(),
    ];
    for make in makes {
        check(make, cases(40, 1000), 20);
    }
}
