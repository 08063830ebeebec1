//! Sets of rows.

use std::sync::atomic::{AtomicU64, Ordering};

/// A set of rows: bit `row % 64` of word `row / 64` says whether `row` is in it. Rows past its
/// length are not. Unused bits of the last word are zero.
///
/// Each change gives it another [`version`](Self::version), so that a device can keep a copy.
#[derive(Debug, Clone)]
pub struct Bitset {
    words: Vec<u64>,
    len: usize,
    version: u64,
}

impl Bitset {
    /// A set over `len` rows with all of them or none.
    pub fn new(len: usize, value: bool) -> Self {
        let word = if value { u64::MAX } else { 0 };
        let mut set = Self {
            words: vec![word; len.div_ceil(64)],
            len,
            version: next_version(),
        };
        set.trim();
        set
    }

    /// The rows below `len` for which `contains` is true; it is asked once for each, in order.
    pub fn from_fn(len: usize, mut contains: impl FnMut(usize) -> bool) -> Self {
        let mut set = Self::new(len, false);
        for row in (0..len).filter(|&row| contains(row)) {
            set.words[row / 64] |= 1 << (row % 64);
        }
        set
    }

    /// The set over `len` rows with these words, of which missing ones are zero.
    pub fn from_words(mut words: Vec<u64>, len: usize) -> Self {
        words.resize(len.div_ceil(64), 0);
        let mut set = Self {
            words,
            len,
            version: next_version(),
        };
        set.trim();
        set
    }

    /// How many rows it is over.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it is over no rows.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// A number that no other content has in this process: equal versions mean equal sets.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Whether `row` is in the set.
    pub fn get(&self, row: usize) -> bool {
        row < self.len && self.words[row / 64] >> (row % 64) & 1 == 1
    }

    /// Puts a row in or takes it out; one past the length is ignored.
    pub fn set(&mut self, row: usize, value: bool) {
        if row >= self.len {
            return;
        }
        let bit = 1 << (row % 64);
        let word = &mut self.words[row / 64];
        *word = if value { *word | bit } else { *word & !bit };
        self.version = next_version();
    }

    /// Makes it be over `len` rows; new ones are in it as `value` says.
    pub fn resize(&mut self, len: usize, value: bool) {
        let old = self.len;
        self.words.resize(len.div_ceil(64), 0);
        self.len = len;
        self.trim();
        if value && old < len {
            self.fill(old, len);
        }
        self.version = next_version();
    }

    /// How many rows are in the set.
    pub fn count(&self) -> usize {
        self.words
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    /// The rows in the set, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(index, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros() as usize;
                (left != 0).then(|| {
                    left &= left - 1;
                    index * 64 + bit
                })
            })
        })
    }

    /// The words, lowest rows first.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// Word `index`, zero past the end.
    pub fn word(&self, index: usize) -> u64 {
        self.words.get(index).copied().unwrap_or(0)
    }

    /// The rows of both; as long as `self`.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        self.combine(other, |left, right| left & right)
    }

    /// The rows of either that `self` is over.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        self.combine(other, |left, right| left | right)
    }

    /// The rows that are not in it.
    #[must_use]
    pub fn not(&self) -> Self {
        self.combine(self, |word, _| !word)
    }

    fn combine(&self, other: &Self, of: impl Fn(u64, u64) -> u64) -> Self {
        let words = self.words.iter().enumerate();
        let mut set = Self {
            words: words.map(|(i, &word)| of(word, other.word(i))).collect(),
            len: self.len,
            version: next_version(),
        };
        set.trim();
        set
    }

    fn fill(&mut self, start: usize, end: usize) {
        for (index, word) in self.words.iter_mut().enumerate().skip(start / 64) {
            let base = index * 64;
            let low = start.saturating_sub(base).min(64);
            let high = (end - base).min(64);
            *word |= ones(high) & !ones(low);
        }
    }

    fn trim(&mut self) {
        if let Some(last) = self.words.last_mut() {
            *last &= ones((self.len - 1) % 64 + 1);
        }
    }
}

/// A word whose lowest `bits` are ones.
fn ones(bits: usize) -> u64 {
    if bits >= 64 {
        u64::MAX
    } else {
        (1 << bits) - 1
    }
}

fn next_version() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resizing_keeps_what_is_there() {
        for (from, to) in [(0, 1), (3, 64), (64, 65), (63, 200), (130, 10), (70, 70)] {
            for value in [false, true] {
                let mut set = Bitset::from_fn(from, |row| row % 3 == 0);
                set.resize(to, value);
                let expected = |row: usize| {
                    if row < from {
                        row.is_multiple_of(3)
                    } else {
                        value
                    }
                };
                let rows: Vec<usize> = (0..to).filter(|&row| expected(row)).collect();
                assert_eq!(set.iter().collect::<Vec<_>>(), rows, "{from} {to} {value}");
                assert_eq!(set.count(), rows.len());
                assert_eq!(set.words().len(), to.div_ceil(64));
            }
        }
    }

    #[test]
    fn sets_combine() {
        let even = Bitset::from_fn(100, |row| row % 2 == 0);
        let low = Bitset::from_fn(10, |_| true);
        assert_eq!(even.and(&low).iter().collect::<Vec<_>>(), [0, 2, 4, 6, 8]);
        assert_eq!(low.or(&even).count(), 10);
        assert_eq!(even.not().count(), 50);
        assert!(!low.get(10) && low.get(9));
    }

    #[test]
    fn a_change_is_another_version() {
        let mut set = Bitset::new(5, true);
        let before = set.version();
        assert_eq!(set.clone().version(), before);
        set.set(2, false);
        assert_ne!(set.version(), before);
        assert!(!set.get(2));
    }
}
