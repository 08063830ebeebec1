//! Products of activations and packed weights.

use redwick_kernels::{BlockType, Kernel, args};

use super::activations::Activations;
use super::dequantize::{cast, dequantize};
use super::format::Content;
use super::packed::Packed;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::ops;
use crate::storage::{Storage, View};

const OP: &str = "matmul with packed weights";

/// Rows up to which activations meet packed weights as bytes: the weights are read once for each
/// eight of them.
const FEW_ROWS: usize = 16;

/// `x` times the transposed weights, which are `n` rows of `k` values: `x` has rows of `k` (its last
/// dimension), the result has rows of `n`, in the dtype of `x`: f32, f16 or bf16.
///
/// A row's result does not depend on how many other rows there are, as long as they are 16 at most.
///
/// # Errors
/// [`Error::NoKernel`] for other dtypes; where the operands do not fit each other, or rows are no
/// whole number of blocks; those of an allocation.
pub fn matmul(x: View<'_>, w: &Packed, [n, k]: [usize; 2]) -> Result<Storage> {
    crate::storage::same_device(OP, x.context(), w.context())?;
    let Some((&width, outer)) = x.layout().dims().split_last() else {
        return Err(mismatch(x, [n, k]));
    };
    if width != k {
        return Err(mismatch(x, [n, k]));
    }
    if !matches!(x.dtype(), DType::F32 | DType::F16 | DType::BF16) {
        return Err(ops::no_kernel(OP, x.dtype(), ""));
    }
    w.format().bytes_of(OP, k)?;
    w.holds(OP, n.saturating_mul(k), true)?;
    let m = outer.iter().product::<usize>();
    if m == 0 || n == 0 || k == 0 {
        return Storage::zeroed(x.context(), x.dtype(), m * n);
    }
    match w.format().content {
        Content::Numbers(_) => numbers(x, w, [m, n, k]),
        Content::Blocks(block) if m <= FEW_ROWS => vectors(x, w, block, [m, n, k]),
        Content::Blocks(block) => tiles(x, w, block, [m, n, k]),
    }
}

fn mismatch(x: View<'_>, [n, k]: [usize; 2]) -> Error {
    Error::Shape {
        op: OP,
        left: x.layout().to_string(),
        right: format!("weights of {n} rows of {k}"),
    }
}

/// Weights of which nothing is packed: a product of tensors.
fn numbers(x: View<'_>, w: &Packed, [m, n, k]: [usize; 3]) -> Result<Storage> {
    let dtype = x.dtype();
    let rows = Layout::contiguous(&[m, k]);
    let Some(transposed) = Layout::strided(&[k, n], &[1, k], 0) else {
        return Err(mismatch(x, [n, k]));
    };
    let x = ops::contiguous(x)?;
    if Content::Numbers(dtype) == w.format().content {
        return ops::matmul(View::new(&x, &rows)?, View::new(w.storage(), &transposed)?);
    }
    let x = cast(&x, m * k, DType::F32)?;
    let w = dequantize(w, n * k, DType::F32)?;
    let y = ops::matmul(View::new(&x, &rows)?, View::new(&w, &transposed)?)?;
    cast(&y, m * n, dtype)
}

/// Few rows: bytes and dot products.
fn vectors(x: View<'_>, w: &Packed, block: BlockType, [m, n, k]: [usize; 3]) -> Result<Storage> {
    let kernel = ops::required(OP, x.dtype(), vector_kernel(block, m))?;
    let activations = Activations::of(OP, x)?;
    let y = Storage::uninit(x.context(), x.dtype(), m * n)?;
    let arguments = args::QuantVector {
        w: w.address(),
        quants: activations.quants(),
        steps: activations.steps(),
        y: y.address(),
        n: Error::narrow(OP, "the number of columns", n)?,
        k: Error::narrow(OP, "the inner dimension", k)?,
        m: Error::narrow(OP, "the number of rows", m)?,
        to: number_of(x.dtype()),
    };
    let grid = kernel.grid_for_tiles(arguments.m, arguments.n, 1)?;
    x.context().launch(kernel, grid, &arguments)?;
    Ok(y)
}

fn vector_kernel(block: BlockType, m: usize) -> Option<Kernel<args::QuantVector>> {
    match m {
        0 | 1 => redwick_kernels::quant_vector_1(block),
        2 => redwick_kernels::quant_vector_2(block),
        3 | 4 => redwick_kernels::quant_vector_4(block),
        _ => redwick_kernels::quant_vector_8(block),
    }
}

/// What kernels call a dtype of results: see hip/number.h.
fn number_of(dtype: DType) -> u32 {
    match dtype {
        DType::F16 => 1,
        DType::BF16 => 2,
        _ => 0,
    }
}

/// Many rows: tiles of bf16.
fn tiles(x: View<'_>, w: &Packed, block: BlockType, [m, n, k]: [usize; 3]) -> Result<Storage> {
    let context = x.context();
    let large =
        m.div_ceil(128) * n.div_ceil(128) >= context.device().properties().compute_units as usize;
    let found = if large {
        redwick_kernels::quant_matrix_128(block)
    } else {
        redwick_kernels::quant_matrix_64(block)
    };
    let kernel = ops::required(OP, x.dtype(), found)?;
    // A copy, at an address that reads of 16 bytes want.
    let rows = ops::cast(x, DType::BF16)?;
    let y = Storage::uninit(context, DType::F32, m * n)?;
    let arguments = args::QuantMatrix {
        x: rows.address(),
        w: w.address(),
        y: y.address(),
        m: Error::narrow(OP, "the number of rows", m)?,
        n: Error::narrow(OP, "the number of columns", n)?,
        k: Error::narrow(OP, "the inner dimension", k)?,
        reserved: 0,
    };
    let grid = kernel.grid_for_tiles(arguments.m, arguments.n, 1)?;
    context.launch(kernel, grid, &arguments)?;
    if x.dtype() == DType::F32 {
        return Ok(y);
    }
    cast(&y, m * n, x.dtype())
}
