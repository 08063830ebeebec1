//! How a search is divided among threads: a block of queries that stays in the cache, over a part of
//! the rows.

use std::ops::Range;

use crate::engine::Scan;

/// Queries and the rows to look at for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Task {
    pub(super) queries: Range<usize>,
    pub(super) rows: Vec<Range<usize>>,
}

/// Bytes of queries that stay in a core's first cache.
const BLOCK: usize = 24 << 10;

/// Fewer rows than this are not worth a task.
const LEAST_ROWS: usize = 512;

/// Into how many parts the rows of one query are divided, at the most.
pub(super) fn most_parts(threads: usize) -> usize {
    threads * 4
}

/// Tasks for a search of `len` rows by `threads` threads.
pub(super) fn tasks(scan: &Scan<'_>, dimension: usize, len: usize, threads: usize) -> Vec<Task> {
    let queries = scan.queries.len() / dimension;
    match scan.ranges {
        None => {
            let per_block = (BLOCK / (4 * dimension)).clamp(4, 64) / 4 * 4;
            let blocks = blocks(queries, per_block);
            let parts = most_parts(threads).div_ceil(blocks.len().max(1));
            let rows = blocks_of(len, parts);
            let task = |queries: &Range<usize>, rows: Range<usize>| Task {
                queries: queries.clone(),
                rows: vec![rows],
            };
            let of_block = |block: Range<usize>| {
                rows.iter()
                    .map(move |rows| task(&block, rows.clone()))
                    .collect::<Vec<_>>()
            };
            blocks.into_iter().flat_map(of_block).collect()
        }
        Some(ranges) => {
            let parts = most_parts(threads).div_ceil(queries.max(1));
            let of_query = |(query, ranges): (usize, &Vec<Range<usize>>)| {
                let per_task = ranges.len().div_ceil(parts).max(1);
                let task = move |rows: &[Range<usize>]| Task {
                    queries: query..query + 1,
                    rows: rows
                        .iter()
                        .map(|rows| rows.start..rows.end.min(len))
                        .collect(),
                };
                ranges.chunks(per_task).map(task).collect::<Vec<_>>()
            };
            ranges
                .iter()
                .take(queries)
                .enumerate()
                .flat_map(of_query)
                .collect()
        }
    }
}

fn blocks(len: usize, size: usize) -> Vec<Range<usize>> {
    let block = |start: usize| start..len.min(start + size);
    (0..len).step_by(size).map(block).collect()
}

/// Up to `parts` parts of `len` rows, at borders of the bitset's words.
fn blocks_of(len: usize, parts: usize) -> Vec<Range<usize>> {
    let size = len
        .div_ceil(parts.max(1))
        .max(LEAST_ROWS)
        .next_multiple_of(64);
    blocks(len, size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bitset::Bitset;

    #[test]
    fn every_pair_of_query_and_row_is_in_one_task() {
        let live = Bitset::new(2000, true);
        let queries = vec![0.0; 70 * 3];
        for threads in [1, 7] {
            let scan = Scan::new(&queries, 1, &live);
            let mut seen = vec![0u8; 70 * 2000];
            for task in tasks(&scan, 3, 2000, threads) {
                for query in task.queries {
                    for row in task.rows.iter().cloned().flatten() {
                        seen[query * 2000 + row] += 1;
                    }
                }
            }
            assert!(seen.iter().all(|&times| times == 1));
        }
    }

    #[test]
    fn ranges_are_those_of_the_query() {
        let live = Bitset::new(10, true);
        let ranges = [vec![0..2, 8..20], vec![]];
        let scan = Scan {
            ranges: Some(&ranges),
            ..Scan::new(&[0.0; 2], 1, &live)
        };
        let tasks = tasks(&scan, 1, 10, 4);
        let rows: Vec<usize> = tasks
            .iter()
            .flat_map(|task| task.rows.iter().cloned().flatten())
            .collect();
        assert_eq!(rows, [0, 1, 8, 9]);
        assert!(tasks.iter().all(|task| task.queries == (0..1)));
    }
}
