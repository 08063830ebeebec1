//! Candle's building blocks for neural nets, release 0.11.1, on AMD GPUs too.
//!
//! Everything but [`rocm_ops`], the fused operations, is that release: its source comes from
//! crates.io and gets its ROCm arms when this package is built (see `redwick-graft`). Its API is
//! documented on [docs.rs](https://docs.rs/candle-nn/0.11.1).

// The lints of this workspace are not those that Candle was written to. Our own module turns its
// lints on again.
#![allow(warnings, clippy::all, rustdoc::all)]

#[cfg(feature = "rocm")]
mod rocm_ops;

include!(concat!(env!("OUT_DIR"), "/src/lib.rs"));
