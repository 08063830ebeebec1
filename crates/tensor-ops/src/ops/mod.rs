//! The ops, a file for each family.
//!
//! Each takes [`View`](crate::View)s and gives a new [`Storage`](crate::Storage) whose elements lie
//! in row-major order, or writes into a storage that it is given. Who checks what: a view stays
//! inside its storage; an op checks that its operands fit each other, and that there is a kernel;
//! kernels check nothing but indices. Tensors without elements launch nothing.

mod affine;
mod attention;
mod binary;
mod cast;
mod conv;
mod copy;
mod division;
mod elementwise;
mod fill;
mod images;
mod index;
mod matmul;
mod moe;
mod norm;
mod pool;
mod random;
mod reduce;
mod rope;
mod rows;
mod scatter;
mod select;
mod softmax;
mod sort;
mod taps;
mod turned;
mod unary;
mod upsample;

pub use affine::{affine, elu, powf};
pub use attention::{AttentionOperands, AttentionParams, attention};
pub use binary::{binary, compare};
pub use cast::cast;
pub use conv::{Conv, ConvTranspose, conv, conv_transpose};
pub use copy::{Rows, contiguous, copy_into, copy_rows};
pub use fill::fill;
pub use index::{gather, index_select};
pub use matmul::matmul;
pub use moe::{MoeOperands, moe};
pub use norm::{layer_norm, rms_norm};
pub use pool::pool;
pub use random::Random;
pub use reduce::reduce;
pub use rope::rope;
pub use scatter::{index_add, scatter, scatter_add};
pub use select::select;
pub use softmax::softmax;
pub use sort::arg_sort;
pub use unary::unary;
pub use upsample::{Corners, upsample_bilinear, upsample_nearest};

pub(crate) use division::Division;
pub(crate) use index::index_select_for;
pub(crate) use rows::Adjacent;

pub use redwick_kernels::{BinaryOp, CompareOp, PoolOp, ReduceOp, RopeForm, UnaryOp};

use redwick_kernels::Width;

use crate::dtype::DType;
use crate::error::{Error, Result};

/// The manifest's name of a dtype, where kernels have it.
fn kernel_dtype(dtype: DType) -> Option<redwick_kernels::DType> {
    use redwick_kernels::DType as K;
    Some(match dtype {
        DType::U8 => K::U8,
        DType::U32 => K::U32,
        DType::I16 => K::I16,
        DType::I32 => K::I32,
        DType::I64 => K::I64,
        DType::BF16 => K::BF16,
        DType::F16 => K::F16,
        DType::F32 => K::F32,
        DType::F64 => K::F64,
        DType::F8E4M3 => K::F8E4M3,
    })
}

/// How wide a dtype's elements are, for kernels that only move them.
fn width(dtype: DType) -> Width {
    match dtype.size() {
        1 => Width::B1,
        2 => Width::B2,
        4 => Width::B4,
        _ => Width::B8,
    }
}

/// The kernel found, or an error that says for which dtype there is none.
pub(crate) fn required<K>(op: &'static str, dtype: DType, found: Option<K>) -> Result<K> {
    found.ok_or_else(|| no_kernel(op, dtype, ""))
}

/// The kernel for a dtype, or an error that says which is missing.
pub(crate) fn find<K>(
    op: &'static str,
    dtype: DType,
    select: impl Fn(redwick_kernels::DType) -> Option<K>,
) -> Result<K> {
    find_for(op, dtype, "", select)
}

/// The same for an operand, which `detail` names behind its dtype.
fn find_for<K>(
    op: &'static str,
    dtype: DType,
    detail: &'static str,
    select: impl Fn(redwick_kernels::DType) -> Option<K>,
) -> Result<K> {
    let found = |dtype: DType| kernel_dtype(dtype).and_then(&select);
    found(dtype).ok_or_else(|| {
        let there = DType::ALL.into_iter();
        let there = there.filter(|&dtype| found(dtype).is_some()).collect();
        no_kernel_but(op, dtype, detail, there)
    })
}

pub(crate) fn no_kernel(op: &'static str, dtype: DType, detail: impl Into<String>) -> Error {
    no_kernel_but(op, dtype, detail, Vec::new())
}

/// There is no kernel for a dtype, but there are kernels for others.
pub(crate) fn no_kernel_but(
    op: &'static str,
    dtype: DType,
    detail: impl Into<String>,
    there: Vec<DType>,
) -> Error {
    Error::NoKernel {
        op,
        dtype,
        detail: detail.into(),
        there,
    }
}
