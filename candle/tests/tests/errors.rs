//! What goes wrong on a device: each is an error that says what was asked, and the device works on.

use std::sync::Once;

use grafted::backend::{BackendDevice, BackendStorage};
use grafted::rocm_backend::tensor_ops::hip::sys::{hipDeviceProp_tR0600, hipError_t, Api};
use grafted::rocm_backend::tensor_ops::hip::Driver;
use grafted::rocm_backend::tensor_ops::{self, memory, Context};
use grafted::rocm_backend::{fused, RocmError};
use grafted::{CpuStorage, DType, Device, Layout, Result, RocmDevice, Storage, Tensor};

/// Every device here has 8 MiB, so that it is soon full.
fn emulated(target: &str) -> Result<Device> {
    static ENVIRONMENT: Once = Once::new();
    ENVIRONMENT.call_once(|| std::env::set_var("REDWICK_EMULATED_MEMORY_MIB", "8"));
    redwick_candle_tests::emulated(target)
}

/// What an op's failure says.
#[track_caller]
fn refusal<T>(result: Result<T>) -> String {
    match result {
        Ok(_) => panic!("it did not fail"),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
}

/// That a device still computes.
fn works(device: &Device) -> Result<()> {
    let x = Tensor::arange(0f32, 100., device)?;
    assert_eq!(x.sqr()?.sum_all()?.to_scalar::<f32>()?, 328_350.);
    Ok(())
}

#[test]
fn a_dtype_without_a_kernel_is_named_with_the_op() -> Result<()> {
    let device = emulated("gfx1100")?;
    let numbers = Tensor::new(&[[1u32, 2], [3, 4]], &device)?;
    let text = refusal(candle_nn::ops::softmax_last_dim(&numbers));
    contains(&text, &["softmax", "u32"]);
    let text = refusal(candle_nn::ops::rms_norm(&numbers, &numbers.get(0)?, 1e-5));
    contains(&text, &["rms_norm", "u32"]);
    works(&device)
}

#[test]
fn dtypes_that_are_only_stored_elsewhere_are_refused() -> Result<()> {
    let device = emulated("gfx90a")?;
    for dtype in [DType::F4, DType::F6E2M3, DType::F6E3M2, DType::F8E8M0] {
        let text = refusal(Tensor::zeros(4, dtype, &device));
        contains(&text, &["no tensors of", &format!("{dtype:?}")]);
    }
    let rocm = device.as_rocm_device()?;
    for storage in [
        CpuStorage::F4(vec![1]),
        CpuStorage::F6E2M3(vec![1]),
        CpuStorage::F6E3M2(vec![1]),
        CpuStorage::F8E8M0(vec![1]),
    ] {
        contains(
            &refusal(rocm.storage_from_cpu_storage(&storage)),
            &["upload", "no tensors of"],
        );
    }
    let floats = Tensor::new(&[1f32], &device)?;
    contains(&refusal(floats.to_dtype(DType::F4)), &["F4"]);
    works(&device)
}

#[test]
fn an_index_out_of_range_is_an_error_and_no_wild_read() -> Result<()> {
    for target in ["gfx90a", "gfx1100"] {
        let device = emulated(target)?;
        let x = Tensor::arange(0f32, 6., &device)?.reshape((3, 2))?;
        for ids in [&[0u32, 3][..], &[u32::MAX - 1]] {
            let ids = Tensor::new(ids, &device)?;
            let text = refusal(x.index_select(&ids, 0).and_then(|y| y.to_vec2::<f32>()));
            contains(&text, &["index_select", "u32", "out of range", "below 3"]);
            works(&device)?;
        }
        let ids = Tensor::new(&[[0i64, 1], [2, 77]], &device)?;
        let text = refusal(x.gather(&ids, 0).and_then(|y| y.to_vec2::<f32>()));
        contains(&text, &["gather", "i64", "out of range", "below 3"]);
        works(&device)?;
        let text = refusal(x.gather(&ids, 0).and_then(|_| device.synchronize()));
        contains(&text, &["gather", "i64", "out of range", "below 3"]);
        works(&device)?;
    }
    Ok(())
}

#[test]
fn shapes_that_do_not_fit_are_errors() -> Result<()> {
    let device = emulated("gfx942")?;
    let x = Tensor::zeros((2, 3), DType::F32, &device)?;
    contains(&refusal(x.matmul(&x)), &["[2, 3]"]);
    contains(
        &refusal(x.add(&Tensor::zeros((3, 2), DType::F32, &device)?)),
        &["[2, 3]", "[3, 2]"],
    );
    contains(
        &refusal(x.index_select(&x.to_dtype(DType::U32)?, 0)),
        &["index-select", "[2, 3]"],
    );
    let (storage, layout) = x.storage_and_layout();
    let Storage::Rocm(storage) = &*storage else {
        panic!("not on a GPU")
    };
    // What Candle checks before it asks the backend is checked there as well.
    let short = Layout::contiguous(2);
    let text = refusal(fused::rms_norm(
        [(storage, layout), (storage, &short)],
        1e-5,
    ));
    contains(&text, &["rms_norm", "[2]", "[2, 3]"]);
    let beyond = Layout::contiguous((3, 3));
    contains(
        &refusal(storage.affine(&beyond, 1., 0.)),
        &["outside its storage of 6"],
    );
    works(&device)
}

#[test]
fn a_scalar_of_another_dtype_is_refused() -> Result<()> {
    let device = emulated("gfx942")?;
    let mut storage = device.as_rocm_device()?.zeros_impl(&4.into(), DType::F32)?;
    let layout = Layout::contiguous(4);
    let text = refusal(storage.const_set(grafted::scalar::Scalar::U8(1), &layout));
    contains(&text, &["const_set", "U8", "F32"]);
    storage.const_set(grafted::scalar::Scalar::F32(2.), &layout)?;
    assert_eq!(storage.to_cpu_storage()?.as_slice::<f32>()?, [2.; 4]);
    Ok(())
}

#[test]
fn distributions_that_there_are_not_are_refused() -> Result<()> {
    let device = emulated("gfx942")?;
    contains(
        &refusal(Tensor::rand(0f32, f32::INFINITY, 3, &device)),
        &["rand_uniform"],
    );
    contains(
        &refusal(Tensor::randn(0f32, f32::NAN, 3, &device)),
        &["rand_normal"],
    );
    works(&device)
}

#[test]
fn a_full_device_says_how_full_it_is() -> Result<()> {
    let device = emulated("gfx942")?;
    let text = refusal(Tensor::zeros((1 << 20, 64), DType::F32, &device));
    contains(
        &text,
        &[
            "out of memory",
            "268435456 bytes asked for",
            "emulated:gfx942",
        ],
    );
    let mut held = Vec::new();
    let text = loop {
        match Tensor::zeros(1 << 18, DType::F32, &device) {
            Ok(tensor) if held.len() < 9 => held.push(tensor),
            Ok(_) => panic!("more than there is"),
            Err(error) => break error.to_string(),
        }
    };
    contains(&text, &["out of memory", "1048576 bytes asked for"]);
    drop(held);
    works(&device)
}

#[test]
fn too_many_elements_are_an_error() -> Result<()> {
    let device = emulated("gfx942")?;
    let text = refusal(Tensor::zeros((1 << 40, 1 << 22), DType::F32, &device));
    contains(&text, &["elements"]);
    works(&device)
}

/// Properties of a card that has no kernels here.
unsafe extern "C" fn old_card(to: *mut hipDeviceProp_tR0600, _: std::ffi::c_int) -> hipError_t {
    let mut properties = hipDeviceProp_tR0600::zeroed();
    for (place, byte) in properties.gcnArchName.iter_mut().zip(b"gfx803") {
        *place = *byte as std::ffi::c_char;
    }
    // SAFETY: the driver's place.
    unsafe { to.write(properties) };
    hipError_t::SUCCESS
}

#[test]
fn a_card_without_code_objects_is_named_with_those_that_have() -> Result<()> {
    emulated("gfx942")?;
    let spec = "emulated:gfx942".parse().expect("a device");
    let driver = tensor_ops::driver(&spec).map_err(RocmError::from)?;
    let table = Api {
        hipGetDevicePropertiesR0600: old_card,
        ..*driver.hip().api()
    };
    // SAFETY: the functions are the emulator's, but for one.
    let old = unsafe { Driver::from_table(table, "an old card") };
    let device = old.device(0).expect("a device");
    let error = Context::new(device, memory::Policy::Cached).expect_err("no kernels");
    let text = grafted::Error::from(RocmError::from(error)).to_string();
    contains(&text, &["gfx803", "gfx90a", "gfx1100"]);
    Ok(())
}

#[test]
fn devices_that_there_are_not_are_errors() {
    for (name, part) in [
        ("", "names no AMD device"),
        ("cuda:0", "names no AMD device"),
        ("emulated:gfx803", "gfx803"),
        ("emulated:gfx942:fast", "gfx942:fast"),
    ] {
        contains(&refusal(RocmDevice::open(name)), &[part]);
    }
}
