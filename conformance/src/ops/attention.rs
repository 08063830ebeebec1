//! Attention and mixtures of experts: fused ops that Candle's CPU backend does not have, against the
//! same composed of others.

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::{moe, ops};

use crate::compare::Tolerance;
use crate::op::{Case, Op, Reference, Run};
use crate::operand::{Operand, Values};
use crate::view::View;

/// A fused op whose inner results are rounded to the dtype: their error is that of the dtype, in
/// units of f32 at the magnitude of the operands, not of the result.
const fn fused(
    name: &'static str,
    dtypes: &'static [DType],
    accumulated: f64,
    cases: fn(Values) -> Vec<Case>,
    [run, oracle]: [Run; 2],
) -> Op {
    Op {
        oracle: Some(oracle),
        reference: Reference::Wide,
        tolerance: Tolerance {
            ulps: 2.0,
            accumulated,
            within: 3.0,
        },
        ..Op::row(name, dtypes, cases, run)
    }
}

const SDPA: [Run; 2] = [sdpa, composed_attention];
const MOE: [Run; 2] = [moe_gemm, composed_moe];

/// Attention.
pub const ATTENTION: &[Op] = &[
    fused("sdpa", &[DType::F32], 64.0, attentions, SDPA),
    fused("sdpa", &[DType::F16], 8192.0, attentions, SDPA),
    fused("sdpa", &[DType::BF16], 65536.0, attentions, SDPA),
];

/// Mixtures of experts.
pub const EXPERTS: &[Op] = &[fused(
    "moe_gemm",
    &[DType::F32, DType::F16, DType::BF16],
    512.0,
    mixtures,
    MOE,
)];

/// Batch, heads, heads of k, positions, keys, widths of k and v: for every kernel one, and between.
const ATTENTIONS: &[[usize; 7]] = &[
    [1, 1, 1, 1, 1, 1, 1],
    [1, 2, 2, 40, 33, 64, 64],
    [1, 2, 1, 35, 65, 128, 128],
    [2, 4, 2, 1, 7, 64, 64],
    [1, 8, 2, 1, 301, 128, 128],
    [1, 2, 2, 2, 521, 32, 32],
    [2, 3, 3, 17, 31, 72, 40],
    [1, 2, 1, 3, 13, 200, 130],
];

/// Whether causal, and the cap; 1 is none.
const FORMS: [[usize; 2]; 3] = [[0, 1], [1, 1], [0, 2]];

fn attentions(values: Values) -> Vec<Case> {
    let mut cases = Vec::new();
    for &[batch, heads, k_heads, positions, keys, width, v_width] in ATTENTIONS {
        for form in FORMS
            .into_iter()
            .filter(|form| form[0] == 0 || positions <= keys)
        {
            for (at, view) in View::ALL.into_iter().enumerate() {
                let k_view = View::ALL[(at + 2) % View::ALL.len()];
                let operand = |dims: [usize; 4], view| Operand::new(&dims, view, values);
                let mut operands = vec![
                    operand([batch, heads, positions, width], view),
                    operand([batch, k_heads, keys, width], k_view),
                    operand([batch, k_heads, keys, v_width], k_view),
                ];
                cases.push(Case::along(operands.clone(), &form));
                operands.push(operand([batch, heads, positions, keys], view));
                cases.push(Case::along(operands, &form));
            }
        }
    }
    cases
}

fn scale(x: &[Tensor]) -> Result<f32> {
    Ok((1.0 / (x[0].dim(3)? as f64).sqrt()) as f32)
}

fn sdpa(x: &[Tensor], form: &[usize]) -> Result<Tensor> {
    let (causal, cap) = (form[0] == 1, form[1] as f32);
    ops::sdpa(&x[0], &x[1], &x[2], x.get(3), causal, scale(x)?, cap)
}

fn composed_attention(x: &[Tensor], form: &[usize]) -> Result<Tensor> {
    let (group, keys) = (x[0].dim(1)? / x[1].dim(1)?, x[1].dim(2)?);
    let [k, v] = [&x[1], &x[2]].map(|x| repeated(x, group));
    let scores = x[0].contiguous()?.matmul(&k?.t()?)?;
    let mut scores = (scores * f64::from(scale(x)?))?;
    if form[1] != 1 {
        let cap = form[1] as f64;
        scores = ((scores / cap)?.tanh()? * cap)?;
    }
    if let Some(mask) = x.get(3) {
        scores = (scores + mask)?;
    }
    if form[0] == 1 {
        let hidden = after(x[0].dim(2)?, keys)?.to_dtype(scores.dtype())?;
        scores = scores.broadcast_add(&hidden)?;
    }
    ops::softmax_last_dim(&scores)?.matmul(&v?)
}

/// Each head `group` times.
fn repeated(x: &Tensor, group: usize) -> Result<Tensor> {
    let (batch, heads, keys, width) = x.dims4()?;
    let x = x.unsqueeze(2)?.expand((batch, heads, group, keys, width))?;
    x.reshape((batch, heads * group, keys, width))
}

/// -inf where a key is after a position, the last of both being at one place.
fn after(positions: usize, keys: usize) -> Result<Tensor> {
    let hidden = |at: usize| at % keys + positions > at / keys + keys;
    let values: Vec<f64> = (0..positions * keys)
        .map(|at| if hidden(at) { f64::NEG_INFINITY } else { 0.0 })
        .collect();
    Tensor::from_vec(values, (positions, keys), &Device::Cpu)
}

/// Rows of x, experts of a row, experts, columns, depth.
const MIXTURES: &[[usize; 5]] = &[
    [1, 2, 3, 9, 64],
    [33, 2, 5, 70, 72],
    [70, 1, 2, 5, 7],
    [5, 3, 1, 64, 257],
];

/// Axes: experts of a row, whether rows are many.
fn mixtures(values: Values) -> Vec<Case> {
    let mut cases = Vec::new();
    for &[rows, share, experts, columns, depth] in MIXTURES {
        for many in 0..2 {
            for view in View::ALL {
                let mut operands = vec![
                    Operand::new(&[rows, depth], view, values),
                    Operand::new(&[experts, columns, depth], view, values),
                ];
                cases.push(Case::along(operands.clone(), &[share, many]));
                // With weights, a row has one expert.
                operands.push(Operand::new(&[rows], View::Plain, values));
                cases.push(Case::along(operands, &[1, many]));
            }
        }
    }
    cases
}

/// The expert of each row of the result.
fn experts_of(x: &[Tensor], axes: &[usize]) -> Result<Vec<u32>> {
    let (rows, experts) = (x[0].dim(0)? * axes[0], x[1].dim(0)?);
    Ok((0..rows)
        .map(|row| (row * 7 % 11 % experts) as u32)
        .collect())
}

/// Which rows of a result go to which experts, as mixtures of experts are told.
pub(super) struct Routes {
    /// The rows, those of one expert adjacent.
    pub(super) ids: Tensor,
    /// The experts of these.
    pub(super) experts: Tensor,
    /// What each row is multiplied by.
    pub(super) scales: Option<Tensor>,
}

impl Routes {
    pub(super) fn of(x: &[Tensor], axes: &[usize]) -> Result<Self> {
        let experts = experts_of(x, axes)?;
        let mut ids: Vec<u32> = (0..experts.len() as u32).collect();
        ids.sort_by_key(|&row| experts[row as usize]);
        let sorted: Vec<u32> = ids.iter().map(|&row| experts[row as usize]).collect();
        let scales = x.get(2).map(|scales| scales.to_dtype(DType::F32));
        Ok(Self {
            ids: Tensor::new(ids, x[0].device())?,
            experts: Tensor::new(sorted, x[0].device())?,
            scales: scales.transpose()?,
        })
    }
}

fn moe_gemm(x: &[Tensor], axes: &[usize]) -> Result<Tensor> {
    let to = Routes::of(x, axes)?;
    let (share, many) = (axes[0], axes[1] == 1);
    moe::moe_gemm(&x[0], &x[1], &to.scales, &to.ids, &to.experts, share, many)
}

pub(super) fn composed_moe(x: &[Tensor], axes: &[usize]) -> Result<Tensor> {
    let experts = Tensor::new(experts_of(x, axes)?, &Device::Cpu)?;
    let matrices = x[1].contiguous()?.index_select(&experts, 0)?;
    let (rows, depth) = x[0].dims2()?;
    let x0 = x[0].unsqueeze(1)?.expand((rows, axes[0], depth))?;
    let x0 = x0.reshape((rows * axes[0], depth, 1))?;
    let y = matrices.matmul(&x0)?.squeeze(2)?;
    match x.get(2) {
        Some(scales) => y.broadcast_mul(&scales.unsqueeze(1)?),
        None => Ok(y),
    }
}
