//! Searches in groups of queries: what a group needs on the host is small, or known to be there.

use super::{Error, Hit, Result, Scan, Shortage};

/// Bytes that a group of several queries may need on the host, its results included.
const BUDGET: usize = 128 << 20;

/// Fewer bytes than this are not asked for beforehand.
const WORTH_ASKING: usize = 1 << 20;

/// How many queries are searched for at once where each needs so many bytes.
pub(crate) fn at_once(each: usize) -> usize {
    (BUDGET / each.max(1)).max(1)
}

/// Whether the host has so many bytes, beside `used` for the results that there are.
///
/// # Errors
/// [`Error::OutOfMemory`].
pub(crate) fn room(scan: &Scan<'_>, bytes: usize, used: usize) -> Result<()> {
    if bytes < WORTH_ASKING {
        return Ok(());
    }
    let free = Some(crate::cpu::memory().1).filter(|&free| free > 0);
    let refused = Vec::<u8>::new().try_reserve_exact(bytes).is_err();
    if refused || free.is_some_and(|free| bytes > free) {
        let what = format!(
            "a search with up to {} results for each query (search for fewer at a time)",
            scan.k
        );
        return Err(Error::OutOfMemory(Box::new(Shortage {
            what,
            requested: bytes,
            used,
            free,
            limit: None,
        })));
    }
    Ok(())
}

/// Searches for groups of queries where all of them need too much at once: `each` bytes, at most, with
/// the results.
///
/// # Errors
/// [`Error::OutOfMemory`] where a group has no room, and the search's own.
pub(crate) fn in_groups(
    scan: &Scan<'_>,
    dimension: usize,
    each: usize,
    mut search: impl FnMut(&Scan<'_>) -> Result<Vec<Vec<Hit>>>,
) -> Result<Vec<Vec<Hit>>> {
    let (mut found, mut used) = (Vec::new(), 0);
    for group in scan.groups(dimension, at_once(each)) {
        let queries = group.queries.len() / dimension;
        room(&group, queries.saturating_mul(each), used)?;
        let hits = search(&group)?;
        used += hits.iter().map(Vec::len).sum::<usize>() * size_of::<Hit>();
        found.extend(hits);
    }
    Ok(found)
}

impl<'a> Scan<'a> {
    /// The same for so many queries at a time.
    pub(crate) fn groups(
        &self,
        dimension: usize,
        at_once: usize,
    ) -> impl Iterator<Item = Self> + use<'a> {
        let scan = *self;
        let queries = scan.queries.chunks(at_once.saturating_mul(dimension));
        queries.enumerate().map(move |(number, queries)| {
            let first = number * at_once;
            let end = first + queries.len() / dimension;
            let ranges = |all: &'a [Vec<_>]| &all[first.min(all.len())..end.min(all.len())];
            Self {
                queries,
                ranges: scan.ranges.map(ranges),
                ..scan
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bitset::Bitset;

    #[test]
    fn groups_have_their_own_queries_and_ranges() {
        let live = Bitset::new(9, true);
        let queries = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
        let ranges = [0..1, 1..2, 2..3].map(|range| vec![range]);
        let scan = Scan {
            ranges: Some(&ranges),
            ..Scan::new(&queries, 1, &live)
        };
        let groups: Vec<_> = scan.groups(2, 2).collect();
        assert_eq!(groups.len(), 2);
        assert_eq!(
            (groups[0].queries, groups[1].queries),
            (&queries[..4], &queries[4..])
        );
        assert_eq!(groups[1].ranges, Some(&ranges[2..]));
        assert_eq!(Scan::new(&[], 1, &live).groups(2, 2).count(), 0);
    }

    #[test]
    fn more_than_there_is_is_an_error_with_sizes() {
        let live = Bitset::new(9, true);
        let error = room(&Scan::new(&[0.0], 7, &live), usize::MAX / 4, 12).unwrap_err();
        let Error::OutOfMemory(shortage) = &error else {
            panic!("{error}");
        };
        assert_eq!((shortage.requested, shortage.used), (usize::MAX / 4, 12));
        assert!(error.to_string().contains("up to 7 results"), "{error}");
        assert!(room(&Scan::new(&[0.0], 7, &live), 2 << 20, 0).is_ok());
        assert_eq!((at_once(0), at_once(usize::MAX)), (BUDGET, 1));
    }
}
