//! Time.

use std::time::Duration;

/// What repeated runs of a function took.
#[derive(Debug, Clone)]
pub struct BenchmarkResult {
    /// How many there were.
    pub iterations: usize,
    /// The fastest.
    pub min_duration: Duration,
    /// The slowest.
    pub max_duration: Duration,
    /// The mean.
    pub avg_duration: Duration,
    /// The median; of an even number of runs the slower of the two in the middle.
    pub median_duration: Duration,
    /// All together.
    pub total_duration: Duration,
}

/// Single measurements.
pub mod timing_utils {
    use std::time::{Duration, Instant};

    /// What a function gives, and how long it took.
    pub fn measure_time<F, R>(f: F) -> (R, Duration)
    where
        F: FnOnce() -> R,
    {
        let start = Instant::now();
        let given = f();
        (given, start.elapsed())
    }

    /// The same for a future, from the call of `f` to its end.
    pub async fn measure_time_async<F, Fut, R>(f: F) -> (R, Duration)
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = R>,
    {
        let start = Instant::now();
        let given = f().await;
        (given, start.elapsed())
    }

    /// A time in seconds, milliseconds or microseconds, with two digits after the point.
    pub fn format_duration(duration: Duration) -> String {
        let seconds = duration.as_secs_f64();
        match duration.as_micros() {
            1_000_000.. => format!("{seconds:.2}s"),
            1_000.. => format!("{:.2}ms", seconds * 1e3),
            _ => format!("{:.2}μs", seconds * 1e6),
        }
    }
}

/// Repeated measurements.
pub mod performance_utils {
    use std::time::Duration;

    use super::BenchmarkResult;
    use super::timing_utils::measure_time;

    /// Operations in a second; 0 where no time has passed.
    pub fn calculate_throughput(operations: usize, duration: Duration) -> f64 {
        match duration.is_zero() {
            true => 0.0,
            false => operations as f64 / duration.as_secs_f64(),
        }
    }

    /// The time of one of `operations`; 0 where there were none.
    pub fn calculate_latency(duration: Duration, operations: usize) -> Duration {
        match operations {
            0 => Duration::ZERO,
            operations => duration.div_f64(operations as f64),
        }
    }

    /// What was reached of what could be; 0 where nothing could.
    pub fn calculate_efficiency(actual_throughput: f64, theoretical_throughput: f64) -> f32 {
        match theoretical_throughput > 0.0 {
            true => (actual_throughput / theoretical_throughput) as f32,
            false => 0.0,
        }
    }

    /// Runs a function `warmup_iterations` times unmeasured and `iterations` times measured; without
    /// any of those all times are 0.
    pub fn benchmark_function<F, R>(
        f: F,
        iterations: usize,
        warmup_iterations: usize,
    ) -> BenchmarkResult
    where
        F: Fn() -> R,
    {
        for _ in 0..warmup_iterations {
            std::hint::black_box(f());
        }
        let time = |_| measure_time(|| std::hint::black_box(f())).1;
        let mut times: Vec<Duration> = (0..iterations).map(time).collect();
        times.sort_unstable();
        let at = |place: usize| times.get(place).copied().unwrap_or_default();
        let total = times.iter().sum();
        BenchmarkResult {
            iterations,
            min_duration: at(0),
            max_duration: at(iterations.saturating_sub(1)),
            avg_duration: calculate_latency(total, iterations),
            median_duration: at(iterations / 2),
            total_duration: total,
        }
    }
}
