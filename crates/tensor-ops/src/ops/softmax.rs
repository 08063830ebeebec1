//! Softmax.

use redwick_kernels::{Kernel, args};

use super::find;
use super::rows::{Adjacent, Rows, are_packs, for_length, map_rows};
use crate::dtype::DType;
use crate::error::{Error, OfOp, Result};
use crate::storage::{Storage, View};

/// Softmax over the last dimension. For floats; sums in f32 (f64 for f64).
///
/// # Errors
/// [`Error::NoKernel`] for other dtypes; those of an allocation.
pub fn softmax(x: View<'_>) -> Result<Storage> {
    let packs = are_packs(x);
    let kernels = |dtype| {
        [
            redwick_kernels::softmax_group(dtype),
            redwick_kernels::softmax_wave(dtype),
            redwick_kernels::softmax_short(dtype),
            redwick_kernels::softmax_block(dtype),
            packs
                .then(|| redwick_kernels::softmax_half(dtype))
                .flatten(),
            redwick_kernels::softmax_wide(dtype),
        ]
    };
    let columns = Rows::of(OP, x.layout())?.columns;
    let held = find(OP, x.dtype(), |dtype| {
        Some(for_length(columns, kernels(dtype)))
    })?;
    match held {
        Some(_) => map_rows(OP, x, kernels, |io| args::Softmax {
            x: io.x,
            y: io.y,
            rows: io.rows,
            columns: io.columns,
        }),
        None => in_parts(x),
    }
}

const OP: &str = "softmax";

/// The most parts of a row: a work-item of a workgroup takes the results of one.
const MAX_PARTS: usize = 256;

/// Parts are a multiple of this many columns, so that they start where wide accesses may, and each
/// work-item has a few.
const GRAIN: usize = 2048;

/// Workgroups that a compute unit should have to choose from.
const BLOCKS_PER_UNIT: usize = 8;

/// The columns of a part of a row, and how many there are.
fn part_size(columns: usize, rows: usize, units: usize) -> (usize, usize) {
    let wanted = (units * BLOCKS_PER_UNIT).div_ceil(rows.max(1));
    let parts = wanted.clamp(1, MAX_PARTS);
    let size = columns.div_ceil(parts).next_multiple_of(GRAIN);
    (size, columns.div_ceil(size))
}

/// Rows too long to be held: read once for what scales them, and once more to be written.
fn in_parts(x: View<'_>) -> Result<Storage> {
    let size = Rows::of(OP, x.layout())?;
    let Rows { rows, columns } = size;
    let context = x.context();
    let first = find(OP, x.dtype(), redwick_kernels::softmax_mass)?;
    let second = find(OP, x.dtype(), redwick_kernels::softmax_part)?;
    let y = Storage::uninit(context, x.dtype(), x.layout().elements())?;
    if size.is_empty() {
        return Ok(y);
    }
    let units = context.device().properties().compute_units as usize;
    let (size, parts) = part_size(columns as usize, rows as usize, units);
    // Two numbers of the type that is computed in, f64 at most.
    let masses = Storage::uninit(context, DType::F64, 2 * parts * rows as usize)?;
    let source = Adjacent::of(x)?;
    let number = |what, value| Error::narrow(OP, what, value);
    let arguments = args::SoftmaxPart {
        x: source.address(),
        y: y.address(),
        masses: masses.address(),
        columns,
        part_size: number("the size of a part", size)?,
        parts: number("the number of parts", parts)?,
        reserved: 0,
    };
    let launch = |kernel: Kernel<args::SoftmaxPart>| {
        let grid = kernel.grid_for_outputs(rows, arguments.parts).of(OP)?;
        context.launch(kernel, grid, &arguments)
    };
    launch(first)?;
    launch(second)?;
    Ok(y)
}

#[cfg(test)]
mod tests {
    use super::part_size;

    #[test]
    fn few_rows_are_spread_over_the_device_and_many_are_not() {
        assert_eq!(part_size(128_256, 1, 132), (2048, 63));
        assert_eq!(part_size(1 << 24, 1, 132), (65_536, 256));
        assert_eq!(part_size(40_000, 100_000, 132), (40_960, 1));
    }
}
