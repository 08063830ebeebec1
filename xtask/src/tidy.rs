//! The invariants of ARCHITECTURE.md that a program can check.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// Where `unsafe` may appear. Elsewhere it is an error.
const UNSAFE_ALLOWED: &[&str] = &[
    "crates/hip/",
    // Argument structs are plain bytes.
    "crates/kernels/src/walk.rs",
    // The one launch of all ops.
    "crates/tensor-ops/src/launch.rs",
    // A library of C functions for a test.
    "crates/tensor-ops/tests/library.rs",
    // The one launch of vector stores.
    "crates/vector-store/src/device/launch.rs",
    // The launch of kernels that a user brings, whose contract is the user's; and an example of it.
    "crates/tensor-ops/src/custom/launch.rs",
    "crates/tensor-ops/tests/custom.rs",
    "candle/candle-core/rocm_backend/custom.rs",
    "candle/custom-op/",
    "candle/tests/tests/custom_ops.rs",
    // A file that is mapped.
    "crates/vector-store/src/file/map.rs",
    // Files that are mapped, and a card that is none.
    "candle/tests/tests/errors.rs",
    "candle/tests/tests/loading.rs",
    // Candle's trait declares one of its methods so.
    "candle/candle-core/rocm_backend/device.rs",
    "emulator/gpu/",
    "emulator/hip-emulator/",
    "emulator/libamdhip64/",
    "hip-on-cuda/",
    // The opponent's fastest configuration is behind an unsafe function.
    "bench/src/backend.rs",
];

/// Which of our crates each crate may use; a crate that is not listed may use any.
const MAY_USE: &[(&str, &[&str])] = &[
    ("crates/hip", &[]),
    ("crates/code-object", &[]),
    ("crates/kernels", &["redwick-hip", "redwick-code-object"]),
    ("crates/serving", &[]),
    (
        "crates/vector-serving",
        &["redwick-serving", "redwick-vector-store"],
    ),
    ("candle/graft", &[]),
    (
        "crates/tensor-ops",
        &[
            "redwick-code-object",
            "redwick-hip",
            "redwick-kernels",
            "redwick-hip-emulator",
            "redwick-hip-on-cuda",
        ],
    ),
    (
        "crates/vector-store",
        &["redwick-hip", "redwick-kernels", "redwick-tensor-ops"],
    ),
    ("hip-on-cuda", &["redwick-hip"]),
    ("emulator/isa", &[]),
    ("emulator/gpu", &["redwick-isa", "redwick-code-object"]),
    (
        "emulator/hip-emulator",
        &["redwick-gpu", "redwick-hip", "redwick-code-object"],
    ),
    (
        "emulator/libamdhip64",
        &["redwick-hip-emulator", "redwick-hip"],
    ),
];

/// A longer hand-written source file holds more than one thing.
const MAX_LINES: usize = 600;

/// Files that are tables, whatever their length.
const TABLES: &[&str] = &["emulator/isa/src/opcode.rs"];

/// What opens unsafe code. This table and the next are written so that the file does not find itself.
const UNSAFE_FORMS: &[&str] = &[
    concat!("unsafe", " {"),
    concat!("unsafe", " fn"),
    concat!("unsafe", " impl"),
    concat!("unsafe", " extern"),
];

/// Promises that were not kept.
const MARKERS: &[&str] = &[
    concat!("FIX", "ME"),
    concat!("XX", "X "),
    concat!("todo", "!("),
];

pub(crate) fn run() -> Result<()> {
    let mut faults = Vec::new();
    for path in tracked_files()? {
        if path.ends_with(".rs") || path.ends_with(".hip") {
            check_source(&path, &mut faults)?;
        }
    }
    for (folder, allowed) in MAY_USE {
        check_dependencies(folder, allowed, &mut faults)?;
    }
    check_readme(&mut faults)?;
    if faults.is_empty() {
        println!("tidy: nothing to report");
        return Ok(());
    }
    bail!("{} faults\n  {}", faults.len(), faults.join("\n  "))
}

fn tracked_files() -> Result<Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(crate::root())
        .output()
        .context("git lists the files of the tree; is it installed?")?;
    Ok(String::from_utf8(output.stdout)?
        .lines()
        .map(str::to_owned)
        .collect())
}

fn read(path: &str) -> Result<String> {
    let path: &Path = &crate::root().join(path);
    std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}

fn check_source(path: &str, faults: &mut Vec<String>) -> Result<()> {
    let Ok(text) = read(path) else {
        return Ok(()); // Tracked and deleted, or not text.
    };
    let lines = text.lines().count();
    if lines > MAX_LINES && !TABLES.contains(&path) {
        faults.push(format!(
            "{path}: {lines} lines, more than {MAX_LINES}: split it by purpose"
        ));
    }
    let fenced = UNSAFE_ALLOWED.iter().any(|folder| path.starts_with(folder));
    for (number, line) in text.lines().enumerate() {
        if !fenced && uses_unsafe(line) {
            faults.push(format!("{path}:{}: unsafe outside its fence", number + 1));
        }
        if let Some(marker) = MARKERS.iter().find(|marker| line.contains(*marker)) {
            faults.push(format!("{path}:{}: {}", number + 1, marker.trim()));
        }
    }
    Ok(())
}

fn uses_unsafe(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    UNSAFE_FORMS.iter().any(|form| code.contains(form))
}

fn check_dependencies(folder: &str, allowed: &[&str], faults: &mut Vec<String>) -> Result<()> {
    let manifest: toml::Table = read(&format!("{folder}/Cargo.toml"))?.parse()?;
    let Some(dependencies) = manifest.get("dependencies").and_then(toml::Value::as_table) else {
        return Ok(());
    };
    for name in dependencies.keys() {
        if name.starts_with("redwick-") && !allowed.contains(&name.as_str()) {
            faults.push(format!(
                "{folder} uses {name}: dependencies run the other way"
            ));
        }
    }
    Ok(())
}

/// The command that README promises is the one that CI runs.
fn check_readme(faults: &mut Vec<String>) -> Result<()> {
    let command = "cargo test --workspace";
    for path in ["README.md", ".ci/run"] {
        if !read(path)?.contains(command) {
            faults.push(format!("{path} does not run `{command}`"));
        }
    }
    Ok(())
}
