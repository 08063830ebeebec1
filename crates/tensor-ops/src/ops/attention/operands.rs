//! What goes into attention: sizes that fit each other, rows of adjacent elements, masks.

use super::super::contiguous;
use super::super::rows::Adjacent;
use super::OP;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::storage::View;

/// The sizes of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) batch: usize,
    pub(super) heads: usize,
    pub(super) k_heads: usize,
    pub(super) positions: usize,
    pub(super) keys: usize,
    pub(super) width: usize,
    pub(super) v_width: usize,
}

impl Sizes {
    pub(super) fn of(q: &Layout, k: &Layout, v: &Layout) -> Result<Self> {
        let mismatch = |left: &Layout, right: &Layout, why: &str| Error::Shape {
            op: OP,
            left: format!("{left}"),
            right: format!("{right}: {why}"),
        };
        let (&[batch, heads, positions, width], &[k_batch, k_heads, keys, k_width]) =
            (q.dims(), k.dims())
        else {
            return Err(mismatch(q, k, "(batch, heads, positions, width) is wanted"));
        };
        let fits = batch == k_batch && width == k_width && k_heads > 0;
        if !fits || !heads.is_multiple_of(k_heads) {
            return Err(mismatch(
                q,
                k,
                "batch and width must be equal, heads a multiple",
            ));
        }
        let [v_outer @ .., v_width] = v.dims() else {
            return Err(mismatch(k, v, "four dimensions are wanted"));
        };
        if v_outer != &k.dims()[..3] {
            return Err(mismatch(k, v, "k and v must be equal but for the width"));
        }
        Ok(Self {
            batch,
            heads,
            k_heads,
            positions,
            keys,
            width,
            v_width: *v_width,
        })
    }

    /// Rows of the result.
    pub(super) fn rows(&self) -> usize {
        self.batch * self.heads * self.positions
    }

    /// The heads of `q` that share one of `k`.
    pub(super) fn group(&self) -> usize {
        self.heads / self.k_heads
    }

    /// Rows that one head of `k` serves.
    pub(super) fn rows_of_head(&self) -> usize {
        self.group() * self.positions
    }
}

/// An operand whose rows' elements are adjacent: as it is, or a copy.
pub(super) struct Operand<'a> {
    pub(super) dtype: DType,
    pub(super) source: Adjacent<'a>,
    /// Between batches, heads and rows.
    pub(super) strides: [u32; 3],
}

impl<'a> Operand<'a> {
    pub(super) fn of(view: View<'a>) -> Result<Self> {
        let (dims, strides) = (view.layout().dims(), view.layout().strides());
        let rows_are_adjacent = dims[3] <= 1 || strides[3] == 1;
        let narrow = |layout: &Layout| -> Result<[u32; 3]> {
            let stride = |dim: usize| match layout.dims()[dim] {
                0 | 1 => Ok(0),
                _ => Error::narrow(OP, "a stride", layout.strides()[dim]),
            };
            Ok([stride(0)?, stride(1)?, stride(2)?])
        };
        Ok(if rows_are_adjacent {
            Self {
                dtype: view.dtype(),
                source: Adjacent::View(view),
                strides: narrow(view.layout())?,
            }
        } else {
            Self {
                dtype: view.dtype(),
                source: Adjacent::Copy(contiguous(view)?),
                strides: narrow(&Layout::contiguous(dims))?,
            }
        })
    }

    /// Where a batch starts.
    pub(super) fn address(&self, batch: usize) -> u64 {
        let elements = batch as u64 * u64::from(self.strides[0]);
        self.source.address() + elements * self.dtype.size() as u64
    }
}

/// A mask, with strides of 0 where it is broadcast.
pub(super) struct Mask<'a> {
    view: View<'a>,
    /// Between batches, heads, positions and keys.
    pub(super) strides: [u32; 4],
    pub(super) kind: u32,
}

/// The numbers that the kernels have for the kinds of masks.
const ADDED: u32 = 1;
const KEPT: u32 = 2;

impl<'a> Mask<'a> {
    pub(super) fn of(view: View<'a>, q: View<'_>, sizes: &Sizes) -> Result<Self> {
        view.same_device(OP, &q)?;
        let kind = match view.dtype() {
            dtype if dtype == q.dtype() => ADDED,
            DType::U8 => KEPT,
            dtype => {
                return Err(Error::DTypes {
                    op: "the mask of attention",
                    left: q.dtype(),
                    right: dtype,
                });
            }
        };
        let wanted = [sizes.batch, sizes.heads, sizes.positions, sizes.keys];
        let strides = Self::broadcast(view.layout(), wanted)?;
        Ok(Self {
            view,
            strides,
            kind,
        })
    }

    fn broadcast(layout: &Layout, wanted: [usize; 4]) -> Result<[u32; 4]> {
        let mismatch = || Error::Shape {
            op: OP,
            left: format!("a mask of {layout}"),
            right: format!("(batch, heads, positions, keys) of {wanted:?}"),
        };
        let missing = 4usize.checked_sub(layout.rank()).ok_or_else(mismatch)?;
        let mut strides = [0; 4];
        for (dim, (&size, &stride)) in layout.dims().iter().zip(layout.strides()).enumerate() {
            let at = missing + dim;
            if size != wanted[at] && size != 1 {
                return Err(mismatch());
            }
            if size > 1 {
                strides[at] = Error::narrow(OP, "a stride of the mask", stride)?;
            }
        }
        Ok(strides)
    }

    pub(super) fn address(&self, batch: usize) -> u64 {
        let elements = batch as u64 * u64::from(self.strides[0]);
        self.view.address() + elements * self.view.dtype().size() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(dims: &[usize]) -> Layout {
        Layout::contiguous(dims)
    }

    #[test]
    fn heads_are_grouped() {
        let k = layout(&[2, 3, 7, 8]);
        let sizes = Sizes::of(&layout(&[2, 12, 5, 8]), &k, &layout(&[2, 3, 7, 9])).unwrap();
        assert_eq!(
            (sizes.group(), sizes.rows_of_head(), sizes.v_width),
            (4, 20, 9)
        );
        for q in [&[2, 4, 5, 8][..], &[1, 3, 5, 8], &[2, 3, 5, 9], &[3, 5, 8]] {
            assert!(Sizes::of(&layout(q), &k, &k).is_err(), "{q:?}");
        }
        assert!(Sizes::of(&k, &k, &layout(&[2, 3, 6, 8])).is_err());
    }

    #[test]
    fn masks_are_broadcast() {
        let strides = |dims: &[usize]| Mask::broadcast(&layout(dims), [2, 3, 5, 7]);
        assert_eq!(strides(&[2, 3, 5, 7]).unwrap(), [105, 35, 7, 1]);
        assert_eq!(strides(&[2, 1, 1, 7]).unwrap(), [7, 0, 0, 1]);
        assert_eq!(strides(&[5, 7]).unwrap(), [0, 0, 7, 1]);
        assert!(strides(&[5, 6]).is_err());
        assert!(strides(&[1, 2, 3, 5, 7]).is_err());
    }
}
