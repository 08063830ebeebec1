//! hive-gpu's small functions. Those that compare vectors give a store's scores to the bit.

pub mod math;
pub mod memory;
pub mod timing;

pub use math::{similarity_calculations, vector_math};
pub use memory::{buffer_utils, memory_utils};
pub use timing::{performance_utils, timing_utils};
