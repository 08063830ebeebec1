//! A search for more results than there is memory for is an error, not the end of the process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::process::Command;

use vector_store::store::{Search, Store};
use vector_store::{Config, Error, Metric};

const ROWS: usize = 50_000;
const QUERIES: usize = 1000;

/// Says that a process is the one with little memory.
const LIMITED: &str = "REDWICK_TEST_LIMITED";

#[test]
fn more_results_than_memory_are_an_error() {
    if std::env::var_os(LIMITED).is_some() {
        return limited();
    }
    let output = Command::new("sh")
        .args(["-c", "ulimit -v 600000 && exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "more_results_than_memory_are_an_error"])
        .env(LIMITED, "1")
        .env("RAYON_NUM_THREADS", "2")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

fn limited() {
    let mut store = Store::open("cpu", Config::new(1, Metric::L2)).unwrap();
    let ids: Vec<String> = (0..ROWS).map(|row| row.to_string()).collect();
    let numbers: Vec<f32> = (0..ROWS).map(|row| row as f32).collect();
    store.add(&ids, &numbers, &[]).unwrap();
    let error = store
        .search(&Search::new(&numbers[..QUERIES], ROWS))
        .unwrap_err();
    let Error::OutOfMemory(shortage) = &error else {
        panic!("{error}");
    };
    assert!(shortage.used > 0 && shortage.requested > 0, "{error}");
    let found = store.search(&Search::new(&numbers[..QUERIES], 3)).unwrap();
    assert_eq!((found.len(), found[7][0].row), (QUERIES, 7));
}
