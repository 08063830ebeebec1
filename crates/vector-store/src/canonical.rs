//! Canonical scores: defined to the bit, the same on every engine.
//!
//! All arithmetic is in f64, rounded to nearest even, without contraction. A sum over a vector is
//! taken in [`LANES`] interleaved partial sums, element `i` into sum `i % LANES` in ascending order
//! from +0, and the partial sums are added as a tree: `j` and `j + 4`, then `j` and `j + 2`, then the
//! last two.
//!
//! - inner product: the sum of `q[i] · x[i]`. A product of two f32 is exact in f64, so a fused
//!   multiply-add gives the same bits here.
//! - squared distance: the sum of `d · d` with `d = q[i] − x[i]`, each operation rounded; no fused
//!   multiply-add here.
//! - cosine: `dot / (|q| · |x|)` with `|v| = sqrt(v · v)`, its sums as above; +0 where either norm
//!   is 0. `|v|` is 0 for zero vectors alone: the square of the smallest f32 is a normal f64.
//!
//! The result is rounded to f32 (to an infinity where it is too large) and +0 is added, so that
//! there is no negative zero.

use crate::engine::Metric;

/// Interleaved partial sums.
pub const LANES: usize = 8;

/// The inner product in f64.
#[inline(always)]
pub fn dot(left: &[f32], right: &[f32]) -> f64 {
    sum(left, right, |l, r| f64::from(l) * f64::from(r))
}

/// The squared Euclidean distance in f64.
#[inline(always)]
pub fn distance(left: &[f32], right: &[f32]) -> f64 {
    sum(left, right, |l, r| {
        let difference = f64::from(l) - f64::from(r);
        difference * difference
    })
}

/// The Euclidean norm in f64.
#[inline(always)]
pub fn norm(vector: &[f32]) -> f64 {
    dot(vector, vector).sqrt()
}

/// The score of a query and a row of equal length, given their norms (which only the cosine reads).
#[inline(always)]
pub fn score(metric: Metric, query: &[f32], query_norm: f64, row: &[f32], row_norm: f64) -> f32 {
    match metric {
        Metric::L2 => rounded(distance(query, row)),
        Metric::InnerProduct => rounded(dot(query, row)),
        Metric::Cosine => cosine(dot(query, row), query_norm, row_norm),
    }
}

/// The score of an inner product and two norms under the cosine.
#[inline(always)]
pub fn cosine(dot: f64, query_norm: f64, row_norm: f64) -> f32 {
    let norms = query_norm * row_norm;
    if norms == 0.0 {
        0.0
    } else {
        rounded(dot / norms)
    }
}

/// A score as it is returned.
#[inline(always)]
pub fn rounded(score: f64) -> f32 {
    score as f32 + 0.0
}

#[inline(always)]
fn sum(left: &[f32], right: &[f32], term: impl Fn(f32, f32) -> f64) -> f64 {
    let mut sums = [0.0f64; LANES];
    let (whole_left, rest_left) = left.as_chunks::<LANES>();
    let (whole_right, rest_right) = right.as_chunks::<LANES>();
    for (l, r) in whole_left.iter().zip(whole_right) {
        sums = added(sums, l, r, &term);
    }
    // The term of two zeros is +0, which changes no partial sum: none is −0.
    tree(added(sums, &padded(rest_left), &padded(rest_right), &term))
}

#[inline(always)]
fn added(
    sums: [f64; LANES],
    left: &[f32; LANES],
    right: &[f32; LANES],
    term: impl Fn(f32, f32) -> f64,
) -> [f64; LANES] {
    std::array::from_fn(|j| sums[j] + term(left[j], right[j]))
}

#[inline(always)]
fn padded(rest: &[f32]) -> [f32; LANES] {
    std::array::from_fn(|j| rest.get(j).copied().unwrap_or(0.0))
}

#[inline(always)]
fn tree(s: [f64; LANES]) -> f64 {
    let half = [s[0] + s[4], s[1] + s[5], s[2] + s[6], s[3] + s[7]];
    (half[0] + half[2]) + (half[1] + half[3])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_the_sum_is_as_written() {
        for length in [0, 1, 8, 21] {
            check(length);
        }
    }

    fn check(length: usize) {
        let numbers: Vec<f32> = (0..length)
            .map(|i| (i as f32 * 0.37).sin() * -1e3)
            .collect();
        let ones = vec![1.0f32; numbers.len()];
        let mut sums = [0.0f64; 8];
        for (i, &number) in numbers.iter().enumerate() {
            sums[i % 8] += f64::from(number);
        }
        let pairs: Vec<f64> = (0..4).map(|j| sums[j] + sums[j + 4]).collect();
        let expected = (pairs[0] + pairs[2]) + (pairs[1] + pairs[3]);
        assert_eq!(dot(&numbers, &ones).to_bits(), expected.to_bits());
    }

    #[test]
    fn scores_at_the_edges() {
        let score = |metric, q: &[f32], x: &[f32]| score(metric, q, norm(q), x, norm(x));
        assert_eq!(score(Metric::Cosine, &[0.0, 0.0], &[1.0, 2.0]), 0.0);
        assert_eq!(score(Metric::Cosine, &[1e-45, 0.0], &[1e-45, 0.0]), 1.0);
        assert_eq!(score(Metric::Cosine, &[3e38, 0.0], &[-3e38, 0.0]), -1.0);
        let tiny = score(Metric::InnerProduct, &[-1e-30], &[1e-30]);
        assert_eq!(tiny.to_bits(), 0, "no negative zero");
        assert_eq!(score(Metric::InnerProduct, &[1e30], &[1e30]), f32::INFINITY);
        assert_eq!(score(Metric::L2, &[1e30], &[-1e30]), f32::INFINITY);
        assert_eq!(score(Metric::L2, &[1003.0, 999.0], &[1000.0, 1003.0]), 25.0);
    }
}
