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
        let patches = self.patches(parameters, outputs)?;
        let patch = Layout::contiguous(&[batch, depth, columns]);
        let adjacent = match self.weight.layout().is_contiguous() {
            true => None,
            false => Some(contiguous(self.weight)?),
        };
        let (weight, start) = match &adjacent {
            Some(copy) => (copy, 0),
            None => (self.weight.storage(), self.weight.layout().start()),
        };
        let dims = [batch, self.weights.dims[0], depth];
        let weights = self.strided(&dims, &[0, depth, 1], start)?;
        matmul(View::new(weight, &weights)?, View::new(&patches, &patch)?).map(Some)
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
        let [batch, inputs, height, width] = self.images.dims;
        let taps = self.weights.size();
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
        let layout = self.strided(
            &[batch * inputs, taps[0], taps[1], outputs[0], outputs[1]],
            &[plane, row * dilation, dilation, row * stride, stride],
            0,
        )?;
        contiguous(View::new(&padded, &layout)?)
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
