//! Ops that candle-nn calls in one piece, named as there. The first operand's shape is the result's.

use redwick_tensor_ops::ops;

use super::storage::RocmStorage;
use crate::{Layout, Result, Shape};

pub use ops::RopeForm;

/// A storage and where the tensor lies in it.
pub type Operand<'a> = (&'a RocmStorage, &'a Layout);

/// What a custom op gives back.
pub type Output = Result<(RocmStorage, Shape)>;

fn like(x: Operand<'_>, result: Result<RocmStorage>) -> Output {
    Ok((result?, x.1.shape().clone()))
}

/// `1 / (1 + exp(-x))` for each element.
///
/// # Errors
/// For dtypes without a kernel.
pub fn sigmoid(x: Operand<'_>) -> Output {
    like(x, x.0.map(x.1, |x| ops::unary(ops::UnaryOp::Sigmoid, x)))
}

/// Softmax over the last dimension.
///
/// # Errors
/// For dtypes without a kernel.
pub fn softmax_last_dim(x: Operand<'_>) -> Output {
    like(x, x.0.map(x.1, ops::softmax))
}

/// `x / sqrt(mean(x²) + epsilon) * alpha` over the last dimension.
///
/// # Errors
/// For dtypes without a kernel, and where operands do not fit.
pub fn rms_norm([x, alpha]: [Operand<'_>; 2], epsilon: f32) -> Output {
    like(
        x,
        x.0.map2(x.1, alpha, |x, alpha| ops::rms_norm(x, alpha, epsilon)),
    )
}

/// `(x - mean(x)) / sqrt(variance(x) + epsilon) * alpha + beta` over the last dimension.
///
/// # Errors
/// For dtypes without a kernel, and where operands do not fit.
pub fn layer_norm([x, alpha, beta]: [Operand<'_>; 3], epsilon: f32) -> Output {
    let result = x.0.map3(x.1, alpha, beta, |x, alpha, beta| {
        ops::layer_norm(x, alpha, beta, epsilon)
    });
    like(x, result)
}

/// Rotary embedding, in one of its forms, of `x`, by the operands after it: cosines and sines. The
/// form says what the dimensions of `x` are.
///
/// # Errors
/// For dtypes without a kernel, and where operands do not fit.
pub fn rope(form: RopeForm, [x, cos, sin]: [Operand<'_>; 3]) -> Output {
    let result =
        x.0.map3(x.1, cos, sin, |x, cos, sin| ops::rope(form, x, cos, sin));
    like(x, result)
}
