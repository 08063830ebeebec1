//! What small ops cost the host: `cargo run --release -p redwick-tensor-ops --example host -- rocm:0`.
//!
//! Microseconds of a call, medians of samples of some hundred calls in a row: what they take until the
//! last has returned, and until the device is done.

use std::error::Error;
use std::time::Instant;

use redwick_tensor_ops::ops::{self, BinaryOp, Random, UnaryOp};
use redwick_tensor_ops::{Context, DType, DeviceSpec, Layout, ProductsBy, Storage, View, open};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Calls of a sample: fewer than a stream holds before it makes the host wait.
const CALLS: usize = 300;
const SAMPLES: usize = 15;

fn main() -> Result<()> {
    let spec = std::env::args().nth(1);
    let spec = spec.unwrap_or_else(|| "rocm:0".to_owned());
    let context = open(&spec.parse::<DeviceSpec>()?)?;
    println!(
        "{}\n{:36} {:>8} {:>8}",
        context.device(),
        "µs",
        "host",
        "all"
    );
    let device = Device {
        random: Random::seeded(1),
        context,
    };
    device.ops()?;
    device.products()?;
    device.transfers()
}

/// Microseconds of a call: the median of samples in seconds, but for the first.
fn each(mut samples: Vec<f64>) -> f64 {
    samples.remove(0);
    samples.sort_by(f64::total_cmp);
    samples[SAMPLES / 2] * 1e6 / CALLS as f64
}

struct Device {
    context: Context,
    random: Random,
}

impl Device {
    /// Prints what a call takes.
    fn time<T>(
        &self,
        name: &str,
        mut call: impl FnMut() -> redwick_tensor_ops::Result<T>,
    ) -> Result<()> {
        let (mut called, mut done) = (Vec::new(), Vec::new());
        for _ in 0..=SAMPLES {
            self.context.synchronize()?;
            let start = Instant::now();
            for _ in 0..CALLS {
                call()?;
            }
            called.push(start.elapsed().as_secs_f64());
            self.context.synchronize()?;
            done.push(start.elapsed().as_secs_f64());
        }
        let (called, done) = (each(called), each(done));
        println!("{name:36} {called:8.2} {done:8.2}");
        Ok(())
    }

    fn numbers(&self, dtype: DType, count: usize) -> Result<Storage> {
        let mut random = self.random.clone();
        Ok(random.uniform(&self.context, dtype, count, -1.0, 1.0)?)
    }

    fn ops(&self) -> Result<()> {
        let row = Layout::contiguous(&[1024]);
        let [x, y] = [(); 2].map(|()| self.numbers(DType::F32, 1024));
        let (x, y) = (x?, y?);
        let half = self.numbers(DType::F16, 1024)?;
        let view = View::new(&x, &row)?;
        let of_half = View::new(&half, &row)?;
        let other = View::new(&y, &row)?;
        self.time("an allocation and its end", || {
            Storage::uninit(&self.context, DType::F32, 1024)
        })?;
        self.time("add f32 1024", || ops::binary(BinaryOp::Add, view, other))?;
        self.time("silu f16 1024", || ops::unary(UnaryOp::Silu, of_half))?;
        self.time("cast f16 to f32 1024", || ops::cast(of_half, DType::F32))?;
        self.time("softmax f32 1024", || ops::softmax(view))?;
        self.time("a copy of 4 KiB", || x.duplicate())?;
        self.time("add f32 1024, and wait", || {
            let sum = ops::binary(BinaryOp::Add, view, other)?;
            self.context.synchronize()?;
            Ok(sum)
        })
    }

    fn products(&self) -> Result<()> {
        for side in [16, 32, 64, 96, 128, 192, 256, 384, 512] {
            let square = Layout::contiguous(&[side, side]);
            for dtype in [DType::F32, DType::F16] {
                let x = self.numbers(dtype, side * side)?;
                let view = View::new(&x, &square)?;
                for (by, name) in [(ProductsBy::Own, "own"), (ProductsBy::Library, "library")] {
                    self.context.set_products_by(by);
                    if by == ProductsBy::Library && self.context.product_library().is_err() {
                        continue;
                    }
                    let name = format!("product {side}³ {dtype}, {name}");
                    self.time(&name, || ops::matmul(view, view))?;
                }
            }
        }
        Ok(())
    }

    fn transfers(&self) -> Result<()> {
        for kib in [4, 64, 256, 512, 1024] {
            let mut bytes = vec![1u8; kib << 10];
            self.time(&format!("upload of {kib} KiB"), || {
                Storage::upload(&self.context, DType::U8, &bytes)
            })?;
            let storage = Storage::upload(&self.context, DType::U8, &bytes)?;
            self.time(&format!("download of {kib} KiB"), || {
                storage.download(&mut bytes)
            })?;
        }
        Ok(())
    }
}
