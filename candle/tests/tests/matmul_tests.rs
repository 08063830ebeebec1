//! Candle's `tests/matmul_tests.rs`, unchanged, on emulated GPUs too.

#![allow(warnings, clippy::all)]

#[path = "harness/mod.rs"]
mod candle_core;

include!(concat!(env!("CANDLE_CORE_TESTS"), "/matmul_tests.rs"));
