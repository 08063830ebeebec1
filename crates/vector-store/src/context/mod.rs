//! hive-gpu's contexts and storages over this crate's stores.
//!
//! Scores are hive-gpu's: larger is better. A Euclidean distance `d` is `1 / (1 + d)`, computed in f32
//! from the canonical squared distance; [`crate::Store`] gives squared distances as they are. Indices
//! stay as `add_vectors` gave them, also where the room of removed vectors is given back.

mod accounts;
mod ivf;
mod monitor;
mod pool;
mod storage;

use std::fmt;
use std::marker::PhantomData;
use std::path::PathBuf;

use redwick_hip::Device;
use redwick_tensor_ops::DeviceSpec;

use crate::cpu::CpuEngine;
use crate::device::DeviceEngine;
use crate::device_info;
use crate::engine::{Config, Engine, MAX_DIMENSION, Metric};
use crate::error::{HiveGpuError, Result};
use crate::store::Store;
use crate::traits::{GpuBackend, GpuContext, GpuVectorStorage};
use crate::types::{GpuCapabilities, GpuDeviceInfo, GpuDistanceMetric, GpuMemoryStats, HnswConfig};

pub use accounts::Holding;
pub use ivf::IvfIndex;
pub use pool::BufferPool;
pub use storage::VectorStorage;

use accounts::Accounts;

/// A canonical score as hive-gpu gives it.
pub(crate) fn similarity(metric: Metric, score: f32) -> f32 {
    match metric {
        Metric::L2 => 1.0 / (1.0 + score.sqrt()),
        Metric::InnerProduct | Metric::Cosine => score,
    }
}

/// A kind of context.
pub trait Kind {
    /// What hive-gpu calls the backend.
    const BACKEND: &'static str;
}

/// A device that makes storages.
pub struct DeviceContext<K> {
    name: String,
    place: Place,
    accounts: Accounts,
    /// Where the kernel describes PCI devices.
    pci: PathBuf,
    kind: PhantomData<fn() -> K>,
}

enum Place {
    Cpu,
    Gpu(DeviceSpec, Device),
}

/// A device that there are kernels for.
fn usable(spec: &DeviceSpec) -> Result<Device, crate::Error> {
    let device = redwick_tensor_ops::driver(spec)?.device(spec.ordinal)?;
    device_info::kernels(device.target())?;
    Ok(device)
}

impl<K: Kind> DeviceContext<K> {
    /// The context of a GPU by its name, where there are kernels for it.
    pub(crate) fn on_gpu(spec: &DeviceSpec) -> Result<Self> {
        let device = usable(spec)
            .map_err(|error| HiveGpuError::DeviceInitializationFailed(error.to_string()))?;
        Ok(Self::at(spec.to_string(), Place::Gpu(spec.clone(), device)))
    }

    pub(crate) fn on_cpu() -> Self {
        Self::at("cpu".to_owned(), Place::Cpu)
    }

    fn at(name: String, place: Place) -> Self {
        Self {
            name,
            place,
            accounts: Accounts::default(),
            pci: "/sys/bus/pci/devices".into(),
            kind: PhantomData,
        }
    }

    /// What [`crate::open()`] calls the device.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The device's marketing name.
    pub fn device_name(&self) -> String {
        self.info().name
    }

    /// Bytes of memory.
    pub fn total_memory(&self) -> u64 {
        self.info().total_vram_bytes
    }

    /// Bytes that are free.
    pub fn available_memory(&self) -> u64 {
        self.info().available_vram_bytes
    }

    /// The target that kernels are compiled for, such as `gfx1030`; empty on the CPU.
    pub fn gfx_string(&self) -> String {
        match &self.place {
            Place::Cpu => String::new(),
            Place::Gpu(_, device) => device.target().to_owned(),
        }
    }

    /// Major and minor number of the architecture: 10 and 3 for `gfx1030`, 9 and 0 for `gfx90a`.
    pub fn compute_capability(&self) -> (u32, u32) {
        device_info::capability(&self.gfx_string())
    }

    /// An empty storage with settings of this crate: dtype, limit on memory.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn create_store(&self, config: Config) -> Result<VectorStorage> {
        let storage = VectorStorage::of(Store::new(self.engine(config)?)?);
        let account = self.accounts.open(Holding::of(storage.store()));
        Ok(storage.with_account(account))
    }

    /// Compute units as the driver counts them (pairs of them on RDNA); on the CPU threads.
    pub fn compute_units(&self) -> usize {
        match &self.place {
            Place::Cpu => rayon::current_num_threads(),
            Place::Gpu(_, device) => device.properties().compute_units as usize,
        }
    }

    fn engine(&self, config: Config) -> Result<Box<dyn Engine>, crate::Error> {
        Ok(match &self.place {
            Place::Cpu => Box::new(CpuEngine::new(config)?),
            Place::Gpu(spec, _) => Box::new(DeviceEngine::new(spec, config)?),
        })
    }

    pub(crate) fn info(&self) -> GpuDeviceInfo {
        match &self.place {
            Place::Cpu => crate::cpu::device(),
            Place::Gpu(_, device) => device_info::of(device, K::BACKEND),
        }
    }

    fn memory(&self) -> GpuMemoryStats {
        let info = self.info();
        GpuMemoryStats {
            total_allocated: info.used_vram_bytes as usize,
            available: info.available_vram_bytes as usize,
            utilization: (info.vram_usage_percent() / 100.0) as f32,
            buffer_count: self
                .holdings()
                .iter()
                .map(|holding| holding.memory.buffers)
                .sum(),
        }
    }
}

impl<K: Kind> GpuBackend for DeviceContext<K> {
    fn device_info(&self) -> GpuDeviceInfo {
        self.info()
    }

    fn supports_operations(&self) -> GpuCapabilities {
        GpuCapabilities {
            supports_hnsw: false,
            supports_batch: true,
            max_dimension: MAX_DIMENSION,
            max_batch_size: u32::MAX as usize,
        }
    }

    fn memory_stats(&self) -> GpuMemoryStats {
        self.memory()
    }
}

impl<K: Kind> GpuContext for DeviceContext<K> {
    fn create_storage(
        &self,
        dimension: usize,
        metric: GpuDistanceMetric,
    ) -> Result<Box<dyn GpuVectorStorage>> {
        let config = Config::new(dimension, metric.into());
        Ok(Box::new(self.create_store(config)?))
    }

    fn create_storage_with_config(
        &self,
        dimension: usize,
        metric: GpuDistanceMetric,
        _: HnswConfig,
    ) -> Result<Box<dyn GpuVectorStorage>> {
        self.create_storage(dimension, metric)
    }

    fn memory_stats(&self) -> GpuMemoryStats {
        self.memory()
    }

    fn device_info(&self) -> Result<GpuDeviceInfo> {
        Ok(self.info())
    }
}

impl<K: Kind> fmt::Debug for DeviceContext<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(K::BACKEND)
            .field("device", &self.name)
            .finish()
    }
}
