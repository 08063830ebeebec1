//! Operands that are read along their columns: what kernels that turn tiles in LDS need to know.

use redwick_kernels::{Arguments, Kernel, MAX_DIMS, args};

use crate::collapse::Walk;
use crate::dtype::DType;
use crate::error::{Error, OfOp, Result};
use crate::layout::Layout;
use crate::storage::{Storage, View};

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

    /// Runs a kernel of one operand, at `x`, that turns its tiles into adjacent elements at `y`.
    pub(super) fn launch<A: Arguments>(
        &self,
        op: &'static str,
        walk: &Walk<1>,
        [x, y]: [View<'_>; 2],
        kernel: Kernel<A>,
        arguments: impl FnOnce(args::Transpose) -> A,
    ) -> Result<()> {
        let destination = Layout::contiguous(&walk.dims);
        let [dims, from, to] =
            [&walk.dims, &walk.strides[0], destination.strides()].map(|values| self.batch(values));
        let batch = redwick_kernels::Walk::new(&dims, [&from, &to]).of(op)?;
        let number = |what, value| Error::narrow(op, what, value);
        let tiles = args::Transpose {
            x: x.address(),
            y: y.address(),
            rows: number("the number of rows", self.rows)?,
            columns: number("the number of columns", self.columns)?,
            x_stride: number("a stride", self.innermost(&walk.strides[0]))?,
            y_stride: number("a stride", destination.strides()[self.dim])?,
            batch,
        };
        let grid = kernel
            .grid_for_tiles(tiles.rows, tiles.columns, batch.steps())
            .of(op)?;
        x.context().launch(kernel, grid, &arguments(tiles))
    }
}

/// The result, of dtype `to`, of a function of one operand that is read along its columns; `None` where
/// it is not, or there is no kernel that turns it.
pub(super) fn map_turned<A: Arguments>(
    op: &'static str,
    x: View<'_>,
    to: DType,
    kernel: Option<Kernel<A>>,
    arguments: impl FnOnce(args::Transpose) -> A,
) -> Result<Option<Storage>> {
    let Some(kernel) = kernel else {
        return Ok(None);
    };
    let walk = Walk::over([x.layout()]);
    let Some(turned) = Turned::of(&walk, 0) else {
        return Ok(None);
    };
    let y = Storage::uninit(x.context(), to, x.layout().elements())?;
    let adjacent = Layout::contiguous(&[y.len()]);
    let views = [x, View::new(&y, &adjacent)?];
    turned.launch(op, &walk, views, kernel, arguments)?;
    Ok(Some(y))
}

#[cfg(test)]
mod tests {
    use super::*;

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
