//! From an approximate scan to a certified answer.
//!
//! A [`Scanner`] gives, for each query, its best candidates with their canonical scores and a
//! *floor*: no other row that may be found costs less. Once `k` candidates cost less than the floor
//! the best `k` of them are the answer: whatever is not among the candidates costs more. Else more
//! candidates are asked for, [`GROWTHS`] times at the most, and in the end the scanner
//! [settles](Scanner::settle) what is left by scoring every row that could still be an answer. So the
//! work is at most a fixed number of passes, however many rows are equally good.

use crate::engine::{Engine, Hit, Metric, Result, Scan};
use crate::order;

/// How often more candidates are asked for.
pub const GROWTHS: usize = 1;

/// How many times as many each time.
pub const FACTOR: usize = 8;

/// What one pass found for one query.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidates {
    /// Rows with their canonical scores, in any order, each once.
    pub hits: Vec<Hit>,
    /// A lower bound on the canonical cost ([`order`]) of every row that may be found and is not
    /// among [`hits`](Self::hits); negative infinity where nothing is known, `None` where there is no
    /// such row.
    pub floor: Option<f32>,
}

/// A device that scans in whatever precision is fast, and knows how far it can be off.
pub trait Scanner: Engine {
    /// How many candidates a first pass for `k` results takes.
    fn first(&self, k: usize) -> usize {
        k + (k / 4).max(16)
    }

    /// The most candidates that a pass can take.
    fn most(&self) -> usize {
        usize::MAX
    }

    /// One pass over the rows of `scan` for about `count` candidates of each query.
    ///
    /// # Errors
    /// As [`Engine::search`].
    fn candidates(&self, scan: &Scan<'_>, count: usize) -> Result<Vec<Candidates>>;

    /// The best `k` of each query, by the canonical scores of all rows that could cost as little as
    /// the query's ceiling. A ceiling is a cost that at least `k` rows do not pass, or infinity.
    ///
    /// # Errors
    /// As [`Engine::search`].
    fn settle(&self, scan: &Scan<'_>, ceilings: &[f32]) -> Result<Vec<Vec<Hit>>>;
}

/// The certified answer: what [`Engine::search`] of a scanner is.
///
/// # Errors
/// As [`Engine::search`].
pub fn search(scanner: &(impl Scanner + ?Sized), scan: &Scan<'_>) -> Result<Vec<Vec<Hit>>> {
    let dimension = scanner.config().dimension;
    let queries = scan.queries.len() / dimension;
    if scan.k == 0 || queries == 0 || scanner.is_empty() {
        return Ok(vec![Vec::new(); queries]);
    }
    let mut answers = vec![Vec::new(); queries];
    let mut open = Open::all(scan, dimension);
    let mut count = scanner.first(scan.k).min(scanner.most());
    for _ in 0..=GROWTHS {
        let found = scanner.candidates(&open.scan(scan), count)?;
        open.close(scanner.config().metric, scan, found, &mut answers);
        if open.numbers.is_empty() || count >= scanner.most() {
            break;
        }
        count = count.saturating_mul(FACTOR).min(scanner.most());
    }
    if !open.numbers.is_empty() {
        let settled = scanner.settle(&open.scan(scan), &open.ceilings)?;
        for (&number, hits) in open.numbers.iter().zip(settled) {
            answers[number] = hits;
        }
    }
    Ok(answers)
}

/// Queries that have no certified answer yet.
struct Open {
    dimension: usize,
    numbers: Vec<usize>,
    queries: Vec<f32>,
    ranges: Option<Vec<Vec<std::ops::Range<usize>>>>,
    ceilings: Vec<f32>,
}

impl Open {
    fn all(scan: &Scan<'_>, dimension: usize) -> Self {
        let count = scan.queries.len() / dimension;
        Self::of(
            (0..count).collect(),
            vec![f32::INFINITY; count],
            scan,
            dimension,
        )
    }

    fn of(numbers: Vec<usize>, ceilings: Vec<f32>, scan: &Scan<'_>, dimension: usize) -> Self {
        let query = |&n: &usize| &scan.queries[n * dimension..][..dimension];
        Self {
            dimension,
            queries: numbers.iter().flat_map(query).copied().collect(),
            ranges: scan
                .ranges
                .map(|ranges| numbers.iter().map(|&n| ranges[n].clone()).collect()),
            numbers,
            ceilings,
        }
    }

    fn scan<'a>(&'a self, scan: &Scan<'a>) -> Scan<'a> {
        Scan {
            queries: &self.queries,
            ranges: self.ranges.as_deref(),
            ..*scan
        }
    }

    /// Moves what is certified to the answers.
    fn close(
        &mut self,
        metric: Metric,
        scan: &Scan<'_>,
        found: Vec<Candidates>,
        answers: &mut [Vec<Hit>],
    ) {
        let mut left = (Vec::new(), Vec::new());
        for (&number, found) in self.numbers.iter().zip(found) {
            match certified(metric, scan.k, found) {
                Ok(hits) => answers[number] = hits,
                Err(ceiling) => {
                    left.0.push(number);
                    left.1.push(ceiling);
                }
            }
        }
        *self = Self::of(left.0, left.1, scan, self.dimension);
    }
}

/// The best `k` of the candidates where they are certain to be the answer; else the cost of the
/// `k`-th, which the answer's `k`-th does not pass.
///
/// # Errors
/// The ceiling, infinity where there are fewer than `k` candidates.
pub fn certified(metric: Metric, k: usize, found: Candidates) -> Result<Vec<Hit>, f32> {
    let hits = best(metric, k, found.hits);
    let ceiling = match hits.last() {
        Some(last) if hits.len() == k => order::flip(metric, last.score),
        _ => f32::INFINITY,
    };
    match found.floor {
        Some(floor) if ceiling >= floor => Err(ceiling),
        _ => Ok(hits),
    }
}

/// The best `k` of some hits, best first.
pub fn best(metric: Metric, k: usize, mut hits: Vec<Hit>) -> Vec<Hit> {
    let key = |hit: &Hit| order::key(order::flip(metric, hit.score), hit.row);
    if k < hits.len() {
        hits.select_nth_unstable_by_key(k, key);
        hits.truncate(k);
    }
    hits.sort_unstable_by_key(key);
    hits
}
