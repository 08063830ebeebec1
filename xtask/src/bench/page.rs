//! The page of the benchmark's figures.

use std::fmt::Write;

use super::{Group, Row, SLOWEST, mean};

/// What the page begins with.
const HEAD: &str = "# Figures of one NVIDIA H200

Written by `cargo xtask bench-plot` from `bench/results/h200.json`; do not edit.
[PERFORMANCE.md](PERFORMANCE.md) says how the figures are made and what they mean for AMD.

`ratio`: how many times as long Candle 0.11.1 takes with its CUDA backend, in the same run on the same
GPU. `limit`: of what the GPU's copies, measured in the same run, or its matrix units allow. `host`:
what enqueuing a run costs Redwick's host thread. A dash is a case without such a figure.

";

/// The page, of tables by group.
pub(super) fn page(rows: &[Row], groups: &[Group]) -> String {
    let mut page = HEAD.to_owned();
    summary(&mut page, groups);
    slower(&mut page, rows);
    let mut names: Vec<&str> = rows.iter().map(|row| row.group.as_str()).collect();
    names.dedup();
    let mut done: Vec<&str> = Vec::new();
    for name in names {
        if !done.contains(&name) {
            section(&mut page, name, rows);
            done.push(name);
        }
    }
    failures(&mut page, rows);
    page
}

/// A line of a table.
fn line(page: &mut String, cells: &[String]) {
    // A string cannot refuse what is written to it.
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

fn header(page: &mut String, names: &[&str]) {
    line(
        page,
        &names
            .iter()
            .map(|&name| name.to_owned())
            .collect::<Vec<_>>(),
    );
    let rule = std::iter::once("---").chain(std::iter::repeat_n("---:", names.len() - 1));
    line(page, &rule.map(str::to_owned).collect::<Vec<_>>());
}

fn summary(page: &mut String, groups: &[Group]) {
    header(
        page,
        &[
            "group",
            "cases",
            "mean ratio",
            "lowest",
            "slower by more than 5 %",
        ],
    );
    let all: Vec<f64> = groups.iter().flat_map(|g| g.ratios.clone()).collect();
    let groups = groups
        .iter()
        .map(|g| (g.name.as_str(), g.ratios.as_slice()));
    for (name, ratios) in groups.chain([("all", all.as_slice())]) {
        let lowest = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        let slower = ratios.iter().filter(|&&ratio| ratio < SLOWEST).count();
        line(
            page,
            &[
                name.to_owned(),
                ratios.len().to_string(),
                format!("{:.2}", mean(ratios)),
                format!("{lowest:.2}"),
                slower.to_string(),
            ],
        );
    }
}

/// The cases that miss the aim, worst first.
fn slower(page: &mut String, rows: &[Row]) {
    let mut slower: Vec<(f64, &Row)> = rows
        .iter()
        .filter_map(|row| Some((row.ratio()?, row)))
        .filter(|(ratio, _)| *ratio < SLOWEST)
        .collect();
    slower.sort_by(|a, b| a.0.total_cmp(&b.0));
    if slower.is_empty() {
        return;
    }
    page.push_str("\n## Slower than Candle's CUDA backend by more than 5 %\n\n");
    table(
        page,
        slower.iter().map(|(_, row)| (row.case.as_str(), *row)),
    );
}

fn section(page: &mut String, name: &str, rows: &[Row]) {
    // A string cannot refuse what is written to it.
    let _ = write!(page, "\n## {name}\n\n");
    let of_group = rows.iter().filter(|row| row.group == name);
    table(page, of_group.map(|row| (row.name(), row)));
}

fn table<'a>(page: &mut String, rows: impl Iterator<Item = (&'a str, &'a Row)>) {
    header(
        page,
        &[
            "case",
            "Redwick ms",
            "Candle CUDA ms",
            "ratio",
            "limit %",
            "host µs",
        ],
    );
    for (name, row) in rows {
        line(
            page,
            &[
                name.to_owned(),
                number(row.redwick_ms, 4),
                number(row.candle_cuda_ms, 4),
                number(row.ratio(), 2),
                number(row.share().map(|share| 100.0 * share), 0),
                number(row.host_us, 1),
            ],
        );
    }
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.digits$}"))
}

/// Why cases have no time.
fn failures(page: &mut String, rows: &[Row]) {
    let failed = || {
        rows.iter()
            .filter_map(|row| Some((row, row.error.as_ref()?)))
    };
    if failed().next().is_none() {
        return;
    }
    page.push_str("\n## Without a time\n\n");
    for (row, error) in failed() {
        let who = match row.redwick_ms {
            None => "Redwick",
            Some(_) => "Candle CUDA",
        };
        let error = error.lines().next().unwrap_or_default();
        // A string cannot refuse what is written to it.
        let _ = writeln!(page, "- {}, {who}: {error}", row.case);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{groups, tests::row};
    use super::*;

    #[test]
    fn the_page_has_each_group_once_and_names_what_is_slower() {
        let rows = [
            row("a/fast", Some(1.0), Some(4.0)),
            row("b/slow", Some(2.0), Some(1.0)),
            row("a/alone", Some(1.0), None),
        ];
        let page = page(&rows, &groups(&rows));
        assert_eq!(page.matches("\n## a\n").count(), 1);
        assert!(page.contains("| b/slow | 2.0000 | 1.0000 | 0.50 | 25 | 2.0 |"));
        assert!(page.contains("| alone | 1.0000 | – | – | 50 | 2.0 |"));
        assert!(page.contains("| all | 2 | 1.41 | 0.50 | 1 |"));
    }
}
