//! Recall and time of the index on the photo patches, beside faiss's, as a plot. `cargo xtask vectors
//! --curve` makes the files and runs this:
//!
//! ```text
//! ivf_curve FOLDER DEVICE PLOT.svg
//! ```
//!
//! Queries come one at a time, k is 10, and the CPU's engine has one thread, as faiss has there.

use std::error::Error;
use std::path::Path;

use plotters::prelude::*;
use vector_store::input::Reader;
use vector_store::ivf::{Ivf, Training};
use vector_store::{Bitset, Config, Engine, Metric, Scan};

const LISTS: usize = 512;
const PROBES: [usize; 8] = [1, 2, 4, 8, 16, 32, 64, 128];
const K: usize = 10;

/// Recall, and processor milliseconds of a query.
type Point = (f64, f64);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, device, plot] = &arguments[..] else {
        return Err("ivf_curve FOLDER DEVICE PLOT.svg".into());
    };
    rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build_global()?;
    let folder = Path::new(folder);
    let rows = Reader::open(&folder.join("patches.npy"))?.rest()?;
    let queries = Reader::open(&folder.join("patches-queries.npy"))?.rest()?;
    let config = Config::new(rows.dimension, Metric::L2);
    let make = |config| vector_store::open(device, config);
    let start = processor_seconds()?;
    let index = Ivf::build(config, &make, &rows.rows, &Training::new(LISTS), 1)?;
    let built = processor_seconds()? - start;
    println!(
        "{LISTS} lists of {} vectors on {device}, built in {built:.1} s",
        index.len()
    );
    let live = Bitset::new(index.len(), true);
    let mut points = Vec::new();
    for probes in PROBES {
        index.probes().set(probes);
        let scan = Scan::new(&queries.rows, K, &live);
        let recall = index.recall(&scan, probes)?.mean;
        let time = milliseconds(&index, &queries.rows, &live)?;
        println!("{probes:4} lists  recall {recall:.5}  {time:.4} ms");
        points.push((recall, time));
    }
    let mut flat = make(config)?;
    flat.append(&rows.rows)?;
    let exact = milliseconds(&*flat, &queries.rows, &live)?;
    println!("     exact  recall 1.00000  {exact:.4} ms");
    draw(Path::new(plot), device, &points, exact, &faiss(folder)?)?;
    Ok(())
}

/// Processor time of a query, one at a time: what else runs on the machine does not count.
fn milliseconds(
    engine: &dyn Engine,
    queries: &[f32],
    live: &Bitset,
) -> Result<f64, Box<dyn Error>> {
    let (start, mut count) = (processor_seconds()?, 0);
    // The system counts in hundredths.
    while processor_seconds()? - start < 1.0 {
        for query in queries.chunks(engine.config().dimension) {
            engine.search(&Scan::new(query, K, live))?;
            count += 1;
        }
    }
    Ok((processor_seconds()? - start) * 1e3 / f64::from(count))
}

/// What this process's threads have used since its start: fields 14 and 15 of proc(5)'s stat.
fn processor_seconds() -> Result<f64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = text.rsplit_once(')').ok_or("/proc/self/stat")?;
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: Result<Vec<f64>, _> = ticks.map(str::parse).collect();
    Ok(ticks?.iter().sum::<f64>() / 100.0)
}

/// What faiss's run left.
fn faiss(folder: &Path) -> Result<Vec<Point>, Box<dyn Error>> {
    let text = std::fs::read_to_string(folder.join("faiss-ivf.csv"))?;
    let mut points = Vec::new();
    for line in text.lines().skip(2) {
        let fields: Vec<&str> = line.split(',').collect();
        let [_, _, recall, time] = fields[..] else {
            return Err(format!("faiss-ivf.csv: {line}").into());
        };
        points.push((recall.parse()?, time.parse()?));
    }
    Ok(points)
}

fn draw(
    path: &Path,
    device: &str,
    points: &[Point],
    exact: f64,
    faiss: &[Point],
) -> Result<(), Box<dyn Error>> {
    let all = || points.iter().chain(faiss);
    let fastest = all().map(|point| point.1).fold(exact, f64::min);
    let slowest = all().map(|point| point.1).fold(exact, f64::max);
    let least = all().map(|point| point.0).fold(1.0, f64::min);
    let root = SVGBackend::new(path, (820, 480)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(
            format!("265,860 photo patches × 192, {LISTS} lists, one query at a time"),
            ("sans-serif", 18),
        )
        .margin(14)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(
            least - 0.02..1.01,
            (fastest * 0.8..slowest * 1.3).log_scale(),
        )?;
    chart
        .configure_mesh()
        .x_desc("recall of the 10 nearest")
        .y_desc("processor milliseconds a query, one thread")
        .draw()?;
    for (label, points, colour) in [
        (format!("Redwick IVF-flat, {device}"), points, &RED),
        ("faiss-cpu 1.15.1 IndexIVFFlat".to_owned(), faiss, &BLUE),
    ] {
        let line = LineSeries::new(points.iter().copied(), colour.stroke_width(2)).point_size(4);
        chart
            .draw_series(line)?
            .label(label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(2)));
    }
    let cross = Cross::new((1.0, exact), 7, RED.stroke_width(2));
    chart
        .draw_series(std::iter::once(cross))?
        .label("Redwick exact")
        .legend(|(x, y)| Cross::new((x + 10, y), 5, RED.stroke_width(2)));
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .border_style(BLACK)
        .background_style(WHITE)
        .draw()?;
    root.present()?;
    Ok(())
}
