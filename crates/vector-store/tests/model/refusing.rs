//! An engine that refuses to compact two times of three.

use vector_store::engine::Result;
use vector_store::{Bitset, Config, Engine, Error, GpuDeviceInfo, Hit, MemoryStats, Scan};

/// What it says then.
pub(crate) const REFUSED: &str = "no room to compact";

pub(crate) struct Refusing {
    inner: Box<dyn Engine>,
    asked: usize,
}

impl Refusing {
    pub(crate) fn over(inner: Box<dyn Engine>) -> Box<dyn Engine> {
        Box::new(Self { inner, asked: 0 })
    }
}

impl Engine for Refusing {
    fn config(&self) -> &Config {
        self.inner.config()
    }
    fn info(&self) -> GpuDeviceInfo {
        self.inner.info()
    }
    fn append(&mut self, rows: &[f32]) -> Result<()> {
        self.inner.append(rows)
    }
    fn len(&self) -> usize {
        self.inner.len()
    }
    fn truncate(&mut self, rows: usize) -> Result<()> {
        self.inner.truncate(rows)
    }
    fn search(&self, scan: &Scan<'_>) -> Result<Vec<Vec<Hit>>> {
        self.inner.search(scan)
    }
    fn row(&self, row: usize, out: &mut [f32]) -> Result<()> {
        self.inner.row(row, out)
    }
    fn compact(&mut self, keep: &Bitset) -> Result<()> {
        self.asked += 1;
        match self.asked % 3 {
            0 => self.inner.compact(keep),
            _ => Err(Error::Other(REFUSED.to_owned())),
        }
    }
    fn memory(&self) -> MemoryStats {
        self.inner.memory()
    }
}
