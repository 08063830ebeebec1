//! A program written for hive-gpu 0.2.0, with this crate under its name.

#![allow(clippy::unwrap_used)]

extern crate vector_store as hive_gpu;

mod detection;
mod index;
mod small;

use std::collections::HashMap;
use std::sync::Arc;

use hive_gpu::backends::{GpuBackendType, detect_available_backends, select_best_backend};
use hive_gpu::error::{HiveGpuError, Result};
use hive_gpu::rocm::{RocmContext, RocmVectorStorage};
use hive_gpu::traits::{
    BufferPoolStats, BufferType, GpuBackend, GpuBuffer, GpuBufferManager, GpuContext, GpuMonitor,
    GpuVectorStorage, VramStats,
};
use hive_gpu::types::{
    GpuCapabilities, GpuDeviceInfo, GpuDistanceMetric, GpuMemoryStats, GpuSearchResult, GpuVector,
    HnswConfig,
};

/// A library of documents over any backend.
struct Library {
    storage: Box<dyn GpuVectorStorage>,
}

impl Library {
    fn new(context: &dyn GpuContext, dimension: usize, metric: GpuDistanceMetric) -> Result<Self> {
        let storage = context.create_storage(dimension, metric)?;
        Ok(Self { storage })
    }

    fn fill(&mut self, names: &[&str]) -> Result<Vec<usize>> {
        let dimension = self.storage.dimension();
        let vector = |(place, name): (usize, &&str)| {
            let mut data = vec![0.0; dimension];
            data[place % dimension] = 1.0 + place as f32;
            let metadata = HashMap::from([("name".to_string(), name.to_string())]);
            GpuVector::with_metadata(name.to_string(), data, metadata)
        };
        let vectors: Vec<GpuVector> = names.iter().enumerate().map(vector).collect();
        self.storage.add_vectors(&vectors)
    }

    fn nearest(&self, query: &[f32], limit: usize) -> Result<Vec<String>> {
        let found: Vec<GpuSearchResult> = self.storage.search(query, limit)?;
        assert!(found.windows(2).all(|pair| pair[0].score >= pair[1].score));
        Ok(found.into_iter().map(|result| result.id).collect())
    }
}

fn best_context() -> Result<Box<dyn GpuContext>> {
    match select_best_backend()? {
        GpuBackendType::Rocm => {
            let context: Arc<RocmContext> = RocmContext::new()?;
            let info: GpuDeviceInfo = GpuBackend::device_info(&*context);
            assert_eq!(info.backend, "ROCm");
            Ok(Box::new(Shared(context)))
        }
        GpuBackendType::Cuda => Ok(Box::new(hive_gpu::cuda::CudaContext::new()?)),
        _ => Ok(Box::new(hive_gpu::cpu::CpuContext::new())),
    }
}

/// A context that another part of the program holds too.
struct Shared(Arc<RocmContext>);

impl GpuContext for Shared {
    fn create_storage(
        &self,
        dimension: usize,
        metric: GpuDistanceMetric,
    ) -> Result<Box<dyn GpuVectorStorage>> {
        let storage = RocmVectorStorage::new(self.0.clone(), dimension, metric)?;
        Ok(Box::new(storage))
    }

    fn create_storage_with_config(
        &self,
        dimension: usize,
        metric: GpuDistanceMetric,
        config: HnswConfig,
    ) -> Result<Box<dyn GpuVectorStorage>> {
        self.0.create_storage_with_config(dimension, metric, config)
    }

    fn memory_stats(&self) -> GpuMemoryStats {
        GpuContext::memory_stats(&*self.0)
    }

    fn device_info(&self) -> Result<GpuDeviceInfo> {
        GpuContext::device_info(&*self.0)
    }
}

/// What the program says to its user.
fn explain(error: HiveGpuError) -> String {
    match error {
        HiveGpuError::DimensionMismatch { expected, actual } => format!("{actual} for {expected}"),
        HiveGpuError::VectorNotFound(id) => format!("no {id}"),
        HiveGpuError::InvalidConfiguration(text) => format!("invalid: {text}"),
        HiveGpuError::InvalidDimension { got, .. } => format!("dimension {got}"),
        HiveGpuError::RocmError(text) | HiveGpuError::HipError(text) => text,
        HiveGpuError::VramLimitExceeded { requested, limit } => format!("{requested} > {limit}"),
        other => other.to_string(),
    }
}

/// Buffers of the program's own, counted.
#[derive(Default)]
struct Buffers(Vec<GpuBuffer>);

impl GpuBufferManager for Buffers {
    fn allocate_buffer(&mut self, size: usize) -> Result<GpuBuffer> {
        let buffer = GpuBuffer {
            id: self.0.len(),
            size,
            buffer_type: BufferType::Vector,
        };
        self.0.push(buffer.clone());
        Ok(buffer)
    }

    fn deallocate_buffer(&mut self, buffer: GpuBuffer) -> Result<()> {
        self.0.retain(|other| other.id != buffer.id);
        Ok(())
    }

    fn pool_stats(&self) -> BufferPoolStats {
        BufferPoolStats {
            total_buffers: self.0.len(),
            available_buffers: 0,
            utilization: 1.0,
            total_memory: self.0.iter().map(|buffer| buffer.size).sum(),
        }
    }
}

impl GpuMonitor for Buffers {
    fn get_vram_stats(&self) -> VramStats {
        VramStats {
            total_vram: 1 << 20,
            allocated_vram: self.pool_stats().total_memory,
            available_vram: (1 << 20) - self.pool_stats().total_memory,
            utilization: 0.0,
            buffer_count: self.0.len(),
        }
    }

    fn validate_all_vram(&self) -> Result<()> {
        Ok(())
    }

    fn generate_vram_report(&self) -> String {
        format!("{} buffers", self.get_vram_stats().buffer_count)
    }
}

#[test]
fn the_program_runs() {
    assert!(detect_available_backends().contains(&GpuBackendType::Cpu));
    let context = best_context().unwrap();
    let mut library = Library::new(&*context, 4, GpuDistanceMetric::Euclidean).unwrap();
    let indices = library.fill(&["ant", "bee", "cat"]).unwrap();
    assert_eq!(indices, [0, 1, 2]);
    let query = [0.0, 2.0, 0.0, 0.0];
    assert_eq!(library.nearest(&query, 2).unwrap(), ["bee", "ant"]);
    let found = library.storage.search(&query, 2).unwrap();
    assert_eq!((found[0].score, found[0].index), (1.0, 1));
    assert!((found[1].score - 1.0 / (1.0 + 5.0f32.sqrt())).abs() < 1e-6);
    let bee = library.storage.get_vector("bee").unwrap().unwrap();
    assert_eq!((bee.data[1], bee.metadata["name"].as_str()), (2.0, "bee"));
    assert!(library.storage.get_vector("dog").unwrap().is_none());
}

#[test]
fn removed_ids_can_be_added_again() {
    let context = hive_gpu::cpu::CpuContext::new();
    let mut library = Library::new(&context, 3, GpuDistanceMetric::Cosine).unwrap();
    library.fill(&["a", "b"]).unwrap();
    let unknown = library.storage.remove_vectors(&["a".into(), "x".into()]);
    assert_eq!(explain(unknown.unwrap_err()), "no x");
    assert_eq!(
        library.storage.vector_count(),
        2,
        "a call that fails changes nothing"
    );
    library.storage.remove_vectors(&["a".into()]).unwrap();
    assert_eq!(library.nearest(&[1.0, 0.0, 0.0], 5).unwrap(), ["b"]);
    let again = GpuVector::new("a".into(), vec![0.0, 0.0, 7.0]);
    assert_eq!(library.storage.add_vectors(&[again]).unwrap(), [2]);
    assert_eq!(library.nearest(&[0.0, 0.0, 1.0], 1).unwrap(), ["a"]);
    library.storage.clear().unwrap();
    assert_eq!(library.storage.vector_count(), 0);
}

#[test]
fn errors_are_those_of_the_plan() {
    let context = hive_gpu::cpu::CpuContext::new();
    let zero = Library::new(&context, 0, GpuDistanceMetric::DotProduct);
    assert_eq!(zero.err().map(explain).unwrap(), "dimension 0");
    let mut library = Library::new(&context, 2, GpuDistanceMetric::DotProduct).unwrap();
    let long = GpuVector::new("a".into(), vec![0.0; 3]);
    assert_eq!(
        explain(library.storage.add_vectors(&[long]).unwrap_err()),
        "3 for 2"
    );
    assert_eq!(
        explain(library.storage.search(&[0.0], 1).unwrap_err()),
        "1 for 2"
    );
    let nan = GpuVector::new("a".into(), vec![0.0, f32::NAN]);
    let error = explain(library.storage.add_vectors(&[nan]).unwrap_err());
    assert!(
        error.starts_with("invalid: number 1 of vector `a` is NaN"),
        "{error}"
    );
}

#[test]
fn a_program_may_implement_the_traits() {
    let mut buffers = Buffers::default();
    let first = buffers.allocate_buffer(64).unwrap();
    buffers.allocate_buffer(32).unwrap();
    buffers.deallocate_buffer(first).unwrap();
    assert_eq!(buffers.pool_stats().total_memory, 32);
    assert_eq!(buffers.generate_vram_report(), "1 buffers");
    buffers.validate_all_vram().unwrap();
}

#[test]
fn the_device_is_what_the_driver_says() {
    for target in ["gfx1030", "gfx90a"] {
        let context = RocmContext::open(&format!("emulated:{target}")).unwrap();
        let info = GpuContext::device_info(&*context).unwrap();
        assert_eq!(info.compute_capability.as_deref(), Some(target));
        assert_eq!(context.gfx_string(), target);
        assert!(info.total_vram_bytes > 0 && info.max_threads_per_block >= 256);
        assert!(info.pci_bus_id.is_some() && !info.name.is_empty());
        let stats: GpuMemoryStats = GpuBackend::memory_stats(&*context);
        assert!(stats.available > 0 && stats.utilization <= 1.0);
        let can: GpuCapabilities = context.supports_operations();
        assert!(can.supports_batch && !can.supports_hnsw);
    }
    assert!(RocmContext::open("cuda:0").is_err());
}

#[test]
fn memory_is_counted_by_storage() {
    let context = RocmContext::open("emulated:gfx1100").unwrap();
    assert_eq!(context.get_vram_stats().allocated_vram, 0);
    let mut library = Library::new(&*context, 64, GpuDistanceMetric::Cosine).unwrap();
    library.fill(&["ant", "bee"]).unwrap();
    let other = context
        .create_storage(8, GpuDistanceMetric::DotProduct)
        .unwrap();
    let stats = context.get_vram_stats();
    assert!(stats.allocated_vram >= 2 * 64 * 4 && stats.buffer_count > 0);
    assert!(stats.total_vram >= stats.available_vram);
    let report = context.generate_vram_report();
    assert!(report.contains("storage 0: 2 × 64 f32 cosine"), "{report}");
    assert!(report.contains("storage 1: 0 × 8 f32 ip"), "{report}");
    context.validate_all_vram().unwrap();
    let before = stats.allocated_vram;
    library.nearest(&[0.0; 64], 2).unwrap();
    let after = context.get_vram_stats().allocated_vram;
    assert!(after > before, "buffers of a search are counted");
    drop((library, other));
    assert_eq!(context.get_vram_stats().allocated_vram, 0);
}

/// Indices stay, and the room of removed vectors is given back.
#[test]
fn removing_gives_back_memory_and_keeps_indices() {
    let rocm = RocmContext::open("emulated:gfx1100").unwrap();
    let cpu = hive_gpu::cpu::CpuContext::new();
    let contexts: [(&dyn GpuContext, &dyn GpuMonitor); 2] = [(&*rocm, &*rocm), (&cpu, &cpu)];
    for (context, monitor) in contexts {
        let mut storage = context
            .create_storage(16, GpuDistanceMetric::Euclidean)
            .unwrap();
        let vectors = |from: usize, count: usize| -> Vec<GpuVector> {
            (from..from + count)
                .map(|n| GpuVector::new(format!("v{n}"), vec![n as f32; 16]))
                .collect()
        };
        let ids = |from: usize, count: usize| -> Vec<String> {
            (from..from + count).map(|n| format!("v{n}")).collect()
        };
        let held = || monitor.get_vram_stats().allocated_vram;
        storage.add_vectors(&vectors(0, 2000)).unwrap();
        let once = held();
        for cycle in 1..20 {
            let indices = storage.add_vectors(&vectors(cycle * 2000, 2000)).unwrap();
            assert!(indices.into_iter().eq(cycle * 2000..(cycle + 1) * 2000));
            storage
                .remove_vectors(&ids((cycle - 1) * 2000, 2000))
                .unwrap();
            let found = storage
                .search(&[cycle as f32 * 2000.0 + 7.0; 16], 1)
                .unwrap();
            assert_eq!(
                (found[0].index, &*found[0].id),
                (cycle * 2000 + 7, &*format!("v{}", cycle * 2000 + 7))
            );
            assert!(held() <= 6 * once, "{} {once}", held());
        }
        storage.remove_vectors(&ids(19 * 2000, 2000)).unwrap();
        assert!(held() < 1024, "{}", held());
        assert_eq!(storage.add_vectors(&vectors(40_000, 1)).unwrap(), [40_000]);
    }
}

#[test]
fn buffers_are_on_the_device() {
    let context = RocmContext::open("emulated:gfx1100").unwrap();
    let mut pool = hive_gpu::rocm::RocmBufferPool::new(context, 1 << 20);
    let (left, right) = (
        pool.allocate_buffer(1000).unwrap(),
        pool.allocate_buffer(1000).unwrap(),
    );
    let first = pool.address(&left).unwrap();
    assert_ne!(pool.address(&right).unwrap(), first);
    pool.deallocate_buffer(left).unwrap();
    let again = pool.allocate_buffer(900).unwrap();
    assert_eq!(pool.address(&again).unwrap(), first);
    assert!(pool.allocate_buffer(2 << 20).is_err());
}
