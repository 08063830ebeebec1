//! Which products of matrices the vendor's library computes, where it is installed.

use std::ops::Range;

use crate::{DType, LIBRARY};

/// A row of the manifest's table: products for which the library is faster than the own kernels.
#[derive(Debug)]
pub struct LibraryProducts {
    pub(crate) targets: &'static [&'static str],
    pub(crate) dtypes: &'static [DType],
    pub(crate) layouts: &'static [&'static str],
    pub(crate) rows: Range<usize>,
    pub(crate) columns: Range<usize>,
    pub(crate) depth: Range<usize>,
    pub(crate) batches: Range<usize>,
    pub(crate) patches: Range<usize>,
}

/// A product of matrices, as the table sees it.
#[derive(Debug, Clone, Copy)]
pub struct ProductShape {
    /// The type of elements.
    pub dtype: DType,
    /// Whether the columns of the first and of the second operand are adjacent, not its rows.
    pub transposed: [bool; 2],
    /// Rows of the first operand.
    pub rows: usize,
    /// Columns of the second operand.
    pub columns: usize,
    /// The inner dimension.
    pub depth: usize,
    /// How many products there are.
    pub batches: usize,
}

impl ProductShape {
    fn layout(&self) -> &'static str {
        match self.transposed {
            [false, false] => "nn",
            [false, true] => "nt",
            [true, false] => "tn",
            [true, true] => "tt",
        }
    }
}

impl LibraryProducts {
    /// Whether a product is one of these. The target is not asked again: see [`library_products`].
    pub fn contain(&self, shape: &ProductShape) -> bool {
        self.dtypes.contains(&shape.dtype)
            && self.rows.contains(&shape.rows)
            && self.columns.contains(&shape.columns)
            && self.depth.contains(&shape.depth)
            && self.batches.contains(&shape.batches)
            && self.layouts.contains(&shape.layout())
    }

    /// Whether convolutions of windows of so many elements are products of their unfolded patches.
    pub fn take_patches(&self, dtype: DType, window: usize) -> bool {
        self.dtypes.contains(&dtype) && self.patches.contains(&window)
    }
}

/// The rows of the table for a target, features of which are ignored.
pub fn library_products(target: &str) -> impl Iterator<Item = &'static LibraryProducts> {
    let name = target.split(':').next().unwrap_or_default();
    LIBRARY
        .iter()
        .filter(move |row| row.targets.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_name_targets_and_layouts_that_exist() {
        for row in LIBRARY {
            for target in row.targets {
                assert!(crate::wave_size(target).is_ok(), "{target}");
            }
            let known = |layout: &&str| ["nn", "nt", "tn", "tt"].contains(layout);
            assert!(row.layouts.iter().all(known), "{row:?}");
            assert!(!row.rows.is_empty() && !row.columns.is_empty(), "{row:?}");
        }
    }

    #[test]
    fn a_row_contains_what_is_inside_all_its_ranges() {
        let row = LibraryProducts {
            targets: &["gfx942"],
            dtypes: &[DType::F16],
            layouts: &["nt"],
            rows: 16..64,
            columns: 0..usize::MAX,
            depth: 0..usize::MAX,
            batches: 0..2,
            patches: 64..usize::MAX,
        };
        let inside = ProductShape {
            dtype: DType::F16,
            transposed: [false, true],
            rows: 16,
            columns: 9,
            depth: 9,
            batches: 1,
        };
        assert!(row.contain(&inside));
        assert!(!row.contain(&ProductShape { rows: 64, ..inside }));
        assert!(!row.contain(&ProductShape {
            batches: 2,
            ..inside
        }));
        assert!(!row.contain(&ProductShape {
            dtype: DType::F32,
            ..inside
        }));
        assert!(!row.contain(&ProductShape {
            transposed: [true, true],
            ..inside
        }));
        assert!(row.take_patches(DType::F16, 64));
        assert!(!row.take_patches(DType::F16, 63));
        assert!(!row.take_patches(DType::F32, 64));
    }
}
