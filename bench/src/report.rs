//! Times as tables and JSON.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result};
use comfy_table::{CellAlignment, Table, presets};
use serde::{Deserialize, Serialize};

use crate::backend::NAME;
use crate::measure::{Limits, Timing};

/// A case on both backends.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) case: String,
    pub(crate) group: String,
    pub(crate) redwick_ms: Option<f64>,
    pub(crate) candle_cuda_ms: Option<f64>,
    pub(crate) floor_ms: f64,
    pub(crate) host_us: Option<f64>,
    /// Why a backend has no time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

/// Times that were saved.
pub(crate) fn read(path: &Path) -> Result<Vec<Timing>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

/// One line of progress.
pub(crate) fn line(timing: &Timing) -> String {
    let (case, floor) = (&timing.case, timing.floor_ms);
    match (timing.ms, &timing.error) {
        (Some(ms), _) => format!(
            "{case}: {ms:.4} ms, {:.0} % of the limit",
            100.0 * floor / ms
        ),
        (None, error) => format!("{case}: {}", error.as_deref().unwrap_or("no time")),
    }
}

/// The cases of this run with the other backend's times.
pub(crate) fn join(timings: Vec<Timing>, other: Vec<Timing>) -> Vec<Row> {
    let mut other: HashMap<String, Timing> = other
        .into_iter()
        .map(|timing| (timing.case.clone(), timing))
        .collect();
    timings
        .into_iter()
        .map(|here| row(other.remove(&here.case), here))
        .collect()
}

fn row(there: Option<Timing>, here: Timing) -> Row {
    let (redwick, candle) = match NAME {
        "redwick" => (Some(&here), there.as_ref()),
        _ => (there.as_ref(), Some(&here)),
    };
    let ms = |timing: Option<&Timing>| timing.and_then(|timing| timing.ms);
    let error = |timing: Option<&Timing>| timing.and_then(|timing| timing.error.clone());
    Row {
        redwick_ms: ms(redwick),
        candle_cuda_ms: ms(candle),
        host_us: redwick.and_then(|timing| timing.host_us),
        error: error(redwick).or_else(|| error(candle)),
        floor_ms: here.floor_ms,
        case: here.case,
        group: here.group,
    }
}

/// The table, with the geometric mean of the ratios.
pub(crate) fn table(rows: &[Row], limits: &Limits) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header([
        "case",
        "Redwick ms",
        "Candle CUDA ms",
        "ratio",
        "of the limit",
        "host µs",
    ]);
    for row in rows {
        table.add_row(cells(row));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let copy = limits.bytes_per_second / 1e9;
    format!("{table}\ncopy: {copy:.0} GB/s{}", summary(rows))
}

fn cells(row: &Row) -> [String; 6] {
    let number = |value: Option<f64>, digits| match value {
        Some(value) => format!("{value:.digits$}"),
        None => "–".to_owned(),
    };
    let bounded = row.redwick_ms.filter(|_| row.floor_ms > 0.0);
    let share = bounded.map(|ms| 100.0 * row.floor_ms / ms);
    [
        row.case.clone(),
        number(row.redwick_ms, 4),
        number(row.candle_cuda_ms, 4),
        number(ratio(row), 2),
        share.map_or("–".to_owned(), |share| format!("{share:.0} %")),
        number(row.host_us, 1),
    ]
}

/// How many times as long Candle's CUDA backend takes.
fn ratio(row: &Row) -> Option<f64> {
    Some(row.candle_cuda_ms? / row.redwick_ms?)
}

fn summary(rows: &[Row]) -> String {
    let ratios: Vec<f64> = rows.iter().filter_map(ratio).collect();
    if ratios.is_empty() {
        return String::new();
    }
    let mean = (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp();
    let slower = ratios.iter().filter(|ratio| **ratio < 1.0 / 1.05).count();
    format!(
        "; geometric mean of {} ratios: {mean:.2}; slower by more than 5 %: {slower}",
        ratios.len()
    )
}
