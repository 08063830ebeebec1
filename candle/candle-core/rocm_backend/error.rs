//! Why the backend did not do what was asked.

use redwick_tensor_ops as tensor_ops;

use crate::DType;

/// Why the backend did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RocmError {
    /// The driver, the memory or an op failed.
    #[error(transparent)]
    Ops(#[from] tensor_ops::Error),
    /// There are no kernels for this op and dtype yet.
    #[error("{op} of {dtype:?} is not available on ROCm yet; move the tensors to the CPU for it")]
    OpUnavailable {
        /// The op.
        op: &'static str,
        /// The dtype of its first operand.
        dtype: DType,
    },
    /// Tensors of this dtype cannot be on the device.
    #[error("{op}: there are no tensors of {dtype:?} on ROCm devices")]
    UnsupportedDType {
        /// What was asked.
        op: &'static str,
        /// The dtype.
        dtype: DType,
    },
    /// A scalar of another dtype than the tensor that it goes to.
    #[error("{op}: a scalar of {scalar:?} does not fit a tensor of {tensor:?}")]
    ScalarDType {
        /// What was asked.
        op: &'static str,
        /// The scalar's dtype.
        scalar: DType,
        /// The tensor's.
        tensor: DType,
    },
}

impl From<RocmError> for crate::Error {
    fn from(error: RocmError) -> Self {
        crate::Error::Rocm(Box::new(error)).bt()
    }
}

/// Turns an answer of tensor-ops into one of Candle's.
pub(super) trait IntoCandle<T> {
    fn candle(self) -> crate::Result<T>;
}

impl<T> IntoCandle<T> for tensor_ops::Result<T> {
    fn candle(self) -> crate::Result<T> {
        self.map_err(|error| RocmError::from(error).into())
    }
}
