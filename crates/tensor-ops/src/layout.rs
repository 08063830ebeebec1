//! Where the elements of a tensor lie in its storage.

use std::fmt;

/// Dimensions, strides and start of a tensor in its storage, all in elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    dims: Vec<usize>,
    strides: Vec<usize>,
    start: usize,
}

impl Layout {
    /// A row-major layout that starts at the storage's first element.
    pub fn contiguous(dims: &[usize]) -> Self {
        Self::contiguous_from(dims, 0)
    }

    /// A row-major layout that starts at element `start` of the storage.
    pub fn contiguous_from(dims: &[usize], start: usize) -> Self {
        Self {
            dims: dims.to_vec(),
            strides: row_major_strides(dims),
            start,
        }
    }

    /// A layout with the given strides, or nothing where there is not one stride for each dimension.
    pub fn strided(dims: &[usize], strides: &[usize], start: usize) -> Option<Self> {
        (dims.len() == strides.len()).then(|| Self {
            dims: dims.to_vec(),
            strides: strides.to_vec(),
            start,
        })
    }

    /// The dimensions.
    pub fn dims(&self) -> &[usize] {
        &self.dims
    }

    /// The distance between neighbours along each dimension.
    pub fn strides(&self) -> &[usize] {
        &self.strides
    }

    /// The first element.
    pub fn start(&self) -> usize {
        self.start
    }

    /// The number of dimensions.
    pub fn rank(&self) -> usize {
        self.dims.len()
    }

    /// The number of elements; saturates, so that a product too large for the host fails every bound.
    pub fn elements(&self) -> usize {
        if self.dims.contains(&0) {
            return 0;
        }
        self.dims.iter().fold(1, |n, &dim| n.saturating_mul(dim))
    }

    /// Whether the elements lie in row-major order without gaps.
    pub fn is_contiguous(&self) -> bool {
        let mut expected = 1usize;
        for (&dim, &stride) in self.dims.iter().zip(&self.strides).rev() {
            if dim > 1 && stride != expected {
                return false;
            }
            expected = expected.saturating_mul(dim);
        }
        true
    }

    /// Whether every element is the same one of the storage.
    pub fn is_scalar_broadcast(&self) -> bool {
        self.dims
            .iter()
            .zip(&self.strides)
            .all(|(&dim, &stride)| dim == 1 || stride == 0)
    }

    /// One past the furthest element that the layout reaches; nothing where that overflows.
    /// An empty layout reaches nothing.
    pub fn end(&self) -> Option<usize> {
        if self.elements() == 0 {
            return Some(0);
        }
        let last = self
            .dims
            .iter()
            .zip(&self.strides)
            .try_fold(self.start, |at, (&dim, &stride)| {
                at.checked_add((dim - 1).checked_mul(stride)?)
            })?;
        last.checked_add(1)
    }

    /// The same elements with these dimensions moved to the end, in the order given.
    pub(crate) fn moved_last(&self, dims: &[usize]) -> Self {
        let kept = (0..self.rank()).filter(|dim| !dims.contains(dim));
        let order: Vec<usize> = kept.chain(dims.iter().copied()).collect();
        Self {
            dims: order.iter().map(|&dim| self.dims[dim]).collect(),
            strides: order.iter().map(|&dim| self.strides[dim]).collect(),
            start: self.start,
        }
    }

    /// The dimensions before the last two as a layout of their own, and the strides of those two.
    pub(crate) fn split_last_two(&self) -> Option<(Self, [usize; 2])> {
        let (strides, last) = self.strides.split_last_chunk::<2>()?;
        let outer = Self::strided(&self.dims[..strides.len()], strides, self.start)?;
        Some((outer, *last))
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.dims)?;
        if !self.is_contiguous() {
            write!(f, " with strides {:?}", self.strides)?;
        }
        if self.start != 0 {
            write!(f, " from element {}", self.start)?;
        }
        Ok(())
    }
}

/// The strides of a row-major tensor.
fn row_major_strides(dims: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; dims.len()];
    for dim in (1..dims.len()).rev() {
        strides[dim - 1] = dims[dim].saturating_mul(strides[dim]);
    }
    strides
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_major_is_contiguous_and_a_transpose_is_not() {
        let layout = Layout::contiguous(&[2, 3, 4]);
        assert_eq!(layout.strides(), [12, 4, 1]);
        assert!(layout.is_contiguous());
        let transposed = Layout::strided(&[3, 2], &[1, 3], 0).unwrap();
        assert!(!transposed.is_contiguous());
    }

    #[test]
    fn strides_of_dimensions_of_one_do_not_matter() {
        assert!(
            Layout::strided(&[1, 4], &[99, 1], 0)
                .unwrap()
                .is_contiguous()
        );
        assert!(
            Layout::strided(&[4, 1], &[1, 7], 0)
                .unwrap()
                .is_contiguous()
        );
    }

    #[test]
    fn broadcasts_are_seen() {
        assert!(
            Layout::strided(&[5, 4], &[0, 0], 3)
                .unwrap()
                .is_scalar_broadcast()
        );
        assert!(
            !Layout::strided(&[5, 4], &[0, 1], 3)
                .unwrap()
                .is_scalar_broadcast()
        );
        assert!(Layout::contiguous(&[]).is_scalar_broadcast());
    }

    #[test]
    fn the_end_is_the_furthest_element_reached() {
        assert_eq!(Layout::contiguous_from(&[2, 3], 4).end(), Some(10));
        assert_eq!(Layout::strided(&[3, 2], &[1, 3], 0).unwrap().end(), Some(6));
        assert_eq!(Layout::strided(&[7], &[0], 5).unwrap().end(), Some(6));
        assert_eq!(Layout::contiguous_from(&[2, 0], 100).end(), Some(0));
        assert_eq!(Layout::strided(&[3], &[usize::MAX], 0).unwrap().end(), None);
    }

    #[test]
    fn a_stride_for_each_dimension() {
        assert!(Layout::strided(&[2, 2], &[1], 0).is_none());
    }

    #[test]
    fn reduced_dimensions_move_last() {
        let layout = Layout::contiguous(&[2, 3, 4]).moved_last(&[0]);
        assert_eq!(layout.dims(), [3, 4, 2]);
        assert_eq!(layout.strides(), [4, 1, 12]);
    }
}
