//! Compiled kernels on every target, against the host.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Arg, Bench, TARGETS, noise};
use redwick_gpu::Dispatch;

fn each_target(set: &str, test: impl Fn(&Bench)) {
    for target in TARGETS {
        test(&Bench::new(target, set));
    }
}

fn assert_close(found: &[f32], expected: &[f32], tolerance: f32) {
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!(
            (f - e).abs() <= tolerance * e.abs().max(1.0),
            "element {i}: {f}, expected {e}"
        );
    }
}

#[test]
fn vector_add() {
    each_target("basic", |bench| {
        let (a, b) = (noise(1000, 1), noise(1000, 2));
        let (pa, pb, pc) = (bench.floats(&a), bench.floats(&b), bench.zeros(4000));
        let args = [
            Arg::Pointer(pa),
            Arg::Pointer(pb),
            Arg::Pointer(pc),
            Arg::U32(1000),
        ];
        let statistics = bench.launch("vector_add", [8, 1], 128, &args);
        let expected: Vec<f32> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
        assert_eq!(bench.read_floats(pc, 1000), expected);
        assert_eq!(statistics.workgroups, 8);
        assert_eq!(statistics.waves, u64::from(8 * 128 / bench.gpu.wave_size()));
        assert!(statistics.instructions > 8 * statistics.waves);
    });
}

#[test]
fn reduce_sum() {
    each_target("basic", |bench| {
        let input = noise(3 * 700, 3);
        let (pi, po) = (bench.floats(&input), bench.zeros(12));
        for block in [32, 64, 96, 256] {
            bench.launch(
                "reduce_sum",
                [3, 1],
                block,
                &[Arg::Pointer(pi), Arg::Pointer(po), Arg::U32(700)],
            );
            let expected: Vec<f32> = input.chunks(700).map(|row| row.iter().sum()).collect();
            assert_close(&bench.read_floats(po, 3), &expected, 1e-4);
        }
    });
}

#[test]
fn softmax() {
    each_target("basic", |bench| {
        let input: Vec<f32> = noise(4 * 300, 4).iter().map(|x| x * 20.0).collect();
        let (pi, po) = (bench.floats(&input), bench.zeros(4 * 4 * 300));
        bench.launch(
            "softmax",
            [4, 1],
            128,
            &[Arg::Pointer(pi), Arg::Pointer(po), Arg::U32(300)],
        );
        let found = bench.read_floats(po, 1200);
        for (row, found) in input.chunks(300).zip(found.chunks(300)) {
            let top = row.iter().copied().fold(f32::MIN, f32::max);
            let sum: f64 = row.iter().map(|x| f64::from(x - top).exp()).sum();
            let expected: Vec<f32> = row
                .iter()
                .map(|x| (f64::from(x - top).exp() / sum) as f32)
                .collect();
            assert_close(found, &expected, 1e-6);
        }
    });
}

#[test]
fn gemm_in_lds() {
    each_target("basic", |bench| {
        let n = 64;
        let (a, b) = (noise(n * n, 5), noise(n * n, 6));
        let (pa, pb, pc) = (bench.floats(&a), bench.floats(&b), bench.zeros(4 * n * n));
        let args = [
            Arg::Pointer(pa),
            Arg::Pointer(pb),
            Arg::Pointer(pc),
            Arg::U32(n as u32),
        ];
        bench.launch("gemm", [2, 2], 256, &args);
        let mut expected = vec![0f32; n * n];
        for i in 0..n {
            for j in 0..n {
                // The kernel's order of operations, so that results are equal bit for bit.
                expected[i * n + j] =
                    (0..n).fold(0.0, |sum, k| a[i * n + k].mul_add(b[k * n + j], sum));
            }
        }
        assert_eq!(bench.read_floats(pc, n * n), expected);
    });
}

#[test]
fn atomics() {
    each_target("basic", |bench| {
        let input: Vec<u32> = (0..5000).map(|i| i * i).collect();
        let (pi, po) = (bench.words(&input), bench.zeros(64));
        bench.launch(
            "histogram",
            [20, 1],
            256,
            &[Arg::Pointer(pi), Arg::Pointer(po), Arg::U32(5000)],
        );
        let mut expected = vec![0u32; 16];
        input.iter().for_each(|x| expected[(x % 16) as usize] += 1);
        assert_eq!(bench.read_words(po, 16), expected);
        let ones = vec![1f32; 3000];
        let (pi, po) = (bench.floats(&ones), bench.zeros(4));
        bench.launch(
            "float_atomic",
            [12, 1],
            256,
            &[Arg::Pointer(pi), Arg::Pointer(po), Arg::U32(3000)],
        );
        assert_eq!(bench.read_floats(po, 1), [3000.0]);
    });
}

#[test]
fn private_memory() {
    each_target("basic", |bench| {
        let input: Vec<u32> = (0..200).map(|i| i * 7 + 3).collect();
        let (pi, po) = (bench.words(&input), bench.zeros(800));
        bench.launch(
            "private_array",
            [2, 1],
            100,
            &[Arg::Pointer(pi), Arg::Pointer(po), Arg::U32(200)],
        );
        let expected: Vec<u32> = (0..200u32)
            .map(|i| {
                let mut table = [0; 16];
                (0..16).for_each(|k| table[((k * 5 + i) % 16) as usize] = k * i);
                table[(input[i as usize] % 16) as usize]
                    + table[((input[i as usize] + 7) % 16) as usize]
            })
            .collect();
        assert_eq!(bench.read_words(po, 200), expected);
    });
}

#[test]
fn precise_division() {
    each_target("basic", |bench| {
        let values: Vec<f64> = (0..100)
            .map(|i| f64::from(i * i - 40) * 1.7e3f64.powi(i % 90 - 45))
            .collect();
        let ints: Vec<u64> = (0..100u64)
            .map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15))
            .collect();
        let pv = bench.upload(&values, |x| x.to_le_bytes().to_vec());
        let pi = bench.upload(&ints, |x| x.to_le_bytes().to_vec());
        let (po, pio) = (bench.zeros(800), bench.zeros(800));
        let args = [
            Arg::Pointer(pv),
            Arg::Pointer(po),
            Arg::Pointer(pi),
            Arg::Pointer(pio),
            Arg::U32(100),
        ];
        bench.launch("divide", [2, 1], 64, &args);
        let pairs = |address| -> Vec<u64> {
            bench
                .read_words(address, 198)
                .chunks(2)
                .map(|w| u64::from(w[0]) | u64::from(w[1]) << 32)
                .collect()
        };
        for (i, bits) in pairs(po).into_iter().enumerate() {
            assert_eq!(
                f64::from_bits(bits),
                values[i] / values[i + 1],
                "{} / {}",
                values[i],
                values[i + 1]
            );
        }
        let expected: Vec<u64> = (0..99)
            .map(|i| ints[i] / (ints[i + 1] % 1000 + 1))
            .collect();
        assert_eq!(pairs(pio), expected);
    });
}

#[test]
fn launch_shape() {
    each_target("basic", |bench| {
        let out = bench.zeros(16);
        bench.launch("launch_shape", [3, 2], 96, &[Arg::Pointer(out)]);
        assert_eq!(
            bench.read_words(out, 4),
            [96, 1, 288, bench.gpu.wave_size()]
        );
    });
}

#[test]
fn flat_addresses_lead_to_all_memories() {
    each_target("basic", |bench| {
        let input: Vec<u32> = (0..100).map(|i| i * i + 1).collect();
        let (pi, po) = (bench.words(&input), bench.zeros(1200));
        let args = [Arg::Pointer(pi), Arg::Pointer(po), Arg::U32(100)];
        bench.launch("flat_addresses", [2, 1], 64, &args);
        let found = bench.read_words(po, 300);
        let total = |values: &mut dyn Iterator<Item = u32>| {
            (1..)
                .zip(values)
                .map(|(n, x): (u32, u32)| n * x)
                .sum::<u32>()
        };
        for i in 0..100u32 {
            let private = total(&mut (0..8).map(|at| input[i as usize] + (8 + at - i % 8) % 8));
            let shared = total(&mut (i / 8 * 8..i / 8 * 8 + 8));
            let global = total(&mut input.iter().copied());
            let at = i as usize * 3;
            assert_eq!(
                found[at..at + 3],
                [private, shared, global],
                "work-item {i}"
            );
        }
    });
}

#[test]
fn three_axes() {
    each_target("basic", |bench| {
        let (grid, block) = ([2, 3, 2], [4, 5, 3]);
        let [width, height, depth] = [0, 1, 2].map(|axis| grid[axis] * block[axis]);
        let out = bench.zeros((4 * width * height * depth) as usize);
        let kernel = bench.module.kernel("axes").unwrap();
        let dispatch = Dispatch {
            grid,
            block,
            dynamic_lds: 0,
            arguments: &out.to_le_bytes(),
        };
        bench.gpu.launch(&kernel, &dispatch).unwrap();
        let found = bench.read_words(out, (width * height * depth) as usize);
        for (i, place) in (0..).zip(found) {
            let [x, y, z] = [i % width, i / width % height, i / width / height];
            assert_eq!(place, x | y << 8 | z << 16, "{}", bench.gpu.target());
        }
    });
}

#[test]
fn preloaded_arguments() {
    for target in ["gfx90a", "gfx942", "gfx950"] {
        let bench = Bench::new(target, "preload");
        let preloaded = bench
            .module
            .code_object()
            .kernel("scaled_add")
            .unwrap()
            .descriptor
            .kernarg_preload_length;
        assert!(preloaded >= 8, "{target} preloads {preloaded} words");
        let (a, b) = (noise(200, 7), noise(200, 8));
        let (pa, pb, pc) = (bench.floats(&a), bench.floats(&b), bench.zeros(800));
        let args = [
            Arg::Pointer(pa),
            Arg::Pointer(pb),
            Arg::Pointer(pc),
            Arg::U32(200),
            Arg::U32(3),
        ];
        bench.launch("scaled_add", [2, 1], 128, &args);
        let expected: Vec<f32> = a.iter().zip(&b).map(|(a, b)| b.mul_add(3.0, *a)).collect();
        assert_eq!(bench.read_floats(pc, 200), expected);
    }
}
