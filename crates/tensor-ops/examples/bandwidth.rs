//! What part of the device's copy rate ops reach that do little but move memory.
//!
//! `cargo run --release -p redwick-tensor-ops --example bandwidth -- rocm:0 [PART OF A NAME]...`
//!
//! Inputs are random and rotated past the L2; a time is the median of samples of a millisecond or more
//! between two events. Bytes are those that must move: each input read once, the result written once.

use std::cell::RefCell;
use std::error::Error;

use redwick_tensor_ops::ops::{self, BinaryOp, PoolOp, Random, ReduceOp, RopeForm, UnaryOp};
use redwick_tensor_ops::{Context, DType, DeviceSpec, Layout, Storage, View, open};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// More than twice the L2 of any device.
const ROTATED_BYTES: usize = 160 << 20;
const SAMPLES: usize = 9;

/// What is timed.
type Run<'a> = Box<dyn Fn(&[Storage]) -> redwick_tensor_ops::Result<Storage> + 'a>;

/// An op on random inputs, and the bytes that it must move.
struct Case<'a> {
    name: String,
    inputs: Vec<Input>,
    bytes: usize,
    run: Run<'a>,
}

#[derive(Clone, Copy)]
enum Input {
    Numbers(DType, usize),
    /// Indices below a bound.
    Indices(usize, usize),
}

struct Device {
    context: Context,
    random: RefCell<Random>,
}

impl Device {
    fn make(&self, input: Input) -> Result<Storage> {
        let mut random = self.random.borrow_mut();
        Ok(match input {
            Input::Numbers(dtype, n) => random.uniform(&self.context, dtype, n, -1.0, 1.0)?,
            Input::Indices(n, bound) => {
                let high = bound as f64 * 0.999_999;
                let numbers = random.uniform(&self.context, DType::F32, n, 0.0, high)?;
                ops::cast(View::new(&numbers, &Layout::contiguous(&[n]))?, DType::U32)?
            }
        })
    }

    /// Milliseconds that some runs take together.
    fn milliseconds(&self, runs: impl FnOnce() -> Result<()>) -> Result<f64> {
        let [start, end] = [(); 2].map(|()| self.context.device().create_event(true));
        let (start, end) = (start?, end?);
        self.context.synchronize()?;
        self.context.stream().record(&start)?;
        runs()?;
        self.context.stream().record(&end)?;
        end.synchronize()?;
        Ok(f64::from(end.milliseconds_since(&start)?))
    }

    fn time(&self, case: &Case<'_>) -> Result<f64> {
        let set = || -> Result<Vec<Storage>> {
            case.inputs.iter().map(|&input| self.make(input)).collect()
        };
        let first = set()?;
        let size: usize = first.iter().map(Storage::bytes).sum();
        let mut sets = vec![first];
        for _ in 0..(ROTATED_BYTES / size.max(1)).min(24) {
            sets.push(set()?);
        }
        let mut turn = sets.iter().cycle();
        let mut sample = |runs: usize| {
            let inputs: Vec<_> = turn.by_ref().take(runs).collect();
            let all = self.milliseconds(|| {
                for inputs in inputs {
                    (case.run)(inputs)?;
                }
                Ok(())
            })?;
            Ok::<f64, Box<dyn Error>>(all / runs as f64)
        };
        let once = sample(2)?;
        let runs = ((1.0 / once.max(1e-6)).ceil() as usize).clamp(1, 300);
        let mut times = (0..=SAMPLES)
            .map(|_| sample(runs))
            .collect::<Result<Vec<_>>>()?;
        times.remove(0);
        Ok(median(times))
    }

    /// Bytes read and written in a second by a large copy.
    fn copy_rate(&self) -> Result<f64> {
        let x = self.make(Input::Numbers(DType::F32, 1 << 28))?;
        let times: Result<Vec<f64>> = (0..SAMPLES)
            .map(|_| self.milliseconds(|| x.duplicate().map(drop).map_err(Into::into)))
            .collect();
        Ok(2e3 * x.bytes() as f64 / median(times?))
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn matrix(rows: usize, columns: usize) -> Layout {
    Layout::contiguous(&[rows, columns])
}

/// A layout with strides; those given here are as many as the dimensions.
fn strided(dims: &[usize], strides: &[usize]) -> Layout {
    Layout::strided(dims, strides, 0).unwrap_or_else(|| Layout::contiguous(dims))
}

/// An op on one storage, seen in a layout.
fn one<'a>(
    name: impl Into<String>,
    dtype: DType,
    (elements, moved): (usize, usize),
    layout: Layout,
    op: impl Fn(View<'_>) -> redwick_tensor_ops::Result<Storage> + 'a,
) -> Case<'a> {
    Case {
        name: format!("{} {dtype}", name.into()),
        inputs: vec![Input::Numbers(dtype, elements)],
        bytes: moved * dtype.size(),
        run: Box::new(move |x| op(View::new(&x[0], &layout)?)),
    }
}

/// An op on two storages of one size.
fn two<'a>(
    name: &str,
    dtype: DType,
    op: BinaryOp,
    sizes: [usize; 2],
    layouts: [Layout; 2],
) -> Case<'a> {
    let [a, b] = layouts;
    let y = a.elements();
    Case {
        name: format!("{name} {dtype}"),
        inputs: sizes.map(|n| Input::Numbers(dtype, n)).into(),
        bytes: (sizes.iter().sum::<usize>() + y) * dtype.size(),
        run: Box::new(move |x| ops::binary(op, View::new(&x[0], &a)?, View::new(&x[1], &b)?)),
    }
}

const SIDE: usize = 8192;
const MANY: usize = SIDE * SIDE;

fn element_wise<'a>(dtype: DType) -> Vec<Case<'a>> {
    let square = || matrix(SIDE, SIDE);
    let turned = || strided(&[SIDE, SIDE], &[1, SIDE]);
    let pair =
        |name: &str, op, layout: Layout, n| two(name, dtype, op, [MANY, n], [square(), layout]);
    vec![
        pair("x + y 8192²", BinaryOp::Add, square(), MANY),
        one("exp 8192²", dtype, (MANY, 2 * MANY), square(), |x| {
            ops::unary(UnaryOp::Exp, x)
        }),
        one("gelu 8192²", dtype, (MANY, 2 * MANY), square(), |x| {
            ops::unary(UnaryOp::Gelu, x)
        }),
        one("exp x.t() 8192²", dtype, (MANY, 2 * MANY), turned(), |x| {
            ops::unary(UnaryOp::Exp, x)
        }),
        one(
            "affine x.t() 8192²",
            dtype,
            (MANY, 2 * MANY),
            turned(),
            |x| ops::affine(x, 2.0, 1.0),
        ),
        pair("x + y.t() 8192²", BinaryOp::Add, turned(), MANY),
        pair(
            "x + row 8192²",
            BinaryOp::Add,
            strided(&[SIDE; 2], &[0, 1]),
            SIDE,
        ),
        pair(
            "x · column 8192²",
            BinaryOp::Mul,
            strided(&[SIDE; 2], &[1, 0]),
            SIDE,
        ),
    ]
}

fn copies<'a>(dtype: DType) -> Vec<Case<'a>> {
    let (large, heads) = (32_768 * SIDE, 4096 * 4096);
    let copy = |name: &str, n, layout: Layout| {
        let moved = 2 * layout.elements();
        one(name, dtype, (n, moved), layout, ops::contiguous)
    };
    let image = 8 << 24;
    vec![
        copy(
            "transpose 32768×8192",
            large,
            strided(&[SIDE, 32_768], &[1, SIDE]),
        ),
        copy(
            "heads (4096, 32, 128)",
            heads,
            strided(&[32, 4096, 128], &[128, 4096, 1]),
        ),
        copy(
            "images 8×256×256²",
            image,
            strided(&[8, 65_536, 256], &[1 << 24, 1, 65_536]),
        ),
        copy(
            "rows of 8192 of 12288",
            large / 2 * 3,
            strided(&[32_768, SIDE], &[12_288, 1]),
        ),
    ]
}

fn reductions<'a>(dtype: DType) -> Vec<Case<'a>> {
    let mut cases = Vec::new();
    for (rows, columns) in [(32_768, SIDE), (1 << 20, 128), (128, 1 << 20)] {
        let n = rows * columns;
        let mut case = |what: &str, op, dims: &'static [usize]| {
            let name = format!("{what} {rows}×{columns}");
            let reduce = move |x: View<'_>| ops::reduce(op, x, dims);
            cases.push(one(name, dtype, (n, n), matrix(rows, columns), reduce));
        };
        case("sum last", ReduceOp::Sum, &[1]);
        case("sum first", ReduceOp::Sum, &[0]);
        case("max first", ReduceOp::Max, &[0]);
        case("sum all", ReduceOp::Sum, &[0, 1]);
        case("max last", ReduceOp::Max, &[1]);
        case("argmax last", ReduceOp::ArgMax, &[1]);
        case("argmax first", ReduceOp::ArgMax, &[0]);
    }
    cases
}

fn rows<'a>(dtype: DType) -> Vec<Case<'a>> {
    let mut cases = Vec::new();
    for (rows, columns) in [
        (32_768, SIDE),
        (65_536, 1024),
        (1 << 20, 128),
        (8192, 32_000),
    ] {
        let n = rows * columns;
        let name = |op: &str| format!("{op} {rows}×{columns}");
        let all = matrix(rows, columns);
        let row = Layout::contiguous(&[columns]);
        cases.push(one(
            name("softmax"),
            dtype,
            (n, 2 * n),
            all.clone(),
            ops::softmax,
        ));
        let normalised = |op: &str, run| Case {
            name: format!("{} {dtype}", name(op)),
            inputs: [n, columns, columns]
                .map(|n| Input::Numbers(dtype, n))
                .into(),
            bytes: 2 * n * dtype.size(),
            run,
        };
        let (x, by) = (all.clone(), row.clone());
        let rms =
            move |t: &[Storage]| ops::rms_norm(View::new(&t[0], &x)?, View::new(&t[1], &by)?, 1e-5);
        cases.push(normalised("rms_norm", Box::new(rms)));
        let layer = move |t: &[Storage]| {
            let [by, more] = [&t[1], &t[2]].map(|storage| View::new(storage, &row));
            ops::layer_norm(View::new(&t[0], &all)?, by?, more?, 1e-5)
        };
        cases.push(normalised("layer_norm", Box::new(layer)));
    }
    cases
}

fn others<'a>(dtype: DType) -> Vec<Case<'a>> {
    let (words, width, count) = (128_256, 4096, 8192);
    let image = Layout::contiguous(&[8, 256, 256, 256]);
    let pixels = 8 << 24;
    let embedding = move |t: &[Storage]| {
        let ids = Layout::contiguous(&[count]);
        ops::index_select(
            View::new(&t[0], &matrix(words, width))?,
            View::new(&t[1], &ids)?,
            0,
        )
    };
    let gather = |dim: usize| Case {
        name: format!("gather 8192² dim {dim} {dtype}"),
        inputs: vec![Input::Numbers(dtype, MANY), Input::Indices(MANY, SIDE)],
        bytes: MANY * (2 * dtype.size() + 4),
        run: Box::new(move |t| {
            let square = matrix(SIDE, SIDE);
            ops::gather(View::new(&t[0], &square)?, View::new(&t[1], &square)?, dim)
        }),
    };
    let select = |dim: usize| Case {
        name: format!("index_select 8192² dim {dim} {dtype}"),
        inputs: vec![Input::Numbers(dtype, MANY), Input::Indices(SIDE, SIDE)],
        bytes: 2 * MANY * dtype.size(),
        run: Box::new(move |t| {
            let ids = Layout::contiguous(&[SIDE]);
            ops::index_select(
                View::new(&t[0], &matrix(SIDE, SIDE))?,
                View::new(&t[1], &ids)?,
                dim,
            )
        }),
    };
    // In place, so the destination is read and written.
    let add = |dim: usize| Case {
        name: format!("scatter_add 8192² dim {dim} {dtype}"),
        inputs: vec![Input::Numbers(dtype, MANY), Input::Indices(MANY, SIDE)],
        bytes: MANY * (3 * dtype.size() + 4),
        run: Box::new(move |t| {
            let square = matrix(SIDE, SIDE);
            let [x, ids] = [&t[0], &t[1]].map(|storage| View::new(storage, &square));
            let (x, ids) = (x?, ids?);
            let mut sum = Storage::uninit(x.context(), dtype, MANY)?;
            ops::scatter_add(&mut sum, &square, ids, x, dim)?;
            Ok(sum)
        }),
    };
    let rope = move |t: &[Storage]| {
        let (heads, table) = (Layout::contiguous(&[1, 32, 4096, 128]), matrix(4096, 64));
        let [cos, sin] = [&t[1], &t[2]].map(|storage| View::new(storage, &table));
        ops::rope(RopeForm::HalfSplit, View::new(&t[0], &heads)?, cos?, sin?)
    };
    vec![
        Case {
            name: format!("embedding of 8192 of 128256×4096 {dtype}"),
            inputs: vec![
                Input::Numbers(dtype, words * width),
                Input::Indices(count, words),
            ],
            bytes: 2 * count * width * dtype.size(),
            run: Box::new(embedding),
        },
        gather(0),
        gather(1),
        add(0),
        add(1),
        select(0),
        select(1),
        Case {
            name: format!("rope (32, 4096, 128) {dtype}"),
            inputs: [4096 * 4096, 4096 * 64, 4096 * 64]
                .map(|n| Input::Numbers(dtype, n))
                .into(),
            bytes: 2 * (4096 * 4096 + 4096 * 64) * dtype.size(),
            run: Box::new(rope),
        },
        one(
            "avg_pool2d 8×256×256²",
            dtype,
            (pixels, pixels / 4 * 5),
            image.clone(),
            |x| ops::pool(PoolOp::Avg, x, [2, 2], [2, 2]),
        ),
        one(
            "upsample ×2 8×256×256²",
            dtype,
            (pixels, 5 * pixels),
            image,
            |x| ops::upsample_nearest(x, &[512, 512]),
        ),
    ]
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let spec: DeviceSpec = arguments
        .next()
        .unwrap_or_else(|| "rocm:0".to_owned())
        .parse()?;
    let only: Vec<String> = arguments.collect();
    let device = Device {
        context: open(&spec)?,
        random: RefCell::default(),
    };
    let rate = device.copy_rate()?;
    println!("copy: {:.0} GB/s", rate / 1e9);
    let groups = [element_wise, copies, reductions, rows, others];
    for dtype in [DType::F32, DType::F16, DType::BF16] {
        for case in groups.iter().flat_map(|group| group(dtype)) {
            if !only.is_empty() && !only.iter().any(|part| case.name.contains(part)) {
                continue;
            }
            let ms = device.time(&case)?;
            let share = 1e5 * case.bytes as f64 / rate / ms;
            println!("{:48} {ms:9.4} ms {share:5.0} %", case.name);
        }
    }
    Ok(())
}
