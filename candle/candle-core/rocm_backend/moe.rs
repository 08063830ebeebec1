//! Mixtures of experts: what `candle_nn::moe` runs on ROCm devices.

use redwick_tensor_ops::{ops, quantized, View};

use super::convert;
use super::error::IntoCandle;
use super::fused::{elsewhere, on_rocm};
use super::storage::RocmStorage;
use crate::op::BackpropOp;
use crate::quantized::QTensor;
use crate::quantized_rocm::QRocmStorage;
use crate::{DType, Device, Result, Storage, Tensor};

/// Which expert each row of the result is of; named as in Candle.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// The rows of the result, those of one expert adjacent.
    pub sorted_token_ids: &'a Tensor,
    /// For each of them, its expert.
    pub experts_ids: &'a Tensor,
    /// What rows are multiplied by. With it, row `r` comes from row `r` of the input; without, from
    /// row `r / topk`.
    pub topk_weights: &'a Option<Tensor>,
    /// How many experts an input row is sent to.
    pub topk: usize,
}

impl Rows<'_> {
    fn share(&self) -> usize {
        match self.topk_weights {
            Some(_) => 1,
            None => self.topk,
        }
    }
}

/// Rows of `input` (rows, depth) times the matrices of their experts, `weights` (experts, columns,
/// depth). For f32, f16 and bf16.
///
/// # Errors
/// For other dtypes, and where operands do not fit.
pub fn moe_gemm(
    input: &Tensor,
    weights: &Tensor,
    rows: Rows<'_>,
    is_prefill: bool,
) -> Result<Tensor> {
    const OP: &str = "moe_gemm";
    let shape = (input.dim(0)? * rows.share(), weights.dim(1)?);
    let tensors = [weights, rows.sorted_token_ids, rows.experts_ids];
    let others = tensors.map(Tensor::storage_and_layout);
    let scales = rows.topk_weights.as_ref().map(Tensor::storage_and_layout);
    let (x, x_layout) = input.storage_and_layout();
    let mut views = Vec::with_capacity(4);
    for (storage, layout) in others.iter().chain(&scales) {
        views.push((on_rocm(OP, storage)?.storage(), convert::layout(layout)));
    }
    let result = on_rocm(OP, &x)?.map(x_layout, |x| {
        let view = |at: usize| {
            let (storage, layout) = &views[at];
            View::new(storage, layout)
        };
        let operands = ops::MoeOperands {
            x,
            weights: view(0)?,
            ids: view(1)?,
            experts: view(2)?,
            scales: scales.as_ref().map(|_| view(3)).transpose()?,
        };
        ops::moe(operands, rows.share(), is_prefill)
    })?;
    let storage = Storage::Rocm(result);
    Ok(Tensor::from_storage(
        storage,
        shape,
        BackpropOp::none(),
        false,
    ))
}

/// [`moe_gemm`] with packed matrices, for an input and a result of f32. For many rows (prefill) all
/// matrices become numbers of `dtype` first, in memory of their own until the product is there: which
/// experts have rows only the device knows. For few, rows and packed matrices meet as bytes.
///
/// # Errors
/// As [`moe_gemm`].
pub fn moe_gemm_gguf(
    input: &Tensor,
    weights: &QTensor,
    rows: Rows<'_>,
    is_prefill: bool,
    dtype: DType,
) -> Result<Tensor> {
    let packed = weights.as_rocm_storage().map(QRocmStorage::packed);
    match packed.filter(|packed| !is_prefill && packed.format().is_packed()) {
        Some(packed) => routed(input, packed, weights.shape().dims3()?, rows),
        None => {
            let dtype = if is_prefill { dtype } else { DType::F32 };
            let weights = unpacked(weights, input.device(), dtype)?;
            let y = moe_gemm(&input.to_dtype(dtype)?, &weights, rows, is_prefill)?;
            y.to_dtype(DType::F32)
        }
    }
}

/// Packed matrices as numbers, without those of another dtype between.
fn unpacked(weights: &QTensor, device: &Device, dtype: DType) -> Result<Tensor> {
    let Some(packed) = weights.as_rocm_storage() else {
        return weights.dequantize(device)?.to_dtype(dtype);
    };
    let to = convert::dtype("moe_gemm_gguf", dtype)?;
    let shape = weights.shape().clone();
    let numbers = quantized::dequantize(packed.packed(), shape.elem_count(), to).candle()?;
    let storage = Storage::Rocm(RocmStorage::new(packed.device(), numbers));
    Tensor::from_storage(storage, shape, BackpropOp::none(), false).to_device(device)
}

/// For each token and each of its experts, the product of the token's row and the transposed matrix of
/// the expert. `weights` is (experts, columns, depth), packed or numbers, `x` is (tokens, experts of
/// each, depth) or (tokens, 1, depth), of f32, f16 or bf16, `ids` is (tokens, experts of each), of u32;
/// the result is (tokens, experts of each, columns), of f32. Numbers are copied first.
///
/// # Errors
/// For other dtypes, where operands do not fit, and where one is not on the device.
pub(crate) fn indexed_packed(weights: &QTensor, x: &Tensor, ids: &Tensor) -> Result<Tensor> {
    const OP: &str = "indexed_moe_forward";
    let Some(experts) = weights.as_rocm_storage() else {
        return Err(elsewhere(OP, &weights.device()));
    };
    if !experts.packed().format().is_packed() {
        let weights = weights.dequantize(&weights.device())?;
        return indexed(&weights, x, ids)?.to_dtype(DType::F32);
    }
    let ((x, x_layout), (ids, ids_layout)) = (x.storage_and_layout(), ids.storage_and_layout());
    let (x, ids) = (on_rocm(OP, &x)?, on_rocm(OP, &ids)?);
    let (product, shape) =
        experts.indexed_moe_forward(weights.shape(), x, x_layout, ids, ids_layout)?;
    let product = Storage::Rocm(product);
    Ok(Tensor::from_storage(
        product,
        shape,
        BackpropOp::none(),
        false,
    ))
}

/// [`indexed_packed`] with matrices that are no packed ones; the result is of the dtype of `x`.
///
/// # Errors
/// As [`indexed_packed`].
pub(crate) fn indexed(weights: &Tensor, x: &Tensor, ids: &Tensor) -> Result<Tensor> {
    let ((tokens, each, depth), (id_tokens, of_each)) = (x.dims3()?, ids.dims2()?);
    if tokens != id_tokens || (each != 1 && each != of_each) {
        crate::bail!(
            "indexed_moe_forward: rows of {:?} do not fit ids of {:?}",
            x.shape(),
            ids.shape()
        );
    }
    let outputs = tokens * of_each;
    let rows = Rows {
        sorted_token_ids: &Tensor::arange(0, u32::try_from(outputs)?, x.device())?,
        experts_ids: &ids.flatten_all()?,
        topk_weights: &None,
        topk: if each == 1 { of_each } else { 1 },
    };
    let input = x
        .reshape((tokens * each, depth))?
        .to_dtype(weights.dtype())?;
    let product = moe_gemm(&input, weights, rows, false)?;
    product
        .to_dtype(x.dtype())?
        .reshape((tokens, of_each, weights.dim(1)?))
}

/// Rows and packed matrices (experts, columns, depth).
fn routed(
    input: &Tensor,
    packed: &quantized::Packed,
    (experts, n, k): (usize, usize, usize),
    rows: Rows<'_>,
) -> Result<Tensor> {
    const OP: &str = "moe_gemm_gguf";
    let outputs = input.dim(0)? * rows.share();
    let ids = [rows.sorted_token_ids, rows.experts_ids].map(Tensor::storage_and_layout);
    let scales = rows.topk_weights.as_ref().map(Tensor::storage_and_layout);
    let (x, x_layout) = input.storage_and_layout();
    let mut views = Vec::with_capacity(3);
    for (storage, layout) in ids.iter().chain(&scales) {
        views.push((on_rocm(OP, storage)?.storage(), convert::layout(layout)));
    }
    let result = on_rocm(OP, &x)?.map(x_layout, |x| {
        let view = |at: usize| {
            let (storage, layout) = &views[at];
            View::new(storage, layout)
        };
        let routes = quantized::Routes {
            tokens: view(0)?,
            experts: view(1)?,
            weights: scales.as_ref().map(|_| view(2)).transpose()?,
            share: rows.share(),
            outputs,
        };
        quantized::routed_experts(x, packed, [experts, n, k], routes)
    })?;
    let storage = Storage::Rocm(result);
    Ok(Tensor::from_storage(
        storage,
        (outputs, n),
        BackpropOp::none(),
        false,
    ))
}
