//! Which backends this machine has, best first.

use std::fmt;

use crate::context::{DeviceContext, Kind};
use crate::cpu::CpuContext;
use crate::cuda::CudaContext;
use crate::error::{HiveGpuError, Result};
use crate::rocm::RocmContext;
use crate::traits::GpuBackend;

/// A kind of device. There are backends for [`Cuda`](Self::Cuda), [`Rocm`](Self::Rocm) and
/// [`Cpu`](Self::Cpu); the others are hive-gpu's and are never detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GpuBackendType {
    /// Apple's GPUs.
    Metal,
    /// NVIDIA's GPUs, through the HIP interface over the CUDA driver (`nvidia:N`). It runs the same
    /// kernels and is a development target: code objects for it are not part of this crate.
    Cuda,
    /// AMD's GPUs: what the HIP library that the environment names has, a card or the emulator; none where
    /// it names NVIDIA's.
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

/// The backends on whose first device a context can be made, in the order of preference: CUDA, ROCm,
/// CPU. A GPU without kernels for it does not count; the CPU always does.
pub fn detect_available_backends() -> Vec<GpuBackendType> {
    let backends = [
        (
            GpuBackendType::Cuda,
            CudaContext::is_available as fn() -> bool,
        ),
        (GpuBackendType::Rocm, RocmContext::is_available),
        (GpuBackendType::Cpu, || true),
    ];
    let there = backends.into_iter().filter(|(_, is_there)| is_there());
    there.map(|(backend, _)| backend).collect()
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

/// What the backend's first device is: its name, target, compute units and memory.
///
/// # Errors
/// [`HiveGpuError::NoDeviceAvailable`] for backends that this crate does not have, and why no context
/// can be made on the others.
pub fn get_backend_info(backend: GpuBackendType) -> Result<String> {
    found(backend).map(|found| found.text)
}

/// What the driver says of the speed of a backend's first device. A field of 0 is not known; all are
/// where no context can be made.
pub fn get_backend_performance_info(backend: GpuBackendType) -> BackendPerformanceInfo {
    found(backend).map_or_else(|_| nothing(backend), |found| found.performance)
}

/// What is known of the speed of a backend's device; 0 stands for what is not.
#[derive(Debug, Clone)]
pub struct BackendPerformanceInfo {
    /// The backend.
    pub name: String,
    /// Always 0, not known: no driver reports the speed of memory.
    pub memory_bandwidth_gbps: f32,
    /// Compute units as the driver counts them; on the CPU threads that a search uses.
    pub compute_units: usize,
    /// Memory in GiB, rounded.
    pub memory_size_gb: usize,
    /// Whether it searches graphs.
    pub supports_hnsw: bool,
    /// Whether it searches for many queries at once.
    pub supports_batch: bool,
}

struct Found {
    text: String,
    performance: BackendPerformanceInfo,
}

fn found(backend: GpuBackendType) -> Result<Found> {
    match backend {
        GpuBackendType::Cuda => CudaContext::new().map(|context| Found::on(&context)),
        GpuBackendType::Rocm => RocmContext::new().map(|context| Found::on(&context)),
        GpuBackendType::Cpu => Ok(Found::on(&CpuContext::new())),
        GpuBackendType::Metal | GpuBackendType::Intel => Err(HiveGpuError::NoDeviceAvailable),
    }
}

impl Found {
    fn on<K: Kind>(context: &DeviceContext<K>) -> Self {
        let info = GpuBackend::device_info(context);
        let can = context.supports_operations();
        let units = context.compute_units();
        let (target, unit) = match &info.compute_capability {
            Some(target) => (format!(" ({target})"), "compute units"),
            None => (String::new(), "threads"),
        };
        Self {
            text: format!(
                "{}: {}{target}, {units} {unit}, {} of {} MiB free",
                info.backend,
                info.name,
                info.available_vram_mb(),
                info.total_vram_mb()
            ),
            performance: BackendPerformanceInfo {
                name: info.backend,
                memory_bandwidth_gbps: 0.0,
                compute_units: units,
                memory_size_gb: (info.total_vram_bytes as f64 / GIB).round() as usize,
                supports_hnsw: can.supports_hnsw,
                supports_batch: can.supports_batch,
            },
        }
    }
}

const GIB: f64 = (1u64 << 30) as f64;

fn nothing(backend: GpuBackendType) -> BackendPerformanceInfo {
    BackendPerformanceInfo {
        name: backend.to_string(),
        memory_bandwidth_gbps: 0.0,
        compute_units: 0,
        memory_size_gb: 0,
        supports_hnsw: false,
        supports_batch: false,
    }
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

    #[test]
    fn what_is_not_there_has_no_figures() {
        for backend in [GpuBackendType::Metal, GpuBackendType::Intel] {
            let error = get_backend_info(backend).unwrap_err();
            assert!(matches!(error, HiveGpuError::NoDeviceAvailable), "{error}");
            let figures = get_backend_performance_info(backend);
            assert_eq!(figures.name, backend.to_string());
            assert_eq!((figures.compute_units, figures.memory_size_gb), (0, 0));
            assert!(!figures.supports_batch && !figures.supports_hnsw);
        }
    }

    #[test]
    fn the_cpu_is_this_machine() {
        let figures = get_backend_performance_info(GpuBackendType::Cpu);
        assert_eq!(figures.compute_units, rayon::current_num_threads());
        assert_eq!(figures.memory_bandwidth_gbps, 0.0, "nothing says");
        assert!(figures.supports_batch);
        let text = get_backend_info(GpuBackendType::Cpu).unwrap();
        assert!(
            text.starts_with("CPU: ") && text.contains("MiB free"),
            "{text}"
        );
    }
}
