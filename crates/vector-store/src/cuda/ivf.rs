//! Approximate search on an NVIDIA GPU.

use super::context::Cuda;
use crate::context::IvfIndex;

/// An inverted file on an NVIDIA GPU.
pub type CudaIvfIndex = IvfIndex<Cuda>;
