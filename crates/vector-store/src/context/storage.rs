//! hive-gpu's storage.

use std::fmt;
use std::sync::Arc;

use super::accounts::Account;
use super::{DeviceContext, Kind, similarity};
use crate::engine::{Config, Error};
use crate::error::Result;
use crate::store::{Compaction, Metadata, Search, Store};
use crate::traits::GpuVectorStorage;
use crate::types::{GpuDistanceMetric, GpuSearchResult, GpuVector};

/// Vectors by id on a device, through hive-gpu's trait. A vector keeps the index that it was given, also
/// where the store's rows were renumbered to give back the room of removed ones.
pub struct VectorStorage {
    store: Store,
    /// The index of each row, ascending.
    indices: Vec<usize>,
    next: usize,
    /// The store's, when these were its rows.
    stamp: u64,
    account: Option<Arc<Account>>,
}

impl VectorStorage {
    /// An empty storage.
    ///
    /// # Errors
    /// For a dimension of 0, and where the device cannot.
    pub fn new<K: Kind>(
        context: Arc<DeviceContext<K>>,
        dimension: usize,
        metric: GpuDistanceMetric,
    ) -> Result<Self> {
        context.create_store(Config::new(dimension, metric.into()))
    }

    /// A storage over a store, whose rows are the indices.
    pub fn of(store: Store) -> Self {
        Self {
            indices: (0..store.rows()).collect(),
            next: store.rows(),
            stamp: store.stamp(),
            // It is done here, where the indices are.
            store: store.compaction(None),
            account: None,
        }
    }

    pub(super) fn with_account(mut self, account: Arc<Account>) -> Self {
        self.account = Some(account);
        self
    }

    /// The store, with what hive-gpu's trait does not have.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Does something to the store, and takes down what it holds then. Where it renumbers the store's
    /// rows, those are the indices from then on.
    pub fn change<T>(&mut self, change: impl FnOnce(&mut Store) -> T) -> T {
        let done = change(&mut self.store);
        if self.stamp != self.store.stamp() {
            (self.indices, self.next) = (Vec::new(), 0);
        }
        self.stamp = self.store.stamp();
        let more = self.store.rows() - self.indices.len();
        self.indices.extend(self.next..self.next + more);
        self.next += more;
        self.note();
        done
    }

    fn note(&self) {
        if let Some(account) = &self.account {
            account.note(&self.store);
        }
    }

    /// Gives back the room of removed vectors. Indices stay; the store's rows are renumbered.
    ///
    /// # Errors
    /// The device's own; then nothing has changed.
    pub fn compact(&mut self) -> Result<()> {
        let live = self.store.live().clone();
        self.store.compact()?;
        if self.stamp != self.store.stamp() {
            let indices = self.indices.iter().zip(0..);
            let kept = indices.filter(|&(_, row)| live.get(row));
            self.indices = kept.map(|(&index, _)| index).collect();
        }
        self.stamp = self.store.stamp();
        self.note();
        Ok(())
    }

    /// Compacts where a store would by itself.
    fn compact_where_due(&mut self) {
        let removed = self.store.rows() - self.store.len();
        if Compaction::default().is_due(removed, self.store.rows()) {
            // That it failed is no fault of the removal; it is tried again with the next.
            let _ = self.compact();
        }
    }
}

impl GpuVectorStorage for VectorStorage {
    fn add_vectors(&mut self, vectors: &[GpuVector]) -> Result<Vec<usize>> {
        let numbers = numbers_of(vectors, self.store.dimension())?;
        let ids: Vec<&str> = vectors.iter().map(|vector| vector.id.as_str()).collect();
        let metadata: Vec<Metadata> = vectors
            .iter()
            .map(|vector| vector.metadata.clone())
            .collect();
        let rows = self.change(|store| store.add(&ids, &numbers, &metadata))?;
        Ok(self.indices[rows].to_vec())
    }

    fn search(&self, query: &[f32], limit: usize) -> Result<Vec<GpuSearchResult>> {
        fits(self.store.dimension(), query, || "the query".to_owned())?;
        let found = self.store.search(&Search::new(query, limit))?;
        if let Some(account) = &self.account {
            account.note_searched(&self.store);
        }
        let result = |found: crate::store::Found| GpuSearchResult {
            id: found.id.to_string(),
            score: similarity(self.store.config().metric, found.score),
            index: self.indices[found.row],
        };
        Ok(found.into_iter().flatten().map(result).collect())
    }

    fn remove_vectors(&mut self, ids: &[String]) -> Result<()> {
        self.change(|store| store.remove(ids))?;
        self.compact_where_due();
        Ok(())
    }

    fn vector_count(&self) -> usize {
        self.store.len()
    }

    fn dimension(&self) -> usize {
        self.store.dimension()
    }

    fn get_vector(&self, id: &str) -> Result<Option<GpuVector>> {
        let Some(entry) = self.store.entry(id) else {
            return Ok(None);
        };
        Ok(Some(GpuVector {
            id: id.to_owned(),
            data: self.store.vector(entry.row)?,
            metadata: entry.metadata.cloned().unwrap_or_default(),
        }))
    }

    fn clear(&mut self) -> Result<()> {
        Ok(self.change(Store::clear)?)
    }
}

/// The numbers of vectors that all have the right length, one vector after the other.
pub(super) fn numbers_of(vectors: &[GpuVector], dimension: usize) -> Result<Vec<f32>, Error> {
    let mut numbers = Vec::with_capacity(vectors.len() * dimension);
    for vector in vectors {
        fits(dimension, &vector.data, || {
            format!("vector `{}`", vector.id)
        })?;
        numbers.extend_from_slice(&vector.data);
    }
    Ok(numbers)
}

/// One vector of the right length.
pub(super) fn fits(
    expected: usize,
    numbers: &[f32],
    what: impl Fn() -> String,
) -> Result<(), Error> {
    match numbers.len() == expected {
        true => Ok(()),
        false => Err(Error::Length {
            what: what(),
            expected,
            found: numbers.len(),
        }),
    }
}

impl fmt::Debug for VectorStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VectorStorage")
            .field("config", self.store.config())
            .field("vectors", &self.store.len())
            .finish()
    }
}
