//! One pass for a batch of queries: scan, pick tiles, score their rows canonically, pick rows.

use redwick_kernels::{DType, Kernel, args};

use super::DeviceEngine;
use super::bounds::{Query, Values};
use super::choice::{Choice, uploaded};
use super::chunks::{Plane, TILE};
use super::gpu::{Block, Layout, address, memory};
use super::queries::Form;
use crate::canonical;
use crate::certify::Candidates;
use crate::engine::{Dtype, Hit, Result};
use crate::order;

/// The most keys that one `pick` finds.
pub(super) const MOST: usize = 512;

/// What `pick` can rank: where more keys are alike, what it found says nothing.
pub(super) const CAPACITY: u32 = 2048;

/// No key.
pub(super) const NONE: u32 = u32::MAX;

/// LDS that scans may take for queries, so that several workgroups fit on a compute unit.
const LDS: usize = 48 << 10;

/// A scan for at most so many queries.
struct Pass {
    queries: usize,
    kernel: fn(DType) -> Option<Kernel<args::VectorScan>>,
}

/// From many queries to few.
const PASSES: [Pass; 3] = [
    Pass {
        queries: 12,
        kernel: redwick_kernels::vector_scan_12,
    },
    Pass {
        queries: 4,
        kernel: redwick_kernels::vector_scan_4,
    },
    Pass {
        queries: 1,
        kernel: redwick_kernels::vector_scan_1,
    },
];

/// The pass to take next where so many queries are left: the one with the fewest that takes them all,
/// else the largest.
fn next_pass(left: usize, staged: usize) -> Option<&'static Pass> {
    let mut fitting = PASSES.iter().filter(|pass| pass.queries * staged <= LDS);
    let largest = fitting.next()?;
    Some(
        fitting
            .take_while(|pass| pass.queries >= left)
            .last()
            .unwrap_or(largest),
    )
}

/// Whether queries of this form can be scanned for at all.
pub(super) fn scannable(form: &Form) -> bool {
    next_pass(1, form.staged_bytes()).is_some()
}

/// How kernels name what rows are stored as; signed bytes go by the name of bytes.
pub(super) fn stored(dtype: Dtype) -> DType {
    match dtype {
        Dtype::F32 => DType::F32,
        Dtype::F16 => DType::F16,
        Dtype::Bf16 => DType::BF16,
        Dtype::Int8 => DType::U8,
    }
}

/// Queries on the device.
pub(super) struct Inputs {
    block: Block,
    /// Numbers as given, norms.
    given: usize,
    norms: usize,
    scans: Vec<ScanInput>,
    pub(super) count: usize,
    facts: Vec<Query>,
}

struct ScanInput {
    pass: &'static Pass,
    staged: usize,
    weights: usize,
    first: usize,
    count: usize,
}

impl Inputs {
    /// Queries with what scoring them needs; for scans too where `scan` says so.
    pub(super) fn new(engine: &DeviceEngine, queries: &[f32], scan: bool) -> Result<Self> {
        let dimension = engine.config.dimension;
        let form = Form::new(&engine.config, &engine.chunks.shape);
        let queries: Vec<&[f32]> = queries.chunks_exact(dimension).collect();
        let mut layout = Layout::new();
        let mut bytes = Vec::new();
        let given = layout.piece(queries.len() * form.given_pitch() * 4);
        let norms = layout.piece(queries.len() * 8);
        for (i, query) in queries.iter().enumerate() {
            bytes.resize(given + i * form.given_pitch() * 4, 0);
            bytes.extend_from_slice(bytemuck::cast_slice(query));
        }
        bytes.resize(norms, 0);
        for query in &queries {
            bytes.extend_from_slice(&canonical::norm(query).to_le_bytes());
        }
        let mut scans = Vec::new();
        let mut facts = Vec::new();
        while scan && facts.len() < queries.len() {
            let first = facts.len();
            let Some(pass) = next_pass(queries.len() - first, form.staged_bytes()) else {
                break;
            };
            let count = pass.queries.min(queries.len() - first);
            let staged = layout.piece(pass.queries * form.staged_bytes());
            let weights = layout.piece(pass.queries * 4);
            bytes.resize(staged, 0);
            let mut factors = Vec::new();
            for query in &queries[first..first + count] {
                let (weight, query) = form.stage(query, &mut bytes);
                factors.push(weight);
                facts.push(query);
            }
            factors.resize(pass.queries, 0.0);
            bytes.resize(weights, 0);
            bytes.extend_from_slice(bytemuck::cast_slice(&factors));
            scans.push(ScanInput {
                pass,
                staged,
                weights,
                first,
                count,
            });
        }
        bytes.resize(layout.bytes(), 0);
        Ok(Self {
            block: uploaded(&engine.gpu, "queries", &bytes)?,
            given,
            norms,
            scans,
            count: queries.len(),
            facts,
        })
    }
}

/// A part of a plan.
type Stage = fn(&Plan<'_>) -> Result<()>;

/// The parts of a plan in their order, with names.
pub(super) const STAGES: [(&str, Stage); 4] = [
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
        STAGES.iter().try_for_each(|(_, stage)| stage(self))
    }

    fn scans(&self) -> Result<()> {
        self.inputs
            .scans
            .iter()
            .try_for_each(|scan| self.scan(scan))
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
            wanted: self.tiles as u32,
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
            wanted: self.k as u32,
        })
    }

    fn pick(&self, arguments: &args::VectorPick) -> Result<()> {
        let grid = [self.inputs.count as u32, 1, 1];
        let kernel = redwick_kernels::vector_pick();
        self.engine.gpu.launch(kernel, grid, 0, arguments)
    }

    fn scan(&self, scan: &ScanInput) -> Result<()> {
        let engine = self.engine;
        let kernel = (scan.pass.kernel)(stored(engine.config.dtype));
        let shape = &engine.chunks.shape;
        let form = Form::new(&engine.config, shape);
        let lds = scan.pass.queries * form.staged_bytes();
        let (blocks, stride) = engine.scan_grid(self.choice.slots);
        let (list, words) = self.choice.list()?;
        engine.gpu.launch(
            kernel,
            [blocks, 1, 1],
            lds as u32,
            &args::VectorScan {
                table: engine.chunks.table(),
                queries: address(&self.inputs.block, scan.staged)?,
                weights: address(&self.inputs.block, scan.weights)?,
                live: self.choice.live.address()?,
                filter: self
                    .choice
                    .filter
                    .as_ref()
                    .map_or(Ok(0), |mask| mask.address())?,
                list,
                words,
                keys: address(&self.keys, scan.first * self.pitch * 4)?,
                shift: shape.shift(),
                units: shape.units as u32,
                slots: self.choice.slots as u32,
                stride,
                pitch: self.pitch as u32,
                count: scan.count as u32,
                has_factors: shape.has(Plane::Factors).into(),
                has_offsets: shape.has(Plane::Offsets).into(),
            },
        )
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
            &engine.arithmetic,
            facts,
            &engine.extremes,
        );
        Some(values.floor(-order::unordered(last)))
    }
}

impl DeviceEngine {
    /// Workgroups of a scan over so many tiles, and the tiles that all of them take at once.
    fn scan_grid(&self, slots: usize) -> (u32, u32) {
        let properties = self.gpu.device().properties();
        let waves = 256 / properties.wave_size.max(1);
        let needed = (slots as u32).div_ceil(waves);
        let at_once = properties.compute_units.max(1) * self.workgroups;
        let blocks = needed.min(at_once).max(1);
        (blocks, blocks * waves)
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
        let shape = &self.chunks.shape;
        let (list, words) = choice.list()?;
        let form = Form::new(&self.config, shape);
        self.gpu.launch(
            redwick_kernels::vector_score(),
            [tiles as u32, inputs.count as u32, 1],
            0,
            &args::VectorScore {
                table: self.chunks.table(),
                queries: address(&inputs.block, inputs.given)?,
                norms: address(&inputs.block, inputs.norms)?,
                live: choice.live.address()?,
                filter: choice
                    .filter
                    .as_ref()
                    .map_or(Ok(0), |mask| mask.address())?,
                list,
                words,
                slots: slots.unwrap_or(0),
                keys,
                shift: shape.shift(),
                depth: self.config.dimension as u32,
                row_bytes: (form.given_pitch() * 4) as u32,
                query_pitch: form.given_pitch() as u32,
                pitch: (tiles * TILE) as u32,
                slot_pitch: tiles as u32,
                metric: self.config.metric as u32,
                reserved: 0,
            },
        )
    }
}
