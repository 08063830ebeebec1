//! Contexts, memory and the paths that no ordinary tensor takes, on an emulated GPU.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use redwick_tensor_ops::ops::{self, BinaryOp, UnaryOp};
use redwick_tensor_ops::{Context, DType, Error, Layout, Storage, View, open, open_another};

fn context(spec: &str) -> Context {
    open(&spec.parse().unwrap()).unwrap()
}

fn upload(context: &Context, values: &[f32]) -> Storage {
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    Storage::upload(context, DType::F32, &bytes).unwrap()
}

fn download(storage: &Storage) -> Vec<f32> {
    let mut bytes = vec![0; storage.bytes()];
    storage.download(&mut bytes).unwrap();
    let number = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    bytes.chunks_exact(4).map(number).collect()
}

fn counted(count: usize) -> Vec<f32> {
    (0..count).map(|n| n as f32).collect()
}

#[test]
fn one_device_is_opened_once() {
    let first = context("emulated:gfx942");
    assert_eq!(first, context("emulated:gfx942"));
    assert_ne!(first, context("emulated:gfx1100"));
    let other = open_another(&"emulated:gfx942".parse().unwrap()).unwrap();
    assert_ne!(first.id(), other.id());
}

#[test]
fn memory_is_reused_in_the_order_of_the_stream() {
    let context = open_another(&"emulated:gfx942".parse().unwrap()).unwrap();
    let before = context.memory();
    let mut x = upload(&context, &counted(1000));
    for _ in 0..20 {
        let layout = Layout::contiguous(&[1000]);
        let view = View::new(&x, &layout).unwrap();
        x = ops::affine(view, 1.0, 1.0).unwrap();
    }
    let after = context.memory();
    assert_eq!(after.allocations - before.allocations, 2);
    assert_eq!(after.reuses - before.reuses, 19);
    assert_eq!(download(&x)[999], 1019.0);
    drop(x);
    assert_eq!(context.memory().in_use, before.in_use);
    assert_eq!(
        context.trim().unwrap(),
        after.in_use + after.cached - before.in_use
    );
    assert_eq!(context.memory().cached, 0);
}

/// Around what a stream's pinned memory takes, by threads that share the stream.
#[test]
fn uploads_of_any_size_arrive() {
    let context = context("emulated:gfx942");
    let work = |thread: usize| {
        for (turn, len) in [1, 1000, 1 << 16, 1 << 17, (1 << 17) + 1, 9]
            .iter()
            .enumerate()
        {
            let mut values: Vec<f32> = (0..*len).map(|i| (i + thread + turn) as f32).collect();
            let storage = upload(&context, &values);
            let kept = std::mem::replace(&mut values, vec![0.0; *len]);
            assert!(download(&storage) == kept, "{thread} {len}");
        }
    };
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || work(thread));
        }
    });
}

#[test]
fn a_full_device_says_so_and_works() {
    let context = context("emulated:gfx942");
    let refused = Storage::uninit(&context, DType::F32, 1 << 45);
    let Err(Error::OutOfMemory {
        requested, total, ..
    }) = refused
    else {
        panic!("{refused:?}");
    };
    assert_eq!(requested, 1 << 47);
    assert!(total > 0);
    assert_eq!(download(&upload(&context, &[1.0, 2.0])), [1.0, 2.0]);
}

#[test]
fn a_layout_outside_its_storage_is_refused() {
    let context = context("emulated:gfx942");
    let storage = upload(&context, &counted(6));
    for layout in [
        Layout::contiguous(&[7]),
        Layout::contiguous_from(&[6], 1),
        Layout::strided(&[2, 2], &[6, 1], 0).unwrap(),
    ] {
        let refused = View::new(&storage, &layout);
        assert!(
            matches!(refused, Err(Error::OutOfBounds { .. })),
            "{layout}"
        );
    }
}

#[test]
fn more_dimensions_than_a_kernel_takes() {
    for spec in ["emulated:gfx942:checked", "emulated:gfx1100:checked"] {
        let context = context(spec);
        let x = upload(&context, &counted(256));
        // Every dimension backwards: nothing collapses.
        let strides: Vec<usize> = (0..8).map(|dim| 1 << dim).collect();
        let reversed = Layout::strided(&[2; 8], &strides, 0).unwrap();
        let view = View::new(&x, &reversed).unwrap();
        let want: Vec<f32> = (0..=255u8).map(|n| f32::from(n.reverse_bits())).collect();
        assert_eq!(download(&ops::contiguous(view).unwrap()), want);
        let negated: Vec<f32> = want.iter().map(|x| -x).collect();
        assert_eq!(download(&ops::unary(UnaryOp::Neg, view).unwrap()), negated);
        let straight = Layout::contiguous(&[2; 8]);
        let other = View::new(&x, &straight).unwrap();
        let sums: Vec<f32> = (0..256).map(|n| want[n] + n as f32).collect();
        assert_eq!(
            download(&ops::binary(BinaryOp::Add, view, other).unwrap()),
            sums
        );
        let total = ops::reduce(ops::ReduceOp::Sum, view, &[0, 1, 2, 3, 4, 5, 6, 7]).unwrap();
        assert_eq!(download(&total), [255.0 * 128.0]);
    }
}

#[test]
fn nothing_is_launched_for_nothing() {
    let context = context("emulated:gfx942:checked");
    let empty = upload(&context, &[]);
    let layout = Layout::contiguous(&[3, 0]);
    let view = View::new(&empty, &layout).unwrap();
    assert!(ops::unary(UnaryOp::Exp, view).unwrap().is_empty());
    assert!(ops::softmax(view).unwrap().is_empty());
    assert_eq!(
        download(&ops::reduce(ops::ReduceOp::Sum, view, &[1]).unwrap()),
        [0.0; 3]
    );
    let minimum = ops::reduce(ops::ReduceOp::Min, view, &[1]);
    assert!(matches!(minimum, Err(Error::EmptyReduction { .. })));
}

#[test]
fn operands_that_do_not_fit_are_refused() {
    let context = context("emulated:gfx942:checked");
    let x = upload(&context, &counted(6));
    let (row, matrix) = (Layout::contiguous(&[6]), Layout::contiguous(&[2, 3]));
    let (row, matrix) = (
        View::new(&x, &row).unwrap(),
        View::new(&x, &matrix).unwrap(),
    );
    let errors = [
        ops::binary(BinaryOp::Add, row, matrix).unwrap_err(),
        ops::matmul(matrix, matrix).unwrap_err(),
        ops::reduce(ops::ReduceOp::Sum, row, &[1]).unwrap_err(),
        ops::rms_norm(matrix, row, 1e-5).unwrap_err(),
        ops::gather(row, matrix, 0).unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, Error::Shape { .. }), "{error}");
    }
}

/// A convolution with enough output for the large tiles of a device of 304 compute units.
#[test]
fn large_images_are_convolved_in_large_tiles() {
    let context = context("emulated:gfx942:checked");
    let (inputs, channels, size) = (2, 129, [132, 160]);
    let pattern = |count, period: f32| -> Vec<f32> {
        counted(count).iter().map(|x| x % period - 3.0).collect()
    };
    let x = pattern(inputs * size[0] * size[1], 7.0);
    let weight = pattern(channels * inputs * 9, 5.0);
    let layouts = [
        Layout::contiguous(&[1, inputs, size[0], size[1]]),
        Layout::contiguous(&[channels, inputs, 3, 3]),
    ];
    let [on_x, on_weight] = [&x, &weight].map(|values| upload(&context, values));
    let parameters = ops::Conv {
        padding: 1,
        stride: 1,
        dilation: 1,
    };
    let y = ops::conv(
        View::new(&on_x, &layouts[0]).unwrap(),
        View::new(&on_weight, &layouts[1]).unwrap(),
        parameters,
    );
    let y = download(&y.unwrap());
    let at = |c: usize, h: usize, w: usize| {
        let inside = (1..=size[0]).contains(&h) && (1..=size[1]).contains(&w);
        let place = || (c * size[0] + h - 1) * size[1] + w - 1;
        if inside { x[place()] } else { 0.0 }
    };
    for (number, got) in y.iter().enumerate().step_by(11) {
        let (pixel, channel) = (number % (size[0] * size[1]), number / (size[0] * size[1]));
        let (h, w) = (pixel / size[1], pixel % size[1]);
        let want: f32 = (0..inputs * 9)
            .map(|k| at(k / 9, h + k / 3 % 3, w + k % 3) * weight[channel * inputs * 9 + k])
            .sum();
        assert_eq!(*got, want, "channel {channel}, row {h}, column {w}");
    }
}
