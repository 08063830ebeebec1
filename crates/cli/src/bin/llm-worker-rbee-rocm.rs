//! The language model worker of the ROCm backend.

use std::process::ExitCode;

use clap::Parser;
use redwick_cli::failure::report;
use redwick_cli::worker;

fn main() -> ExitCode {
    report(worker::run(worker::Args::parse()))
}
