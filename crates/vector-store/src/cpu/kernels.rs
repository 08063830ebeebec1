//! What the scan computes of a row and a group of queries, in f32. The loops have fixed widths, so
//! that the compiler makes vector code of them for the instruction set that [`pulp`] picked.

use crate::engine::Metric;

/// Partial sums of one score.
const LANES: usize = 16;

/// Roundings that a term passes: its product, its partial sum, and the tree of the partial sums.
pub(super) fn depth(dimension: usize) -> usize {
    1 + dimension.div_ceil(LANES) + LANES.ilog2() as usize
}

/// Inner products of a row with `N` queries, or squared distances by differences.
#[inline(always)]
pub(super) fn scores<const N: usize>(
    metric: Metric,
    queries: [&[f32]; N],
    row: &[f32],
) -> [f32; N] {
    match metric {
        Metric::L2 => sums(queries, row, |q, x| (q - x) * (q - x)),
        Metric::InnerProduct | Metric::Cosine => sums(queries, row, |q, x| q * x),
    }
}

#[inline(always)]
fn sums<const N: usize>(
    queries: [&[f32]; N],
    row: &[f32],
    term: impl Fn(f32, f32) -> f32,
) -> [f32; N] {
    let mut sums = [[0.0f32; LANES]; N];
    let (whole, rest) = row.as_chunks::<LANES>();
    let parts = queries.map(|query| query.as_chunks::<LANES>());
    for (index, x) in whole.iter().enumerate() {
        for n in 0..N {
            let q = &parts[n].0[index];
            for lane in 0..LANES {
                sums[n][lane] += term(q[lane], x[lane]);
            }
        }
    }
    for n in 0..N {
        for (lane, (&q, &x)) in parts[n].1.iter().zip(rest).enumerate() {
            sums[n][lane] += term(q, x);
        }
    }
    sums.map(tree)
}

#[inline(always)]
fn tree(mut sums: [f32; LANES]) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            sums[lane] += sums[lane + width];
        }
        width /= 2;
    }
    sums[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;

    #[test]
    fn scores_are_near_the_canonical_ones() {
        for dimension in [1, 7, 16, 17, 100, 128] {
            let vector = |seed: usize| -> Vec<f32> {
                (0..dimension)
                    .map(|i| ((i * 31 + seed * 17) as f32).sin())
                    .collect()
            };
            let (row, queries) = (vector(0), [vector(1), vector(2)]);
            let slices = [&queries[0][..], &queries[1][..]];
            let products = scores(Metric::InnerProduct, slices, &row);
            let distances = scores(Metric::L2, slices, &row);
            for n in 0..2 {
                let product = canonical::dot(&queries[n], &row) as f32;
                let distance = canonical::distance(&queries[n], &row) as f32;
                assert!((products[n] - product).abs() < 1e-4, "{dimension}");
                assert!((distances[n] - distance).abs() < 1e-4, "{dimension}");
            }
        }
    }
}
