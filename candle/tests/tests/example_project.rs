//! The project next door, which has nothing but the `[patch.crates-io]` lines.
//!
//! That the lines replace Candle is looked up in the default run. Building and running the project
//! compiles Candle once more, in a workspace of its own: that is left to `--all`.

use std::path::Path;
use std::process::Command;

/// Builds that project with as much as can be shared with this build, and the rest quickly.
const PROFILE: [&str; 8] = [
    "profile.dev.opt-level=2",
    "profile.dev.debug='line-tables-only'",
    "profile.dev.build-override.opt-level=1",
    "profile.dev.package.candle-core.opt-level=0",
    "profile.dev.package.candle-nn.opt-level=0",
    "profile.dev.package.redwick-gpu.opt-level=1",
    "profile.dev.package.redwick-hip-emulator.opt-level=0",
    "profile.dev.package.redwick-tensor-ops.opt-level=0",
];

/// A command of Cargo's on that project.
fn cargo(command: &[&str]) -> Command {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../example-project");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(command);
    cargo.arg("--manifest-path").arg(project.join("Cargo.toml"));
    cargo
}

#[test]
fn the_patch_lines_replace_candle() {
    for package in ["candle-core", "candle-nn"] {
        let mut tree = cargo(&["tree", "--depth", "0", "--package", package]);
        let output = tree.output().expect("cargo starts");
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        // A package of this tree is told with its folder, one of crates.io without.
        let folder = format!("/candle/{package})");
        let replaced = text.lines().any(|line| line.ends_with(&folder));
        assert!(replaced, "{text}{errors}");
    }
}

fn example(hip: &str) -> std::process::Output {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("..");
    let mut cargo = cargo(&["run", "--quiet"]);
    cargo.arg("--target-dir").arg(target);
    for setting in PROFILE {
        cargo.args(["--config", setting]);
    }
    cargo
        .env("REDWICK_HIP", hip)
        .output()
        .expect("cargo starts")
}

#[test]
#[ignore = "compiles Candle once more: minutes"]
fn a_project_with_only_the_patch_lines_runs_on_an_emulated_gpu() {
    let output = example("emulated:gfx942");
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert!(
        text.contains("[[20., 23., 26., 29.],\n [56., 68., 80., 92.]]"),
        "{text}"
    );
    assert!(text.contains("Tensor[[2, 4], f32, rocm:0]"), "{text}");
    assert!(text.contains("likeliest columns: [3, 3]"), "{text}");

    let output = example("/nowhere/libamdhip64.so");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(errors.contains("/nowhere/libamdhip64.so"), "{errors}");
}
