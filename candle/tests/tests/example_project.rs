//! The project next door, which has nothing but the `[patch.crates-io]` lines, is built and run.

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

fn example(hip: &str) -> std::process::Output {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../example-project");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("..");
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["run", "--quiet", "--manifest-path"])
        .arg(project.join("Cargo.toml"));
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
