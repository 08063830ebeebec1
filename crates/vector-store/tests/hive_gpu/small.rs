//! A program that uses hive-gpu's small functions and keeps its own figures.

use std::sync::Arc;
use std::time::Duration;

use hive_gpu::cuda::{CudaContext, CudaVramMonitor};
use hive_gpu::error::HiveGpuError;
use hive_gpu::monitoring::performance_monitor::OperationStats;
use hive_gpu::monitoring::vram_monitor::VramMonitor;
use hive_gpu::monitoring::{PerformanceMonitor, VramStats, VramValidator};
use hive_gpu::traits::{BufferType, GpuMonitor};
use hive_gpu::types::GpuDistanceMetric;
use hive_gpu::utils::math::similarity_calculations::{batch_similarity, calculate_similarity};
use hive_gpu::utils::math::vector_math::{
    cosine_similarity, dot_product, euclidean_distance, normalize_vector, vector_magnitude,
};
use hive_gpu::utils::similarity_calculations::top_k_similar;
use hive_gpu::utils::{buffer_utils, memory_utils, performance_utils, timing_utils};

#[test]
fn vectors_are_compared_as_a_storage_compares_them() {
    let (a, b) = ([3.0f32, 4.0], [4.0f32, 3.0]);
    assert_eq!(dot_product(&a, &b), 24.0);
    assert_eq!(cosine_similarity(&a, &b), 0.96);
    assert_eq!(euclidean_distance(&a, &[0.0, 0.0]), 5.0);
    assert_eq!(vector_magnitude(&a), 5.0);
    assert_eq!(cosine_similarity(&a, &[0.0, 0.0]), 0.0);
    let short = [1.0f32];
    assert_eq!(
        (dot_product(&a, &short), cosine_similarity(&a, &short)),
        (0.0, 0.0)
    );
    assert_eq!(euclidean_distance(&a, &short), f32::INFINITY);
    let mut unit = a;
    normalize_vector(&mut unit);
    assert_eq!(unit, [0.6, 0.8]);
    let mut zero = [0.0f32; 2];
    normalize_vector(&mut zero);
    assert_eq!(zero, [0.0; 2]);

    let rows = [vec![3.0, 4.0], vec![0.0, 0.0], vec![3.0, 4.0]];
    let metric = GpuDistanceMetric::Euclidean;
    let each = batch_similarity(&[0.0, 0.0], &rows, metric);
    assert_eq!(each, [1.0 / 6.0, 1.0, 1.0 / 6.0]);
    assert_eq!(
        calculate_similarity(&a, &b, GpuDistanceMetric::DotProduct),
        24.0
    );
    let best = top_k_similar(&[0.0, 0.0], &rows, 2, metric);
    assert_eq!(best, [(1, 1.0), (0, 1.0 / 6.0)], "of equals the first");
}

#[test]
fn sizes_are_reckoned() {
    assert_eq!(
        memory_utils::calculate_vector_memory_size(128, 1000),
        512_000
    );
    assert_eq!(
        memory_utils::calculate_vector_memory_size(usize::MAX, 2),
        usize::MAX
    );
    assert_eq!(memory_utils::calculate_metadata_memory_size(3), 768);
    assert!(memory_utils::is_memory_allocation_safe(50, 100, 0.5));
    assert!(!memory_utils::is_memory_allocation_safe(51, 100, 0.5));
    assert_eq!(
        memory_utils::calculate_optimal_buffer_size(100, 1.5, 1000),
        150
    );
    assert_eq!(
        memory_utils::calculate_optimal_buffer_size(900, 1.5, 1000),
        1000
    );
    assert_eq!(buffer_utils::align_buffer_size(257), 512);
    assert_eq!(
        buffer_utils::align_buffer_size(usize::MAX) % buffer_utils::BUFFER_ALIGNMENT,
        0
    );
    assert_eq!(buffer_utils::calculate_buffer_pool_size(10, 16, 2.0), 1280);
    assert!(buffer_utils::validate_buffer_parameters(512, 256, 1024).is_ok());
    for (size, alignment) in [(0, 256), (2048, 256), (300, 256), (300, 0)] {
        let refused = buffer_utils::validate_buffer_parameters(size, alignment, 1024);
        assert!(
            matches!(refused, Err(HiveGpuError::BufferAllocationFailed(_))),
            "{size}"
        );
    }
}

#[test]
fn times_are_taken_down() {
    let mut monitor = PerformanceMonitor::new();
    assert!(monitor.end_operation().is_err(), "nothing runs");
    monitor.start_operation("search".into());
    assert!(monitor.end_operation().unwrap() < Duration::from_secs(60));
    monitor.clear_stats();
    for milliseconds in [10, 30] {
        monitor.record_operation("add".into(), Duration::from_millis(milliseconds));
    }
    let add: &OperationStats = monitor.get_operation_stats("add").unwrap();
    assert_eq!(
        (add.count, add.avg_duration),
        (2, Duration::from_millis(20))
    );
    assert_eq!(add.min_duration + add.max_duration, add.total_duration);
    assert_eq!(add.ops_per_second, 50.0);
    monitor.record_operation("sort".into(), Duration::ZERO);
    let all = monitor.get_performance_stats();
    assert_eq!((all.total_operations, all.avg_ops_per_second), (3, 75.0));
    let report = monitor.generate_report();
    assert!(
        report.contains("add: 2 × 20ms, from 10ms to 30ms"),
        "{report}"
    );
    assert!(monitor.get_operation_stats("search").is_none());

    assert_eq!(
        performance_utils::calculate_throughput(10, Duration::ZERO),
        0.0
    );
    let each = performance_utils::calculate_latency(Duration::from_secs(1), 4);
    assert_eq!(each, Duration::from_millis(250));
    assert_eq!(
        performance_utils::calculate_latency(Duration::from_secs(1), 0),
        Duration::ZERO
    );
    assert_eq!(performance_utils::calculate_efficiency(5.0, 10.0), 0.5);
    assert_eq!(performance_utils::calculate_efficiency(5.0, 0.0), 0.0);
    let runs = std::cell::Cell::new(0);
    let count = || runs.set(runs.get() + 1);
    let times = performance_utils::benchmark_function(count, 5, 2);
    assert_eq!((runs.get(), times.iterations), (7, 5));
    assert!(times.min_duration <= times.median_duration);
    assert!(times.median_duration <= times.max_duration);
    let none = performance_utils::benchmark_function(count, 0, 0);
    assert_eq!(none.max_duration, Duration::ZERO);
    let (seven, _) = timing_utils::measure_time(|| 7);
    assert_eq!(seven, 7);
    for (micros, text) in [(1_500_000, "1.50s"), (2_500, "2.50ms"), (999, "999.00μs")] {
        assert_eq!(
            timing_utils::format_duration(Duration::from_micros(micros)),
            text
        );
    }
}

#[test]
fn futures_are_timed() {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};
    let timed = pin!(timing_utils::measure_time_async(|| async { "done" }));
    let Poll::Ready((text, _)) = timed.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("the future waits for nothing");
    };
    assert_eq!(text, "done");
}

#[test]
fn a_program_keeps_account_of_its_buffers() {
    let mut monitor = VramMonitor::new(1000);
    let first = monitor.allocate_buffer(600, BufferType::Vector).unwrap();
    let second = monitor.allocate_buffer(390, BufferType::Metadata).unwrap();
    let refused = monitor
        .allocate_buffer(11, BufferType::Temporary)
        .unwrap_err();
    assert!(matches!(
        refused,
        HiveGpuError::VramLimitExceeded {
            requested: 1001,
            limit: 1000
        }
    ));
    assert!(
        monitor
            .allocate_buffer(usize::MAX, BufferType::Vector)
            .is_err()
    );
    let stats: VramStats = monitor.get_vram_stats();
    assert_eq!((stats.allocated_vram, stats.available_vram), (990, 10));
    assert_eq!((stats.utilization, stats.buffer_count), (0.99, 2));
    assert!(monitor.validate_all_vram().is_err(), "nearly full");
    monitor.deallocate_buffer(second).unwrap();
    assert!(monitor.deallocate_buffer(second).is_err());
    let watched: &dyn GpuMonitor = &monitor;
    watched.validate_all_vram().unwrap();
    let report = watched.generate_vram_report();
    let line = format!("buffer {first}: Vector, 600 bytes");
    assert!(
        report.contains("600 of 1000 bytes in 1 buffers") && report.contains(&line),
        "{report}"
    );
    assert_eq!(VramMonitor::new(0).get_vram_stats().utilization, 0.0);

    let half = VramValidator::new(1000, 0.5);
    assert!(half.validate_allocation(500).is_ok() && half.validate_allocation(501).is_err());
}

#[test]
fn an_nvidia_gpus_memory_is_watched() {
    let Ok(context) = CudaContext::new() else {
        println!("left out: there is no NVIDIA GPU with kernels");
        return;
    };
    let total = context.total_memory();
    let monitor = CudaVramMonitor::new(Arc::new(context)).unwrap();
    let (used, free) = (
        monitor.get_vram_usage().unwrap(),
        monitor.get_available_vram().unwrap(),
    );
    assert!(free > 0 && used <= total && free <= total);
}
