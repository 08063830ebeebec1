//! Dimensions and strides, as kernels take them: by value, with divisions prepared.

use bytemuck::{Pod, Zeroable};

use crate::Error;

/// The most dimensions of a [`Walk`].
pub const MAX_DIMS: usize = 6;

/// Indices below this are divided exactly.
const MAX_STEPS: u64 = (1 << 31) - 1;

/// A number to divide by, with what turns the division into a multiplication.
///
/// For `n` below 2^31, `n / divisor` is `((n * multiplier >> 32) + n) >> shift`. With
/// `shift = ceil(log2 divisor)`, `multiplier = floor(2^32 (2^shift - divisor) / divisor) + 1`
/// (Granlund and Montgomery, "Division by invariant integers using multiplication", 1994).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Divisor {
    divisor: u32,
    multiplier: u32,
    shift: u32,
}

impl Divisor {
    /// A divisor; 0 is taken as 1, so that an empty dimension divides by something.
    pub const fn new(divisor: u32) -> Self {
        let divisor = if divisor == 0 { 1 } else { divisor };
        // Indices stay below 2^31, so greater divisors all give 0.
        let d = if divisor > 1 << 31 { 1 << 31 } else { divisor };
        let shift = 32 - (d - 1).leading_zeros();
        let multiplier = ((((1u64 << shift) - d as u64) << 32) / d as u64 + 1) as u32;
        Self {
            divisor,
            multiplier,
            shift,
        }
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.divisor
    }
}

/// A walk over the elements of `N` operands of equal dimensions, in row-major order.
///
/// A step takes one element, or, widened, 16 bytes along the innermost dimension. The destination
/// of a walk is adjacent. What the kernel sees is laid out as `Walk` in hip/walk.h.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Walk<const N: usize> {
    rank: u32,
    steps: u32,
    lanes: u32,
    reserved: u32,
    /// Innermost first, as are the strides; those from `rank` on are not read.
    dims: [Divisor; MAX_DIMS],
    strides: [[u32; MAX_DIMS]; N],
}

// SAFETY: all fields are u32 or arrays of them, so every bit pattern is valid, zero included.
unsafe impl<const N: usize> Zeroable for Walk<N> {}

// SAFETY: as above, and fields of one alignment leave no padding under `repr(C)`.
unsafe impl<const N: usize> Pod for Walk<N> {}

impl<const N: usize> Walk<N> {
    /// A walk over dimensions, outermost first, with a stride for each operand and dimension.
    /// Dimensions should be collapsed: kernels divide once for each of them.
    ///
    /// # Errors
    /// For more than [`MAX_DIMS`] dimensions, 2^31 elements or more, or a stride of 2^32 or more.
    pub fn new(dims: &[usize], strides: [&[usize]; N]) -> Result<Self, Error> {
        if dims.len() > MAX_DIMS {
            return Err(Error::TooManyDims { dims: dims.len() });
        }
        let mut walk = Self::zeroed();
        walk.rank = dims.len() as u32;
        walk.lanes = 1;
        walk.steps = count(dims)?;
        for (to, &dim) in walk.dims.iter_mut().zip(dims.iter().rev()) {
            *to = Divisor::new(dim.min(u32::MAX as usize) as u32);
        }
        for (to, from) in walk.strides.iter_mut().zip(strides) {
            *to = reversed(from, dims)?;
        }
        Ok(walk)
    }

    /// The same walk in steps of `lanes` elements, where the operands allow: the innermost
    /// dimension divides evenly, and each operand either repeats one element along it, or has
    /// adjacent elements and is `aligned`: its address is a multiple of `lanes` elements. (So must
    /// be the destination's.) Else the walk as it is.
    pub fn widened(self, lanes: u32, aligned: [bool; N]) -> Self {
        let inner = self.dims[0].divisor;
        let even = self.rank > 0 && inner.is_multiple_of(lanes) && lanes > 1 && self.lanes == 1;
        let fits = |(strides, aligned): (&[u32; MAX_DIMS], bool)| match strides[0] {
            0 => true,
            1 => aligned && self.outer(strides).iter().all(|s| s.is_multiple_of(lanes)),
            _ => false,
        };
        if !even || !self.strides.iter().zip(aligned).all(fits) {
            return self;
        }
        let mut wide = self;
        wide.lanes = lanes;
        wide.steps /= lanes;
        wide.dims[0] = Divisor::new(inner / lanes);
        for strides in &mut wide.strides {
            strides[0] *= lanes;
        }
        wide
    }

    fn outer<'a>(&self, strides: &'a [u32; MAX_DIMS]) -> &'a [u32] {
        &strides[1..(self.rank as usize).max(1)]
    }

    /// The steps: what grids are made for.
    pub const fn steps(&self) -> u32 {
        self.steps
    }

    /// The elements of a step.
    pub const fn lanes(&self) -> u32 {
        self.lanes
    }
}

fn count(dims: &[usize]) -> Result<u32, Error> {
    let product = |n: u64, &dim: &usize| n.saturating_mul(dim as u64);
    let empty = dims.contains(&0);
    let elements = if empty {
        0
    } else {
        dims.iter().fold(1, product)
    };
    limited(
        "the number of elements of a strided operand",
        elements,
        MAX_STEPS,
    )
}

/// Innermost first, and as many as kernels take.
fn reversed(strides: &[usize], dims: &[usize]) -> Result<[u32; MAX_DIMS], Error> {
    if strides.len() != dims.len() {
        return Err(Error::StridesMismatch {
            dims: dims.len(),
            strides: strides.len(),
        });
    }
    let mut all = [0; MAX_DIMS];
    for (to, (&stride, &dim)) in all.iter_mut().zip(strides.iter().zip(dims).rev()) {
        let stride = if dim > 1 { stride as u64 } else { 0 };
        *to = limited("a stride", stride, u64::from(u32::MAX))?;
    }
    Ok(all)
}

fn limited(what: &'static str, value: u64, limit: u64) -> Result<u32, Error> {
    if value > limit {
        return Err(Error::TooLarge { what, value, limit });
    }
    Ok(value as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the kernels compute.
    fn quotient(n: u32, by: Divisor) -> u32 {
        let high = (u64::from(n) * u64::from(by.multiplier)) >> 32;
        (high as u32 + n) >> by.shift
    }

    proptest! {
        #[test]
        fn division_by_multiplication_is_exact(n in 0u32..1 << 31, d in 1u32..=u32::MAX) {
            prop_assert_eq!(quotient(n, Divisor::new(d)), n / d);
        }

        #[test]
        fn also_around_multiples(d in 1u32..1 << 31, q in any::<u32>()) {
            let n = (q % ((1 << 31) / d).max(1)) * d;
            for n in [n.saturating_sub(1), n] {
                prop_assert_eq!(quotient(n, Divisor::new(d)), n / d);
            }
        }
    }

    #[test]
    fn dims_and_strides_are_innermost_first() {
        let walk = Walk::new(&[2, 3, 8], [&[24, 8, 1], &[0, 1, 0]]).unwrap();
        assert_eq!((walk.rank, walk.steps, walk.lanes), (3, 48, 1));
        assert_eq!(walk.dims.map(Divisor::get)[..3], [8, 3, 2]);
        assert_eq!(walk.strides[0][..3], [1, 8, 24]);
        assert_eq!(walk.strides[1][..3], [0, 1, 0]);
    }

    #[test]
    fn a_walk_widens_where_all_operands_allow() {
        let walk = Walk::new(&[3, 8], [&[8, 1], &[1, 0]]).unwrap();
        let wide = walk.widened(4, [true, false]);
        assert_eq!((wide.steps(), wide.lanes(), wide.dims[0].get()), (6, 4, 2));
        assert_eq!(wide.strides[0][..2], [4, 8]);
        assert_eq!(wide.strides[1][..2], [0, 1]);
        assert_eq!(walk.widened(4, [false, true]), walk);
        assert_eq!(walk.widened(16, [true, true]), walk);
        let odd = Walk::new(&[3, 8], [&[9, 1]]).unwrap();
        assert_eq!(odd.widened(4, [true]), odd);
    }

    #[test]
    fn scalars_and_empty_tensors_are_walks() {
        assert_eq!(Walk::new(&[], [&[]]).unwrap().steps(), 1);
        assert_eq!(Walk::new(&[4, 0], [&[0, 1]]).unwrap().steps(), 0);
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let seven = [2; 7];
        assert_eq!(
            Walk::new(&seven, [&seven]),
            Err(Error::TooManyDims { dims: 7 })
        );
        assert!(Walk::new(&[1 << 16, 1 << 16], [&[1 << 16, 1]]).is_err());
        assert!(Walk::new(&[2], [&[1 << 32]]).is_err());
        assert!(Walk::new(&[1], [&[1 << 32]]).is_ok());
        assert!(Walk::new(&[2, 2], [&[1]]).is_err());
    }
}
