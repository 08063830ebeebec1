//! The table: all families of ops.

use crate::op::Op;
use crate::ops;

/// A family of ops, and its rows.
pub type Family = (&'static str, &'static [Op]);

/// The families of the table, by name.
pub const FAMILIES: &[Family] = &[
    ("copies", ops::COPIES),
    ("casts", ops::CASTS),
    ("unary", ops::UNARY),
    ("scaled", ops::SCALED),
    ("binary", ops::BINARY),
    ("compare", ops::COMPARE),
    ("choose", ops::WHERE),
    ("reduce", ops::REDUCE),
    ("softmax", ops::SOFTMAX),
    ("norm", ops::NORM),
    ("rope", ops::ROPE),
    ("attention", ops::ATTENTION),
    ("experts", ops::EXPERTS),
    ("index", ops::INDEX),
    ("scatter", ops::SCATTER),
    ("sort", ops::SORT),
    ("matmul", ops::MATMUL),
    ("conv", ops::CONV),
    ("pool", ops::POOL),
    ("upsample", ops::UPSAMPLE),
    ("packed", ops::PACKED_WEIGHTS),
];

/// The rows of a family by name: more than one where dtypes differ in tolerance or values.
pub fn by_name(rows: &'static [Op]) -> Vec<(&'static str, Vec<&'static Op>)> {
    let mut named: Vec<(&'static str, Vec<&'static Op>)> = Vec::new();
    for row in rows {
        match named.iter_mut().find(|(name, _)| *name == row.name) {
            Some((_, rows)) => rows.push(row),
            None => named.push((row.name, vec![row])),
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn an_op_has_one_row_for_a_dtype() {
        let mut seen = HashSet::new();
        for (_, rows) in FAMILIES {
            for row in *rows {
                for dtype in row.dtypes {
                    let name = row.name;
                    assert!(
                        seen.insert((name, dtype)),
                        "{name} of {dtype:?} has two rows"
                    );
                }
            }
        }
    }

    #[test]
    fn every_row_has_cases() {
        for (_, rows) in FAMILIES {
            for row in *rows {
                assert!(!(row.cases)(row.values).is_empty(), "{}", row.name);
            }
        }
    }
}
