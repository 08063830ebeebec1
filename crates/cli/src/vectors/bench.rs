//! `redwick vectors bench`: how fast searches are.

use std::path::PathBuf;
use std::time::Instant;

use vector_store::file::Stored;
use vector_store::ivf::{Ivf, Probes};
use vector_store::{Bitset, Engine, Scan};

use super::devices::DeviceArgs;
use super::open::stored;
use super::print::{positive, put};
use super::table::table;
use crate::failure::Failure;

/// The command line.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The store's file.
    store: PathBuf,
    /// How many results each query wants.
    #[arg(short, default_value_t = 10, value_parser = positive)]
    k: usize,
    /// Queries of one search, with commas between them.
    #[arg(long, value_delimiter = ',', default_value = "1,10,100", value_parser = positive)]
    batches: Vec<usize>,
    /// Searches of each kind, of which the median counts.
    #[arg(long, default_value_t = 9, value_parser = positive)]
    repeat: usize,
    /// Also measure the store's index, looking at so many lists, with its recall.
    #[arg(long, value_delimiter = ',', value_parser = positive)]
    probes: Vec<usize>,
    #[command(flatten)]
    device: DeviceArgs,
}

/// Measures with queries taken from the store itself: other ones each time, between two of its rows.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let stored = stored(&args.store)?;
    let rows = stored.description().rows;
    if stored.live_rows() == 0 {
        return Err(Failure::Usage(format!("{} is empty", args.store.display())));
    }
    let devices = args.device.devices().resolve();
    let make = |config| devices.engine(config);
    let live = Bitset::from_words(stored.live_words().to_vec(), rows);
    let mut exact = devices.engine(stored.config())?;
    exact.append(stored.rows())?;
    eprintln!(
        "device: {devices} ({}), {} vectors",
        exact.info().name,
        live.count()
    );
    let bench = Bench {
        args,
        stored: &stored,
        live: &live,
    };
    let mut lines = bench.measure("exact", &*exact, None)?;
    if !args.probes.is_empty() {
        let index = Ivf::restore(&stored, &make, 1)?;
        let none = || Failure::Usage(format!("{} has no index", args.store.display()));
        let index = index.ok_or_else(none)?;
        for &probes in &args.probes {
            lines.extend(bench.measure_index(&index, index.probes(), probes)?);
        }
    }
    let header = [
        "search",
        "batch",
        "ms",
        "queries/s",
        "scanned GB/s",
        "recall",
    ];
    put(&table(&header, lines, &[1, 2, 3, 4, 5]))?;
    Ok(())
}

struct Bench<'a> {
    args: &'a Args,
    stored: &'a Stored,
    live: &'a Bitset,
}

impl Bench<'_> {
    fn measure_index(
        &self,
        index: &Ivf,
        now: &Probes,
        probes: usize,
    ) -> Result<Vec<[String; 6]>, Failure> {
        now.set(probes);
        let queries = self.queries(100, 0);
        let scan = Scan::new(&queries, self.args.k, self.live);
        let recall = index.recall(&scan, probes)?;
        self.measure(&format!("{probes} lists"), index, Some(recall.mean))
    }

    fn measure(
        &self,
        name: &str,
        engine: &dyn Engine,
        recall: Option<f64>,
    ) -> Result<Vec<[String; 6]>, Failure> {
        let mut lines = Vec::new();
        for &batch in &self.args.batches {
            let seconds = self.median(engine, batch)?;
            // What an index scans is fewer than all rows, and not told.
            let config = engine.config();
            let bytes = engine.len() * config.dimension * config.dtype.size();
            let rate = match recall {
                None => format!("{:.2}", bytes as f64 / seconds / 1e9),
                Some(_) => String::new(),
            };
            lines.push([
                name.to_owned(),
                batch.to_string(),
                format!("{:.3}", seconds * 1e3),
                format!("{:.0}", batch as f64 / seconds),
                rate,
                recall.map_or_else(|| "1".to_owned(), |recall| format!("{recall:.4}")),
            ]);
        }
        Ok(lines)
    }

    /// Seconds of one search; the first, in which buffers are made, does not count.
    fn median(&self, engine: &dyn Engine, batch: usize) -> Result<f64, Failure> {
        let mut times = Vec::new();
        for round in 0..=self.args.repeat {
            let queries = self.queries(batch, round);
            let start = Instant::now();
            engine.search(&Scan::new(&queries, self.args.k, self.live))?;
            times.push(start.elapsed().as_secs_f64());
        }
        times.remove(0);
        times.sort_by(f64::total_cmp);
        Ok(times[times.len() / 2])
    }

    fn queries(&self, count: usize, round: usize) -> Vec<f32> {
        let description = self.stored.description();
        let (dimension, rows) = (description.dimension, self.stored.rows());
        let row = |number: usize| &rows[number % description.rows * dimension..][..dimension];
        let query = |number: usize| {
            let pair = (row(number * 7919), row(number * 104_729 + 1));
            pair.0.iter().zip(pair.1).map(|(a, b)| a * 0.75 + b * 0.25)
        };
        (0..count)
            .flat_map(|number| query(round * count + number))
            .collect()
    }
}
