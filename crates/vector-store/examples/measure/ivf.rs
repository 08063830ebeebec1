//! Recall and times of the index beside the exact answer, on random vectors in clusters.

use std::error::Error;
use std::time::Instant;

use redwick_tensor_ops::DeviceSpec;
use vector_store::device::DeviceEngine;
use vector_store::ivf::{Ivf, Training};
use vector_store::{Bitset, Config, Engine, Metric, Scan};

use super::{K, numbers};

const DIMENSION: usize = 128;
const CLUSTERS: usize = 4096;
const LISTS: usize = 1024;
const PROBES: [usize; 5] = [1, 4, 16, 64, 256];

/// Vectors around some centres.
fn clustered(count: usize, seed: u64) -> Vec<f32> {
    let centres = numbers(CLUSTERS * DIMENSION, 7);
    let mut rows = numbers(count * DIMENSION, seed);
    for (number, row) in rows.chunks_exact_mut(DIMENSION).enumerate() {
        let cluster = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 52;
        let centre = &centres[cluster as usize * DIMENSION..][..DIMENSION];
        row.iter_mut()
            .zip(centre)
            .for_each(|(x, centre)| *x += centre);
    }
    rows
}

/// Milliseconds of a query by the host's clock: alone, and in batches of 1000.
fn times(engine: &dyn Engine, queries: &[f32], live: &Bitset) -> Result<[f64; 2], Box<dyn Error>> {
    let mut milliseconds = [0.0; 2];
    for (time, (batch, repeats)) in milliseconds.iter_mut().zip([(1, 50), (1000, 3)]) {
        let mut batches = queries.chunks(batch * DIMENSION).cycle();
        let mut search = || match batches.next() {
            Some(queries) => engine.search(&Scan::new(queries, K, live)),
            None => Ok(Vec::new()),
        };
        search()?;
        let start = Instant::now();
        for _ in 0..repeats {
            search()?;
        }
        *time = start.elapsed().as_secs_f64() * 1e3 / f64::from(repeats);
    }
    Ok(milliseconds)
}

/// Prints the table.
pub(super) fn run(device: &DeviceSpec, rows: usize) -> Result<(), Box<dyn Error>> {
    let (data, queries) = (clustered(rows, 1), clustered(1000, 2));
    let config = Config::new(DIMENSION, Metric::L2);
    let make = |config| -> vector_store::engine::Result<Box<dyn Engine>> {
        Ok(Box::new(DeviceEngine::new(device, config)?))
    };
    let live = Bitset::new(rows, true);
    let mut flat = make(config)?;
    flat.append(&data)?;
    let [one, many] = times(&*flat, &queries, &live)?;
    println!("exact: batch 1 {one:.3} ms, batch 1000 {many:.2} ms");
    drop(flat);
    let start = Instant::now();
    let index = Ivf::build(config, &make, &data, &Training::new(LISTS), 1)?;
    let seconds = start.elapsed().as_secs_f32();
    println!("{LISTS} lists of {rows} x {DIMENSION} l2 f32, built in {seconds:.1} s");
    for probes in PROBES {
        index.probes().set(probes);
        let recall = index.recall(&Scan::new(&queries, K, &live), probes)?.mean;
        let [one, many] = times(&index, &queries, &live)?;
        println!(
            "{probes:4} lists: recall {recall:.4}, batch 1 {one:.3} ms, batch 1000 {many:.2} ms"
        );
    }
    Ok(())
}
