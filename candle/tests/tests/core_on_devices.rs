//! The tests of candle-core that take a device, unchanged, on the CPU and on emulated GPUs.
//!
//! This program's root is what they know as `candle_core`, and, where they say `crate`, their own:
//! Candle, with another `test_device!`.

#![allow(warnings, clippy::all)]

extern crate self as candle_core;

pub use grafted::quantized::k_quants;
pub use grafted::*;
pub use redwick_candle_tests::test_on_targets as test_device;

include!(concat!(env!("OUT_DIR"), "/candle-core.rs"));
