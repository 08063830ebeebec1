//! The fused operations on AMD GPUs: what Candle's custom ops of the same names run there.
//!
//! Nothing is computed here. Each function hands its operands, unwrapped by the graft from the op
//! that holds them, to the backend.

#![warn(unused, missing_docs, clippy::all)]

use candle::rocm_backend::RocmError;
use candle::{Layout, Result, RocmStorage, Shape};

/// An operand: its elements and how they lie.
type Operand<'a> = (&'a RocmStorage, &'a Layout);

fn unavailable<T>(op: &'static str, (storage, _): Operand<'_>) -> Result<T> {
    use candle::backend::BackendStorage;
    Err(RocmError::OpUnavailable {
        op,
        dtype: storage.dtype(),
    }
    .into())
}

pub(crate) fn sigmoid(storage: &RocmStorage, layout: &Layout) -> Result<(RocmStorage, Shape)> {
    unavailable("sigmoid", (storage, layout))
}

pub(crate) fn softmax_last_dim(
    storage: &RocmStorage,
    layout: &Layout,
) -> Result<(RocmStorage, Shape)> {
    unavailable("softmax-last-dim", (storage, layout))
}

pub(crate) fn rms_norm(operands: [Operand<'_>; 2], _eps: f32) -> Result<(RocmStorage, Shape)> {
    unavailable("rms-norm", operands[0])
}

pub(crate) fn layer_norm(operands: [Operand<'_>; 3], _eps: f32) -> Result<(RocmStorage, Shape)> {
    unavailable("layer-norm", operands[0])
}

pub(crate) fn rope(operands: [Operand<'_>; 3]) -> Result<(RocmStorage, Shape)> {
    unavailable("rope", operands[0])
}

pub(crate) fn rope_i(operands: [Operand<'_>; 3]) -> Result<(RocmStorage, Shape)> {
    unavailable("rope-i", operands[0])
}

pub(crate) fn rope_thd(operands: [Operand<'_>; 3]) -> Result<(RocmStorage, Shape)> {
    unavailable("rope-thd", operands[0])
}
