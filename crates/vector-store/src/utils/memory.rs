//! Sizes in bytes. What would be more than a `usize` is the greatest of them.

/// Sizes of vectors and buffers.
pub mod memory_utils {
    /// Bytes of metadata that hive-gpu reckons with for a vector; this crate keeps metadata in the
    /// host's memory, at its own length.
    const METADATA: usize = 256;

    /// Bytes of the numbers of `count` vectors in f32.
    pub fn calculate_vector_memory_size(dimension: usize, count: usize) -> usize {
        count
            .saturating_mul(dimension)
            .saturating_mul(size_of::<f32>())
    }

    /// hive-gpu's estimate of the metadata of `count` vectors: 256 bytes each.
    pub fn calculate_metadata_memory_size(count: usize) -> usize {
        count.saturating_mul(METADATA)
    }

    /// Whether a request is at most the part `safety_margin` of what is free.
    pub fn is_memory_allocation_safe(
        requested: usize,
        available: usize,
        safety_margin: f32,
    ) -> bool {
        requested <= scaled(available, safety_margin)
    }

    /// A size that has grown by a factor, and is `max_size` at most.
    pub fn calculate_optimal_buffer_size(
        current_size: usize,
        growth_factor: f32,
        max_size: usize,
    ) -> usize {
        scaled(current_size, growth_factor).min(max_size)
    }

    pub(super) fn scaled(size: usize, factor: f32) -> usize {
        (size as f64 * f64::from(factor)) as usize
    }
}

/// Sizes of buffers.
pub mod buffer_utils {
    use super::memory_utils::{calculate_vector_memory_size, scaled};
    use crate::error::{HiveGpuError, Result};

    /// What sizes are multiples of, in bytes.
    pub const BUFFER_ALIGNMENT: usize = 256;

    /// A size rounded up to a multiple of [`BUFFER_ALIGNMENT`].
    pub fn align_buffer_size(size: usize) -> usize {
        let last = usize::MAX - usize::MAX % BUFFER_ALIGNMENT;
        size.checked_next_multiple_of(BUFFER_ALIGNMENT)
            .unwrap_or(last)
    }

    /// Bytes of a pool for `vector_count` vectors, by a factor of what their numbers take.
    pub fn calculate_buffer_pool_size(
        vector_count: usize,
        dimension: usize,
        pool_factor: f32,
    ) -> usize {
        scaled(
            calculate_vector_memory_size(dimension, vector_count),
            pool_factor,
        )
    }

    /// Whether a buffer can have this size: more than 0, at most `max_size`, a multiple of `alignment`.
    ///
    /// # Errors
    /// [`HiveGpuError::BufferAllocationFailed`] where it cannot.
    pub fn validate_buffer_parameters(
        size: usize,
        alignment: usize,
        max_size: usize,
    ) -> Result<()> {
        let fault = match size {
            0 => "0 bytes".to_owned(),
            _ if size > max_size => format!("{size} bytes, and {max_size} is the most"),
            _ if !size.is_multiple_of(alignment) => {
                format!("{size} bytes are no multiple of {alignment}")
            }
            _ => return Ok(()),
        };
        Err(HiveGpuError::BufferAllocationFailed(fault))
    }
}
