//! The context of a GPU behind HIP.

use std::sync::Arc;

use redwick_tensor_ops::{DeviceSpec, Library, driver};

use crate::context::{DeviceContext, Kind};
use crate::error::{HiveGpuError, Result};

/// The kind of [`RocmContext`].
#[derive(Debug, Clone, Copy)]
pub enum Rocm {}

impl Kind for Rocm {
    const BACKEND: &'static str = "ROCm";
}

/// A GPU behind HIP: a card, or the emulator.
pub type RocmContext = DeviceContext<Rocm>;

impl RocmContext {
    /// The first GPU of the HIP library that the environment names.
    ///
    /// # Errors
    /// [`HiveGpuError::DeviceInitializationFailed`] where there is none, or no kernels for it, or the
    /// environment names NVIDIA's GPUs (`REDWICK_HIP=nvidia`).
    pub fn new() -> Result<Arc<Self>> {
        Self::new_with_device(0)
    }

    /// A GPU by its number.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn new_with_device(ordinal: i32) -> Result<Arc<Self>> {
        let ordinal = usize::try_from(ordinal).map_err(|_| HiveGpuError::NoDeviceAvailable)?;
        Self::opened(&DeviceSpec::from_env(ordinal))
    }

    /// A device by its name: `rocm:N`, `emulated:gfx942`.
    ///
    /// # Errors
    /// As [`new`](Self::new), and where the name means nothing.
    pub fn open(device: &str) -> Result<Arc<Self>> {
        let spec = device.parse::<DeviceSpec>();
        let spec = spec.map_err(|error| HiveGpuError::InvalidConfiguration(error.to_string()))?;
        Self::opened(&spec)
    }

    /// Whether [`new`](Self::new) would give a context.
    pub fn is_available() -> bool {
        Self::new().is_ok()
    }

    /// How many GPUs there are, with kernels or without.
    ///
    /// # Errors
    /// [`HiveGpuError::RocmError`] where there is no HIP library.
    pub fn device_count() -> Result<usize> {
        let spec = DeviceSpec::from_env(0);
        if spec.library == Library::Nvidia {
            return Ok(0);
        }
        let count = driver(&spec).and_then(|driver| Ok(driver.device_count()?));
        count.map_err(|error| HiveGpuError::RocmError(error.to_string()))
    }

    /// The device's number.
    pub fn device_id(&self) -> i32 {
        self.info().device_id
    }

    fn opened(spec: &DeviceSpec) -> Result<Arc<Self>> {
        if spec.library == Library::Nvidia {
            let reason = format!("{spec} is an NVIDIA GPU: make a CudaContext");
            return Err(HiveGpuError::DeviceInitializationFailed(reason));
        }
        Ok(Arc::new(Self::on_gpu(spec)?))
    }
}
