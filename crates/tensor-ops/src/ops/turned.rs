//! Operands that are read along their columns: what kernels that turn tiles in LDS need to know.

use redwick_kernels::MAX_DIMS;

use crate::collapse::Walk;

/// Smaller matrices are as quick without.
const MIN_SIDE: usize = 16;

/// The side of a tile, and the most tiles along the rows, and batches, of a launch.
const SIDE: usize = 64;
const MAX_GRID_YZ: usize = 65_535;

/// The two dimensions of a walk that a tile has: the innermost, and another along which an operand's
/// neighbours touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Turned {
    /// The operand's.
    pub(super) dim: usize,
    last: usize,
    pub(super) rows: usize,
    pub(super) columns: usize,
}

impl Turned {
    /// The tiles for an operand, where it is read along its columns and there is enough of it.
    pub(super) fn of<const N: usize>(walk: &Walk<N>, operand: usize) -> Option<Self> {
        let dim = walk.transposed(operand)?;
        let last = walk.dims.len() - 1;
        let found = Self {
            dim,
            last,
            rows: walk.dims[dim],
            columns: walk.dims[last],
        };
        let batches: usize = found.batch(&walk.dims).iter().product();
        let fits = found.rows.min(found.columns) >= MIN_SIDE
            && found.rows <= MAX_GRID_YZ * SIDE
            && batches <= MAX_GRID_YZ
            && walk.dims.len() - 2 <= MAX_DIMS;
        fits.then_some(found)
    }

    /// What belongs to the other dimensions, of one value for each.
    pub(super) fn batch(&self, values: &[usize]) -> Vec<usize> {
        let others = (0..self.last).filter(|&dim| dim != self.dim);
        others.map(|dim| values[dim]).collect()
    }

    /// The value of the innermost dimension.
    pub(super) fn innermost(&self, values: &[usize]) -> usize {
        values[self.last]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Layout;

    fn walk(dims: &[usize], strides: &[usize]) -> Walk<1> {
        Walk::over([&Layout::strided(dims, strides, 0).unwrap()])
    }

    #[test]
    fn a_transpose_of_matrices_in_a_batch_is_seen() {
        let walk = walk(&[4, 32, 48], &[1536, 1, 32]);
        let found = Turned::of(&walk, 0).unwrap();
        assert_eq!((found.dim, found.rows, found.columns), (1, 32, 48));
        assert_eq!(found.innermost(&walk.strides[0]), 32);
        assert_eq!(found.batch(&walk.dims), [4]);
        assert_eq!(found.batch(&walk.strides[0]), [1536]);
    }

    #[test]
    fn swapped_outer_dimensions_are_no_transpose() {
        assert!(Turned::of(&walk(&[4, 32, 48], &[48, 192, 1]), 0).is_none());
        assert!(Turned::of(&walk(&[4, 48], &[1, 4]), 0).is_none());
    }
}
