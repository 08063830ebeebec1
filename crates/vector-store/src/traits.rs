//! hive-gpu's traits, by their names and signatures.

use crate::error::Result;
use crate::types::{
    GpuCapabilities, GpuDeviceInfo, GpuDistanceMetric, GpuMemoryStats, GpuSearchResult, GpuVector,
    HnswConfig,
};

/// A device that computes.
pub trait GpuBackend {
    /// What the device is.
    fn device_info(&self) -> GpuDeviceInfo;

    /// What it can do.
    fn supports_operations(&self) -> GpuCapabilities;

    /// What memory it has and uses.
    fn memory_stats(&self) -> GpuMemoryStats;
}

/// Vectors by id, and search among them. A call that fails changes nothing.
pub trait GpuVectorStorage {
    /// Adds vectors and gives their indices. An id that is in the storage is an error; one that was
    /// removed can be added again.
    ///
    /// # Errors
    /// For duplicate or empty ids, vectors of another length, numbers that are not finite, and where
    /// there is no memory.
    fn add_vectors(&mut self, vectors: &[GpuVector]) -> Result<Vec<usize>>;

    /// The best `limit` vectors, best first; of equally good ones those that were added first.
    ///
    /// # Errors
    /// For a query of another length or with numbers that are not finite.
    fn search(&self, query: &[f32], limit: usize) -> Result<Vec<GpuSearchResult>>;

    /// Removes vectors.
    ///
    /// # Errors
    /// Where an id is unknown; then all of them stay.
    fn remove_vectors(&mut self, ids: &[String]) -> Result<()>;

    /// How many vectors there are, removed ones not counted.
    fn vector_count(&self) -> usize;

    /// How many numbers a vector has.
    fn dimension(&self) -> usize;

    /// The vector of an id, with the numbers that were given; `None` where there is none.
    ///
    /// # Errors
    /// The device's own.
    fn get_vector(&self, id: &str) -> Result<Option<GpuVector>>;

    /// Removes everything.
    ///
    /// # Errors
    /// The device's own.
    fn clear(&mut self) -> Result<()>;
}

/// A device that makes storages.
pub trait GpuContext {
    /// An empty storage.
    ///
    /// # Errors
    /// For a dimension of 0, and where the device cannot.
    fn create_storage(
        &self,
        dimension: usize,
        metric: GpuDistanceMetric,
    ) -> Result<Box<dyn GpuVectorStorage>>;

    /// The same: search is exact here, so a graph's settings do not change what is found.
    ///
    /// # Errors
    /// As [`create_storage`](Self::create_storage).
    fn create_storage_with_config(
        &self,
        dimension: usize,
        metric: GpuDistanceMetric,
        config: HnswConfig,
    ) -> Result<Box<dyn GpuVectorStorage>>;

    /// What memory the device has and uses.
    fn memory_stats(&self) -> GpuMemoryStats;

    /// What the device is, as its driver reports it.
    ///
    /// # Errors
    /// Where the driver does not answer.
    fn device_info(&self) -> Result<GpuDeviceInfo>;
}

/// Buffers that are given out and taken back.
pub trait GpuBufferManager {
    /// A buffer of at least `size` bytes.
    ///
    /// # Errors
    /// Where there is no memory.
    fn allocate_buffer(&mut self, size: usize) -> Result<GpuBuffer>;

    /// Takes a buffer back.
    ///
    /// # Errors
    /// For a buffer that was not given out, or was taken back before.
    fn deallocate_buffer(&mut self, buffer: GpuBuffer) -> Result<()>;

    /// What there is.
    fn pool_stats(&self) -> BufferPoolStats;
}

/// A buffer that was given out.
#[derive(Debug, Clone)]
pub struct GpuBuffer {
    /// Its number.
    pub id: usize,
    /// Its size in bytes.
    pub size: usize,
    /// What it is for.
    pub buffer_type: BufferType,
}

/// What a buffer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BufferType {
    /// Vectors.
    Vector,
    /// What belongs to vectors.
    Metadata,
    /// Intermediate results.
    Temporary,
    /// A graph.
    HnswGraph,
}

/// What a pool of buffers holds.
#[derive(Debug, Clone)]
pub struct BufferPoolStats {
    /// Buffers, given out or not.
    pub total_buffers: usize,
    /// Buffers that are not given out.
    pub available_buffers: usize,
    /// The part of the bytes that is given out, 0 to 1.
    pub utilization: f32,
    /// Bytes of all buffers.
    pub total_memory: usize,
}

/// Who watches a device's memory.
pub trait GpuMonitor {
    /// What memory there is and who holds it.
    fn get_vram_stats(&self) -> VramStats;

    /// Whether all vectors are in the device's memory and its limits are kept.
    ///
    /// # Errors
    /// Where a limit is passed.
    fn validate_all_vram(&self) -> Result<()>;

    /// The same as text.
    fn generate_vram_report(&self) -> String;
}

/// A device's memory.
#[derive(Debug, Clone)]
pub struct VramStats {
    /// Bytes that the device has.
    pub total_vram: usize,
    /// Bytes that are allocated.
    pub allocated_vram: usize,
    /// Bytes that are free.
    pub available_vram: usize,
    /// The part that is allocated, 0 to 1.
    pub utilization: f32,
    /// How many buffers there are.
    pub buffer_count: usize,
}

/// A buffer in a device's memory.
#[derive(Debug, Clone)]
pub struct VramBufferInfo {
    /// Its number.
    pub buffer_id: usize,
    /// Its size in bytes.
    pub size: usize,
    /// What it is for.
    pub buffer_type: BufferType,
    /// When it was allocated, in seconds since 1970.
    pub allocated_at: u64,
}
