//! The `tests/ops.rs` of candle-nn, unchanged, on emulated GPUs too: the fused operations.

#![allow(warnings, clippy::all)]

#[path = "harness/mod.rs"]
mod candle;

include!(concat!(env!("CANDLE_NN_TESTS"), "/ops.rs"));
