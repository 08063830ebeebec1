//! Searches that are answered together, and in parts between which they can be called off.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tokio::sync::oneshot;
use vector_store::engine::Error;
use vector_store::store::Found;
use vector_store::{Search, Store};

use crate::bodies::{FilterBody, SearchResult};
use crate::error::ApiError;
use crate::filters::Filters;
use crate::pace::Pace;

/// Queries of requests that are searched together.
const MOST: usize = 1024;

/// A request that waits for its answer.
pub(crate) struct Job {
    pub(crate) queries: Vec<f32>,
    pub(crate) count: usize,
    pub(crate) k: usize,
    pub(crate) filter: Option<FilterBody>,
    pub(crate) reply: oneshot::Sender<Result<Vec<SearchResult>, ApiError>>,
}

impl Job {
    /// Whether a search for both takes about as long as one for each: they want about as many
    /// results, among the same vectors.
    fn goes_with(&self, other: &Self) -> bool {
        let size = |k: usize| k.max(16).checked_next_power_of_two();
        size(self.k) == size(other.k) && self.filter == other.filter
    }
}

/// What answers searches.
pub(crate) struct Searcher {
    pub(crate) filters: Filters,
    pace: Pace,
    /// Results of one search.
    most_results: usize,
    cancelled: Arc<AtomicBool>,
}

impl Searcher {
    /// Searches end early once `cancelled` is set.
    pub(crate) fn new(most_results: usize, cancelled: Arc<AtomicBool>) -> Self {
        Self {
            filters: Filters::default(),
            pace: Pace::new(MOST),
            most_results,
            cancelled,
        }
    }

    /// Answers all jobs, and says how many searches it took.
    pub(crate) fn answer(&mut self, store: &Store, jobs: Vec<Job>) -> u64 {
        let mut jobs: Vec<Job> = jobs
            .into_iter()
            .filter_map(|job| self.checked(store, job))
            .collect();
        let mut searches = 0;
        while let Some(first) = (!jobs.is_empty()).then(|| jobs.remove(0)) {
            let (mut queries, mut k) = (first.count, first.k);
            let batch = jobs.extract_if(.., |job| {
                let (more, most) = (queries + job.count, k.max(job.k));
                let fits = job.goes_with(&first)
                    && more <= MOST
                    && results(store, more, most) <= self.most_results;
                if fits {
                    (queries, k) = (more, most);
                }
                fits
            });
            let others: Vec<Job> = batch.collect();
            searches += 1;
            self.search(store, std::iter::once(first).chain(others).collect());
        }
        searches
    }

    /// The job, where somebody waits for it and it can be searched for.
    fn checked(&self, store: &Store, job: Job) -> Option<Job> {
        if job.reply.is_closed() {
            return None;
        }
        let Err(error) = self.check(store, &job) else {
            return Some(job);
        };
        let _ = job.reply.send(Err(error));
        None
    }

    fn check(&self, store: &Store, job: &Job) -> Result<(), ApiError> {
        // Queries of another length must not be taken for parts of others.
        if job.queries.len() != job.count * store.dimension() {
            return Err(ApiError::Store(Error::Length {
                what: "query 0".to_owned(),
                expected: store.dimension(),
                found: job.queries.len() / job.count.max(1),
            }));
        }
        match results(store, job.count, job.k) <= self.most_results {
            true => Ok(()),
            false => Err(ApiError::TooManyResults {
                queries: job.count,
                k: job.k,
                vectors: store.len(),
                most: self.most_results,
            }),
        }
    }

    /// One search for all these jobs. Where it fails each is searched on its own, so that one
    /// request's mistake is not another's.
    fn search(&mut self, store: &Store, mut jobs: Vec<Job>) {
        match (self.run(store, &jobs), jobs.len()) {
            (Ok(found), _) => {
                let mut found = found.into_iter();
                for job in jobs {
                    let answers = found.by_ref().take(job.count);
                    let answers = answers.map(|found| result(found, job.k)).collect();
                    // Whoever went away in the meantime is not told.
                    let _ = job.reply.send(Ok(answers));
                }
            }
            (Err(error), 1) => {
                if let Some(job) = jobs.pop() {
                    let _ = job.reply.send(Err(error));
                }
            }
            (Err(_), _) => jobs
                .into_iter()
                .for_each(|job| self.search(store, vec![job])),
        }
    }

    /// Searches for some queries at a time: between them it is seen whether anybody still waits.
    fn run(&mut self, store: &Store, jobs: &[Job]) -> Result<Vec<Vec<Found>>, ApiError> {
        let k = jobs.iter().map(|job| job.k).max().unwrap_or(0);
        let filter = match jobs.first().and_then(|job| job.filter.as_ref()) {
            Some(filter) => Some(self.filters.get(store, filter)?),
            None => None,
        };
        let queries: Vec<f32> = jobs.iter().flat_map(|job| &job.queries).copied().collect();
        let (mut found, mut rest) = (Vec::new(), &queries[..]);
        while !rest.is_empty() {
            let is_over = self.cancelled.load(Ordering::SeqCst);
            if is_over || jobs.iter().all(|job| job.reply.is_closed()) {
                return Err(ApiError::Cancelled);
            }
            let length = rest.len().min(self.pace.queries() * store.dimension());
            let (group, later) = rest.split_at(length);
            let start = Instant::now();
            let search = Search::new(group, k);
            found.extend(store.search(&filter.map_or(search, |filter| search.filter(filter)))?);
            self.pace.took(length / store.dimension(), start.elapsed());
            rest = later;
        }
        Ok(found)
    }
}

/// The most results that such a search can have.
fn results(store: &Store, queries: usize, k: usize) -> usize {
    queries.saturating_mul(k.min(store.len()))
}

/// The best `k` of more are the first `k`.
fn result(mut found: Vec<Found>, k: usize) -> SearchResult {
    found.truncate(k);
    SearchResult {
        scores: found.iter().map(|found| found.score).collect(),
        rows: found.iter().map(|found| found.row).collect(),
        ids: found
            .into_iter()
            .map(|found| found.id.to_string())
            .collect(),
    }
}
