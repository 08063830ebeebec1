//! The pass over rows.

use std::ops::Range;

use pulp::Simd;

use super::kernels;
use super::rows::Rows;
use super::tasks::Task;
use super::top::{self, Top};
use crate::bound::Bound;
use crate::canonical;
use crate::codec::Facts;
use crate::engine::{Config, Hit, Metric, Scan};
use crate::order;

/// Queries that share the reading of a row.
const GROUP: usize = 4;

/// A search with what is computed once for each query.
pub(super) struct Job<'a> {
    metric: Metric,
    dimension: usize,
    rows: &'a Rows,
    scan: &'a Scan<'a>,
    queries: Vec<Query<'a>>,
}

#[derive(Clone, Copy)]
struct Query<'a> {
    numbers: &'a [f32],
    norm: f64,
    bound: Bound,
}

impl<'a> Job<'a> {
    pub(super) fn new(config: &Config, rows: &'a Rows, scan: &'a Scan<'a>) -> Self {
        let (metric, dimension) = (config.metric, config.dimension);
        let depth = pulp::Arch::new().dispatch(Depth(dimension));
        let query = |numbers: &'a [f32]| {
            let norm = canonical::norm(numbers);
            let bound = Bound::new(metric, norm, dimension, depth);
            Query {
                numbers,
                norm,
                bound,
            }
        };
        Self {
            metric,
            dimension,
            rows,
            scan,
            queries: scan.queries.chunks_exact(dimension).map(query).collect(),
        }
    }

    /// The best keys of each query of a task among the task's rows.
    pub(super) fn run(&self, task: &Task) -> Vec<Top> {
        pulp::Arch::new().dispatch(Pass { job: self, task })
    }

    /// Hits of the best keys of all tasks.
    pub(super) fn hits(&self, keys: Vec<u64>) -> Vec<Hit> {
        let hit = |key| Hit {
            row: order::row(key),
            score: order::flip(self.metric, order::cost(key)),
        };
        top::merge(self.scan.k, keys).into_iter().map(hit).collect()
    }
}

/// Roundings of a score with the instructions that a [`Pass`] is run with.
struct Depth(usize);

impl pulp::WithSimd for Depth {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        kernels::depth::<S>(self.0)
    }
}

struct Pass<'a> {
    job: &'a Job<'a>,
    task: &'a Task,
}

impl pulp::WithSimd for Pass<'_> {
    type Output = Vec<Top>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<Top> {
        let job = self.job;
        let queries = &job.queries[self.task.queries.clone()];
        let mut tops = vec![Top::new(job.scan.k); queries.len()];
        let mut room = vec![0.0; job.dimension];
        for rows in &self.task.rows {
            for index in rows.start / 64..rows.end.div_ceil(64) {
                let mut word = job.scan.word(index) & within(rows, index);
                while word != 0 {
                    let row = index * 64 + word.trailing_zeros() as usize;
                    job.visit(simd, queries, row, &mut room, &mut tops);
                    word &= word - 1;
                }
            }
        }
        tops
    }
}

/// The bits of word `index` that are rows of the range.
fn within(rows: &Range<usize>, index: usize) -> u64 {
    let below = |row: usize| match row.saturating_sub(index * 64) {
        bits @ 0..64 => (1u64 << bits) - 1,
        _ => u64::MAX,
    };
    below(rows.end) & !below(rows.start)
}

impl Job<'_> {
    /// Offers a row to each query.
    #[inline(always)]
    fn visit<S: Simd>(
        &self,
        simd: S,
        queries: &[Query<'_>],
        row: usize,
        room: &mut [f32],
        tops: &mut [Top],
    ) {
        let facts = self.rows.facts.row(row)[0];
        let read = self.rows.read(row, facts.scale, room);
        let (groups, rest) = queries.as_chunks::<GROUP>();
        for (group, tops) in groups.iter().zip(tops.chunks_mut(GROUP)) {
            let scores = kernels::scores(simd, self.metric, group.map(|query| query.numbers), read);
            for ((query, top), score) in group.iter().zip(tops).zip(scores) {
                self.judge(query, row, &facts, score, top);
            }
        }
        let done = groups.len() * GROUP;
        for (query, top) in rest.iter().zip(&mut tops[done..]) {
            let [score] = kernels::scores(simd, self.metric, [query.numbers], read);
            self.judge(query, row, &facts, score, top);
        }
    }

    #[inline(always)]
    fn judge(&self, query: &Query<'_>, row: usize, facts: &Facts, scanned: f32, top: &mut Top) {
        if query.bound.floor(scanned, facts) > top.ceiling() {
            return;
        }
        let original = self.rows.originals.row(row);
        let score = canonical::score(self.metric, query.numbers, query.norm, original, facts.norm);
        let cost = order::flip(self.metric, score);
        top.offer(order::key(cost, row as u32));
    }
}
