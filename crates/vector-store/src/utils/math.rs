//! Vectors compared one by one, on the host.

/// Single comparisons. Sums are [canonical](crate::canonical): in f64, rounded at the end.
pub mod vector_math {
    use crate::canonical::{self, norm, rounded};
    use crate::engine::Metric;

    /// The cosine of the angle; 0 for vectors of unequal length, and where one is zero.
    pub fn cosine_similarity(a: &[f32], b: &[f32]) -> f32 {
        match a.len() == b.len() {
            true => canonical::score(Metric::Cosine, a, norm(a), b, norm(b)),
            false => 0.0,
        }
    }

    /// The Euclidean distance; infinite for vectors of unequal length.
    pub fn euclidean_distance(a: &[f32], b: &[f32]) -> f32 {
        match a.len() == b.len() {
            true => rounded(canonical::distance(a, b)).sqrt(),
            false => f32::INFINITY,
        }
    }

    /// The inner product; 0 for vectors of unequal length.
    pub fn dot_product(a: &[f32], b: &[f32]) -> f32 {
        match a.len() == b.len() {
            true => rounded(canonical::dot(a, b)),
            false => 0.0,
        }
    }

    /// Divides a vector by its length; zero stays zero.
    pub fn normalize_vector(v: &mut [f32]) {
        let length = norm(v);
        if length > 0.0 {
            v.iter_mut()
                .for_each(|x| *x = (f64::from(*x) / length) as f32);
        }
    }

    /// The length.
    pub fn vector_magnitude(v: &[f32]) -> f32 {
        rounded(norm(v))
    }
}

/// Similarities: larger is better.
pub mod similarity_calculations {
    use super::vector_math::{cosine_similarity, dot_product, euclidean_distance};
    use crate::types::GpuDistanceMetric;

    /// What a storage with this metric says of two vectors; a distance `d` is `1 / (1 + d)`.
    pub fn calculate_similarity(a: &[f32], b: &[f32], metric: GpuDistanceMetric) -> f32 {
        match metric {
            GpuDistanceMetric::Cosine => cosine_similarity(a, b),
            GpuDistanceMetric::Euclidean => 1.0 / (1.0 + euclidean_distance(a, b)),
            GpuDistanceMetric::DotProduct => dot_product(a, b),
        }
    }

    /// The similarity of each vector to the query.
    pub fn batch_similarity(
        query: &[f32],
        vectors: &[Vec<f32>],
        metric: GpuDistanceMetric,
    ) -> Vec<f32> {
        let similarity = |vector: &Vec<f32>| calculate_similarity(query, vector, metric);
        vectors.iter().map(similarity).collect()
    }

    /// The `k` vectors most similar to the query with their numbers, best first; of equally good ones
    /// those with smaller numbers.
    pub fn top_k_similar(
        query: &[f32],
        vectors: &[Vec<f32>],
        k: usize,
        metric: GpuDistanceMetric,
    ) -> Vec<(usize, f32)> {
        let similarities = batch_similarity(query, vectors, metric);
        let mut best: Vec<(usize, f32)> = similarities.into_iter().enumerate().collect();
        best.sort_by(|left, right| right.1.total_cmp(&left.1));
        best.truncate(k);
        best
    }
}
