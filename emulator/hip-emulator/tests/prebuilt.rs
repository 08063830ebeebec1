//! Some of Redwick's own kernels through the driver, on every emulated target. That all of them
//! compute what they should is the conformance suite's business; this shows that the driver, the
//! manifest's argument structs and the emulator fit together.

use redwick_hip::{Buffer, Device, LaunchShape, Stream};
use redwick_kernels::{
    self as kernels, Arguments, BinaryOp, DType, Grid, Kernel, Scalar, UnaryOp, Width, args,
};

/// A device of an emulated target, with a stream.
struct Card {
    device: Device,
    stream: Stream,
}

/// A card of each emulated target, checked.
fn cards() -> impl Iterator<Item = Card> {
    redwick_hip_emulator::targets().map(|target| {
        let driver = redwick_hip_emulator::driver(&format!("{target}:checked")).expect("emulated");
        let device = driver.device(0).expect("device 0");
        let stream = device.create_stream().expect("a stream");
        Card { device, stream }
    })
}

impl Card {
    fn upload<T: bytemuck::Pod>(&self, values: &[T]) -> Buffer<T> {
        let buffer = self.device.alloc(values.len()).expect("memory");
        self.stream.write(&buffer, values).expect("an upload");
        buffer
    }

    fn read<T: bytemuck::Pod>(&self, buffer: &Buffer<T>) -> Vec<T> {
        self.stream.read(buffer).expect("a download")
    }

    /// Runs a kernel of the code object for this card's target.
    fn run<A: Arguments>(
        &self,
        kernel: Option<Kernel<A>>,
        grid: impl Fn(Kernel<A>) -> Grid,
        arguments: A,
    ) {
        let kernel = kernel.expect("a kernel of the manifest");
        let info = kernel.info();
        let code = kernels::code_object(self.device.target(), info.family).expect("code");
        let module = self.device.load_module(code).expect("code for this target");
        let loaded = module.kernel(info.symbol).expect("the symbol");
        let shape = LaunchShape {
            grid: grid(kernel).blocks,
            block: [info.block, 1, 1],
            dynamic_lds: 0,
        };
        // SAFETY: the struct is the kernel's own, and the tests give it buffers of its sizes.
        unsafe { loaded.launch_with(&self.stream, shape, &arguments) }
            .unwrap_or_else(|error| panic!("{}: {error}", info.symbol));
    }
}

/// The grid for adjacent elements.
fn elements<A: Arguments>(n: usize) -> impl Fn(Kernel<A>) -> Grid {
    move |kernel| kernel.grid_for_elements(n as u64).expect("a grid")
}

#[test]
fn fill() {
    for card in cards() {
        // An odd length: the last access is not a whole one.
        let y = card.upload(&[0u16; 1003]);
        let arguments = args::Fill {
            y: y.address().0,
            bits: 0xabcd,
            n: 1001,
        };
        card.run(kernels::fill(Width::B2), elements(1001), arguments);
        let result = card.read(&y);
        assert!(
            result[..1001].iter().all(|&bits| bits == 0xabcd),
            "{:?}",
            card.device
        );
        assert_eq!(result[1001..], [0, 0], "nothing behind the end is written");
    }
}

#[test]
fn affine() {
    let values: Vec<f32> = (0..777).map(|i| i as f32 / 8.0).collect();
    for card in cards() {
        let (x, y) = (card.upload(&values), card.upload(&[0f32; 777]));
        let arguments = args::Affine {
            x: x.address().0,
            y: y.address().0,
            mul: Scalar::new(DType::F32, 2.0),
            add: Scalar::new(DType::F32, -1.0),
            n: 777,
        };
        card.run(kernels::affine(DType::F32), elements(777), arguments);
        let expected: Vec<f32> = values.iter().map(|x| x * 2.0 - 1.0).collect();
        assert_eq!(card.read(&y), expected, "{:?}", card.device);
    }
}

#[test]
fn binary() {
    let a: Vec<i64> = (0..500).map(|i| i * 1_000_000_007).collect();
    let b: Vec<i64> = (0..500).map(|i| 250 - i).collect();
    for card in cards() {
        let [x, z] = [&a, &b].map(|values| card.upload(values));
        let y = card.upload(&[0i64; 500]);
        let arguments = args::Binary {
            a: x.address().0,
            b: z.address().0,
            y: y.address().0,
            n: 500,
        };
        card.run(
            kernels::binary(BinaryOp::Mul, DType::I64),
            elements(500),
            arguments,
        );
        let expected: Vec<i64> = a.iter().zip(&b).map(|(a, b)| a * b).collect();
        assert_eq!(card.read(&y), expected, "{:?}", card.device);
    }
}

#[test]
fn unary() {
    let values: Vec<f32> = (-300..300).map(|i| i as f32 / 30.0).collect();
    for card in cards() {
        let (x, y) = (card.upload(&values), card.upload(&[0f32; 600]));
        let arguments = args::Map {
            x: x.address().0,
            y: y.address().0,
            n: 600,
        };
        card.run(
            kernels::unary(UnaryOp::Exp, DType::F32),
            elements(600),
            arguments,
        );
        for (x, y) in values.iter().zip(card.read(&y)) {
            let expected = x.exp();
            assert!(
                (y - expected).abs() <= 4e-7 * expected,
                "exp({x}) = {y}, not {expected}"
            );
        }
    }
}

#[test]
fn softmax() {
    const ROWS: usize = 11;
    const COLUMNS: usize = 97;
    let values: Vec<f32> = (0..ROWS * COLUMNS)
        .map(|i| (i * 37 % 101) as f32 / 10.0)
        .collect();
    for card in cards() {
        let (x, y) = (card.upload(&values), card.upload(&[0f32; ROWS * COLUMNS]));
        let arguments = args::Softmax {
            x: x.address().0,
            y: y.address().0,
            rows: ROWS as u32,
            columns: COLUMNS as u32,
        };
        let rows = |kernel: Kernel<_>| kernel.grid_for_outputs(ROWS as u32, 1).expect("a grid");
        card.run(kernels::softmax_group(DType::F32), rows, arguments);
        let result = card.read(&y);
        for (row, found) in values.chunks(COLUMNS).zip(result.chunks(COLUMNS)) {
            let sum: f64 = row.iter().map(|&x| f64::from(x).exp()).sum();
            for (&x, &y) in row.iter().zip(found) {
                let expected = f64::from(x).exp() / sum;
                assert!(
                    (f64::from(y) - expected).abs() < 1e-6 * expected,
                    "{:?}",
                    card.device
                );
            }
        }
    }
}
