//! The order of results: the better score first, and of equal ones the earlier row.
//!
//! A *cost* is a score turned so that smaller is better: the squared distance itself, or the negated
//! similarity. A *key* is the cost as an ordered number above the row: keys compare as results do.

use crate::engine::Metric;

/// An integer that compares as `cost` does. NaN has no place in it: callers have none.
pub fn ordered(cost: f32) -> u32 {
    let bits = cost.to_bits();
    if bits >> 31 == 1 {
        !bits
    } else {
        bits | 1 << 31
    }
}

/// The cost behind [`ordered`].
pub fn unordered(bits: u32) -> f32 {
    f32::from_bits(if bits >> 31 == 1 {
        bits & !(1 << 31)
    } else {
        !bits
    })
}

/// The key of a row with this cost; smaller keys come first.
pub fn key(cost: f32, row: u32) -> u64 {
    u64::from(ordered(cost)) << 32 | u64::from(row)
}

/// The row of a key.
pub fn row(key: u64) -> u32 {
    key as u32
}

/// The cost of a key.
pub fn cost(key: u64) -> f32 {
    unordered((key >> 32) as u32)
}

/// A score as a cost, or a cost as a score. Scores have no negative zero, and neither have costs.
pub fn flip(metric: Metric, value: f32) -> f32 {
    match metric {
        Metric::L2 => value,
        Metric::InnerProduct | Metric::Cosine => 0.0 - value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_compare_as_costs_then_rows() {
        let costs = [
            f32::NEG_INFINITY,
            -1e30,
            -1.0,
            -1e-40,
            0.0,
            1e-40,
            1.0,
            f32::MAX,
            f32::INFINITY,
        ];
        for pair in costs.windows(2) {
            assert!(key(pair[0], u32::MAX) < key(pair[1], 0), "{pair:?}");
            assert!(key(pair[0], 3) < key(pair[0], 4));
        }
        for value in costs {
            assert_eq!(cost(key(value, 7)), value);
            assert_eq!(row(key(value, 7)), 7);
        }
    }

    #[test]
    fn zero_has_one_cost() {
        assert_eq!(flip(Metric::Cosine, 0.0).to_bits(), 0);
        assert_eq!(flip(Metric::Cosine, 0.5), -0.5);
        assert_eq!(flip(Metric::L2, 0.5), 0.5);
    }
}
