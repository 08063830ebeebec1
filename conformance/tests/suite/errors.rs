//! What cannot be done is an error that says so, after which the device works.

#![expect(clippy::unwrap_used, reason = "checks of tests are tests")]

use candle_core::{DType, Device, Error, Result, RocmDevice, Tensor};
use redwick_conformance::emulated;
use redwick_kernels::{Family, code_object};

use crate::Check;
use crate::device::private;

/// On each target.
pub(crate) const CHECKS: &[Check] = &[
    ("more_memory_than_there_is", memory),
    ("more_elements_than_an_address_counts", elements),
    ("bad_inputs_are_errors", bad_inputs),
    ("a_code_object_for_another_target", foreign_code),
];

/// Without a device, or between two.
pub(crate) const BETWEEN: &[(&str, fn())] = &[
    ("a_target_that_there_is_not", unknown_target),
    ("text_that_names_no_device", no_device),
    ("tensors_of_two_devices", two_devices),
];

/// Something that cannot be done, and words of the error.
struct Bad {
    what: &'static str,
    run: fn(&Device) -> Result<Tensor>,
    words: &'static [&'static str],
}

const fn bad(
    what: &'static str,
    words: &'static [&'static str],
    run: fn(&Device) -> Result<Tensor>,
) -> Bad {
    Bad { what, run, words }
}

/// Bad inputs of each op, whether Candle finds them or the device does.
const BAD: &[Bad] = &[
    bad(
        "index_select beyond the end",
        &["index_select", "u32", "out of range", "below 4"],
        |d| ones(&[4, 3], DType::F32, d)?.index_select(&Tensor::new(&[1u32, 4], d)?, 0),
    ),
    bad(
        "gather beyond the end",
        &["gather", "u32", "below 3"],
        |d| ones(&[4, 3], DType::F32, d)?.gather(&Tensor::new(&[[0u32, 3, 0]; 4], d)?, 1),
    ),
    bad(
        "gather before the start",
        &["gather", "i64", "below 4"],
        |d| ones(&[4, 3], DType::F32, d)?.gather(&Tensor::new(&[[0i64, -2, 0]], d)?, 0),
    ),
    bad(
        "index_select by floats",
        &["index_select", "f32", "u8, u32 or i64"],
        |d| ones(&[4, 3], DType::F32, d)?.index_select(&ones(&[2], DType::F32, d)?, 0),
    ),
    bad("exp of integers", &["exp", "u8"], |d| {
        ones(&[2, 2], DType::U8, d)?.exp()
    }),
    bad("matmul of integers", &["matmul", "u8"], |d| {
        ones(&[2, 2], DType::U8, d)?.matmul(&ones(&[2, 2], DType::U8, d)?)
    }),
    bad("matmul of matrices that do not fit", &["matmul"], |d| {
        ones(&[2, 3], DType::F32, d)?.matmul(&ones(&[2, 3], DType::F32, d)?)
    }),
    bad("matmul of two dtypes", &["matmul", "dtype"], |d| {
        ones(&[2, 2], DType::F32, d)?.matmul(&ones(&[2, 2], DType::F16, d)?)
    }),
    bad("add of two dtypes", &["add", "dtype"], |d| {
        ones(&[2], DType::F32, d)?.add(&ones(&[2], DType::F16, d)?)
    }),
    bad("add of two shapes", &["add", "shape"], |d| {
        ones(&[2], DType::F32, d)?.add(&ones(&[3], DType::F32, d)?)
    }),
    bad("where by floats", &["where", "f32"], |d| {
        let x = ones(&[2], DType::F32, d)?;
        x.where_cond(&x, &x)
    }),
    bad("maximum of nothing", &["max", "size 0"], |d| {
        ones(&[2, 0], DType::F32, d)?.max(1)
    }),
    bad("sum along a dimension that is not there", &["sum"], |d| {
        ones(&[2, 2], DType::F32, d)?.sum(2)
    }),
    bad("concatenation of two dtypes", &["dtype"], |d| {
        Tensor::cat(&[ones(&[2], DType::F32, d)?, ones(&[2], DType::U8, d)?], 0)
    }),
    bad(
        "conv2d of windows beyond the padding",
        &["conv2d", "[1, 2, 4, 4]", "[3, 2, 7, 2]", "padding: 1"],
        |d| image(d)?.conv2d(&ones(&[3, 2, 7, 2], DType::F32, d)?, 1, 1, 1, 1),
    ),
    bad("conv2d at no stride", &["conv2d", "stride: 0"], |d| {
        image(d)?.conv2d(&ones(&[3, 2, 3, 3], DType::F32, d)?, 0, 0, 1, 1)
    }),
    bad("conv2d of two dtypes", &["conv2d", "f32", "f16"], |d| {
        image(d)?.conv2d(&ones(&[3, 2, 3, 3], DType::F16, d)?, 0, 1, 1, 1)
    }),
    bad(
        "max_pool2d of windows beyond the image",
        &["kernel-size"],
        |d| image(d)?.max_pool2d(5),
    ),
    bad(
        "upsample_nearest2d of nothing",
        &["upsample_nearest2d", "[1, 2, 0, 4]"],
        |d| ones(&[1, 2, 0, 4], DType::F32, d)?.upsample_nearest2d(2, 2),
    ),
    bad("softmax of integers", &["softmax", "u32"], |d| {
        candle_nn::ops::softmax_last_dim(&ones(&[2, 2], DType::U32, d)?)
    }),
    bad("rms_norm by a scale that does not fit", &["rms"], |d| {
        let x = ones(&[2, 3], DType::F32, d)?;
        candle_nn::ops::rms_norm(&x, &ones(&[2], DType::F32, d)?, 1e-5)
    }),
    bad("layer_norm by a shift that does not fit", &["layer"], |d| {
        let (x, scale) = (ones(&[2, 3], DType::F32, d)?, ones(&[3], DType::F32, d)?);
        candle_nn::ops::layer_norm(&x, &scale, &ones(&[4], DType::F32, d)?, 1e-5)
    }),
    bad("rope by tables that do not fit", &["rope"], |d| {
        let (x, table) = (
            ones(&[1, 1, 4, 8], DType::F32, d)?,
            ones(&[4, 3], DType::F32, d)?,
        );
        candle_nn::rotary_emb::rope(&x, &table, &table)
    }),
];

/// On a device of its own: an index out of range is reported to whoever waits for the device next.
fn bad_inputs(device: &Device) {
    let device = &private(device);
    for bad in BAD {
        // Some ops do not wait for the device; what reads their result does.
        let read = |tensor: Tensor| tensor.to_device(&Device::Cpu);
        let error = (bad.run)(device).and_then(read).err();
        says(bad.what, error.as_ref(), bad.words);
        works(device);
    }
}

fn image(device: &Device) -> Result<Tensor> {
    ones(&[1, 2, 4, 4], DType::F32, device)
}

fn ones(dims: &[usize], dtype: DType, device: &Device) -> Result<Tensor> {
    Tensor::ones(dims, dtype, device)
}

/// Checks that an error's text has all these words, in any case.
fn says(what: &str, error: Option<&Error>, words: &[&str]) {
    let text = error.map_or("no error".to_owned(), Error::to_string);
    let lower = text.to_lowercase();
    assert!(
        words.iter().all(|word| lower.contains(word)),
        "{what}: {text}, want {words:?}"
    );
}

fn works(device: &Device) {
    let ones = Tensor::ones((3, 5), DType::F32, device).unwrap();
    let sum = (&ones + &ones).unwrap().sum_all().unwrap();
    assert_eq!(sum.to_scalar::<f32>().unwrap(), 30.0);
    device.synchronize().unwrap();
}

fn memory(device: &Device) {
    let rocm = device.as_rocm_device().unwrap();
    let name = rocm.context().name();
    for count in [1usize << 44, usize::MAX / 8] {
        let error = Tensor::zeros(count, DType::F32, device).err();
        let bytes = (count * 4).to_string();
        says("zeros", error.as_ref(), &["out of memory", name, &bytes]);
        works(device);
    }
}

fn elements(device: &Device) {
    let error = Tensor::zeros(usize::MAX / 4, DType::F64, device).err();
    says("zeros", error.as_ref(), &["allocation", "at most"]);
    works(device);
}

fn foreign_code(device: &Device) {
    let context = device.as_rocm_device().unwrap().context();
    let other = match context.device().target().starts_with("gfx11") {
        true => "gfx942",
        false => "gfx1100",
    };
    let image = code_object(other, Family::Fill).unwrap();
    let error = context.device().load_module(image).err().unwrap();
    // The CUDA driver cannot tell what it is that it refuses.
    let is_amd = context.device().target().starts_with("gfx");
    assert!(!is_amd || error.to_string().contains(other), "{error}");
    works(device);
}

fn unknown_target() {
    let error = RocmDevice::open("emulated:gfx000").err();
    says("open", error.as_ref(), &["gfx000", "gfx942"]);
}

fn no_device() {
    let error = RocmDevice::open("radeon").err();
    says("open", error.as_ref(), &["radeon", "rocm:n", "emulated:"]);
}

fn two_devices() {
    let [left, right] = ["gfx942", "gfx1100"].map(|target| {
        let device = emulated(target).unwrap();
        Tensor::ones(3, DType::F32, &device).unwrap()
    });
    says("add", (left + right).err().as_ref(), &["gfx942", "gfx1100"]);
}
