//! Convolutions as products of matrices that the vendor's library computes: the weight by the unfolded
//! patches of the images, a column for each output.
//!
//! Images are laid out once more with their padding, in two copies of rows; the patches are then an
//! overlapping view of them, whose copy is the matrix. That is `taps` times the images' size, which
//! pays where own kernels are far from the library's speed: the manifest's table says where.

use super::{Conv, Convolution, Taps, forward};
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::ops::copy::{Rows, contiguous, copy_rows};
use crate::ops::{kernel_dtype, matmul};
use crate::storage::{Storage, View};

/// More memory than this is not spent on patches.
const MAX_BYTES: usize = 2 << 30;

/// Outputs of an image up to which all images are one product, and in 16 bits: products of few columns
/// each leave most of a GPU idle, and the library's batched ones do not divide sums among compute units.
/// Against that stands the copy of the result, which weighs more where products are faster.
const FOLDED: [usize; 2] = [4096, 64];

impl Convolution<'_> {
    /// The convolution by the library, where it is to compute it.
    pub(super) fn by_library(&self, parameters: Conv) -> Result<Option<Storage>> {
        let dtype = self.x.dtype();
        let depth: usize = self.weights.dims[1..].iter().product();
        let unfolds = kernel_dtype(dtype).is_some_and(|of| self.x.context().unfolds(of, depth));
        if !unfolds || self.x.layout().elements() == 0 {
            return Ok(None);
        }
        let Some(outputs) = self.outputs(parameters) else {
            return Ok(None);
        };
        let [batch, ..] = self.images.dims;
        let columns = outputs[0] * outputs[1];
        let bytes = [depth, columns, dtype.size()]
            .iter()
            .try_fold(batch, |product, &factor| product.checked_mul(factor));
        if columns == 0 || bytes.is_none_or(|bytes| bytes > MAX_BYTES) {
            return Ok(None);
        }
        let folded = FOLDED[usize::from(dtype.size() < 4)];
        if batch > 1 && columns <= folded {
            return self.folded(parameters, outputs).map(Some);
        }
        let patches = self.patches(parameters, outputs)?;
        let patch = Layout::contiguous(&[batch, depth, columns]);
        self.weighted(batch, View::new(&patches, &patch)?).map(Some)
    }

    /// The product of the weights, once for each of `batch`, and patches.
    fn weighted(&self, batch: usize, patches: View<'_>) -> Result<Storage> {
        let adjacent = match self.weight.layout().is_contiguous() {
            true => None,
            false => Some(contiguous(self.weight)?),
        };
        let (weight, start) = match &adjacent {
            Some(copy) => (copy, 0),
            None => (self.weight.storage(), self.weight.layout().start()),
        };
        let [channels, window @ ..] = self.weights.dims;
        let depth = window.iter().product();
        let weights = self.strided(&[batch, channels, depth], &[0, depth, 1], start)?;
        matmul(View::new(weight, &weights)?, patches)
    }

    /// The convolution as one product for all images, whose result has the channels before the images
    /// and so is copied.
    fn folded(&self, parameters: Conv, outputs: [usize; 2]) -> Result<Storage> {
        let [batch, inputs, ..] = self.images.dims;
        let [channels, _, down, across] = self.weights.dims;
        let columns = outputs[0] * outputs[1];
        let (images, strides) = self.overlapping(parameters)?;
        let [image, input, row, column, below, beside] = strides;
        let layout = self.strided(
            &[inputs, down, across, batch, outputs[0], outputs[1]],
            &[input, row, column, image, below, beside],
            0,
        )?;
        let patches = contiguous(View::new(&images, &layout)?)?;
        let patch = Layout::contiguous(&[1, inputs * down * across, batch * columns]);
        let y = self.weighted(1, View::new(&patches, &patch)?)?;
        let turned = self.strided(
            &[batch, channels, columns],
            &[columns, batch * columns, 1],
            0,
        )?;
        contiguous(View::new(&y, &turned)?)
    }

    /// Outputs along both axes; nothing where the parameters do not fit, which is told elsewhere.
    fn outputs(&self, parameters: Conv) -> Option<[usize; 2]> {
        let (size, taps) = (self.images.size(), self.weights.size());
        let rows = match self.is_signal() {
            true => Taps::single(),
            false => forward(size[0], taps[0], parameters)?,
        };
        Some([rows.outputs, forward(size[1], taps[1], parameters)?.outputs])
    }

    fn is_signal(&self) -> bool {
        self.x.layout().rank() == 3
    }

    /// The patches: (batch, input channels, taps down, taps across, outputs down, outputs across).
    fn patches(&self, parameters: Conv, outputs: [usize; 2]) -> Result<Storage> {
        let [batch, inputs, ..] = self.images.dims;
        let taps = self.weights.size();
        let (images, [_, input, row, column, below, beside]) = self.overlapping(parameters)?;
        let layout = self.strided(
            &[batch * inputs, taps[0], taps[1], outputs[0], outputs[1]],
            &[input, row, column, below, beside],
            0,
        )?;
        contiguous(View::new(&images, &layout)?)
    }

    /// The images with their padding, and how far those are apart, their inputs, taps down and across,
    /// and outputs down and across.
    fn overlapping(&self, parameters: Conv) -> Result<(Storage, [usize; 6])> {
        let [_, inputs, height, width] = self.images.dims;
        let down = if self.is_signal() {
            0
        } else {
            parameters.padding
        };
        let padded = self.padded([down, parameters.padding])?;
        let row = width + 2 * parameters.padding;
        let plane = row * (height + 2 * down);
        let Conv {
            stride, dilation, ..
        } = parameters;
        let (taps, outputs) = ([row * dilation, dilation], [row * stride, stride]);
        let strides = [
            inputs * plane,
            plane,
            taps[0],
            taps[1],
            outputs[0],
            outputs[1],
        ];
        Ok((padded, strides))
    }

    /// The images with zeros around them: first beside each row, then above and below all.
    fn padded(&self, [down, across]: [usize; 2]) -> Result<Storage> {
        let [batch, inputs, height, width] = self.images.dims;
        let images = contiguous(self.x)?;
        let planes = batch * inputs;
        let wide = spaced(images, planes * height, width, across, across)?;
        let row = width + 2 * across;
        spaced(wide, planes, height * row, down * row, down * row)
    }

    fn strided(&self, dims: &[usize], strides: &[usize], start: usize) -> Result<Layout> {
        Layout::strided(dims, strides, start).ok_or_else(|| Error::Shape {
            op: self.op,
            left: format!("{dims:?}"),
            right: format!("strides {strides:?}"),
        })
    }
}

/// Rows of adjacent elements, each with zeros before and after it.
fn spaced(
    from: Storage,
    rows: usize,
    columns: usize,
    before: usize,
    after: usize,
) -> Result<Storage> {
    if before + after == 0 {
        return Ok(from);
    }
    let to_stride = before + columns + after;
    let mut to = Storage::zeroed(from.context(), from.dtype(), rows * to_stride)?;
    let rows = Rows {
        rows,
        columns,
        from_stride: columns,
        to_stride,
        from: 0,
        to: before,
    };
    copy_rows(&from, &mut to, rows)?;
    Ok(to)
}
