//! The context of an NVIDIA GPU.

use redwick_tensor_ops::{DeviceSpec, Library, driver};

use crate::context::{DeviceContext, Kind};
use crate::device_info;
use crate::error::{HiveGpuError, Result};

/// The kind of [`CudaContext`].
#[derive(Debug, Clone, Copy)]
pub enum Cuda {}

impl Kind for Cuda {
    const BACKEND: &'static str = "CUDA";
}

/// An NVIDIA GPU.
pub type CudaContext = DeviceContext<Cuda>;

impl CudaContext {
    /// The first GPU.
    ///
    /// # Errors
    /// [`HiveGpuError::DeviceInitializationFailed`] where there is none, or no kernels for it.
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

    /// Whether [`new`](Self::new) would give a context.
    pub fn is_available() -> bool {
        Self::new().is_ok()
    }

    /// How many GPUs there are, with kernels or without.
    ///
    /// # Errors
    /// [`HiveGpuError::CudaError`] where there is no CUDA driver.
    pub fn device_count() -> Result<usize> {
        let count = driver(&spec(0)).and_then(|driver| Ok(driver.device_count()?));
        count.map_err(|error| HiveGpuError::CudaError(error.to_string()))
    }

    /// The device's number.
    pub fn device_id(&self) -> u32 {
        self.info().device_id.unsigned_abs()
    }

    /// Whether the device can do what a storage needs: whether there are kernels for it.
    pub fn supports_required_features(&self) -> bool {
        device_info::kernels(&self.gfx_string()).is_ok()
    }
}

fn spec(ordinal: usize) -> DeviceSpec {
    DeviceSpec {
        library: Library::Nvidia,
        ordinal,
    }
}
