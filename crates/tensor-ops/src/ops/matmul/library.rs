//! A product as the vendor's library takes it.
//!
//! The library's matrices are column-major, ours row-major: the same memory is the transposed
//! matrix there. So it computes `cᵀ = bᵀ aᵀ`.

use redwick_hip::{Address, Factor, MatrixElement};

use super::Product;
use crate::dtype::DType;

/// The product with the addresses of `a`, `b` and `c`, where the library can compute it: not where
/// neither rows nor columns of an operand are adjacent, and not for batches in several dimensions.
pub(super) fn product(
    product: &Product,
    dtype: DType,
    at: [u64; 3],
) -> Option<redwick_hip::Product> {
    let [a_batch, b_batch] = match product.batch.dims.len() {
        0 => [0, 0],
        1 => [0, 1].map(|operand: usize| product.batch.strides[operand][0]),
        _ => return None,
    };
    let Product { m, n, k, a, b, .. } = *product;
    let factor = |address, rows, columns, stride| {
        let (transposed, leading) = layout(rows, columns)?;
        Some(Factor {
            address: Address(address),
            transposed,
            leading: i32::try_from(leading).ok()?,
            stride: i64::try_from(stride).ok()?,
        })
    };
    let element = element(dtype)?;
    Some(redwick_hip::Product {
        element,
        result: element,
        m: i32::try_from(n).ok()?,
        n: i32::try_from(m).ok()?,
        k: i32::try_from(k).ok()?,
        batches: i32::try_from(product.batches()).ok()?,
        a: factor(at[1], [n, b[1]], [k, b[0]], b_batch)?,
        b: factor(at[0], [k, a[1]], [m, a[0]], a_batch)?,
        c: Address(at[2]),
        c_leading: i32::try_from(n).ok()?,
    })
}

/// How a matrix lies in memory, of which size and stride of rows and columns are given: whether rows
/// and not columns are adjacent, and the stride of the others.
fn layout(rows: [usize; 2], columns: [usize; 2]) -> Option<(bool, usize)> {
    let leading = |[inner, inner_stride]: [usize; 2], [outer, outer_stride]: [usize; 2]| {
        let adjacent = inner_stride == 1 || inner == 1;
        match outer {
            1 => adjacent.then_some(inner),
            _ => (adjacent && outer_stride >= inner).then_some(outer_stride),
        }
    };
    let as_it_is = leading(rows, columns).map(|leading| (false, leading));
    as_it_is.or_else(|| leading(columns, rows).map(|leading| (true, leading)))
}

fn element(dtype: DType) -> Option<MatrixElement> {
    Some(match dtype {
        DType::F16 => MatrixElement::F16,
        DType::BF16 => MatrixElement::BF16,
        DType::F32 => MatrixElement::F32,
        DType::F64 => MatrixElement::F64,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_the_strides_has_to_be_1() {
        assert_eq!(layout([3, 1], [4, 3]), Some((false, 3)));
        assert_eq!(layout([3, 1], [4, 9]), Some((false, 9)));
        assert_eq!(layout([3, 4], [4, 1]), Some((true, 4)));
        assert_eq!(layout([3, 2], [4, 6]), None);
    }

    #[test]
    fn a_broadcast_dimension_is_no_leading_dimension() {
        assert_eq!(layout([3, 1], [4, 0]), None);
        assert_eq!(layout([3, 0], [4, 1]), None);
    }

    #[test]
    fn strides_of_single_rows_and_columns_do_not_matter() {
        assert_eq!(layout([1, 7], [4, 5]), Some((false, 5)));
        assert_eq!(layout([3, 1], [1, 0]), Some((false, 3)));
        assert_eq!(layout([1, 0], [4, 1]), Some((false, 1)));
        assert_eq!(layout([1, 9], [1, 9]), Some((false, 1)));
    }
}
