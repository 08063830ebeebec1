//! Tensor operations on AMD GPUs, from an op to a launch. Knows no framework.
//!
//! - [`open()`] gives a [`Context`]: a device, one stream, memory that is reused in the stream's order,
//!   and the kernels for its target.
//! - A [`Storage`] holds elements of a [`DType`]; a [`View`] is a storage with a [`Layout`] that
//!   stays inside it.
//! - [`ops`] has a function for each op: it checks its operands, collapses dimensions, allocates the
//!   result, picks the kernel from the manifest's table and launches it.
//! - [`custom`] loads and launches kernels that a user brings.
//! - [`quantized`] has packed weights, and the ops on them.
//! - [`decode`] has a language model's step of one token.
//! - [`Context::capture`] makes a [`Graph`] of ops, which one call launches again and again.
//!
//! Nothing waits for the device but [`Context::synchronize`], uploads and downloads.

pub mod collapse;
mod context;
pub mod custom;
pub mod decode;
mod dtype;
mod error;
mod faults;
mod graph;
mod launch;
mod layout;
pub mod memory;
mod open;
pub mod ops;
mod products;
pub mod quantized;
mod spec;
mod storage;

pub use context::{Context, DETERMINISTIC_VARIABLE};
pub use dtype::DType;
pub use error::{Error, Result};
pub use faults::{IndexBound, IndexFault};
pub use graph::Graph;
pub use layout::Layout;
pub use open::{compiler, driver, is_available, open, open_another};
pub use products::{BLAS_VARIABLE, PRODUCTS_VARIABLE, ProductsBy};
pub use redwick_hip as hip;
pub use spec::{COMPILER_VARIABLE, DeviceSpec, LIBRARY_VARIABLE, Library, UnknownSpec};
pub use storage::{Storage, View};
