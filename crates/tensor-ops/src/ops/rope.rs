//! Rotary embeddings.

use redwick_kernels::{Divisor, RopeForm, args};

use super::find;
use super::rows::Adjacent;
use crate::error::{Error, OfOp, Result};
use crate::layout::Layout;
use crate::storage::{Storage, View};

const OP: &str = "rope";

/// Rotates pairs of elements of each head by the angle of their position.
///
/// `x` is (batch, heads, positions, width), for [`RopeForm::Thd`] (batch, positions, heads, width);
/// the pairs are of the two halves of the width, for [`RopeForm::Interleaved`] of neighbours. `cos`
/// and `sin` have for each position half the width, in (positions, half) or (batch, positions,
/// half); they may have more positions than `x`.
///
/// # Errors
/// [`Error::NoKernel`] for dtypes other than floats; where operands do not fit; those of an
/// allocation.
pub fn rope(form: RopeForm, x: View<'_>, cos: View<'_>, sin: View<'_>) -> Result<Storage> {
    x.matches(OP, &cos)?;
    x.matches(OP, &sin)?;
    let shape = Heads::of(form, x.layout(), cos.layout(), sin.layout());
    let shape = shape.ok_or_else(|| Error::Shape {
        op: OP,
        left: x.layout().to_string(),
        right: format!("cos of {} and sin of {}", cos.layout(), sin.layout()),
    })?;
    let kernel = find(OP, x.dtype(), |dtype| redwick_kernels::rope(form, dtype))?;
    let y = Storage::uninit(x.context(), x.dtype(), x.layout().elements())?;
    if y.is_empty() {
        return Ok(y);
    }
    let [source, cos, sin] = [Adjacent::of(x)?, Adjacent::of(cos)?, Adjacent::of(sin)?];
    let addresses = [source.address(), cos.address(), sin.address(), y.address()];
    let arguments = shape.arguments(x.dtype().size(), addresses)?;
    let grid = kernel.grid_for_steps(arguments.pairs).of(OP)?;
    x.context().launch(kernel, grid, &arguments)?;
    Ok(y)
}

/// The sizes of a rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Heads {
    /// Half the width of a head.
    half: usize,
    /// The dimension before the width, and the one before that.
    middle: usize,
    outer: usize,
    batch: usize,
    /// From the table of one batch to that of the next, in positions; 0 where all share one.
    table_batch: usize,
}

impl Heads {
    fn of(form: RopeForm, x: &Layout, cos: &Layout, sin: &Layout) -> Option<Self> {
        let &[batch, outer, middle, width] = x.dims() else {
            return None;
        };
        let positions = if form == RopeForm::Thd { outer } else { middle };
        let half = width / 2;
        let table_batch = match *cos.dims() {
            [rows, columns] if rows >= positions && columns == half => 0,
            [tables, rows, columns] if tables == batch && rows >= positions && columns == half => {
                rows
            }
            _ => return None,
        };
        (cos.dims() == sin.dims() && width % 2 == 0).then_some(Self {
            half,
            middle,
            outer,
            batch,
            table_batch,
        })
    }

    /// Pairs that a step takes: as many as one access of 16 bytes where all rows start so, else one.
    fn lanes(&self, size: usize, addresses: [u64; 4]) -> usize {
        let lanes = ACCESS / size;
        let aligned = addresses.iter().all(|a| a.is_multiple_of(ACCESS as u64));
        if aligned && self.half.is_multiple_of(lanes) {
            lanes
        } else {
            1
        }
    }

    /// Addresses are those of `x`, `cos`, `sin` and the result.
    fn arguments(&self, size: usize, addresses: [u64; 4]) -> Result<args::Rope> {
        let [x, cos, sin, y] = addresses;
        let number = |what, value| Error::narrow(OP, what, value);
        let lanes = self.lanes(size, addresses);
        let half = self.half / lanes;
        Ok(args::Rope {
            x,
            cos,
            sin,
            y,
            pairs: Error::steps(OP, self.batch * self.outer * self.middle * half)?,
            table_batch: number("a table", self.table_batch)?,
            half: Divisor::new(number("half a head", half)?),
            middle: Divisor::new(number("a dimension", self.middle)?),
            outer: Divisor::new(number("a dimension", self.outer)?),
            lanes: lanes as u32,
        })
    }
}

/// Bytes of the widest access.
const ACCESS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(dims: &[usize]) -> Layout {
        Layout::contiguous(dims)
    }

    #[test]
    fn tables_are_shared_or_one_for_each_batch() {
        let x = layout(&[2, 3, 5, 8]);
        let shape =
            |dims: &[usize]| Heads::of(RopeForm::HalfSplit, &x, &layout(dims), &layout(dims));
        assert_eq!(shape(&[5, 4]).unwrap().table_batch, 0);
        assert_eq!(shape(&[9, 4]).unwrap().half, 4);
        assert_eq!(shape(&[2, 6, 4]).unwrap().table_batch, 6);
        assert_eq!(shape(&[4, 4]), None);
        assert_eq!(shape(&[3, 5, 4]), None);
        assert_eq!(shape(&[5, 8]), None);
    }

    #[test]
    fn steps_are_wide_where_rows_allow() {
        let shape = |width| {
            let table = layout(&[5, width / 2]);
            Heads::of(
                RopeForm::HalfSplit,
                &layout(&[2, 3, 5, width]),
                &table,
                &table,
            )
            .unwrap()
        };
        let arguments = shape(16).arguments(4, [0, 16, 32, 48]).unwrap();
        assert_eq!(
            (arguments.pairs, arguments.lanes, arguments.half.get()),
            (60, 4, 2)
        );
        let arguments = shape(16).arguments(4, [0, 16, 36, 48]).unwrap();
        assert_eq!((arguments.pairs, arguments.lanes), (240, 1));
        assert_eq!(shape(12).arguments(4, [0; 4]).unwrap().lanes, 1);
    }

    #[test]
    fn positions_come_second_in_thd() {
        let x = layout(&[1, 5, 3, 8]);
        let table = layout(&[5, 4]);
        assert!(Heads::of(RopeForm::Thd, &x, &table, &table).is_some());
        assert_eq!(Heads::of(RopeForm::Thd, &x, &table, &layout(&[6, 4])), None);
        let odd = layout(&[1, 5, 3, 7]);
        let table = layout(&[5, 3]);
        assert_eq!(Heads::of(RopeForm::Thd, &odd, &table, &table), None);
    }
}
