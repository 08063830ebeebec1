//! How long operations take, by name.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::{Duration, Instant};

use crate::error::{HiveGpuError, Result};
use crate::utils::performance_utils::calculate_throughput;

/// A stopwatch with a memory.
#[derive(Debug, Default)]
pub struct PerformanceMonitor {
    operations: BTreeMap<String, OperationStats>,
    running: Option<(String, Instant)>,
}

/// How long one operation took, all its runs together.
#[derive(Debug, Clone)]
pub struct OperationStats {
    /// Its name.
    pub operation: String,
    /// How often it ran.
    pub count: usize,
    /// The time of all runs.
    pub total_duration: Duration,
    /// The mean time of a run.
    pub avg_duration: Duration,
    /// The time of the fastest run.
    pub min_duration: Duration,
    /// The time of the slowest run.
    pub max_duration: Duration,
    /// Runs in a second of their own time; 0 where that was too short to measure.
    pub ops_per_second: f64,
}

/// How long all operations took.
#[derive(Debug, Clone)]
pub struct PerformanceStats {
    /// How many ran.
    pub total_operations: usize,
    /// The time of all runs.
    pub total_duration: Duration,
    /// Runs in a second of their own time; 0 where that was too short to measure.
    pub avg_ops_per_second: f64,
    /// Each operation, by name.
    pub operation_stats: Vec<OperationStats>,
}

/// What a program found out about an operation.
#[derive(Debug, Clone)]
pub struct BenchmarkResult {
    /// Its name.
    pub operation: String,
    /// Milliseconds that it took.
    pub duration_ms: f64,
    /// Runs in a second.
    pub throughput: f64,
    /// Bytes that it used.
    pub memory_usage: usize,
    /// The part of the runs that succeeded, 0 to 1.
    pub success_rate: f32,
}

impl PerformanceMonitor {
    /// A monitor that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts the clock for an operation; one that is running is forgotten.
    pub fn start_operation(&mut self, operation: String) {
        self.running = Some((operation, Instant::now()));
    }

    /// Stops the clock, and takes down the time since it was started.
    ///
    /// # Errors
    /// [`HiveGpuError::Other`] where no operation was started.
    pub fn end_operation(&mut self) -> Result<Duration> {
        let running = self.running.take();
        let (operation, start) = running.ok_or_else(|| {
            HiveGpuError::Other("no operation runs; start_operation starts one".to_owned())
        })?;
        let duration = start.elapsed();
        self.record_operation(operation, duration);
        Ok(duration)
    }

    /// Takes down a run that was timed elsewhere.
    pub fn record_operation(&mut self, operation: String, duration: Duration) {
        let seen = self.operations.entry(operation);
        let nothing = |name: &String| OperationStats::new(name.clone());
        let stats = seen.or_insert_with_key(nothing);
        stats.record(duration);
    }

    /// All figures.
    pub fn get_performance_stats(&self) -> PerformanceStats {
        let total_operations = self.operations.values().map(|stats| stats.count).sum();
        let total_duration = self
            .operations
            .values()
            .map(|stats| stats.total_duration)
            .sum();
        PerformanceStats {
            total_operations,
            total_duration,
            avg_ops_per_second: calculate_throughput(total_operations, total_duration),
            operation_stats: self.operations.values().cloned().collect(),
        }
    }

    /// An operation's figures, if it ran.
    pub fn get_operation_stats(&self, operation: &str) -> Option<&OperationStats> {
        self.operations.get(operation)
    }

    /// Forgets all figures. An operation that is running goes on.
    pub fn clear_stats(&mut self) {
        self.operations.clear();
    }

    /// All figures as text, a line for each operation.
    pub fn generate_report(&self) -> String {
        let stats = self.get_performance_stats();
        let mut report = format!(
            "{} operations in {:?}, {:.2} a second\n",
            stats.total_operations, stats.total_duration, stats.avg_ops_per_second
        );
        for stats in self.operations.values() {
            // Writing to a string does not fail.
            let _ = writeln!(
                report,
                "{}: {} × {:?}, from {:?} to {:?}",
                stats.operation,
                stats.count,
                stats.avg_duration,
                stats.min_duration,
                stats.max_duration
            );
        }
        report
    }
}

impl OperationStats {
    fn new(operation: String) -> Self {
        Self {
            operation,
            count: 0,
            total_duration: Duration::ZERO,
            avg_duration: Duration::ZERO,
            min_duration: Duration::MAX,
            max_duration: Duration::ZERO,
            ops_per_second: 0.0,
        }
    }

    fn record(&mut self, duration: Duration) {
        self.count += 1;
        self.total_duration += duration;
        self.avg_duration = self.total_duration.div_f64(self.count as f64);
        self.min_duration = self.min_duration.min(duration);
        self.max_duration = self.max_duration.max(duration);
        self.ops_per_second = calculate_throughput(self.count, self.total_duration);
    }
}
