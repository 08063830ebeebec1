//! Which rows of the engine are whose: the order in which an index keeps them.

use std::ops::Range;

use crate::bitset::Bitset;

/// Rows in the order of their lists. A *place* is a row of the engine behind the index; a *row* is a
/// row of the index, in order of insertion.
#[derive(Debug, Clone, Default)]
pub(super) struct Lists {
    /// The row at each place.
    rows: Vec<u32>,
    /// The place of each row.
    places: Vec<u32>,
    /// The list of each row.
    lists: Vec<u32>,
    /// The places of each list, ascending. Rows within a list are in order of insertion.
    ranges: Vec<Vec<Range<usize>>>,
}

impl Lists {
    pub(super) fn new(count: usize) -> Self {
        Self {
            ranges: vec![Vec::new(); count],
            ..Self::default()
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn list_of_row(&self) -> &[u32] {
        &self.lists
    }

    pub(super) fn row(&self, place: u32) -> u32 {
        self.rows[place as usize]
    }

    pub(super) fn place(&self, row: usize) -> Option<usize> {
        self.places.get(row).map(|place| *place as usize)
    }

    pub(super) fn sizes(&self) -> Vec<usize> {
        self.ranges
            .iter()
            .map(|ranges| ranges.iter().map(Range::len).sum())
            .collect()
    }

    /// How many ranges all lists have together.
    pub(super) fn pieces(&self) -> usize {
        self.ranges.iter().map(Vec::len).sum()
    }

    /// In which order new rows go behind the others: by list, then by insertion.
    pub(super) fn order(lists: &[u32]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..lists.len()).collect();
        order.sort_by_key(|row| lists[*row]);
        order
    }

    /// Takes up new rows, whose lists these are, in the order of [`Lists::order`].
    pub(super) fn push(&mut self, lists: &[u32]) {
        let first = self.rows.len();
        self.places.resize(first + lists.len(), 0);
        for row in Self::order(lists) {
            let place = self.rows.len();
            self.places[first + row] = place as u32;
            self.rows.push((first + row) as u32);
            put(&mut self.ranges[lists[row] as usize], place);
        }
        self.lists.extend(lists);
    }

    /// The set of the rows' places.
    pub(super) fn to_places(&self, set: &Bitset) -> Bitset {
        Bitset::from_fn(self.rows.len(), |place| set.get(self.rows[place] as usize))
    }

    /// The lists after the rows that are not in `keep` were dropped and numbered anew.
    pub(super) fn compacted(&self, keep: &Bitset) -> Self {
        let mut lists = Self::new(self.ranges.len());
        let mut number = 0;
        let numbers: Vec<u32> = (0..self.rows.len())
            .map(|row| {
                number += u32::from(keep.get(row));
                number.wrapping_sub(1)
            })
            .collect();
        lists.places = vec![0; number as usize];
        for &row in self.rows.iter().filter(|row| keep.get(**row as usize)) {
            let (place, now) = (lists.rows.len(), numbers[row as usize]);
            lists.places[now as usize] = place as u32;
            lists.rows.push(now);
            put(&mut lists.ranges[self.lists[row as usize] as usize], place);
        }
        let kept = self
            .lists
            .iter()
            .enumerate()
            .filter(|(row, _)| keep.get(*row));
        lists.lists = kept.map(|(_, list)| *list).collect();
        lists
    }

    /// The places of some lists, ascending, those that touch as one.
    pub(super) fn ranges(&self, lists: impl Iterator<Item = usize>) -> Vec<Range<usize>> {
        let mut ranges: Vec<_> = lists
            .flat_map(|list| self.ranges[list].iter().cloned())
            .collect();
        ranges.sort_unstable_by_key(|range| range.start);
        ranges.dedup_by(|next, last| {
            let touch = last.end == next.start;
            if touch {
                last.end = next.end;
            }
            touch
        });
        ranges
    }
}

fn put(ranges: &mut Vec<Range<usize>>, place: usize) {
    match ranges.last_mut() {
        Some(last) if last.end == place => last.end += 1,
        _ => ranges.push(place..place + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_hold_their_rows_in_order_of_insertion() {
        let assigned: Vec<u32> = (0..97u32).map(|row| row * row % 5).collect();
        let mut lists = Lists::new(5);
        for batch in assigned.chunks(40) {
            lists.push(batch);
        }
        let keep = Bitset::from_fn(97, |row| row % 4 != 1);
        let kept: Vec<u32> = keep.iter().map(|row| assigned[row]).collect();
        for (lists, assigned) in [
            (lists.clone(), assigned.clone()),
            (lists.compacted(&keep), kept),
        ] {
            assert_eq!(lists.list_of_row(), assigned);
            for list in 0..5 {
                let places = lists.ranges(std::iter::once(list)).into_iter().flatten();
                let rows: Vec<u32> = places.map(|place| lists.row(place as u32)).collect();
                let expected = (0..assigned.len()).filter(|row| assigned[*row] == list as u32);
                assert_eq!(rows, expected.map(|row| row as u32).collect::<Vec<_>>());
            }
            for row in 0..assigned.len() {
                assert_eq!(lists.row(lists.place(row).unwrap() as u32), row as u32);
            }
            let whole = lists.ranges(0..5);
            assert_eq!(
                whole,
                std::iter::once(0..assigned.len()).collect::<Vec<_>>()
            );
        }
    }
}
