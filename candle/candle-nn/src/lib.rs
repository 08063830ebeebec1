//! Candle's building blocks for neural nets, release 0.11.1, on AMD GPUs too.
//!
//! Everything is that release: its source comes from crates.io and gets its ROCm arms when this
//! package is built (see `redwick-graft`). Its API is documented on
//! [docs.rs](https://docs.rs/candle-nn/0.11.1). The fused operations are `rocm_backend::fused` of
//! candle-core.

// The lints of this workspace are not those that Candle was written to.
#![allow(warnings, clippy::all, rustdoc::all)]

include!(concat!(env!("OUT_DIR"), "/src/lib.rs"));
