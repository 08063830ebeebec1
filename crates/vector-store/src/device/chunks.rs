//! Rows in device memory: chunks of tiles, and the table that kernels find them by.
//!
//! A chunk is one allocation: rows as they are scanned, then a factor and an offset of each where the
//! metric and the dtype need them, then the rows as they were given where they are scanned as
//! something else. All chunks but the last have the same number of rows, a power of two; the last
//! grows by doubling, so that a small store is small; where there is no memory to double it, it grows by
//! what is needed. Growing copies no more than that last chunk. Under a limit on memory chunks are small
//! parts of it, so that nearly all of it can be used.

use redwick_hip::Address;

use super::account::Memory;
use super::gpu::Gpu;
use crate::engine::{Config, Dtype, Metric, Originals, Result};

/// Rows of a tile: what one word of a bitset and one key of a scan stand for.
pub(super) const TILE: usize = 32;

/// Bytes of a chunk, about.
const CHUNK_BYTES: usize = 128 << 20;

/// The part of a limit on memory that a chunk takes, at the most.
const PART_OF_LIMIT: usize = 32;

/// Bytes of a lane's access.
pub(super) const UNIT: usize = 16;

/// Lanes that share a row.
pub(super) const TEAM: usize = 8;

/// The parts of a chunk, in the order of the kernels' table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plane {
    Rows,
    Factors,
    Offsets,
    Given,
}

pub(super) const PLANES: [Plane; 4] = [Plane::Rows, Plane::Factors, Plane::Offsets, Plane::Given];

/// What a row takes, in each plane.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// Units of a row as it is scanned.
    pub(super) units: usize,
    /// Units of a row as it was given.
    pub(super) given_units: usize,
    /// Bytes of a row in each plane; 0 where the plane is absent.
    bytes: [usize; 4],
    /// Rows of a whole chunk.
    rows: usize,
}

impl Shape {
    pub(super) fn of(config: &Config, chunk_bytes: Option<usize>) -> Self {
        let units = (config.dimension * config.dtype.size()).div_ceil(UNIT);
        let given_units = (config.dimension * 4).div_ceil(UNIT);
        let copied = config.dtype != Dtype::F32 && config.originals == Originals::Device;
        let scaled = matches!(config.dtype, Dtype::F16 | Dtype::Int8);
        let bytes = [
            units * UNIT,
            usize::from(scaled || config.metric == Metric::Cosine) * 4,
            usize::from(config.metric == Metric::L2) * 4,
            usize::from(copied) * given_units * UNIT,
        ];
        let tile = bytes.iter().sum::<usize>() * TILE;
        let most = config.memory_limit.unwrap_or(usize::MAX) / PART_OF_LIMIT;
        let tiles = (chunk_bytes.unwrap_or(CHUNK_BYTES).min(most) / tile).max(1);
        Self {
            units,
            given_units,
            bytes,
            rows: TILE << tiles.ilog2(),
        }
    }

    pub(super) fn has(&self, plane: Plane) -> bool {
        self.bytes[plane as usize] > 0
    }

    /// Bytes of a row in a plane.
    pub(super) fn row(&self, plane: Plane) -> usize {
        self.bytes[plane as usize]
    }

    /// Rows of a whole chunk.
    pub(super) fn chunk_rows(&self) -> usize {
        self.rows
    }

    /// The base-2 logarithm of the tiles of a whole chunk.
    pub(super) fn shift(&self) -> u32 {
        (self.rows / TILE).ilog2()
    }

    /// Where a plane starts in a chunk of `rows` rows.
    fn start(&self, plane: Plane, rows: usize) -> usize {
        let before = &self.bytes[..plane as usize];
        before
            .iter()
            .map(|bytes| (bytes * rows).next_multiple_of(UNIT))
            .sum()
    }

    fn chunk_bytes(&self, rows: usize) -> usize {
        self.start(Plane::Given, rows) + self.row(Plane::Given) * rows
    }
}

/// One allocation of rows.
pub(super) struct Chunk {
    pub(super) memory: Memory,
    rows: usize,
}

impl Chunk {
    pub(super) fn new(gpu: &Gpu, shape: &Shape, rows: usize) -> Result<Self> {
        let bytes = shape.chunk_bytes(rows);
        let memory = gpu.allocate("vectors", bytes)?;
        // Tiles are scanned whole, rows that are not there yet included.
        gpu.stream().fill(&memory, 0, bytes, 0)?;
        Ok(Self { memory, rows })
    }

    /// Where a plane starts; the rows themselves for given rows that are scanned as they are.
    pub(super) fn plane(&self, shape: &Shape, plane: Plane) -> usize {
        match plane {
            Plane::Given if !shape.has(plane) => shape.start(Plane::Rows, self.rows),
            _ => shape.start(plane, self.rows),
        }
    }

    /// The address of a plane, null where it is absent.
    pub(super) fn address(&self, shape: &Shape, plane: Plane) -> Address {
        if !shape.has(plane) && plane != Plane::Given {
            return Address::NULL;
        }
        self.memory.address().offset(self.plane(shape, plane))
    }

    /// Copies the first rows of another chunk.
    fn copy_from(&self, gpu: &Gpu, shape: &Shape, from: &Self, rows: usize) -> Result<()> {
        for plane in PLANES.into_iter().filter(|&plane| shape.has(plane)) {
            let to = (&*self.memory, self.plane(shape, plane));
            let source = (&*from.memory, from.plane(shape, plane));
            gpu.stream()
                .copy_within(to, source, shape.row(plane) * rows)?;
        }
        Ok(())
    }
}

/// How much room the last chunk gets that is not needed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Growth {
    Doubling,
    Exact,
}

/// All chunks of a store.
pub(super) struct Chunks {
    pub(super) shape: Shape,
    list: Vec<Chunk>,
    /// Addresses of the chunks' planes; none for no chunks.
    table: Option<Memory>,
}

impl Chunks {
    pub(super) fn new(shape: Shape) -> Self {
        Self {
            shape,
            list: Vec::new(),
            table: None,
        }
    }

    pub(super) fn table(&self) -> u64 {
        self.table.as_ref().map_or(0, |table| table.address().0)
    }

    /// Rows that there is room for.
    pub(super) fn capacity(&self) -> usize {
        self.list.iter().map(|chunk| chunk.rows).sum()
    }

    /// Bytes of all chunks and the table.
    pub(super) fn bytes(&self) -> usize {
        let chunks = self.list.iter().map(|chunk| chunk.memory.bytes());
        chunks.sum::<usize>() + self.table.as_ref().map_or(0, |table| table.bytes())
    }

    /// The chunk of a row, and the row's number in it.
    pub(super) fn find(&self, row: usize) -> Option<(&Chunk, usize)> {
        let chunk = self.list.get(row / self.shape.rows)?;
        Some((chunk, row % self.shape.rows))
    }

    /// Bytes that making room for `rows` rows allocates, old memory of a chunk that grows not
    /// counted.
    pub(super) fn bytes_to_reserve(&self, rows: usize, growth: Growth) -> usize {
        self.new_sizes(rows, growth)
            .into_iter()
            .map(|rows| self.shape.chunk_bytes(rows))
            .sum()
    }

    /// The sizes of chunks that are added, or take the place of the last, for `rows` rows in all.
    fn new_sizes(&self, rows: usize, growth: Growth) -> Vec<usize> {
        if rows <= self.capacity() {
            return Vec::new();
        }
        let whole = self.shape.rows;
        let kept = self.list.iter().filter(|chunk| chunk.rows == whole).count();
        let short = self.capacity() - kept * whole;
        let mut left = rows - kept * whole;
        let mut sizes = Vec::new();
        while left > 0 {
            let doubles = growth == Growth::Doubling && sizes.is_empty();
            let doubled = if doubles { short * 2 } else { 0 };
            let size = left.next_multiple_of(TILE).max(doubled).min(whole);
            sizes.push(size);
            left -= left.min(size);
        }
        sizes
    }

    /// Makes room for `rows` rows, of which `len` are there. What fails changes nothing.
    pub(super) fn reserve(
        &mut self,
        gpu: &Gpu,
        len: usize,
        rows: usize,
        growth: Growth,
    ) -> Result<()> {
        let sizes = self.new_sizes(rows, growth);
        if sizes.is_empty() {
            return Ok(());
        }
        let new = sizes.iter().map(|&size| Chunk::new(gpu, &self.shape, size));
        let new: Vec<Chunk> = new.collect::<Result<_>>()?;
        let short = self.list.last().filter(|last| last.rows < self.shape.rows);
        if let (Some(short), Some(first)) = (short, new.first()) {
            first.copy_from(gpu, &self.shape, short, len % self.shape.rows)?;
        }
        let kept = self.list.len() - usize::from(short.is_some());
        let all = self.list[..kept].iter().chain(&new);
        let table = self.written_table(gpu, all)?;
        self.list.truncate(kept);
        self.list.extend(new);
        self.table = Some(table);
        Ok(())
    }

    fn written_table<'a>(
        &self,
        gpu: &Gpu,
        chunks: impl Iterator<Item = &'a Chunk>,
    ) -> Result<Memory> {
        let entries: Vec<u64> = chunks
            .flat_map(|chunk| PLANES.map(|plane| chunk.address(&self.shape, plane).0))
            .collect();
        let table = gpu.allocate("the table of chunks", entries.len() * 8)?;
        gpu.stream()
            .upload(&table, 0, bytemuck::cast_slice(&entries))?;
        Ok(table)
    }

    /// Lets go of chunks that `rows` rows do not need.
    pub(super) fn shrink(&mut self, rows: usize) {
        self.list.truncate(rows.div_ceil(self.shape.rows));
        if self.list.is_empty() {
            self.table = None;
        }
    }

    /// Rewrites all chunks in order. `fill(chunks, number, to)` puts the rows of new chunk `number`
    /// into `to`; they come from the old chunk of that number on. So each new chunk but the first
    /// takes the memory of an old one, and no more than one chunk is needed besides. All memory is had
    /// before the first row moves: what fails then is a device that is lost.
    pub(super) fn rewrite(
        &mut self,
        gpu: &Gpu,
        rows: usize,
        mut fill: impl FnMut(&Self, usize, &Chunk) -> Result<()>,
    ) -> Result<()> {
        let count = rows.div_ceil(self.shape.rows);
        if count == 0 {
            self.shrink(0);
            return Ok(());
        }
        let size = rows.next_multiple_of(TILE).min(self.shape.rows);
        let spare = Chunk::new(gpu, &self.shape, size)?;
        let all = std::iter::once(&spare).chain(&self.list[..count - 1]);
        let table = self.written_table(gpu, all.clone())?;
        for (number, to) in all.enumerate() {
            fill(self, number, to)?;
        }
        self.list.truncate(count - 1);
        self.list.insert(0, spare);
        self.table = Some(table);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_lie_one_after_the_other() {
        let config = Config::new(3, Metric::L2).dtype(Dtype::Int8);
        let shape = Shape::of(&config, Some(10_000));
        assert_eq!((shape.units, shape.given_units), (1, 1));
        assert_eq!(PLANES.map(|plane| shape.row(plane)), [16, 4, 4, 16]);
        assert_eq!(shape.chunk_rows(), 128);
        assert_eq!(
            PLANES.map(|plane| shape.start(plane, 32)),
            [0, 512, 640, 768]
        );
        let plain = Shape::of(&Config::new(768, Metric::InnerProduct), None);
        assert_eq!(PLANES.map(|plane| plain.row(plane)), [3072, 0, 0, 0]);
        assert_eq!(plain.chunk_rows(), 32768);
    }
}
