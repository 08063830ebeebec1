//! The emulated GPUs that models run on.

use candle_core::{DType, Device, Result, RocmDevice};

/// An emulated GPU, and the dtypes that models run in there.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its target.
    pub name: &'static str,
    /// The dtypes.
    pub dtypes: &'static [DType],
}

const BOTH: &[DType] = &[DType::F32, DType::F16];

/// What every run takes: either size of waves, either dtype.
const CUT: [Target; 2] = [
    Target {
        name: "gfx90a",
        dtypes: &[DType::F32],
    },
    Target {
        name: "gfx1100",
        dtypes: &[DType::F16],
    },
];

/// What is taken where the environment has `REDWICK_TEST_ALL`.
const ALL: [Target; 5] = [
    Target {
        name: "gfx90a",
        dtypes: BOTH,
    },
    Target {
        name: "gfx942",
        dtypes: BOTH,
    },
    Target {
        name: "gfx1030",
        dtypes: BOTH,
    },
    Target {
        name: "gfx1100",
        dtypes: BOTH,
    },
    Target {
        name: "gfx1201",
        dtypes: BOTH,
    },
];

/// The targets to test: a cut of them, or all where `REDWICK_TEST_ALL` is set.
pub fn targets() -> &'static [Target] {
    match std::env::var_os("REDWICK_TEST_ALL") {
        Some(_) => &ALL,
        None => {
            println!("left out: models on other targets than gfx90a (f32) and gfx1100 (f16)");
            &CUT
        }
    }
}

impl Target {
    /// The device.
    ///
    /// # Errors
    /// Where the emulator has no such target.
    pub fn open(&self) -> Result<Device> {
        RocmDevice::open(&format!("emulated:{}", self.name)).map(Device::Rocm)
    }
}
