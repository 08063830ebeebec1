//! Runs the tests and says what ran, where, for how long, and what did not.

mod output;
mod report;
mod shard;

use std::io::{BufRead, BufReader};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use output::{Event, event};
use report::Report;
use shard::Shard;

/// Asks every test for all that it can do.
const ALL_VARIABLE: &str = "REDWICK_TEST_ALL";

/// The suite that every shard runs a part of.
const SHARED: &str = "redwick-conformance";

/// Features without which a package leaves tests out, where no other package asks for them.
const FEATURES: &[(&str, &str)] = &[("redwick-tensor-ops", "redwick-tensor-ops/emulator")];

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Run everything: all targets, all cases, all models, races, and the checks of kernels and decoder.
    #[arg(long)]
    all: bool,
    /// Only these packages.
    #[arg(short, long)]
    package: Vec<String>,
    /// Only one of N parts, such as `2/3`; together they are the whole run.
    #[arg(long, value_name = "I/N", conflicts_with = "package")]
    shard: Option<Shard>,
    /// Arguments for Cargo, such as `--config profile.dev.package.candle-core.opt-level=0`.
    #[arg(last = true)]
    cargo: Vec<String>,
}

/// What `--all` runs beside the workspace's tests: tasks of this program that need more than Rust.
const TASKS: &[&[&str]] = &[
    &["kernels", "--check"],
    &["disassembly", "--check"],
    &["conformance", "--races"],
    &["minilm"],
];

/// Those that build with Cargo themselves, and take arguments for it.
const BUILDING: &[&str] = &["minilm", "conformance"];

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut report = Report::default();
    let mut passed = workspace(options, &mut report)?;
    let (mine, others) = tasks(options);
    for task in mine {
        passed &= own_task(task, &options.cargo, &mut report)?;
    }
    for task in others {
        report.leave_out(format!("cargo xtask {}", task.join(" ")));
    }
    report.print(options.all);
    if !passed {
        bail!("some tests failed");
    }
    Ok(())
}

/// The tasks that this run runs, and those that it does not.
fn tasks(options: &Options) -> (Vec<&'static [&'static str]>, Vec<&'static [&'static str]>) {
    let whole = options.all && options.package.is_empty();
    let mine = |at: usize| whole && options.shard.is_none_or(|shard| shard.has(at));
    let numbered = TASKS.iter().copied().enumerate();
    let (mine, others): (Vec<_>, Vec<_>) = numbered.partition(|(at, _)| mine(*at));
    let tasks = |numbered: Vec<(usize, _)>| numbered.into_iter().map(|(_, task)| task).collect();
    (tasks(mine), tasks(others))
}

/// Runs `cargo test`, and shows a line when a suite ends and each test that fails.
fn workspace(options: &Options, report: &mut Report) -> Result<bool> {
    let (reader, writer) = std::io::pipe().context("making a pipe")?;
    let mut child = {
        // Dropped with its ends of the pipe, so that reading ends when the tests do.
        let mut cargo = cargo(options)?;
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

fn cargo(options: &Options) -> Result<Command> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(crate::root()).arg("test");
    match options.shard {
        None if options.package.is_empty() => {
            cargo.arg("--workspace");
        }
        None => select(&mut cargo, &options.package),
        Some(shard) => {
            select(&mut cargo, &packages_of(shard)?);
            shard.tell(&mut cargo);
        }
    }
    cargo.arg("--no-fail-fast").args(&options.cargo);
    // What a passing test prints says what it left out.
    cargo.args(["--", "--show-output"]);
    if options.all {
        cargo.arg("--include-ignored").env(ALL_VARIABLE, "1");
    } else {
        cargo.env("REDWICK_CONFORMANCE_PAGE", "check");
    }
    Ok(cargo)
}

/// Names packages to Cargo, with what their tests need.
fn select(cargo: &mut Command, packages: &[String]) {
    for name in packages {
        cargo.args(["--package", name]);
        let features = FEATURES.iter().filter(|(package, _)| package == name);
        cargo.args(features.flat_map(|(_, feature)| ["--features", feature]));
    }
}

/// The packages whose tests a shard runs.
fn packages_of(shard: Shard) -> Result<Vec<String>> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--no-deps", "--format-version", "1"]);
    let output = cargo.current_dir(crate::root()).output();
    let output = output.context("starting Cargo")?;
    if !output.status.success() {
        bail!("cargo metadata: {}", output.status);
    }
    shard.of_packages(&output.stdout, SHARED)
}

/// Runs a task of this program as one test.
fn own_task(task: &[&str], cargo: &[String], report: &mut Report) -> Result<bool> {
    let name = format!("cargo xtask {}", task.join(" "));
    println!("running {name}");
    let start = Instant::now();
    let program = std::env::current_exe().context("finding this program")?;
    let mut command = Command::new(program);
    command.args(task);
    if BUILDING.contains(&task[0]) && !cargo.is_empty() {
        command.arg("--").args(cargo);
    }
    let status = command.status()?;
    report.add_task(&name, status.success(), start.elapsed());
    Ok(status.success())
}
