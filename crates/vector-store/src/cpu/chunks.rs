//! Rows in pieces of equal size: growing copies nothing.

use std::collections::TryReserveError;

/// Bytes of a piece, about.
const PIECE: usize = 4 << 20;

/// Rows of `width` values each.
#[derive(Debug, Default)]
pub(super) struct Chunks<T> {
    width: usize,
    /// Rows of a piece: a power of two.
    per_piece: usize,
    pieces: Vec<Vec<T>>,
    rows: usize,
}

impl<T: Copy> Chunks<T> {
    pub(super) fn new(width: usize) -> Self {
        let row = (width * size_of::<T>()).max(1);
        Self {
            width,
            per_piece: (PIECE / row).clamp(64, 1 << 16).next_power_of_two(),
            pieces: Vec::new(),
            rows: 0,
        }
    }

    /// Bytes that the pieces for so many rows take.
    pub(super) fn bytes_for(&self, rows: usize) -> usize {
        let full = rows / self.per_piece * self.per_piece;
        let values = (full + self.room(rows - full)).saturating_mul(self.width);
        values.saturating_mul(size_of::<T>())
    }

    /// Rows that a piece has room for which holds so many: the last piece grows by doubling.
    fn room(&self, rows: usize) -> usize {
        match rows {
            0 => 0,
            _ => rows.next_power_of_two().clamp(16, self.per_piece),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.pieces
            .iter()
            .map(|piece| piece.capacity() * size_of::<T>())
            .sum()
    }

    pub(super) fn used_bytes(&self) -> usize {
        self.rows * self.width * size_of::<T>()
    }

    pub(super) fn pieces(&self) -> usize {
        self.pieces.len()
    }

    /// Makes room for so many rows in all. What was reserved before it failed is given back by
    /// [`truncate`](Self::truncate).
    pub(super) fn reserve(&mut self, rows: usize) -> Result<(), TryReserveError> {
        let needed = rows.div_ceil(self.per_piece);
        self.pieces
            .try_reserve(needed.saturating_sub(self.pieces.len()))?;
        for index in self.rows / self.per_piece..needed {
            if index == self.pieces.len() {
                self.pieces.push(Vec::new());
            }
            let room = self.room((rows - index * self.per_piece).min(self.per_piece));
            let piece = &mut self.pieces[index];
            let missing = (room * self.width).saturating_sub(piece.len());
            piece.try_reserve_exact(missing)?;
        }
        Ok(())
    }

    /// Appends one row where room was reserved for it.
    pub(super) fn push(&mut self, row: &[T]) {
        if let Some(piece) = self.pieces.get_mut(self.rows / self.per_piece) {
            piece.extend_from_slice(row);
            self.rows += 1;
        }
    }

    #[inline(always)]
    pub(super) fn row(&self, row: usize) -> &[T] {
        let start = row % self.per_piece * self.width;
        &self.pieces[row / self.per_piece][start..start + self.width]
    }

    /// Forgets rows from `rows` on, and gives back pieces that hold none.
    pub(super) fn truncate(&mut self, rows: usize) {
        self.rows = self.rows.min(rows);
        self.pieces.truncate(self.rows.div_ceil(self.per_piece));
        let last = self.rows % self.per_piece * self.width;
        if let (Some(piece), true) = (self.pieces.last_mut(), last > 0) {
            piece.truncate(last);
        }
    }

    /// Keeps these rows, ascending, and moves them together.
    pub(super) fn compact(&mut self, keep: impl Iterator<Item = usize>) {
        let (mut next, rows) = (0, self.rows);
        for from in keep.take_while(|&from| from < rows) {
            if from != next {
                self.copy(from, next);
            }
            next += 1;
        }
        self.truncate(next);
    }

    fn copy(&mut self, from: usize, to: usize) {
        let (start, end) = (
            from % self.per_piece * self.width,
            to % self.per_piece * self.width,
        );
        let (source, target) = (from / self.per_piece, to / self.per_piece);
        if source == target {
            self.pieces[source].copy_within(start..start + self.width, end);
            return;
        }
        let (left, right) = self.pieces.split_at_mut(source);
        left[target][end..end + self.width].copy_from_slice(&right[0][start..start + self.width]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(count: usize) -> Chunks<u32> {
        let mut chunks = Chunks::new(1 << 14);
        assert_eq!(chunks.per_piece, 64);
        chunks.reserve(count).unwrap();
        for row in 0..count {
            chunks.push(&vec![row as u32; 1 << 14]);
        }
        chunks
    }

    #[test]
    fn rows_stay_where_they_are() {
        let mut chunks = rows(130);
        assert_eq!((chunks.pieces(), chunks.row(129)[7]), (3, 129));
        chunks.truncate(64);
        assert_eq!((chunks.pieces(), chunks.rows), (1, 64));
        chunks.reserve(65).unwrap();
        chunks.push(&vec![9; 1 << 14]);
        assert_eq!((chunks.row(63)[0], chunks.row(64)[0]), (63, 9));
    }

    #[test]
    fn compaction_keeps_the_order() {
        let mut chunks = rows(200);
        let kept: Vec<usize> = (0..200).filter(|row| row % 3 == 1).collect();
        chunks.compact(kept.iter().copied());
        assert_eq!((chunks.rows, chunks.pieces()), (kept.len(), 2));
        for (row, &old) in kept.iter().enumerate() {
            assert_eq!(chunks.row(row)[5] as usize, old);
        }
        chunks.compact(std::iter::empty());
        assert_eq!((chunks.rows, chunks.bytes()), (0, 0));
    }

    #[test]
    fn few_rows_take_little() {
        let mut chunks = Chunks::<f32>::new(4);
        for count in [1, 16, 17, 70_000] {
            chunks.reserve(count).unwrap();
            (chunks.rows..count).for_each(|_| chunks.push(&[1.0; 4]));
            assert_eq!(chunks.bytes(), chunks.bytes_for(count), "{count}");
            assert!(chunks.bytes() <= 2 * 16 * count.max(16));
        }
    }
}
