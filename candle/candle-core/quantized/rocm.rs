//! Quantized tensors on AMD GPUs: there are no kernels for them yet, so none can be made.
//!
//! [`QRocmStorage`] has no value. What would make one answers with [`QuantizedUnavailable`], and
//! what takes one can never be called; so nothing here pretends to work.

use crate::quantized::{GgmlDType, GgmlType, QStorage};
use crate::{CpuStorage, Error, Layout, Result, RocmDevice, RocmStorage, Shape};

/// Why there is no quantized tensor on an AMD GPU.
#[derive(Debug, thiserror::Error)]
#[error(
    "{dtype:?} tensors are not available on ROCm: it has no kernels for quantized types; \
     load them on the CPU and dequantize them to the device"
)]
pub struct QuantizedUnavailable {
    /// The quantized type that was asked for.
    pub dtype: GgmlDType,
}

impl From<QuantizedUnavailable> for Error {
    fn from(error: QuantizedUnavailable) -> Self {
        Error::Rocm(Box::new(error)).bt()
    }
}

/// A quantized tensor in an AMD GPU's memory, of which there is none yet.
#[derive(Debug)]
pub enum QRocmStorage {}

#[allow(missing_docs, reason = "the names and signatures are Candle's")]
impl QRocmStorage {
    pub fn zeros(_device: &RocmDevice, _elem_count: usize, dtype: GgmlDType) -> Result<Self> {
        Err(QuantizedUnavailable { dtype }.into())
    }

    pub fn dtype(&self) -> GgmlDType {
        match *self {}
    }

    pub fn device(&self) -> &RocmDevice {
        match *self {}
    }

    pub fn dequantize(&self, _elem_count: usize) -> Result<RocmStorage> {
        match *self {}
    }

    pub fn dequantize_f16(&self, _elem_count: usize) -> Result<RocmStorage> {
        match *self {}
    }

    pub fn quantize(&mut self, _src: &RocmStorage) -> Result<()> {
        match *self {}
    }

    pub fn quantize_imatrix(
        &mut self,
        _src: &RocmStorage,
        _imatrix_weights: &[f32],
        _n_per_row: usize,
    ) -> Result<()> {
        match *self {}
    }

    pub fn quantize_imatrix_onto(
        &mut self,
        _src: &CpuStorage,
        _imatrix_weights: &[f32],
        _n_per_row: usize,
    ) -> Result<()> {
        match *self {}
    }

    pub fn quantize_onto(&mut self, _src: &CpuStorage) -> Result<()> {
        match *self {}
    }

    pub fn device_ptr(&self) -> Result<*const u8> {
        match *self {}
    }

    pub fn storage_size_in_bytes(&self) -> usize {
        match *self {}
    }

    pub fn embedding(
        &self,
        _rows: usize,
        _hidden: usize,
        _ids: &RocmStorage,
        _ids_layout: &Layout,
    ) -> Result<RocmStorage> {
        match *self {}
    }

    pub fn fwd(
        &self,
        _self_shape: &Shape,
        _storage: &RocmStorage,
        _layout: &Layout,
    ) -> Result<(RocmStorage, Shape)> {
        match *self {}
    }

    pub fn data(&self) -> Result<Vec<u8>> {
        match *self {}
    }

    pub fn indexed_moe_forward(
        &self,
        _self_shape: &Shape,
        _input: &RocmStorage,
        _input_layout: &Layout,
        _ids: &RocmStorage,
        _ids_layout: &Layout,
    ) -> Result<(RocmStorage, Shape)> {
        match *self {}
    }
}

/// Puts quantized blocks into a device's memory: not available yet.
///
/// # Errors
/// Always [`QuantizedUnavailable`].
pub fn load_quantized<T: GgmlType + Send + Sync + 'static>(
    _device: &RocmDevice,
    _data: &[T],
) -> Result<QStorage> {
    Err(QuantizedUnavailable { dtype: T::DTYPE }.into())
}
