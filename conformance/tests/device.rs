//! What a device does beside ops: transfers, random numbers, seeds, memory.

use candle_core::{DType, Device, RocmDevice, Tensor};
use float8::F8E4M3;
use redwick_conformance::emulated;

fn devices() -> impl Iterator<Item = Device> {
    ["gfx942", "gfx1100"]
        .map(|target| emulated(target).expect("an emulated GPU opens"))
        .into_iter()
}

#[test]
fn every_dtype_goes_there_and_back() {
    let dtypes = [
        DType::U8,
        DType::U32,
        DType::I16,
        DType::I32,
        DType::I64,
        DType::BF16,
        DType::F16,
        DType::F32,
        DType::F64,
    ];
    for device in devices() {
        for dtype in dtypes {
            let here = Tensor::arange(0f32, 37.0, &Device::Cpu)
                .unwrap()
                .to_dtype(dtype)
                .unwrap();
            let there = here.to_device(&device).unwrap();
            assert_eq!((there.dtype(), there.dims()), (dtype, &[37][..]));
            let back = there.to_device(&Device::Cpu).unwrap();
            let values = |tensor: &Tensor| {
                tensor
                    .to_dtype(DType::F64)
                    .unwrap()
                    .to_vec1::<f64>()
                    .unwrap()
            };
            assert_eq!(values(&back), values(&here), "{dtype:?}");
        }
    }
}

#[test]
fn eight_bit_floats_go_there_and_back() {
    // By their bits: the CPU's conversions of them recurse for ever in this release.
    let bits: Vec<u8> = (0..127).collect();
    let floats: Vec<F8E4M3> = bits.iter().copied().map(F8E4M3::from_bits).collect();
    for device in devices() {
        let there = Tensor::from_slice(&floats, 127, &device).unwrap();
        let back = there.to_vec1::<F8E4M3>().unwrap();
        assert!(back.iter().map(|x| x.to_bits()).eq(bits.iter().copied()));
    }
}

#[test]
fn tensors_move_between_devices() {
    let [first, second] = [devices().next(), devices().nth(1)].map(Option::unwrap);
    let tensor = Tensor::arange(0u32, 6, &first).unwrap();
    let moved = tensor.to_device(&second).unwrap();
    assert!(moved.device().same_device(&second));
    assert_eq!(moved.to_vec1::<u32>().unwrap(), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn a_seed_gives_the_same_numbers_again_and_on_every_device() {
    let mut seen: Vec<Vec<f32>> = Vec::new();
    for device in devices() {
        for _ in 0..2 {
            device.set_seed(7).unwrap();
            assert_eq!(device.get_current_seed().unwrap(), 7);
            let numbers = Tensor::rand(-1f32, 2.0, 100, &device).unwrap();
            seen.push(numbers.to_vec1().unwrap());
        }
    }
    assert!(seen.iter().all(|numbers| *numbers == seen[0]));
    assert!(seen[0].iter().all(|x| (-1.0..2.0).contains(x)));
}

#[test]
fn normal_numbers_have_mean_and_deviation() {
    for device in devices() {
        device.set_seed(1).unwrap();
        for dtype in [DType::F32, DType::F16, DType::BF16] {
            let zeros = Tensor::zeros(4000, dtype, &device).unwrap();
            let numbers = zeros
                .randn_like(3.0, 0.5)
                .unwrap()
                .to_dtype(DType::F32)
                .unwrap();
            let mean = numbers.mean_all().unwrap().to_scalar::<f32>().unwrap();
            let spread = numbers.var(0).unwrap().to_scalar::<f32>().unwrap();
            assert!(
                (mean - 3.0).abs() < 0.05 && (spread - 0.25).abs() < 0.03,
                "{dtype:?}"
            );
        }
    }
}

#[test]
fn a_device_opened_again_is_the_same() {
    let [first, again] = [(); 2].map(|()| RocmDevice::open("emulated:gfx942").unwrap());
    assert_eq!(first.id(), again.id());
    assert!(Device::Rocm(first).same_device(&Device::Rocm(again)));
}

#[test]
fn dropped_tensors_leave_their_memory() {
    let device = RocmDevice::open("emulated:gfx90a").unwrap();
    let before = device.context().memory().in_use;
    let tensor = Tensor::ones(10_000, DType::F32, &Device::Rocm(device.clone())).unwrap();
    assert!(device.context().memory().in_use >= before + 40_000);
    drop(tensor);
    assert_eq!(device.context().memory().in_use, before);
    device.context().trim().unwrap();
    assert_eq!(device.context().memory().cached, 0);
}
