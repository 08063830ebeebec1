//! One pass for a batch of queries: scan, pick tiles, score their rows canonically, pick rows.

use redwick_kernels::args;

use super::DeviceEngine;
use super::bounds::Values;
use super::choice::Choice;
use super::chunks::TILE;
use super::gpu::{Block, Layout, address, memory};
use super::inputs::Inputs;
use super::queries::Form;
use super::scans::{Keys, with_rows};
use crate::certify::Candidates;
use crate::engine::{Hit, Result};
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
    slots: Block,
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
        let k = k.min(tiles * TILE);
        let pitch = choice.slots.next_multiple_of(4);
        let waves = engine.scan_grid(choice.slots).waves;
        let mut layout = Layout::new();
        let at = Results {
            costs: layout.piece(n * k * 4),
            rows: layout.piece(n * k * 4),
            row_counts: layout.piece(n * 4),
            values: layout.piece(n * tiles * 4),
            tile_counts: layout.piece(n * 4),
        };
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
            slots: gpu.lease("tiles that were picked", n * tiles * 4)?,
            scored: gpu.lease("keys of rows", n * tiles * TILE * 4)?,
            results: gpu.lease("results", layout.bytes())?,
            at,
            bytes: layout.bytes(),
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
        let few = self.inputs.count * self.tiles <= FINISHERS;
        match few && self.inputs.has_piles() {
            true => &FEW,
            false => &MANY,
        }
    }

    fn scans(&self) -> Result<()> {
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
            picked: address(&self.slots, 0)?,
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
            list_pitch: 0,
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
            places: address(&self.slots, 0)?,
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
        let (slots, scored) = (address(&self.slots, 0)?, address(&self.scored, 0)?);
        self.engine
            .score(self.choice, self.inputs, Some(slots), self.tiles, scored)
    }

    fn pick_rows(&self) -> Result<()> {
        self.pick(&args::VectorPick {
            keys: address(&self.scored, 0)?,
            slots: address(&self.slots, 0)?,
            list: self.choice.list()?.0,
            best: address(&self.results, self.at.costs)?,
            places: address(&self.results, self.at.rows)?,
            counts: address(&self.results, self.at.row_counts)?,
            n: (self.tiles * TILE) as u32,
            pitch: (self.tiles * TILE) as u32,
            slot_pitch: self.tiles as u32,
            list_pitch: 0,
            wanted: self.k as u32,
            reserved: 0,
        })
    }

    fn pick(&self, arguments: &args::VectorPick) -> Result<()> {
        let grid = [self.inputs.count as u32, 1, 1];
        let kernel = redwick_kernels::vector_pick();
        self.engine.gpu.launch(kernel, grid, 0, arguments)
    }

    /// Waits for the results.
    pub(super) fn read(&self) -> Result<Vec<Candidates>> {
        let mut bytes = vec![0u32; self.bytes / 4];
        let gpu = &self.engine.gpu;
        gpu.stream().download(
            bytemuck::cast_slice_mut(&mut bytes),
            memory(&self.results)?,
            0,
        )?;
        let found = (0..self.inputs.count).map(|query| self.candidates(&bytes, query));
        Ok(found.collect())
    }

    fn candidates(&self, words: &[u32], query: usize) -> Candidates {
        let list = |at: usize, each: usize| &words[at / 4 + query * each..][..each];
        let metric = self.engine.config.metric;
        let costs = list(self.at.costs, self.k).iter();
        let hits = costs
            .zip(list(self.at.rows, self.k))
            .filter(|&(&cost, _)| cost != NONE)
            .map(|(&cost, &row)| Hit {
                row,
                score: order::flip(metric, order::unordered(cost)),
            });
        let counts = (
            list(self.at.row_counts, 1)[0],
            list(self.at.tile_counts, 1)[0],
        );
        Candidates {
            hits: hits.collect(),
            floor: self.floor(query, list(self.at.values, self.tiles), counts),
        }
    }

    /// The least cost of rows outside the tiles that were picked.
    fn floor(&self, query: usize, values: &[u32], (rows, tiles): (u32, u32)) -> Option<f32> {
        if rows > CAPACITY || tiles > CAPACITY {
            return Some(f32::NEG_INFINITY);
        }
        let last = *values.last()?;
        if last == NONE || self.tiles == self.choice.slots {
            return None;
        }
        let engine = self.engine;
        let facts = self.inputs.facts[query];
        let values = Values::new(
            engine.config.metric,
            &self.inputs.arithmetic(engine, query),
            facts,
            &engine.extremes,
        );
        Some(values.floor(-order::unordered(last)))
    }
}

impl DeviceEngine {
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
            list_pitch: 0,
            metric: self.config.metric as u32,
        });
        let grid = [tiles as u32, inputs.count as u32, 1];
        let kernel = redwick_kernels::vector_score();
        self.gpu.launch(kernel, grid, 0, &arguments)
    }
}
