//! Wave-instructions a second on one core: `cargo bench -p redwick-gpu`.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use redwick_gpu::{Dispatch, Gpu, Module, Options};

/// How long each kernel is measured.
const MEASURED: Duration = Duration::from_secs(1);

/// A kernel and how to launch it.
struct Case {
    set: &'static str,
    kernel: &'static str,
    grid: [u32; 3],
    block: u32,
    /// Sizes of the buffers, in bytes, then the last argument.
    buffers: &'static [u64],
    last: Option<u32>,
}

/// A kernel of one axis of work-items, its buffers and its last argument.
const fn case(
    (set, kernel): (&'static str, &'static str),
    grid: [u32; 3],
    block: u32,
    buffers: &'static [u64],
    last: Option<u32>,
) -> Case {
    Case {
        set,
        kernel,
        grid,
        block,
        buffers,
        last,
    }
}

const CASES: &[Case] = &[
    case(("basic", "gemm"), [8, 8, 1], 256, &[1 << 18; 3], Some(256)),
    case(
        ("basic", "softmax"),
        [64, 1, 1],
        256,
        &[1 << 20; 2],
        Some(4096),
    ),
    case(
        ("basic", "reduce_sum"),
        [64, 1, 1],
        256,
        &[1 << 20; 2],
        Some(4096),
    ),
    case(
        ("basic", "vector_add"),
        [1024, 1, 1],
        256,
        &[1 << 20; 3],
        Some(1 << 18),
    ),
    case(
        ("basic", "divide"),
        [256, 1, 1],
        256,
        &[1 << 20; 4],
        Some(1 << 16),
    ),
    case(("mfma", "mfma_32x32x8"), [4096, 1, 1], 64, &[4096; 3], None),
    case(("wmma", "wmma_f32"), [4096, 1, 1], 32, &[4096; 3], None),
    case(("wmma12", "wmma_f32"), [4096, 1, 1], 32, &[4096; 3], None),
];

fn load(gpu: &Gpu, set: &str) -> Option<Module> {
    let path = format!(
        "{}/tests/kernels/{set}.{}.hsaco",
        env!("CARGO_MANIFEST_DIR"),
        gpu.target()
    );
    Some(gpu.load(&std::fs::read(path).ok()?).unwrap())
}

/// Numbers of a size that keeps sums and exponentials in range.
fn fill(gpu: &Gpu, address: u64, bytes: u64) {
    let values: Vec<u8> = (0..bytes / 4)
        .flat_map(|i| ((i % 97) as f32 / 97.0 - 0.5).to_le_bytes())
        .collect();
    gpu.memory().write(address, &values).unwrap();
}

fn measure(target: &str, case: &Case, checked: bool) -> Option<(f64, f64)> {
    let options = Options {
        memory_bytes: 1 << 30,
        threads: Some(1),
        checked,
        ..Options::default()
    };
    let gpu = Gpu::new(target, options).unwrap();
    let kernel = load(&gpu, case.set)?.kernel(case.kernel)?;
    let mut arguments = Vec::new();
    for bytes in case.buffers {
        let address = gpu.memory().alloc(*bytes, 256).unwrap();
        fill(&gpu, address, *bytes);
        arguments.extend(address.to_le_bytes());
    }
    arguments.extend(case.last.iter().flat_map(|x| x.to_le_bytes()));
    let dispatch = Dispatch {
        grid: case.grid,
        block: [case.block, 1, 1],
        dynamic_lds: 0,
        arguments: &arguments,
    };
    let (started, busy) = (Instant::now(), processor_time());
    let mut instructions = 0;
    while started.elapsed() < MEASURED {
        instructions += gpu.launch(&kernel, &dispatch).unwrap().instructions;
    }
    let wall = started.elapsed();
    let seconds = busy
        .and_then(|before| Some(processor_time()? - before))
        .unwrap_or(wall)
        .as_secs_f64();
    Some((instructions as f64, seconds))
}

/// Time that this thread has had a processor: what counts on a host that does other things too.
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(
        text.split_whitespace().next()?.parse().ok()?,
    ))
}

fn main() {
    println!(
        "{:<10} {:<14} {:>6} {:>10} {:>16} {:>12}",
        "target", "kernel", "lanes", "mode", "instructions/s", "lanes/s"
    );
    for target in redwick_gpu::Target::names() {
        for case in CASES {
            for (mode, checked) in [("plain", false), ("checked", true)] {
                let Some((instructions, seconds)) = measure(target, case, checked) else {
                    continue;
                };
                let lanes = if target.starts_with("gfx1") { 32 } else { 64 };
                let rate = instructions / seconds / 1e6;
                let kernel = case.kernel;
                println!(
                    "{target:<10} {kernel:<14} {lanes:>6} {mode:>10} {rate:>14.1} M {:>10.2} G",
                    rate * f64::from(lanes) / 1e3
                );
            }
        }
    }
}
