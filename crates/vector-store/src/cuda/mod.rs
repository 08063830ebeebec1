//! hive-gpu's CUDA backend: NVIDIA GPUs (`nvidia:N`) through the HIP interface over the CUDA driver.
//!
//! It runs this crate's AMD kernels, compiled for the GPU at hand from the same sources. Their code
//! objects are not part of the crate (`REDWICK_CODE_OBJECTS` names the folder): it is there to develop
//! and measure on. Without that folder no context is made, and the backend is not detected.

pub mod context;
pub mod ivf;
pub mod vector_storage;
pub mod vram_monitor;

pub use context::{Cuda, CudaContext};
pub use ivf::CudaIvfIndex;
pub use vector_storage::CudaVectorStorage;
pub use vram_monitor::CudaVramMonitor;

/// Buffers on an NVIDIA GPU.
pub type CudaBufferPool = crate::context::BufferPool<Cuda>;
