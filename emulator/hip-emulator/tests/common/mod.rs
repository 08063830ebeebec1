//! Code objects whose source is `crates/code-object/tests/fixtures/sample.hip`.
#![allow(dead_code, reason = "each test uses a part")]

use redwick_hip::{Device, LaunchShape, Module};

/// Each emulated target with its code object.
pub(crate) const TARGETS: &[(&str, &[u8])] = &[
    (
        "gfx90a",
        include_bytes!("../../../../crates/code-object/tests/fixtures/sample.gfx90a.hsaco"),
    ),
    (
        "gfx942",
        include_bytes!("../../../../crates/code-object/tests/fixtures/sample.gfx942.hsaco"),
    ),
    (
        "gfx1030",
        include_bytes!("../../../../crates/code-object/tests/fixtures/sample.gfx1030.hsaco"),
    ),
    (
        "gfx1100",
        include_bytes!("../../../../crates/code-object/tests/fixtures/sample.gfx1100.hsaco"),
    ),
    (
        "gfx1201",
        include_bytes!("../../../../crates/code-object/tests/fixtures/sample.gfx1201.hsaco"),
    ),
];

/// The code object for a target.
pub(crate) fn sample(target: &str) -> &'static [u8] {
    let found = TARGETS.iter().find(|(name, _)| *name == target);
    found.expect("a target with a fixture").1
}

/// A device of each target, checked, with the sample loaded.
pub(crate) fn devices() -> impl Iterator<Item = (Device, Module)> {
    TARGETS.iter().map(|(target, code)| {
        let driver = redwick_hip_emulator::driver(&format!("{target}:checked")).expect("emulated");
        let device = driver.device(0).expect("device 0");
        let module = device.load_module(code).expect("code for this target");
        (device, module)
    })
}

/// A launch in x alone.
pub(crate) fn line(blocks: u32, threads: u32) -> LaunchShape {
    LaunchShape {
        grid: [blocks, 1, 1],
        block: [threads, 1, 1],
        dynamic_lds: 0,
    }
}
