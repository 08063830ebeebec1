//! What cannot be done is an error that says so, after which the device works.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use candle_core::{DType, Device, Error, RocmDevice, Tensor};
use redwick_conformance::emulated;

const TARGETS: [&str; 2] = ["gfx942", "gfx1100"];

fn device(target: &str) -> Device {
    emulated(target).expect("an emulated GPU opens")
}

/// Checks that an error's text has all these words.
fn says(error: &Error, words: &[&str]) {
    let text = error.to_string();
    assert!(words.iter().all(|word| text.contains(word)), "{text}");
}

fn works(device: &Device) {
    let ones = Tensor::ones((3, 5), DType::F32, device).unwrap();
    let sum = (&ones + &ones).unwrap().sum_all().unwrap();
    assert_eq!(sum.to_scalar::<f32>().unwrap(), 30.0);
}

#[test]
fn more_memory_than_there_is() {
    for target in TARGETS {
        let device = device(target);
        for elements in [1usize << 44, usize::MAX / 8] {
            let error = Tensor::zeros(elements, DType::F32, &device).unwrap_err();
            says(
                &error,
                &["out of memory", target, &(elements * 4).to_string()],
            );
            works(&device);
        }
    }
}

#[test]
fn more_elements_than_an_address_counts() {
    let device = device("gfx942");
    let error = Tensor::zeros(usize::MAX / 4, DType::F64, &device).unwrap_err();
    says(&error, &["allocation", "at most"]);
    works(&device);
}

#[test]
fn an_index_out_of_range() {
    for target in TARGETS {
        let device = device(target);
        let rows = Tensor::ones((4, 3), DType::F32, &device).unwrap();
        let ids = Tensor::new(&[1u32, 4], &device).unwrap();
        // The op does not wait for the device; what reads its result does.
        let picked = rows.index_select(&ids, 0).unwrap();
        says(
            &picked.to_vec2::<f32>().unwrap_err(),
            &["index", "out of range"],
        );
        works(&device);
        device.synchronize().unwrap();
    }
}

#[test]
fn an_op_without_a_kernel() {
    let device = device("gfx942");
    let bytes = Tensor::ones((2, 2), DType::U8, &device).unwrap();
    says(&bytes.exp().unwrap_err(), &["exp", "u8"]);
    says(&bytes.matmul(&bytes).unwrap_err(), &["matmul", "u8"]);
    says(
        &bytes.to_dtype(DType::F8E4M3).unwrap_err(),
        &["cast", "u8", "f8e4m3"],
    );
    let image = Tensor::ones((1, 1, 4, 4), DType::F32, &device).unwrap();
    says(&image.max_pool2d(2).unwrap_err(), &["max_pool2d", "F32"]);
    works(&device);
}

#[test]
fn a_code_object_for_another_target() {
    let device = RocmDevice::open("emulated:gfx942:checked").unwrap();
    let image = redwick_kernels::code_object("gfx1100", redwick_kernels::Family::Fill).unwrap();
    assert!(device.context().device().load_module(image).is_err());
    works(&Device::Rocm(device));
}

#[test]
fn a_target_that_there_is_not() {
    let error = RocmDevice::open("emulated:gfx000").unwrap_err();
    says(&error, &["gfx000", "gfx942"]);
}

#[test]
fn text_that_names_no_device() {
    let error = RocmDevice::open("radeon").unwrap_err();
    says(&error, &["radeon", "rocm:N", "emulated:"]);
}

#[test]
fn tensors_of_two_devices() {
    let left = Tensor::ones(3, DType::F32, &device("gfx942")).unwrap();
    let right = Tensor::ones(3, DType::F32, &device("gfx1100")).unwrap();
    says(&(left + right).unwrap_err(), &["gfx942", "gfx1100"]);
}
