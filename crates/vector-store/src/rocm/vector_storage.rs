//! Storage on a GPU behind HIP.

/// Vectors on a GPU behind HIP.
pub type RocmVectorStorage = crate::context::VectorStorage;
