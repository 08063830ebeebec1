//! hive-gpu's ROCm backend: AMD GPUs, and the emulator's.

pub mod context;
pub mod ivf;
pub mod vector_storage;

pub use context::{Rocm, RocmContext};
pub use ivf::RocmIvfIndex;
pub use vector_storage::RocmVectorStorage;

/// Buffers on a GPU behind HIP.
pub type RocmBufferPool = crate::context::BufferPool<Rocm>;
