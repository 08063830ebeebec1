//! Which lines the tests run, by crate.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use comfy_table::{Table, presets};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only the parts that build without Candle: minutes instead of an hour.
    #[arg(long)]
    quick: bool,
    /// Make the table from the counts of earlier runs.
    #[arg(long)]
    report: bool,
    /// Also list each file's lines that nothing ran, for files whose path contains this.
    #[arg(long)]
    missing: Option<String>,
    /// Arguments for Cargo, such as `--config profile.dev.package.candle-core.opt-level=0`.
    #[arg(last = true)]
    cargo: Vec<String>,
}

/// The test programs whose runs are counted, in two builds: without Candle, and with it.
const WITHOUT_CANDLE: &[&str] = &[
    "redwick-code-object",
    "redwick-hip",
    "redwick-kernels",
    "redwick-isa",
    "redwick-gpu",
    "redwick-hip-emulator",
    "redwick-tensor-ops",
];
const WITH_CANDLE: &[&str] = &["redwick-conformance", "redwick-candle-tests"];

/// The lines of the table, each with the folders and files that it counts.
const PARTS: &[(&str, &[&str])] = &[
    ("tensor-ops", &["crates/tensor-ops/src/"]),
    (
        "adapter in Candle",
        &[
            "candle/candle-core/rocm_backend/",
            "candle/candle-core/quantized/",
            "candle/candle-nn/src/",
        ],
    ),
    ("hip (driver)", &["crates/hip/src/"]),
    ("code-object", &["crates/code-object/src/"]),
    ("kernels (tables)", &["crates/kernels/src/"]),
    ("emulator: isa", &["emulator/isa/src/"]),
    ("emulator: gpu", &["emulator/gpu/src/"]),
    ("emulator: hip-emulator", &["emulator/hip-emulator/src/"]),
];

/// Lines of a file that have code, each with how often it ran.
type Lines = BTreeMap<usize, u64>;

pub(crate) fn run(options: &Options) -> Result<()> {
    if !options.report {
        tests(
            WITHOUT_CANDLE,
            &["--features", "redwick-tensor-ops/emulator"],
            options,
        )?;
        if !options.quick {
            tests(WITH_CANDLE, &[], options)?;
        }
    }
    let files = counted(&report()?)?;
    println!("{}", table(&files));
    if let Some(part) = &options.missing {
        for (path, lines) in files
            .iter()
            .filter(|(path, _)| path.contains(part.as_str()))
        {
            let missing = lines.iter().filter(|(_, count)| **count == 0);
            let missing: Vec<_> = missing.map(|(line, _)| line.to_string()).collect();
            println!("{path}: {}", missing.join(" "));
        }
    }
    Ok(())
}

/// Builds the packages' tests with counters, and runs them.
fn tests(packages: &[&str], arguments: &[&str], options: &Options) -> Result<()> {
    let mut cargo = llvm_cov()?;
    cargo
        .args(["test", "--no-report", "--no-fail-fast"])
        .args(arguments);
    for package in packages {
        cargo.args(["--package", package]);
    }
    let status = cargo
        .args(&options.cargo)
        .status()
        .context("starting Cargo")?;
    if !status.success() {
        println!("coverage: some tests failed; what they ran counts all the same");
    }
    Ok(())
}

/// Writes the counts of all runs to a file.
fn report() -> Result<PathBuf> {
    let path = std::env::temp_dir().join(format!("redwick-{}.lcov", std::process::id()));
    let mut cargo = llvm_cov()?;
    cargo.args(["report", "--lcov", "--output-path"]).arg(&path);
    let status = cargo.status().context("starting Cargo")?;
    if !status.success() {
        bail!("cargo llvm-cov made no report; run `cargo xtask coverage` without --report first");
    }
    Ok(path)
}

/// `cargo llvm-cov`, with LLVM's tools of the compiler's own version: rustup's component, or those
/// of the system.
fn llvm_cov() -> Result<Command> {
    let installed = Command::new(env!("CARGO"))
        .args(["llvm-cov", "--version"])
        .output();
    if !installed.is_ok_and(|output| output.status.success()) {
        bail!("cargo-llvm-cov is needed: cargo install cargo-llvm-cov --locked");
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo.arg("llvm-cov").current_dir(crate::root());
    let version = llvm_version()?;
    for (variable, tool) in [("LLVM_COV", "llvm-cov"), ("LLVM_PROFDATA", "llvm-profdata")] {
        let path = format!("/usr/bin/{tool}-{version}");
        if std::env::var_os(variable).is_none() && Path::new(&path).exists() {
            cargo.env(variable, path);
        }
    }
    Ok(cargo)
}

/// The major version of the compiler's LLVM.
fn llvm_version() -> Result<String> {
    let output = Command::new("rustc")
        .arg("-vV")
        .output()
        .context("starting rustc")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text
        .lines()
        .find_map(|line| line.strip_prefix("LLVM version: "));
    let major = version.and_then(|version| version.split('.').next());
    Ok(major.context("rustc -vV names no LLVM")?.to_owned())
}

/// The lines of our files in LLVM's report, without those of tests.
fn counted(report: &Path) -> Result<BTreeMap<String, Lines>> {
    let text = std::fs::read_to_string(report)?;
    std::fs::remove_file(report)?;
    let root = crate::root().canonicalize()?;
    let mut files: BTreeMap<String, Lines> = BTreeMap::new();
    let mut current = None;
    for line in text.lines() {
        if let Some(path) = line.strip_prefix("SF:") {
            current = ours(Path::new(path), &root);
        }
        if let (Some(path), Some((number, count))) = (&current, data(line)) {
            let lines = files.entry(path.clone()).or_default();
            *lines.entry(number).or_default() += count;
        }
    }
    for (path, lines) in &mut files {
        let source = std::fs::read_to_string(root.join(path)).unwrap_or_default();
        let end = tests_start(&source).unwrap_or(usize::MAX);
        lines.retain(|line, _| *line < end);
    }
    Ok(files)
}

/// A file's path in the tree, where it is one of [`PARTS`] and not of tests.
fn ours(path: &Path, root: &Path) -> Option<String> {
    let path = path.canonicalize().ok()?;
    let path = path.strip_prefix(root).ok()?.to_str()?.to_owned();
    let is_test = path.ends_with("tests.rs") || path.contains("/tests/");
    let counted = PARTS.iter().flat_map(|(_, places)| *places);
    let part = counted.into_iter().any(|place| path.starts_with(place));
    (part && !is_test).then_some(path)
}

/// `DA:12,345`: line 12 ran 345 times.
fn data(line: &str) -> Option<(usize, u64)> {
    let (number, count) = line.strip_prefix("DA:")?.split_once(',')?;
    Some((number.parse().ok()?, count.parse().ok()?))
}

/// The line at which a file's unit tests begin, where they are at its end.
fn tests_start(source: &str) -> Option<usize> {
    let mut lines = source.lines().enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        let next = lines
            .peek()
            .is_some_and(|(_, next)| next.starts_with("mod tests {"));
        if line == "#[cfg(test)]" && next {
            return Some(number + 1);
        }
    }
    None
}

fn table(files: &BTreeMap<String, Lines>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header(["part", "lines", "run by tests", "%"]);
    let mut sum = (0, 0);
    for (name, places) in PARTS {
        let of_part = |path: &str| places.iter().any(|place| path.starts_with(place));
        let files = files.iter().filter(|(path, _)| of_part(path));
        let (all, run) = files.fold((0, 0), |(all, run), (_, lines)| {
            let ran = lines.values().filter(|count| **count > 0).count();
            (all + lines.len(), run + ran)
        });
        sum = (sum.0 + all, sum.1 + run);
        table.add_row(row(name, all, run));
    }
    table.add_row(row("all of these", sum.0, sum.1));
    table
}

fn row(name: &str, all: usize, run: usize) -> [String; 4] {
    let percent = 100.0 * run as f64 / all.max(1) as f64;
    let [all, run] = [all, run].map(|count| count.to_string());
    [name.to_owned(), all, run, format!("{percent:.1}")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unit_tests_do_not_count() {
        let source = "fn a() {}\n\n#[cfg(test)]\nmod tests {\n}\n";
        assert_eq!(tests_start(source), Some(3));
        assert_eq!(tests_start("#[cfg(test)]\nfn helper() {}\n"), None);
    }

    #[test]
    fn a_line_of_the_report_is_read() {
        assert_eq!(data("DA:12,345"), Some((12, 345)));
        assert_eq!(data("FNDA:1,name"), None);
    }

    #[test]
    fn a_part_of_nothing_is_no_division_by_zero() {
        assert_eq!(row("x", 0, 0)[3], "0.0");
        assert_eq!(row("x", 8, 6)[3], "75.0");
    }
}
