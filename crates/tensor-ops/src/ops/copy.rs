//! Copies: adjacent, strided, transposed, and of rows.

use redwick_kernels::{Divisor, Walk, Width, args};

use super::elementwise::{At, Part, parts};
use super::no_kernel;
use super::turned::Turned;
use crate::collapse;
use crate::error::{Error, OfOp, Result};
use crate::layout::Layout;
use crate::storage::{Storage, View};

/// The elements of a view in a storage of their own, in row-major order.
///
/// # Errors
/// Those of an allocation.
pub fn contiguous(x: View<'_>) -> Result<Storage> {
    let mut y = Storage::uninit(x.context(), x.dtype(), x.layout().elements())?;
    copy_into(x, &mut y, 0)?;
    Ok(y)
}

/// The most adjacent bytes that a kernel copies, and not the driver. A launch of a kernel costs the host less than
/// the driver's copy does, by half a microsecond of four on the GPU that it was measured on.
const LARGEST_BY_KERNEL: usize = 64 << 10;

/// Writes the elements of a view, in row-major order, to a storage from element `at` on.
///
/// # Errors
/// [`Error::OutOfBounds`] where they do not fit; where dtypes or devices differ; the driver's.
pub fn copy_into(x: View<'_>, to: &mut Storage, at: usize) -> Result<()> {
    let count = x.layout().elements();
    let layout = Layout::contiguous_from(&[count], at);
    let y = View::new(to, &layout)?;
    x.matches("copy", &y)?;
    if count == 0 {
        return Ok(());
    }
    let walk = collapse::Walk::over([x.layout()]);
    if walk.all_contiguous() && count * x.dtype().size() > LARGEST_BY_KERNEL {
        return to.copy_from(at, x.storage(), x.layout().start(), count);
    }
    if let Some(turned) = Turned::of(&walk, 0) {
        return copy_turned(&walk, &turned, x, y);
    }
    let start = At {
        x: [x.address()],
        y: y.address(),
    };
    let size = x.dtype().size();
    for part in parts(&walk) {
        let at = part.start(&start, [size], size);
        copy_part(x, &part, &at)?;
    }
    Ok(())
}

fn copy_part(x: View<'_>, part: &Part<'_, 1>, at: &At<1>) -> Result<()> {
    let size = x.dtype().size();
    let mut dims = part.dims.to_vec();
    let mut strides = part.strides[0].to_vec();
    let elements = widen(size, [at.x[0], at.y], &mut dims, &mut strides);
    let width = width_of(size * elements).ok_or_else(|| no_kernel("copy", x.dtype(), ""))?;
    let kernel = redwick_kernels::copy_strided(width);
    let kernel = kernel.ok_or_else(|| no_kernel("copy", x.dtype(), ""))?;
    let walk = Walk::new(&dims, [&strides]).of("copy")?;
    let arguments = args::MapStrided {
        x: at.x[0],
        y: at.y,
        walk,
    };
    let grid = kernel.grid_for_steps(walk.steps()).of("copy")?;
    x.context().launch(kernel, grid, &arguments)
}

/// Makes wider elements of adjacent ones, as wide as addresses and strides allow, and says how many
/// make one. `size` is that of an element, in bytes.
fn widen(size: usize, addresses: [u64; 2], dims: &mut [usize], strides: &mut [usize]) -> usize {
    let Some(last) = dims.len().checked_sub(1) else {
        return 1;
    };
    if strides[last] != 1 {
        return 1;
    }
    let steps = || strides[..last].iter().copied().chain([dims[last]]);
    let factor = widest(size, addresses, steps());
    dims[last] /= factor;
    for stride in &mut strides[..last] {
        *stride /= factor;
    }
    factor
}

/// How many elements one access of at most 16 bytes may take, where everything is a multiple of it.
fn widest(size: usize, addresses: [u64; 2], steps: impl Iterator<Item = usize> + Clone) -> usize {
    let fits = |factor: &usize| {
        addresses
            .iter()
            .all(|a| a.is_multiple_of((factor * size) as u64))
            && steps.clone().all(|step| step.is_multiple_of(*factor))
    };
    let factors = [16, 8, 4, 2].into_iter();
    factors
        .filter(|factor| factor * size <= 16)
        .find(fits)
        .unwrap_or(1)
}

fn width_of(bytes: usize) -> Option<Width> {
    Width::ALL.into_iter().find(|width| width.size() == bytes)
}

/// A walk that reads along columns: in tiles it reads and writes along rows.
fn copy_turned(walk: &collapse::Walk<1>, turned: &Turned, x: View<'_>, y: View<'_>) -> Result<()> {
    let width = super::width(x.dtype());
    let kernel = redwick_kernels::copy_transposed(width);
    let kernel = kernel.ok_or_else(|| no_kernel("copy", x.dtype(), ""))?;
    turned.launch("copy", walk, [x, y], kernel, |tiles| tiles)
}

/// Rows of adjacent elements, in elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rows {
    /// The number of rows.
    pub rows: usize,
    /// The elements of each.
    pub columns: usize,
    /// From the start of a row to that of the next, in the source.
    pub from_stride: usize,
    /// The same in the destination.
    pub to_stride: usize,
    /// The first element in the source.
    pub from: usize,
    /// The first element in the destination.
    pub to: usize,
}

/// Copies rows of adjacent elements from one storage to another.
///
/// # Errors
/// [`Error::OutOfBounds`] where rows reach outside; where dtypes or devices differ; the driver's.
pub fn copy_rows(from: &Storage, to: &mut Storage, rows: Rows) -> Result<()> {
    let dims = [rows.rows, rows.columns];
    let layout = |stride, start| {
        Layout::strided(&dims, &[stride, 1], start).unwrap_or_else(|| Layout::contiguous(&dims))
    };
    let (from_layout, to_layout) = (
        layout(rows.from_stride, rows.from),
        layout(rows.to_stride, rows.to),
    );
    let x = View::new(from, &from_layout)?;
    let y = View::new(to, &to_layout)?;
    x.matches("copy of rows", &y)?;
    if from_layout.elements() == 0 {
        return Ok(());
    }
    let size = x.dtype().size();
    let steps = [rows.columns, rows.from_stride, rows.to_stride];
    let factor = widest(size, [x.address(), y.address()], steps.into_iter());
    let columns = Error::narrow("copy of rows", "the length of a row", rows.columns / factor)?;
    let per_launch = (MAX_STEPS / columns as usize).max(1);
    for first in (0..rows.rows).step_by(per_launch) {
        let count = per_launch.min(rows.rows - first);
        let arguments = args::Copy2d {
            x: x.address() + (first * rows.from_stride * size) as u64,
            y: y.address() + (first * rows.to_stride * size) as u64,
            x_stride: (rows.from_stride / factor) as u64,
            y_stride: (rows.to_stride / factor) as u64,
            rows: count as u32,
            columns: Divisor::new(columns),
        };
        launch_rows(x, size * factor, &arguments)?;
    }
    Ok(())
}

/// Kernels count steps in 31 bits.
const MAX_STEPS: usize = (1 << 31) - 1;

fn launch_rows(x: View<'_>, width: usize, arguments: &args::Copy2d) -> Result<()> {
    let kernel = width_of(width).and_then(redwick_kernels::copy_2d);
    let kernel = kernel.ok_or_else(|| no_kernel("copy of rows", x.dtype(), ""))?;
    let steps = arguments.rows as usize * arguments.columns.get() as usize;
    let steps = Error::steps("copy of rows", steps)?;
    let grid = kernel.grid_for_steps(steps).of("copy of rows")?;
    x.context().launch(kernel, grid, arguments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtype::DType;

    #[test]
    fn adjacent_elements_widen_as_far_as_everything_divides() {
        let mut dims = [3, 8];
        let mut strides = [24, 1];
        assert_eq!(widen(4, [64, 32], &mut dims, &mut strides), 4);
        assert_eq!((dims, strides), ([3, 2], [6, 1]));
        let mut strides = [9, 1];
        assert_eq!(widen(4, [64, 32], &mut [3, 8], &mut strides), 1);
        assert_eq!(widen(2, [64, 4], &mut [3, 8], &mut [8, 1]), 2);
        assert_eq!(widen(2, [64, 32], &mut [3, 8], &mut [8, 2]), 1);
    }

    #[test]
    fn every_element_size_has_a_width() {
        for dtype in DType::ALL {
            assert!(width_of(dtype.size()).is_some());
        }
    }
}
