//! What a device does beside ops: transfers, random numbers, seeds, memory.

#![expect(clippy::unwrap_used, reason = "checks of tests are tests")]

use candle_core::{DType, Device, RocmDevice, Tensor};
use float8::F8E4M3;
use redwick_conformance::op::{ALL_FLOATS, DTYPES};
use redwick_conformance::{EMULATED, emulated, not_emulated};
use redwick_tensor_ops::ops::Random;

use crate::Check;

/// On each target.
pub(crate) const CHECKS: &[Check] = &[
    ("every_dtype_goes_there_and_back", transfers),
    ("eight_bit_floats_go_there_and_back", eight_bit_floats),
    ("a_seed_gives_the_same_numbers_again", seeds),
    ("normal_numbers_have_mean_and_deviation", normal_numbers),
    ("uniform_numbers_stay_below_the_end", uniform_numbers),
    ("random_words_are_drawn", random_words),
    (
        "deterministic_sums_are_those_of_the_cpu",
        deterministic_sums,
    ),
];

/// On devices of their own choice.
pub(crate) const BETWEEN: &[(&str, fn())] = &[
    ("tensors_move_between_devices", moves),
    ("a_seed_gives_the_same_numbers_everywhere", seeds_everywhere),
    ("a_device_opened_again_is_the_same", opened_again),
    ("dropped_tensors_leave_their_memory", dropped),
];

/// All that can be opened.
pub(crate) fn all() -> impl Iterator<Item = Device> {
    let there = |target: &&&str| !not_emulated().any(|missing| missing == **target);
    let targets = EMULATED.iter().filter(there);
    targets.map(|target| emulated(target).unwrap())
}

fn transfers(device: &Device) {
    // 8-bit floats have a check of their own.
    for &dtype in DTYPES.iter().filter(|&&dtype| dtype != DType::F8E4M3) {
        let here = Tensor::arange(0f32, 37.0, &Device::Cpu).unwrap();
        let here = here.to_dtype(dtype).unwrap();
        let there = here.to_device(device).unwrap();
        assert_eq!((there.dtype(), there.dims()), (dtype, &[37][..]));
        let back = there.to_device(&Device::Cpu).unwrap();
        let values = |tensor: &Tensor| {
            let wide = tensor.to_dtype(DType::F64).unwrap();
            wide.to_vec1::<f64>().unwrap()
        };
        assert_eq!(values(&back), values(&here), "{dtype:?}");
    }
}

/// By their bits: not every bit pattern is a number.
fn eight_bit_floats(device: &Device) {
    let bits: Vec<u8> = (0..=255).collect();
    let floats: Vec<F8E4M3> = bits.iter().copied().map(F8E4M3::from_bits).collect();
    let there = Tensor::from_slice(&floats, 256, device).unwrap();
    let back = there.to_vec1::<F8E4M3>().unwrap();
    assert!(back.iter().map(|x| x.to_bits()).eq(bits.iter().copied()));
}

fn seeded(device: &Device) -> Vec<f32> {
    // A device of its own: other trials draw numbers, too.
    device.set_seed(7).unwrap();
    assert_eq!(device.get_current_seed().unwrap(), 7);
    let numbers = Tensor::rand(-1f32, 2.0, 100, device).unwrap();
    numbers.to_vec1().unwrap()
}

/// The same target with a stream and a generator of its own.
pub(crate) fn private(device: &Device) -> Device {
    let name = device.as_rocm_device().unwrap().context().name().to_owned();
    let context = redwick_tensor_ops::open_another(&name.parse().unwrap()).unwrap();
    Device::Rocm(RocmDevice::from_context(context))
}

fn seeds(device: &Device) {
    let device = private(device);
    let numbers = seeded(&device);
    assert_eq!(numbers, seeded(&device));
    assert!(numbers.iter().all(|x| (-1.0..2.0).contains(x)));
    let later = Tensor::rand(-1f32, 2.0, 100, &device).unwrap();
    assert_ne!(numbers, later.to_vec1::<f32>().unwrap());
}

fn seeds_everywhere() {
    let numbers: Vec<_> = all().map(|device| seeded(&private(&device))).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] == pair[1]));
}

fn normal_numbers(device: &Device) {
    let device = private(device);
    device.set_seed(1).unwrap();
    for dtype in [DType::F32, DType::F16, DType::BF16] {
        let zeros = Tensor::zeros(4000, dtype, &device).unwrap();
        let numbers = zeros.randn_like(3.0, 0.5).unwrap();
        let numbers = numbers.to_dtype(DType::F32).unwrap();
        let mean = numbers.mean_all().unwrap().to_scalar::<f32>().unwrap();
        let spread = numbers.var(0).unwrap().to_scalar::<f32>().unwrap();
        let near = (mean - 3.0).abs() < 0.05 && (spread - 0.25).abs() < 0.03;
        assert!(near, "{dtype:?}: mean {mean}, variance {spread}");
    }
}

/// Every number in a range without many: rounding must not reach its end.
fn uniform_numbers(device: &Device) {
    for &dtype in ALL_FLOATS {
        let zeros = Tensor::zeros(1031, dtype, device).unwrap();
        let numbers = zeros.rand_like(0.5, 1.0).unwrap();
        assert_eq!(numbers.dtype(), dtype);
        let numbers = numbers.to_dtype(DType::F32).unwrap();
        let numbers = numbers.to_vec1::<f32>().unwrap();
        let inside = numbers.iter().all(|x| (0.5..1.0).contains(x));
        assert!(inside, "{dtype:?}");
        let normal = zeros.randn_like(0.0, 1.0).unwrap();
        assert_eq!(normal.dtype(), dtype);
    }
}

fn random_words(device: &Device) {
    let context = device.as_rocm_device().unwrap().context();
    let words = Random::seeded(0).bits(context, 4).unwrap();
    let mut bytes = [0; 16];
    words.download(&mut bytes).unwrap();
    // The first word of the generator's published vector for a seed and a counter of 0.
    assert_eq!(bytes[..4], 0x6627_e8d5u32.to_le_bytes());
}

/// Few indices and many, each sum rounded as on the CPU.
fn deterministic_sums(device: &Device) {
    let rocm = device.as_rocm_device().unwrap();
    rocm.set_deterministic(true);
    for &dtype in ALL_FLOATS {
        for count in [5, 300] {
            let at = |device: &Device| {
                let rows = (0..count).map(|n| (n * 7919 % 1031) as f32 / 64.0 - 6.0);
                let source = Tensor::from_iter(rows, &Device::Cpu).unwrap();
                let source = source.to_dtype(dtype).unwrap().to_device(device).unwrap();
                let ids = (0..count).map(|n| (n * n % 3) as u32);
                let ids = Tensor::from_iter(ids, device).unwrap();
                let to = Tensor::zeros(3, dtype, device).unwrap();
                let sums = to.index_add(&ids, &source, 0).unwrap();
                let sums = sums.to_device(&Device::Cpu).unwrap();
                sums.to_dtype(DType::F32).unwrap().to_vec1::<f32>().unwrap()
            };
            assert_eq!(at(device), at(&Device::Cpu), "{dtype:?} {count}");
        }
    }
    rocm.set_deterministic(false);
}

fn moves() {
    let [first, second] = [0, 1].map(|at| all().nth(at).unwrap());
    let tensor = Tensor::arange(0u32, 6, &first).unwrap();
    let moved = tensor.to_device(&second).unwrap();
    assert!(moved.device().same_device(&second));
    assert_eq!(moved.to_vec1::<u32>().unwrap(), [0, 1, 2, 3, 4, 5]);
}

fn opened_again() {
    let [first, again] = [(); 2].map(|()| RocmDevice::open("emulated:gfx942").unwrap());
    assert_eq!(first.id(), again.id());
    assert!(Device::Rocm(first).same_device(&Device::Rocm(again)));
}

fn dropped() {
    let device = private(&emulated("gfx90a").unwrap());
    let device = device.as_rocm_device().unwrap();
    let before = device.context().memory().in_use;
    let tensor = Tensor::ones(10_000, DType::F32, &Device::Rocm(device.clone())).unwrap();
    assert!(device.context().memory().in_use >= before + 40_000);
    drop(tensor);
    assert_eq!(device.context().memory().in_use, before);
    device.context().trim().unwrap();
    assert_eq!(device.context().memory().cached, 0);
}
