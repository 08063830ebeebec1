//! What cannot be done is an error that names op, dtype and layout.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod small;

use redwick_tensor_ops::ops::{
    self, BinaryOp, CompareOp, Conv, Corners, MoeOperands, PoolOp, ReduceOp, RopeForm,
};
use redwick_tensor_ops::{
    Context, DType, DeviceSpec, Error, Layout, Library, Storage, View, open, open_another,
};
use small::{Tensor, contexts, numbers};

/// Checks that an op failed, and with which words.
fn says(result: Result<Storage, Error>, words: &[&str]) {
    let text = match result {
        Ok(storage) => format!("no error, but {} elements", storage.len()),
        Err(error) => error.to_string(),
    };
    assert!(
        words.iter().all(|word| text.contains(word)),
        "{text}, want {words:?}"
    );
}

#[test]
fn operands_of_two_devices() {
    let [a, b] = [0, 1].map(|at| Tensor::counted(&contexts().nth(at).unwrap(), &[3]));
    let words = ["gfx942", "gfx1100"];
    says(ops::binary(BinaryOp::Add, a.view(), b.view()), &words);
    says(ops::compare(CompareOp::Eq, a.view(), b.view()), &words);
    says(ops::matmul(a.view(), b.view()), &words);
    says(ops::rms_norm(a.view(), b.view(), 1e-5), &words);
    says(ops::index_select(a.view(), b.view(), 0), &words);
    let moved = b.storage.to_context(a.storage.context()).unwrap();
    let moved = Tensor::new(moved, &[3]);
    let sum = ops::binary(BinaryOp::Add, a.view(), moved.view());
    assert_eq!(numbers(sum), [0.0, 2.0, 4.0]);
    let same = a.storage.to_context(a.storage.context());
    assert_eq!(numbers(same), [0.0, 1.0, 2.0]);
}

#[test]
fn operands_of_two_dtypes() {
    let context = contexts().next().unwrap();
    let (a, b) = (
        Tensor::counted(&context, &[3]),
        Tensor::u32(&context, &[3], &[0, 1, 2]),
    );
    says(
        ops::binary(BinaryOp::Mul, a.view(), b.view()),
        &["mul", "f32", "u32"],
    );
    says(ops::matmul(a.view(), b.view()), &["matmul", "f32", "u32"]);
    says(
        ops::layer_norm(a.view(), b.view(), a.view(), 0.1),
        &["layer_norm", "u32"],
    );
    says(
        ops::rope(RopeForm::Thd, a.view(), b.view(), b.view()),
        &["rope", "u32"],
    );
    says(
        ops::select(b.view(), a.view(), b.view()),
        &["where", "f32", "u32"],
    );
}

#[test]
fn dtypes_without_a_kernel() {
    let context = contexts().next().unwrap();
    let x = Tensor::u32(&context, &[1, 3], &[0, 1, 2]);
    says(ops::softmax(x.view()), &["softmax", "u32"]);
    says(
        ops::rms_norm(x.view(), x.view(), 1e-5),
        &["rms_norm", "u32"],
    );
    says(ops::powf(x.view(), 2.0), &["powf", "u32"]);
    says(ops::elu(x.view(), 2.0), &["elu", "u32"]);
    let floats = Tensor::counted(&context, &[3]);
    says(
        ops::index_select(x.view(), floats.view(), 1),
        &["index_select of f32 indices; convert to u8, u32 or i64"],
    );
    says(
        ops::gather(floats.view(), floats.view(), 0),
        &["gather of f32 indices; convert to u8, u32 or i64"],
    );
    says(
        ops::index_add(floats.view(), floats.view(), floats.view(), 0),
        &["index_add of f32 indices; convert to u8, u32, i16, i32 or i64"],
    );
    says(
        ops::select(floats.view(), floats.view(), floats.view()),
        &["where of f32 conditions; convert to u8, u32"],
    );
}

/// A device that no other test waits for.
fn alone() -> Context {
    open_another(&"emulated:gfx1100:checked".parse().unwrap()).unwrap()
}

/// Checks what is told once, and once only, when the device is waited for.
fn tells(context: &Context, words: &[&str]) {
    let text = context.synchronize().unwrap_err().to_string();
    assert!(
        words.iter().all(|word| text.contains(word)),
        "{text}, want {words:?}"
    );
    context.synchronize().unwrap();
}

#[test]
fn indices_out_of_range_name_op_dtype_and_size() {
    let context = alone();
    let x = Tensor::counted(&context, &[3, 4]);
    let row = Tensor::counted(&context, &[1, 4]);
    let long = |values: &[i64]| {
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        Storage::upload(&context, DType::I64, &bytes).unwrap()
    };
    let one = Tensor::new(long(&[-1]), &[1]);
    let each = Tensor::new(long(&[0, 1, 2, 9]), &[1, 4]);
    let mut to = Tensor::counted(&context, &[3, 4]);
    ops::index_select(x.view(), one.view(), 0).unwrap();
    tells(&context, &["index_select: an index of i64", "below 3"]);
    ops::gather(x.view(), each.view(), 1).unwrap();
    tells(&context, &["gather: an index of i64", "below 4"]);
    ops::scatter(&mut to.storage, &to.layout, each.view(), row.view(), 0).unwrap();
    tells(&context, &["scatter: an index of i64", "below 3"]);
    ops::scatter_add(&mut to.storage, &to.layout, each.view(), row.view(), 0).unwrap();
    tells(&context, &["scatter_add: an index of i64", "below 3"]);
    let five = Tensor::u32(&context, &[1], &[5]);
    ops::index_add(x.view(), five.view(), row.view(), 0).unwrap();
    tells(&context, &["index_add: an index of u32", "below 3"]);
    let experts = Layout::contiguous(&[1, 3, 4]);
    let zero = Tensor::u32(&context, &[1], &[0]);
    let mixture = MoeOperands {
        x: row.view(),
        weights: View::new(&x.storage, &experts).unwrap(),
        ids: zero.view(),
        experts: five.view(),
        scales: None,
    };
    ops::moe(mixture, 1, false).unwrap();
    tells(
        &context,
        &["moe_gemm:", "expert has to be below 1", "row below 1"],
    );
}

#[test]
fn of_several_ops_those_with_an_index_out_of_range_are_named() {
    let context = alone();
    let x = Tensor::counted(&context, &[3, 4]);
    let ids = |ids: [u32; 1]| Tensor::u32(&context, &[1], &ids);
    let select = |at: u32, dim: usize| ops::index_select(x.view(), ids([at]).view(), dim);
    let told = |context: &Context| match context.synchronize() {
        Err(Error::IndexOutOfRange { faults }) => faults,
        other => panic!("{other:?}"),
    };
    let sizes = |context: &Context| -> Vec<_> {
        let bounds = told(context).into_iter().map(|fault| fault.bound);
        bounds.map(|bound| bound.map(|b| b.below)).collect()
    };
    select(2, 0).unwrap();
    select(7, 1).unwrap();
    select(0, 0).unwrap();
    assert_eq!(sizes(&context), [Some(4)]);
    select(7, 1).unwrap();
    select(7, 0).unwrap();
    assert_eq!(sizes(&context), [Some(3), Some(4)]);
    context.synchronize().unwrap();
}

#[test]
fn so_many_bounds_that_they_are_not_told_apart() {
    let context = alone();
    let x = Tensor::counted(&context, &[600]);
    let ids = Tensor::u32(&context, &[1], &[600]);
    for size in 1..=600 {
        let part = Layout::contiguous(&[size]);
        let part = View::new(&x.storage, &part).unwrap();
        ops::index_select(part, Tensor::u32(&context, &[1], &[0]).view(), 0).unwrap();
    }
    ops::index_select(x.view(), ids.view(), 0).unwrap();
    tells(&context, &["index_select: an index is out of range;"]);
    ops::gather(x.view(), ids.view(), 0).unwrap();
    tells(&context, &["gather: an index is out of range;"]);
}

#[test]
fn operands_on_one_gpu_that_was_opened_twice() {
    let [a, b] = [(); 2].map(|()| Tensor::counted(&alone(), &[3]));
    let [left, right] = [&a, &b].map(|x| x.storage.context().id().to_string());
    says(
        ops::binary(BinaryOp::Add, a.view(), b.view()),
        &["add", "gfx1100", "opened by two calls", &left, &right],
    );
}

#[test]
fn shapes_that_do_not_fit() {
    let context = contexts().next().unwrap();
    let x = Tensor::counted(&context, &[2, 3]);
    let row = Tensor::counted(&context, &[6]);
    let ids = Tensor::u32(&context, &[1, 1], &[0]);
    says(
        ops::compare(CompareOp::Ge, x.view(), row.view()),
        &["ge", "[2, 3]", "[6]"],
    );
    says(ops::select(x.view(), x.view(), row.view()), &["where"]);
    says(
        ops::index_select(x.view(), ids.view(), 0),
        &["index_select", "[1, 1]"],
    );
    says(
        ops::index_select(x.view(), row.view(), 2),
        &["index_select", "[2, 3]"],
    );
    says(ops::gather(row.view(), ids.view(), 0), &["gather", "[6]"]);
    says(ops::gather(x.view(), ids.view(), 2), &["gather", "[2, 3]"]);
    let wide = Tensor::u32(&context, &[3, 1], &[0, 0, 0]);
    says(ops::gather(x.view(), wide.view(), 1), &["gather", "[3, 1]"]);
    says(
        ops::reduce(ReduceOp::ArgMax, x.view(), &[0, 1]),
        &["arg_max", "[0, 1]"],
    );
    says(
        ops::rope(RopeForm::Thd, x.view(), x.view(), x.view()),
        &["rope", "cos"],
    );
    says(
        ops::layer_norm(x.view(), row.view(), row.view(), 0.1),
        &["parameter", "[6]"],
    );
}

#[test]
fn bytes_that_are_no_elements() {
    let context = contexts().next().unwrap();
    says(
        Storage::upload(&context, DType::F32, &[0; 7]),
        &["upload", "7 bytes", "f32"],
    );
    says(
        Storage::uninit(&context, DType::F64, usize::MAX),
        &["allocation", "at most"],
    );
    let mut x = Tensor::counted(&context, &[3]).storage;
    let error = x.download(&mut [0; 11]).unwrap_err();
    assert!(
        matches!(error, Error::Shape { op: "download", .. }),
        "{error}"
    );
    let error = ops::fill(&mut x, &Layout::contiguous(&[3]), &[0; 2]).unwrap_err();
    assert!(matches!(error, Error::Shape { op: "fill", .. }), "{error}");
    let error = ops::fill(&mut x, &Layout::contiguous(&[4]), &[0; 4]).unwrap_err();
    assert!(
        matches!(error, Error::OutOfBounds { elements: 3, .. }),
        "{error}"
    );
    ops::fill(&mut x, &Layout::contiguous(&[0]), &[0; 4]).unwrap();
}

#[test]
fn devices_that_are_not_there() {
    let error = |text: &str| open(&text.parse().unwrap()).unwrap_err().to_string();
    assert!(error("emulated:gfx000").contains("gfx000"));
    assert!(error("emulated:gfx942:quick").contains("quick"));
    let spec = DeviceSpec {
        library: Library::Path("/nowhere/libamdhip64.so".into()),
        ordinal: 0,
    };
    let text = open(&spec).unwrap_err().to_string();
    assert!(text.contains("/nowhere/libamdhip64.so"), "{text}");
    assert_eq!(spec.to_string(), "rocm:0 of /nowhere/libamdhip64.so");
    let second = DeviceSpec {
        library: Library::Emulated("gfx942".into()),
        ordinal: 7,
    };
    let text = open(&second).unwrap_err().to_string();
    assert!(text.contains('7'), "{text}");
}

#[test]
fn launches_are_counted() {
    let context = open_another(&"emulated:gfx942".parse().unwrap()).unwrap();
    let count = |symbol: &str| {
        let mut launches = context.launches();
        launches
            .find(|(kernel, _)| kernel.symbol == symbol)
            .unwrap()
            .1
    };
    let x = Tensor::counted(&context, &[3]);
    assert_eq!(count("softmax_group_f32"), 0);
    for _ in 0..3 {
        ops::softmax(x.view()).unwrap();
    }
    assert_eq!(
        (count("softmax_group_f32"), count("softmax_part_f32")),
        (3, 0)
    );
    assert!(format!("{context:?}").contains("gfx942"));
}

#[test]
fn images_that_do_not_fit() {
    let context = contexts().next().unwrap();
    let image = Tensor::counted(&context, &[1, 2, 4, 4]);
    let row = Tensor::counted(&context, &[6]);
    let max = |window, stride| ops::pool(PoolOp::Max, image.view(), window, stride);
    says(max([5, 1], [1, 1]), &["max_pool2d", "[5, 1]"]);
    says(max([0, 1], [1, 1]), &["max_pool2d", "[0, 1]"]);
    says(max([2, 2], [0, 1]), &["max_pool2d", "[0, 1]"]);
    says(
        ops::pool(PoolOp::Avg, row.view(), [1, 1], [1, 1]),
        &["avg_pool2d", "[6]"],
    );
    says(
        ops::upsample_nearest(image.view(), &[1, 2, 3]),
        &["upsample_nearest2d", "[1, 2, 3]"],
    );
    says(
        ops::upsample_nearest(row.view(), &[8]),
        &["upsample_nearest1d", "[6]"],
    );
    let plain = Conv {
        padding: 0,
        stride: 1,
        dilation: 1,
    };
    let weight = Tensor::counted(&context, &[3, 2, 5, 5]);
    says(
        ops::conv(image.view(), weight.view(), plain),
        &["conv2d", "[3, 2, 5, 5]", "padding: 0"],
    );
    let other = Tensor::counted(&context, &[3, 4, 1, 1]);
    says(
        ops::conv(image.view(), other.view(), plain),
        &["conv2d", "a weight of", "[3, 4, 1, 1]"],
    );
}

#[test]
fn windows_over_nothing_are_nothing() {
    let context = contexts().next().unwrap();
    let none = Tensor::counted(&context, &[0, 2, 4, 4]);
    let pooled = ops::pool(PoolOp::Max, none.view(), [2, 2], [1, 1]);
    assert_eq!(numbers(pooled), [0.0; 0]);
    let corners = Corners::Aligned;
    let larger = ops::upsample_bilinear(none.view(), [9, 9], corners);
    assert_eq!(numbers(larger), [0.0; 0]);
}

#[test]
fn mixtures_that_do_not_fit() {
    let context = contexts().next().unwrap();
    let x = Tensor::counted(&context, &[2, 3]);
    let weights = Tensor::counted(&context, &[4, 5, 3]);
    let ids = Tensor::u32(&context, &[2], &[0, 1]);
    let plain = MoeOperands {
        x: x.view(),
        weights: weights.view(),
        ids: ids.view(),
        experts: ids.view(),
        scales: None,
    };
    assert_eq!(numbers(ops::moe(plain, 1, false)).len(), 10);
    let flat = MoeOperands {
        weights: x.view(),
        ..plain
    };
    says(
        ops::moe(flat, 1, false),
        &["moe", "(experts, columns, depth)"],
    );
    let deep = Tensor::counted(&context, &[4, 5, 7]);
    let deeper = MoeOperands {
        weights: deep.view(),
        ..plain
    };
    says(ops::moe(deeper, 1, false), &["moe", "last dimensions"]);
    says(ops::moe(plain, 2, false), &["moe", "for 4 rows"]);
    let floats = MoeOperands {
        experts: x.view(),
        ..plain
    };
    says(ops::moe(floats, 1, true), &["moe", "u32", "f32"]);
    let scaled = MoeOperands {
        scales: Some(ids.view()),
        ..plain
    };
    says(ops::moe(scaled, 1, true), &["moe", "f32", "u32"]);
}

#[test]
fn sizes_that_no_launch_takes_name_the_op() {
    let context = contexts().next().unwrap();
    let one = Tensor::counted(&context, &[1]);
    let many = Layout::strided(&[1 << 31], &[0], 0).unwrap();
    let many = View::new(&one.storage, &many).unwrap();
    says(
        ops::reduce(ReduceOp::ArgMax, many, &[0]),
        &["arg_max: ", "2147483648", "at most 2147483647"],
    );
}
