//! The index: an engine that looks only where answers are likely.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::kmeans::{assign_with, normalise, train};
use super::lists::Lists;
use super::{Make, Recall, Training, recall};
use crate::bitset::Bitset;
use crate::engine::{Config, Engine, Error, Hit, MemoryStats, Metric, Result, Scan, groups};
use crate::file;
use crate::order;
use crate::types::GpuDeviceInfo;

/// Rows that are put in order on the host at a time: about 64 MiB of numbers.
const PIECE: usize = 1 << 24;

/// Bytes for a list that a query looks at, or a range of its rows: named, as a range, and in two copies.
const RANGE_BYTES: usize = 64;

/// Bytes for a hit: itself, and while all of an engine's are sorted.
const HIT_BYTES: usize = 24;

/// An IVF-flat index over an engine; see the [module](super).
pub struct Ivf {
    engine: Box<dyn Engine>,
    /// The centres by Euclidean distance, by which rows are assigned.
    cells: Box<dyn Engine>,
    /// The centres by inner product, by which queries of that metric probe.
    directions: Option<Box<dyn Engine>>,
    centres: Vec<f32>,
    all_centres: Bitset,
    lists: Lists,
    probes: Probes,
    /// The sets that were asked for last, by their versions, as places.
    sets: Mutex<Option<(Versions, Arc<Bitset>)>>,
}

/// The versions of the sets of rows that live and that are wanted.
type Versions = (u64, Option<u64>);

/// How many lists each search looks at. Clones change the same number.
#[derive(Debug, Clone)]
pub struct Probes(Arc<AtomicUsize>);

impl Probes {
    /// The number.
    pub fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Changes it for all later searches. At least one list is looked at.
    pub fn set(&self, probes: usize) {
        self.0.store(probes.max(1), Ordering::Relaxed);
    }
}

impl Ivf {
    /// An index without rows, with these centres of lists.
    ///
    /// # Errors
    /// [`Error::Length`] where the centres are no whole vectors or there are none, or an engine's own.
    pub fn new(config: Config, make: Make<'_>, centres: Vec<f32>, probes: usize) -> Result<Self> {
        let dimension = config.dimension;
        if centres.is_empty() || !centres.len().is_multiple_of(dimension) {
            return Err(Error::Length {
                what: "the list of centres".to_owned(),
                expected: dimension,
                found: centres.len(),
            });
        }
        let with_centres = |metric| -> Result<_> {
            let mut engine = make(Config::new(dimension, metric))?;
            engine.append(&centres)?;
            Ok(engine)
        };
        let by_product = config.metric == Metric::InnerProduct;
        let count = centres.len() / dimension;
        let index = Self {
            engine: make(config)?,
            cells: with_centres(Metric::L2)?,
            directions: by_product
                .then(|| with_centres(Metric::InnerProduct))
                .transpose()?,
            all_centres: Bitset::new(count, true),
            lists: Lists::new(count),
            probes: Probes(Arc::default()),
            sets: Mutex::default(),
            centres,
        };
        index.probes.set(probes);
        Ok(index)
    }

    /// Trains centres on a sample of `rows`, and takes up all of them.
    ///
    /// # Errors
    /// As [`train`] and [`Engine::append`].
    pub fn build(
        config: Config,
        make: Make<'_>,
        rows: &[f32],
        training: &Training,
        probes: usize,
    ) -> Result<Self> {
        let centres = train(&config, make, rows, training)?;
        let mut index = Self::new(config, make, centres, probes)?;
        index.append(rows)?;
        Ok(index)
    }

    /// The index of a file with all its rows, or none where the file has no lists.
    ///
    /// # Errors
    /// The engine's own.
    pub fn restore(stored: &file::Stored, make: Make<'_>, probes: usize) -> Result<Option<Self>> {
        let Some(lists) = stored.lists() else {
            return Ok(None);
        };
        let mut index = Self::new(stored.config(), make, lists.centres.to_vec(), probes)?;
        index.append_assigned(stored.rows(), lists.list_of_row)?;
        Ok(Some(index))
    }

    /// Takes up rows whose lists are known, from a file.
    ///
    /// # Errors
    /// [`Error::Count`] where there are not as many lists as rows, [`Error::Other`] for the number of
    /// a list that is not there, or the engine's own.
    pub fn append_assigned(&mut self, rows: &[f32], list_of_row: &[u32]) -> Result<()> {
        let dimension = self.config().dimension;
        let (expected, found) = (rows.len() / dimension, list_of_row.len());
        if expected != found {
            let what = "lists";
            return Err(Error::Count {
                what,
                expected,
                found,
            });
        }
        let count = self.all_centres.len();
        if let Some(list) = list_of_row.iter().find(|list| **list as usize >= count) {
            return Err(Error::Other(format!("list {list} of {count}")));
        }
        let before = self.engine.len();
        let order = Lists::order(list_of_row);
        for piece in order.chunks((PIECE / dimension).max(1)) {
            let row = |number: &usize| &rows[number * dimension..][..dimension];
            let piece: Vec<f32> = piece.iter().flat_map(row).copied().collect();
            if let Err(error) = self.engine.append(&piece) {
                self.engine.truncate(before)?;
                return Err(error);
            }
        }
        self.lists.push(list_of_row);
        self.sets = Mutex::default();
        Ok(())
    }

    /// How many lists a search looks at.
    pub fn probes(&self) -> &Probes {
        &self.probes
    }

    /// How many lists there are.
    pub fn list_count(&self) -> usize {
        self.all_centres.len()
    }

    /// How many rows each list has.
    pub fn list_sizes(&self) -> Vec<usize> {
        self.lists.sizes()
    }

    /// The centres of the lists, one vector after the other.
    pub fn centres(&self) -> &[f32] {
        &self.centres
    }

    /// The number of each row's list.
    pub fn list_of_row(&self) -> &[u32] {
        self.lists.list_of_row()
    }

    /// How much of the exact answers searches like this one find with so many probes.
    ///
    /// # Errors
    /// As [`Engine::search`].
    pub fn recall(&self, scan: &Scan<'_>, probes: usize) -> Result<Recall> {
        let found = self.search_lists(scan, probes)?;
        Ok(recall(
            self.config().metric,
            &found,
            &self.search_exact(scan)?,
        ))
    }

    /// The exact answer: all lists are looked at, without asking which are near.
    ///
    /// # Errors
    /// As [`Engine::search`].
    pub fn search_exact(&self, scan: &Scan<'_>) -> Result<Vec<Vec<Hit>>> {
        self.in_groups(scan, self.list_count(), |scan| {
            let lists = vec![(0..self.list_count()).collect::<Vec<_>>(); self.queries(scan)];
            self.search_in(scan, &lists)
        })
    }

    /// Searches for groups of queries that look at so many lists each.
    fn in_groups(
        &self,
        scan: &Scan<'_>,
        probes: usize,
        search: impl FnMut(&Scan<'_>) -> Result<Vec<Vec<Hit>>>,
    ) -> Result<Vec<Vec<Hit>>> {
        let ranges = (self.lists.pieces() * probes).div_ceil(self.list_count());
        let hits = scan.k.min(self.len()) * HIT_BYTES;
        let each = (probes + ranges) * RANGE_BYTES + hits;
        groups::in_groups(scan, self.config().dimension, each, search)
    }

    fn queries(&self, scan: &Scan<'_>) -> usize {
        scan.queries.len() / self.config().dimension
    }

    fn search_lists(&self, scan: &Scan<'_>, probes: usize) -> Result<Vec<Vec<Hit>>> {
        if probes >= self.list_count() {
            return self.search_exact(scan);
        }
        self.in_groups(scan, probes, |scan| {
            let nearest = self.nearest_lists(scan.queries, probes.max(1))?;
            self.search_in(scan, &nearest)
        })
    }

    /// For each query the numbers of the lists to look at.
    fn nearest_lists(&self, queries: &[f32], probes: usize) -> Result<Vec<Vec<usize>>> {
        let mut unit;
        let mut queries = queries;
        if self.config().metric == Metric::Cosine {
            unit = queries.to_vec();
            normalise(&mut unit, self.config().dimension);
            queries = &unit;
        }
        let centres = self.directions.as_ref().unwrap_or(&self.cells);
        let found = centres.search(&Scan::new(queries, probes, &self.all_centres))?;
        let numbers = |hits: Vec<Hit>| hits.iter().map(|hit| hit.row as usize).collect();
        Ok(found.into_iter().map(numbers).collect())
    }

    /// Searches in lists. One result more than wanted is asked for, which shows where equal scores
    /// lie on both sides of the end: there the engine's order, by list, is not the order of insertion.
    fn search_in(&self, scan: &Scan<'_>, lists: &[Vec<usize>]) -> Result<Vec<Vec<Hit>>> {
        let set = self.places(scan);
        let whole = lists
            .iter()
            .map(|lists| self.lists.ranges(lists.iter().copied()));
        let ranges: Vec<Vec<Range<usize>>> = whole.collect();
        let inner = Scan {
            queries: scan.queries,
            k: scan.k.saturating_add(1),
            live: &set,
            filter: None,
            ranges: Some(&ranges),
        };
        let mut found = self.engine.search(&inner)?;
        for (query, hits) in found.iter_mut().enumerate() {
            if ends_in_a_tie(hits, scan.k) {
                let dimension = self.config().dimension;
                let vector = &scan.queries[query * dimension..][..dimension];
                *hits = self.search_each(vector, scan.k, &set, &lists[query])?;
            }
            self.to_rows(hits, scan.k);
        }
        Ok(found)
    }

    /// The best of each list on its own, where places are in order of insertion.
    fn search_each(
        &self,
        query: &[f32],
        k: usize,
        set: &Bitset,
        lists: &[usize],
    ) -> Result<Vec<Hit>> {
        let ranges: Vec<_> = lists
            .iter()
            .map(|list| self.lists.ranges(std::iter::once(*list)))
            .collect();
        let scan = Scan {
            queries: &query.repeat(lists.len()),
            k,
            live: set,
            filter: None,
            ranges: Some(&ranges),
        };
        Ok(self.engine.search(&scan)?.into_iter().flatten().collect())
    }

    /// From places to rows, in the order of results.
    fn to_rows(&self, hits: &mut Vec<Hit>, k: usize) {
        let metric = self.config().metric;
        for hit in hits.iter_mut() {
            hit.row = self.lists.row(hit.row);
        }
        hits.sort_unstable_by_key(|hit| order::key(order::flip(metric, hit.score), hit.row));
        hits.truncate(k);
    }

    /// The places of the rows that may be found.
    fn places(&self, scan: &Scan<'_>) -> Arc<Bitset> {
        let versions = (scan.live.version(), scan.filter.map(Bitset::version));
        let mut kept = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((of, set)) if *of == versions => Arc::clone(set),
            _ => {
                let set = match scan.filter {
                    Some(filter) => self.lists.to_places(&scan.live.and(filter)),
                    None => self.lists.to_places(scan.live),
                };
                let set = Arc::new(set);
                *kept = Some((versions, Arc::clone(&set)));
                set
            }
        }
    }
}

fn ends_in_a_tie(hits: &[Hit], k: usize) -> bool {
    k > 0
        && hits
            .get(k)
            .is_some_and(|next| next.score == hits[k - 1].score)
}

impl Engine for Ivf {
    fn config(&self) -> &Config {
        self.engine.config()
    }

    fn info(&self) -> GpuDeviceInfo {
        self.engine.info()
    }

    fn append(&mut self, rows: &[f32]) -> Result<()> {
        let lists = if self.config().metric == Metric::Cosine {
            let mut unit = rows.to_vec();
            normalise(&mut unit, self.config().dimension);
            assign_with(&*self.cells, &unit)?
        } else {
            assign_with(&*self.cells, rows)?
        };
        self.append_assigned(rows, &lists)
    }

    fn len(&self) -> usize {
        self.lists.len()
    }

    fn truncate(&mut self, rows: usize) -> Result<()> {
        if rows >= self.len() {
            return Ok(());
        }
        self.compact(&Bitset::from_fn(self.len(), |row| row < rows))
    }

    /// Looks at as many lists as [`Ivf::probes`] says.
    ///
    /// # Errors
    /// [`Error::Other`] for a search in ranges of rows, which an index does not keep together.
    fn search(&self, scan: &Scan<'_>) -> Result<Vec<Vec<Hit>>> {
        if scan.ranges.is_some() {
            let reason = "an index searches in its own lists, not in ranges of rows";
            return Err(Error::Other(reason.to_owned()));
        }
        self.search_lists(scan, self.probes.get())
    }

    fn row(&self, row: usize, out: &mut [f32]) -> Result<()> {
        let rows = self.len();
        let place = self.lists.place(row).ok_or(Error::NoRow { row, rows })?;
        self.engine.row(place, out)
    }

    fn compact(&mut self, keep: &Bitset) -> Result<()> {
        self.engine.compact(&self.lists.to_places(keep))?;
        self.lists = self.lists.compacted(keep);
        self.sets = Mutex::default();
        Ok(())
    }

    fn lists(&self) -> Option<file::Lists<'_>> {
        Some(file::Lists {
            centres: &self.centres,
            list_of_row: self.lists.list_of_row(),
        })
    }

    fn memory(&self) -> MemoryStats {
        self.with_centres(self.engine.memory())
    }

    fn held(&self) -> MemoryStats {
        self.with_centres(self.engine.held())
    }
}

impl Ivf {
    /// What the engine holds, and what the centres take.
    fn with_centres(&self, mut memory: MemoryStats) -> MemoryStats {
        for centres in self.directions.iter().chain(Some(&self.cells)) {
            let memory_of_centres = centres.held();
            memory.used += memory_of_centres.used;
            memory.spare += memory_of_centres.spare;
            memory.host += memory_of_centres.host;
            memory.buffers += memory_of_centres.buffers;
        }
        memory
    }
}
