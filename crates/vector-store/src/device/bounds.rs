//! How far a scan's values can be below the true ones.
//!
//! A scan works with *values*: `q·x` for inner products, `q·x / (|q||x|)` for cosines and
//! `q·x − |x|²/2` for distances, all larger for better rows. Notation as in [`crate::bound`]: with
//! `u = 2⁻²⁴`, a lane adds `h` products in f32 and lanes' sums are added in 3 steps, so that
//!
//! ```text
//! |fl(q̂·x̂) − q̂·x̂| ≤ a |q̂||x̂|,  a = 1.1 (h + 12) u
//! ```
//!
//! factors and weights included. With `|x̂ − x| ≤ ρ|x|`, measured over all rows when they were
//! appended, and `|q̂ − q| ≤ ε|q|`, measured for each query,
//!
//! ```text
//! |fl(q̂·x̂) − q·x| ≤ A |q||x|,  A = (1 + a)(1 + ρ)(1 + ε) − 1
//! ```
//!
//! For distances `|q||x| ≤ (|q|² + |x|²)/2`. The row's half is taken off its offset when it is
//! appended, with its own ρ: offsets are `|x|²/2 · (1 − (slack + ρ))`. So a row that is far from the
//! origin loosens no other row's bound. The query's half, `A |q|²/2`, is [`Values::margin`].
//!
//! Where many queries are multiplied in f16, a row's element is rounded once more, by at most `2⁻¹¹`
//! of itself, or is below the normal numbers and may be flushed; products of two f16 are exact in f32,
//! and matrix units are taken to round each addition by `2⁻²²`. What that adds to `A` is in no row's
//! offset, and multiplied with the greatest `|x|`.
//!
//! Where products cannot tell distances apart, because rows lie further from the origin than from each
//! other, a scan adds up squares of differences instead. A difference is rounded once and counts twice,
//! so that with `b = 1.1 (h + 20) u`
//!
//! ```text
//! fl(|q − x|²) ≤ |q − x|² (1 + b)
//! ```
//!
//! which is relative to the distance: see [`Arithmetic::nearest`].
//!
//! Products that underflow are off by at most 2⁻¹²⁶ each. Where numbers are so large or small that a
//! sum could overflow or a factor is no normal number, there is no bound, and every row is scored.

use crate::engine::{Dtype, Metric};

/// Half the distance from 1 to the next f32.
const U: f64 = 1.0 / (1u64 << 24) as f64;

/// Beyond it f32 sums could overflow.
const LARGE: f64 = 1e37;

/// What is known of all rows of a store.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct Extremes {
    /// The greatest `|x|`.
    pub(super) length: f32,
    /// The greatest `|x̂ − x| / |x|`.
    pub(super) change: f32,
    /// The greatest `1 / |x|` of rows that are not zero.
    pub(super) inverse: f32,
    pub(super) reserved: f32,
}

/// The arithmetic of a scan over rows of a dimension.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arithmetic {
    dimension: usize,
    /// `a`.
    relative: f64,
    /// By how much of itself a row is changed when it is read, and of the greatest row.
    rounded: f64,
    flushed: f64,
}

impl Arithmetic {
    pub(super) fn new(dimension: usize, dtype: Dtype) -> Self {
        let per_lane = dimension.div_ceil(8) + 16 / dtype.size();
        Self {
            dimension,
            relative: 1.1 * (per_lane + 12) as f64 * U,
            rounded: 0.0,
            flushed: 0.0,
        }
    }

    /// That of the product in f16.
    pub(super) fn product(dimension: usize) -> Self {
        let root = (dimension as f64).sqrt();
        Self {
            dimension,
            relative: 1.1 * (dimension as f64 * 17.0 / 16.0 + 48.0) * 4.0 * U,
            rounded: 1.0 / 2048.0 + root / (1u64 << 21) as f64,
            flushed: root / (1u64 << 28) as f64,
        }
    }

    /// That of squares of differences.
    pub(super) fn differences(dimension: usize) -> Self {
        Self {
            relative: 1.1 * (dimension.div_ceil(8) + 24) as f64 * U,
            ..Self::new(dimension, Dtype::F32)
        }
    }

    /// The least squared distance of a row whose squares of differences add up to at least `sum`.
    pub(super) fn nearest(&self, sum: f32) -> f32 {
        let tiny = self.dimension as f64 * f64::from(f32::MIN_POSITIVE);
        // A sum that overflowed is at least the greatest number.
        let sum = f64::from(sum.min(f32::MAX));
        let least = (sum - tiny).max(0.0) / (1.0 + self.relative);
        ((least * (1.0 - 1e-11)) as f32).next_down()
    }

    /// The share of a row's offset that covers `A` without the row's ρ, and the roundings of the
    /// offset and of the value.
    pub(super) fn slack(&self, dtype: Dtype) -> f64 {
        let query = match dtype {
            // A query's byte pairs are off by at most 1 / 32512 of its largest number.
            Dtype::Int8 => 2.0 * (self.dimension as f64).sqrt() / 32512.0,
            _ => 0.0,
        };
        2.0 * (self.relative + query) + 16.0 * U
    }
}

/// A query as the bound sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Query {
    /// `|q|`.
    pub(super) norm: f64,
    /// `ε`.
    pub(super) change: f64,
}

/// The bound on a query's values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values {
    metric: Metric,
    norm: f64,
    /// How much more than a scan's value the true one can be; `None` where nothing is known.
    margin: Option<f64>,
}

impl Values {
    pub(super) fn new(
        metric: Metric,
        arithmetic: &Arithmetic,
        query: Query,
        rows: &Extremes,
    ) -> Self {
        let length = f64::from(rows.length);
        let change = f64::from(rows.change);
        // All but what is in rows' offsets, and that.
        let read = (1.0 + arithmetic.rounded) * (1.0 + query.change);
        let loose = (1.0 + arithmetic.relative) * read - 1.0;
        let share = (1.0 + change) * (1.0 + loose) - 1.0;
        let flushed = arithmetic.flushed * (1.0 + share);
        let tiny = arithmetic.dimension as f64 * f64::from(f32::MIN_POSITIVE);
        let (margin, inside) = match metric {
            Metric::InnerProduct => ((share + flushed) * query.norm * length + tiny, true),
            Metric::Cosine => {
                let inverse = f64::from(rows.inverse);
                let absolute = tiny + flushed * length;
                (share + absolute * inverse, inverse < LARGE)
            }
            Metric::L2 => {
                let half = query.norm * query.norm / 2.0;
                let beyond = match arithmetic.rounded {
                    0.0 => 0.0,
                    _ => (loose * (1.0 + change) + flushed) * query.norm * length,
                };
                let margin = (share + 4.0 * U) * half + beyond + tiny;
                (margin, length * length < LARGE)
            }
        };
        let products = query.norm * length * (1.0 + share);
        let sane = inside && products < LARGE && query.norm * query.norm < LARGE;
        let sane = sane && margin.is_finite();
        Self {
            metric,
            norm: query.norm,
            margin: sane.then_some(margin * (1.0 + 1.0 / 1024.0)),
        }
    }

    /// The least cost of a row whose value in the scan is at most `value`.
    pub(super) fn floor(&self, value: f32) -> f32 {
        let Some(margin) = self.margin else {
            return f32::NEG_INFINITY;
        };
        let most = f64::from(value) + margin;
        let cost = match self.metric {
            Metric::InnerProduct | Metric::Cosine => -most,
            Metric::L2 => self.norm * self.norm - 2.0 * most,
        };
        // Canonical sums are in f64, and off by far less than this.
        let scale = match self.metric {
            Metric::InnerProduct => most.abs(),
            Metric::Cosine => 1.0,
            Metric::L2 => self.norm * self.norm + 2.0 * most.abs(),
        };
        let cost = cost - scale * 1e-11;
        (cost as f32).next_down()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_too_large_have_no_floor() {
        let arithmetic = Arithmetic::new(4, Dtype::F32);
        let rows = Extremes {
            length: 1e30,
            inverse: 1.0,
            ..Extremes::default()
        };
        let query = Query {
            norm: 1e30,
            change: 0.0,
        };
        for metric in [Metric::L2, Metric::InnerProduct, Metric::Cosine] {
            let values = Values::new(metric, &arithmetic, query, &rows);
            assert_eq!(values.floor(1.0), f32::NEG_INFINITY, "{metric}");
        }
    }

    #[test]
    fn a_distance_by_differences_is_close_to_its_floor() {
        let arithmetic = Arithmetic::differences(128);
        for sum in [1e-30, 3.0, 1e30f32] {
            let floor = arithmetic.nearest(sum);
            assert!(floor < sum && floor > sum * 0.99999, "{sum} {floor}");
        }
        assert!(arithmetic.nearest(0.0) < 0.0);
        assert!(arithmetic.nearest(f32::INFINITY).is_finite());
    }

    #[test]
    fn a_floor_is_below_the_cost_of_the_value() {
        let arithmetic = Arithmetic::new(768, Dtype::F32);
        let rows = Extremes {
            length: 2.0,
            inverse: 1.0,
            ..Extremes::default()
        };
        let query = Query {
            norm: 1.0,
            change: 0.0,
        };
        let floor = |metric, value| Values::new(metric, &arithmetic, query, &rows).floor(value);
        let close = |floor: f32, cost: f32| floor < cost && cost - floor < 1e-4;
        assert!(close(floor(Metric::InnerProduct, 0.75), -0.75));
        assert!(close(floor(Metric::Cosine, 0.75), -0.75));
        assert!(close(floor(Metric::L2, 0.25), 0.5));
    }
}
