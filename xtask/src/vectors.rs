//! `cargo xtask vectors`: the vector store on real data, against faiss.
//!
//! Installs pinned wheels from PyPI under `target/vectors`, makes vectors, queries and faiss's exact
//! answers there, and runs the test that compares. With `--curve` it measures the index beside
//! faiss's instead, and draws docs/ivf.svg.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The command line.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Measure recall and time of the index and draw docs/ivf.svg.
    #[arg(long)]
    curve: bool,
    /// The device whose curve is drawn.
    #[arg(long, default_value = "cpu")]
    device: String,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let folder = crate::root().join("target/vectors");
    let (site, data) = (folder.join("site"), folder.join("data"));
    let tools = crate::root().join("xtask/vectors");
    if !site.join("faiss").exists() {
        install(&tools.join("requirements.txt"), &site)?;
    }
    // It is written last.
    if !data.join("faiss-ivf.csv").exists() {
        println!("making vectors and faiss's answers: a few minutes");
        std::fs::create_dir_all(&data)?;
        let mut python = Command::new("python3");
        succeed(python.arg(tools.join("make.py")).args([&site, &data]))?;
    }
    match options.curve {
        true => curve(&data, &options.device),
        false => compare(&data),
    }
}

fn install(requirements: &Path, site: &Path) -> Result<()> {
    println!("installing {}", requirements.display());
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--require-hashes",
    ];
    let mut python = Command::new("python3");
    python
        .args(pip)
        .arg("-r")
        .arg(requirements)
        .arg("--target")
        .arg(site);
    succeed(&mut python)
}

fn compare(data: &Path) -> Result<()> {
    let test = [
        "test",
        "--package",
        "redwick-vector-store",
        "--test",
        "real_data",
    ];
    let mut cargo = cargo(&test);
    let plain = ["--", "--nocapture", "--test-threads", "1"];
    succeed(cargo.args(plain).env("REDWICK_VECTORS_DATA", data))
}

fn curve(data: &Path, device: &str) -> Result<()> {
    let example = [
        "run",
        "--release",
        "--package",
        "redwick-vector-store",
        "--features",
        "emulator",
    ];
    let mut cargo = cargo(&example);
    let plot = crate::root().join("docs/ivf.svg");
    let arguments = [data.as_os_str(), OsStr::new(device), plot.as_os_str()];
    succeed(cargo.args(["--example", "ivf_curve", "--"]).args(arguments))
}

fn cargo(arguments: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(crate::root()).args(arguments);
    command
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?}"))?;
    if !status.success() {
        bail!("{command:?}: {status}");
    }
    Ok(())
}
