//! What the tests on emulated GPUs share.

#![allow(dead_code, reason = "each test file uses a part")]

use bytemuck::Pod;
use redwick_tensor_ops::{Context, DType, Layout, Storage, View, open_another};

/// Wave64 with and without a unified register file, and wave32; in the mode that reports mistakes
/// which hardware does not.
pub(crate) const TARGETS: [&str; 3] = [
    "emulated:gfx90a:checked",
    "emulated:gfx942:checked",
    "emulated:gfx1100:checked",
];

/// A context of its own for each target, or for the device that `REDWICK_TEST_DEVICE` names.
pub(crate) fn contexts() -> impl Iterator<Item = Context> {
    let one = std::env::var("REDWICK_TEST_DEVICE").map(|spec| vec![spec]);
    let specs = one.unwrap_or_else(|_| TARGETS.map(str::to_owned).into());
    specs
        .into_iter()
        .map(|spec| open_another(&spec.parse().expect("a spec")).expect("the device opens"))
}

/// Elements given as what holds their bits.
pub(crate) fn upload<T: Pod>(context: &Context, dtype: DType, values: &[T]) -> Storage {
    Storage::upload(context, dtype, bytemuck::cast_slice(values)).expect("an upload")
}

/// The bits of all elements.
pub(crate) fn download<T: Pod>(storage: &Storage) -> Vec<T> {
    let mut values = vec![T::zeroed(); storage.bytes() / size_of::<T>()];
    storage
        .download(bytemuck::cast_slice_mut(&mut values))
        .expect("a download");
    values
}

/// A view of all of a storage.
pub(crate) fn view<'a>(storage: &'a Storage, layout: &'a Layout) -> View<'a> {
    View::new(storage, layout).expect("a layout inside its storage")
}

/// Numbers that only look random.
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    pub(crate) fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}
