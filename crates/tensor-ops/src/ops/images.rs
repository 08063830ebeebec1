//! What ops over images do alike: convolutions, poolings and upsamplings.

use redwick_kernels::{Axis, Divisor};

use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::storage::View;

/// Kernels add positions and distances along an axis in 32 bits.
const MAX_EXTENT: usize = 1 << 30;

/// Images laid out batch, channel, row, column. Signals are images of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Images {
    pub(super) dims: [usize; 4],
    pub(super) strides: [usize; 4],
}

impl Images {
    /// The images of a layout of four dimensions, or of three without rows.
    pub(super) fn of(op: &'static str, layout: &Layout) -> Result<Self> {
        let (dims, strides) = (layout.dims(), layout.strides());
        let images = match (dims, strides) {
            (&[b, c, h, w], &[sb, sc, sh, sw]) => ([b, c, h, w], [sb, sc, sh, sw]),
            (&[b, c, w], &[sb, sc, sw]) => ([b, c, 1, w], [sb, sc, 0, sw]),
            _ => {
                return Err(Error::Shape {
                    op,
                    left: layout.to_string(),
                    right: "batch, channels, an optional height, and width".to_owned(),
                });
            }
        };
        Ok(Self {
            dims: images.0,
            strides: images.1,
        })
    }

    /// Height and width.
    pub(super) fn size(&self) -> [usize; 2] {
        [self.dims[2], self.dims[3]]
    }

    /// The strides of batches and channels.
    pub(super) fn outer_strides(&self, op: &'static str) -> Result<[u32; 2]> {
        Ok([
            Error::narrow(op, "the stride of batches", self.strides[0])?,
            Error::narrow(op, "the stride of channels", self.strides[1])?,
        ])
    }

    /// An axis (0 for rows, 1 for columns) without windows: outputs read what they say.
    pub(super) fn plain_axis(&self, op: &'static str, axis: usize, outputs: usize) -> Result<Axis> {
        self.axis(op, axis, &Reading::plain(outputs), 1)
    }

    /// An axis as kernels take it; neighbours of the result are `y_stride` apart.
    pub(super) fn axis(
        &self,
        op: &'static str,
        axis: usize,
        reading: &Reading,
        y_stride: usize,
    ) -> Result<Axis> {
        let number = |what, value| extent(op, what, value);
        let signed = |what, value: isize| -> Result<i32> {
            let size = number(what, value.unsigned_abs())? as i32;
            Ok(if value < 0 { -size } else { size })
        };
        let read = reading.reach(self.dims[2 + axis]);
        number("how far windows reach", read)?;
        Ok(Axis {
            outputs: Divisor::new(number("the size of the result", reading.outputs)?),
            taps: Divisor::new(number("the size of a window", reading.taps)?),
            size: number("the size of an image", self.dims[2 + axis])?,
            start: signed("the padding", reading.start)?,
            step: signed("the stride of windows", reading.step)?,
            tap: signed("the dilation", reading.tap)?,
            x_stride: Error::narrow(op, "a stride", self.strides[2 + axis])?,
            y_stride: Error::narrow(op, "a stride", y_stride)?,
        })
    }
}

/// Which inputs the outputs along an axis read: tap `t` of output `o` that at
/// `start + o * step + t * tap`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) outputs: usize,
    pub(super) taps: usize,
    pub(super) start: isize,
    pub(super) step: isize,
    pub(super) tap: isize,
}

impl Reading {
    fn plain(outputs: usize) -> Self {
        Self {
            outputs,
            taps: 1,
            start: 0,
            step: 1,
            tap: 1,
        }
    }

    /// No position along the axis is further from 0 than this.
    fn reach(&self, size: usize) -> usize {
        let along = |count: usize, step: isize| count.saturating_mul(step.unsigned_abs());
        self.start
            .unsigned_abs()
            .saturating_add(along(self.outputs, self.step))
            .saturating_add(along(self.taps, self.tap))
            .saturating_add(size)
    }
}

/// An error for a parameter that fits no image.
pub(super) fn misfit(op: &'static str, x: View<'_>, parameter: String) -> Error {
    Error::Shape {
        op,
        left: x.layout().to_string(),
        right: parameter,
    }
}

fn extent(op: &'static str, what: &'static str, value: usize) -> Result<u32> {
    if value >= MAX_EXTENT {
        return Err(Error::TooLarge {
            op,
            what,
            value,
            limit: MAX_EXTENT - 1,
        });
    }
    Error::narrow(op, what, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_are_images_of_one_row() {
        let images = Images::of("test", &Layout::contiguous(&[2, 3, 5])).unwrap();
        assert_eq!(images.dims, [2, 3, 1, 5]);
        assert_eq!(images.strides, [15, 5, 0, 1]);
        assert!(Images::of("test", &Layout::contiguous(&[3, 5])).is_err());
    }

    #[test]
    fn what_32_bits_do_not_hold_is_an_error() {
        let images = Images::of("test", &Layout::contiguous(&[1, 1, 5])).unwrap();
        let far = Reading {
            step: 1 << 29,
            ..Reading::plain(4)
        };
        let error = images.axis("test", 1, &far, 1).unwrap_err();
        assert!(error.to_string().contains("how far windows reach"));
        assert!(images.axis("test", 1, &Reading::plain(4), 1).is_ok());
    }
}
