//! Queries on the device.

use rayon::prelude::*;

use super::DeviceEngine;
use super::bounds::{Arithmetic, Query, Values};
use super::choice::{Choice, uploaded};
use super::gpu::{Block, Layout, address};
use super::queries::Form;
use super::scans::{COLUMNS, How, Keys, Method, Pass, Staged, method};
use crate::canonical;
use crate::engine::{Error, Result};

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
    Few(&'static Pass, How),
    /// With what rows are multiplied with.
    Product(f32),
    Lists,
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
    /// Queries with what scoring them needs, and for scans where it is said how.
    pub(super) fn new(engine: &DeviceEngine, queries: &[f32], how: Option<How>) -> Result<Self> {
        let pitch = Form::new(&engine.config, &engine.chunks.shape).given_pitch();
        let queries: Vec<&[f32]> = queries.chunks_exact(engine.config.dimension).collect();
        let mut draft = Draft {
            layout: Layout::new(),
            bytes: Vec::new(),
        };
        let given = draft.piece(queries.len() * pitch * 4);
        for (i, query) in queries.iter().enumerate() {
            draft.bytes.resize(given + i * pitch * 4, 0);
            draft.bytes.extend_from_slice(bytemuck::cast_slice(query));
        }
        let norms = draft.piece(queries.len() * 8);
        for query in &queries {
            let norm = canonical::norm(query);
            draft.bytes.extend_from_slice(&norm.to_le_bytes());
        }
        let (mut scans, mut facts) = (Vec::new(), Vec::new());
        if let Some(how) = how {
            stage(engine, &queries, how, &mut draft, &mut scans, &mut facts);
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

    /// The bound for a query's values in its scan: the least cost of a row with such a value.
    pub(super) fn floor(&self, engine: &DeviceEngine, query: usize, value: f32) -> f32 {
        let scan = self.scans.iter().rfind(|scan| scan.first <= query);
        let arithmetic = match scan.map(|scan| &scan.kind) {
            Some(Kind::Few(_, How::Differences)) => {
                return Arithmetic::differences(engine.config.dimension).nearest(-value);
            }
            Some(Kind::Product(_)) => engine.product_arithmetic(),
            _ => engine.arithmetic,
        };
        let (metric, facts) = (engine.config.metric, self.facts[query]);
        Values::new(metric, &arithmetic, facts, &engine.extremes).floor(value)
    }

    /// Whether all scans leave the best keys of their waves.
    pub(super) fn has_piles(&self) -> bool {
        let few = |scan: &Input| matches!(scan.kind, Kind::Few(..));
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
                Kind::Few(pass, how) => engine.scan_few(pass, how, choice, &from, &to)?,
                Kind::Product(scale) => engine.scan_many(scale, choice, &from, &to)?,
                Kind::Lists => match choice.lists() {
                    Some(lists) => lists.scan(engine, &from, &to)?,
                    None => return Err(Error::Other("a scan without its lists".to_owned())),
                },
            }
        }
        Ok(())
    }
}

/// Lays out all queries for scans.
fn stage(
    engine: &DeviceEngine,
    queries: &[&[f32]],
    how: How,
    draft: &mut Draft,
    scans: &mut Vec<Input>,
    facts: &mut Vec<Query>,
) {
    let form = engine.form(how);
    if how == How::Lists {
        let (kind, places) = (Kind::Lists, queries.len());
        scans.push(some(&form, kind, places, queries, draft, facts));
    }
    while facts.len() < queries.len() {
        let left = &queries[facts.len()..];
        let Some(method) = method(engine, &form, how, left.len()) else {
            break;
        };
        let scan = match method {
            Method::Few(pass) => {
                let (kind, places) = (Kind::Few(pass, how), pass.queries);
                some(&form, kind, places, left, draft, facts)
            }
            Method::Product => {
                let scale = engine.row_scale().unwrap_or(1.0);
                many(&form, scale, left, draft, facts)
            }
        };
        scans.push(scan);
    }
}

/// The next queries for so many places, and nothing in the places that are left.
fn some(
    form: &Form,
    kind: Kind,
    places: usize,
    left: &[&[f32]],
    draft: &mut Draft,
    facts: &mut Vec<Query>,
) -> Input {
    // A sum of squares is a cost, not a value.
    let sign = match kind {
        Kind::Few(_, How::Differences) => -1.0,
        _ => 1.0,
    };
    let (first, count) = (facts.len(), places.min(left.len()));
    let queries = draft.piece(places * form.staged_bytes());
    let mut factors = Vec::new();
    for query in &left[..count] {
        let (weight, query) = form.stage(query, &mut draft.bytes);
        factors.push(weight * sign);
        facts.push(query);
    }
    factors.resize(places, 0.0);
    Input {
        kind,
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
