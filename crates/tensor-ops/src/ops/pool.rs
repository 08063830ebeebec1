//! Averages and maxima over windows of images.

use redwick_kernels::{Divisor, PoolOp, Scalar, args};

use super::images::{Images, Reading, misfit};
use super::{find, kernel_dtype};
use crate::dtype::DType;
use crate::error::{Error, OfOp, Result};
use crate::storage::{Storage, View};

/// Reduces each window of images (batch, channel, height, width): `window` and `stride` are those of
/// height and width. Windows lie inside the image; what is left over at its end counts for nothing.
///
/// An average is the sum times 1 over the window's size, which for integers, as on Candle's CPU
/// backend, is 0 unless the window is of one element. f16, bf16 and f8e4m3 are added
/// in f32. A NaN counts for
/// the maximum only where it is the window's first element.
///
/// # Errors
/// [`Error::Shape`] for other dimensions, a stride or a window of 0, and a window that is larger than
/// the image; [`Error::NoKernel`]; those of an allocation.
pub fn pool(op: PoolOp, x: View<'_>, window: [usize; 2], stride: [usize; 2]) -> Result<Storage> {
    let name = match op {
        PoolOp::Avg => "avg_pool2d",
        PoolOp::Max => "max_pool2d",
    };
    let images = Images::of(name, x.layout())?;
    let outputs = outputs(name, x, &images, window, stride)?;
    let [batch, channels, ..] = images.dims;
    let count = batch * channels * outputs[0] * outputs[1];
    let kernel = find(name, x.dtype(), |dtype| redwick_kernels::pool(op, dtype))?;
    let y = Storage::uninit(x.context(), x.dtype(), count)?;
    if count == 0 {
        return Ok(y);
    }
    let [x_batch, x_channel] = images.outer_strides(name)?;
    let axis = |at: usize| {
        let reading = Reading {
            outputs: outputs[at],
            taps: window[at],
            start: 0,
            step: stride[at] as isize,
            tap: 1,
        };
        images.axis(name, at, &reading, 1)
    };
    let lanes = kernel.info().lanes;
    let wide = fits_packs(x, &images, window, stride, lanes as usize)
        && outputs[1].is_multiple_of(lanes as usize);
    let n = Error::steps(name, count)?;
    let arguments = args::Pool {
        x: x.address(),
        y: y.address(),
        factor: factor(x.dtype(), window),
        n,
        x_batch,
        x_channel,
        wide: u32::from(wide),
        reserved: 0,
        channels: Divisor::new(Error::narrow(name, "the number of channels", channels)?),
        h: axis(0)?,
        w: axis(1)?,
    };
    let grid = kernel
        .grid_for_steps(if wide { n / lanes } else { n })
        .of(name)?;
    x.context().launch(kernel, grid, &arguments)?;
    Ok(y)
}

/// Whether windows side by side lie in packs of adjacent elements that may be read at once.
fn fits_packs(
    x: View<'_>,
    images: &Images,
    window: [usize; 2],
    stride: [usize; 2],
    lanes: usize,
) -> bool {
    let [batch, channel, row, column] = images.strides;
    let aligned = x
        .address()
        .is_multiple_of((lanes * x.dtype().size()) as u64);
    let whole = |stride: &usize| stride.is_multiple_of(lanes);
    (window, stride[1], column) == ([2, 2], 2, 1)
        && aligned
        && [batch, channel, row].iter().all(whole)
}

/// How many windows there are along each axis.
fn outputs(
    op: &'static str,
    x: View<'_>,
    images: &Images,
    window: [usize; 2],
    stride: [usize; 2],
) -> Result<[usize; 2]> {
    let size = images.size();
    let fits = |at: usize| (1..=size[at]).contains(&window[at]) && stride[at] > 0;
    if x.layout().rank() != 4 || !fits(0) || !fits(1) {
        let parameter = format!("windows of {window:?} at strides of {stride:?}");
        return Err(misfit(op, x, parameter));
    }
    Ok([0, 1].map(|at| (size[at] - window[at]) / stride[at] + 1))
}

/// 1 over the size of a window, in the type that the kernel computes in.
fn factor(dtype: DType, window: [usize; 2]) -> Scalar {
    let factor = 1.0 / (window[0] * window[1]) as f64;
    let compute = match dtype {
        DType::F16 | DType::BF16 | DType::F8E4M3 => DType::F32,
        other => other,
    };
    Scalar::new(
        kernel_dtype(compute).unwrap_or(redwick_kernels::DType::F32),
        factor,
    )
}
