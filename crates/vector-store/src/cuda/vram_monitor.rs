//! The memory of an NVIDIA GPU.

use std::sync::Arc;

use super::context::CudaContext;
use crate::error::Result;
use crate::traits::GpuContext;

/// What the driver says of a device's memory.
#[derive(Debug)]
pub struct CudaVramMonitor {
    context: Arc<CudaContext>,
}

impl CudaVramMonitor {
    /// A monitor of a context's device.
    ///
    /// # Errors
    /// None.
    pub fn new(context: Arc<CudaContext>) -> Result<Self> {
        Ok(Self { context })
    }

    /// Bytes of the device's memory that are in use, by whomever.
    ///
    /// # Errors
    /// As [`GpuContext::device_info`].
    pub fn get_vram_usage(&self) -> Result<u64> {
        Ok(GpuContext::device_info(&*self.context)?.used_vram_bytes)
    }

    /// Bytes of the device's memory that are free.
    ///
    /// # Errors
    /// As [`get_vram_usage`](Self::get_vram_usage).
    pub fn get_available_vram(&self) -> Result<u64> {
        Ok(GpuContext::device_info(&*self.context)?.available_vram_bytes)
    }
}
