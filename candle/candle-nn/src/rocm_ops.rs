//! The fused operations on AMD GPUs: what Candle's custom ops of the same names run there.
//!
//! Nothing is computed here. The graft hands over the operands of the op, and these functions hand
//! them on to the backend and name the result's shape, which is the first operand's.

#![warn(unused, missing_docs, clippy::all)]

use candle::rocm_backend::fused;
use candle::{Layout, Result, RocmStorage, Shape};

/// An operand: its elements and how they lie.
type Operand<'a> = (&'a RocmStorage, &'a Layout);

type Output = Result<(RocmStorage, Shape)>;

fn shaped(storage: Result<RocmStorage>, layout: &Layout) -> Output {
    Ok((storage?, layout.shape().clone()))
}

pub(crate) fn sigmoid(x: &RocmStorage, layout: &Layout) -> Output {
    shaped(fused::sigmoid(x, layout), layout)
}

pub(crate) fn softmax_last_dim(x: &RocmStorage, layout: &Layout) -> Output {
    shaped(fused::softmax_last_dim(x, layout), layout)
}

pub(crate) fn rms_norm([(x, layout), alpha]: [Operand<'_>; 2], eps: f32) -> Output {
    shaped(fused::rms_norm(x, layout, alpha, eps), layout)
}

pub(crate) fn layer_norm([(x, layout), alpha, beta]: [Operand<'_>; 3], eps: f32) -> Output {
    shaped(fused::layer_norm(x, layout, alpha, beta, eps), layout)
}

pub(crate) fn rope([(x, layout), cos, sin]: [Operand<'_>; 3]) -> Output {
    shaped(fused::rope(x, layout, cos, sin), layout)
}

pub(crate) fn rope_i([(x, layout), cos, sin]: [Operand<'_>; 3]) -> Output {
    shaped(fused::rope_i(x, layout, cos, sin), layout)
}

pub(crate) fn rope_thd([(x, layout), cos, sin]: [Operand<'_>; 3]) -> Output {
    shaped(fused::rope_thd(x, layout, cos, sin), layout)
}
