//! The tests of candle-nn that take a device, unchanged, on the CPU and on emulated GPUs: the fused
//! operations.
//!
//! This program's root is what they know as `candle`: Candle, with another `test_device!`.

#![allow(warnings, clippy::all)]

extern crate self as candle;

pub use grafted::*;
pub use redwick_candle_tests::test_on_targets as test_device;

include!(concat!(env!("OUT_DIR"), "/candle-nn.rs"));
