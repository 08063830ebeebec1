//! One test suite over any device, each op against a CPU reference.
//!
//! The table of ops is in [`ops`]; [`op::Op::check`] runs one row on a device and says what went
//! wrong. [`conformance_tests!`] makes the whole suite's tests for one device.

pub mod compare;
mod devices;
pub mod op;
pub mod operand;
pub mod ops;
pub mod rng;
pub mod shapes;
mod suite;
pub mod view;

pub use devices::{EMULATED, emulated};
pub use suite::{FAMILIES, check_family};
