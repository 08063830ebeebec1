//! Engines by the name of their device.

use redwick_tensor_ops::DeviceSpec;

use crate::cpu::CpuEngine;
use crate::device::DeviceEngine;
use crate::engine::{Config, Engine, Result};

/// An empty engine on a device: `cpu`, or a GPU as [`redwick_tensor_ops::DeviceSpec`] reads it
/// (`rocm:N`, `emulated:TARGET`, `nvidia:N`).
///
/// # Errors
/// Where the name means nothing, there is no such device, or the device cannot hold such vectors.
pub fn open(device: &str, config: Config) -> Result<Box<dyn Engine>> {
    match device {
        "cpu" => Ok(Box::new(CpuEngine::new(config)?)),
        other => {
            let spec: DeviceSpec = other.parse().map_err(redwick_tensor_ops::Error::from)?;
            Ok(Box::new(DeviceEngine::new(&spec, config)?))
        }
    }
}
