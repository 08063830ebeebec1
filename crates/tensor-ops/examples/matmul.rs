//! Times products of matrices by own kernels and by the vendor's library, side by side, and compares
//! their results: `cargo run --release -p redwick-tensor-ops --example matmul -- rocm:0`.
//!
//! Each figure is the median of many launches between two events. Inputs are random, and in more
//! memory than caches hold. The first product of a series is so long that the host is ahead of the
//! device for the rest.

use std::error::Error;

use redwick_tensor_ops::ops::{self, Random};
use redwick_tensor_ops::{Context, DType, DeviceSpec, Layout, ProductsBy, Storage, View, open};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// Rows, inner dimension, columns.
const SHAPES: &[[usize; 3]] = &[
    [4096, 4096, 4096],
    [8192, 8192, 8192],
    [2048, 2048, 2048],
    [1024, 1024, 1024],
    [512, 4096, 14336],
    [512, 14336, 4096],
    [512, 4096, 4096],
    [128, 4096, 4096],
    [64, 4096, 4096],
    [16, 4096, 14336],
    [16, 14336, 4096],
    [16, 4096, 4096],
    [8, 4096, 14336],
    [1, 4096, 14336],
    [1000, 1000, 1000],
    [1000, 999, 1001],
];

/// Whether the first and the second operand are transposed, and the name of this.
const LAYOUTS: [([bool; 2], &str); 4] = [
    ([false, true], "a b.t()"),
    ([false, false], "a b"),
    ([true, false], "a.t() b"),
    ([true, true], "a.t() b.t()"),
];

const DTYPES: [DType; 3] = [DType::F16, DType::BF16, DType::F32];

/// Bytes that all operands of a series have together, so that none is in a cache when it is read.
const ROTATED: usize = 256 << 20;

const TIMES: usize = 15;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let spec = arguments.next().unwrap_or_else(|| "rocm:0".to_owned());
    let context = open(&spec.parse::<DeviceSpec>()?)?;
    println!("{}", context.device());
    match context.product_library() {
        Ok(library) => println!("library: {}", library.blas().description()),
        Err(error) => println!("no library: {error}"),
    }
    println!(
        "{:5} {:12} {:>6} {:>6} {:>6} {:>9} {:>9} {:>7} {:>8} {:>9} {:>8}  table",
        "dtype", "product", "m", "k", "n", "own ms", "library", "ratio", "TFLOP/s", "GB/s", "apart"
    );
    for &shape in SHAPES {
        for dtype in DTYPES {
            for (transposed, name) in LAYOUTS {
                // All layouts where they differ most, those of layers elsewhere.
                if transposed[0] && shape != SHAPES[0] {
                    continue;
                }
                line(&context, dtype, shape, transposed, name)?;
            }
        }
    }
    Ok(())
}

/// A factor: its elements and how they lie.
struct Factor {
    storage: Storage,
    layout: Layout,
}

impl Factor {
    fn random(
        context: &Context,
        random: &mut Random,
        dtype: DType,
        [rows, columns]: [usize; 2],
        transposed: bool,
    ) -> Result<Self> {
        let storage = random.uniform(context, dtype, rows * columns, -1.0, 1.0)?;
        let layout = match transposed {
            true => Layout::strided(&[rows, columns], &[1, rows], 0),
            false => Some(Layout::contiguous(&[rows, columns])),
        };
        let layout = layout.ok_or("a layout that does not exist")?;
        Ok(Self { storage, layout })
    }

    fn view(&self) -> Result<View<'_>> {
        Ok(View::new(&self.storage, &self.layout)?)
    }
}

fn line(
    context: &Context,
    dtype: DType,
    [m, k, n]: [usize; 3],
    transposed: [bool; 2],
    name: &str,
) -> Result<()> {
    let bytes = (m * k + k * n + m * n) * dtype.size();
    let mut random = Random::seeded(5);
    let mut factors = Vec::new();
    for _ in 0..ROTATED.div_ceil(bytes).clamp(2, 12) {
        let a = Factor::random(context, &mut random, dtype, [m, k], transposed[0])?;
        let b = Factor::random(context, &mut random, dtype, [k, n], transposed[1])?;
        factors.push((a, b));
    }
    let (own, by_own) = series(context, ProductsBy::Own, &factors)?;
    let (library, by_library) = match context.product_library() {
        Ok(_) => series(context, ProductsBy::Library, &factors)?,
        Err(_) => (f32::NAN, None),
    };
    let (table, _) = series(context, ProductsBy::Table, &factors)?;
    let operations = 2.0 * m as f64 * n as f64 * k as f64;
    println!(
        "{:5} {name:12} {m:>6} {k:>6} {n:>6} {own:>9.4} {library:>9.4} {:>6.1}% {:>8.1} {:>9.0} {:>8} {table:>9.4}",
        dtype.to_string(),
        100.0 * library / own,
        operations / f64::from(own) * 1e-9,
        bytes as f64 / f64::from(own) * 1e-6,
        apart(by_own.as_ref(), by_library.as_ref())?,
    );
    Ok(())
}

/// The median time of products in milliseconds, and the first result.
fn series(
    context: &Context,
    by: ProductsBy,
    factors: &[(Factor, Factor)],
) -> Result<(f32, Option<Storage>)> {
    context.set_products_by(by);
    let product = |i: usize| -> Result<Storage> {
        let (a, b) = &factors[i % factors.len()];
        Ok(ops::matmul(a.view()?, b.view()?)?)
    };
    let first = product(0)?;
    product(1)?;
    let device = context.device();
    let stream = context.stream();
    let marks = (0..TIMES)
        .map(|_| Ok((device.create_event(true)?, device.create_event(true)?)))
        .collect::<Result<Vec<_>>>()?;
    context.synchronize()?;
    busy(context)?;
    for (i, (start, end)) in marks.iter().enumerate() {
        stream.record(start)?;
        product(i)?;
        stream.record(end)?;
    }
    context.synchronize()?;
    let mut times = marks
        .iter()
        .map(|(start, end)| end.milliseconds_since(start))
        .collect::<Result<Vec<_>, _>>()?;
    times.sort_by(f32::total_cmp);
    Ok((times[TIMES / 2], Some(first)))
}

/// Gives the device some milliseconds of work: with 1 TB/s and more, a memory is cleared in time.
fn busy(context: &Context) -> Result<()> {
    for _ in 0..16 {
        Storage::zeroed(context, DType::U8, 1 << 30)?;
    }
    Ok(())
}

/// How far two results are apart, of the length of the second.
fn apart(a: Option<&Storage>, b: Option<&Storage>) -> Result<String> {
    let (Some(a), Some(b)) = (a, b) else {
        return Ok(String::new());
    };
    let numbers = |storage: &Storage| -> Result<Vec<f32>> {
        let layout = Layout::contiguous(&[storage.len()]);
        let storage = match storage.dtype() {
            DType::F32 => storage.duplicate()?,
            _ => ops::cast(View::new(storage, &layout)?, DType::F32)?,
        };
        let mut numbers = vec![0.0; storage.len()];
        storage.download(bytemuck::cast_slice_mut(&mut numbers))?;
        Ok(numbers)
    };
    let (a, b) = (numbers(a)?, numbers(b)?);
    let square = |x: f32| f64::from(x) * f64::from(x);
    let distance: f64 = a.iter().zip(&b).map(|(a, b)| square(a - b)).sum();
    let length: f64 = b.iter().map(|b| square(*b)).sum();
    Ok(format!("{:.0e}", (distance / length).sqrt()))
}
