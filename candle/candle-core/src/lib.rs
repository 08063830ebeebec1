//! Candle's core, release 0.11.1, with AMD GPUs as one more device.
//!
//! Everything but the modules named after ROCm is that release: its source comes from crates.io and
//! gets its ROCm arms when this package is built (see `redwick-graft`). Its API is documented on
//! [docs.rs](https://docs.rs/candle-core/0.11.1). On top of it:
//!
//! - `Device::new_rocm(ordinal)`, `Device::rocm_if_available(ordinal)`, `Device::Rocm`,
//!   `DeviceLocation::Rocm`, `Storage::Rocm`, `Error::Rocm`, `RocmDevice`, `RocmStorage`;
//! - `rocm_fwd` beside `cuda_fwd` in the traits for custom ops;
//! - the features `rocm`, on by default, and `emulator`. With `default-features = false`,
//!   `Device::new_rocm` answers that the crate was built without ROCm support.

// The lints of this workspace are not those that Candle was written to. Our own modules turn theirs
// on again.
#![allow(warnings, clippy::all, rustdoc::all)]

/// Returns early with an error of Candle's made by `format!`.
#[macro_export]
macro_rules! bail {
    ($($message:tt)+) => {
        return Err($crate::Error::Msg(format!($($message)+)).bt())
    };
}

/// Hands arguments to the launch of one of CUDA's kernels.
#[macro_export]
macro_rules! builder_arg {
    ($builder:ident, $($argument:expr),*) => {
        $(let argument = $argument; $builder.arg(&argument);)*
    };
}

#[cfg(feature = "rocm")]
#[path = "../rocm_backend/mod.rs"]
pub mod rocm_backend;

#[cfg(feature = "rocm")]
#[path = "../quantized/rocm.rs"]
pub mod quantized_rocm;

include!(concat!(env!("OUT_DIR"), "/src/lib.rs"));
