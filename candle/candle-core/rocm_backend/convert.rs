//! Candle's layouts, dtypes and host memory as tensor-ops has them, and back.

use std::borrow::Cow;

use float8::F8E4M3;
use redwick_tensor_ops as tensor_ops;
use zerocopy::{FromBytes, IntoBytes};

use super::error::{IntoCandle, RocmError};
use crate::scalar::Scalar;
use crate::{CpuStorage, CpuStorageRef, DType, Layout, Result};

/// The dtypes that both sides have.
const DTYPES: [(DType, tensor_ops::DType); 10] = [
    (DType::U8, tensor_ops::DType::U8),
    (DType::U32, tensor_ops::DType::U32),
    (DType::I16, tensor_ops::DType::I16),
    (DType::I32, tensor_ops::DType::I32),
    (DType::I64, tensor_ops::DType::I64),
    (DType::BF16, tensor_ops::DType::BF16),
    (DType::F16, tensor_ops::DType::F16),
    (DType::F32, tensor_ops::DType::F32),
    (DType::F64, tensor_ops::DType::F64),
    (DType::F8E4M3, tensor_ops::DType::F8E4M3),
];

/// Candle's dtype as tensor-ops has it.
pub(super) fn dtype(op: &'static str, dtype: DType) -> Result<tensor_ops::DType> {
    let found = DTYPES.iter().find(|(candle, _)| *candle == dtype);
    match found {
        Some((_, ours)) => Ok(*ours),
        None => Err(RocmError::UnsupportedDType { op, dtype }.into()),
    }
}

/// A dtype of tensor-ops as Candle has it.
pub(super) fn candle_dtype(dtype: tensor_ops::DType) -> DType {
    use tensor_ops::DType as D;
    match dtype {
        D::U8 => DType::U8,
        D::U32 => DType::U32,
        D::I16 => DType::I16,
        D::I32 => DType::I32,
        D::I64 => DType::I64,
        D::BF16 => DType::BF16,
        D::F16 => DType::F16,
        D::F32 => DType::F32,
        D::F64 => DType::F64,
        D::F8E4M3 => DType::F8E4M3,
    }
}

/// Candle's layout as tensor-ops has it.
pub(super) fn layout(layout: &Layout) -> tensor_ops::Layout {
    let (dims, start) = (layout.dims(), layout.start_offset());
    tensor_ops::Layout::strided(dims, layout.stride(), start)
        .unwrap_or_else(|| tensor_ops::Layout::contiguous_from(dims, start))
}

/// Candle's parameters of a convolution as tensor-ops has them.
pub(super) const fn conv(padding: usize, stride: usize, dilation: usize) -> tensor_ops::ops::Conv {
    tensor_ops::ops::Conv {
        padding,
        stride,
        dilation,
    }
}

/// The dtype and bytes of elements on the host.
pub(super) fn bytes(elements: CpuStorageRef<'_>) -> Result<(tensor_ops::DType, Cow<'_, [u8]>)> {
    use tensor_ops::DType as D;
    use CpuStorageRef as R;
    let unsupported = |dtype| RocmError::UnsupportedDType {
        op: "upload",
        dtype,
    };
    Ok(match elements {
        R::U8(v) => (D::U8, v.into()),
        R::U32(v) => (D::U32, v.as_bytes().into()),
        R::I16(v) => (D::I16, v.as_bytes().into()),
        R::I32(v) => (D::I32, v.as_bytes().into()),
        R::I64(v) => (D::I64, v.as_bytes().into()),
        R::BF16(v) => (D::BF16, v.as_bytes().into()),
        R::F16(v) => (D::F16, v.as_bytes().into()),
        R::F32(v) => (D::F32, v.as_bytes().into()),
        R::F64(v) => (D::F64, v.as_bytes().into()),
        R::F8E4M3(v) => (D::F8E4M3, v.iter().map(|x| x.to_bits()).collect()),
        R::F6E2M3(_) => return Err(unsupported(DType::F6E2M3).into()),
        R::F6E3M2(_) => return Err(unsupported(DType::F6E3M2).into()),
        R::F4(_) => return Err(unsupported(DType::F4).into()),
        R::F8E8M0(_) => return Err(unsupported(DType::F8E8M0).into()),
    })
}

/// What a storage on the host holds, borrowed.
pub(super) fn borrowed(storage: &CpuStorage) -> CpuStorageRef<'_> {
    use CpuStorageRef as R;
    match storage {
        CpuStorage::U8(v) => R::U8(v),
        CpuStorage::U32(v) => R::U32(v),
        CpuStorage::I16(v) => R::I16(v),
        CpuStorage::I32(v) => R::I32(v),
        CpuStorage::I64(v) => R::I64(v),
        CpuStorage::BF16(v) => R::BF16(v),
        CpuStorage::F16(v) => R::F16(v),
        CpuStorage::F32(v) => R::F32(v),
        CpuStorage::F64(v) => R::F64(v),
        CpuStorage::F8E4M3(v) => R::F8E4M3(v),
        CpuStorage::F6E2M3(v) => R::F6E2M3(v),
        CpuStorage::F6E3M2(v) => R::F6E3M2(v),
        CpuStorage::F4(v) => R::F4(v),
        CpuStorage::F8E8M0(v) => R::F8E8M0(v),
    }
}

/// Copies a storage to the host.
pub(super) fn download(storage: &tensor_ops::Storage) -> Result<CpuStorage> {
    use tensor_ops::DType as D;
    Ok(match storage.dtype() {
        D::U8 => CpuStorage::U8(elements(storage)?),
        D::U32 => CpuStorage::U32(elements(storage)?),
        D::I16 => CpuStorage::I16(elements(storage)?),
        D::I32 => CpuStorage::I32(elements(storage)?),
        D::I64 => CpuStorage::I64(elements(storage)?),
        D::BF16 => CpuStorage::BF16(elements(storage)?),
        D::F16 => CpuStorage::F16(elements(storage)?),
        D::F32 => CpuStorage::F32(elements(storage)?),
        D::F64 => CpuStorage::F64(elements(storage)?),
        D::F8E4M3 => {
            let bits: Vec<u8> = elements(storage)?;
            CpuStorage::F8E4M3(bits.into_iter().map(F8E4M3::from_bits).collect())
        }
    })
}

fn elements<T>(storage: &tensor_ops::Storage) -> Result<Vec<T>>
where
    T: Default + Clone + FromBytes + IntoBytes,
{
    let mut elements = vec![T::default(); storage.len()];
    storage
        .download(elements.as_mut_slice().as_mut_bytes())
        .candle()?;
    Ok(elements)
}

/// A scalar's bytes.
pub(super) fn scalar_bytes(scalar: Scalar) -> Vec<u8> {
    match scalar {
        Scalar::U8(v) => vec![v],
        Scalar::U32(v) => v.to_le_bytes().into(),
        Scalar::I16(v) => v.to_le_bytes().into(),
        Scalar::I32(v) => v.to_le_bytes().into(),
        Scalar::I64(v) => v.to_le_bytes().into(),
        Scalar::BF16(v) => v.to_le_bytes().into(),
        Scalar::F16(v) => v.to_le_bytes().into(),
        Scalar::F32(v) => v.to_le_bytes().into(),
        Scalar::F64(v) => v.to_le_bytes().into(),
        Scalar::F8E4M3(v) => vec![v.to_bits()],
    }
}
