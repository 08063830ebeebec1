//! The suite on emulated GPUs of each kind.

use candle_core::Device;

fn device(target: &str) -> Device {
    redwick_conformance::emulated(target).expect("an emulated GPU opens")
}

redwick_conformance::conformance_tests!(gfx90a, crate::device("gfx90a"));
redwick_conformance::conformance_tests!(gfx942, crate::device("gfx942"));
redwick_conformance::conformance_tests!(gfx1100, crate::device("gfx1100"));
