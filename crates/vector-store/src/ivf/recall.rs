//! How much of the exact answer an approximate one has.

use crate::engine::{Hit, Metric};
use crate::order;

/// How much of the exact answers approximate ones had.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recall {
    /// Of all exact results together, the part that was found: 0 to 1.
    pub mean: f64,
    /// The same of the query with the least.
    pub least: f64,
    /// How many queries were found whole.
    pub whole: usize,
    /// How many queries there were.
    pub queries: usize,
}

/// Compares what was found with the exact answers, query by query.
///
/// A result counts where it is as good as the worst of the exact ones: of rows with equal scores
/// each is a right answer.
pub fn recall(metric: Metric, found: &[Vec<Hit>], exact: &[Vec<Hit>]) -> Recall {
    let parts: Vec<(usize, usize)> = found
        .iter()
        .zip(exact)
        .map(|(found, exact)| (good(metric, found, exact), exact.len()))
        .collect();
    let part = |(good, all): (usize, usize)| {
        if all == 0 {
            1.0
        } else {
            good as f64 / all as f64
        }
    };
    let sum = parts
        .iter()
        .fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
    Recall {
        mean: part(sum),
        least: parts.iter().copied().map(part).fold(1.0, f64::min),
        whole: parts.iter().filter(|(good, all)| good == all).count(),
        queries: parts.len(),
    }
}

fn good(metric: Metric, found: &[Hit], exact: &[Hit]) -> usize {
    let cost = |hit: &Hit| order::flip(metric, hit.score);
    let Some(worst) = exact.last().map(cost) else {
        return 0;
    };
    found
        .iter()
        .filter(|hit| cost(hit) <= worst)
        .count()
        .min(exact.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(scores: &[f32]) -> Vec<Hit> {
        let hit = |(row, score): (usize, &f32)| Hit {
            row: row as u32,
            score: *score,
        };
        scores.iter().enumerate().map(hit).collect()
    }

    #[test]
    fn equal_scores_are_equally_right() {
        let exact = [hits(&[1.0, 2.0]), hits(&[1.0, 1.0]), hits(&[])];
        let found = [hits(&[1.0, 3.0]), hits(&[1.0, 1.0]), hits(&[])];
        let recall = recall(Metric::L2, &found, &exact);
        assert_eq!((recall.mean, recall.least), (0.75, 0.5));
        assert_eq!((recall.whole, recall.queries), (2, 3));
    }
}
