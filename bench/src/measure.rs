//! How a case is timed.
//!
//! Inputs are random, and there are as many sets of them as it takes to exceed twice the L2 cache;
//! runs rotate among the sets. A sample is some runs between two events of the stream, enough of them
//! that it takes a millisecond or more; the result is the median of the samples, of which slow cases
//! take fewer. What needs the host's clock is waited for at the end of a sample. The host's time is
//! what it takes to enqueue a run.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use candle_core::{DType, Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::backend::Mark;
use crate::case::{Bounds, Case, Clock, Program};

const SAMPLES: usize = 15;
const FEWEST_SAMPLES: usize = 3;
/// A sample takes at least this long, where a case can be repeated so often.
const SAMPLE: Duration = Duration::from_millis(1);
const MAX_RUNS: usize = 500;
/// What all samples of a case may take, if that is enough for the fewest.
const BUDGET: Duration = Duration::from_millis(250);

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
    /// The least that a case takes: 0 where the limits say nothing on it.
    fn floor_ms(&self, case: &Bounds, output_bytes: u64) -> f64 {
        if case.clock == Clock::Host {
            return 0.0;
        }
        let bytes = case.bytes.unwrap_or(case.input_bytes + output_bytes);
        let moving = bytes as f64 / self.bytes_per_second;
        let half = usize::from(case.math.size_in_bytes() == 2);
        let computing = case.flops as f64 / self.flops_per_second[half];
        1e3 * moving.max(computing)
    }
}

/// Times a case.
pub(crate) fn run(case: Case, device: &Device, limits: &Limits) -> Timing {
    let mut timing = Timing {
        case: case.key(),
        group: case.group.to_owned(),
        ms: None,
        floor_ms: 0.0,
        host_us: None,
        error: None,
    };
    let bounds = case.bounds;
    match measured(case, device) {
        Ok(found) => {
            timing.floor_ms = limits.floor_ms(&bounds, found.output_bytes);
            timing.ms = Some(found.ms);
            timing.host_us = Some(found.host_us);
        }
        Err(error) => timing.error = first_line(&format!("{error:#}")),
    }
    timing
}

/// An error's words, without the backtrace that some of Candle's have.
fn first_line(text: &str) -> Option<String> {
    text.lines().next().map(str::to_owned)
}

struct Found {
    ms: f64,
    host_us: f64,
    output_bytes: u64,
}

fn measured(case: Case, device: &Device) -> Result<Found> {
    let clock = case.bounds.clock;
    let mut program = (case.make)(device)?;
    let output = program()?;
    let output_bytes = (output.elem_count() * output.dtype().size_in_bytes()) as u64;
    drop(output);
    let mut sample = |runs: usize| sample(&mut program, runs, clock, device);
    let (runs, samples) = plan(&mut sample)?;
    let samples = (0..samples)
        .map(|_| sample(runs))
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

/// How many runs a sample takes, and how many samples; warms up to find out.
fn plan(sample: &mut impl FnMut(usize) -> Result<(f64, f64)>) -> Result<(usize, usize)> {
    let budget = BUDGET.as_secs_f64() * 1e3;
    let shortest = SAMPLE.as_secs_f64() * 1e3;
    let (mut once, _) = sample(1)?;
    if once < budget / 50.0 {
        (once, _) = sample(5)?;
    }
    let once = once.max(1e-4);
    let runs = ((shortest / once).ceil() as usize).clamp(1, MAX_RUNS);
    if runs > 1 {
        sample(runs)?;
    }
    let samples = (budget / (once * runs as f64)) as usize;
    Ok((runs, samples.clamp(FEWEST_SAMPLES, SAMPLES)))
}

/// Milliseconds that a run takes, and microseconds of the host.
fn sample(program: &mut Program, runs: usize, clock: Clock, device: &Device) -> Result<(f64, f64)> {
    device.synchronize()?;
    let start = Mark::now(device)?;
    let host = Instant::now();
    for _ in 0..runs {
        program()?;
    }
    let enqueued = host.elapsed();
    let ms = match clock {
        Clock::Device => Mark::now(device)?.milliseconds_since(&start)?,
        Clock::Host => {
            device.synchronize()?;
            host.elapsed().as_secs_f64() * 1e3
        }
    };
    let runs = runs as f64;
    Ok((ms / runs, enqueued.as_secs_f64() * 1e6 / runs))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
