//! `cargo xtask bench-plot`: what is made of the benchmark's figures: a picture and a page.

pub(crate) mod opponent;
mod page;
mod plot;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// What to make.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The table that the benchmark wrote.
    #[arg(long, default_value = "bench/results/h200.json")]
    from: PathBuf,
    /// The picture.
    #[arg(long, default_value = "docs/h200.svg")]
    picture: PathBuf,
    /// The page of tables.
    #[arg(long, default_value = "docs/H200.md")]
    page: PathBuf,
}

/// A case of the table.
#[derive(Deserialize)]
struct Row {
    /// Its group and its name.
    case: String,
    group: String,
    redwick_ms: Option<f64>,
    candle_cuda_ms: Option<f64>,
    floor_ms: f64,
    host_us: Option<f64>,
    error: Option<String>,
}

impl Row {
    /// How many times as long Candle's CUDA backend takes.
    fn ratio(&self) -> Option<f64> {
        Some(self.candle_cuda_ms? / self.redwick_ms?)
    }

    /// Of the device's limit, the share that is reached; none where the limit says nothing.
    fn share(&self) -> Option<f64> {
        let ms = self.redwick_ms.filter(|_| self.floor_ms > 0.0)?;
        Some(self.floor_ms / ms)
    }

    /// The name without the group.
    fn name(&self) -> &str {
        let name = self.case.strip_prefix(&self.group);
        name.map_or(&self.case, |name| name.trim_start_matches('/'))
    }
}

/// The cases of a group that both backends have times for.
struct Group {
    name: String,
    /// How many times as long the other backend takes, in rising order.
    ratios: Vec<f64>,
}

/// No slower than this is what the project asks of every case.
const SLOWEST: f64 = 1.0 / 1.05;

pub(crate) fn run(options: &Options) -> Result<()> {
    let place = |path: &PathBuf| crate::root().join(path);
    let from = place(&options.from);
    let text = std::fs::read_to_string(&from).with_context(|| from.display().to_string())?;
    let rows: Vec<Row> = serde_json::from_str(&text)?;
    let groups = groups(&rows);
    if groups.is_empty() {
        bail!(
            "{} has no case with the times of both backends",
            from.display()
        );
    }
    plot::write(&groups, &place(&options.picture))?;
    let page = place(&options.page);
    std::fs::write(&page, page::page(&rows, &groups)).with_context(|| page.display().to_string())
}

/// The groups in the order of the table.
fn groups(rows: &[Row]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for row in rows {
        let Some(ratio) = row.ratio() else { continue };
        match groups.iter_mut().find(|group| group.name == row.group) {
            Some(group) => group.ratios.push(ratio),
            None => groups.push(Group {
                name: row.group.clone(),
                ratios: vec![ratio],
            }),
        }
    }
    for group in &mut groups {
        group.ratios.sort_by(f64::total_cmp);
    }
    groups
}

/// The geometric mean.
fn mean(ratios: &[f64]) -> f64 {
    let sum: f64 = ratios.iter().map(|ratio| ratio.ln()).sum();
    (sum / ratios.len() as f64).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn row(case: &str, ours: Option<f64>, theirs: Option<f64>) -> Row {
        Row {
            case: case.to_owned(),
            group: case.split('/').next().unwrap_or_default().to_owned(),
            redwick_ms: ours,
            candle_cuda_ms: theirs,
            floor_ms: 0.5,
            host_us: ours.map(|_| 2.0),
            error: None,
        }
    }

    #[test]
    fn groups_hold_the_cases_that_both_have() {
        let rows = [
            row("b/x", Some(1.0), Some(8.0)),
            row("a/x", Some(1.0), None),
            row("b/y", Some(2.0), Some(4.0)),
        ];
        let groups = groups(&rows);
        assert_eq!(groups.len(), 1);
        assert_eq!(groups[0].ratios, [2.0, 8.0]);
        assert_eq!(mean(&groups[0].ratios), 4.0);
        assert_eq!(rows[2].name(), "y");
        assert_eq!(rows[2].share(), Some(0.25));
    }
}
