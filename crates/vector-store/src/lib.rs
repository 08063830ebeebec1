//! Exact vector search on AMD GPUs and on the CPU.
//!
//! Two faces:
//!
//! - types of its own for new programs: any storage [`Dtype`], batches of queries, filters,
//!   upsert, compaction, limits on memory.
//! - hive-gpu 0.2.0's names and paths: its [`traits`], [`types`], [`error`], [`backends`],
//!   [`monitoring`] and [`utils`], and of [`rocm`] and [`cuda`] the contexts, storages and IVF indexes. A
//!   program that uses these compiles with `vector_store` in the place of `hive_gpu`. What is not here:
//!   Metal, Intel and `shaders`; `rocm::ffi`; of `cuda` the handles of the driver and of cuBLAS and the
//!   modules `helpers`, `hnsw_graph` and `buffer_pool` ([`cuda::CudaBufferPool`] is another type).
//!
//! # Scan, rescore, certify
//!
//! The *canonical score* of a query and a row ([`canonical`]) is defined to the bit. It is what a
//! search returns and what orders its results: the better score first, and of equal ones the row
//! that was inserted first. An [`Engine`] may *scan* in any precision and form; a bound on how far the
//! scan can be off says which rows could be among the answers, those are scored
//! canonically, and the result is certified or the scan widened ([`certify`]). So the answer is the
//! same on every device, for every storage dtype and for every size of batch.
//!
//! # Who checks what
//!
//! The store checks what a caller gives: dimensions, ids, finiteness, limits. An engine may rely on
//! whole rows of finite numbers and on bitsets that are as long as it has rows, or shorter.

pub mod backends;
pub mod bitset;
pub mod bound;
pub mod canonical;
pub mod certify;
pub mod codec;
pub mod context;
pub mod cpu;
pub mod cuda;
pub mod device;
mod device_info;
pub mod engine;
pub mod error;
pub mod file;
pub mod input;
pub mod ivf;
pub mod monitoring;
mod open;
pub mod order;
pub mod rocm;
pub mod shards;
pub mod store;
pub mod traits;
pub mod types;
pub mod utils;

pub use bitset::Bitset;
pub use engine::{Config, Dtype, Engine, Error, Hit, MemoryStats, Metric, Originals, Scan};
pub use error::{HiveGpuError, Result};
pub use open::open;
pub use store::{Found, Search, Store};
pub use traits::{
    BufferPoolStats, BufferType, GpuBackend, GpuBuffer, GpuBufferManager, GpuContext, GpuMonitor,
    GpuVectorStorage, VramBufferInfo, VramStats,
};
pub use types::{
    GpuCapabilities, GpuDeviceInfo, GpuDistanceMetric, GpuMemoryStats, GpuSearchResult, GpuVector,
    HnswConfig, IvfConfig, VectorMetadata,
};

/// The version of this crate.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
