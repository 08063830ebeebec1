//! The engine on a GPU: a card, the emulator, or NVIDIA's through the HIP interface over CUDA.
//!
//! Rows are scored in tiles of 32. A scan reads every row once for up to 10 queries and leaves one
//! number a tile, the key of its best row: 1/32 of what storing scores would write. The best tiles are
//! picked, all their rows are scored canonically, and the best of these are the answer unless a row of
//! another tile could be as good, which the bound on the scan's error (`bounds`) says. So no list of
//! candidates is kept while scanning, nothing depends on the order of rows, and equal keys cost
//! nothing. What is not certified is scored canonically as a whole (`settle`), which also serves
//! more results than a pick can find.
//!
//! Distances are scanned as products, with the rows' lengths; a query that this does not certify is
//! scanned by squares of differences first (`How::Differences`), which no offset from the origin can
//! blur. Queries with ranges of rows of their own are scanned together where they look at the same rows
//! (`lists`). Rows as they were given may be in the host's memory instead, which then scores
//! (`originals`).
//!
//! Floating-point numbers are added in an order that depends on the row alone, so that answers are
//! the same for every batch.

mod account;
mod bounds;
mod choice;
mod chunks;
mod gpu;
mod inputs;
mod launch;
mod lists;
mod measure;
mod originals;
mod plan;
mod queries;
mod rows;
mod scans;
mod settle;

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use redwick_tensor_ops::DeviceSpec;
use redwick_tensor_ops::memory::Statistics;

use crate::bitset::Bitset;
use crate::certify::{self, Candidates, Scanner};
use crate::cpu::CpuEngine;
use crate::device_info;
use crate::engine::{Config, Dtype, Engine, Error, Hit, MemoryStats, Metric, Result, Scan, groups};
use crate::types::GpuDeviceInfo;
use account::Memory;
use bounds::{Arithmetic, Extremes};
use choice::{Choice, Mask, Masks};
use chunks::{Chunks, Shape, TILE};
use gpu::Gpu;
use inputs::Inputs;
use lists::Lists;
pub use measure::Times;
use plan::{MOST, Plan};
use scans::How;

/// Bytes of keys that one plan may hold.
const KEY_BYTES: usize = 128 << 20;

/// Bytes on the host for a result: as it comes from the device, and as a hit among candidates.
const HIT_BYTES: usize = 64;

/// Workgroups of a scan for each compute unit.
const WORKGROUPS: u32 = 2;

/// Vectors in a GPU's memory.
pub struct DeviceEngine {
    config: Config,
    gpu: Gpu,
    chunks: Chunks,
    /// The rows as they were given, where they are in the host's memory.
    host: Option<CpuEngine>,
    len: usize,
    arithmetic: Arithmetic,
    /// What kernels note about the rows they append, and what was read of it last.
    noted: Memory,
    extremes: Extremes,
    masks: Masks,
    workgroups: u32,
    product_from: usize,
    settled: AtomicU64,
}

impl DeviceEngine {
    /// An empty engine on a device.
    ///
    /// # Errors
    /// [`Error::Dimension`]; where there is no such library or device, or no kernels for its target.
    pub fn new(spec: &DeviceSpec, config: Config) -> Result<Self> {
        Self::with_chunks(spec, config, None)
    }

    /// An empty engine whose chunks have about so many bytes, instead of 128 MiB.
    ///
    /// # Errors
    /// As [`DeviceEngine::new`].
    pub fn with_chunks(
        spec: &DeviceSpec,
        config: Config,
        chunk_bytes: Option<usize>,
    ) -> Result<Self> {
        let config = config.checked()?;
        let gpu = Gpu::open(spec, config.memory_limit)?;
        let noted = gpu.allocate("facts about rows", size_of::<Extremes>())?;
        gpu.stream().fill(&noted, 0, size_of::<Extremes>(), 0)?;
        Ok(Self {
            chunks: Chunks::new(Shape::of(&config, chunk_bytes)),
            host: originals::on_host(&config)?,
            arithmetic: Arithmetic::new(config.dimension, config.dtype),
            config,
            gpu,
            len: 0,
            noted,
            extremes: Extremes::default(),
            masks: Masks::default(),
            workgroups: WORKGROUPS,
            product_from: Self::PRODUCT_FROM,
            settled: AtomicU64::new(0),
        })
    }

    /// The buffers of this engine's searches and appends: lent, and kept for reuse.
    pub fn buffers(&self) -> Statistics {
        self.gpu.scratch()
    }

    /// For how many queries all rows were scored so far, because no scan could certify an answer.
    pub fn settled(&self) -> u64 {
        self.settled.load(Ordering::Relaxed)
    }

    fn tiles(&self) -> usize {
        self.len.div_ceil(TILE)
    }

    /// The rows that exist, and those that are wanted.
    fn sets(&self, scan: &Scan<'_>) -> Result<(Mask, Option<Mask>)> {
        let tiles = self.tiles();
        let live = self.masks.get(&self.gpu, scan.live, tiles)?;
        let filter = scan
            .filter
            .map(|filter| self.masks.get(&self.gpu, filter, tiles))
            .transpose()?;
        Ok((live, filter))
    }

    /// What a search looks at that has no ranges.
    fn all_rows(&self, scan: &Scan<'_>) -> Result<Choice> {
        let (live, filter) = self.sets(scan)?;
        Ok(Choice::all(live, filter, self.tiles()))
    }

    /// Calls `f` for groups of queries that look at the same rows, each of which needs about so many
    /// bytes on the device besides its keys.
    fn for_groups<T>(
        &self,
        scan: &Scan<'_>,
        besides: usize,
        mut f: impl FnMut(&Choice, &[f32]) -> Result<Vec<T>>,
    ) -> Result<Vec<T>> {
        let Some(ranges) = scan.ranges else {
            let choice = self.all_rows(scan)?;
            let keys = Plan::bytes_of_query(choice.slots);
            let at_once = self.at_once(keys, besides);
            return self.for_some(scan.queries, at_once, |_, queries| f(&choice, queries));
        };
        let (live, filter) = self.sets(scan)?;
        let mut found = Vec::new();
        for (ranges, query) in ranges
            .iter()
            .zip(scan.queries.chunks_exact(self.config.dimension))
        {
            let choice = Choice::ranges(&self.gpu, live.clone(), filter.clone(), ranges, self.len)?;
            found.extend(f(&choice, query)?);
        }
        Ok(found)
    }

    /// Calls `f` for groups of queries with ranges of their own.
    fn for_lists<T>(
        &self,
        scan: &Scan<'_>,
        (ranges, besides): (&[Vec<Range<usize>>], usize),
        mut f: impl FnMut(&Choice, &[f32]) -> Result<Vec<T>>,
    ) -> Result<Vec<T>> {
        let (live, filter) = self.sets(scan)?;
        let form = self.form(How::Lists);
        let slots = |ranges: &Vec<Range<usize>>| {
            let tiles = ranges.iter().map(|range| range.len() / TILE + 2);
            tiles.sum::<usize>()
        };
        let most = ranges.iter().map(slots).max().unwrap_or(0);
        // A key, a tile and a word for each slot.
        let at_once = self.at_once(3 * Plan::bytes_of_query(most), besides);
        self.for_some(scan.queries, at_once, |first, queries| {
            let ranges = &ranges[first..first + queries.len() / self.config.dimension];
            let sets = (live.clone(), filter.clone());
            let lists = Lists::new(&self.gpu, &form, sets, ranges, self.len)?;
            let choice = Choice::each(live.clone(), filter.clone(), lists);
            f(&choice, queries)
        })
    }

    /// How many queries fit, with so many bytes of keys each and so many besides.
    fn at_once(&self, keys: usize, besides: usize) -> usize {
        let each = keys.saturating_add(besides).max(1);
        // What is lent comes in classes of sizes, and what is kept may not fit.
        let under_limit = self.gpu.room().map_or(usize::MAX, |room| room / 2 / each);
        (KEY_BYTES / keys.max(1)).min(under_limit).max(1)
    }

    /// Calls `f` with the number of the first of some queries, and so many of them; with fewer where
    /// there is no memory for as many.
    fn for_some<T>(
        &self,
        queries: &[f32],
        at_once: usize,
        mut f: impl FnMut(usize, &[f32]) -> Result<Vec<T>>,
    ) -> Result<Vec<T>> {
        let dimension = self.config.dimension;
        let (mut found, mut left, mut at_once) = (Vec::new(), queries, at_once);
        while !left.is_empty() {
            let count = at_once.min(left.len() / dimension);
            let (now, later) = left.split_at(count * dimension);
            match f((queries.len() - left.len()) / dimension, now) {
                Ok(more) => {
                    found.extend(more);
                    left = later;
                }
                Err(Error::OutOfMemory(_)) if count > 1 => at_once = count / 2,
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    fn search_group(
        &self,
        scan: &Scan<'_>,
        how: How,
        choice: &Choice,
        queries: &[f32],
        tiles: usize,
    ) -> Result<Vec<Candidates>> {
        if choice.slots == 0 {
            let none = Candidates {
                hits: Vec::new(),
                floor: None,
            };
            return Ok(vec![none; queries.len() / self.config.dimension]);
        }
        let inputs = Inputs::new(self, queries, Some(how))?;
        let plan = Plan::new(self, choice, &inputs, tiles, scan.k)?;
        plan.launch()?;
        plan.read(scan, queries)
    }

    /// How to scan for `count` tiles of each query: the first time by products.
    fn how(&self, scan: &Scan<'_>, count: usize) -> How {
        let again = count > self.first(scan.k) && self.config.metric == Metric::L2;
        if again && self.host.is_none() && scans::scannable(&self.form(How::Differences)) {
            return How::Differences;
        }
        let several = scan.ranges.is_some_and(|ranges| ranges.len() > 1);
        let listed = several && self.host.is_none() && lists::scannable(&self.form(How::Lists));
        if listed { How::Lists } else { How::Products }
    }

    fn can_scan(&self) -> bool {
        scans::scannable(&self.form(How::Products))
    }
}

impl Scanner for DeviceEngine {
    fn first(&self, k: usize) -> usize {
        match self.config.dtype {
            Dtype::Int8 => 3 * k + 66,
            Dtype::Bf16 => k + (k / 2).max(24),
            Dtype::F32 | Dtype::F16 => k + (k / 4).max(16),
        }
    }

    fn most(&self) -> usize {
        MOST
    }

    /// `count` is a number of tiles here; of their rows the best `scan.k` are given, or all.
    fn candidates(&self, scan: &Scan<'_>, count: usize) -> Result<Vec<Candidates>> {
        let how = self.how(scan, count);
        let search =
            |choice: &Choice, queries: &[f32]| self.search_group(scan, how, choice, queries, count);
        let besides = self.bytes_besides(scan.k, count);
        match (how, scan.ranges) {
            (How::Lists, Some(ranges)) => self.for_lists(scan, (ranges, besides), search),
            _ => self.for_groups(scan, besides, search),
        }
    }

    fn settle(&self, scan: &Scan<'_>, _: &[f32]) -> Result<Vec<Vec<Hit>>> {
        let dimension = self.config.dimension;
        let queries = (scan.queries.len() / dimension) as u64;
        self.settled.fetch_add(queries, Ordering::Relaxed);
        if let Some(host) = &self.host {
            return host.search(scan);
        }
        self.for_groups(scan, 0, |choice, queries| {
            self.settle_group(choice, queries, scan.k)
        })
    }
}

impl Engine for DeviceEngine {
    fn config(&self) -> &Config {
        &self.config
    }

    fn info(&self) -> GpuDeviceInfo {
        let device = self.gpu.device();
        let is_nvidia = device.target().starts_with("sm_");
        device_info::of(device, if is_nvidia { "CUDA" } else { "ROCm" })
    }

    fn append(&mut self, rows: &[f32]) -> Result<()> {
        let total = self.len + rows.len() / self.config.dimension;
        if u32::try_from(total.next_multiple_of(TILE)).is_err() {
            return Err(Error::TooManyRows { rows: total });
        }
        let before = self.len;
        if let Some(host) = &mut self.host {
            host.append(rows)?;
        }
        let appended = self.append_rows(rows, total);
        if let (Err(_), Some(host)) = (&appended, &mut self.host) {
            host.truncate(before)?;
        }
        appended
    }

    fn len(&self) -> usize {
        self.len
    }

    fn truncate(&mut self, rows: usize) -> Result<()> {
        self.len = self.len.min(rows);
        self.chunks.shrink(self.len);
        if let Some(host) = &mut self.host {
            host.truncate(rows)?;
        }
        self.let_go()
    }

    fn search(&self, scan: &Scan<'_>) -> Result<Vec<Vec<Hit>>> {
        let queries = scan.queries.len() / self.config.dimension;
        if scan.k == 0 || queries == 0 || self.len == 0 {
            return Ok(vec![Vec::new(); queries]);
        }
        let each = scan.k.min(self.len) * HIT_BYTES;
        groups::in_groups(scan, self.config.dimension, each, |scan| {
            match self.first(scan.k) > MOST || !self.can_scan() {
                true => self.settle(scan, &[]),
                false => certify::search(self, scan),
            }
        })
    }

    fn row(&self, row: usize, out: &mut [f32]) -> Result<()> {
        self.rows(row, out)
    }

    fn rows(&self, first: usize, out: &mut [f32]) -> Result<()> {
        match &self.host {
            Some(host) => host.rows(first, out),
            None => self.read_rows(first, out),
        }
    }

    fn compact(&mut self, keep: &Bitset) -> Result<()> {
        self.compact_rows(keep)?;
        self.host.as_mut().map_or(Ok(()), |host| host.compact(keep))
    }

    fn memory(&self) -> MemoryStats {
        self.memory_stats()
    }

    fn held(&self) -> MemoryStats {
        self.held_stats()
    }
}
