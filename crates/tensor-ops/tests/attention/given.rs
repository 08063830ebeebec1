//! Tensors with random numbers on the devices.

use redwick_tensor_ops::ops;
use redwick_tensor_ops::{Context, DType, Layout, Storage, View, open_another};

/// Devices of each wave size, in the mode that finds mistakes; all of them where all is asked for.
/// Each call opens them anew, so that what one test does wrong does not show in another.
pub(crate) fn devices() -> Vec<Context> {
    let targets: &[&str] = match std::env::var_os("REDWICK_TEST_ALL") {
        Some(_) => &["gfx90a", "gfx942", "gfx1030", "gfx1100", "gfx1201"],
        None => {
            println!("left out: attention and experts on gfx942, gfx1030 and gfx1201");
            &["gfx90a", "gfx1100"]
        }
    };
    let opened = targets
        .iter()
        .map(|target| format!("emulated:{target}:checked"));
    opened
        .map(|spec| open_another(&spec.parse().unwrap()).unwrap())
        .collect()
}

/// Numbers from -1 to 1 that look random, the same every time.
pub(crate) fn numbers(seed: u64, count: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

pub(crate) fn bytes_of(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// A tensor on the device, and its numbers as the device has them.
pub(crate) struct Given {
    pub(crate) storage: Storage,
    pub(crate) layout: Layout,
    pub(crate) numbers: Vec<f32>,
}

impl Given {
    pub(crate) fn new(context: &Context, dtype: DType, layout: Layout, numbers: &[f32]) -> Self {
        let flat = Layout::contiguous(&[numbers.len()]);
        let wide = Storage::upload(context, DType::F32, &bytes_of(numbers)).unwrap();
        let storage = ops::cast(View::new(&wide, &flat).unwrap(), dtype).unwrap();
        let numbers = download(&storage);
        Self {
            storage,
            layout,
            numbers,
        }
    }

    pub(crate) fn view(&self) -> View<'_> {
        View::new(&self.storage, &self.layout).unwrap()
    }

    /// The element at a place.
    pub(crate) fn at(&self, place: &[usize]) -> f64 {
        let strides = self.layout.strides();
        let offset: usize = place
            .iter()
            .zip(strides)
            .map(|(at, stride)| at * stride)
            .sum();
        f64::from(self.numbers[self.layout.start() + offset])
    }
}

pub(crate) fn download(storage: &Storage) -> Vec<f32> {
    let flat = Layout::contiguous(&[storage.len()]);
    let wide = ops::cast(View::new(storage, &flat).unwrap(), DType::F32).unwrap();
    let mut bytes = vec![0; wide.bytes()];
    wide.download(&mut bytes).unwrap();
    let number = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    bytes.chunks_exact(4).map(number).collect()
}

pub(crate) const DTYPES: [DType; 3] = [DType::F32, DType::F16, DType::BF16];

/// Numbers of the dtype have this relative error, and results a few of it.
pub(crate) fn tolerance(dtype: DType) -> f64 {
    match dtype {
        DType::F32 => 2e-6,
        DType::F16 => 2e-3,
        _ => 1.6e-2,
    }
}
