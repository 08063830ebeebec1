//! Writes docs/CONFORMANCE.md by running the conformance suite, or checks it.

use std::process::Command;

use anyhow::{Context, Result, bail};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Check the page and write nothing.
    #[arg(long)]
    check: bool,
    /// Arguments for Cargo, such as `--config profile.dev.package.candle-core.opt-level=0`.
    #[arg(last = true)]
    cargo: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let mode = if options.check { "check" } else { "write" };
    let status = Command::new(env!("CARGO"))
        .args([
            "test",
            "--package",
            "redwick-conformance",
            "--test",
            "suite",
        ])
        .args(&options.cargo)
        .args(["--", "--quiet"])
        .env("REDWICK_CONFORMANCE_PAGE", mode)
        .current_dir(crate::root())
        .status()
        .context("starting Cargo")?;
    if !status.success() {
        bail!("the suite or the page is not as it should be; see above");
    }
    Ok(())
}
