//! Which backends this machine has, best first.

use std::fmt;

use redwick_tensor_ops::{DeviceSpec, Library};

use crate::error::{HiveGpuError, Result};

/// A kind of device. There are backends for [`Cuda`](Self::Cuda), [`Rocm`](Self::Rocm) and
/// [`Cpu`](Self::Cpu); the others are hive-gpu's and are never detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GpuBackendType {
    /// Apple's GPUs.
    Metal,
    /// NVIDIA's GPUs, through the HIP interface over the CUDA driver (`nvidia:N`). It runs the same
    /// kernels and is a development target: code objects for it are not part of this crate.
    Cuda,
    /// AMD's GPUs: what the HIP library that the environment names has, a card or the emulator.
    Rocm,
    /// GPUs through Vulkan.
    Intel,
    /// This machine's cores.
    Cpu,
}

impl fmt::Display for GpuBackendType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Metal => "Metal",
            Self::Cuda => "CUDA",
            Self::Rocm => "ROCm",
            Self::Intel => "Intel",
            Self::Cpu => "CPU",
        })
    }
}

/// The backends that have a device here, in the order of preference: CUDA, ROCm, CPU. The CPU always
/// has.
pub fn detect_available_backends() -> Vec<GpuBackendType> {
    let devices = [
        (GpuBackendType::Cuda, Library::Nvidia),
        (GpuBackendType::Rocm, Library::from_env()),
    ];
    let there = devices
        .into_iter()
        .filter(|(_, library)| has_device(library));
    let mut backends: Vec<GpuBackendType> = there.map(|(backend, _)| backend).collect();
    backends.push(GpuBackendType::Cpu);
    backends
}

/// The first of [`detect_available_backends`].
///
/// # Errors
/// Never in practice, as there always is the CPU.
pub fn select_best_backend() -> Result<GpuBackendType> {
    let backends = detect_available_backends();
    backends
        .first()
        .copied()
        .ok_or(HiveGpuError::NoDeviceAvailable)
}

fn has_device(library: &Library) -> bool {
    let spec = DeviceSpec {
        library: library.clone(),
        ordinal: 0,
    };
    let count = redwick_tensor_ops::driver(&spec).and_then(|driver| Ok(driver.device_count()?));
    count.is_ok_and(|count| count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_comes_last() {
        let backends = detect_available_backends();
        assert_eq!(backends.last(), Some(&GpuBackendType::Cpu));
        assert_eq!(select_best_backend().unwrap(), backends[0]);
    }
}
