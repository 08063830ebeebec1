//! Which shard has which rows.

use std::ops::Range;

use crate::bitset::Bitset;

/// Rows that follow one another in a shard too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    row: usize,
    shard: usize,
    local: usize,
    count: usize,
}

impl Piece {
    fn rows(&self) -> Range<usize> {
        self.row..self.row + self.count
    }
}

/// Where each row is: pieces by row. A row in no piece is gone.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    pieces: Vec<Piece>,
    /// For each shard its pieces, by local row.
    of_shard: Vec<Vec<Piece>>,
    rows: usize,
}

impl Places {
    pub(super) fn len(&self) -> usize {
        self.rows
    }

    pub(super) fn last_shard(&self) -> Option<usize> {
        self.pieces.last().map(|piece| piece.shard)
    }

    /// The next `count` rows are in a shard from its row `local` on.
    pub(super) fn push(&mut self, shard: usize, local: usize, count: usize) {
        self.put(Piece {
            row: self.rows,
            shard,
            local,
            count,
        });
    }

    fn put(&mut self, piece: Piece) {
        self.rows = self.rows.max(piece.row + piece.count);
        if self.of_shard.len() <= piece.shard {
            self.of_shard.resize(piece.shard + 1, Vec::new());
        }
        extend(&mut self.pieces, piece);
        extend(&mut self.of_shard[piece.shard], piece);
    }

    /// The shard of a row, its row there, and how many follow one another from it on.
    pub(super) fn run(&self, row: usize) -> Option<(usize, usize, usize)> {
        let after = self.pieces.partition_point(|piece| piece.row <= row);
        let piece = self.pieces.get(after.checked_sub(1)?)?;
        let skipped = row - piece.row;
        (skipped < piece.count).then(|| (piece.shard, piece.local + skipped, piece.count - skipped))
    }

    /// How many rows from `row` on are in no piece.
    pub(super) fn gone(&self, row: usize) -> usize {
        let after = self
            .pieces
            .partition_point(|piece| piece.row + piece.count <= row);
        let next = self.pieces.get(after).map_or(self.rows, |piece| piece.row);
        next.saturating_sub(row)
    }

    /// The row that is in a shard at `local`.
    pub(super) fn row(&self, shard: usize, local: usize) -> Option<usize> {
        let pieces = self.of_shard.get(shard)?;
        let after = pieces.partition_point(|piece| piece.local <= local);
        let piece = pieces.get(after.checked_sub(1)?)?;
        (local < piece.local + piece.count).then(|| piece.row + local - piece.local)
    }

    /// How many rows before `row` a shard has.
    pub(super) fn count_before(&self, shard: usize, row: usize) -> usize {
        let pieces = self.of_shard.get(shard).map_or(&[][..], Vec::as_slice);
        let before = pieces.iter().filter(|piece| piece.row < row);
        before
            .map(|piece| piece.local + piece.count.min(row - piece.row))
            .max()
            .unwrap_or(0)
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        let cut = |pieces: &mut Vec<Piece>| {
            pieces.retain(|piece| piece.row < rows);
            for piece in pieces {
                piece.count = piece.count.min(rows - piece.row);
            }
        };
        cut(&mut self.pieces);
        self.of_shard.iter_mut().for_each(cut);
        self.rows = self.rows.min(rows);
    }

    /// What a set of rows is in each shard, whose lengths these are.
    pub(super) fn split(&self, set: &Bitset, lengths: &[usize]) -> Vec<Bitset> {
        let set_of = |(shard, &length): (usize, &usize)| {
            let pieces = self.of_shard.get(shard).map_or(&[][..], Vec::as_slice);
            let mut words = vec![0u64; length.div_ceil(64)];
            for piece in pieces {
                copy_bits(set, piece, &mut words);
            }
            Bitset::from_words(words, length)
        };
        lengths.iter().enumerate().map(set_of).collect()
    }

    /// The parts of ascending ranges of rows that are in a shard, as its rows.
    pub(super) fn split_ranges(&self, ranges: &[Range<usize>], shard: usize) -> Vec<Range<usize>> {
        let pieces = self.of_shard.get(shard).map_or(&[][..], Vec::as_slice);
        let mut parts: Vec<Range<usize>> = Vec::new();
        for range in ranges {
            let first = pieces.partition_point(|piece| piece.rows().end <= range.start);
            for piece in pieces[first..]
                .iter()
                .take_while(|piece| piece.row < range.end)
            {
                let begin = piece.local + range.start.saturating_sub(piece.row);
                let end = piece.local + piece.count.min(range.end - piece.row);
                match parts.last_mut() {
                    Some(last) if last.end == begin => last.end = end,
                    _ => parts.push(begin..end),
                }
            }
        }
        parts
    }

    /// The places after the shards that `is_compacted` names dropped all rows that are not in
    /// `keep`; rows keep their numbers.
    pub(super) fn without(&self, keep: &Bitset, is_compacted: impl Fn(usize) -> bool) -> Self {
        let mut places = Self::default();
        let mut next = vec![0; self.of_shard.len()];
        for piece in &self.pieces {
            if !is_compacted(piece.shard) {
                places.put(*piece);
                continue;
            }
            for row in piece.rows().filter(|&row| keep.get(row)) {
                let local = next[piece.shard];
                next[piece.shard] += 1;
                places.put(Piece {
                    row,
                    local,
                    count: 1,
                    ..*piece
                });
            }
        }
        places.rows = self.rows;
        places
    }

    /// The same with rows numbered anew, without gaps.
    pub(super) fn closed(&self) -> Self {
        let mut places = Self::default();
        for piece in &self.pieces {
            places.push(piece.shard, piece.local, piece.count);
        }
        places
    }
}

/// Appends a piece, or makes the last one longer.
fn extend(pieces: &mut Vec<Piece>, piece: Piece) {
    match pieces.last_mut() {
        Some(last)
            if last.shard == piece.shard
                && last.local + last.count == piece.local
                && last.row + last.count == piece.row =>
        {
            last.count += piece.count;
        }
        _ => pieces.push(piece),
    }
}

/// Copies the bits of a piece's rows to its places in a shard, up to 64 at a time.
fn copy_bits(set: &Bitset, piece: &Piece, words: &mut [u64]) {
    let mut done = 0;
    while done < piece.count {
        let (from, to) = (piece.row + done, piece.local + done);
        let count = (64 - to % 64).min(piece.count - done);
        let (word, shift) = (from / 64, from % 64);
        let high = if shift == 0 {
            0
        } else {
            set.word(word + 1) << (64 - shift)
        };
        let mask = u64::MAX >> (64 - count);
        words[to / 64] |= ((set.word(word) >> shift | high) & mask) << (to % 64);
        done += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Places {
        fn place(&self, row: usize) -> Option<(usize, usize)> {
            self.run(row).map(|(shard, local, _)| (shard, local))
        }
    }

    /// Pieces of odd lengths over three shards.
    fn places() -> Places {
        let mut places = Places::default();
        let mut lengths = [0; 3];
        for (number, count) in [100, 7, 64, 1, 130, 63, 65].into_iter().enumerate() {
            let shard = number * 2 % 3;
            places.push(shard, lengths[shard], count);
            lengths[shard] += count;
        }
        places
    }

    fn lengths(places: &Places) -> Vec<usize> {
        (0..3)
            .map(|shard| places.count_before(shard, places.len()))
            .collect()
    }

    #[test]
    fn rows_are_where_they_are_said_to_be() {
        let places = places();
        for row in 0..places.len() {
            let (shard, local) = places.place(row).unwrap();
            assert_eq!(places.row(shard, local), Some(row));
        }
        assert_eq!(places.place(places.len()), None);
        assert_eq!(lengths(&places).iter().sum::<usize>(), places.len());
    }

    #[test]
    fn sets_and_ranges_are_split_bit_by_bit() {
        let places = places();
        let set = Bitset::from_fn(places.len(), |row| row * row % 7 < 3);
        let ranges = [3..50, 50..51, 99..180, 200..places.len()];
        let split = places.split(&set, &lengths(&places));
        for row in 0..places.len() {
            let (shard, local) = places.place(row).unwrap();
            assert_eq!(split[shard].get(local), set.get(row), "{row}");
            let parts = places.split_ranges(&ranges, shard);
            let is_in = |ranges: &[Range<usize>], row| ranges.iter().any(|r| r.contains(&row));
            assert_eq!(is_in(&parts, local), is_in(&ranges, row), "{row}");
        }
    }

    #[test]
    fn what_one_shard_dropped_is_gone_and_the_rest_keeps_its_number() {
        let places = places();
        let keep = Bitset::from_fn(places.len(), |row| row % 3 != 0);
        let half = places.without(&keep, |shard| shard == 0);
        assert_eq!(half.len(), places.len());
        for row in 0..places.len() {
            let (shard, local) = places.place(row).unwrap();
            match half.place(row) {
                Some((now, _)) if shard == 0 => assert!(now == 0 && keep.get(row)),
                Some(place) => assert_eq!(place, (shard, local)),
                None => assert!(shard == 0 && !keep.get(row)),
            }
        }
        let all = places.without(&keep, |_| true).closed();
        assert_eq!(all.len(), keep.count());
    }
}
