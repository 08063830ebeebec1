//! Runs the conformance suite: to write docs/CONFORMANCE.md, to check it, or to look for races.

use std::process::Command;

use anyhow::{Context, Result, bail};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Check the page and write nothing.
    #[arg(long)]
    check: bool,
    /// Look for races on LDS, on a target of each wave size, in the cut of the cases; no page.
    #[arg(long, conflicts_with = "check")]
    races: bool,
    /// Arguments for Cargo, such as `--config profile.dev.package.candle-core.opt-level=0`.
    #[arg(last = true)]
    cargo: Vec<String>,
}

/// What looks for races: waves of 64 and of 32.
const RACES: &[(&str, &str)] = &[
    ("REDWICK_EMULATOR_RACES", "1"),
    ("REDWICK_TEST_DEVICES", "gfx942,gfx1100"),
    ("REDWICK_TEST_ALL", "0"),
];

/// Trials that launch nothing, or again what others launch.
const WITHOUT_RACES: &[&str] = &["cpu::", "coverage::", "::again::"];

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args([
        "test",
        "--package",
        "redwick-conformance",
        "--test",
        "suite",
    ]);
    cargo.args(&options.cargo).args(["--", "--quiet"]);
    if options.races {
        cargo.envs(RACES.iter().copied());
        cargo.args(WITHOUT_RACES.iter().flat_map(|trials| ["--skip", trials]));
    } else {
        let mode = if options.check { "check" } else { "write" };
        cargo.env("REDWICK_CONFORMANCE_PAGE", mode);
    }
    let status = cargo.current_dir(crate::root()).status();
    if !status.context("starting Cargo")?.success() {
        bail!("the suite or the page is not as it should be; see above");
    }
    Ok(())
}
