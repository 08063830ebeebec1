//! hive-gpu's monitors: figures that a program keeps of its own work.
//!
//! What a device's memory holds its context says ([`GpuMonitor`](crate::traits::GpuMonitor)).

pub mod performance_monitor;
pub mod vram_monitor;

pub use crate::traits::{VramBufferInfo, VramStats};
pub use performance_monitor::{BenchmarkResult, PerformanceMonitor, PerformanceStats};
pub use vram_monitor::{VramBenchmarkResult, VramMonitor, VramValidator};
