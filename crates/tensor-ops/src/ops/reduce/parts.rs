//! Reductions of more elements, or with larger strides, than kernels count: in parts.

use redwick_kernels::ReduceOp;

use super::{is_index, reduce_within, result_dtype};
use crate::collapse::Walk;
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::storage::{Storage, View};

/// The reduction of `inner` for each place of `outer`, in parts of at most so many elements of either;
/// nothing where it is one part. An index of one reduction is not found in parts.
pub(super) fn in_parts(
    op: ReduceOp,
    x: View<'_>,
    [outer, inner]: [&Walk<1>; 2],
    limit: usize,
) -> Result<Option<Storage>> {
    let whole = Whole {
        op,
        x,
        outer,
        inner,
        limit,
    };
    if let Some(most) = most_of_first(outer, limit) {
        return whole.results_side_by_side(most).map(Some);
    }
    match most_of_first(inner, limit).filter(|_| !is_index(op)) {
        Some(most) => whole.results_of_results(most).map(Some),
        None => Ok(None),
    }
}

struct Whole<'a> {
    op: ReduceOp,
    x: View<'a>,
    outer: &'a Walk<1>,
    inner: &'a Walk<1>,
    limit: usize,
}

impl Whole<'_> {
    /// Some outputs after others.
    fn results_side_by_side(&self, most: usize) -> Result<Storage> {
        let each = product(&self.outer.dims[1..]);
        let y = self.results(product(&self.outer.dims))?;
        for (first, outer) in cuts(self.outer, most) {
            let part = self.part([&outer, self.inner], first * self.outer.strides[0][0])?;
            y.copy_from(first * each, &part, 0, part.len())?;
        }
        Ok(y)
    }

    /// All outputs of parts of each reduction, which are reduced once more.
    fn results_of_results(&self, most: usize) -> Result<Storage> {
        let outputs = product(&self.outer.dims);
        let rows = self.inner.dims[0].div_ceil(most);
        let results = self.results(rows * outputs)?;
        for (first, inner) in cuts(self.inner, most) {
            let part = self.part([self.outer, &inner], first * self.inner.strides[0][0])?;
            results.copy_from(first / most * outputs, &part, 0, outputs)?;
        }
        let layout = Layout::contiguous(&[rows, outputs]);
        reduce_within(self.op, View::new(&results, &layout)?, &[0], self.limit)
    }

    fn results(&self, count: usize) -> Result<Storage> {
        Storage::uninit(self.x.context(), result_dtype(self.op, self.x), count)
    }

    fn part(&self, [outer, inner]: [&Walk<1>; 2], start: usize) -> Result<Storage> {
        let mut dims = [&outer.dims[..], &inner.dims].concat();
        let mut strides = [&outer.strides[0][..], &inner.strides[0]].concat();
        if inner.dims.is_empty() {
            // What is reduced is a dimension of one element.
            dims.push(1);
            strides.push(0);
        }
        let start = self.x.layout().start() + start;
        let layout = Layout::strided(&dims, &strides, start).ok_or_else(|| Error::Shape {
            op: self.op.name(),
            left: self.x.layout().to_string(),
            right: format!("a part of {dims:?}"),
        })?;
        let reduced: Vec<usize> = (outer.dims.len()..dims.len()).collect();
        let view = View::new(self.x.storage(), &layout)?;
        reduce_within(self.op, view, &reduced, self.limit)
    }
}

/// How many places of the first dimension a part has; nothing where a kernel takes them all.
fn most_of_first(walk: &Walk<1>, limit: usize) -> Option<usize> {
    let (&first, rest) = walk.dims.split_first()?;
    if walk.strides[0].iter().any(|&stride| stride > MAX_STRIDE) {
        return Some(1);
    }
    let rest = product(rest);
    (first.saturating_mul(rest) > limit).then(|| (limit / rest).max(1))
}

const MAX_STRIDE: usize = u32::MAX as usize;

/// A walk in parts of at most so many places of its first dimension, each with the first of them.
fn cuts(walk: &Walk<1>, most: usize) -> impl Iterator<Item = (usize, Walk<1>)> + '_ {
    (0..walk.dims[0]).step_by(most).map(move |first| {
        let mut part = walk.clone();
        part.dims[0] = most.min(walk.dims[0] - first);
        (first, part)
    })
}

fn product(dims: &[usize]) -> usize {
    dims.iter().fold(1, |n, &dim| n.saturating_mul(dim))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(dims: &[usize], strides: &[usize]) -> Walk<1> {
        Walk::over([&Layout::strided(dims, strides, 0).unwrap()])
    }

    #[test]
    fn parts_are_as_large_as_kernels_take() {
        let most = |dims: &[usize], strides: &[usize]| most_of_first(&walk(dims, strides), 100);
        assert_eq!(most(&[10, 10], &[20, 1]), None);
        assert_eq!(most(&[11, 10], &[20, 1]), Some(10));
        assert_eq!(most(&[3, 101], &[200, 1]), Some(1));
        assert_eq!(most(&[250], &[1]), Some(100));
        assert_eq!(most(&[3, 5], &[1 << 32, 1]), Some(1));
        assert_eq!(most(&[], &[]), None);
    }

    #[test]
    fn cuts_cover_all_places() {
        let whole = walk(&[7, 2], &[3, 1]);
        let found: Vec<_> = cuts(&whole, 3)
            .map(|(first, part)| (first, part.dims))
            .collect();
        assert_eq!(found, [(0, vec![3, 2]), (3, vec![3, 2]), (6, vec![1, 2])]);
    }

    #[cfg(feature = "emulator")]
    #[test]
    fn parts_give_what_the_whole_gives() {
        let context = crate::open(&"emulated:gfx1100:checked".parse().unwrap()).unwrap();
        let values: Vec<u8> = (0..7 * 9 * 11)
            .flat_map(|i: u32| ((i * 37 % 101) as f32 - 50.0).to_le_bytes())
            .collect();
        let x = Storage::upload(&context, crate::DType::F32, &values).unwrap();
        let bytes = |y: Storage| {
            let mut bytes = vec![0; y.bytes()];
            y.download(&mut bytes).unwrap();
            bytes
        };
        let layouts = [
            Layout::contiguous(&[7, 9, 11]),
            Layout::strided(&[11, 6, 9], &[1, 99, 11], 99).unwrap(),
        ];
        for layout in &layouts {
            let x = View::new(&x, layout).unwrap();
            let reduced =
                |op, dims: &[usize], limit| bytes(reduce_within(op, x, dims, limit).unwrap());
            for op in [
                ReduceOp::Sum,
                ReduceOp::Min,
                ReduceOp::Max,
                ReduceOp::ArgMax,
            ] {
                let dims: &[&[usize]] = match is_index(op) {
                    true => &[&[0], &[1], &[2]],
                    false => &[&[0], &[1], &[0, 2], &[0, 1, 2]],
                };
                for dims in dims {
                    let whole = reduced(op, dims, usize::MAX);
                    for limit in [20, 64] {
                        assert_eq!(reduced(op, dims, limit), whole, "{op:?} {dims:?} {limit}");
                    }
                }
            }
        }
    }
}
