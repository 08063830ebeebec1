//! Convolutions and transposed convolutions, of images and of signals.
//!
//! Both are one kernel: see [`taps`](super::taps) for how a transposed convolution is made of plain
//! ones. There is no buffer of unfolded patches, but where the vendor's library is to compute a
//! convolution as a product of matrices.

mod unfolded;

use redwick_kernels::{Kernel, args};

use super::division::Division;
use super::images::{Images, Reading, misfit};
use super::rows::Adjacent;
use super::taps::{Part, Taps, forward, transposed};
use super::{kernel_dtype, matmul, no_kernel, width};
use crate::dtype::DType;
use crate::error::{Error, OfOp, Result};
use crate::layout::Layout;
use crate::storage::{Storage, View};

/// Output channels up to which a tile of a product would be mostly empty.
const FEW_CHANNELS: usize = 4;

/// The parameters of a convolution, alike for all of its axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conv {
    /// Zeros before and after each axis.
    pub padding: usize,
    /// How far the windows of neighbouring outputs are apart.
    pub stride: usize,
    /// How far neighbouring taps are apart.
    pub dilation: usize,
}

/// The parameters of a transposed convolution, alike for all of its axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvTranspose {
    /// Those of the convolution that it is the transpose of.
    pub conv: Conv,
    /// Outputs more at the end of each axis.
    pub output_padding: usize,
}

/// The convolution of images `x` (batch, input channels, height, width) with `weight` (output
/// channels, input channels, height, width), or of both without height. The result has
/// `(size + 2 padding - dilation (taps - 1) - 1) / stride + 1` outputs along each axis. Sums of f16
/// and bf16 are in f32; those of integers wrap around.
///
/// # Errors
/// [`Error::Shape`] where the operands do not fit each other or the parameters; where they differ in
/// dtype or device; [`Error::NoKernel`]; those of an allocation.
pub fn conv(x: View<'_>, weight: View<'_>, parameters: Conv) -> Result<Storage> {
    let op = name(x, ["conv1d", "conv2d"]);
    let convolution = Convolution::of(op, x, weight, [0, 1])?;
    if let Some(y) = convolution.pointwise(parameters)? {
        return Ok(y);
    }
    if let Some(y) = convolution.by_library(parameters)? {
        return Ok(y);
    }
    convolution.run(|size, taps| forward(size, taps, parameters), &parameters)
}

/// The transposed convolution of `x` (batch, input channels, height, width) with `weight` (input
/// channels, output channels, height, width), or of both without height: the gradient of [`conv`] as
/// to its input. The result has `(size - 1) stride - 2 padding + dilation (taps - 1) +
/// output_padding + 1` outputs along each axis.
///
/// # Errors
/// As [`conv`].
pub fn conv_transpose(x: View<'_>, weight: View<'_>, parameters: ConvTranspose) -> Result<Storage> {
    let op = name(x, ["conv_transpose1d", "conv_transpose2d"]);
    let convolution = Convolution::of(op, x, weight, [1, 0])?;
    convolution.run(|size, taps| transposed(size, taps, parameters), &parameters)
}

/// What the op is called for signals and for images.
fn name(x: View<'_>, names: [&'static str; 2]) -> &'static str {
    names[usize::from(x.layout().rank() > 3)]
}

/// A kernel, the elements of the windows that it adds up, and how it divides these sums.
struct Plan {
    kernel: Kernel<args::Conv>,
    depth: usize,
    division: Division,
}

struct Convolution<'a> {
    op: &'static str,
    x: View<'a>,
    images: Images,
    weight: View<'a>,
    /// Output channels, input channels, height and width.
    weights: Images,
}

impl<'a> Convolution<'a> {
    /// `order` says which dimensions of the weight are output and input channels.
    fn of(op: &'static str, x: View<'a>, weight: View<'a>, order: [usize; 2]) -> Result<Self> {
        x.matches(op, &weight)?;
        let images = Images::of(op, x.layout())?;
        let mut weights = Images::of(op, weight.layout())?;
        let [out, input] = order;
        weights.dims = [
            weights.dims[out],
            weights.dims[input],
            weights.dims[2],
            weights.dims[3],
        ];
        let strides = weights.strides;
        weights.strides = [strides[out], strides[input], strides[2], strides[3]];
        if x.layout().rank() != weight.layout().rank() || images.dims[1] != weights.dims[1] {
            return Err(misfit(op, x, format!("a weight of {}", weight.layout())));
        }
        Ok(Self {
            op,
            x,
            images,
            weight,
            weights,
        })
    }

    /// Runs the kernel for each combination of the two axes' parts, as `split` makes them of an
    /// axis' size and number of taps.
    fn run(
        &self,
        split: impl Fn(usize, usize) -> Option<Taps>,
        parameters: &dyn std::fmt::Debug,
    ) -> Result<Storage> {
        let (size, taps) = (self.images.size(), self.weights.size());
        let rows = match self.x.layout().rank() {
            3 => Some(Taps::single()),
            _ => split(size[0], taps[0]),
        };
        let (Some(rows), Some(columns)) = (rows, split(size[1], taps[1])) else {
            let weight = self.weight.layout();
            let parameter = format!("a weight of {weight} with {parameters:?}");
            return Err(misfit(self.op, self.x, parameter));
        };
        let outputs = [rows.outputs, columns.outputs];
        let [batch, channels] = [self.images.dims[0], self.weights.dims[0]];
        let count = batch * channels * outputs[0] * outputs[1];
        let (context, dtype) = (self.x.context(), self.x.dtype());
        if count == 0 {
            return Storage::uninit(context, dtype, 0);
        }
        if self.x.layout().elements() == 0 {
            return Storage::zeroed(context, dtype, count);
        }
        let y = Storage::uninit(context, dtype, count)?;
        if let ([h], [w]) = (&rows.parts[..], &columns.parts[..]) {
            return self.run_divided(y, outputs, [h, w]);
        }
        for h in &rows.parts {
            for w in &columns.parts {
                self.launch(&y, outputs, [h, w], &self.undivided([h, w])?)?;
            }
        }
        Ok(y)
    }

    /// Computes all outputs, whose sums may be divided.
    fn run_divided(&self, y: Storage, outputs: [usize; 2], parts: [&Part; 2]) -> Result<Storage> {
        let plan = self.divided(parts)?;
        if plan.division.is_whole() {
            self.launch(&y, outputs, parts, &plan)?;
            return Ok(y);
        }
        let sums = plan.division.sums(y.context(), y.dtype(), y.len())?;
        self.launch(&sums, outputs, parts, &plan)?;
        plan.division.add_up(&sums, &y)?;
        Ok(y)
    }

    /// The fastest kernel for the outputs of these parts, and how it divides their sums.
    fn divided(&self, parts: [&Part; 2]) -> Result<Plan> {
        let (pixels, depth) = (self.pixels(parts), self.depth(parts));
        let kernel = self.kernel(pixels, depth)?;
        Ok(Plan {
            kernel,
            depth,
            division: self.division(kernel, pixels, depth),
        })
    }

    /// The fastest kernel for the outputs of these parts that does not divide their sums.
    fn undivided(&self, parts: [&Part; 2]) -> Result<Plan> {
        let depth = self.depth(parts);
        Ok(Plan {
            kernel: self.kernel(self.pixels(parts), 0)?,
            depth,
            division: Division::whole(depth),
        })
    }

    /// The outputs of one channel, of all images.
    fn pixels(&self, [h, w]: [&Part; 2]) -> usize {
        self.images.dims[0] * h.reading.outputs * w.reading.outputs
    }

    /// Elements of a window.
    fn depth(&self, [h, w]: [&Part; 2]) -> usize {
        self.weights.dims[1] * h.reading.taps * w.reading.taps
    }

    /// How a kernel divides sums, where there are too few tiles of outputs.
    fn division(&self, kernel: Kernel<args::Conv>, pixels: usize, depth: usize) -> Division {
        let info = kernel.info();
        let [rows, columns] = info.tile.map(|side| (side as usize).max(1));
        let tiles = self.weights.dims[0].div_ceil(rows) * pixels.div_ceil(columns);
        let [wanted, least] = info.divided_for(self.device());
        Division::of(depth, tiles, wanted, least)
    }

    fn device(&self) -> (&str, u32) {
        let device = self.x.context().device();
        (device.target(), device.properties().compute_units)
    }

    /// Computes the outputs that a part of each axis makes, or of each of these the parts of a sum.
    fn launch(
        &self,
        y: &Storage,
        outputs: [usize; 2],
        [h, w]: [&Part; 2],
        plan: &Plan,
    ) -> Result<()> {
        let (kernel, division) = (plan.kernel, plan.division);
        let [channels, ..] = self.weights.dims;
        let layout = self.weight_layout([h, w])?;
        let weight = Adjacent::of(View::new(self.weight.storage(), &layout)?)?;
        let rows = self.images.dims[0] * h.reading.outputs;
        let wide = self.wide(w, kernel.info().lanes);
        let reading = Reading {
            outputs: wide.unwrap_or(w.reading.outputs),
            ..w.reading
        };
        let number = |what, value| Error::narrow(self.op, what, value);
        let [x_batch, x_channel] = self.images.outer_strides(self.op)?;
        let first = h.first_output * outputs[1] + w.first_output;
        let image = outputs[0] * outputs[1];
        let arguments = args::Conv {
            x: self.x.address(),
            weight: weight.address(),
            y: y.address() + (first * y.dtype().size()) as u64,
            channels: number("the number of output channels", channels)?,
            depth: number("the size of a window", plan.depth)?,
            pixels: Error::steps(self.op, rows * reading.outputs)?,
            wide: number("a row", wide.map_or(0, |_| w.reading.outputs))?,
            x_batch,
            x_channel,
            y_batch: number("the stride of batches", channels * image)?,
            y_channel: number("the stride of channels", image)?,
            part: number("a part of a window", division.size)?,
            outputs: number("the number of outputs", y.len() / division.count)?,
            h: self
                .images
                .axis(self.op, 0, &h.reading, outputs[1] * h.output_step)?,
            w: self.images.axis(self.op, 1, &reading, w.output_step)?,
        };
        let parts = number("the number of parts", division.count)?;
        let grid = kernel
            .grid_for_tiles(arguments.channels, arguments.pixels, parts)
            .of(self.op)?;
        self.x.context().launch(kernel, grid, &arguments)
    }

    /// The weights of a part's taps.
    fn weight_layout(&self, parts: [&Part; 2]) -> Result<Layout> {
        let [h, w] = parts;
        let [channels, inputs, ..] = self.weights.dims;
        let [by_channel, by_input, by_row, by_column] = self.weights.strides;
        let dims = [channels, inputs, h.reading.taps, w.reading.taps];
        let strides = [
            by_channel,
            by_input,
            by_row * h.tap_step,
            by_column * w.tap_step,
        ];
        let start = self.weight.layout().start() + by_row * h.first_tap + by_column * w.first_tap;
        Layout::strided(&dims, &strides, start)
            .ok_or_else(|| misfit(self.op, self.weight, format!("taps of {dims:?}")))
    }

    /// How long a row of outputs is when it is computed in packs of 16 bytes; nothing where outputs
    /// side by side do not read inputs side by side, or too much would be computed in vain.
    fn wide(&self, w: &Part, lanes: u32) -> Option<usize> {
        let lanes = lanes as usize;
        let [.., size] = self.images.dims;
        let [.., stride] = self.images.strides;
        let padded = w.reading.outputs.next_multiple_of(lanes);
        let adjacent = lanes > 1 && stride == 1 && w.reading.step == 1 && size >= lanes;
        let worth_it = padded * 4 <= w.reading.outputs * 5;
        (adjacent && worth_it).then_some(padded)
    }

    /// The fastest kernel for so many pixels, where sums of so many elements may be divided.
    fn kernel(&self, pixels: usize, depth: usize) -> Result<Kernel<args::Conv>> {
        let (dtype, [channels, ..]) = (self.x.dtype(), self.weights.dims);
        let found = if dtype.is_float() {
            kernel_dtype(dtype).and_then(|of| self.float_kernel(of, pixels, depth))
        } else if channels <= FEW_CHANNELS {
            redwick_kernels::conv_integer_direct(width(dtype))
        } else {
            redwick_kernels::conv_integer(width(dtype))
        };
        found.ok_or_else(|| no_kernel(self.op, dtype, ""))
    }

    /// A work-item for each output where there are few channels; tiles large enough to need few reads,
    /// where these fill the device, sums divided; else smaller tiles.
    fn float_kernel(
        &self,
        dtype: redwick_kernels::DType,
        pixels: usize,
        depth: usize,
    ) -> Option<Kernel<args::Conv>> {
        let [channels, ..] = self.weights.dims;
        if channels <= FEW_CHANNELS {
            return redwick_kernels::conv_direct(dtype);
        }
        let large = redwick_kernels::conv_128(dtype).filter(|kernel| {
            let [rows, columns] = kernel.info().tile.map(|side| side as usize);
            let parts = self.division(*kernel, pixels, depth).count;
            let tiles = channels.div_ceil(rows) * pixels.div_ceil(columns);
            let half_full = channels * 2 >= rows && pixels * 2 >= columns;
            half_full && kernel.info().fills(self.device(), (tiles * parts) as u64)
        });
        large.or_else(|| redwick_kernels::conv_64(dtype))
    }

    /// A convolution of single pixels is a product of matrices for each batch: the weight by the
    /// channels of all pixels.
    fn pointwise(&self, parameters: Conv) -> Result<Option<Storage>> {
        let [batch, inputs, height, across] = self.images.dims;
        let [by_batch, by_input, by_row, by_column] = self.images.strides;
        let plain = parameters.padding == 0 && parameters.stride == 1;
        let single = self.weights.size() == [1, 1];
        let even = height == 1 || across == 1 || by_row == across * by_column;
        let dtype = self.x.dtype();
        if !(plain && single && even && dtype.is_float() && dtype != DType::F8E4M3) {
            return Ok(None);
        }
        let by_pixel = if across == 1 { by_row } else { by_column };
        let [channels, ..] = self.weights.dims;
        let [by_channel, by_weight, ..] = self.weights.strides;
        let layouts = [
            (
                [batch, channels, inputs],
                [0, by_channel, by_weight],
                self.weight.layout().start(),
            ),
            (
                [batch, inputs, height * across],
                [by_batch, by_input, by_pixel],
                self.x.layout().start(),
            ),
        ];
        let [Some(a), Some(b)] = layouts.map(|(d, s, start)| Layout::strided(&d, &s, start)) else {
            return Ok(None);
        };
        let a = View::new(self.weight.storage(), &a)?;
        let b = View::new(self.x.storage(), &b)?;
        matmul(a, b).map(Some)
    }
}
