//! Which backends there are.

pub mod detector;

pub use detector::{GpuBackendType, detect_available_backends, select_best_backend};
