//! Ops that candle-nn calls in one piece, named as there. The first operand's shape is the result's.

use redwick_tensor_ops::{ops, View};

use super::convert;
use super::storage::RocmStorage;
use crate::{Device, Error, Layout, Result, Shape, Storage, Tensor};

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

/// Attention for each head, as [`ops::attention`] says, with the arguments of `candle_nn::ops::sdpa`:
/// a `cap` of 1 is none. Its result has the width of `v`.
///
/// # Errors
/// For dtypes without a kernel, and where operands do not fit.
pub fn sdpa(
    [q, k, v]: [Operand<'_>; 3],
    mask: Option<&Tensor>,
    causal: bool,
    scale: f32,
    cap: f32,
) -> Output {
    let params = ops::AttentionParams {
        scale,
        cap: (cap != 1.).then_some(cap),
        causal,
    };
    let mask = mask.map(Tensor::storage_and_layout);
    let mask = match &mask {
        Some((storage, layout)) => Some((on_rocm("sdpa", storage)?, convert::layout(layout))),
        None => None,
    };
    let result = q.0.map3(q.1, k, v, |q, k, v| {
        let mask = match &mask {
            Some((mask, layout)) => Some(View::new(mask.storage(), layout)?),
            None => None,
        };
        ops::attention(ops::AttentionOperands { q, k, v, mask }, params)
    })?;
    let mut dims = q.1.dims().to_vec();
    if let (Some(width), Some(of_v)) = (dims.last_mut(), v.1.dims().last()) {
        *width = *of_v;
    }
    Ok((result, dims.into()))
}

/// The storage of an operand that a custom op was given as a tensor.
pub(super) fn on_rocm<'a>(op: &'static str, storage: &'a Storage) -> Result<&'a RocmStorage> {
    match storage {
        Storage::Rocm(storage) => Ok(storage),
        other => Err(elsewhere(op, &other.device())),
    }
}

/// What is said of an operand that is on another device than the others.
pub(super) fn elsewhere(op: &'static str, device: &Device) -> Error {
    let place = device.location();
    Error::msg(format!(
        "{op}: an operand is on {place:?}; copy it to the device of the others"
    ))
    .bt()
}
