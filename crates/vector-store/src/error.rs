//! The error type of hive-gpu's traits.

use crate::engine::Error;

/// A result of hive-gpu's traits.
pub type Result<T, E = HiveGpuError> = std::result::Result<T, E>;

/// Why a call through hive-gpu's traits failed: its 0.2.0 variants, so that a `match` still compiles.
#[derive(Debug, thiserror::Error)]
pub enum HiveGpuError {
    /// A dimension that no store can have.
    #[error("a dimension of {got}; {expected} is the limit that it breaks")]
    InvalidDimension {
        /// The limit.
        expected: usize,
        /// What was asked for.
        got: usize,
    },
    /// A vector of another length than the store's.
    #[error("a vector of {actual} numbers in a store of dimension {expected}")]
    DimensionMismatch {
        /// The store's dimension.
        expected: usize,
        /// The vector's.
        actual: usize,
    },
    /// More memory than the caller's limit allows.
    #[error("{requested} bytes of device memory asked, and the limit is {limit}")]
    VramLimitExceeded {
        /// What the store would hold.
        requested: usize,
        /// What it may hold.
        limit: usize,
    },
    /// An operation on the device failed.
    #[error("on the device: {0}")]
    GpuOperationFailed(String),
    /// There is no device.
    #[error("there is no device of this kind; `redwick devices` lists what there is")]
    NoDeviceAvailable,
    /// A buffer could not be had.
    #[error("no buffer: {0}")]
    BufferAllocationFailed(String),
    /// A device could not be opened.
    #[error("the device was not opened: {0}")]
    DeviceInitializationFailed(String),
    /// Kernels could not be compiled.
    #[error("kernels were not compiled: {0}")]
    ShaderCompilationFailed(String),
    /// There is no memory.
    #[error("out of memory: {0}")]
    MemoryAllocationFailed(String),
    /// A search failed.
    #[error("search: {0}")]
    SearchFailed(String),
    /// An id that is not in the store.
    #[error("no vector has the id `{0}`")]
    VectorNotFound(String),
    /// A vector, an id or a setting that cannot be used.
    #[error("{0}")]
    InvalidConfiguration(String),
    /// The CUDA driver failed.
    #[error("CUDA: {0}")]
    CudaError(String),
    /// cuBLAS failed.
    #[error("cuBLAS: {0}")]
    CublasError(String),
    /// The HIP driver failed.
    #[error("HIP: {0}")]
    HipError(String),
    /// rocBLAS failed.
    #[error("rocBLAS: {0}")]
    RocblasError(String),
    /// The ROCm backend failed otherwise.
    #[error("ROCm: {0}")]
    RocmError(String),
    /// Vulkan failed.
    #[error("Vulkan: {0}")]
    VulkanError(String),
    /// The Intel backend failed.
    #[error("Intel: {0}")]
    IntelError(String),
    /// A SPIR-V module was not made.
    #[error("SPIR-V: {0}")]
    SpirvCompileError(String),
    /// Something that should not be.
    #[error("internal: {0}")]
    InternalError(String),
    /// A file could not be read or written.
    #[error("{0}")]
    IoError(#[from] std::io::Error),
    /// Text that is no JSON.
    #[error("JSON: {0}")]
    JsonError(#[from] serde_json::Error),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl From<Error> for HiveGpuError {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match error {
            Error::Dimension { dimension } => Self::InvalidDimension {
                expected: crate::engine::MAX_DIMENSION,
                got: dimension,
            },
            Error::Length {
                expected, found, ..
            } => Self::DimensionMismatch {
                expected,
                actual: found,
            },
            Error::NoId { id } => Self::VectorNotFound(id),
            Error::OutOfMemory(shortage) => match shortage.broken_limit() {
                Some(limit) => Self::VramLimitExceeded {
                    requested: shortage.used.saturating_add(shortage.requested),
                    limit,
                },
                None => Self::MemoryAllocationFailed(text),
            },
            Error::Device(redwick_tensor_ops::Error::Hip(_)) => Self::HipError(text),
            Error::Device(_) => Self::RocmError(text),
            Error::NotFinite { .. }
            | Error::Duplicate { .. }
            | Error::Id { .. }
            | Error::Count { .. }
            | Error::Name { .. }
            | Error::StaleFilter => Self::InvalidConfiguration(text),
            _ => Self::Other(text),
        }
    }
}
