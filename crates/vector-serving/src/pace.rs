//! How many queries are searched for at a time.

use std::time::Duration;

/// Groups that take longer are halved: so long a server that ends waits for one.
const LONG: Duration = Duration::from_millis(250);

/// Groups that take less are doubled: their launches begin to count.
const SHORT: Duration = Duration::from_millis(50);

/// Queries of a group, by how long the last ones took.
#[derive(Debug)]
pub(crate) struct Pace {
    queries: usize,
    most: usize,
}

impl Pace {
    /// Begins with few queries.
    pub(crate) fn new(most: usize) -> Self {
        let queries = 16.min(most);
        Self { queries, most }
    }

    /// Queries of the next group.
    pub(crate) fn queries(&self) -> usize {
        self.queries
    }

    /// Takes down how long a group took.
    pub(crate) fn took(&mut self, queries: usize, time: Duration) {
        if time > LONG {
            self.queries = (queries / 2).max(1);
        } else if time < SHORT && queries >= self.queries {
            self.queries = (self.queries * 2).min(self.most);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_grow_while_they_are_quick_and_shrink_when_they_are_slow() {
        let mut pace = Pace::new(100);
        let mut sizes = vec![pace.queries()];
        let (quick, slow) = (Duration::from_millis(1), Duration::from_secs(9));
        for time in [quick, quick, quick, quick, slow, Duration::from_millis(99)] {
            pace.took(pace.queries(), time);
            sizes.push(pace.queries());
        }
        assert_eq!(sizes, [16, 32, 64, 100, 100, 50, 50]);
        pace.took(3, quick);
        assert_eq!(pace.queries(), 50, "few queries say nothing of many");
        pace.took(1, slow);
        assert_eq!(pace.queries(), 1);
    }
}
