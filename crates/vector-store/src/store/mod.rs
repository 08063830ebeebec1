//! Vectors by id: what a program uses.
//!
//! What is decided here, once for all devices:
//!
//! - A call that fails changes nothing.
//! - Vectors and queries hold finite numbers of the store's dimension. A zero vector is fine; under
//!   the cosine its score is 0.
//! - Ids have 1 to [`MAX_ID`] bytes and are unique among the vectors that are there. A removed id can
//!   be added again; its vector then counts as inserted anew.
//! - [`upsert`](Store::upsert) replaces: the new vector counts as inserted now, so it comes after
//!   older ones of equal score.
//! - A batch that names an id twice is an error, except for [`remove`](Store::remove), where once is
//!   as good as twice.
//! - Rows are places in the order of insertion. [`compact`](Store::compact) and
//!   [`clear`](Store::clear) renumber them; nothing else does.

pub(crate) mod check;
mod filter;
mod ids;
mod saved;
mod search;

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::bitset::Bitset;
use crate::engine::{Config, Engine, MemoryStats, Result};
use crate::types::GpuDeviceInfo;

pub use filter::{Condition, Filter, Metadata};
pub use ids::MAX_ID;
pub use search::{Found, Search};

use ids::Ids;

/// When removed rows are cleared away by themselves: as soon as there are no others, and before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compaction {
    /// From this part of all rows on, 0 to 1.
    pub fraction: f64,
    /// And from this many on.
    pub least: usize,
}

impl Compaction {
    /// Whether it is due where so many of all rows are removed: all of them always are enough.
    pub(crate) fn is_due(&self, removed: usize, rows: usize) -> bool {
        let enough = removed >= self.least && removed as f64 >= self.fraction * rows as f64;
        removed > 0 && (enough || removed == rows)
    }
}

impl Default for Compaction {
    /// Half of the rows, and 1024.
    fn default() -> Self {
        Self {
            fraction: 0.5,
            least: 1024,
        }
    }
}

/// Vectors by id on one engine.
pub struct Store {
    engine: Box<dyn Engine>,
    ids: Ids,
    metadata: Vec<Option<Box<Metadata>>>,
    live: Bitset,
    compaction: Option<Compaction>,
    /// Changes when rows are renumbered; no other store has it.
    stamp: u64,
}

/// A vector of a store without its numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry<'a> {
    /// Its row.
    pub row: usize,
    /// Its id.
    pub id: &'a str,
    /// Its metadata, where it has any.
    pub metadata: Option<&'a Metadata>,
}

/// What an upsert did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upserted {
    /// The rows of the vectors.
    pub rows: Range<usize>,
    /// How many of them replaced another.
    pub replaced: usize,
}

impl Store {
    /// An empty store on an engine, whose rows are forgotten.
    ///
    /// # Errors
    /// The engine's own.
    pub fn new(mut engine: Box<dyn Engine>) -> Result<Self> {
        engine.truncate(0)?;
        Ok(Self {
            engine,
            ids: Ids::default(),
            metadata: Vec::new(),
            live: Bitset::new(0, true),
            compaction: Some(Compaction::default()),
            stamp: next_stamp(),
        })
    }

    /// An empty store on a device ([`crate::open()`]).
    ///
    /// # Errors
    /// As [`crate::open()`].
    pub fn open(device: &str, config: Config) -> Result<Self> {
        Self::new(crate::open(device, config)?)
    }

    /// The same, with removed rows cleared away as `compaction` says; never where it is `None`.
    #[must_use]
    pub fn compaction(mut self, compaction: Option<Compaction>) -> Self {
        self.compaction = compaction;
        self
    }

    /// What it was made for.
    pub fn config(&self) -> &Config {
        self.engine.config()
    }

    /// How many numbers a vector has.
    pub fn dimension(&self) -> usize {
        self.config().dimension
    }

    /// How many vectors there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many rows there are: vectors, and places of removed ones.
    pub fn rows(&self) -> usize {
        self.live.len()
    }

    /// The rows that hold vectors.
    pub fn live(&self) -> &Bitset {
        &self.live
    }

    /// The engine.
    pub fn engine(&self) -> &dyn Engine {
        self.engine.as_ref()
    }

    /// The device.
    pub fn info(&self) -> GpuDeviceInfo {
        self.engine.info()
    }

    /// What it holds of the device's memory.
    pub fn memory(&self) -> MemoryStats {
        self.engine.memory()
    }

    /// Changes when rows are renumbered; no other store has it.
    pub(crate) fn stamp(&self) -> u64 {
        self.stamp
    }

    /// Adds vectors, one for each id: their numbers one after the other, and their metadata, either
    /// one for each or none at all. Gives their rows.
    ///
    /// # Errors
    /// For what is said at the [module](self), [`crate::Error::OutOfMemory`], and the device's own.
    pub fn add(
        &mut self,
        ids: &[impl AsRef<str>],
        vectors: &[f32],
        metadata: &[Metadata],
    ) -> Result<Range<usize>> {
        Ok(self.insert(ids, vectors, metadata, false)?.rows)
    }

    /// Adds vectors, and removes those that had their ids.
    ///
    /// # Errors
    /// As [`add`](Self::add), but for ids that are in the store.
    pub fn upsert(
        &mut self,
        ids: &[impl AsRef<str>],
        vectors: &[f32],
        metadata: &[Metadata],
    ) -> Result<Upserted> {
        let mut upserted = self.insert(ids, vectors, metadata, true)?;
        if self.compact_by_itself() {
            upserted.rows = self.rows() - ids.len()..self.rows();
        }
        Ok(upserted)
    }

    fn insert(
        &mut self,
        ids: &[impl AsRef<str>],
        vectors: &[f32],
        metadata: &[Metadata],
        replace: bool,
    ) -> Result<Upserted> {
        let name = |index: usize| match ids.get(index) {
            Some(id) => format!("vector `{}`", id.as_ref()),
            None => format!("vector {index}"),
        };
        check::vectors(vectors, self.dimension(), name)?;
        check::count("ids", vectors.len() / self.dimension(), ids.len())?;
        if !metadata.is_empty() {
            check::count("maps of metadata", ids.len(), metadata.len())?;
        }
        self.ids.check(ids, replace)?;
        self.engine.append(vectors)?;
        Ok(self.note(ids, metadata))
    }

    /// Takes down what was appended to the engine. Nothing here can fail.
    fn note(&mut self, ids: &[impl AsRef<str>], metadata: &[Metadata]) -> Upserted {
        let start = self.live.len();
        let rows = start..start + ids.len();
        let replaced = self.ids.append(ids);
        self.live.resize(rows.end, true);
        let boxed = metadata
            .iter()
            .map(|map| (!map.is_empty()).then(|| Box::new(map.clone())));
        self.metadata.extend(boxed);
        self.metadata.resize(rows.end, None);
        for &row in &replaced {
            self.bury(row);
        }
        Upserted {
            rows,
            replaced: replaced.len(),
        }
    }

    /// Removes vectors, and says how many.
    ///
    /// # Errors
    /// [`crate::Error::NoId`] where an id is unknown; then all of them stay.
    pub fn remove(&mut self, ids: &[impl AsRef<str>]) -> Result<usize> {
        let rows = self.ids.rows(ids)?;
        for &row in &rows {
            self.ids.remove(row);
            self.bury(row);
        }
        self.compact_by_itself();
        Ok(rows.len())
    }

    fn bury(&mut self, row: usize) {
        self.live.set(row, false);
        self.metadata[row] = None;
    }

    /// Gives back the room of removed vectors, and renumbers rows. The order stays.
    ///
    /// # Errors
    /// The engine's own; then nothing has changed.
    pub fn compact(&mut self) -> Result<()> {
        if self.len() == self.rows() {
            return Ok(());
        }
        self.engine.compact(&self.live)?;
        self.ids.compact(&self.live);
        let mut row = 0;
        self.metadata.retain(|_| {
            row += 1;
            self.live.get(row - 1)
        });
        self.live = Bitset::new(self.ids.len(), true);
        self.stamp = next_stamp();
        Ok(())
    }

    /// Compacts where it is due. That it failed is no fault of the call that made it due: it is tried
    /// again with the next, and [`compact`](Self::compact) says why.
    fn compact_by_itself(&mut self) -> bool {
        let removed = self.rows() - self.len();
        let due = self
            .compaction
            .is_some_and(|when| when.is_due(removed, self.rows()));
        due && self.compact().is_ok()
    }

    /// Removes everything and gives back the memory.
    ///
    /// # Errors
    /// The engine's own; then nothing has changed.
    pub fn clear(&mut self) -> Result<()> {
        self.engine.truncate(0)?;
        self.ids = Ids::default();
        self.metadata = Vec::new();
        self.live = Bitset::new(0, true);
        self.stamp = next_stamp();
        Ok(())
    }

    /// The row of an id.
    pub fn row(&self, id: &str) -> Option<usize> {
        self.ids.row(id)
    }

    /// The id of a row, where it holds a vector.
    pub fn id(&self, row: usize) -> Option<&Arc<str>> {
        self.ids.name(row).filter(|_| self.live.get(row))
    }

    /// What is known of an id.
    pub fn entry(&self, id: &str) -> Option<Entry<'_>> {
        self.row(id).and_then(|row| self.entry_of(row))
    }

    /// All vectors, in the order of insertion.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.live.iter().filter_map(|row| self.entry_of(row))
    }

    fn entry_of(&self, row: usize) -> Option<Entry<'_>> {
        self.id(row).map(|id| Entry {
            row,
            id,
            metadata: self.metadata[row].as_deref(),
        })
    }

    /// The numbers of a row, as they were given.
    ///
    /// # Errors
    /// [`crate::Error::NoRow`], and the device's own.
    pub fn vector(&self, row: usize) -> Result<Vec<f32>> {
        let mut numbers = vec![0.0; self.dimension()];
        self.engine.row(row, &mut numbers)?;
        Ok(numbers)
    }
}

fn next_stamp() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
