//! Runs the tests and says what ran, where, for how long, and what did not.

mod output;
mod report;

use std::io::{BufRead, BufReader};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use output::{Event, event};
use report::Report;

/// Asks every test for all that it can do.
const ALL_VARIABLE: &str = "REDWICK_TEST_ALL";

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Run everything: all targets, all cases, all models. Takes hours on two cores.
    #[arg(long)]
    all: bool,
    /// Only these packages.
    #[arg(short, long)]
    package: Vec<String>,
    /// Arguments for Cargo, such as `--config profile.dev.package.candle-core.opt-level=0`.
    #[arg(last = true)]
    cargo: Vec<String>,
}

/// What `--all` runs beside the workspace's tests: tasks of this program that need more than Rust.
const TASKS: &[&[&str]] = &[
    &["kernels", "--check"],
    &["disassembly", "--check"],
    &["minilm"],
];

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut report = Report::default();
    let mut passed = workspace(options, &mut report)?;
    if options.all {
        for task in TASKS {
            passed &= own_task(task, &mut report)?;
        }
    } else {
        for task in TASKS {
            report.leave_out(format!("cargo xtask {} (--all runs it)", task.join(" ")));
        }
    }
    report.print(options.all);
    if !passed {
        bail!("some tests failed");
    }
    Ok(())
}

/// Runs `cargo test`, and shows a line when a suite ends and each test that fails.
fn workspace(options: &Options, report: &mut Report) -> Result<bool> {
    let (reader, writer) = std::io::pipe().context("making a pipe")?;
    let mut child = {
        // Dropped with its ends of the pipe, so that reading ends when the tests do.
        let mut cargo = cargo(options);
        cargo.stdout(writer.try_clone()?).stderr(writer);
        cargo.spawn().context("starting Cargo")?
    };
    let mut failing = false;
    for line in BufReader::new(reader).lines() {
        let line = line.context("reading what Cargo says")?;
        let event = event(&line);
        failing = match (&event, failing) {
            (Event::Failures, _) => true,
            (Event::Suite(_) | Event::End { .. }, _) => false,
            (_, failing) => failing,
        };
        if failing || matches!(event, Event::Build) {
            println!("{line}");
        }
        if let Some(text) = report.take(event) {
            println!("{text}");
        }
    }
    Ok(child.wait().context("waiting for Cargo")?.success())
}

fn cargo(options: &Options) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(crate::root()).arg("test");
    if options.package.is_empty() {
        cargo.arg("--workspace");
    }
    for name in &options.package {
        cargo.args(["--package", name]);
    }
    cargo.arg("--no-fail-fast").args(&options.cargo);
    // What a passing test prints says what it left out.
    cargo.args(["--", "--show-output"]);
    if options.all {
        cargo.arg("--include-ignored").env(ALL_VARIABLE, "1");
    } else {
        cargo.env("REDWICK_CONFORMANCE_PAGE", "check");
    }
    cargo
}

/// Runs a task of this program as one test.
fn own_task(task: &[&str], report: &mut Report) -> Result<bool> {
    let name = format!("cargo xtask {}", task.join(" "));
    println!("running {name}");
    let start = Instant::now();
    let program = std::env::current_exe().context("finding this program")?;
    let status = Command::new(program).args(task).status()?;
    report.add_task(&name, status.success(), start.elapsed());
    Ok(status.success())
}
