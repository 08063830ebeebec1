//! Storage on an NVIDIA GPU.

/// Vectors on an NVIDIA GPU.
pub type CudaVectorStorage = crate::context::VectorStorage;
