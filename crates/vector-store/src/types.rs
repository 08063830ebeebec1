//! hive-gpu's types, by their names and fields.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A vector with its id and metadata.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GpuVector {
    /// The id, unique in a storage.
    pub id: String,
    /// The numbers.
    pub data: Vec<f32>,
    /// What else is known of it.
    pub metadata: HashMap<String, String>,
}

impl GpuVector {
    /// A vector without metadata.
    pub fn new(id: String, data: Vec<f32>) -> Self {
        Self::with_metadata(id, data, HashMap::new())
    }

    /// A vector with metadata.
    pub fn with_metadata(id: String, data: Vec<f32>, metadata: HashMap<String, String>) -> Self {
        Self { id, data, metadata }
    }

    /// How many numbers it has.
    pub fn dimension(&self) -> usize {
        self.data.len()
    }

    /// Bytes of its numbers, id and metadata.
    pub fn memory_size(&self) -> usize {
        let texts = self
            .metadata
            .iter()
            .map(|(key, value)| key.len() + value.len());
        size_of_val(self.data.as_slice()) + self.id.len() + texts.sum::<usize>()
    }
}

impl From<&GpuVector> for Vec<f32> {
    fn from(vector: &GpuVector) -> Self {
        vector.data.clone()
    }
}

/// How vectors are compared.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum GpuDistanceMetric {
    /// Cosine of the angle; scores as they are.
    Cosine,
    /// Euclidean distance `d`; scores are `1 / (1 + d)`, as hive-gpu's are.
    Euclidean,
    /// Inner product; scores as they are.
    DotProduct,
}

impl fmt::Display for GpuDistanceMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cosine => "cosine",
            Self::Euclidean => "euclidean",
            Self::DotProduct => "dot_product",
        })
    }
}

/// A vector that was found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GpuSearchResult {
    /// Its id.
    pub id: String,
    /// Its score, larger is better.
    pub score: f32,
    /// Its index, as `add_vectors` gave it.
    pub index: usize,
}

/// What a device is, as its driver reports it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GpuDeviceInfo {
    /// Its marketing name.
    pub name: String,
    /// `ROCm`, `CUDA` or `CPU`.
    pub backend: String,
    /// Bytes of memory.
    pub total_vram_bytes: u64,
    /// Bytes that are free.
    pub available_vram_bytes: u64,
    /// Bytes that are not.
    pub used_vram_bytes: u64,
    /// The driver and its version.
    pub driver_version: String,
    /// The architecture: `gfx1030` on AMD, `9.0` on NVIDIA, none on the CPU.
    pub compute_capability: Option<String>,
    /// Threads that a block can have.
    pub max_threads_per_block: u32,
    /// Bytes of shared memory that a block can have.
    pub max_shared_memory_per_block: u64,
    /// The device's number.
    pub device_id: i32,
    /// Its place on the PCI bus, such as `0000:01:00.0`.
    pub pci_bus_id: Option<String>,
}

const MIB: u64 = 1 << 20;

impl GpuDeviceInfo {
    /// The part of the memory that is used, in percent.
    pub fn vram_usage_percent(&self) -> f64 {
        match self.total_vram_bytes {
            0 => 0.0,
            total => self.used_vram_bytes as f64 / total as f64 * 100.0,
        }
    }

    /// Whether so many bytes are free.
    pub fn has_available_vram(&self, required_bytes: u64) -> bool {
        required_bytes <= self.available_vram_bytes
    }

    /// Whole MiB that are free.
    pub fn available_vram_mb(&self) -> u64 {
        self.available_vram_bytes / MIB
    }

    /// Whole MiB of memory.
    pub fn total_vram_mb(&self) -> u64 {
        self.total_vram_bytes / MIB
    }
}

/// What a backend can do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GpuCapabilities {
    /// Whether it searches graphs.
    pub supports_hnsw: bool,
    /// Whether it searches for many queries at once.
    pub supports_batch: bool,
    /// Numbers in the longest vector.
    pub max_dimension: usize,
    /// Vectors in the largest batch.
    pub max_batch_size: usize,
}

/// What memory a backend has and uses.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GpuMemoryStats {
    /// Bytes that are allocated.
    pub total_allocated: usize,
    /// Bytes that are free.
    pub available: usize,
    /// The part that is allocated, 0 to 1.
    pub utilization: f32,
    /// How many buffers there are.
    pub buffer_count: usize,
}

/// Settings of a graph. Search is exact here, so they change nothing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HnswConfig {
    /// Links of a node.
    pub max_connections: usize,
    /// Neighbours looked at while building.
    pub ef_construction: usize,
    /// Neighbours looked at while searching.
    pub ef_search: usize,
    /// The highest level.
    pub max_level: usize,
    /// How levels thin out.
    pub level_multiplier: f32,
    /// What random levels start from.
    pub seed: Option<u64>,
}

impl Default for HnswConfig {
    fn default() -> Self {
        Self {
            max_connections: 16,
            ef_construction: 100,
            ef_search: 50,
            max_level: 8,
            level_multiplier: 0.5,
            seed: None,
        }
    }
}

/// Settings of an inverted file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IvfConfig {
    /// Cells.
    pub n_list: usize,
    /// Cells that a query looks into.
    pub nprobe: usize,
    /// Vectors that the cells are trained on, at most.
    pub training_sample_size: usize,
    /// Rounds of training, at most.
    pub kmeans_iters: usize,
    /// What random choices start from.
    pub seed: Option<u64>,
}

impl Default for IvfConfig {
    fn default() -> Self {
        Self {
            n_list: 1024,
            nprobe: 64,
            training_sample_size: 1 << 18,
            kmeans_iters: 20,
            seed: None,
        }
    }
}

impl IvfConfig {
    /// About `sqrt(n)` cells, a sixteenth of them for a query.
    #[must_use]
    pub fn for_dataset_size(n: usize) -> Self {
        let cells = (n as f64).sqrt().ceil() as usize;
        let n_list = cells.clamp(16, 1 << 16);
        Self {
            n_list,
            nprobe: n_list / 16,
            training_sample_size: n.min(n_list * 256),
            ..Self::default()
        }
    }
}

/// What a storage knows of a vector.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct VectorMetadata {
    /// Its id.
    pub original_id: String,
    /// Its index.
    pub index: usize,
    /// When it was added, in seconds since 1970.
    pub timestamp: u64,
}
