//! A program that asks which device to use. It runs in processes of its own, as the HIP library is the
//! environment's choice.

use std::process::Command;

use hive_gpu::backends::detector::{
    BackendPerformanceInfo, GpuBackendType, detect_available_backends, get_backend_info,
    get_backend_performance_info, select_best_backend,
};
use hive_gpu::cuda::CudaContext;
use hive_gpu::error::HiveGpuError;
use hive_gpu::rocm::context::RocmContext;
use hive_gpu::rocm::vector_storage::RocmVectorStorage;
use hive_gpu::traits::GpuVectorStorage;
use hive_gpu::types::{GpuDistanceMetric, GpuVector};

/// Set for the process that is to be the program.
const ROLE: &str = "REDWICK_TEST_DETECTS";

/// Not a test of its own: the program.
#[test]
fn detects() {
    if std::env::var_os(ROLE).is_none() {
        return;
    }
    let backends = detect_available_backends();
    assert_eq!(select_best_backend().unwrap(), backends[0]);
    assert_eq!(
        CudaContext::is_available(),
        backends.contains(&GpuBackendType::Cuda)
    );
    assert_eq!(
        RocmContext::is_available(),
        backends.contains(&GpuBackendType::Rocm)
    );
    for backend in backends {
        let figures: BackendPerformanceInfo = get_backend_performance_info(backend);
        assert_eq!(figures.name, backend.to_string());
        assert_eq!(figures.memory_bandwidth_gbps, 0.0, "no driver reports it");
        println!(
            "backend {backend}, {} units, {} GiB: {}",
            figures.compute_units,
            figures.memory_size_gb,
            get_backend_info(backend).unwrap()
        );
    }
    match RocmContext::new() {
        Ok(context) => {
            let id: i32 = context.device_id();
            let mut storage =
                RocmVectorStorage::new(context, 2, GpuDistanceMetric::DotProduct).unwrap();
            let vectors = [[0.5, 0.0], [0.0, 0.25]];
            let vectors = vectors.map(|data| GpuVector::new(format!("{data:?}"), data.to_vec()));
            storage.add_vectors(&vectors).unwrap();
            let best = &storage.search(&[0.0, 4.0], 1).unwrap()[0];
            println!("found on {id}: {} {}", best.id, best.score);
        }
        Err(error) => {
            assert!(matches!(error, HiveGpuError::DeviceInitializationFailed(_)));
            let same = get_backend_info(GpuBackendType::Rocm).unwrap_err();
            assert_eq!(same.to_string(), error.to_string());
            let figures = get_backend_performance_info(GpuBackendType::Rocm);
            assert_eq!((figures.compute_units, figures.memory_size_gb), (0, 0));
            println!("no context: {}", error.to_string().replace('\n', " "));
        }
    }
}

/// The lines that the program prints where the environment names this HIP library, and there are no
/// kernels but those of this crate.
fn lines(library: &str) -> Vec<String> {
    let mut program = Command::new(std::env::current_exe().unwrap());
    program
        .args(["--exact", "detection::detects", "--nocapture"])
        .env(ROLE, "1")
        .env("REDWICK_HIP", library)
        .env_remove("REDWICK_CODE_OBJECTS");
    let output = program.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{library}: {text}");
    let starts = ["backend ", "found ", "no context: "];
    let ours = |line: &&str| starts.iter().any(|start| line.starts_with(start));
    text.lines().filter(ours).map(str::to_owned).collect()
}

#[test]
fn an_emulated_gpu_is_the_best_backend() {
    for (target, units) in [("gfx90a", 104), ("gfx1030", 40), ("gfx1100", 48)] {
        let lines = lines(&format!("emulated:{target}"));
        let (rocm, cpu, found) = (&lines[0], &lines[1], &lines[2]);
        let start = format!("backend ROCm, {units} units, ");
        assert!(rocm.starts_with(&start), "{rocm}");
        let name = format!(": ROCm: Emulated {target} ({target}), {units} compute units, ");
        assert!(rocm.contains(&name), "{rocm}");
        assert!(cpu.starts_with("backend CPU, "), "{cpu}");
        assert_eq!(found, "found on 0: [0.0, 0.25] 1");
    }
}

#[test]
fn without_a_usable_gpu_the_cpu_is() {
    // No such target, no such library; and with NVIDIA's GPUs, whose kernels are not part of this crate,
    // neither CUDA nor ROCm.
    for (library, reason) in [
        ("emulated:gfx906", "gfx906"),
        ("/nowhere/libamdhip64.so", "/nowhere/libamdhip64.so"),
        ("nvidia", "make a CudaContext"),
    ] {
        let lines = lines(library);
        assert!(
            lines[0].starts_with("backend CPU, "),
            "{library}: {lines:?}"
        );
        assert!(
            lines[1].starts_with("no context: ") && lines[1].contains(reason),
            "{lines:?}"
        );
        assert_eq!(lines.len(), 2, "{library}: {lines:?}");
    }
}

#[test]
fn an_nvidia_gpu_is_no_rocm_context() {
    let error = RocmContext::open("nvidia:0").unwrap_err();
    assert!(
        error.to_string().contains("nvidia:0 is an NVIDIA GPU"),
        "{error}"
    );
}
