//! Products of activations and packed weights.

use redwick_kernels::{PackedForm, packed_forms};

use super::dequantize::{cast, dequantize};
use super::format::Content;
use super::forms::{Factors, OP};
use super::packed::Packed;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::ops;
use crate::storage::{Storage, View};

/// `x` times the transposed weights, which are `n` rows of `k` values: `x` has rows of `k` (its last
/// dimension), the result has rows of `n`, in the dtype of `x`: f32, f16 or bf16.
///
/// The kernel manifest's table says in which form packed weights are multiplied, by the number of
/// rows. All sums are in f32. In the form of bytes, activations are rounded to bytes, 32 with a common
/// step; in all others activations and weights are rounded to bf16, which has the range of f32.
///
/// # Errors
/// [`Error::NoKernel`] for other dtypes; where the operands do not fit each other, or rows are no
/// whole number of blocks; those of an allocation.
pub fn matmul(x: View<'_>, w: &Packed, size: [usize; 2]) -> Result<Storage> {
    multiply(x, w, size, None)
}

/// [`matmul()`] in one form, whatever the table says: to test and to measure.
///
/// # Errors
/// Those of [`matmul()`]; [`Error::NoProductLibrary`] or the like where the form needs the vendor's
/// library, and there is none or it does not take the product.
pub fn matmul_as(form: PackedForm, x: View<'_>, w: &Packed, size: [usize; 2]) -> Result<Storage> {
    multiply(x, w, size, Some(form))
}

fn multiply(
    x: View<'_>,
    w: &Packed,
    [n, k]: [usize; 2],
    form: Option<PackedForm>,
) -> Result<Storage> {
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
    if m > MOST_ROWS && matches!(w.format().content, Content::Blocks(_)) {
        return in_chunks(x, w, [m, n, k], form);
    }
    if m == 0 || n == 0 || k == 0 {
        return Storage::zeroed(x.context(), x.dtype(), m * n);
    }
    let block = match w.format().content {
        Content::Numbers(_) => return numbers(x, w, [m, n, k]),
        Content::Blocks(block) => block,
    };
    let factors = Factors {
        x,
        w,
        block,
        size: [m, n, k],
    };
    match form {
        Some(form) => factors.multiply(form),
        None => factors.multiply_in_any(packed_forms(x.context().device().target(), block, m)),
    }
}

/// Rows that every form takes in one launch: the least tiles are of 8 rows, and a grid has 65,535.
const MOST_ROWS: usize = 1 << 18;

/// The product of more rows than a launch takes.
fn in_chunks(
    x: View<'_>,
    w: &Packed,
    [m, n, k]: [usize; 3],
    form: Option<PackedForm>,
) -> Result<Storage> {
    let adjacent = ops::contiguous(x)?;
    let y = Storage::uninit(x.context(), x.dtype(), m * n)?;
    for first in (0..m).step_by(MOST_ROWS) {
        let dims = [MOST_ROWS.min(m - first), k];
        let rows = Layout::strided(&dims, &[k, 1], first * k);
        let rows = rows.ok_or_else(|| mismatch(x, [n, k]))?;
        let part = multiply(View::new(&adjacent, &rows)?, w, [n, k], form)?;
        y.copy_from(first * n, &part, 0, part.len())?;
    }
    Ok(y)
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
