//! One value in many places.

use redwick_kernels::{Walk, args};

use super::elementwise::{At, parts};
use super::width;
use crate::collapse;
use crate::error::{Error, OfOp, Result};
use crate::layout::Layout;
use crate::storage::{Storage, View};

const OP: &str = "fill";

/// Writes one element, given as its bytes, to all elements of a layout.
///
/// # Errors
/// [`Error::OutOfBounds`] for a layout that reaches outside; [`Error::Shape`] where the bytes are
/// not those of one element; the driver's.
pub fn fill(to: &mut Storage, layout: &Layout, element: &[u8]) -> Result<()> {
    let dtype = to.dtype();
    if element.len() != dtype.size() {
        return Err(Error::Shape {
            op: OP,
            left: format!("{} bytes", element.len()),
            right: format!("an element of {dtype}"),
        });
    }
    let to = View::new(to, layout)?;
    let count = layout.elements();
    if count == 0 {
        return Ok(());
    }
    let bits = element
        .iter()
        .rev()
        .fold(0, |bits, &byte| bits << 8 | u64::from(byte));
    let walk = collapse::Walk::over([layout]);
    if walk.all_contiguous() {
        return adjacent(to, bits, count as u64);
    }
    for part in parts(&walk) {
        let start = At {
            x: [to.address()],
            y: 0,
        };
        let y = part.start(&start, [dtype.size()], 0).x[0];
        strided(to, y, bits, Walk::new(part.dims, part.strides).of(OP)?)?;
    }
    Ok(())
}

fn adjacent(to: View<'_>, bits: u64, n: u64) -> Result<()> {
    let y = to.address();
    let kernel = redwick_kernels::fill(width(to.dtype()));
    let kernel = kernel.ok_or_else(|| super::no_kernel(OP, to.dtype(), ""))?;
    let grid = kernel.grid_for_elements(n).of(OP)?;
    to.context()
        .launch(kernel, grid, &args::Fill { y, bits, n })
}

fn strided(to: View<'_>, y: u64, bits: u64, walk: Walk<1>) -> Result<()> {
    let kernel = redwick_kernels::fill_strided(width(to.dtype()));
    let kernel = kernel.ok_or_else(|| super::no_kernel(OP, to.dtype(), ""))?;
    let grid = kernel.grid_for_steps(walk.steps()).of(OP)?;
    to.context()
        .launch(kernel, grid, &args::FillStrided { y, bits, walk })
}
