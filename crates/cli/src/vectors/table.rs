//! Tables that align.

use std::fmt::Write;

use comfy_table::{CellAlignment, Table, presets};

/// The text with its control characters written out, so that it stays in its line.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character.is_control() {
            true => escaped.extend(character.escape_default()),
            false => escaped.push(character),
        }
    }
    escaped
}

/// A table with a header and a line for each row; the columns of `right` end in line.
pub(super) fn table<R, C>(header: &[&str], rows: R, right: &[usize]) -> String
where
    R: IntoIterator<Item = C>,
    C: Into<comfy_table::Row>,
{
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(header.to_vec())
        .add_rows(rows);
    for &number in right {
        if let Some(column) = table.column_mut(number) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{}", line.trim_end());
        text
    })
}
