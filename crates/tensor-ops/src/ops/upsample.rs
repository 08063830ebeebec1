//! Images at another size.

use redwick_kernels::{Divisor, Scalar, args};

use super::images::{Images, misfit};
use super::{contiguous, find, no_kernel, width};
use crate::error::{Error, OfOp, Result};
use crate::storage::{Storage, View};

/// Images at another size, each element that of the nearest place: output `o` is input
/// `floor(o * input size / output size)`. Of any dtype.
///
/// `x` is batch, channel, height and width, and `size` the new height and width; or both are without
/// height.
///
/// # Errors
/// [`Error::Shape`] where `size` does not fit `x`, or there is nothing to take an element from; those
/// of an allocation.
pub fn upsample_nearest(x: View<'_>, size: &[usize]) -> Result<Storage> {
    let (op, outputs) = match *size {
        [w] => ("upsample_nearest1d", [1, w]),
        [h, w] => ("upsample_nearest2d", [h, w]),
        _ => {
            return Err(misfit(
                "upsample_nearest2d",
                x,
                format!("a size of {size:?}"),
            ));
        }
    };
    let scaling = Scaling::of(op, x, outputs, size.len() + 2)?;
    let kernel = redwick_kernels::upsample_nearest(width(x.dtype()))
        .ok_or_else(|| no_kernel(op, x.dtype(), ""))?;
    let y = Storage::uninit(x.context(), x.dtype(), scaling.count())?;
    if y.is_empty() {
        return Ok(y);
    }
    if scaling.doubles(x) {
        double(&scaling, x, &y)?;
        return Ok(y);
    }
    let [x_batch, x_channel] = scaling.images.outer_strides(op)?;
    let lanes = kernel.info().lanes;
    let wide = (outputs[1] as u64).is_multiple_of(u64::from(lanes));
    let [h_scale, w_scale] = scaling.scales([None; 2]);
    let arguments = args::UpsampleNearest {
        x: x.address(),
        y: y.address(),
        h_scale: number(h_scale),
        w_scale: number(w_scale),
        n: Error::steps(op, y.len())?,
        wide: u32::from(wide),
        x_batch,
        x_channel,
        reserved: 0,
        channels: scaling.channels()?,
        h: scaling.images.plain_axis(op, 0, outputs[0])?,
        w: scaling.images.plain_axis(op, 1, outputs[1])?,
    };
    let steps = if wide {
        arguments.n / lanes
    } else {
        arguments.n
    };
    let grid = kernel.grid_for_steps(steps).of(op)?;
    x.context().launch(kernel, grid, &arguments)?;
    Ok(y)
}

/// Images at twice their height and width, read and written in packs.
fn double(scaling: &Scaling, x: View<'_>, y: &Storage) -> Result<()> {
    let op = scaling.op;
    let kernel = redwick_kernels::upsample_double(width(x.dtype()))
        .ok_or_else(|| no_kernel(op, x.dtype(), ""))?;
    let [_, _, rows, columns] = scaling.images.dims;
    let [_, plane, row, _] = scaling.images.strides;
    let groups = columns * x.dtype().size() / DOUBLED_BYTES;
    let number = |what, value| Error::narrow(op, what, value);
    let arguments = args::UpsampleDouble {
        x: x.address(),
        y: y.address(),
        n: Error::steps(op, x.layout().elements() / columns * groups)?,
        x_plane: number("the stride of channels", plane)?,
        x_row: number("the stride of rows", row)?,
        groups: Divisor::new(number("the width of an image", groups)?),
        rows: Divisor::new(number("the height of an image", rows)?),
        reserved: 0,
    };
    let grid = kernel.grid_for_steps(arguments.n).of(op)?;
    x.context().launch(kernel, grid, &arguments)
}

/// What a step of `upsample_double` reads.
const DOUBLED_BYTES: usize = 8;

/// How the places of outputs are found in the input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Corners {
    /// The outermost outputs are the outermost inputs.
    Aligned,
    /// Elements are areas; their centres are scaled by the sizes, or where a factor is given (for
    /// height and width) by 1 over it.
    Areas([Option<f64>; 2]),
}

/// Images (batch, channel, height, width) at another height and width, each element interpolated
/// between four. In f64, and rounded once; towards zero for integers. As PyTorch does it, and Candle's
/// CPU backend.
///
/// # Errors
/// As [`upsample_nearest`]; [`Error::NoKernel`].
pub fn upsample_bilinear(x: View<'_>, size: [usize; 2], corners: Corners) -> Result<Storage> {
    const OP: &str = "upsample_bilinear2d";
    let scaling = Scaling::of(OP, x, size, 4)?;
    if scaling.images.size() == size {
        return contiguous(x);
    }
    let kernel = find(OP, x.dtype(), redwick_kernels::upsample_bilinear)?;
    let y = Storage::uninit(x.context(), x.dtype(), scaling.count())?;
    if y.is_empty() {
        return Ok(y);
    }
    let [x_batch, x_channel] = scaling.images.outer_strides(OP)?;
    let ([h_scale, w_scale], shift) = match corners {
        Corners::Aligned => (scaling.aligned_scales(), 0.0),
        Corners::Areas(factors) => (scaling.scales(factors), 0.5),
    };
    let arguments = args::UpsampleBilinear {
        x: x.address(),
        y: y.address(),
        h_scale: number(h_scale),
        w_scale: number(w_scale),
        shift: number(shift),
        n: Error::steps(OP, y.len())?,
        x_batch,
        x_channel,
        channels: scaling.channels()?,
        h: scaling.images.plain_axis(OP, 0, size[0])?,
        w: scaling.images.plain_axis(OP, 1, size[1])?,
    };
    let grid = kernel.grid_for_steps(arguments.n).of(OP)?;
    x.context().launch(kernel, grid, &arguments)?;
    Ok(y)
}

fn number(value: f64) -> Scalar {
    Scalar::new(redwick_kernels::DType::F64, value)
}

/// Images and the size that they shall have.
struct Scaling {
    op: &'static str,
    images: Images,
    outputs: [usize; 2],
}

impl Scaling {
    fn of(op: &'static str, x: View<'_>, outputs: [usize; 2], rank: usize) -> Result<Self> {
        let images = Images::of(op, x.layout())?;
        let from_nothing = images.size().contains(&0) && !outputs.contains(&0);
        if x.layout().rank() != rank || from_nothing {
            return Err(misfit(op, x, format!("a size of {outputs:?}")));
        }
        Ok(Self {
            op,
            images,
            outputs,
        })
    }

    fn count(&self) -> usize {
        let [batch, channels, ..] = self.images.dims;
        batch * channels * self.outputs[0] * self.outputs[1]
    }

    /// Whether height and width become twice what they are, and rows are whole steps that start where
    /// wide reads may.
    fn doubles(&self, x: View<'_>) -> bool {
        let [_, channels, rows, columns] = self.images.dims;
        let [batch, plane, row, column] = self.images.strides;
        let whole = |n: usize| (n * x.dtype().size()).is_multiple_of(DOUBLED_BYTES);
        self.outputs == [2 * rows, 2 * columns]
            && column == 1
            && batch == channels * plane
            && [plane, row, columns].into_iter().all(whole)
            && x.address().is_multiple_of(DOUBLED_BYTES as u64)
    }

    fn channels(&self) -> Result<Divisor> {
        let channels = Error::narrow(self.op, "the number of channels", self.images.dims[1])?;
        Ok(Divisor::new(channels))
    }

    /// How far the places of neighbouring outputs are apart in the input.
    fn scales(&self, factors: [Option<f64>; 2]) -> [f64; 2] {
        let size = self.images.size();
        [0, 1].map(|at| match factors[at] {
            Some(factor) => 1.0 / factor,
            None => size[at] as f64 / self.outputs[at] as f64,
        })
    }

    /// The same, where the outermost are to fall together.
    fn aligned_scales(&self) -> [f64; 2] {
        let size = self.images.size();
        [0, 1].map(|at| match self.outputs[at] {
            0 | 1 => 0.0,
            outputs => (size[at] - 1) as f64 / (outputs - 1) as f64,
        })
    }
}
