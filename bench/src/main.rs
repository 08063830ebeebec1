//! One list of cases on two backends: Redwick, on any of its devices, and Candle's CUDA backend.
//!
//! The source is compiled twice: here with Redwick's Candle, and in `candle-cuda/` with Candle as it is
//! on crates.io. Each program runs the same cases and writes its times; `--against` joins the two into
//! one table, which is printed and written as JSON.

mod backend;
mod case;
mod cases;
mod measure;
mod report;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;

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

fn main() -> Result<()> {
    let options = Options::parse();
    let device = backend::open(&options.device)?;
    let limits = measure::limits(&device, options.shrink)?;
    let cases = cases::all(options.shrink);
    let wanted = cases.iter().filter(|case| case.is_named(&options.only));
    let mut timings: Vec<Timing> = Vec::new();
    for case in wanted {
        let timing = measure::run(case, &device, &limits);
        eprintln!("{}", report::line(&timing));
        timings.push(timing);
    }
    if let Some(path) = &options.save {
        let text = serde_json::to_string_pretty(&timings)?;
        std::fs::write(path, text).with_context(|| path.display().to_string())?;
    }
    let other = options.against.as_deref().map(report::read).transpose()?;
    let rows = report::join(timings, other.unwrap_or_default());
    println!("{}", report::table(&rows, &limits));
    if let Some(path) = &options.json {
        let text = serde_json::to_string_pretty(&rows)?;
        std::fs::write(path, text).with_context(|| path.display().to_string())?;
    }
    Ok(())
}
