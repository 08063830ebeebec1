//! One pass for a batch of queries: scan, pick tiles, score their rows canonically, pick rows. For a few
//! queries all but the scan is one kernel; where rows as they were given are on the host, it scores.

use redwick_kernels::args;

use super::choice::Choice;
use super::chunks::TILE;
use super::gpu::{Block, Layout, address, memory};
use super::inputs::Inputs;
use super::queries::Form;
use super::scans::{Keys, with_rows};
use super::{DeviceEngine, lists, originals};
use crate::certify::Candidates;
use crate::engine::{Hit, Result, Scan};
use crate::order;

/// The most keys that one `pick` finds.
pub(super) const MOST: usize = 512;

/// What `pick` can rank: where more keys are alike, what it found says nothing.
pub(super) const CAPACITY: u32 = 2048;

/// No key.
pub(super) const NONE: u32 = u32::MAX;

/// Workgroups of `finish`, which all do what one of them would: where there are more, it is better done
/// once.
const FINISHERS: usize = 1024;

/// Tiles and results of a query that `finish` is for: what a workgroup does grows with them, and so does
/// how many workgroups there are.
const FINISHED: usize = 96;
const RESULTS: usize = 100;

/// A part of a plan, with its name.
pub(super) type Stage = (&'static str, fn(&Plan<'_>) -> Result<()>);

/// The parts of a plan in their order, for a few queries.
const FEW: [Stage; 2] = [
    ("scan", |plan| plan.scans()),
    ("finish", |plan| plan.finish()),
];

/// The parts of a plan for many.
const MANY: [Stage; 4] = [
    ("scan", |plan| plan.scans()),
    ("pick tiles", |plan| plan.pick_tiles()),
    ("score rows", |plan| plan.score_rows()),
    ("pick rows", |plan| plan.pick_rows()),
];

/// The parts of a plan whose rows are scored on the host.
const HOST: [Stage; 2] = [
    ("scan", |plan| plan.scans()),
    ("pick tiles", |plan| plan.pick_tiles()),
];

/// What is to be found of the tiles that are picked.
pub(super) struct Plan<'a> {
    engine: &'a DeviceEngine,
    choice: &'a Choice,
    inputs: &'a Inputs,
    /// Tiles that are picked for each query.
    tiles: usize,
    /// Rows that are returned for each query.
    k: usize,
    keys: Block,
    pitch: usize,
    /// The best keys of waves, and behind them counters.
    piles: Block,
    waves: usize,
    scored: Block,
    results: Block,
    at: Results,
    bytes: usize,
}

/// Where results lie, in the order in which they are read.
#[derive(Clone, Copy)]
struct Results {
    costs: usize,
    rows: usize,
    row_counts: usize,
    values: usize,
    tile_counts: usize,
    /// The tiles' slots, which only the host's scoring reads.
    slots: usize,
}

impl<'a> Plan<'a> {
    pub(super) fn new(
        engine: &'a DeviceEngine,
        choice: &'a Choice,
        inputs: &'a Inputs,
        tiles: usize,
        k: usize,
    ) -> Result<Self> {
        let (gpu, n) = (&engine.gpu, inputs.count);
        let tiles = tiles.min(choice.slots);
        let on_host = engine.host.is_some();
        let k = if on_host { 0 } else { k.min(tiles * TILE) };
        let pitch = lists::pitch(choice.slots);
        let waves = engine.scan_grid(choice.slots).waves;
        let mut layout = Layout::new();
        let at = Results {
            costs: layout.piece(n * k * 4),
            rows: layout.piece(n * k * 4),
            row_counts: layout.piece(n * 4),
            values: layout.piece(n * tiles * 4),
            tile_counts: layout.piece(n * 4),
            slots: layout.piece(n * tiles * 4),
        };
        let bytes = if on_host { layout.bytes() } else { at.slots };
        Ok(Self {
            engine,
            choice,
            inputs,
            tiles,
            k,
            keys: gpu.lease("keys of tiles", n * pitch * 4)?,
            pitch,
            piles: gpu.lease("keys of waves", n * (waves + 1) * 4)?,
            waves,
            scored: gpu.lease("keys of rows", n * tiles * TILE * 4)?,
            results: gpu.lease("results", layout.bytes())?,
            at,
            bytes,
        })
    }

    /// Bytes of keys for a query over so many tiles.
    pub(super) fn bytes_of_query(slots: usize) -> usize {
        slots.next_multiple_of(4) * 4
    }

    /// Puts all kernels into the stream.
    pub(super) fn launch(&self) -> Result<()> {
        self.stages().iter().try_for_each(|(_, stage)| stage(self))
    }

    pub(super) fn stages(&self) -> &'static [Stage] {
        if self.engine.host.is_some() {
            return &HOST;
        }
        let count = self.inputs.count;
        let little = self.tiles <= FINISHED && count * self.k <= RESULTS;
        match little && count * self.tiles <= FINISHERS && self.inputs.has_piles() {
            true => &FEW,
            false => &MANY,
        }
    }

    fn scans(&self) -> Result<()> {
        if self.choice.lists().is_some() {
            // Not all queries have as many slots.
            let bytes = self.inputs.count * self.pitch * 4;
            let stream = self.engine.gpu.stream();
            stream.fill(memory(&self.keys)?, 0, bytes, 0xff)?;
        }
        let to = Keys {
            address: address(&self.keys, 0)?,
            pitch: self.pitch,
            piles: address(&self.piles, 0)?,
            counters: address(&self.piles, self.inputs.count * self.waves * 4)?,
        };
        self.inputs.scan(self.engine, self.choice, &to)
    }

    fn finish(&self) -> Result<()> {
        let (engine, inputs) = (self.engine, self.inputs);
        let form = Form::new(&engine.config, &engine.chunks.shape);
        let result = |at| address(&self.results, at);
        let arguments = with_rows!(VectorFinish, engine, self.choice, {
            queries: inputs.given()?,
            norms: inputs.norms()?,
            keys: address(&self.keys, 0)?,
            piles: address(&self.piles, 0)?,
            counters: address(&self.piles, inputs.count * self.waves * 4)?,
            scored: address(&self.scored, 0)?,
            values: result(self.at.values)?,
            costs: result(self.at.costs)?,
            rows: result(self.at.rows)?,
            tile_counts: result(self.at.tile_counts)?,
            row_counts: result(self.at.row_counts)?,
            n: self.choice.slots as u32,
            waves: self.waves as u32,
            pitch: self.pitch as u32,
            depth: engine.config.dimension as u32,
            row_bytes: (form.given_pitch() * 4) as u32,
            query_pitch: form.given_pitch() as u32,
            list_pitch: self.choice.list_pitch(),
            tiles: self.tiles as u32,
            wanted: self.k as u32,
            metric: engine.config.metric as u32,
            reserved: 0,
        });
        let grid = [self.tiles as u32, inputs.count as u32, 1];
        let kernel = redwick_kernels::vector_finish();
        engine.gpu.launch(kernel, grid, 0, &arguments)
    }

    fn pick_tiles(&self) -> Result<()> {
        self.pick(&args::VectorPick {
            keys: address(&self.keys, 0)?,
            slots: 0,
            list: 0,
            best: address(&self.results, self.at.values)?,
            places: address(&self.results, self.at.slots)?,
            counts: address(&self.results, self.at.tile_counts)?,
            n: self.choice.slots as u32,
            pitch: self.pitch as u32,
            slot_pitch: 0,
            list_pitch: 0,
            wanted: self.tiles as u32,
            reserved: 0,
        })
    }

    fn score_rows(&self) -> Result<()> {
        let slots = address(&self.results, self.at.slots)?;
        let scored = address(&self.scored, 0)?;
        self.engine
            .score(self.choice, self.inputs, Some(slots), self.tiles, scored)
    }

    fn pick_rows(&self) -> Result<()> {
        self.pick(&args::VectorPick {
            keys: address(&self.scored, 0)?,
            slots: address(&self.results, self.at.slots)?,
            list: self.choice.list()?.0,
            best: address(&self.results, self.at.costs)?,
            places: address(&self.results, self.at.rows)?,
            counts: address(&self.results, self.at.row_counts)?,
            n: (self.tiles * TILE) as u32,
            pitch: (self.tiles * TILE) as u32,
            slot_pitch: self.tiles as u32,
            list_pitch: self.choice.list_pitch(),
            wanted: self.k as u32,
            reserved: 0,
        })
    }

    fn pick(&self, arguments: &args::VectorPick) -> Result<()> {
        let grid = [self.inputs.count as u32, 1, 1];
        let kernel = redwick_kernels::vector_pick();
        self.engine.gpu.launch(kernel, grid, 0, arguments)
    }

    /// Waits for the results. `scan` says which rows there are, for the host's scoring.
    pub(super) fn read(&self, scan: &Scan<'_>, queries: &[f32]) -> Result<Vec<Candidates>> {
        let mut words = vec![0u32; self.bytes / 4];
        let gpu = &self.engine.gpu;
        let to = bytemuck::cast_slice_mut(&mut words);
        gpu.stream().download(to, memory(&self.results)?, 0)?;
        let count = self.inputs.count;
        let hits = match &self.engine.host {
            Some(host) => {
                let slots = &words[self.at.slots / 4..][..count * self.tiles];
                originals::hits(host, scan, self.choice, queries, slots, self.tiles)
            }
            None => (0..count).map(|query| self.hits(&words, query)).collect(),
        };
        let found = hits.into_iter().enumerate();
        let candidates = |(query, hits)| Candidates {
            hits,
            floor: self.floor(query, &words),
        };
        Ok(found.map(candidates).collect())
    }

    /// A query's part of some results, `each` for each query.
    fn part(words: &[u32], at: usize, query: usize, each: usize) -> &[u32] {
        &words[at / 4 + query * each..][..each]
    }

    /// The rows that the device has scored and picked.
    fn hits(&self, words: &[u32], query: usize) -> Vec<Hit> {
        let metric = self.engine.config.metric;
        let costs = Self::part(words, self.at.costs, query, self.k).iter();
        let both = costs.zip(Self::part(words, self.at.rows, query, self.k));
        let hit = |(&cost, &row): (&u32, &u32)| Hit {
            row,
            score: order::flip(metric, order::unordered(cost)),
        };
        both.filter(|&(&cost, _)| cost != NONE).map(hit).collect()
    }

    /// The least cost of rows outside the tiles that were picked.
    fn floor(&self, query: usize, words: &[u32]) -> Option<f32> {
        let count = |at| Self::part(words, at, query, 1)[0];
        let rows = match self.engine.host {
            Some(_) => 0,
            None => count(self.at.row_counts),
        };
        if rows > CAPACITY || count(self.at.tile_counts) > CAPACITY {
            return Some(f32::NEG_INFINITY);
        }
        let last = *Self::part(words, self.at.values, query, self.tiles).last()?;
        if last == NONE || self.tiles >= self.choice.slots_of(query) {
            return None;
        }
        let value = -order::unordered(last);
        Some(self.inputs.floor(self.engine, query, value))
    }
}

impl DeviceEngine {
    /// Bytes on the device for a query besides the keys of its tiles, about: as it is scanned for and
    /// was given, the best keys of waves, the rows of `tiles` tiles, and results.
    pub(super) fn bytes_besides(&self, k: usize, tiles: usize) -> usize {
        let form = Form::new(&self.config, &self.chunks.shape);
        let query = form.given_pitch() * 4 + form.staged_bytes();
        let tiles = tiles.min(self.tiles());
        let rows = tiles * (TILE + 3) + 2 * k.min(tiles * TILE);
        query + (self.scan_grid(self.tiles()).waves + rows + 4) * 4
    }

    /// Puts the kernel that scores rows of tiles into the stream: of each query's `slots`, or of all.
    pub(super) fn score(
        &self,
        choice: &Choice,
        inputs: &Inputs,
        slots: Option<u64>,
        tiles: usize,
        keys: u64,
    ) -> Result<()> {
        let form = Form::new(&self.config, &self.chunks.shape);
        let arguments = with_rows!(VectorScore, self, choice, {
            queries: inputs.given()?,
            norms: inputs.norms()?,
            slots: slots.unwrap_or(0),
            keys,
            depth: self.config.dimension as u32,
            row_bytes: (form.given_pitch() * 4) as u32,
            query_pitch: form.given_pitch() as u32,
            pitch: (tiles * TILE) as u32,
            slot_pitch: tiles as u32,
            list_pitch: choice.list_pitch(),
            metric: self.config.metric as u32,
        });
        let grid = [tiles as u32, inputs.count as u32, 1];
        let kernel = redwick_kernels::vector_score();
        self.gpu.launch(kernel, grid, 0, &arguments)
    }
}
