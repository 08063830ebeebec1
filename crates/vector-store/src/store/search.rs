//! Searching a store.

use std::sync::Arc;

use super::filter::{Condition, Filter, Metadata};
use super::{Store, check};
use crate::bitset::Bitset;
use crate::engine::{Error, Hit, Result, Scan, groups};

/// What to search for.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// Whole queries, one after the other.
    pub queries: &'a [f32],
    /// How many results each query wants. With 0 it has none, and with more than there are vectors
    /// all of them.
    pub k: usize,
    /// What may be found; all where there is no filter.
    pub filter: Option<&'a Filter>,
}

impl<'a> Search<'a> {
    /// A search among all vectors.
    pub fn new(queries: &'a [f32], k: usize) -> Self {
        Self {
            queries,
            k,
            filter: None,
        }
    }

    /// The same, among what a filter lets through.
    #[must_use]
    pub fn filter(self, filter: &'a Filter) -> Self {
        Self {
            filter: Some(filter),
            ..self
        }
    }
}

/// A vector that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its id.
    pub id: Arc<str>,
    /// Its canonical score: squared distance, inner product or cosine.
    pub score: f32,
    /// Its row.
    pub row: usize,
}

impl Store {
    /// The best vectors for each query, best first; of equally good ones those that were added first.
    /// The answer does not depend on the device, the storage dtype or how queries are batched.
    ///
    /// # Errors
    /// [`Error::Length`] and [`Error::NotFinite`] for queries that do not fit, [`Error::StaleFilter`],
    /// [`Error::OutOfMemory`] where there is no room to search, and the device's own.
    pub fn search(&self, search: &Search<'_>) -> Result<Vec<Vec<Found>>> {
        check::vectors(search.queries, self.dimension(), |index| {
            format!("query {index}")
        })?;
        let filter = search.filter.map(|filter| self.fresh(filter)).transpose()?;
        let scan = Scan {
            queries: search.queries,
            k: search.k.min(self.len()),
            live: &self.live,
            filter,
            ranges: None,
        };
        // A result is a hit first, and then has a name.
        let each = (size_of::<Hit>() + size_of::<Found>()).saturating_mul(scan.k);
        let mut found: Vec<Vec<Found>> = Vec::new();
        for group in scan.groups(self.dimension(), groups::at_once(each)) {
            let queries = group.queries.len() / self.dimension();
            let used = found.iter().map(Vec::len).sum::<usize>() * size_of::<Found>();
            groups::room(&group, queries * each, used)?;
            found.extend(
                self.engine
                    .search(&group)?
                    .into_iter()
                    .map(|hits| self.all_named(hits)),
            );
        }
        Ok(found)
    }

    fn all_named(&self, hits: Vec<Hit>) -> Vec<Found> {
        let mut found = Vec::with_capacity(hits.len());
        found.extend(hits.into_iter().filter_map(|hit| self.named(hit)));
        found
    }

    fn named(&self, hit: Hit) -> Option<Found> {
        let row = hit.row as usize;
        self.id(row).map(|id| Found {
            id: id.clone(),
            score: hit.score,
            row,
        })
    }

    fn fresh<'a>(&self, filter: &'a Filter) -> Result<&'a Bitset> {
        match filter.stamp == self.stamp {
            true => Ok(&filter.bits),
            false => Err(Error::StaleFilter),
        }
    }

    /// A filter that lets these ids through.
    ///
    /// # Errors
    /// [`Error::NoId`] for an id that is not in the store.
    pub fn filter_ids(&self, ids: &[impl AsRef<str>]) -> Result<Filter> {
        let mut bits = Bitset::new(self.live.len(), false);
        for row in self.ids.rows(ids)? {
            bits.set(row, true);
        }
        Ok(self.filter(bits))
    }

    /// A filter that lets through what a predicate on id and metadata is true for.
    pub fn filter_by(&self, mut wanted: impl FnMut(&str, &Metadata) -> bool) -> Filter {
        let none = Metadata::new();
        let mut bits = Bitset::new(self.live.len(), false);
        for entry in self.entries() {
            if wanted(entry.id, entry.metadata.unwrap_or(&none)) {
                bits.set(entry.row, true);
            }
        }
        self.filter(bits)
    }

    /// A filter that lets through what a condition on metadata holds for.
    pub fn filter_where(&self, condition: &Condition) -> Filter {
        self.filter_by(|_, metadata| condition.holds(metadata))
    }

    fn filter(&self, bits: Bitset) -> Filter {
        Filter {
            bits,
            stamp: self.stamp,
        }
    }
}
