//! Approximate search on a GPU behind HIP.

use super::context::Rocm;
use crate::context::IvfIndex;

/// An inverted file on a GPU behind HIP.
pub type RocmIvfIndex = IvfIndex<Rocm>;
