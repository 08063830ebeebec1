//! Whether a device's result is right.

use candle_core::{DType, Device, Result, Tensor};

use crate::check::widen;

/// How far a result may be from the reference.
///
/// An element may differ by `ulps` units in the last place of the result's dtype (the final rounding
/// and the approximations of the hardware), and by `accumulated` units of the accumulator's dtype at
/// the magnitude of the largest element, or at `within` where that is larger (cancellation of terms
/// of that magnitude). The accumulator is f32, for f64 f64.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    /// Units of the result's dtype at the element's own magnitude.
    pub ulps: f64,
    /// Units of the accumulator's dtype at the largest magnitude.
    pub accumulated: f64,
    /// The magnitude of intermediate results.
    pub within: f64,
}

impl Tolerance {
    /// The same bits, but for the sign of zero and the payload of NaN.
    pub const EXACT: Self = Self::ulps(0.0);

    /// Units in the last place alone.
    pub const fn ulps(ulps: f64) -> Self {
        Self {
            ulps,
            accumulated: 0.0,
            within: 0.0,
        }
    }

    /// One rounding of the result, and errors of a sum.
    pub const fn sum(accumulated: f64) -> Self {
        Self {
            ulps: 1.0,
            accumulated,
            within: 0.0,
        }
    }
}

/// The distance from 1 to the next number.
fn epsilon(dtype: DType) -> f64 {
    match dtype {
        DType::BF16 => 2f64.powi(-7),
        DType::F16 => 2f64.powi(-10),
        DType::F32 => 2f64.powi(-23),
        DType::F64 => 2f64.powi(-52),
        DType::F8E4M3 => 2f64.powi(-3),
        _ => 0.0,
    }
}

/// The smallest step that the dtype can make: below its normal numbers, precision is absolute.
fn smallest(dtype: DType) -> f64 {
    match dtype {
        DType::BF16 => 2f64.powi(-133),
        DType::F16 => 2f64.powi(-24),
        DType::F32 => 2f64.powi(-149),
        DType::F8E4M3 => 2f64.powi(-9),
        _ => 0.0,
    }
}

/// Says where a result differs from the reference by more than the tolerance, if anywhere.
///
/// # Errors
/// Candle's, while reading the tensors.
pub fn difference(got: &Tensor, want: &Tensor, tolerance: Tolerance) -> Result<Option<String>> {
    if got.dims() != want.dims() {
        let (got, want) = (got.dims(), want.dims());
        return Ok(Some(format!("dimensions are {got:?}, want {want:?}")));
    }
    let dtype = got.dtype();
    let (got, mut want) = (values(got)?, values(want)?);
    let mut ulps = tolerance.ulps;
    if dtype == DType::F8E4M3 {
        // They are computed in f32, whose errors 8 bits do not show, and saturate.
        ulps = ulps.min(0.5);
        want.iter_mut().for_each(|w| *w = w.clamp(-448.0, 448.0));
    }
    let largest = want
        .iter()
        .filter(|w| w.is_finite())
        .fold(tolerance.within, |a, w| a.max(w.abs()));
    let accumulator = if dtype == DType::F64 {
        DType::F64
    } else {
        DType::F32
    };
    let floor = tolerance.accumulated * epsilon(accumulator) * largest;
    let wrong = |(got, want): (f64, f64)| {
        let bound = ulps * (epsilon(dtype) * want.abs() + smallest(dtype)) + floor;
        let near = want.is_finite() && (got - want).abs() <= bound;
        !(got == want || (got.is_nan() && want.is_nan()) || near)
    };
    let pairs = || got.iter().copied().zip(want.iter().copied());
    let count = pairs().filter(|pair| wrong(*pair)).count();
    Ok(pairs().position(wrong).map(|at| {
        let (got, want) = (got[at], want[at]);
        format!("{count} elements differ; the first, number {at}, is {got:e}, want {want:e}")
    }))
}

/// The elements as f64. An i64 beyond 2^53 would lose bits; the suite has none.
fn values(tensor: &Tensor) -> Result<Vec<f64>> {
    if tensor.elem_count() == 0 {
        return Ok(Vec::new());
    }
    let tensor = tensor.to_device(&Device::Cpu)?;
    widen(&tensor, DType::F64)?.flatten_all()?.to_vec1()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(values: &[f32]) -> Tensor {
        Tensor::new(values, &Device::Cpu).unwrap()
    }

    fn differs(got: &[f32], want: &[f32], tolerance: Tolerance) -> bool {
        difference(&tensor(got), &tensor(want), tolerance)
            .unwrap()
            .is_some()
    }

    #[test]
    fn equal_is_equal_and_nan_is_nan() {
        assert!(!differs(
            &[1.0, f32::NAN],
            &[1.0, f32::NAN],
            Tolerance::EXACT
        ));
        assert!(differs(&[f32::NAN], &[1.0], Tolerance::ulps(1e9)));
        assert!(differs(&[1.0], &[f32::NAN], Tolerance::ulps(1e9)));
        assert!(differs(&[1.0], &[f32::INFINITY], Tolerance::sum(1e9)));
    }

    #[test]
    fn one_unit_in_the_last_place_is_one() {
        let next = 1.0 + f32::EPSILON;
        assert!(differs(&[next], &[1.0], Tolerance::EXACT));
        assert!(!differs(&[next], &[1.0], Tolerance::ulps(1.0)));
        assert!(differs(
            &[1.0 + 2.0 * f32::EPSILON],
            &[1.0],
            Tolerance::ulps(1.0)
        ));
    }

    #[test]
    fn cancellation_is_measured_by_the_largest_element() {
        let small = 10.0 * f32::EPSILON;
        assert!(differs(&[small, 10.0], &[0.0, 10.0], Tolerance::ulps(1.0)));
        assert!(!differs(&[small, 10.0], &[0.0, 10.0], Tolerance::sum(2.0)));
    }

    #[test]
    fn other_dimensions_differ() {
        assert!(differs(&[1.0, 2.0], &[1.0], Tolerance::EXACT));
    }
}
