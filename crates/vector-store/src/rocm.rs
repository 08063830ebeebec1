//! hive-gpu's ROCm backend: AMD GPUs, and the emulator's.

use std::sync::Arc;

use redwick_tensor_ops::{DeviceSpec, driver, is_available};

use crate::context::{BufferPool, DeviceContext, Kind, VectorStorage};
use crate::error::{HiveGpuError, Result};

/// The kind of [`RocmContext`].
#[derive(Debug, Clone, Copy)]
pub enum Rocm {}

impl Kind for Rocm {
    const BACKEND: &'static str = "ROCm";
}

/// A GPU behind HIP: a card, or the emulator.
pub type RocmContext = DeviceContext<Rocm>;

/// Vectors on a GPU behind HIP.
pub type RocmVectorStorage = VectorStorage;

/// Buffers on a GPU behind HIP.
pub type RocmBufferPool = BufferPool<Rocm>;

impl RocmContext {
    /// The first GPU of the HIP library that the environment names.
    ///
    /// # Errors
    /// [`HiveGpuError::DeviceInitializationFailed`] where there is none.
    pub fn new() -> Result<Arc<Self>> {
        Self::new_with_device(0)
    }

    /// A GPU by its number.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn new_with_device(ordinal: i32) -> Result<Arc<Self>> {
        let ordinal = usize::try_from(ordinal).map_err(|_| HiveGpuError::NoDeviceAvailable)?;
        Ok(Arc::new(Self::on_gpu(&DeviceSpec::from_env(ordinal))?))
    }

    /// A device by its name: `rocm:N`, `emulated:gfx942`, `nvidia:N`.
    ///
    /// # Errors
    /// As [`new`](Self::new), and where the name means nothing.
    pub fn open(device: &str) -> Result<Arc<Self>> {
        let spec = device.parse::<DeviceSpec>();
        let spec = spec.map_err(|error| HiveGpuError::InvalidConfiguration(error.to_string()))?;
        Ok(Arc::new(Self::on_gpu(&spec)?))
    }

    /// Whether there is a GPU.
    pub fn is_available() -> bool {
        is_available()
    }

    /// How many GPUs there are.
    ///
    /// # Errors
    /// [`HiveGpuError::RocmError`] where there is no HIP library.
    pub fn device_count() -> Result<usize> {
        let count = driver(&DeviceSpec::from_env(0)).and_then(|driver| Ok(driver.device_count()?));
        count.map_err(|error| HiveGpuError::RocmError(error.to_string()))
    }
}
