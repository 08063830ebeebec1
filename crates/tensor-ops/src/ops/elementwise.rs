//! What all element-wise ops do alike: check, allocate, collapse, pick and launch.

use redwick_kernels::{Arguments, Kernel, MAX_DIMS, Walk};

use super::contiguous;
use super::turned::Turned;
use crate::collapse::{self, offset};
use crate::dtype::DType;
use crate::error::{Error, OfOp, Result};
use crate::layout::Layout;
use crate::storage::{Storage, View};

/// Elements that a strided kernel takes at most.
const MAX_ELEMENTS: usize = (1 << 31) - 1;

/// An operand of so many elements that is read along its columns is copied first.
const MIN_COPIED: usize = 1 << 18;

/// Where operands and result start.
pub(super) struct At<const N: usize> {
    pub(super) x: [u64; N],
    pub(super) y: u64,
}

/// An op over `N` operands: for adjacent elements one kernel, for any other layout a second.
pub(super) struct ElementWise<const N: usize, A, S> {
    pub(super) op: &'static str,
    /// The result's dtype.
    pub(super) to: DType,
    pub(super) adjacent: Kernel<A>,
    pub(super) strided: Kernel<S>,
    /// Makes the arguments, for a number of elements.
    pub(super) adjacent_arguments: fn(&At<N>, u64) -> A,
    /// Makes the arguments, for a walk.
    pub(super) strided_arguments: fn(&At<N>, Walk<N>) -> S,
}

impl<const N: usize, A: Arguments, S: Arguments> ElementWise<N, A, S> {
    /// Runs the op on operands of equal dimensions into a new storage.
    pub(super) fn run(&self, views: [View<'_>; N]) -> Result<Storage> {
        self.run_with(views, |arguments| arguments, |arguments| arguments)
    }

    /// Like [`ElementWise::run`], with arguments that depend on the call completed by it.
    pub(super) fn run_with(
        &self,
        views: [View<'_>; N],
        adjacent: impl Fn(A) -> A,
        strided: impl Fn(S) -> S,
    ) -> Result<Storage> {
        let first = &views[0];
        check(self.op, &views)?;
        let (count, context) = (first.layout().elements(), first.context());
        let walk = collapse::Walk::over(views.map(|view| view.layout()));
        let turned = |&operand: &usize| Turned::of(&walk, operand).is_some();
        if let (MIN_COPIED.., Some(operand)) = (count, (0..N).find(turned)) {
            return self.run_beside_copy(operand, views, adjacent, strided);
        }
        let y = Storage::uninit(context, self.to, count)?;
        if count == 0 {
            return Ok(y);
        }
        let at = At {
            x: views.map(|view| view.address()),
            y: y.address(),
        };
        if walk.all_contiguous() {
            let grid = self.adjacent.grid_for_elements(count as u64).of(self.op)?;
            let arguments = adjacent((self.adjacent_arguments)(&at, count as u64));
            context.launch(self.adjacent, grid, &arguments)?;
            return Ok(y);
        }
        let sizes = views.map(|view| view.dtype().size());
        for part in parts(&walk) {
            let at = part.start(&at, sizes, self.to.size());
            let lanes = self.strided.info().lanes;
            let walk = Walk::new(part.dims, part.strides.each_ref().map(|s| &s[..])).of(self.op)?;
            let walk = widened(walk, lanes, &at, sizes, self.to.size());
            let grid = self.strided.grid_for_steps(walk.steps()).of(self.op)?;
            let arguments = strided((self.strided_arguments)(&at, walk));
            context.launch(self.strided, grid, &arguments)?;
        }
        Ok(y)
    }

    /// Runs the op with one operand copied, which is quicker than to read it along its columns.
    fn run_beside_copy(
        &self,
        operand: usize,
        views: [View<'_>; N],
        adjacent: impl Fn(A) -> A,
        strided: impl Fn(S) -> S,
    ) -> Result<Storage> {
        let copy = contiguous(views[operand])?;
        let layout = Layout::contiguous(views[operand].layout().dims());
        let mut views: [View<'_>; N] = views;
        views[operand] = View::new(&copy, &layout)?;
        self.run_with(views, adjacent, strided)
    }
}

/// Fails where operands differ in device or dimensions.
fn check<const N: usize>(op: &'static str, views: &[View<'_>; N]) -> Result<()> {
    for view in &views[1..] {
        views[0].same_device(op, view)?;
        if view.layout().dims() != views[0].layout().dims() {
            return Err(Error::Shape {
                op,
                left: views[0].layout().to_string(),
                right: view.layout().to_string(),
            });
        }
    }
    Ok(())
}

/// The walk in wide steps where addresses allow.
pub(super) fn widened<const N: usize>(
    walk: Walk<N>,
    lanes: u32,
    at: &At<N>,
    sizes: [usize; N],
    size: usize,
) -> Walk<N> {
    let lies = |address: u64, size: usize| address.is_multiple_of(u64::from(lanes) * size as u64);
    if lanes <= 1 || !lies(at.y, size) {
        return walk;
    }
    let mut aligned = [false; N];
    for (operand, aligned) in aligned.iter_mut().enumerate() {
        *aligned = lies(at.x[operand], sizes[operand]);
    }
    walk.widened(lanes, aligned)
}

/// A part of a walk that a kernel takes: the inner dimensions at one place of the outer ones.
pub(super) struct Part<'a, const N: usize> {
    pub(super) dims: &'a [usize],
    pub(super) strides: [&'a [usize]; N],
    /// Elements from the start of each operand, and of the result.
    from: [usize; N],
    to: usize,
}

impl<const N: usize> Part<'_, N> {
    /// Where the part starts.
    pub(super) fn start(&self, at: &At<N>, sizes: [usize; N], size: usize) -> At<N> {
        let mut x = at.x;
        for (operand, address) in x.iter_mut().enumerate() {
            *address += (self.from[operand] * sizes[operand]) as u64;
        }
        At {
            x,
            y: at.y + (self.to * size) as u64,
        }
    }
}

/// The walk in parts of at most as many dimensions and elements as kernels take. Nearly always it is
/// one part; a dimension that is too long by itself stays so, for the kernel's table to refuse.
pub(super) fn parts<const N: usize>(walk: &collapse::Walk<N>) -> impl Iterator<Item = Part<'_, N>> {
    let rank = walk.dims.len();
    let fits = |split: &usize| {
        let inner = &walk.dims[*split..];
        inner.len() <= MAX_DIMS && product(inner) <= MAX_ELEMENTS
    };
    let split = (0..rank).find(fits).unwrap_or(rank.saturating_sub(1));
    let (outer, inner) = walk.dims.split_at(split);
    let size = product(inner);
    (0..product(outer)).map(move |number| Part {
        dims: inner,
        strides: walk.strides.each_ref().map(|strides| &strides[split..]),
        from: walk
            .strides
            .each_ref()
            .map(|strides| offset(outer, strides, number)),
        to: number * size,
    })
}

fn product(dims: &[usize]) -> usize {
    dims.iter().fold(1, |n, &dim| n.saturating_mul(dim))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(dims: &[usize], strides: &[usize]) -> collapse::Walk<1> {
        collapse::Walk::over([&Layout::strided(dims, strides, 0).unwrap()])
    }

    #[test]
    fn a_walk_that_fits_is_one_part() {
        let walk = walk(&[3, 4], &[1, 3]);
        let parts: Vec<_> = parts(&walk).collect();
        assert_eq!(parts.len(), 1);
        assert_eq!(
            (parts[0].dims, parts[0].from, parts[0].to),
            (&[3, 4][..], [0], 0)
        );
    }

    #[test]
    fn more_dimensions_than_kernels_take_become_parts() {
        let strides: Vec<usize> = (0..8).map(|dim| 1 << dim).collect();
        let walk = walk(&[2; 8], &strides);
        assert_eq!(walk.dims.len(), 8);
        let parts: Vec<_> = parts(&walk).collect();
        assert_eq!(parts.len(), 4);
        assert!(parts.iter().all(|part| part.dims.len() == MAX_DIMS));
        let starts: Vec<_> = parts.iter().map(|part| (part.from[0], part.to)).collect();
        assert_eq!(starts, [(0, 0), (2, 64), (1, 128), (3, 192)]);
    }

    #[test]
    fn more_elements_than_kernels_index_become_parts() {
        let walk = walk(&[4, 1 << 30], &[3 << 30, 2]);
        let parts: Vec<_> = parts(&walk).collect();
        assert_eq!(parts.len(), 4);
        assert_eq!((parts[3].from[0], parts[3].to), (9 << 30, 3 << 30));
    }
}
