//! Writing and adding at indices.
//!
//! Indices are any integers in any layout. The highest number of their dtype means nowhere, as in
//! Candle; any other that is out of range is found by the kernel and reported as those of reads are
//! (see [`gather`](super::gather)), and nothing is written for it.
//!
//! Of several elements that go to one place, [`scatter`] writes the last, as the CPU does. Where
//! [`scatter_add`] and [`index_add`] add several floats at one place, their order, and so the last
//! bits of the sum, may differ from run to run. With
//! [`Context::set_deterministic`](crate::Context::set_deterministic) they are added one after the
//! other in the order of the source, each sum rounded to the dtype: the bits are the CPU's.

use redwick_kernels::{Divisor, Kernel, Walk, args};

use super::elementwise::{At, parts};
use super::index::{Strips, are_held_rows};
use super::rows::Adjacent;
use super::{arg_sort, contiguous, find_for, kernel_dtype, no_kernel, width};
use crate::collapse;
use crate::dtype::DType;
use crate::error::{Error, OfOp, Result};
use crate::faults::IndexFault;
use crate::layout::Layout;
use crate::storage::{Storage, View};

/// Up to this many indices are taken one after the other: cheaper than finding the last for each
/// place, or than sorting.
const FEW: usize = 64;

/// So many work-items fill a device.
const MANY_COLUMNS: usize = 1 << 15;

/// Writes each element of `x` to the place in `to` with the same indices in all dimensions but `dim`,
/// and there the index that `ids`, of the dimensions of `x`, has for it. `to` is contiguous.
///
/// # Errors
/// [`Error::NoKernel`] for indices that are no integers; [`Error::Shape`] and [`Error::DTypes`] where
/// operands do not fit; those of an allocation.
pub fn scatter(
    to: &mut Storage,
    layout: &Layout,
    ids: View<'_>,
    x: View<'_>,
    dim: usize,
) -> Result<()> {
    const OP: &str = "scatter";
    let Some(scatter) = Scatter::new(OP, View::new(to, layout)?, ids, x, dim, Ids::OfElements)?
    else {
        return Ok(());
    };
    let width = width(x.dtype());
    if scatter.takes_turns() {
        return scatter.launch_columns(redwick_kernels::scatter_in_order(width));
    }
    let places = Storage::zeroed(x.context(), DType::U32, layout.elements())?;
    scatter.launch(redwick_kernels::scatter_claim(), places.address())?;
    scatter.launch(redwick_kernels::scatter_claimed(width), places.address())
}

/// Adds where [`scatter`] writes.
///
/// # Errors
/// As [`scatter`].
pub fn scatter_add(
    to: &mut Storage,
    layout: &Layout,
    ids: View<'_>,
    x: View<'_>,
    dim: usize,
) -> Result<()> {
    let to = View::new(to, layout)?;
    match Scatter::new("scatter_add", to, ids, x, dim, Ids::OfElements)? {
        Some(scatter) => scatter.add(),
        None => Ok(()),
    }
}

/// `to` with the slices of `x` along `dim` added at the indices (one dimension) that they have.
///
/// # Errors
/// As [`scatter`].
pub fn index_add(to: View<'_>, ids: View<'_>, x: View<'_>, dim: usize) -> Result<Storage> {
    let y = contiguous(to)?;
    let layout = Layout::contiguous(to.layout().dims());
    let sum = View::new(&y, &layout)?;
    if let Some(scatter) = Scatter::new("index_add", sum, ids, x, dim, Ids::OfSlices)? {
        scatter.add()?;
    }
    Ok(y)
}

/// What there is an index for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ids {
    /// Each element of the source.
    OfElements,
    /// Each slice of the source along the dimension.
    OfSlices,
}

/// Elements of a source on their way, where there are any.
struct Scatter<'a> {
    op: &'static str,
    to: View<'a>,
    x: Adjacent<'a>,
    /// Of u32.
    ids: Adjacent<'a>,
    /// What they were given in.
    ids_dtype: DType,
    of: Ids,
    left: usize,
    count: usize,
    right: usize,
    target: usize,
    elements: usize,
    /// Elements of `x` at one place of the dimension.
    columns: usize,
}

impl<'a> Scatter<'a> {
    fn new(
        op: &'static str,
        to: View<'a>,
        ids: View<'a>,
        x: View<'a>,
        dim: usize,
        of: Ids,
    ) -> Result<Option<Self>> {
        to.matches(op, &x)?;
        to.same_device(op, &ids)?;
        check(op, to, ids, x, dim, of)?;
        let (dims, elements) = (x.layout().dims(), x.layout().elements());
        if elements == 0 || to.layout().elements() == 0 {
            // Nowhere to go to, but the indices are to be looked at all the same.
            if elements != 0 {
                normal(op, ids, 0)?;
            }
            return Ok(None);
        }
        let product = |dims: &[usize]| dims.iter().product::<usize>();
        let target = to.layout().dims()[dim];
        Ok(Some(Self {
            op,
            to,
            x: Adjacent::of(x)?,
            ids: plain(op, ids, target)?,
            ids_dtype: ids.dtype(),
            of,
            left: product(&dims[..dim]),
            count: dims[dim],
            right: product(&dims[dim + 1..]),
            target,
            elements,
            columns: elements / dims[dim],
        }))
    }

    /// Whether a work-item for each column, that takes all its indices in turn, is quick.
    fn takes_turns(&self) -> bool {
        self.count <= FEW || self.columns >= MANY_COLUMNS
    }

    fn add(&self) -> Result<()> {
        let dtype = self.to.dtype();
        let kind = kernel_dtype(dtype).ok_or_else(|| no_kernel(self.op, dtype, ""))?;
        // Sums of integers do not depend on the order.
        if !(dtype.is_float() && self.to.context().is_deterministic()) {
            if let Some(kernel) = self.row_kernel() {
                return self.launch_rows(kernel);
            }
            return self.launch(redwick_kernels::scatter_add(kind), 0);
        }
        if self.takes_turns() {
            return self.launch_columns(redwick_kernels::scatter_add_in_order(kind));
        }
        let (ids, order) = self.sorted()?;
        let n = self.to.layout().elements();
        let arguments = args::Scatter {
            // Borrowed: indices made for this stay until the launch.
            ids: ids
                .as_ref()
                .map_or_else(|| self.ids.address(), Storage::address),
            ..self.arguments(n, order.address())?
        };
        self.run(redwick_kernels::scatter_add_sorted(kind), &arguments)
    }

    /// The kernel that adds to rows in LDS, as f32, where there is one for these rows.
    fn row_kernel(&self) -> Option<Kernel<args::ScatterRow>> {
        let bytes = self.target * DType::F32.size();
        let held = are_held_rows(self.to, [self.left, bytes], [self.target, self.count]);
        let dtype = kernel_dtype(self.to.dtype()).filter(|_| self.right == 1 && held);
        dtype.and_then(redwick_kernels::scatter_add_row)
    }

    fn launch_rows(&self, kernel: Kernel<args::ScatterRow>) -> Result<()> {
        let number = |what, value| Error::narrow(self.op, what, value);
        let count = number("the number of indices", self.count)?;
        let arguments = args::ScatterRow {
            ids: self.ids.address(),
            x: self.x.address(),
            y: self.to.address(),
            fault: self.fault_word(),
            target: number("the indexed dimension", self.target)?,
            count,
            ids_stride: if self.of == Ids::OfSlices { 0 } else { count },
            reserved: 0,
        };
        let grid = kernel
            .grid_for_outputs(number("the number of rows", self.left)?, 1)
            .of(self.op)?;
        self.to.context().launch(kernel, grid, &arguments)?;
        self.to.context().fault_is_possible();
        Ok(())
    }

    fn fault_word(&self) -> u64 {
        let fault = IndexFault::of(self.op, self.ids_dtype, self.target);
        self.to.context().fault_word(fault)
    }

    /// The order of each row of indices; and the indices in rows, none outside, where they are not so
    /// already.
    fn sorted(&self) -> Result<(Option<Storage>, Storage)> {
        let made = match &self.ids {
            Adjacent::View(ids) => Some(normal(self.op, *ids, self.target)?),
            Adjacent::Copy(_) => None,
        };
        let normal = match (&made, &self.ids) {
            (Some(ids), _) | (None, Adjacent::Copy(ids)) => ids,
            (None, Adjacent::View(ids)) => ids.storage(),
        };
        if self.of == Ids::OfSlices {
            let row = Layout::contiguous(&[self.count]);
            let order = arg_sort(View::new(normal, &row)?, true)?;
            return Ok((made, order));
        }
        let dims = [self.left, self.right, self.count];
        let strides = [self.count * self.right, 1, self.right];
        let rows = Layout::contiguous(&dims);
        let columns = Layout::strided(&dims, &strides, 0).unwrap_or_else(|| rows.clone());
        let ids = contiguous(View::new(normal, &columns)?)?;
        let order = arg_sort(View::new(&ids, &rows)?, true)?;
        Ok((Some(ids), order))
    }

    /// Launches a kernel that takes the elements of the source in any order.
    fn launch(&self, kernel: Option<Kernel<args::Scatter>>, places: u64) -> Result<()> {
        let mut arguments = self.arguments(self.elements, places)?;
        if self.of == Ids::OfElements {
            let strips = Strips::of(self.op, self.right, self.target, self.to.dtype())?;
            (arguments.strip, arguments.right) = (strips.bits, Divisor::new(strips.right));
        }
        self.run(kernel, &arguments)
    }

    /// Launches a kernel with a work-item for each column.
    fn launch_columns(&self, kernel: Option<Kernel<args::Scatter>>) -> Result<()> {
        self.run(kernel, &self.arguments(self.columns, 0)?)
    }

    fn arguments(&self, n: usize, places: u64) -> Result<args::Scatter> {
        let number = |what, value| Error::narrow(self.op, what, value);
        Error::steps(self.op, self.elements)?;
        Ok(args::Scatter {
            ids: self.ids.address(),
            x: self.x.address(),
            y: self.to.address(),
            places,
            fault: self.fault_word(),
            n: Error::steps(self.op, n)?,
            target: number("the indexed dimension", self.target)?,
            shared: u32::from(self.of == Ids::OfSlices),
            strip: 0,
            right: Divisor::new(number("a slice", self.right)?),
            count: Divisor::new(number("the number of indices", self.count)?),
        })
    }

    fn run(&self, kernel: Option<Kernel<args::Scatter>>, arguments: &args::Scatter) -> Result<()> {
        let kernel = kernel.ok_or_else(|| no_kernel(self.op, self.to.dtype(), ""))?;
        let grid = kernel.grid_for_steps(arguments.n).of(self.op)?;
        self.to.context().launch(kernel, grid, arguments)?;
        self.to.context().fault_is_possible();
        Ok(())
    }
}

fn check(
    op: &'static str,
    to: View<'_>,
    ids: View<'_>,
    x: View<'_>,
    dim: usize,
    of: Ids,
) -> Result<()> {
    let (there, here) = (to.layout().dims(), x.layout().dims());
    let other = |at: usize| at == dim || there[at] == here[at];
    let error = |left: View<'_>, right: String| Error::Shape {
        op,
        left: left.layout().to_string(),
        right,
    };
    if dim >= there.len() || there.len() != here.len() || !(0..there.len()).all(other) {
        return Err(error(to, format!("a source of {}", x.layout())));
    }
    let fits = match of {
        Ids::OfElements => ids.layout().dims() == here,
        Ids::OfSlices => ids.layout().dims() == &here[dim..=dim],
    };
    if !fits {
        return Err(error(x, format!("indices of {}", ids.layout())));
    }
    if !to.layout().is_contiguous() {
        return Err(error(to, "a contiguous destination".to_owned()));
    }
    Ok(())
}

/// The indices as adjacent u32, with those that go nowhere all alike, or outside: kernels look.
fn plain<'a>(op: &'static str, ids: View<'a>, target: usize) -> Result<Adjacent<'a>> {
    if ids.dtype() == DType::U32 && ids.layout().is_contiguous() {
        return Ok(Adjacent::View(ids));
    }
    Ok(Adjacent::Copy(normal(op, ids, target)?))
}

/// The indices as adjacent u32, with those that go nowhere all alike.
fn normal(op: &'static str, ids: View<'_>, target: usize) -> Result<Storage> {
    let kernel = find_for(op, ids.dtype(), " indices", redwick_kernels::index_normal)?;
    let y = Storage::uninit(ids.context(), DType::U32, ids.layout().elements())?;
    let walk = collapse::Walk::over([ids.layout()]);
    let start = At {
        x: [ids.address()],
        y: y.address(),
    };
    for part in parts(&walk) {
        let at = part.start(&start, [ids.dtype().size()], DType::U32.size());
        let walk = Walk::new(part.dims, part.strides.each_ref().map(|s| &s[..])).of(op)?;
        let arguments = args::IndexNormal {
            ids: at.x[0],
            y: at.y,
            fault: ids
                .context()
                .fault_word(IndexFault::of(op, ids.dtype(), target)),
            target: Error::narrow(op, "the indexed dimension", target)?,
            reserved: 0,
            walk,
        };
        let grid = kernel.grid_for_steps(walk.steps()).of(op)?;
        ids.context().launch(kernel, grid, &arguments)?;
    }
    ids.context().fault_is_possible();
    Ok(y)
}
