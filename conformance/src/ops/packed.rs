//! Packed weights: each type of blocks, by its place in [`TYPES`].
//!
//! A row's last axis is the place of its type. The device gets the same blocks as the reference, which
//! the CPU makes; so what is compared is how they are read and multiplied.

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Error, Result, Tensor};
use candle_nn::moe;

use super::attention::{Routes, composed_moe};
use crate::compare::Tolerance;
use crate::op::{Case, Op, Reference};
use crate::operand::{Operand, Values};
use crate::view::View;

/// All types of blocks, and those that are plain numbers.
const TYPES: [GgmlDType; 15] = [
    GgmlDType::Q4_0,
    GgmlDType::Q4_1,
    GgmlDType::Q5_0,
    GgmlDType::Q5_1,
    GgmlDType::Q8_0,
    GgmlDType::Q8_1,
    GgmlDType::Q2K,
    GgmlDType::Q3K,
    GgmlDType::Q4K,
    GgmlDType::Q5K,
    GgmlDType::Q6K,
    GgmlDType::Q8K,
    GgmlDType::F32,
    GgmlDType::F16,
    GgmlDType::BF16,
];

/// How many of them share scales.
const PACKED: usize = 12;

/// Products, for rows of the dtypes that models compute in.
const COMPUTED: &[DType] = &[DType::F32, DType::F16, DType::BF16];

/// Layouts of activations. Where a row's activations are all equal, roundings of the few levels that
/// weights of 2 bits have add up: a tile's tolerance is for those that differ.
const DIFFERENT: &[View] = &[
    View::Plain,
    View::Offset,
    View::Columns,
    View::Transposed,
    View::Reversed,
    View::Stepped,
    View::BroadcastFirst,
];

const SINGLE: &[DType] = &[DType::F32];

/// Activations become bytes on both sides, in the same way; the rest is exact but for sums in f32.
const BYTES: Tolerance = Tolerance {
    ulps: 1.0,
    accumulated: 64.0,
    within: 16.0,
};

/// Factors become bf16, each with an error of 2^-9 at most. In f32, these are 2^-8 of terms of a
/// magnitude of 32.
const TILES: Tolerance = Tolerance {
    ulps: 1.0,
    accumulated: 32768.0,
    within: 32.0,
};

/// Activations become bytes, each with an error of 1/254 of the largest, or bf16, as targets have it.
const EITHER: Tolerance = Tolerance {
    ulps: 1.0,
    accumulated: 131_072.0,
    within: 32.0,
};

/// Packed weights.
pub const PACKED_WEIGHTS: &[Op] = &[
    Op {
        reference: Reference::Same,
        ..Op::row("packed dequantize", SINGLE, tables, |x, axes| {
            pack_single(&x[0], axes)?.dequantize(x[0].device())
        })
    },
    Op {
        reference: Reference::Same,
        ..Op::row("packed dequantize to f16", SINGLE, tables, |x, axes| {
            pack_single(&x[0], axes)?.dequantize_f16(x[0].device())
        })
    },
    Op {
        reference: Reference::Same,
        ..Op::row("packed embedding", SINGLE, lookups, |x, axes| {
            pack_single(&x[0], axes)?.embedding(&x[1])
        })
    },
    Op {
        values: UNIT,
        oracle: Some(|x, axes| product(&as_bytes(&x[0])?, &x[1], axes)),
        reference: Reference::Wide,
        tolerance: BYTES,
        ..Op::row("packed matmul of few rows", COMPUTED, few, multiply)
    },
    Op {
        values: UNIT,
        oracle: Some(|x, axes| product(&x[0], &x[1], axes)),
        reference: Reference::Wide,
        tolerance: EITHER,
        ..Op::row("packed matmul of some rows", COMPUTED, some, multiply)
    },
    Op {
        values: UNIT,
        oracle: Some(|x, axes| product(&x[0], &x[1], axes)),
        reference: Reference::Wide,
        tolerance: TILES,
        ..Op::row("packed matmul of many rows", COMPUTED, many, multiply)
    },
    Op {
        values: UNIT,
        oracle: Some(|x, axes| product(&x[0], &x[1], axes)),
        reference: Reference::Wide,
        tolerance: TILES,
        ..Op::row("packed matmul of numbers", COMPUTED, numbers, multiply)
    },
    Op {
        values: UNIT,
        oracle: Some(|x, axes| of_experts(&as_bytes(&x[0])?, x, axes)),
        reference: Reference::Wide,
        tolerance: BYTES,
        ..Op::row("packed experts", SINGLE, experts, |x, axes| {
            pack_single(&x[1], axes)?.indexed_moe_forward(&x[0], &x[2])
        })
    },
    Op {
        values: UNIT,
        oracle: Some(composed_mixture),
        reference: Reference::Wide,
        tolerance: BYTES,
        ..Op::row("moe_gemm_gguf", SINGLE, mixtures, |x, axes| {
            mixture(x, axes, DType::F32)
        })
    },
    Op {
        values: UNIT,
        oracle: Some(composed_mixture),
        reference: Reference::Wide,
        tolerance: TILES,
        ..Op::row("moe_gemm_gguf in f16", SINGLE, in_prefill, |x, axes| {
            mixture(x, axes, DType::F16)
        })
    },
    Op {
        values: UNIT,
        oracle: Some(composed_mixture),
        reference: Reference::Wide,
        tolerance: EITHER,
        ..Op::row("moe_gemm_gguf in bf16", SINGLE, in_prefill, |x, axes| {
            mixture(x, axes, DType::BF16)
        })
    },
];

/// In numbers of a dtype where rows are many. Axes: experts of a row, whether rows are many, the type.
fn mixture(x: &[Tensor], axes: &[usize], dtype: DType) -> Result<Tensor> {
    let (to, w) = (Routes::of(x, axes)?, pack_single(&x[1], axes)?);
    let (share, many) = (axes[0], axes[1] == 1);
    moe::moe_gemm_gguf(
        &x[0],
        &w,
        &to.scales,
        &to.ids,
        &to.experts,
        share,
        many,
        dtype,
    )
}

/// Few rows become bytes where weights are packed, many do not.
fn composed_mixture(x: &[Tensor], axes: &[usize]) -> Result<Tensor> {
    let mut operands = x.to_vec();
    if axes[1] == 0 && axes[2] < PACKED {
        operands[0] = as_bytes(&x[0])?;
    }
    operands[1] = unpacked(&x[1], axes)?;
    composed_moe(&operands, axes)
}

const UNIT: Values = Values::Between(-1.0, 1.0);

fn packed_type(axes: &[usize]) -> GgmlDType {
    axes.last().map_or(GgmlDType::F32, |&at| TYPES[at])
}

/// Blocks, on the tensor's device.
fn pack(w: &Tensor, axes: &[usize]) -> Result<QTensor> {
    QTensor::quantize(&w.contiguous()?, packed_type(axes))
}

/// Blocks of f32 alone: Candle would convert any dtype first, and the op sees none of it.
fn pack_single(w: &Tensor, axes: &[usize]) -> Result<QTensor> {
    if w.dtype() != DType::F32 {
        return Err(Error::Msg(format!("packed {:?}", w.dtype())));
    }
    pack(w, axes)
}

fn multiply(x: &[Tensor], axes: &[usize]) -> Result<Tensor> {
    // Its own op, since `QMatMul` unpacks weights that are numbers.
    let w = pack(&x[1], axes)?;
    x[0].apply_op1_no_bwd(&w)
}

/// Rows as the device multiplies them: 32 values with a common step, rounded to f16.
fn as_bytes(x: &Tensor) -> Result<Tensor> {
    let bytes = QTensor::quantize(x, GgmlDType::Q8_0)?;
    bytes.dequantize(x.device())?.to_dtype(DType::F64)
}

/// The product with what blocks stand for, in f64.
fn product(x: &Tensor, w: &Tensor, axes: &[usize]) -> Result<Tensor> {
    let w = unpacked(w, axes)?;
    let rows = x.elem_count() / w.dim(1)?.max(1);
    let y = x.reshape((rows, w.dim(1)?))?.matmul(&w.t()?)?;
    let dims = [&x.dims()[..x.rank() - 1], &[w.dim(0)?]].concat();
    y.reshape(dims)
}

fn unpacked(w: &Tensor, axes: &[usize]) -> Result<Tensor> {
    let w = QTensor::quantize(w, packed_type(axes))?;
    w.dequantize(&candle_core::Device::Cpu)?
        .to_dtype(DType::F64)
}

/// For each token and each of its experts the product of a row and the expert's matrix.
fn of_experts(x: &Tensor, operands: &[Tensor], axes: &[usize]) -> Result<Tensor> {
    let w = unpacked(&operands[1], axes)?;
    let ids = operands[2].to_vec2::<u32>()?;
    let mut rows = Vec::new();
    for (token, ids) in ids.iter().enumerate() {
        for (place, &expert) in ids.iter().enumerate() {
            let row = x.get(token)?.get(place.min(x.dim(1)? - 1))?;
            let matrix = w.get(expert as usize)?;
            rows.push(matrix.matmul(&row.unsqueeze(1)?)?.squeeze(1)?);
        }
    }
    let dims = (ids.len(), ids[0].len(), w.dim(1)?);
    Tensor::stack(&rows, 0)?.reshape(dims)
}

/// Rows of one block and of several.
fn lengths(at: usize) -> [usize; 3] {
    let block = TYPES[at].block_size().max(32);
    [block, 3 * block, 1280_usize.next_multiple_of(block)]
}

/// Each type with rows of each length.
fn per_type(types: std::ops::Range<usize>, case: impl Fn(usize, usize) -> Vec<Case>) -> Vec<Case> {
    let of = |at: usize| lengths(at).into_iter().flat_map(|k| case(at, k)).collect();
    types.map(of).collect::<Vec<Vec<Case>>>().concat()
}

fn tables(values: Values) -> Vec<Case> {
    per_type(0..TYPES.len(), |at, k| {
        let table = |n| Case::along(vec![Operand::new(&[n, k], View::Plain, values)], &[at]);
        [1, 7].map(table).into()
    })
}

fn lookups(values: Values) -> Vec<Case> {
    const ROWS: usize = 11;
    per_type(0..TYPES.len(), |at, k| {
        let table = Operand::new(&[ROWS, k], View::Plain, values);
        let ids = Values::Index(DType::U32, ROWS);
        let case = |(dims, view): (&[usize], View)| {
            Case::along(vec![table.clone(), Operand::new(dims, view, ids)], &[at])
        };
        [
            (&[1][..], View::Plain),
            (&[2, 3][..], View::Offset),
            (&[13][..], View::Stepped),
        ]
        .map(case)
        .into()
    })
}

/// Rows that are multiplied as bytes: for each number of them that has a kernel, and between.
fn few(values: Values) -> Vec<Case> {
    let sizes = [[1, 1], [1, 67], [2, 17], [3, 5], [4, 33]];
    products(0..PACKED, &sizes, &View::ALL, values)
}

/// Rows that some targets multiply as bytes.
fn some(values: Values) -> Vec<Case> {
    let sizes = [[5, 21], [8, 16], [9, 31], [16, 3]];
    products(0..PACKED, &sizes, DIFFERENT, values)
}

fn many(values: Values) -> Vec<Case> {
    products(
        0..PACKED,
        &[[17, 65], [64, 64], [65, 1], [33, 70], [129, 131]],
        DIFFERENT,
        values,
    )
}

fn numbers(values: Values) -> Vec<Case> {
    products(PACKED..TYPES.len(), &[[1, 5], [65, 31]], DIFFERENT, values)
}

/// Each size with one of the lengths, so that a type meets all of them.
fn products(
    types: std::ops::Range<usize>,
    sizes: &[[usize; 2]],
    views: &[View],
    values: Values,
) -> Vec<Case> {
    let of = |at: usize| {
        let numbered = sizes.iter().enumerate();
        numbered.flat_map(move |(number, &[m, n])| {
            let k = lengths(at)[(number + at) % 3];
            let view = views[(number + at) % views.len()];
            [(vec![m, k], View::Plain), (vec![1, m, k], view)].map(|(dims, view)| {
                let w = Operand::new(&[n, k], View::Plain, values);
                Case::along(vec![Operand::new(&dims, view, values), w], &[at])
            })
        })
    };
    types.flat_map(of).collect()
}

fn experts(values: Values) -> Vec<Case> {
    const EXPERTS: usize = 5;
    per_type(0..PACKED, |at, k| {
        let case = |(tokens, each, inputs, n): (usize, usize, usize, usize)| {
            let x = Operand::new(&[tokens, inputs, k], View::Plain, values);
            let w = Operand::new(&[EXPERTS, n, k], View::Plain, values);
            let ids = Values::Index(DType::U32, EXPERTS);
            let ids = Operand::new(&[tokens, each], View::Plain, ids);
            Case::along(vec![x, w, ids], &[at])
        };
        [(1, 2, 1, 7), (3, 2, 2, 19)].map(case).into()
    })
}

/// Rows, experts of a row, and whether there are weights, which one expert alone has.
const MIXTURES: [(usize, usize, bool); 3] = [(1, 2, false), (5, 3, false), (9, 1, true)];

fn mixtures(values: Values) -> Vec<Case> {
    const EXPERTS: usize = 4;
    per_type(0..TYPES.len(), |at, k| {
        let numbered = MIXTURES.into_iter().enumerate();
        let case = |(number, (rows, share, weighted))| {
            // Each form with few rows and with many, over the types.
            let many = (number + at) % 2;
            let mut operands = vec![
                Operand::new(&[rows, k], View::ALL[(number + at) % 2], values),
                Operand::new(&[EXPERTS, 5 + number, k], View::Plain, values),
            ];
            if weighted {
                operands.push(Operand::new(&[rows], View::Plain, values));
            }
            Case::along(operands, &[share, many, at])
        };
        numbered.map(case).collect()
    })
}

/// Those of many rows: for few the dtype does not matter.
fn in_prefill(values: Values) -> Vec<Case> {
    let mut cases = mixtures(values);
    cases.retain(|case| case.axes[1] == 1);
    cases
}
