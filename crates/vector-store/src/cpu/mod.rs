//! The CPU's engine, and the oracle for all others.
//!
//! One pass over the rows answers a search exactly: a row's score is first computed in f32 from what
//! the storage dtype kept of it; unless its [floor](crate::bound) says that it cannot be among the
//! best `k` so far, it is scored canonically. Of rows in random order few are: about `k ln(n / k)`.
//! Where all of them are (ties, falling costs) the pass takes the time of scoring every row in f64.
//!
//! Threads take blocks of queries and parts of the rows; what they find is merged by key, so the
//! answer does not depend on their number. The vector instructions of the machine (AVX2, AVX-512,
//! NEON) are found at run time.

mod chunks;
mod info;
mod kernels;
mod rows;
mod scan;
mod tasks;
mod top;

use rayon::prelude::*;

use crate::bitset::Bitset;
use crate::canonical;
use crate::context::{DeviceContext, IvfIndex, Kind};
use crate::engine::{Config, Engine, Error, Hit, MemoryStats, Result, Scan, Shortage, groups};
use crate::types::GpuDeviceInfo;
use rows::{Room, Rows};

pub(crate) use info::{device, memory};

/// The kind of [`CpuContext`].
#[derive(Debug, Clone, Copy)]
pub enum Cpu {}

impl Kind for Cpu {
    const BACKEND: &'static str = "CPU";
}

/// This machine's cores as one of hive-gpu's contexts.
pub type CpuContext = DeviceContext<Cpu>;

/// An inverted file of hive-gpu's kind on this machine's cores.
pub type CpuIvfIndex = IvfIndex<Cpu>;

impl CpuContext {
    /// Always there.
    #[expect(clippy::new_without_default, reason = "as the other contexts have it")]
    pub fn new() -> Self {
        Self::on_cpu()
    }

    /// 0: there is one.
    pub fn device_id(&self) -> i32 {
        0
    }
}

/// Bytes for a key while it is searched for: in a heap and in a list that grow by doubling, and as a hit.
const KEY_BYTES: usize = 56;

/// Bytes for a query besides.
const QUERY_BYTES: usize = 256;

/// Vectors in this machine's memory, searched by its cores.
pub struct CpuEngine {
    config: Config,
    rows: Rows,
}

impl CpuEngine {
    /// An empty engine.
    ///
    /// # Errors
    /// [`Error::Dimension`].
    pub fn new(config: Config) -> Result<Self> {
        let config = config.checked()?;
        Ok(Self {
            config,
            rows: Rows::new(config.dimension, config.dtype),
        })
    }

    /// The canonical score of a row, which is there, for a query of this norm.
    pub(crate) fn score(&self, query: &[f32], norm: f64, row: usize) -> f32 {
        let (numbers, facts) = (self.rows.originals.row(row), self.rows.facts.row(row)[0]);
        canonical::score(self.config.metric, query, norm, numbers, facts.norm)
    }

    /// How many keys all threads together can find for a query.
    fn most_keys(&self, k: usize) -> usize {
        let parts = tasks::most_parts(rayon::current_num_threads());
        k.saturating_mul(parts).min(self.rows.len())
    }

    fn search_group(&self, scan: &Scan<'_>) -> Vec<Vec<Hit>> {
        let dimension = self.config.dimension;
        let job = scan::Job::new(&self.config, &self.rows, scan);
        let threads = rayon::current_num_threads();
        let tasks = tasks::tasks(scan, dimension, self.rows.len(), threads);
        let found: Vec<_> = tasks.par_iter().map(|task| job.run(task)).collect();
        let mut keys = vec![Vec::new(); scan.queries.len() / dimension];
        for (task, tops) in tasks.iter().zip(found) {
            for (query, top) in task.queries.clone().zip(tops) {
                keys[query].append(&mut top.into_keys());
            }
        }
        keys.into_par_iter().map(|keys| job.hits(keys)).collect()
    }

    fn room_for(&mut self, rows: usize) -> Result<()> {
        let (held, needed) = (self.rows.bytes(), self.rows.bytes_for(rows));
        let limit = self.config.memory_limit;
        let refused = limit.is_some_and(|limit| needed > held && needed > limit);
        if refused || self.rows.reserve(rows).is_err() {
            self.rows.truncate(self.rows.len());
            return Err(Box::new(Shortage {
                what: format!("{rows} vectors of {} numbers", self.config.dimension),
                requested: needed.saturating_sub(held),
                used: held,
                free: Some(info::memory().1).filter(|&free| free > 0),
                limit,
            })
            .into());
        }
        Ok(())
    }
}

/// Appends rows with the machine's vector instructions.
struct Push<'a> {
    into: &'a mut Rows,
    rows: &'a [f32],
    dimension: usize,
}

impl pulp::NullaryFnOnce for Push<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let mut room = Room::new(self.dimension);
        for row in self.rows.chunks_exact(self.dimension) {
            self.into.push(row, &mut room);
        }
    }
}

impl Engine for CpuEngine {
    fn config(&self) -> &Config {
        &self.config
    }

    fn info(&self) -> GpuDeviceInfo {
        info::device()
    }

    fn append(&mut self, rows: &[f32]) -> Result<()> {
        let dimension = self.config.dimension;
        let total = self.rows.len() + rows.len() / dimension;
        if u32::try_from(total).is_err() {
            return Err(Error::TooManyRows { rows: total });
        }
        self.room_for(total)?;
        pulp::Arch::new().dispatch(Push {
            into: &mut self.rows,
            rows,
            dimension,
        });
        Ok(())
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn truncate(&mut self, rows: usize) -> Result<()> {
        self.rows.truncate(rows);
        Ok(())
    }

    fn search(&self, scan: &Scan<'_>) -> Result<Vec<Vec<Hit>>> {
        let dimension = self.config.dimension;
        let queries = scan.queries.len() / dimension;
        if scan.k == 0 {
            return Ok(vec![Vec::new(); queries]);
        }
        let each = KEY_BYTES * self.most_keys(scan.k) + QUERY_BYTES;
        groups::in_groups(scan, dimension, each, |scan| Ok(self.search_group(scan)))
    }

    fn row(&self, row: usize, out: &mut [f32]) -> Result<()> {
        if row >= self.rows.len() {
            return Err(Error::NoRow {
                row,
                rows: self.rows.len(),
            });
        }
        out.copy_from_slice(self.rows.originals.row(row));
        Ok(())
    }

    fn compact(&mut self, keep: &Bitset) -> Result<()> {
        self.rows.compact(keep);
        Ok(())
    }

    fn memory(&self) -> MemoryStats {
        let (total, free) = info::memory();
        MemoryStats {
            total,
            free,
            ..self.held()
        }
    }

    fn held(&self) -> MemoryStats {
        let used = self.rows.bytes();
        MemoryStats {
            total: 0,
            free: 0,
            used,
            spare: used.saturating_sub(self.rows.used_bytes()),
            host: 0,
            limit: self.config.memory_limit,
            buffers: self.rows.pieces(),
        }
    }
}
