//! Reductions along dimensions.

use redwick_kernels::{Kernel, MAX_DIMS, ReduceOp, Walk, args};

use super::{contiguous, kernel_dtype, no_kernel};
use crate::collapse;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::storage::{Storage, View};

/// Reductions of at most this many elements are done by a part of a wave.
const SHORT: usize = 512;

/// A part of a long reduction is at least this long: shorter ones cost more to combine than to do.
const MIN_PART: usize = 4096;

/// Parts start at multiples of this many elements.
const PART_GRAIN: usize = 256;

/// Workgroups that a compute unit should have to choose from.
const BLOCKS_PER_UNIT: usize = 4;

/// Fewer elements than this for an output leave nothing to share among work-items.
const MIN_WIDE: usize = 16;

/// The outputs of a work-item of `reduce_columns_wide`.
fn pack(op: ReduceOp, dtype: DType) -> usize {
    (16 / dtype.size()).min(if is_index(op) { 4 } else { 8 })
}

fn is_index(op: ReduceOp) -> bool {
    matches!(op, ReduceOp::ArgMin | ReduceOp::ArgMax)
}

/// The bytes to hold one partial result, whatever the accumulator.
const PARTIAL: DType = DType::F64;

/// Reduces the given dimensions. A sum is of the operand's dtype, with f32 accumulation for f16, bf16
/// and f8e4m3; `arg_min` and `arg_max` are u32, of the first among equals. The result lies as if the
/// reduced dimensions were of size 1.
///
/// # Errors
/// [`Error::EmptyReduction`] for anything but a sum over nothing; [`Error::Shape`] for dimensions
/// that the operand has not, or more than one for an index; [`Error::NoKernel`]; those of an
/// allocation.
pub fn reduce(op: ReduceOp, x: View<'_>, dims: &[usize]) -> Result<Storage> {
    let name = op.name();
    let dims = checked(op, x, dims)?;
    let to = if is_index(op) { DType::U32 } else { x.dtype() };
    let moved = x.layout().moved_last(&dims);
    let (outer, inner) = split(&moved, x.layout().rank() - dims.len());
    let (outputs, length) = (outer.elements(), inner.elements());
    if outputs == 0 {
        return Storage::uninit(x.context(), to, 0);
    }
    if length == 0 {
        return match op {
            ReduceOp::Sum => Storage::zeroed(x.context(), to, outputs),
            _ => Err(Error::EmptyReduction { op: name }),
        };
    }
    let walks = [
        collapse::Walk::over([&outer]),
        collapse::Walk::over([&inner]),
    ];
    if walks.iter().any(|walk| walk.dims.len() > MAX_DIMS) {
        let copy = contiguous(View::new(x.storage(), &moved)?)?;
        let layout = Layout::contiguous(&[outputs, length]);
        let y = reduce(op, View::new(&copy, &layout)?, &[1])?;
        return Ok(y);
    }
    let y = Storage::uninit(x.context(), to, outputs)?;
    let [outer, inner] = walks;
    Reduction {
        op,
        x,
        outer,
        inner,
        outputs,
        length,
    }
    .run(&y)?;
    Ok(y)
}

/// The dimensions in order, each once.
fn checked(op: ReduceOp, x: View<'_>, dims: &[usize]) -> Result<Vec<usize>> {
    let mut sorted = dims.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.iter().any(|&dim| dim >= x.layout().rank()) || (is_index(op) && sorted.len() != 1) {
        return Err(Error::Shape {
            op: op.name(),
            left: x.layout().to_string(),
            right: format!("a reduction of dimensions {dims:?}"),
        });
    }
    Ok(sorted)
}

/// The first dimensions and the others, as layouts of their own.
fn split(layout: &Layout, at: usize) -> (Layout, Layout) {
    let part = |range: std::ops::Range<usize>| {
        let (dims, strides) = (&layout.dims()[range.clone()], &layout.strides()[range]);
        Layout::strided(dims, strides, 0).unwrap_or_else(|| Layout::contiguous(dims))
    };
    (part(0..at), part(at..layout.rank()))
}

struct Reduction<'a> {
    op: ReduceOp,
    x: View<'a>,
    outer: collapse::Walk<1>,
    inner: collapse::Walk<1>,
    outputs: usize,
    length: usize,
}

/// How a reduction is spread over the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spread {
    /// A work-item for each output: neighbouring outputs read neighbouring elements.
    Columns,
    /// The same in packs of 16 bytes.
    WideColumns,
    /// A part of a wave for each output.
    Group,
    /// A workgroup for each output and part.
    Block,
}

impl Reduction<'_> {
    fn spread(&self) -> Spread {
        let neighbours = |walk: &collapse::Walk<1>| walk.strides[0].last() == Some(&1);
        if neighbours(&self.outer) && !neighbours(&self.inner) {
            return match self.length >= MIN_WIDE && self.fills_packs() {
                true => Spread::WideColumns,
                false => Spread::Columns,
            };
        }
        if self.length <= SHORT {
            return Spread::Group;
        }
        Spread::Block
    }

    /// Whether packs of 16 bytes of neighbouring outputs lie together and may be read at once.
    fn fills_packs(&self) -> bool {
        let size = self.x.dtype().size();
        let lanes = pack(self.op, self.x.dtype());
        let whole = |n: &usize| n.is_multiple_of(lanes);
        let Some((dim, outer)) = self
            .outer
            .dims
            .last()
            .zip(self.outer.strides[0].split_last())
        else {
            return false;
        };
        // Accesses of elements of 4 bytes and more need no more alignment than an element.
        let strides = outer.1.iter().chain(&self.inner.strides[0]);
        let aligned = size >= 4
            || (strides.clone().all(whole)
                && self.x.address().is_multiple_of((lanes * size) as u64));
        whole(dim) && aligned
    }

    /// How many parts keep the device busy: one where there are enough outputs.
    fn parts(&self, spread: Spread, per_block: usize) -> usize {
        if spread == Spread::Group {
            return 1;
        }
        let units = self.x.context().device().properties().compute_units as usize;
        let blocks = self.outputs.div_ceil(per_block.max(1));
        let wanted = (units * BLOCKS_PER_UNIT).div_ceil(blocks);
        wanted.min(self.length / MIN_PART).max(1)
    }

    fn run(&self, y: &Storage) -> Result<()> {
        let spread = self.spread();
        let kernel = self.kernel(spread)?;
        let pack = match spread {
            Spread::WideColumns => pack(self.op, self.x.dtype()),
            _ => 1,
        };
        let parts = self.parts(spread, kernel.info().outputs as usize * pack);
        // A multiple of every number of lanes: parts then start where wide reads may.
        let part_size = self.length.div_ceil(parts).next_multiple_of(PART_GRAIN);
        let parts = self.length.div_ceil(part_size);
        let context = self.x.context();
        let partials = if parts > 1 { parts * self.outputs } else { 0 };
        let values = Storage::uninit(context, PARTIAL, partials)?;
        let indices = Storage::uninit(context, PARTIAL, partials)?;
        let number = |what, value| Error::narrow(self.op.name(), what, value);
        let arguments = args::Reduce {
            x: self.x.address(),
            y: y.address(),
            values: values.address(),
            indices: indices.address(),
            parts: number("the number of parts", parts)?,
            part_size: number("the size of a part", part_size)?,
            outer: Walk::new(&self.outer.dims, [&self.outer.strides[0]])?,
            inner: Walk::new(&self.inner.dims, [&self.inner.strides[0]])?,
        };
        let outputs = number("the number of outputs", self.outputs)?;
        let packs = number("the number of outputs", self.outputs / pack)?;
        let grid = kernel.grid_for_outputs(packs, arguments.parts)?;
        context.launch(kernel, grid, &arguments)?;
        if parts > 1 {
            self.finish(&arguments, outputs)?;
        }
        Ok(())
    }

    fn finish(&self, stage: &args::Reduce, outputs: u32) -> Result<()> {
        let kernel = self.find(redwick_kernels::reduce_finish)?;
        let arguments = args::ReduceFinish {
            values: stage.values,
            indices: stage.indices,
            y: stage.y,
            outputs,
            parts: stage.parts,
        };
        let grid = kernel.grid_for_outputs(outputs, 1)?;
        self.x.context().launch(kernel, grid, &arguments)
    }

    fn kernel(&self, spread: Spread) -> Result<Kernel<args::Reduce>> {
        self.find(match spread {
            Spread::Columns => redwick_kernels::reduce_columns,
            Spread::WideColumns => redwick_kernels::reduce_columns_wide,
            Spread::Group => redwick_kernels::reduce_group,
            Spread::Block => redwick_kernels::reduce_block,
        })
    }

    fn find<A>(
        &self,
        select: fn(ReduceOp, redwick_kernels::DType) -> Option<Kernel<A>>,
    ) -> Result<Kernel<A>> {
        let dtype = self.x.dtype();
        let kernel = kernel_dtype(dtype).and_then(|dtype| select(self.op, dtype));
        kernel.ok_or_else(|| no_kernel(self.op.name(), dtype, ""))
    }
}
