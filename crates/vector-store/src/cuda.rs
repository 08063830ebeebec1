//! hive-gpu's CUDA backend: NVIDIA GPUs (`nvidia:N`) through the HIP interface over the CUDA driver.
//!
//! It runs this crate's AMD kernels, compiled for the GPU at hand from the same sources. Their code
//! objects are not part of the crate (`REDWICK_CODE_OBJECTS` names the folder): it is there to develop
//! and measure on.

use redwick_tensor_ops::{DeviceSpec, Library, driver};

use crate::context::{BufferPool, DeviceContext, Kind, VectorStorage};
use crate::error::{HiveGpuError, Result};

/// The kind of [`CudaContext`].
#[derive(Debug, Clone, Copy)]
pub enum Cuda {}

impl Kind for Cuda {
    const BACKEND: &'static str = "CUDA";
}

/// An NVIDIA GPU.
pub type CudaContext = DeviceContext<Cuda>;

/// Vectors on an NVIDIA GPU.
pub type CudaVectorStorage = VectorStorage;

/// Buffers on an NVIDIA GPU.
pub type CudaBufferPool = BufferPool<Cuda>;

impl CudaContext {
    /// The first GPU.
    ///
    /// # Errors
    /// [`HiveGpuError::DeviceInitializationFailed`] where there is none.
    pub fn new() -> Result<Self> {
        Self::new_with_device(0)
    }

    /// A GPU by its number.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn new_with_device(ordinal: usize) -> Result<Self> {
        Self::on_gpu(&spec(ordinal))
    }

    /// Whether there is a GPU.
    pub fn is_available() -> bool {
        Self::device_count().is_ok_and(|count| count > 0)
    }

    /// How many GPUs there are.
    ///
    /// # Errors
    /// [`HiveGpuError::CudaError`] where there is no CUDA driver.
    pub fn device_count() -> Result<usize> {
        let count = driver(&spec(0)).and_then(|driver| Ok(driver.device_count()?));
        count.map_err(|error| HiveGpuError::CudaError(error.to_string()))
    }
}

fn spec(ordinal: usize) -> DeviceSpec {
    DeviceSpec {
        library: Library::Nvidia,
        ordinal,
    }
}
