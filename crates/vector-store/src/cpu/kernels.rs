//! What the scan computes of a row and a group of queries, in f32 vectors of the instruction set that
//! [`pulp`] found.

use pulp::Simd;

use crate::engine::Metric;

/// Vectors of partial sums of one score, for as many queries: enough additions that do not wait for
/// one another.
const SUMS: usize = 2;

/// Roundings that a term passes: its product, the sums over whole vectors and over the rest, and the
/// sum of the partial sums in any order.
#[inline(always)]
pub(super) fn depth<S: Simd>(dimension: usize) -> usize {
    3 + dimension.div_ceil(S::F32_LANES * SUMS) + SUMS + S::F32_LANES
}

/// Inner products of a row with `N` queries, or squared distances by differences.
#[inline(always)]
pub(super) fn scores<S: Simd, const N: usize>(
    simd: S,
    metric: Metric,
    queries: [&[f32]; N],
    row: &[f32],
) -> [f32; N] {
    match metric {
        Metric::L2 => sums(simd, queries, row, |q, x, sum| {
            let difference = simd.sub_f32s(q, x);
            simd.mul_add_e_f32s(difference, difference, sum)
        }),
        Metric::InnerProduct | Metric::Cosine => sums(simd, queries, row, |q, x, sum| {
            simd.mul_add_e_f32s(q, x, sum)
        }),
    }
}

#[inline(always)]
fn sums<S: Simd, const N: usize>(
    simd: S,
    queries: [&[f32]; N],
    row: &[f32],
    add: impl Fn(S::f32s, S::f32s, S::f32s) -> S::f32s,
) -> [f32; N] {
    let mut sums = [[simd.splat_f32s(0.0); SUMS]; N];
    let (whole, rest) = S::as_simd_f32s(row);
    let parts = queries.map(|query| S::as_simd_f32s(query));
    let (pairs, last) = whole.as_chunks::<SUMS>();
    let query_pairs = parts.map(|(whole, _)| whole.as_chunks::<SUMS>());
    for (index, x) in pairs.iter().enumerate() {
        for n in 0..N {
            let q = &query_pairs[n].0[index];
            for j in 0..SUMS {
                sums[n][j] = add(q[j], x[j], sums[n][j]);
            }
        }
    }
    for (index, &x) in last.iter().enumerate() {
        for n in 0..N {
            sums[n][0] = add(query_pairs[n].1[index], x, sums[n][0]);
        }
    }
    if !rest.is_empty() {
        let x = simd.partial_load_f32s(rest);
        for n in 0..N {
            let q = simd.partial_load_f32s(parts[n].1);
            sums[n][1] = add(q, x, sums[n][1]);
        }
    }
    sums.map(|[left, right]| simd.reduce_sum_f32s(simd.add_f32s(left, right)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;

    struct Check<'a> {
        row: &'a [f32],
        queries: [&'a [f32]; 2],
    }

    impl pulp::WithSimd for Check<'_> {
        type Output = ();

        fn with_simd<S: Simd>(self, simd: S) {
            let Self { row, queries } = self;
            let products = scores(simd, Metric::InnerProduct, queries, row);
            let distances = scores(simd, Metric::L2, queries, row);
            for n in 0..2 {
                let product = canonical::dot(queries[n], row) as f32;
                let distance = canonical::distance(queries[n], row) as f32;
                assert!((products[n] - product).abs() < 1e-4, "{}", row.len());
                assert!((distances[n] - distance).abs() < 1e-4, "{}", row.len());
            }
            assert!(depth::<S>(row.len()) > row.len() / (SUMS * S::F32_LANES));
        }
    }

    #[test]
    fn scores_are_near_the_canonical_ones() {
        for dimension in [1, 7, 8, 16, 17, 24, 100, 128] {
            let vector = |seed: usize| -> Vec<f32> {
                (0..dimension)
                    .map(|i| ((i * 31 + seed * 17) as f32).sin())
                    .collect()
            };
            let (row, left, right) = (vector(0), vector(1), vector(2));
            let queries = [&left[..], &right[..]];
            pulp::Arch::new().dispatch(Check { row: &row, queries });
            pulp::WithSimd::with_simd(Check { row: &row, queries }, pulp::Scalar);
        }
    }
}
