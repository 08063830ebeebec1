//! The work. Numbers are small whole ones, whose sums and products f32 holds exactly, so that results
//! must equal the host's to the last bit.

use std::time::{Duration, Instant};

use redwick_tensor_ops::{Context, DType, Error, Layout, Storage, View, open_another, ops};

/// On what, and how much.
pub(crate) struct Load {
    device: String,
    /// How long threads work on a device; on an emulated one they do a few rounds each.
    pub(crate) seconds: u64,
    emulated: bool,
}

/// Threads, and contexts with a stream each that they share.
const THREADS: usize = 8;
const STREAMS: usize = 4;

/// What may be missing after all was given back.
const LEAK: usize = 1 << 20;

impl Load {
    /// As the environment says; briefly on an emulated GPU where it says nothing.
    pub(crate) fn from_env() -> Self {
        let named = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let device = named("REDWICK_TEST_DEVICE");
        let seconds = named("REDWICK_TEST_SECONDS").and_then(|value| value.parse().ok());
        Self {
            emulated: device.is_none(),
            device: device.unwrap_or_else(|| "emulated:gfx942".to_owned()),
            seconds: seconds.unwrap_or(60),
        }
    }

    /// The same for a shorter time.
    pub(crate) fn for_at_most(mut self, seconds: u64) -> Self {
        self.seconds = self.seconds.min(seconds);
        self
    }

    fn open(&self) -> Context {
        open_another(&self.device.parse().unwrap()).unwrap()
    }
}

/// Numbers that only look random.
struct Rng(u64);

impl Rng {
    fn below(&mut self, bound: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound.max(1) as u64) as usize
    }
}

/// Allocates and frees blocks of random sizes, some of them alive at once.
pub(crate) fn allocations(load: &Load) {
    let count = if load.emulated { 300 } else { 10_000 };
    let context = load.open();
    let mut rng = Rng(1);
    // What the driver keeps for itself is there before the count begins.
    drop(Storage::zeroed(&context, DType::U8, 1 << 20).unwrap());
    context.trim().unwrap();
    let before = context.device().memory_info().unwrap().free;
    let mut held: Vec<Storage> = Vec::new();
    for _ in 0..count {
        let bits = 4 + rng.below(17);
        let size = 1 + rng.below(1 << bits);
        let storage = Storage::uninit(&context, DType::U8, size).unwrap();
        if held.len() < 64 {
            held.push(storage);
        } else {
            let place = rng.below(64);
            held[place] = storage;
        }
        if rng.below(200) == 0 {
            context.trim().unwrap();
        }
    }
    drop(held);
    context.trim().unwrap();
    let after = context.device().memory_info().unwrap().free;
    let lost = before.saturating_sub(after);
    eprintln!("{count} allocations: {lost} bytes less are free");
    // Other tests of this program may allocate on a device meanwhile; on an emulated one they do.
    let statistics = context.memory();
    assert_eq!((statistics.in_use > 4096, statistics.cached), (false, 0));
    assert!(load.emulated || lost < LEAK, "{lost} bytes are lost");
}

/// Threads that share streams compute, and compare with the host.
pub(crate) fn threads(load: &Load) {
    let contexts: Vec<Context> = (0..STREAMS).map(|_| load.open()).collect();
    let end = Instant::now() + Duration::from_secs(load.seconds);
    let rounds: usize = std::thread::scope(|scope| {
        let work = |thread: usize| {
            let context = &contexts[thread % STREAMS];
            let mut rng = Rng(thread as u64);
            let mut rounds = 0;
            while if load.emulated {
                rounds < 4
            } else {
                Instant::now() < end
            } {
                round(context, &mut rng, load.emulated);
                rounds += 1;
            }
            rounds
        };
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| scope.spawn(move || work(thread)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    eprintln!("{rounds} rounds by {THREADS} threads on {STREAMS} streams");
    for context in &contexts {
        context.synchronize().unwrap();
    }
}

/// A matrix on the host and on the device.
struct Matrix {
    dims: [usize; 2],
    host: Vec<f32>,
    storage: Storage,
}

impl Matrix {
    fn random(context: &Context, dims: [usize; 2], rng: &mut Rng) -> Self {
        let numbers = (0..dims[0] * dims[1]).map(|_| rng.below(9) as f32 - 4.0);
        let host: Vec<f32> = numbers.collect();
        let storage = Storage::upload(context, DType::F32, bytemuck::cast_slice(&host)).unwrap();
        Self {
            dims,
            host,
            storage,
        }
    }

    fn layout(&self) -> Layout {
        Layout::contiguous(&self.dims)
    }

    fn transposed(&self) -> Layout {
        let [rows, columns] = self.dims;
        Layout::strided(&[columns, rows], &[1, columns], 0).unwrap()
    }

    fn row(&self, row: usize) -> &[f32] {
        &self.host[row * self.dims[1]..][..self.dims[1]]
    }

    fn column(&self, column: usize) -> impl Iterator<Item = f32> + '_ {
        (0..self.dims[0]).map(move |row| self.row(row)[column])
    }
}

fn download(storage: &Storage) -> Vec<f32> {
    let mut values = vec![0f32; storage.len()];
    storage
        .download(bytemuck::cast_slice_mut(&mut values))
        .unwrap();
    values
}

fn view<'a>(storage: &'a Storage, layout: &'a Layout) -> View<'a> {
    View::new(storage, layout).unwrap()
}

/// One op of several, on operands of random sizes.
fn round(context: &Context, rng: &mut Rng, small: bool) {
    let most = if small { 40 } else { 300 };
    let [m, n, k] = [(); 3].map(|()| 1 + rng.below(most));
    let (a, b) = (
        Matrix::random(context, [m, k], rng),
        Matrix::random(context, [n, k], rng),
    );
    let (of_a, of_b) = (a.layout(), b.transposed());
    let (found, expected): (Storage, Vec<f32>) = match rng.below(5) {
        0 => {
            let product = ops::matmul(view(&a.storage, &of_a), view(&b.storage, &of_b)).unwrap();
            let dot = |row: usize, column: usize| {
                let both = a.row(row).iter().zip(b.row(column));
                both.map(|(x, y)| x * y).sum::<f32>()
            };
            let cells = (0..m).flat_map(|row| (0..n).map(move |column| (row, column)));
            (
                product,
                cells.map(|(row, column)| dot(row, column)).collect(),
            )
        }
        1 => {
            let x = view(&a.storage, &of_a);
            let sum = ops::binary(ops::BinaryOp::Add, x, x).unwrap();
            let again = ops::binary(ops::BinaryOp::Mul, view(&sum, &of_a), x).unwrap();
            (again, a.host.iter().map(|x| (x + x) * x).collect())
        }
        2 => {
            let turned = ops::contiguous(view(&b.storage, &of_b)).unwrap();
            (turned, (0..k).flat_map(|column| b.column(column)).collect())
        }
        3 => {
            let sums = ops::reduce(ops::ReduceOp::Sum, view(&a.storage, &of_a), &[1]).unwrap();
            (sums, (0..m).map(|row| a.row(row).iter().sum()).collect())
        }
        _ => {
            let most = ops::reduce(ops::ReduceOp::Max, view(&b.storage, &of_b), &[1]).unwrap();
            let largest = |column| b.column(column).fold(f32::NEG_INFINITY, f32::max);
            (most, (0..k).map(largest).collect())
        }
    };
    assert_eq!(download(&found), expected, "{m}, {n}, {k}");
}

/// Asks for more than there is, at once and bit by bit.
pub(crate) fn out_of_memory(load: &Load) {
    let context = load.open();
    let total = context.device().memory_info().unwrap().total;
    let refused = |result: Result<Storage, Error>| matches!(result, Err(Error::OutOfMemory { .. }));
    assert!(refused(Storage::uninit(&context, DType::U8, total * 2)));
    let mut held = Vec::new();
    let part = total / 16;
    let full = loop {
        match Storage::uninit(&context, DType::U8, part) {
            Ok(storage) => held.push(storage),
            other => break other,
        }
        assert!(held.len() <= 16, "more than there is");
    };
    assert!(refused(full));
    let mut rng = Rng(5);
    held.truncate(held.len() / 2);
    for _ in 0..5 {
        round(&context, &mut rng, load.emulated);
    }
    drop(held);
    context.trim().unwrap();
    assert!(Storage::uninit(&context, DType::U8, total / 2).is_ok());
}
