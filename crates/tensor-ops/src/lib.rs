//! Tensor operations on AMD GPUs: strided layouts, dtype dispatch and a caching allocator, from an op to a launch.

pub mod collapse;
mod dtype;
mod layout;
pub mod memory;
mod spec;

pub use dtype::DType;
pub use layout::Layout;
pub use spec::{DeviceSpec, LIBRARY_VARIABLE, Library, UnknownSpec};
