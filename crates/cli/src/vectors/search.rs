//! `redwick vectors search`: the best vectors for each query of a file.

use std::path::PathBuf;

use serde::Serialize;
use vector_store::input::Reader;
use vector_store::store::{Condition, Found};
use vector_store::{Search, Store};

use super::add::{check_dimension, check_length};
use super::devices::DeviceArgs;
use super::open::{Lists, load};
use super::print::{positive, put};
use super::table::{escaped, table};
use crate::failure::Failure;

/// Queries that are searched at a time.
const BATCH: usize = 1024;

/// Results that are in memory at a time: a hundred MB or so.
const RESULTS: usize = 1 << 22;

/// The command line.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The store's file.
    store: PathBuf,
    /// The file of queries: .npy, .fvecs, .bvecs, .jsonl or .ndjson.
    #[arg(long, value_name = "FILE")]
    queries: PathBuf,
    /// How many results each query wants.
    #[arg(short, default_value_t = 10)]
    k: usize,
    /// A line of JSON for each query, with ids and scores. A score too large for 32 bits is "inf" or
    /// "-inf".
    #[arg(long)]
    json: bool,
    /// Only vectors whose metadata are so, such as {"equals": {"key": "lang", "value": "en"}}.
    #[arg(long = "where", value_name = "JSON", value_parser = condition)]
    condition: Option<Condition>,
    /// Look only at this many lists of the store's index: faster, and not exact.
    #[arg(long, value_name = "N", value_parser = positive)]
    probes: Option<usize>,
    #[command(flatten)]
    device: DeviceArgs,
}

fn condition(text: &str) -> Result<Condition, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// Searches, and prints as it goes.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut reader = Reader::open(&args.queries)?;
    let lists = args
        .probes
        .map_or(Lists::Unused, |probes| Lists::Kept(Some(probes)));
    let store = load(&args.store, &args.device.devices(), lists)?;
    check_length(&store, reader.dimension())?;
    let filter = args
        .condition
        .as_ref()
        .map(|condition| store.filter_where(condition));
    let mut printer = Printer {
        json: args.json,
        query: 0,
        rows: Vec::new(),
    };
    let most = batch_of(args.k.min(store.len()));
    loop {
        let batch = reader.next(most)?;
        check_dimension(&store, &batch)?;
        if batch.is_empty() {
            return printer.end();
        }
        let search = Search::new(&batch.rows, args.k);
        let search = filter
            .as_ref()
            .map_or(search, |filter| search.filter(filter));
        if !printer.print(search_with(&store, &search)?)? {
            return Ok(());
        }
    }
}

/// How many queries are searched at a time for so many results each.
fn batch_of(results: usize) -> usize {
    (RESULTS / results.max(1)).clamp(1, BATCH)
}

fn search_with(store: &Store, search: &Search<'_>) -> Result<Vec<Vec<Found>>, Failure> {
    Ok(store.search(search)?)
}

/// The answer to one query, as `--json` prints it.
#[derive(Serialize)]
struct Line<'a> {
    ids: Vec<&'a str>,
    #[serde(serialize_with = "redwick_vector_serving::scores::serialize")]
    scores: Vec<f32>,
}

/// Lines of JSON as they come, or a table at the end, whose columns are as wide as they must be.
struct Printer {
    json: bool,
    query: usize,
    rows: Vec<[String; 4]>,
}

impl Printer {
    /// Whether somebody still reads.
    fn print(&mut self, answers: Vec<Vec<Found>>) -> Result<bool, Failure> {
        for found in answers {
            let is_read = match self.json {
                true => put(&line(&found))?,
                false => self.keep(&found),
            };
            if !is_read {
                return Ok(false);
            }
            self.query += 1;
        }
        Ok(true)
    }

    fn keep(&mut self, found: &[Found]) -> bool {
        let query = self.query;
        let row = |(rank, found): (usize, &Found)| {
            let (rank, score) = ((rank + 1).to_string(), found.score.to_string());
            [query.to_string(), rank, escaped(&found.id), score]
        };
        self.rows.extend(found.iter().enumerate().map(row));
        true
    }

    fn end(self) -> Result<(), Failure> {
        if !self.json {
            put(&table(
                &["query", "rank", "id", "score"],
                self.rows,
                &[0, 1, 3],
            ))?;
        }
        Ok(())
    }
}

fn line(found: &[Found]) -> String {
    let line = Line {
        ids: found.iter().map(|found| &*found.id).collect(),
        scores: found.iter().map(|found| found.score).collect(),
    };
    // Strings and numbers have no form that JSON lacks.
    serde_json::to_string(&line).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_results_are_searched_for_a_few_queries_at_a_time() {
        let sizes = [0, 10, 4096, 8192, 1 << 22, usize::MAX].map(batch_of);
        assert_eq!(sizes, [1024, 1024, 1024, 512, 1, 1]);
    }
}
