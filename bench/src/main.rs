//! One list of cases on two backends: Redwick, on any of its devices, and Candle's CUDA backend.
//!
//! The source is compiled twice: here with Redwick's Candle, and in `candle-cuda/` with Candle as it is
//! on crates.io. Each program runs the same cases and writes its times; `--against` joins the two into
//! one table, which is printed and written as JSON.

mod backend;
mod case;
mod cases;
mod input;
mod measure;
mod report;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Parser;
use serde::Serialize;

use crate::case::Case;
use crate::measure::Timing;

/// Times Candle's operations on a GPU.
#[derive(Parser)]
struct Options {
    /// The device: for Redwick `nvidia:0`, `rocm:0` or `emulated:TARGET`; for Candle's CUDA backend its
    /// number.
    #[arg(long, default_value = backend::DEFAULT_DEVICE)]
    device: String,
    /// Only cases whose group or name contains one of these, separated by commas.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// No cases whose group or name contains one of these.
    #[arg(long, value_delimiter = ',')]
    skip: Vec<String>,
    /// Starts no case after so many seconds.
    #[arg(long)]
    seconds: Option<u64>,
    /// Divides the sizes: to try the list on a slow device.
    #[arg(long, default_value_t = 1)]
    shrink: usize,
    /// Writes the times of this backend to a file.
    #[arg(long)]
    save: Option<PathBuf>,
    /// Joins the times with those that the other backend saved.
    #[arg(long)]
    against: Option<PathBuf>,
    /// Writes the joined table as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

impl Options {
    fn wants(&self, case: &Case) -> bool {
        (self.only.is_empty() || case.is_named(&self.only)) && !case.is_named(&self.skip)
    }

    fn is_late(&self, start: Instant) -> bool {
        let limit = self.seconds.map(Duration::from_secs);
        limit.is_some_and(|limit| start.elapsed() > limit)
    }
}

fn main() -> Result<()> {
    let options = Options::parse();
    let start = Instant::now();
    let device = backend::open(&options.device)?;
    let limits = measure::limits(&device, options.shrink)?;
    let mut timings: Vec<Timing> = Vec::new();
    for case in cases::all(options.shrink) {
        if !options.wants(&case) {
            continue;
        }
        if options.is_late(start) {
            eprintln!("{}: no time left", case.key());
            continue;
        }
        let timing = measure::run(case, &device, &limits);
        eprintln!("{}", report::line(&timing));
        timings.push(timing);
        // After each case: what follows may end the program.
        if let Some(path) = &options.save {
            save(path, &timings)?;
        }
    }
    let other = options.against.as_deref().map(report::read).transpose()?;
    let rows = report::join(timings, other.unwrap_or_default());
    println!("{}", report::table(&rows, &limits));
    if let Some(path) = &options.json {
        save(path, &rows)?;
    }
    Ok(())
}

fn save(path: &Path, what: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(what)?;
    std::fs::write(path, text).with_context(|| path.display().to_string())
}
