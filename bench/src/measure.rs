//! How a case is timed.
//!
//! Inputs are random, and there are as many sets of them as it takes to exceed twice the L2 cache;
//! runs rotate among the sets. A sample is some runs between two events of the stream, enough of them
//! that it takes a millisecond or more; the result is the median of the samples. The host's time is
//! what it takes to enqueue a run while the device is kept busy or has nothing to do, whichever comes.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use candle_core::{DType, Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::backend::Mark;
use crate::case::Case;

/// More than twice the largest L2 of the devices that this is run on.
const ROTATED_BYTES: u64 = 160 << 20;
const MAX_SETS: u64 = 64;
const SAMPLES: usize = 15;
/// A sample takes at least this long, where a case can be repeated so often.
const SAMPLE: Duration = Duration::from_millis(1);
const MAX_RUNS: usize = 500;

/// What a case took, or why it could not run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Timing {
    pub(crate) case: String,
    pub(crate) group: String,
    /// Median milliseconds on the device.
    pub(crate) ms: Option<f64>,
    /// The least time that the device's limits allow.
    pub(crate) floor_ms: f64,
    /// Median microseconds that the host spends on a run.
    pub(crate) host_us: Option<f64>,
    /// Why it did not run.
    pub(crate) error: Option<String>,
}

/// What the device reaches at most: its copies are measured in the same run.
pub(crate) struct Limits {
    /// Bytes read and written in a second by a large copy.
    pub(crate) bytes_per_second: f64,
    /// Floating-point operations in a second by a large product, of f32 and of 16 bits: known ones.
    pub(crate) flops_per_second: [f64; 2],
}

/// Rates of an H200 that PyTorch's library reached: 4096³ in f32 and bf16. A backend's own product is
/// what is being measured, and no limit.
const FLOPS_PER_SECOND: [f64; 2] = [51e12, 744e12];

/// Measures the device's limits.
pub(crate) fn limits(device: &Device, shrink: usize) -> Result<Limits> {
    let bytes = (1usize << 30) / shrink;
    let from = Tensor::ones(bytes / 4, DType::F32, device)?;
    let run = || from.copy();
    run()?;
    let mut times = Vec::new();
    for _ in 0..SAMPLES {
        let start = Mark::now(device)?;
        let copy = run()?;
        times.push(Mark::now(device)?.milliseconds_since(&start)?);
        drop(copy);
    }
    Ok(Limits {
        bytes_per_second: 2e3 * bytes as f64 / median(times),
        flops_per_second: FLOPS_PER_SECOND,
    })
}

impl Limits {
    fn floor_ms(&self, case: &Case, output_bytes: u64) -> f64 {
        let all = || case.inputs.iter().map(|input| input.bytes()).sum::<u64>() + output_bytes;
        let bytes = case.bytes.unwrap_or_else(all);
        let moving = bytes as f64 / self.bytes_per_second;
        let half = usize::from(case.math.size_in_bytes() == 2);
        let computing = case.flops as f64 / self.flops_per_second[half];
        1e3 * moving.max(computing)
    }
}

/// Times a case.
pub(crate) fn run(case: &Case, device: &Device, limits: &Limits) -> Timing {
    let mut timing = Timing {
        case: case.key(),
        group: case.group.to_owned(),
        ms: None,
        floor_ms: 0.0,
        host_us: None,
        error: None,
    };
    match measured(case, device) {
        Ok(found) => {
            timing.floor_ms = limits.floor_ms(case, found.output_bytes);
            timing.ms = Some(found.ms);
            timing.host_us = Some(found.host_us);
        }
        Err(error) => timing.error = Some(format!("{error:#}")),
    }
    timing
}

struct Found {
    ms: f64,
    host_us: f64,
    output_bytes: u64,
}

fn measured(case: &Case, device: &Device) -> Result<Found> {
    let bytes: u64 = case.inputs.iter().map(|input| input.bytes()).sum();
    let sets = ROTATED_BYTES.div_ceil(bytes.max(1)).clamp(1, MAX_SETS);
    let sets = (0..sets)
        .map(|_| case.inputs.iter().map(|input| input.make(device)).collect())
        .collect::<candle_core::Result<Vec<Vec<Tensor>>>>()?;
    let output = (case.run)(&sets[0])?;
    let output_bytes = (output.elem_count() * output.dtype().size_in_bytes()) as u64;
    drop(output);
    let mut turn = sets.iter().cycle();
    let mut batch = |runs: usize| -> Result<(f64, f64)> {
        device.synchronize()?;
        let start = Mark::now(device)?;
        let host = Instant::now();
        for inputs in turn.by_ref().take(runs) {
            (case.run)(inputs)?;
        }
        let host = host.elapsed().as_secs_f64() * 1e6 / runs as f64;
        let ms = Mark::now(device)?.milliseconds_since(&start)?;
        Ok((ms / runs as f64, host))
    };
    // Warm up, and find out how many runs a sample takes.
    let (once, _) = batch(3)?;
    let runs = (SAMPLE.as_secs_f64() * 1e3 / once.max(1e-6)).ceil() as usize;
    let runs = runs.clamp(1, MAX_RUNS);
    batch(runs)?;
    let samples = (0..SAMPLES)
        .map(|_| batch(runs))
        .collect::<Result<Vec<_>>>()?;
    let (times, hosts): (Vec<f64>, Vec<f64>) = samples.into_iter().unzip();
    let ms = median(times);
    ensure!(ms.is_finite(), "the device's events measured nothing");
    Ok(Found {
        ms,
        host_us: median(hosts),
        output_bytes,
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
