//! How far a scan in f32 can be from the canonical score.
//!
//! Notation: `u = 2⁻²⁴`, half the distance from 1 to the next f32; `γ(h) = h·u / (1 − h·u)`. If a
//! term passes at most `h` roundings on its way into a sum, each `fl(a) = a (1 + d)` with `|d| ≤ u`,
//! then its factor is within `1 ± γ(h)` (Higham, *Accuracy and Stability of Numerical Algorithms*,
//! lemma 3.1), whatever the order of the sum. A product that underflows is off by at most `η` besides
//! (`2⁻¹⁵⁰` with gradual underflow; `2⁻¹²⁶` where subnormal numbers are flushed, which is what is
//! taken here). A row `x` is read as `x̂` with `|x − x̂| ≤ δ` ([`Facts::error`]).
//!
//! **Inner product.** `a = fl(q · x̂)`, each term passing `h` roundings:
//!
//! ```text
//! |a − q·x̂| ≤ γ(h) Σ|qᵢ x̂ᵢ| + nη ≤ γ(h) |q| (|x| + δ) + nη      (Cauchy–Schwarz)
//! |q·x̂ − q·x| ≤ |q| δ
//! E = |q| (γ(h) (|x| + δ) + δ) + nη          q·x ≤ a + E
//! ```
//!
//! A query that is quantised to `q̂` with `|q − q̂| ≤ ε` adds `ε (|x| + δ)`. **Cosine**: the same divided
//! by `|q| |x|`.
//!
//! **Squared distance by differences.** `s = fl(Σ (qᵢ − x̂ᵢ)²)`: a term's difference is rounded once
//! and counts twice, so that with `D̂ = |q − x̂|`
//!
//! ```text
//! s ≤ D̂² (1 + γ(h + 2)) + nη                 D̂ ≥ sqrt((s − nη) / (1 + γ(h + 2)))
//! |q − x| ≥ D̂ − δ                            (triangle inequality)
//! ```
//!
//! The error is relative: nothing cancels, however far from the origin the vectors are.
//!
//! **Squared distance in expanded form.** `e = fl(|q|² − 2a + |x̂|²)` with the norms rounded to f32 and
//! two more roundings, of magnitudes at most `|q|² + 2|q||x̂| + |x̂|² = (|q| + |x̂|)²`:
//!
//! ```text
//! |e − D̂²| ≤ γ(h + 3) (|q| + |x| + δ)² + 2nη
//! ```
//!
//! an absolute error that grows with the norms, not with the distance: for vectors offset by 1000 it
//! says nothing, and the scan must be widened or taken by differences ([`crate::certify`]).
//!
//! The canonical score is itself rounded in f64. Its depth is below `2¹⁴` roundings of `2⁻⁵³`, so
//! under `2⁻³⁹` of the same magnitudes, where `γ` is at least `2⁻²³`: [`SLACK`] on `E` and `γ` covers
//! that, and the roundings of evaluating the bound in f64.

use crate::codec::Facts;
use crate::engine::Metric;

/// What bounds are multiplied by, to cover roundings in f64.
pub const SLACK: f64 = 1.0 + 1.0 / 1024.0;

/// More than the error of a product that underflows.
pub const UNDERFLOW: f64 = f32::MIN_POSITIVE as f64;

/// `γ(h)`: how far the product of `h` factors `1 ± 2⁻²⁴` can be from 1. `h` is below `2²³`.
pub fn gamma(roundings: usize) -> f64 {
    let sum = roundings as f64 / (1u64 << 24) as f64;
    sum / (1.0 - sum)
}

/// The bound for one query.
#[derive(Debug, Clone, Copy)]
pub struct Bound {
    metric: Metric,
    norm: f64,
    gamma: f64,
    underflow: f64,
}

impl Bound {
    /// For a query of this canonical norm and length, and sums whose terms pass at most `depth`
    /// roundings (a product's own included).
    pub fn new(metric: Metric, norm: f64, dimension: usize, depth: usize) -> Self {
        Self {
            metric,
            norm,
            gamma: SLACK * gamma(depth + 2),
            underflow: SLACK * 2.0 * dimension as f64 * UNDERFLOW,
        }
    }

    /// A lower bound on the canonical cost of a row, from what the scan computed: `fl(q · x̂)`, or
    /// `fl(Σ (qᵢ − x̂ᵢ)²)` for [`Metric::L2`]. Negative infinity or NaN where nothing is known.
    #[inline(always)]
    pub fn floor(&self, scanned: f32, row: &Facts) -> f64 {
        if !scanned.is_finite() {
            return f64::NEG_INFINITY;
        }
        let scanned = f64::from(scanned);
        match self.metric {
            Metric::L2 => self.distance(scanned, row),
            Metric::InnerProduct => -(scanned + self.product_error(row)),
            Metric::Cosine => -(scanned + self.product_error(row)) / (self.norm * row.norm),
        }
    }

    /// At least `|fl(q · x̂) − q · x|`.
    #[inline(always)]
    pub fn product_error(&self, row: &Facts) -> f64 {
        let error = f64::from(row.error);
        self.norm * (self.gamma * (row.norm + error) + SLACK * error) + self.underflow
    }

    #[inline(always)]
    fn distance(&self, scanned: f64, row: &Facts) -> f64 {
        let read = (scanned - self.underflow).max(0.0) / (1.0 + self.gamma);
        if row.error == 0.0 {
            return read;
        }
        let least = (read.sqrt() - SLACK * f64::from(row.error)).max(0.0);
        least * least
    }
}

/// What a floor must pass for its row to be no rival of one with cost `cost`, equal costs of earlier
/// rows included: the canonical cost rounds to f32, and rounds no lower than this.
#[inline(always)]
pub fn ceiling(cost: f32) -> f64 {
    f64::from(cost.next_up())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{canonical, order};
    use proptest::prelude::*;

    /// The scan at its worst: one sum from left to right, every term passing every rounding.
    fn scan(metric: Metric, query: &[f32], row: &[f32]) -> f32 {
        query.iter().zip(row).fold(0.0, |sum, (q, x)| match metric {
            Metric::L2 => sum + (q - x) * (q - x),
            _ => sum + q * x,
        })
    }

    fn numbers() -> impl Strategy<Value = f32> {
        prop_oneof![
            -1.0f32..1.0,
            999.0f32..1001.0,
            any::<f32>().prop_filter("finite", |number| number.is_finite()),
        ]
    }

    proptest! {
        #[test]
        fn floors_are_below_canonical_costs(
            pairs in prop::collection::vec((numbers(), numbers()), 1..80),
            step in 0u32..3,
        ) {
            let (query, row): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
            let read: Vec<f32> =
                row.iter().map(|x| f32::from_bits(x.to_bits() >> (8 * step) << (8 * step))).collect();
            let mut facts = Facts::exact(&row);
            facts.error = (canonical::distance(&row, &read).sqrt() as f32).next_up();
            if step == 0 {
                facts.error = 0.0;
            }
            for metric in [Metric::L2, Metric::InnerProduct, Metric::Cosine] {
                let norm = canonical::norm(&query);
                let bound = Bound::new(metric, norm, query.len(), query.len());
                let floor = bound.floor(scan(metric, &query, &read), &facts);
                let score = canonical::score(metric, &query, norm, &row, facts.norm);
                let cost = order::flip(metric, score);
                prop_assert!(floor.is_nan() || floor <= ceiling(cost), "{metric} {floor} {cost}");
            }
        }
    }
}
