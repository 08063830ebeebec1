//! Queries on the device.

use rayon::prelude::*;

use super::DeviceEngine;
use super::bounds::{Arithmetic, Query};
use super::choice::{Choice, uploaded};
use super::gpu::{Block, Layout, address};
use super::queries::Form;
use super::scans::{COLUMNS, Keys, Method, Pass, Staged, method};
use crate::canonical;
use crate::engine::Result;

/// Queries as they were given, and as scans read them.
pub(super) struct Inputs {
    block: Block,
    given: usize,
    norms: usize,
    scans: Vec<Input>,
    pub(super) count: usize,
    pub(super) facts: Vec<Query>,
}

/// Where the queries of one scan lie.
struct Input {
    kind: Kind,
    queries: usize,
    weights: usize,
    first: usize,
    count: usize,
}

enum Kind {
    Few(&'static Pass),
    /// With what rows are multiplied with.
    Product(f32),
}

/// Bytes on their way to the device.
struct Draft {
    layout: Layout,
    bytes: Vec<u8>,
}

impl Draft {
    /// Begins a piece of so many bytes, to be appended to `bytes`.
    fn piece(&mut self, bytes: usize) -> usize {
        let start = self.layout.piece(bytes);
        self.bytes.resize(start, 0);
        start
    }
}

impl Inputs {
    /// Queries with what scoring them needs; for scans too where `scan` says so.
    pub(super) fn new(engine: &DeviceEngine, queries: &[f32], scan: bool) -> Result<Self> {
        let form = Form::new(&engine.config, &engine.chunks.shape);
        let queries: Vec<&[f32]> = queries.chunks_exact(engine.config.dimension).collect();
        let mut draft = Draft {
            layout: Layout::new(),
            bytes: Vec::new(),
        };
        let given = draft.piece(queries.len() * form.given_pitch() * 4);
        for (i, query) in queries.iter().enumerate() {
            draft.bytes.resize(given + i * form.given_pitch() * 4, 0);
            draft.bytes.extend_from_slice(bytemuck::cast_slice(query));
        }
        let norms = draft.piece(queries.len() * 8);
        for query in &queries {
            let norm = canonical::norm(query);
            draft.bytes.extend_from_slice(&norm.to_le_bytes());
        }
        let (mut scans, mut facts) = (Vec::new(), Vec::new());
        while scan && facts.len() < queries.len() {
            let left = &queries[facts.len()..];
            let Some(method) = method(engine, &form, left.len()) else {
                break;
            };
            let scan = match method {
                Method::Few(pass) => few(&form, pass, left, &mut draft, &mut facts),
                Method::Product => {
                    let scale = engine.row_scale().unwrap_or(1.0);
                    many(&form, scale, left, &mut draft, &mut facts)
                }
            };
            scans.push(scan);
        }
        draft.bytes.resize(draft.layout.bytes(), 0);
        Ok(Self {
            block: uploaded(&engine.gpu, "queries", &draft.bytes)?,
            given,
            norms,
            scans,
            count: queries.len(),
            facts,
        })
    }

    /// The address of the queries as they were given.
    pub(super) fn given(&self) -> Result<u64> {
        address(&self.block, self.given)
    }

    /// The address of the queries' norms in f64.
    pub(super) fn norms(&self) -> Result<u64> {
        address(&self.block, self.norms)
    }

    /// What the scan for a query computes in.
    pub(super) fn arithmetic(&self, engine: &DeviceEngine, query: usize) -> Arithmetic {
        let scan = self.scans.iter().rfind(|scan| scan.first <= query);
        match scan.map(|scan| &scan.kind) {
            Some(Kind::Product(_)) => engine.product_arithmetic(),
            _ => engine.arithmetic,
        }
    }

    /// Whether all scans leave the best keys of their waves.
    pub(super) fn has_piles(&self) -> bool {
        let few = |scan: &Input| matches!(scan.kind, Kind::Few(_));
        self.scans.iter().all(few)
    }

    /// Puts all scans into the stream.
    pub(super) fn scan(&self, engine: &DeviceEngine, choice: &Choice, to: &Keys) -> Result<()> {
        for scan in &self.scans {
            let from = Staged {
                queries: address(&self.block, scan.queries)?,
                weights: address(&self.block, scan.weights)?,
                count: scan.count,
            };
            let waves = engine.scan_grid(choice.slots).waves;
            let to = Keys {
                address: to.address + (scan.first * to.pitch * 4) as u64,
                pitch: to.pitch,
                piles: to.piles + (scan.first * waves * 4) as u64,
                counters: to.counters + (scan.first * 4) as u64,
            };
            match scan.kind {
                Kind::Few(pass) => engine.scan_few(pass, choice, &from, &to)?,
                Kind::Product(scale) => engine.scan_many(scale, choice, &from, &to)?,
            }
        }
        Ok(())
    }
}

/// The next queries for a pass, and nothing in the places that are left.
fn few(
    form: &Form,
    pass: &'static Pass,
    left: &[&[f32]],
    draft: &mut Draft,
    facts: &mut Vec<Query>,
) -> Input {
    let (first, count) = (facts.len(), pass.queries.min(left.len()));
    let queries = draft.piece(pass.queries * form.staged_bytes());
    let mut factors = Vec::new();
    for query in &left[..count] {
        let (weight, query) = form.stage(query, &mut draft.bytes);
        factors.push(weight);
        facts.push(query);
    }
    factors.resize(pass.queries, 0.0);
    Input {
        kind: Kind::Few(pass),
        queries,
        weights: weights(draft, &factors),
        first,
        count,
    }
}

/// All queries for the product.
fn many(
    form: &Form,
    scale: f32,
    left: &[&[f32]],
    draft: &mut Draft,
    facts: &mut Vec<Query>,
) -> Input {
    let first = facts.len();
    let places = left.len().next_multiple_of(COLUMNS);
    let size = form.half_bytes();
    let queries = draft.piece(places * size);
    draft.bytes.resize(queries + places * size, 0);
    let to = draft.bytes[queries..].par_chunks_mut(size);
    let halved = left
        .par_iter()
        .zip(to)
        .map(|(query, to)| form.halve(query, to));
    let halved: Vec<(f32, Query)> = halved.collect();
    let weigh = |(weight, _): &(f32, Query)| weight / scale;
    let mut factors: Vec<f32> = halved.iter().map(weigh).collect();
    facts.extend(halved.into_iter().map(|(_, query)| query));
    factors.resize(places, 0.0);
    Input {
        kind: Kind::Product(scale),
        queries,
        weights: weights(draft, &factors),
        first,
        count: left.len(),
    }
}

fn weights(draft: &mut Draft, factors: &[f32]) -> usize {
    let at = draft.piece(factors.len() * 4);
    draft.bytes.extend_from_slice(bytemuck::cast_slice(factors));
    at
}
