//! What holds vectors and searches them: the CPU's engine, a device's, shards of several.

mod config;
mod error;
pub(crate) mod groups;

use std::ops::Range;

use serde::Serialize;

use crate::bitset::Bitset;
use crate::file::Lists;
use crate::types::GpuDeviceInfo;

pub use config::{Config, Dtype, MAX_DIMENSION, Metric, Originals};
pub use error::{Error, Result, Shortage};

/// Vectors by row, and exact search among them.
///
/// Rows are appended; a row's number is its place in the order of insertion. An engine knows no ids
/// and no liveness: who holds it gives the rows to look at with each search.
///
/// A call that fails leaves the engine as it was.
pub trait Engine: Send + Sync {
    /// What it was made for.
    fn config(&self) -> &Config;

    /// The device, as its driver reports it now.
    fn info(&self) -> GpuDeviceInfo;

    /// Appends whole rows: `rows` holds a multiple of the dimension of finite numbers.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], [`Error::TooManyRows`], or the device's own.
    fn append(&mut self, rows: &[f32]) -> Result<()>;

    /// How many rows there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets all rows from `rows` on: what an append that came to nothing elsewhere is undone with.
    ///
    /// # Errors
    /// The device's own.
    fn truncate(&mut self, rows: usize) -> Result<()>;

    /// The best `k` of the rows that each query may have, best first, with canonical scores: fewer
    /// where there are fewer. One list for each query.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] where there is no room to search, or the device's own.
    fn search(&self, scan: &Scan<'_>) -> Result<Vec<Vec<Hit>>>;

    /// The vector of a row as it was given, whatever the storage dtype. `out` has the dimension's
    /// length.
    ///
    /// # Errors
    /// [`Error::NoRow`], or the device's own.
    fn row(&self, row: usize, out: &mut [f32]) -> Result<()>;

    /// The vectors of all rows from `first` on that `out` has room for, one after the other.
    ///
    /// # Errors
    /// As [`row`](Self::row).
    fn rows(&self, first: usize, out: &mut [f32]) -> Result<()> {
        let mut rows = out.chunks_exact_mut(self.config().dimension).enumerate();
        rows.try_for_each(|(row, out)| self.row(first + row, out))
    }

    /// Keeps the rows of `keep`, in their order, and renumbers them from 0.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], or the device's own.
    fn compact(&mut self, keep: &Bitset) -> Result<()>;

    /// The lists of an index ([`crate::ivf`]), which are saved with the rows; other engines have none.
    fn lists(&self) -> Option<Lists<'_>> {
        None
    }

    /// What it holds, and what its device has.
    fn memory(&self) -> MemoryStats;

    /// The same but for what the whole device has and has free, so that the device need not be asked.
    fn held(&self) -> MemoryStats {
        self.memory()
    }
}

/// A search among the rows of an engine.
#[derive(Debug, Clone, Copy)]
pub struct Scan<'a> {
    /// Whole queries of the engine's dimension, one after the other; finite.
    pub queries: &'a [f32],
    /// How many results each query wants; with 0 each has none.
    pub k: usize,
    /// The rows that exist.
    pub live: &'a Bitset,
    /// The rows that are wanted; all where there is no filter.
    pub filter: Option<&'a Bitset>,
    /// For each query the ranges of rows to look at, ascending and disjoint; all rows where there
    /// are none.
    pub ranges: Option<&'a [Vec<Range<usize>>]>,
}

impl<'a> Scan<'a> {
    /// A search among all live rows.
    pub fn new(queries: &'a [f32], k: usize, live: &'a Bitset) -> Self {
        Self {
            queries,
            k,
            live,
            filter: None,
            ranges: None,
        }
    }

    /// Word `index` of the rows that may be found: live and wanted.
    pub fn word(&self, index: usize) -> u64 {
        let wanted = self.filter.map_or(u64::MAX, |filter| filter.word(index));
        self.live.word(index) & wanted
    }
}

/// A row that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// The row.
    pub row: u32,
    /// Its canonical score: squared distance, inner product or cosine.
    pub score: f32,
}

/// Memory in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct MemoryStats {
    /// What the device has.
    pub total: usize,
    /// What of it is free for anybody. On an APU that uses the host's memory, what the driver would
    /// give (GTT included).
    pub free: usize,
    /// What this engine holds on the device: vectors, tables and filters, and buffers for searches.
    pub used: usize,
    /// What of [`used`](Self::used) is room that has no vectors yet, and buffers kept for reuse.
    pub spare: usize,
    /// What this engine holds on the host besides: the vectors as they were given, where
    /// [`Originals::Host`] asks for it.
    pub host: usize,
    /// What [`used`](Self::used) may not pass, where the caller set it.
    pub limit: Option<usize>,
    /// Device buffers that this engine holds.
    pub buffers: usize,
}
