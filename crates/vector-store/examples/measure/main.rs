//! Times of searches on a device: `measure DEVICE [ROWS [DIMENSIONS [BATCHES]]]`, the latter two with
//! commas, such as `128,768` and `1,10`. Data is random; answers are compared with those of scoring
//! every row canonically. `measure DEVICE ivf [ROWS]`: recall and times of the index.

mod ivf;

use std::time::Instant;

use rayon::prelude::*;
use vector_store::certify::Scanner;
use vector_store::cpu::CpuEngine;
use vector_store::device::DeviceEngine;
use vector_store::{Bitset, Config, Dtype, Engine, Metric, Scan};

const K: usize = 10;

/// Numbers like those of a normal distribution, the same in each run.
fn numbers(count: usize, seed: u64) -> Vec<f32> {
    const BLOCK: usize = 1 << 16;
    let mut all = vec![0.0f32; count];
    all.par_chunks_mut(BLOCK)
        .enumerate()
        .for_each(|(i, block)| {
            let mut state = (i as u64 + 1 + (seed << 40)).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            for number in block {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let parts =
                    [state >> 48, state >> 32, state >> 16, state].map(|x| (x & 0xffff) as f32);
                *number = parts.iter().sum::<f32>() / 37_837.0 - 3.464;
            }
        });
    all
}

/// Numbers with commas between them, or what is meant without.
fn list(text: Option<String>, plain: &[usize]) -> Result<Vec<usize>, std::num::ParseIntError> {
    text.map_or(Ok(plain.to_vec()), |text| {
        text.split(',').map(str::parse).collect()
    })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let device = arguments
        .next()
        .unwrap_or_else(|| "rocm:0".to_owned())
        .parse()?;
    let mut rows = arguments.next();
    let is_index = rows.as_deref() == Some("ivf");
    if is_index {
        rows = arguments.next();
    }
    let rows: usize = rows.map_or(Ok(1_000_000), |text| text.parse())?;
    if is_index {
        return ivf::run(&device, rows);
    }
    let dimensions = list(arguments.next(), &[128, 768])?;
    let batches = list(arguments.next(), &[1, 4, 10, 100, 1000])?;
    for dimension in dimensions {
        let start = Instant::now();
        let data = numbers(rows * dimension, 1);
        println!(
            "# {rows} x {dimension}: made in {:.1} s",
            start.elapsed().as_secs_f32()
        );
        for (metric, dtype) in [
            (Metric::InnerProduct, Dtype::F32),
            (Metric::L2, Dtype::F32),
            (Metric::Cosine, Dtype::F32),
            (Metric::InnerProduct, Dtype::F16),
            (Metric::InnerProduct, Dtype::Bf16),
            (Metric::InnerProduct, Dtype::Int8),
        ] {
            let config = Config::new(dimension, metric).dtype(dtype);
            let same = same_as_cpu(&device, config, &data[..dimension * rows.min(20_000)])?;
            let mut engine = DeviceEngine::new(&device, config)?;
            let start = Instant::now();
            engine.append(&data)?;
            let seconds = start.elapsed().as_secs_f32();
            println!("# {metric} {dtype}: as on the CPU: {same}; appended in {seconds:.2} s");
            cases(
                &mut engine,
                rows,
                dtype,
                &batches,
                metric == Metric::InnerProduct,
            )?;
        }
    }
    Ok(())
}

/// Whether a store of some rows finds what the CPU does, to the bit.
fn same_as_cpu(
    device: &redwick_tensor_ops::DeviceSpec,
    config: Config,
    data: &[f32],
) -> vector_store::engine::Result<bool> {
    let (mut engine, mut cpu) = (DeviceEngine::new(device, config)?, CpuEngine::new(config)?);
    engine.append(data)?;
    cpu.append(data)?;
    let live = Bitset::new(engine.len(), true);
    let queries = numbers(40 * config.dimension, 98);
    let mut same = true;
    for (queries, k) in [(&queries[..], 10), (&queries[..5 * config.dimension], 1000)] {
        let scan = Scan::new(queries, k, &live);
        same &= engine.search(&scan)? == cpu.search(&scan)?;
    }
    Ok(same)
}

fn cases(
    engine: &mut DeviceEngine,
    rows: usize,
    dtype: Dtype,
    batches: &[usize],
    tune: bool,
) -> vector_store::engine::Result<()> {
    let dimension = engine.config().dimension;
    let live = Bitset::new(rows, true);
    let floor = (rows * dimension * dtype.size()) as f64 / 4.3e9;
    for &batch in batches {
        let queries = numbers(batch * dimension, 99);
        let scan = Scan::new(&queries, K, &live);
        let settled = engine.settled();
        let found = engine.search(&scan)?;
        let start = Instant::now();
        engine.search(&scan)?;
        let host = start.elapsed().as_secs_f64() * 1e3;
        let settled = (engine.settled() - settled) / 2;
        let checked = Scan::new(&queries[..batch.min(3) * dimension], K, &live);
        let exact = engine.settle(&checked, &[])? == found[..batch.min(3)];
        let groups: &[u32] = if tune && batch <= 10 {
            &[1, 2, 3]
        } else {
            &[2]
        };
        for &each in groups {
            engine.set_workgroups(each);
            let times = engine.measure(&scan, if batch >= 100 { 3 } else { 15 })?;
            let parts = times
                .parts
                .iter()
                .map(|(name, ms)| format!("{name} {ms:.4}"));
            println!(
                "{dimension} {} {dtype} batch {batch} groups {each}: {:.4} ms (x{:.2} of {floor:.3}), \
                 {}; search {host:.3} ms; exact {exact}, settled {settled}",
                engine.config().metric,
                times.all,
                f64::from(times.all) / floor,
                parts.collect::<Vec<_>>().join(", "),
            );
        }
    }
    Ok(())
}
