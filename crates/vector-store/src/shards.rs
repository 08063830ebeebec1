//! One engine over several: rows spread over the devices of a host, results merged.
//!
//! Rows go to shards in blocks, each to the shard that has the fewest rows, so that every shard has
//! about as much to scan. Each shard answers for its own rows with canonical scores, and the best of
//! all are the answer: the same, ties included, as one engine's with all rows.

use std::fmt::Write;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use crate::bitset::Bitset;
use crate::engine::{Config, Engine, Error, Hit, MemoryStats, Result, Scan, groups};
use crate::order;
use crate::types::GpuDeviceInfo;

mod places;

use places::Places;

/// Rows that go to one shard before the next has its turn, where few are added at a time.
const BLOCK: usize = 4096;

/// Bytes for a hit of a shard while hits are merged: itself, and with its key in a list that grows.
const HIT_BYTES: usize = 64;

/// Several engines as one. Their devices may differ.
pub struct Shards {
    shards: Vec<Box<dyn Engine>>,
    places: Places,
    block: usize,
    /// The rows that each shard may look at, for the sets that were asked last.
    live: Cache,
    filter: Cache,
}

impl Shards {
    /// Spreads rows over these engines, which are made for the same vectors and hold none yet.
    ///
    /// # Errors
    /// [`Error::Other`] without engines, with engines that hold rows, or that differ in dimension or
    /// metric.
    pub fn new(shards: Vec<Box<dyn Engine>>) -> Result<Self> {
        let Some(first) = shards.first() else {
            return Err(Error::Other("no engines to spread rows over".to_owned()));
        };
        let (dimension, metric) = (first.config().dimension, first.config().metric);
        for shard in &shards {
            let config = shard.config();
            if (config.dimension, config.metric) != (dimension, metric) {
                return Err(Error::Other(format!(
                    "a shard of {} numbers by {} beside one of {dimension} by {metric}",
                    config.dimension, config.metric
                )));
            }
            if !shard.is_empty() {
                let rows = shard.len();
                return Err(Error::Other(format!(
                    "a shard that holds {rows} rows already"
                )));
            }
        }
        Ok(Self {
            shards,
            places: Places::default(),
            block: BLOCK,
            live: Cache::default(),
            filter: Cache::default(),
        })
    }

    /// The same; so many rows, instead of 4096, go to one shard before the next has its turn.
    #[must_use]
    pub fn block(self, rows: usize) -> Self {
        let block = rows.max(1);
        Self { block, ..self }
    }

    /// How many rows each shard holds.
    pub fn rows_of_shards(&self) -> Vec<usize> {
        self.shards.iter().map(|shard| shard.len()).collect()
    }

    /// The shard for the next rows, and how many of `rows` it takes: its part of them where there are
    /// many, and else what is left of its block.
    fn next_shard(&self, rows: usize) -> (usize, usize) {
        let lengths = self.rows_of_shards();
        let least = lengths.iter().copied().min().unwrap_or(0);
        let part = (lengths.iter().sum::<usize>() + rows).div_ceil(lengths.len());
        let last = self.places.last_shard();
        let unfinished = last.filter(|&shard| lengths[shard] < least + self.block);
        let shard = unfinished.or_else(|| lengths.iter().position(|&length| length == least));
        let shard = shard.unwrap_or(0);
        let room = part.max(least + self.block).saturating_sub(lengths[shard]);
        (shard, rows.min(room.max(1)))
    }

    fn append_blocks(&mut self, rows: &[f32]) -> Result<()> {
        let dimension = self.config().dimension;
        let mut left = rows;
        while !left.is_empty() {
            let (number, count) = self.next_shard(left.len() / dimension);
            let (now, later) = left.split_at(count * dimension);
            let shard = &mut self.shards[number];
            let local = shard.len();
            shard.append(now)?;
            self.places.push(number, local, count);
            left = later;
        }
        Ok(())
    }

    /// The searches of all shards at once, each on a thread of its own: most of their time is spent
    /// waiting for devices.
    fn search_shards(&self, scans: &[Scan<'_>]) -> Result<Vec<Vec<Vec<Hit>>>> {
        if let ([shard], [scan]) = (&self.shards[..], scans) {
            return Ok(vec![shard.search(scan)?]);
        }
        std::thread::scope(|scope| {
            let threads: Vec<_> = self
                .shards
                .iter()
                .zip(scans)
                .map(|(shard, scan)| scope.spawn(move || shard.search(scan)))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|_| Err(panicked())))
                .collect()
        })
    }

    /// The best `k` of what the shards found for one query, with the rows' own numbers.
    fn merge<'h>(&self, found: impl Iterator<Item = &'h [Hit]>, k: usize) -> Vec<Hit> {
        let metric = self.config().metric;
        let mut hits: Vec<_> = found
            .enumerate()
            .flat_map(|(shard, hits)| hits.iter().map(move |hit| (shard, hit)))
            .filter_map(|(shard, hit)| {
                let row = self.places.row(shard, hit.row as usize)? as u32;
                let hit = Hit { row, ..*hit };
                Some((order::key(order::flip(metric, hit.score), row), hit))
            })
            .collect();
        hits.sort_unstable_by_key(|(key, _)| *key);
        hits.truncate(k);
        hits.into_iter().map(|(_, hit)| hit).collect()
    }

    fn search_group(&self, scan: &Scan<'_>) -> Result<Vec<Vec<Hit>>> {
        let live = self.sets(&self.live, scan.live);
        let filter = scan.filter.map(|filter| self.sets(&self.filter, filter));
        let ranges = scan.ranges.map(|ranges| self.ranges(ranges));
        let scans: Vec<_> = (0..self.shards.len())
            .map(|shard| Scan {
                queries: scan.queries,
                k: scan.k,
                live: &live[shard],
                filter: filter.as_ref().map(|filter| &filter[shard]),
                ranges: ranges.as_ref().map(|ranges| &ranges[shard][..]),
            })
            .collect();
        let found = self.search_shards(&scans)?;
        let queries = scan.queries.len() / self.config().dimension;
        Ok((0..queries)
            .map(|query| self.merge(found.iter().map(|hits| &hits[query][..]), scan.k))
            .collect())
    }

    /// Sets are kept for the rows that there were.
    fn forget_sets(&mut self) {
        (self.live, self.filter) = Default::default();
    }

    fn sets(&self, cache: &Cache, set: &Bitset) -> Arc<[Bitset]> {
        cache.get(set, || self.places.split(set, &self.rows_of_shards()))
    }

    /// For each shard, each query's ranges.
    fn ranges(&self, ranges: &[Vec<Range<usize>>]) -> Vec<Vec<Vec<Range<usize>>>> {
        let shards = 0..self.shards.len();
        shards
            .map(|shard| {
                let of_query = |ranges: &Vec<Range<usize>>| self.places.split_ranges(ranges, shard);
                ranges.iter().map(of_query).collect()
            })
            .collect()
    }
}

impl Engine for Shards {
    fn config(&self) -> &Config {
        self.shards[0].config()
    }

    fn info(&self) -> GpuDeviceInfo {
        let infos: Vec<_> = self.shards.iter().map(|shard| shard.info()).collect();
        let mut all = infos[0].clone();
        for info in &infos[1..] {
            let _ = write!(all.name, " + {}", info.name);
            all.total_vram_bytes += info.total_vram_bytes;
            all.available_vram_bytes += info.available_vram_bytes;
            all.used_vram_bytes += info.used_vram_bytes;
        }
        all
    }

    fn append(&mut self, rows: &[f32]) -> Result<()> {
        self.forget_sets();
        let (before, lengths) = (self.places.len(), self.rows_of_shards());
        let after = before + rows.len() / self.config().dimension;
        if u32::try_from(after).is_err() {
            return Err(Error::TooManyRows { rows: after });
        }
        let appended = self.append_blocks(rows);
        if appended.is_err() {
            self.places.truncate(before);
            for (shard, length) in self.shards.iter_mut().zip(lengths) {
                shard.truncate(length)?;
            }
        }
        appended
    }

    fn len(&self) -> usize {
        self.places.len()
    }

    fn truncate(&mut self, rows: usize) -> Result<()> {
        if rows >= self.places.len() {
            return Ok(());
        }
        self.forget_sets();
        for (number, shard) in self.shards.iter_mut().enumerate() {
            // Rows keep their order within a shard: those to forget are at its end.
            shard.truncate(self.places.count_before(number, rows))?;
        }
        self.places.truncate(rows);
        Ok(())
    }

    fn search(&self, scan: &Scan<'_>) -> Result<Vec<Vec<Hit>>> {
        let k = scan.k.min(self.len());
        let each = k.saturating_mul(self.shards.len() * HIT_BYTES);
        let dimension = self.config().dimension;
        groups::in_groups(scan, dimension, each, |scan| self.search_group(scan))
    }

    fn row(&self, row: usize, out: &mut [f32]) -> Result<()> {
        self.rows(row, out)
    }

    fn rows(&self, first: usize, out: &mut [f32]) -> Result<()> {
        let dimension = self.config().dimension;
        let (mut row, mut out) = (first, out);
        while !out.is_empty() {
            let place = self.places.run(row);
            let count = place.map_or_else(|| self.places.gone(row), |(_, _, count)| count);
            if count == 0 {
                let rows = self.len();
                return Err(Error::NoRow { row, rows });
            }
            let count = count.min(out.len() / dimension);
            let (now, later) = out.split_at_mut(count * dimension);
            match place {
                Some((shard, local, _)) => self.shards[shard].rows(local, now)?,
                None => now.fill(0.0),
            }
            (out, row) = (later, row + count);
        }
        Ok(())
    }

    /// Where a shard fails, the others may have dropped rows that are not in `keep` already. Rows
    /// keep their numbers then; those that are gone are found no more, and read as zeros.
    fn compact(&mut self, keep: &Bitset) -> Result<()> {
        self.forget_sets();
        let sets = self.places.split(keep, &self.rows_of_shards());
        for (number, set) in sets.iter().enumerate() {
            if let Err(error) = self.shards[number].compact(set) {
                self.places = self.places.without(keep, |shard| shard < number);
                return Err(error);
            }
        }
        self.places = self.places.without(keep, |_| true).closed();
        Ok(())
    }
    fn memory(&self) -> MemoryStats {
        sum(self.shards.iter().map(|shard| shard.memory()))
    }

    fn held(&self) -> MemoryStats {
        sum(self.shards.iter().map(|shard| shard.held()))
    }
}

fn sum(of_shards: impl Iterator<Item = MemoryStats>) -> MemoryStats {
    let mut all = MemoryStats::default();
    for memory in of_shards {
        all.total += memory.total;
        all.free += memory.free;
        all.used += memory.used;
        all.spare += memory.spare;
        all.host += memory.host;
        all.buffers += memory.buffers;
        all.limit = all
            .limit
            .into_iter()
            .chain(memory.limit)
            .reduce(|a, b| a + b);
    }
    all
}

/// What a set of rows is in each shard. The same set gives sets of the same version, so that devices
/// that keep a copy need no other.
#[derive(Default)]
struct Cache(Mutex<Option<(u64, Arc<[Bitset]>)>>);

impl Cache {
    fn get(&self, set: &Bitset, split: impl FnOnce() -> Vec<Bitset>) -> Arc<[Bitset]> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((version, sets)) if *version == set.version() => Arc::clone(sets),
            _ => {
                let sets: Arc<[Bitset]> = split().into();
                *kept = Some((set.version(), Arc::clone(&sets)));
                sets
            }
        }
    }
}

fn panicked() -> Error {
    Error::Other("a shard's thread ended in the middle of a search".to_owned())
}
