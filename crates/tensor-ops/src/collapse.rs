//! Fewer dimensions for the same walk.
//!
//! Kernels spend one division for each dimension of each element, and take a fixed number of
//! dimensions. Neighbouring dimensions over which every operand walks evenly are one dimension.

use crate::layout::Layout;

/// Operands of one element-wise walk, with as few dimensions as describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk<const N: usize> {
    /// The dimensions, outermost first; none is 1.
    pub dims: Vec<usize>,
    /// For each operand its strides, one for each dimension.
    pub strides: [Vec<usize>; N],
}

impl<const N: usize> Walk<N> {
    /// The walk over operands of equal dimensions. The first operand's dimensions are taken:
    /// that all are equal is for the caller to check.
    pub fn over(layouts: [&Layout; N]) -> Self {
        let mut walk = Self {
            dims: Vec::new(),
            strides: std::array::from_fn(|_| Vec::new()),
        };
        let dims = layouts.first().map_or(&[][..], |layout| layout.dims());
        for (at, &dim) in dims.iter().enumerate() {
            let strides = layouts.map(|layout| layout.strides()[at]);
            if dim != 1 && !walk.extends_last(dim, strides) {
                walk.push(dim, strides);
            }
        }
        walk
    }

    /// Merges a dimension into the one outside it, where all operands allow.
    fn extends_last(&mut self, dim: usize, strides: [usize; N]) -> bool {
        let Some(outer) = self.dims.last_mut() else {
            return false;
        };
        let even = self
            .strides
            .iter()
            .zip(strides)
            .all(|(outer, inner)| outer.last().copied() == inner.checked_mul(dim));
        if even {
            *outer = outer.saturating_mul(dim);
            for (operand, stride) in self.strides.iter_mut().zip(strides) {
                if let Some(last) = operand.last_mut() {
                    *last = stride;
                }
            }
        }
        even
    }

    fn push(&mut self, dim: usize, strides: [usize; N]) {
        self.dims.push(dim);
        for (operand, stride) in self.strides.iter_mut().zip(strides) {
            operand.push(stride);
        }
    }

    /// Whether an operand's elements lie in order without gaps.
    pub fn is_contiguous(&self, operand: usize) -> bool {
        match self.strides[operand].as_slice() {
            [] => true,
            [stride] => *stride == 1,
            _ => false,
        }
    }

    /// Whether all operands' elements lie in order without gaps.
    pub fn all_contiguous(&self) -> bool {
        (0..N).all(|operand| self.is_contiguous(operand))
    }

    /// How far element `number`, in row-major order, of an operand is from the first.
    pub fn offset(&self, operand: usize, number: usize) -> usize {
        offset(&self.dims, &self.strides[operand], number)
    }

    /// The dimension, not the innermost, along which an operand's neighbours touch:
    /// reading along it is fast where reading along the innermost is not.
    pub fn transposed(&self, operand: usize) -> Option<usize> {
        let strides = &self.strides[operand];
        let inner = strides.len().checked_sub(1)?;
        if strides[inner] == 1 {
            return None;
        }
        (0..inner).rev().find(|&dim| strides[dim] == 1)
    }
}

/// The distance from the first element to element `number` in row-major order.
pub(crate) fn offset(dims: &[usize], strides: &[usize], mut number: usize) -> usize {
    let mut offset = 0;
    for (&dim, &stride) in dims.iter().zip(strides).rev() {
        offset += number % dim * stride;
        number /= dim;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn strided(dims: &[usize], strides: &[usize]) -> Layout {
        Layout::strided(dims, strides, 0).unwrap()
    }

    #[test]
    fn a_contiguous_tensor_has_one_dimension() {
        let walk = Walk::over([&Layout::contiguous(&[2, 3, 4])]);
        assert_eq!(walk.dims, [24]);
        assert!(walk.all_contiguous());
    }

    #[test]
    fn a_scalar_has_none() {
        let walk = Walk::over([&Layout::contiguous(&[1, 1])]);
        assert!(walk.dims.is_empty());
        assert!(walk.all_contiguous());
    }

    #[test]
    fn a_row_broadcast_over_a_matrix_keeps_two() {
        let matrix = Layout::contiguous(&[2, 5, 7]);
        let walk = Walk::over([&matrix, &strided(&[2, 5, 7], &[0, 0, 1])]);
        assert_eq!(walk.dims, [10, 7]);
        assert_eq!(walk.strides, [vec![7, 1], vec![0, 1]]);
    }

    #[test]
    fn a_scalar_broadcast_keeps_one() {
        let matrix = Layout::contiguous(&[5, 7]);
        let walk = Walk::over([&matrix, &strided(&[5, 7], &[0, 0])]);
        assert_eq!(walk.dims, [35]);
        assert_eq!(walk.strides, [vec![1], vec![0]]);
        assert!(walk.is_contiguous(0) && !walk.is_contiguous(1));
    }

    #[test]
    fn a_transpose_is_recognised() {
        let walk = Walk::over([&strided(&[4, 3, 5], &[15, 1, 3])]);
        assert_eq!(walk.dims, [4, 3, 5]);
        assert_eq!(walk.transposed(0), Some(1));
        assert_eq!(
            Walk::over([&Layout::contiguous(&[4, 5])]).transposed(0),
            None
        );
    }

    /// The storage element behind each element of a tensor, in row-major order.
    fn offsets(dims: &[usize], strides: &[usize]) -> Vec<usize> {
        let mut all = vec![0];
        for (&dim, &stride) in dims.iter().zip(strides) {
            all = all
                .iter()
                .flat_map(|&at| (0..dim).map(move |i| at + i * stride))
                .collect();
        }
        all
    }

    proptest! {
        #[test]
        fn a_collapsed_walk_visits_the_same_elements(
            shape in prop::collection::vec((1usize..5, 0usize..7, 0usize..7), 0..6)
        ) {
            let dims: Vec<_> = shape.iter().map(|s| s.0).collect();
            let strides = [
                shape.iter().map(|s| s.1).collect::<Vec<_>>(),
                shape.iter().map(|s| s.2).collect::<Vec<_>>(),
            ];
            let layouts = strides.each_ref().map(|s| strided(&dims, s));
            let walk = Walk::over(layouts.each_ref());
            for (before, after) in strides.iter().zip(&walk.strides) {
                prop_assert_eq!(offsets(&dims, before), offsets(&walk.dims, after));
            }
            prop_assert!(walk.dims.len() <= dims.len());
        }

        #[test]
        fn contiguous_tensors_collapse_whatever_their_shape(
            dims in prop::collection::vec(1usize..6, 0..6)
        ) {
            let layout = Layout::contiguous(&dims);
            prop_assert!(Walk::over([&layout, &layout]).all_contiguous());
        }
    }
}
