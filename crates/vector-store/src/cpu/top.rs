//! The best keys so far.

use std::collections::BinaryHeap;

use crate::bound;
use crate::order;

/// The best `k` keys of those that were offered.
#[derive(Debug, Clone)]
pub(super) struct Top {
    k: usize,
    keys: BinaryHeap<u64>,
    ceiling: f64,
}

impl Top {
    /// Room for `k` keys, at least 1.
    pub(super) fn new(k: usize) -> Self {
        Self {
            k,
            keys: BinaryHeap::new(),
            ceiling: f64::INFINITY,
        }
    }

    /// What a row's floor must pass for the row to be no rival.
    #[inline(always)]
    pub(super) fn ceiling(&self) -> f64 {
        self.ceiling
    }

    pub(super) fn offer(&mut self, key: u64) {
        if self.keys.len() < self.k {
            self.keys.push(key);
        } else if let Some(mut worst) = self.keys.peek_mut()
            && key < *worst
        {
            *worst = key;
        }
        if self.keys.len() == self.k
            && let Some(&worst) = self.keys.peek()
        {
            self.ceiling = bound::ceiling(order::cost(worst));
        }
    }

    /// The keys, in no order.
    pub(super) fn into_keys(self) -> Vec<u64> {
        self.keys.into_vec()
    }
}

/// The best `k` keys of several, best first.
pub(super) fn merge(k: usize, mut keys: Vec<u64>) -> Vec<u64> {
    if k < keys.len() {
        keys.select_nth_unstable(k);
        keys.truncate(k);
    }
    keys.sort_unstable();
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_stay() {
        let mut top = Top::new(3);
        for (row, cost) in [5.0f32, 1.0, 3.0, 1.0, 2.0, 9.0].into_iter().enumerate() {
            top.offer(order::key(cost, row as u32));
        }
        assert_eq!(top.ceiling(), f64::from(2.0f32.next_up()));
        let rows: Vec<u32> = merge(5, top.into_keys())
            .into_iter()
            .map(order::row)
            .collect();
        assert_eq!(rows, [1, 3, 4]);
    }
}
