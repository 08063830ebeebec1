//! Numbers on an emulated GPU in checked mode, and back.
#![allow(dead_code, reason = "each test uses a part")]
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use redwick_tensor_ops::{Context, DType, Layout, Result, Storage, View, open};

/// One emulated GPU for waves of 64, one for waves of 32.
pub(crate) fn contexts() -> impl Iterator<Item = Context> {
    ["emulated:gfx942:checked", "emulated:gfx1100:checked"]
        .map(|spec| open(&spec.parse().unwrap()).unwrap())
        .into_iter()
}

/// A storage and its layout.
pub(crate) struct Tensor {
    pub(crate) storage: Storage,
    pub(crate) layout: Layout,
}

impl Tensor {
    pub(crate) fn new(storage: Storage, dims: &[usize]) -> Self {
        let layout = Layout::contiguous(dims);
        Self { storage, layout }
    }

    pub(crate) fn f32(context: &Context, dims: &[usize], values: &[f32]) -> Self {
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        Self::new(Storage::upload(context, DType::F32, &bytes).unwrap(), dims)
    }

    pub(crate) fn u32(context: &Context, dims: &[usize], values: &[u32]) -> Self {
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        Self::new(Storage::upload(context, DType::U32, &bytes).unwrap(), dims)
    }

    /// 0, 1, 2, ...
    pub(crate) fn counted(context: &Context, dims: &[usize]) -> Self {
        let count = dims.iter().product::<usize>();
        let values: Vec<f32> = (0..count).map(|n| n as f32).collect();
        Self::f32(context, dims, &values)
    }

    pub(crate) fn view(&self) -> View<'_> {
        View::new(&self.storage, &self.layout).unwrap()
    }
}

/// The result of an op as numbers; for u8 and u32, too.
pub(crate) fn numbers(result: Result<Storage>) -> Vec<f32> {
    let storage = result.unwrap();
    let mut bytes = vec![0; storage.bytes()];
    storage.download(&mut bytes).unwrap();
    let words = bytes.chunks_exact(storage.dtype().size());
    let number = |word: &[u8]| match (storage.dtype(), word) {
        (DType::U8, &[byte]) => f32::from(byte),
        (DType::U32, &[a, b, c, d]) => u32::from_le_bytes([a, b, c, d]) as f32,
        (DType::F32, &[a, b, c, d]) => f32::from_le_bytes([a, b, c, d]),
        (dtype, _) => panic!("numbers of {dtype}"),
    };
    words.map(number).collect()
}
