//! Rows into the store, out of it and within it; what memory it has.

use redwick_kernels::args;

use super::DeviceEngine;
use super::bounds::Extremes;
use super::choice::uploaded;
use super::chunks::{Chunk, Growth, PLANES, Plane};
use super::gpu::{Gpu, address, memory};
use super::scans::stored;
use crate::bitset::Bitset;
use crate::engine::{Engine, Error, MemoryStats, Metric, Result};

/// Bytes of rows that are uploaded at once.
const STAGE_BYTES: usize = 16 << 20;

/// The part of a limit on memory that rows leave to searches, and the part that is uploaded at once.
const LEFT_TO_SEARCHES: usize = 16;
const PART_UPLOADED: usize = 32;

/// Rows of a workgroup of `ingest`.
const ROWS: usize = 32;

/// Steps of a workgroup of `gather`.
const STEPS: usize = 256;

impl DeviceEngine {
    /// Bytes that the engine holds on the device as long as it has these rows.
    fn kept(&self) -> usize {
        self.chunks.bytes() + self.noted.bytes()
    }

    /// Makes room for rows, so that there are `total`: more than is needed where that can be had.
    fn make_room(&mut self, total: usize) -> Result<()> {
        match self.try_room(total, Growth::Doubling) {
            Err(Error::OutOfMemory(_)) => self.try_room(total, Growth::Exact),
            done => done,
        }
    }

    fn try_room(&mut self, total: usize, growth: Growth) -> Result<()> {
        let more = self.chunks.bytes_to_reserve(total, growth);
        if more == 0 {
            return Ok(());
        }
        // Copies of sets are of another length from now on.
        self.masks.clear();
        if let Some(limit) = self.config.memory_limit {
            let with_searches = more.saturating_add(limit / LEFT_TO_SEARCHES);
            if self.kept().saturating_add(with_searches) > limit {
                self.gpu.trim()?;
                let what = "vectors, and room to search them,";
                return Err(self.gpu.shortage(what, with_searches));
            }
        }
        self.chunks.reserve(&self.gpu, self.len, total, growth)
    }

    /// Appends rows, so that there are `total`.
    pub(super) fn append_rows(&mut self, rows: &[f32], total: usize) -> Result<()> {
        self.make_room(total)?;
        let extremes = self.fill(rows);
        if extremes.is_err() {
            self.chunks.shrink(self.len);
        }
        self.extremes = extremes?;
        self.len = total;
        Ok(())
    }

    /// Puts rows behind those that are there, where there is room; gives what is noted of all.
    fn fill(&self, rows: &[f32]) -> Result<Extremes> {
        let dimension = self.config.dimension;
        let part = self.config.memory_limit.unwrap_or(usize::MAX) / PART_UPLOADED;
        let staged = (STAGE_BYTES.min(part) / (dimension * 4)).max(1);
        let (mut at, mut left) = (self.len, rows);
        while !left.is_empty() {
            let room = self.chunks.shape.chunk_rows() - at % self.chunks.shape.chunk_rows();
            let count = staged.min(room).min(left.len() / dimension);
            let (piece, rest) = left.split_at(count * dimension);
            self.ingest(piece, at)?;
            (at, left) = (at + count, rest);
        }
        let mut extremes = self.extremes;
        let into = bytemuck::bytes_of_mut(&mut extremes);
        self.gpu.stream().download(into, &self.noted, 0)?;
        Ok(extremes)
    }

    /// Converts rows of one chunk, the first of them row `at` of the store.
    fn ingest(&self, rows: &[f32], at: usize) -> Result<()> {
        let shape = &self.chunks.shape;
        let (chunk, first) = self.chunk(at)?;
        let n = rows.len() / self.config.dimension;
        let staged = uploaded(&self.gpu, "rows on their way", bytemuck::cast_slice(rows))?;
        let plane = |plane| match shape.has(plane) {
            true => chunk.address(shape, plane).0,
            false => 0,
        };
        self.gpu.launch(
            redwick_kernels::vector_ingest(stored(self.config.dtype)),
            [n.div_ceil(ROWS) as u32, 1, 1],
            0,
            &args::VectorIngest {
                x: address(&staged, 0)?,
                rows: plane(Plane::Rows),
                factors: plane(Plane::Factors),
                offsets: plane(Plane::Offsets),
                given: plane(Plane::Given),
                extremes: self.noted.address().0,
                n: n as u32,
                first: first as u32,
                depth: self.config.dimension as u32,
                units: shape.units as u32,
                given_units: shape.given_units as u32,
                is_cosine: (self.config.metric == Metric::Cosine).into(),
                slack: self.arithmetic.slack(self.config.dtype) as f32,
                reserved: 0,
            },
        )
    }

    /// The chunk of a row that there is room for.
    fn chunk(&self, row: usize) -> Result<(&Chunk, usize)> {
        let rows = self.chunks.capacity();
        self.chunks.find(row).ok_or(Error::NoRow { row, rows })
    }

    /// Rows that follow one another, with a copy for each chunk that has some of them.
    pub(super) fn read_rows(&self, first: usize, out: &mut [f32]) -> Result<()> {
        let (dimension, shape) = (self.config.dimension, &self.chunks.shape);
        let end = first + out.len() / dimension;
        if end > self.len {
            return Err(Error::NoRow {
                row: end - 1,
                rows: self.len,
            });
        }
        let mut out = out;
        let mut row = first;
        while row < end {
            let (chunk, at) = self.chunk(row)?;
            let count = (shape.chunk_rows() - at).min(end - row);
            let (now, later) = out.split_at_mut(count * dimension);
            self.read_from(chunk, at, now)?;
            (out, row) = (later, row + count);
        }
        Ok(())
    }

    /// Rows of a chunk, which lie there at multiples of 16 bytes.
    fn read_from(&self, chunk: &Chunk, at: usize, out: &mut [f32]) -> Result<()> {
        let (dimension, shape) = (self.config.dimension, &self.chunks.shape);
        let pitch = shape.given_units * 16;
        let start = chunk.plane(shape, Plane::Given) + at * pitch;
        let stream = self.gpu.stream();
        if pitch == dimension * 4 {
            return Ok(stream.download(bytemuck::cast_slice_mut(out), &chunk.memory, start)?);
        }
        let mut padded = vec![0u8; out.len() / dimension * pitch];
        stream.download(&mut padded, &chunk.memory, start)?;
        for (to, from) in out
            .chunks_exact_mut(dimension)
            .zip(padded.chunks_exact(pitch))
        {
            bytemuck::cast_slice_mut::<f32, u8>(to).copy_from_slice(&from[..dimension * 4]);
        }
        Ok(())
    }

    pub(super) fn compact_rows(&mut self, keep: &Bitset) -> Result<()> {
        let ids: Vec<u32> = keep
            .iter()
            .take_while(|&row| row < self.len)
            .map(|row| row as u32)
            .collect();
        if ids.len() == self.len {
            return Ok(());
        }
        let gpu = &self.gpu;
        let rows = self.chunks.shape.chunk_rows().min(ids.len());
        let list = gpu.lease("rows to keep", rows * 4)?;
        self.chunks.rewrite(gpu, ids.len(), |chunks, number, to| {
            let ids = &ids[number * rows..];
            let ids = &ids[..rows.min(ids.len())];
            gpu.stream()
                .upload(memory(&list)?, 0, bytemuck::cast_slice(ids))?;
            let gather = Gather {
                ids: address(&list, 0)?,
                count: ids.len(),
                table: chunks.table(),
            };
            let mut present = PLANES.into_iter().filter(|&plane| chunks.shape.has(plane));
            present.try_for_each(|plane| gather.launch(gpu, &chunks.shape, plane, to))
        })?;
        // The list is given back in the stream's order.
        drop(list);
        self.len = ids.len();
        self.masks.clear();
        self.let_go()
    }

    /// Gives back what searches have left, where there are no rows to search.
    pub(super) fn let_go(&self) -> Result<()> {
        if self.len > 0 {
            return Ok(());
        }
        self.masks.clear();
        self.gpu.trim()
    }

    pub(super) fn memory_stats(&self) -> MemoryStats {
        let info = self.gpu.device().memory_info().ok();
        let (free, total) = info.map_or((0, 0), |info| (info.free, info.total));
        MemoryStats {
            total,
            free,
            ..self.held_stats()
        }
    }

    pub(super) fn held_stats(&self) -> MemoryStats {
        let account = self.gpu.account();
        let room = self.chunks.capacity() - self.len;
        let row: usize = PLANES.iter().map(|&p| self.chunks.shape.row(p)).sum();
        MemoryStats {
            total: 0,
            free: 0,
            used: account.bytes(),
            spare: room * row + self.gpu.scratch().cached,
            host: self.host.as_ref().map_or(0, |host| host.memory().used),
            limit: self.config.memory_limit,
            buffers: account.blocks(),
        }
    }
}

/// Rows that are moved to a new chunk.
struct Gather {
    ids: u64,
    count: usize,
    table: u64,
}

impl Gather {
    fn launch(
        &self,
        gpu: &Gpu,
        shape: &super::chunks::Shape,
        plane: Plane,
        to: &Chunk,
    ) -> Result<()> {
        let words = shape.row(plane) / 4;
        let blocks = (self.count * words).div_ceil(STEPS);
        gpu.launch(
            redwick_kernels::vector_gather(),
            [blocks as u32, 1, 1],
            0,
            &args::VectorGather {
                table: self.table,
                ids: self.ids,
                to: to.address(shape, plane).0,
                n: self.count as u32,
                shift: shape.shift(),
                words: words as u32,
                plane: plane as u32,
            },
        )
    }
}
