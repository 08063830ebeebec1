//! Searches that are answered together.

use tokio::sync::oneshot;
use vector_store::engine::Error;
use vector_store::store::Found;
use vector_store::{Search, Store};

use crate::bodies::{FilterBody, SearchResult};
use crate::error::ApiError;
use crate::filters::Filters;

/// Queries of one search of the store.
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

/// Answers all jobs, and says how many searches it took.
pub(crate) fn answer(store: &Store, filters: &mut Filters, mut jobs: Vec<Job>) -> u64 {
    // Whoever went away wants no answer.
    jobs.retain(|job| !job.reply.is_closed());
    let misfits = jobs.extract_if(.., |job| job.queries.len() != job.count * store.dimension());
    misfits.for_each(|job| refuse(store, job));
    let mut searches = 0;
    while let Some(first) = (!jobs.is_empty()).then(|| jobs.remove(0)) {
        let mut queries = first.count;
        let batch = jobs.extract_if(.., |job| {
            let fits = job.goes_with(&first) && queries + job.count <= MOST;
            queries += if fits { job.count } else { 0 };
            fits
        });
        let others: Vec<Job> = batch.collect();
        searches += 1;
        search(
            store,
            filters,
            std::iter::once(first).chain(others).collect(),
        );
    }
    searches
}

/// Queries of another length must not be taken for parts of others.
fn refuse(store: &Store, job: Job) {
    let error = Error::Length {
        what: "query 0".to_owned(),
        expected: store.dimension(),
        found: job.queries.len() / job.count.max(1),
    };
    let _ = job.reply.send(Err(error.into()));
}

/// One search for all these jobs. Where it fails each is searched on its own, so that one request's
/// mistake is not another's.
fn search(store: &Store, filters: &mut Filters, mut jobs: Vec<Job>) {
    let k = jobs.iter().map(|job| job.k).max().unwrap_or(0);
    let queries: Vec<f32> = jobs.iter().flat_map(|job| &job.queries).copied().collect();
    let filter = jobs.first().and_then(|job| job.filter.clone());
    match (
        run(store, filters, &queries, k, filter.as_ref()),
        jobs.len(),
    ) {
        (Ok(found), _) => {
            let mut found = found.into_iter();
            for job in jobs {
                let answers = found
                    .by_ref()
                    .take(job.count)
                    .map(|found| result(found, job.k));
                // Whoever went away in the meantime is not told.
                let _ = job.reply.send(Ok(answers.collect()));
            }
        }
        (Err(error), 1) => {
            if let Some(job) = jobs.pop() {
                let _ = job.reply.send(Err(error.into()));
            }
        }
        (Err(_), _) => jobs
            .into_iter()
            .for_each(|job| search(store, filters, vec![job])),
    }
}

fn run(
    store: &Store,
    filters: &mut Filters,
    queries: &[f32],
    k: usize,
    filter: Option<&FilterBody>,
) -> Result<Vec<Vec<Found>>, Error> {
    let search = Search::new(queries, k);
    match filter {
        Some(filter) => store.search(&search.filter(filters.get(store, filter)?)),
        None => store.search(&search),
    }
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
