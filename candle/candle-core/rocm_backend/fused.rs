//! Ops that candle-nn calls in one piece, named as there.

use redwick_tensor_ops::ops;

use super::storage::RocmStorage;
use crate::{Layout, Result};

/// A storage and where the tensor lies in it.
pub type Operand<'a> = (&'a RocmStorage, &'a Layout);

/// `1 / (1 + exp(-x))` for each element.
///
/// # Errors
/// For dtypes without a kernel.
pub fn sigmoid(x: &RocmStorage, layout: &Layout) -> Result<RocmStorage> {
    x.map(layout, |x| ops::unary(ops::UnaryOp::Sigmoid, x))
}

/// Softmax over the last dimension.
///
/// # Errors
/// For dtypes without a kernel.
pub fn softmax_last_dim(x: &RocmStorage, layout: &Layout) -> Result<RocmStorage> {
    x.map(layout, ops::softmax)
}

/// `x / sqrt(mean(x²) + epsilon) * alpha` over the last dimension.
///
/// # Errors
/// For dtypes without a kernel, and where operands do not fit.
pub fn rms_norm(
    x: &RocmStorage,
    layout: &Layout,
    alpha: Operand<'_>,
    epsilon: f32,
) -> Result<RocmStorage> {
    x.map2(layout, alpha, |x, alpha| ops::rms_norm(x, alpha, epsilon))
}

/// `(x - mean(x)) / sqrt(variance(x) + epsilon) * alpha + beta` over the last dimension.
///
/// # Errors
/// For dtypes without a kernel, and where operands do not fit.
pub fn layer_norm(
    x: &RocmStorage,
    layout: &Layout,
    alpha: Operand<'_>,
    beta: Operand<'_>,
    epsilon: f32,
) -> Result<RocmStorage> {
    x.map3(layout, alpha, beta, |x, alpha, beta| {
        ops::layer_norm(x, alpha, beta, epsilon)
    })
}

/// Rotary embedding of the two halves of each head; `x` is (batch, heads, positions, width).
///
/// # Errors
/// For dtypes without a kernel, and where operands do not fit.
pub fn rope(
    x: &RocmStorage,
    layout: &Layout,
    cos: Operand<'_>,
    sin: Operand<'_>,
) -> Result<RocmStorage> {
    rotate(ops::RopeForm::HalfSplit, x, layout, cos, sin)
}

/// Rotary embedding of neighbours in each head; `x` is (batch, heads, positions, width).
///
/// # Errors
/// For dtypes without a kernel, and where operands do not fit.
pub fn rope_i(
    x: &RocmStorage,
    layout: &Layout,
    cos: Operand<'_>,
    sin: Operand<'_>,
) -> Result<RocmStorage> {
    rotate(ops::RopeForm::Interleaved, x, layout, cos, sin)
}

/// Rotary embedding of the two halves of each head; `x` is (batch, positions, heads, width).
///
/// # Errors
/// For dtypes without a kernel, and where operands do not fit.
pub fn rope_thd(
    x: &RocmStorage,
    layout: &Layout,
    cos: Operand<'_>,
    sin: Operand<'_>,
) -> Result<RocmStorage> {
    rotate(ops::RopeForm::Thd, x, layout, cos, sin)
}

fn rotate(
    form: ops::RopeForm,
    x: &RocmStorage,
    layout: &Layout,
    cos: Operand<'_>,
    sin: Operand<'_>,
) -> Result<RocmStorage> {
    x.map3(layout, cos, sin, |x, cos, sin| ops::rope(form, x, cos, sin))
}
