//! Reductions along dimensions.

mod parts;

use redwick_kernels::{Kernel, MAX_DIMS, ReduceOp, Walk, args};

use super::contiguous;
use crate::collapse;
use crate::dtype::DType;
use crate::error::{Error, OfOp, Result};
use crate::layout::Layout;
use crate::storage::{Storage, View};

/// Reductions of at most this many elements are done by a part of a wave.
const SHORT: usize = 512;

/// Reductions of at most this many elements are so, too, where there are enough of them to fill the
/// device.
const MEDIUM: usize = 4096;

/// A part of a long reduction is at least this many elements for each work-item that shares it:
/// shorter ones cost more to combine than to do.
const MIN_PART: usize = 16;

/// Work-items of a workgroup, and the elements that each reads at a time.
const BLOCK: usize = 256;
const READ_AHEAD: usize = 4;

/// The most outputs or packs side by side in a workgroup whose other work-items take turns.
const MAX_ACROSS: usize = 32;

/// Parts start at multiples of this many elements.
const PART_GRAIN: usize = 256;

/// Workgroups that a compute unit should have to choose from.
const BLOCKS_PER_UNIT: usize = 8;

/// The same where neighbouring outputs share a workgroup.
const COLUMN_BLOCKS_PER_UNIT: usize = 16;

/// The rows of a workgroup of `reduce_rows`.
const ROWS: usize = 64;

/// Fewer elements than this for an output leave nothing to share among work-items.
const MIN_WIDE: usize = 16;

/// The bytes of an access, and the longest rows of `reduce_rows`.
const PACK_BYTES: usize = 16;
const MAX_ROW_BYTES: usize = 1024;

/// The neighbouring outputs of a work-item of `reduce_columns_wide`.
fn pack(dtype: DType) -> usize {
    (PACK_BYTES / dtype.size()).min(8)
}

/// Outputs or packs that a workgroup has side by side: a power of two.
fn across(count: usize) -> usize {
    count.next_power_of_two().min(MAX_ACROSS)
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
/// More than 2,147,483,647 elements are reduced in parts, whose results, of the operand's dtype, are
/// reduced in turn; the index of one among so many is an error.
///
/// # Errors
/// [`Error::EmptyReduction`] for anything but a sum over nothing; [`Error::Shape`] for dimensions
/// that the operand has not, or more than one for an index; [`Error::NoKernel`]; those of an
/// allocation.
pub fn reduce(op: ReduceOp, x: View<'_>, dims: &[usize]) -> Result<Storage> {
    reduce_within(op, x, dims, MAX_COUNT)
}

/// The most elements, and outputs, that kernels count.
const MAX_COUNT: usize = (1 << 31) - 1;

/// The dtype of results.
fn result_dtype(op: ReduceOp, x: View<'_>) -> DType {
    if is_index(op) { DType::U32 } else { x.dtype() }
}

/// [`reduce`], by launches for at most so many elements and outputs.
fn reduce_within(op: ReduceOp, x: View<'_>, dims: &[usize], limit: usize) -> Result<Storage> {
    let name = op.name();
    let dims = checked(op, x, dims)?;
    let to = result_dtype(op, x);
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
        return reduce_within(op, View::new(&copy, &layout)?, &[1], limit);
    }
    let [outer, inner] = &walks;
    if let Some(y) = parts::in_parts(op, x, [outer, inner], limit)? {
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
    /// The same for several outputs at a time, in packs of 16 bytes.
    Rows,
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
        if self.outputs >= self.units() * ROWS && self.are_short_rows() {
            return Spread::Rows;
        }
        let many = self.outputs >= self.units() * BLOCKS_PER_UNIT * ROWS;
        if self.length <= SHORT || (self.length <= MEDIUM && many) {
            return Spread::Group;
        }
        Spread::Block
    }

    fn units(&self) -> usize {
        self.x.context().device().properties().compute_units as usize
    }

    /// Whether outputs are rows of whole packs, few and a fixed distance apart.
    fn are_short_rows(&self) -> bool {
        let size = self.x.dtype().size();
        let ([stride], [1]) = (&self.outer.strides[0][..], &self.inner.strides[0][..]) else {
            return false;
        };
        let whole = |n: usize| (n * size).is_multiple_of(PACK_BYTES);
        let aligned = self.x.address().is_multiple_of(PACK_BYTES as u64);
        self.length * size <= MAX_ROW_BYTES && whole(self.length) && whole(*stride) && aligned
    }

    /// Whether packs of neighbouring outputs lie together and may be read at once.
    fn fills_packs(&self) -> bool {
        let size = self.x.dtype().size();
        let lanes = pack(self.x.dtype());
        let whole = |n: &usize| n.is_multiple_of(lanes);
        let Some((dim, outer)) = self
            .outer
            .dims
            .last()
            .zip(self.outer.strides[0].split_last())
        else {
            return false;
        };
        let mut strides = outer.1.iter().chain(&self.inner.strides[0]);
        let address = self.x.address();
        whole(dim) && strides.all(whole) && address.is_multiple_of((lanes * size) as u64)
    }

    fn run(&self, y: &Storage) -> Result<()> {
        let spread = self.spread();
        let kernel = self.kernel(spread)?;
        let plan = Plan::new(self, spread, kernel.info().outputs as usize);
        let context = self.x.context();
        let partials = match plan.parts {
            1 => 0,
            parts => parts * self.outputs,
        };
        let values = Storage::uninit(context, PARTIAL, partials)?;
        let partial_indices = if is_index(self.op) { partials } else { 0 };
        let indices = Storage::uninit(context, PARTIAL, partial_indices)?;
        let arguments = args::Reduce {
            x: self.x.address(),
            y: y.address(),
            values: values.address(),
            indices: indices.address(),
            across: self.number("the width of a workgroup", plan.across)?,
            part_size: self.number("the size of a part", plan.part_size)?,
            outer: Walk::new(&self.outer.dims, [&self.outer.strides[0]]).of(self.op.name())?,
            inner: Walk::new(&self.inner.dims, [&self.inner.strides[0]]).of(self.op.name())?,
        };
        let outputs = self.number("the number of outputs", plan.outputs)?;
        let parts = self.number("the number of parts", plan.parts)?;
        let grid = kernel.grid_for_outputs(outputs, parts).of(self.op.name())?;
        context.launch(kernel, grid, &arguments)?;
        if parts > 1 {
            self.finish(&arguments, parts)?;
        }
        Ok(())
    }

    fn finish(&self, stage: &args::Reduce, parts: u32) -> Result<()> {
        let kernel = self.find(redwick_kernels::reduce_finish)?;
        // As few outputs side by side as it takes that work-items read all parts at once.
        let at_once = (BLOCK * READ_AHEAD / parts as usize).max(1);
        let across = across(self.outputs).min(at_once.next_power_of_two());
        let arguments = args::ReduceFinish {
            values: stage.values,
            indices: stage.indices,
            y: stage.y,
            outputs: self.number("the number of outputs", self.outputs)?,
            parts,
            across: self.number("the width of a workgroup", across)?,
            reserved: 0,
        };
        let blocks = self.number("the number of outputs", self.outputs.div_ceil(across))?;
        let grid = kernel.grid_for_outputs(blocks, 1).of(self.op.name())?;
        self.x.context().launch(kernel, grid, &arguments)
    }

    fn number(&self, what: &'static str, value: usize) -> Result<u32> {
        Error::narrow(self.op.name(), what, value)
    }

    fn kernel(&self, spread: Spread) -> Result<Kernel<args::Reduce>> {
        self.find(match spread {
            Spread::Columns => redwick_kernels::reduce_columns,
            Spread::WideColumns => redwick_kernels::reduce_columns_wide,
            Spread::Group => redwick_kernels::reduce_group,
            Spread::Rows => redwick_kernels::reduce_rows,
            Spread::Block => redwick_kernels::reduce_block,
        })
    }

    fn find<A>(
        &self,
        select: fn(ReduceOp, redwick_kernels::DType) -> Option<Kernel<A>>,
    ) -> Result<Kernel<A>> {
        let dtype = self.x.dtype();
        super::find(self.op.name(), dtype, |dtype| select(self.op, dtype))
    }
}

/// How a launch shares the outputs, and what each of them reduces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Plan {
    /// What the kernel calls outputs.
    outputs: usize,
    /// Packs side by side in a workgroup, where the kernel asks.
    across: usize,
    parts: usize,
    part_size: usize,
}

impl Plan {
    /// For a kernel whose workgroups have so many outputs.
    fn new(reduction: &Reduction<'_>, spread: Spread, per_block: usize) -> Self {
        let (outputs, length) = (reduction.outputs, reduction.length);
        let packs = outputs / pack(reduction.x.dtype());
        let across = across(packs);
        // Workgroups, and the work-items that share an output.
        let (blocks, sharing) = match spread {
            Spread::WideColumns => (packs.div_ceil(across), BLOCK / across),
            Spread::Columns => (outputs.div_ceil(per_block), 1),
            Spread::Group | Spread::Rows | Spread::Block => (outputs.div_ceil(per_block), BLOCK),
        };
        let (per_unit, grain) = match spread {
            Spread::WideColumns | Spread::Columns => (COLUMN_BLOCKS_PER_UNIT, sharing * READ_AHEAD),
            // A multiple of every number of lanes: parts then start where wide reads may.
            Spread::Group | Spread::Rows | Spread::Block => (BLOCKS_PER_UNIT, PART_GRAIN),
        };
        // Not more workgroups than that: those left over would have the device to themselves.
        let wanted = reduction.units() * per_unit / blocks.max(1);
        let parts = match spread {
            Spread::Group | Spread::Rows => 1,
            _ => wanted.min(length / (MIN_PART * sharing)).max(1),
        };
        let part_size = length.div_ceil(parts).next_multiple_of(grain);
        Self {
            outputs: match spread {
                Spread::WideColumns => blocks,
                _ => outputs,
            },
            across,
            parts: length.div_ceil(part_size),
            part_size,
        }
    }
}
