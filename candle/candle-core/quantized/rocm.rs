//! Quantized tensors on AMD GPUs: a thin adapter over `redwick_tensor_ops::quantized`.
//!
//! Blocks stay on the device as they lie in a GGUF file. All types of Candle are there, those that
//! are plain numbers too. Making blocks of numbers is done on the CPU, as by Candle's other backends,
//! and the blocks are uploaded.

use redwick_tensor_ops::quantized::{self, Format, Packed};

use crate::backend::BackendStorage;
use crate::quantized::{GgmlDType, GgmlType, QStorage, QTensor, QuantizedType};
use crate::rocm_backend::{tensor_ops, RocmError};
use crate::{CpuStorage, Layout, Result, RocmDevice, RocmStorage, Shape};

/// A quantized tensor in an AMD GPU's memory.
#[derive(Debug)]
pub struct QRocmStorage {
    packed: Packed,
    dtype: GgmlDType,
    device: RocmDevice,
}

/// An answer of tensor-ops as one of Candle's.
fn candle<T>(answer: tensor_ops::Result<T>) -> Result<T> {
    answer.map_err(|error| RocmError::from(error).into())
}

/// How the values of a type are packed.
fn format(dtype: GgmlDType) -> Result<&'static Format> {
    candle(Format::of_gguf(dtype.to_u32()))
}

/// The bytes of blocks on the CPU.
fn bytes_of(blocks: Box<dyn QuantizedType>) -> Result<Vec<u8>> {
    let elements = blocks.size() / blocks.dtype().type_size() * blocks.block_size();
    let tensor = QTensor::new(QStorage::Cpu(blocks), elements)?;
    Ok(tensor.data()?.into_owned())
}

#[allow(missing_docs, reason = "the names and signatures are Candle's")]
impl QRocmStorage {
    /// Copies blocks, given as bytes, to a device.
    ///
    /// # Errors
    /// Where the bytes are no whole number of blocks; those of an allocation.
    pub fn from_bytes(device: &RocmDevice, dtype: GgmlDType, bytes: &[u8]) -> Result<Self> {
        let packed = candle(Packed::upload(device.context(), format(dtype)?, bytes))?;
        Ok(Self {
            packed,
            dtype,
            device: device.clone(),
        })
    }

    /// The blocks, for ops of tensor-ops.
    pub fn packed(&self) -> &Packed {
        &self.packed
    }

    pub fn zeros(device: &RocmDevice, elem_count: usize, dtype: GgmlDType) -> Result<Self> {
        let zeros = Packed::zeroed(device.context(), format(dtype)?, elem_count);
        Ok(Self {
            packed: candle(zeros)?,
            dtype,
            device: device.clone(),
        })
    }

    pub fn dtype(&self) -> GgmlDType {
        self.dtype
    }

    pub fn device(&self) -> &RocmDevice {
        &self.device
    }

    pub fn dequantize(&self, elem_count: usize) -> Result<RocmStorage> {
        self.numbers(elem_count, tensor_ops::DType::F32)
    }

    pub fn dequantize_f16(&self, elem_count: usize) -> Result<RocmStorage> {
        self.numbers(elem_count, tensor_ops::DType::F16)
    }

    fn numbers(&self, elem_count: usize, dtype: tensor_ops::DType) -> Result<RocmStorage> {
        let numbers = candle(quantized::dequantize(&self.packed, elem_count, dtype))?;
        Ok(RocmStorage::new(&self.device, numbers))
    }

    pub fn quantize(&mut self, src: &RocmStorage) -> Result<()> {
        self.quantize_onto(&src.to_cpu_storage()?)
    }

    pub fn quantize_imatrix(
        &mut self,
        src: &RocmStorage,
        imatrix_weights: &[f32],
        n_per_row: usize,
    ) -> Result<()> {
        self.quantize_imatrix_onto(&src.to_cpu_storage()?, imatrix_weights, n_per_row)
    }

    pub fn quantize_imatrix_onto(
        &mut self,
        src: &CpuStorage,
        imatrix_weights: &[f32],
        n_per_row: usize,
    ) -> Result<()> {
        self.pack(src, |blocks, numbers| {
            blocks.from_float_imatrix(numbers, imatrix_weights, n_per_row)
        })
    }

    pub fn quantize_onto(&mut self, src: &CpuStorage) -> Result<()> {
        self.pack(src, |blocks, numbers| blocks.from_float(numbers))
    }

    /// Makes blocks of numbers on the CPU and replaces the tensor's by them.
    fn pack(
        &mut self,
        src: &CpuStorage,
        make: impl FnOnce(&mut dyn QuantizedType, &[f32]),
    ) -> Result<()> {
        let numbers = src.as_slice::<f32>()?;
        // For its check of the number of elements.
        candle(format(self.dtype)?.bytes_of("quantize", numbers.len()))?;
        let mut blocks = self.dtype.cpu_zeros(numbers.len());
        make(blocks.as_mut(), numbers);
        *self = Self::from_bytes(&self.device, self.dtype, &bytes_of(blocks)?)?;
        Ok(())
    }

    pub fn device_ptr(&self) -> Result<*const u8> {
        Ok(self.packed.address() as *const u8)
    }

    pub fn storage_size_in_bytes(&self) -> usize {
        self.packed.bytes()
    }

    pub fn embedding(
        &self,
        rows: usize,
        hidden: usize,
        ids: &RocmStorage,
        ids_layout: &Layout,
    ) -> Result<RocmStorage> {
        ids.map(ids_layout, |ids| {
            quantized::embedding(&self.packed, rows, hidden, ids)
        })
    }

    pub fn fwd(
        &self,
        self_shape: &Shape,
        storage: &RocmStorage,
        layout: &Layout,
    ) -> Result<(RocmStorage, Shape)> {
        let (n, k) = self_shape.dims2()?;
        let product = storage.map(layout, |x| quantized::matmul(x, &self.packed, [n, k]))?;
        let mut dims = layout.dims().to_vec();
        if let Some(last) = dims.last_mut() {
            *last = n;
        }
        Ok((product, dims.into()))
    }

    pub fn data(&self) -> Result<Vec<u8>> {
        candle(self.packed.download())
    }

    pub fn indexed_moe_forward(
        &self,
        self_shape: &Shape,
        input: &RocmStorage,
        input_layout: &Layout,
        ids: &RocmStorage,
        ids_layout: &Layout,
    ) -> Result<(RocmStorage, Shape)> {
        let (experts, n, k) = self_shape.dims3()?;
        let product = input.map2(input_layout, (ids, ids_layout), |x, ids| {
            quantized::indexed_experts(x, &self.packed, [experts, n, k], ids)
        })?;
        let mut dims = ids_layout.dims().to_vec();
        dims.push(n);
        Ok((product, dims.into()))
    }
}

/// Puts quantized blocks into a device's memory.
///
/// # Errors
/// Those of an allocation.
pub fn load_quantized<T: GgmlType + Send + Sync + 'static>(
    device: &RocmDevice,
    data: &[T],
) -> Result<QStorage> {
    // Candle itself turns blocks into bytes, once they are a tensor's.
    let bytes = bytes_of(Box::new(data.to_vec()))?;
    let storage = QRocmStorage::from_bytes(device, T::DTYPE, &bytes)?;
    Ok(QStorage::Rocm(storage))
}
