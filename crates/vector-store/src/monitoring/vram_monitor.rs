//! A program's own account of buffers, which asks no device.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{HiveGpuError, Result};
use crate::traits::{BufferType, GpuMonitor, VramBufferInfo, VramStats};

/// The part of the memory that may be in use when [`VramMonitor::validate_all_vram`] looks.
const FULL: f32 = 0.95;

/// Buffers that a program has entered, against the memory that it says there is.
#[derive(Debug)]
pub struct VramMonitor {
    total: usize,
    allocated: usize,
    buffers: BTreeMap<usize, VramBufferInfo>,
    next: usize,
}

impl VramMonitor {
    /// An account of so many bytes.
    pub fn new(total_vram: usize) -> Self {
        Self {
            total: total_vram,
            allocated: 0,
            buffers: BTreeMap::new(),
            next: 0,
        }
    }

    /// Enters a buffer and gives its number.
    ///
    /// # Errors
    /// [`HiveGpuError::VramLimitExceeded`] where it does not fit.
    pub fn allocate_buffer(&mut self, size: usize, buffer_type: BufferType) -> Result<usize> {
        within(self.allocated.saturating_add(size), self.total)?;
        let buffer_id = self.next;
        let buffer = VramBufferInfo {
            buffer_id,
            size,
            buffer_type,
            allocated_at: now(),
        };
        self.buffers.insert(buffer_id, buffer);
        self.allocated += size;
        self.next += 1;
        Ok(buffer_id)
    }

    /// Strikes a buffer out.
    ///
    /// # Errors
    /// [`HiveGpuError::Other`] for a number that is not entered.
    pub fn deallocate_buffer(&mut self, buffer_id: usize) -> Result<()> {
        let buffer = self.buffers.remove(&buffer_id);
        let buffer =
            buffer.ok_or_else(|| HiveGpuError::Other(format!("there is no buffer {buffer_id}")))?;
        self.allocated -= buffer.size;
        Ok(())
    }

    /// What is entered.
    pub fn get_vram_stats(&self) -> VramStats {
        VramStats {
            total_vram: self.total,
            allocated_vram: self.allocated,
            available_vram: self.total - self.allocated,
            utilization: part(self.allocated, self.total),
            buffer_count: self.buffers.len(),
        }
    }

    /// Whether no more than 95 % is in use.
    ///
    /// # Errors
    /// [`HiveGpuError::VramLimitExceeded`] where more is.
    pub fn validate_all_vram(&self) -> Result<()> {
        within(self.allocated, share(self.total, FULL))
    }

    /// The same as text, a line for each buffer.
    pub fn generate_vram_report(&self) -> String {
        let mut report = format!(
            "{} of {} bytes in {} buffers\n",
            self.allocated,
            self.total,
            self.buffers.len()
        );
        for (number, buffer) in &self.buffers {
            let (kind, size) = (buffer.buffer_type, buffer.size);
            // Writing to a string does not fail.
            let _ = writeln!(report, "buffer {number}: {kind:?}, {size} bytes");
        }
        report
    }
}

impl GpuMonitor for VramMonitor {
    fn get_vram_stats(&self) -> VramStats {
        self.get_vram_stats()
    }

    fn validate_all_vram(&self) -> Result<()> {
        self.validate_all_vram()
    }

    fn generate_vram_report(&self) -> String {
        self.generate_vram_report()
    }
}

/// A limit on single allocations, as a part of the memory.
#[derive(Debug)]
pub struct VramValidator {
    limit: usize,
}

impl VramValidator {
    /// Of so many bytes, the part `max_utilization` may be used, 0 to 1.
    pub fn new(total_vram: usize, max_utilization: f32) -> Self {
        Self {
            limit: share(total_vram, max_utilization),
        }
    }

    /// Whether so many bytes are within the limit. Nothing is entered.
    ///
    /// # Errors
    /// [`HiveGpuError::VramLimitExceeded`] where they are not.
    pub fn validate_allocation(&self, size: usize) -> Result<()> {
        within(size, self.limit)
    }
}

/// What a program found out about an operation and its memory.
#[derive(Debug, Clone)]
pub struct VramBenchmarkResult {
    /// Its name.
    pub operation: String,
    /// Milliseconds that it took.
    pub duration_ms: f64,
    /// Bytes that it allocated.
    pub memory_allocated: usize,
    /// The part of the memory that was in use, 0 to 1.
    pub utilization: f32,
    /// Runs in a second.
    pub throughput: f64,
}

fn within(requested: usize, limit: usize) -> Result<()> {
    match requested <= limit {
        true => Ok(()),
        false => Err(HiveGpuError::VramLimitExceeded { requested, limit }),
    }
}

fn part(some: usize, all: usize) -> f32 {
    match all {
        0 => 0.0,
        all => (some as f64 / all as f64) as f32,
    }
}

fn share(total: usize, part: f32) -> usize {
    (total as f64 * f64::from(part)) as usize
}

/// Seconds since 1970; 0 where the clock is before.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
