//! How products of activations and packed weights are computed.

use std::ops::Range;

use crate::{BlockType, PACKED};

/// A form of products of activations and packed weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PackedForm {
    /// Activations become bytes, and meet the weights in dot products of bytes: `quant_vector_8`.
    Bytes,
    /// Each lane unpacks weights into its part of a matrix instruction's factor: `quant_held_64`.
    Held,
    /// Tiles of the weights are unpacked on their way to LDS: `quant_matrix_64`.
    Tiles,
    /// Weights are unpacked in memory, some rows at a time, for the vendor's library.
    Unpacked,
}

impl PackedForm {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Bytes, Self::Held, Self::Tiles, Self::Unpacked];
}

/// A row of the manifest's table: products for which a form is the fastest.
#[derive(Debug)]
pub struct PackedProducts {
    pub(crate) targets: &'static [&'static str],
    /// The form.
    pub form: PackedForm,
    /// Types of blocks; none for all.
    pub(crate) blocks: &'static [BlockType],
    pub(crate) rows: Range<usize>,
}

impl PackedProducts {
    fn contain(&self, target: &str, block: BlockType, rows: usize) -> bool {
        self.targets.contains(&target)
            && (self.blocks.is_empty() || self.blocks.contains(&block))
            && self.rows.contains(&rows)
    }
}

/// The forms for so many rows of activations and weights in such blocks, the fastest first. Features
/// of the target are ignored.
///
/// The last one needs no library.
pub fn packed_forms(
    target: &str,
    block: BlockType,
    rows: usize,
) -> impl Iterator<Item = &'static PackedProducts> {
    let name = target.split(':').next().unwrap_or_default();
    PACKED
        .iter()
        .filter(move |row| row.contain(name, block, rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_product_has_a_form_that_needs_no_library() {
        let sizes = [1, 2, 4, 5, 8, 9, 16, 17, 64, 65, 128, 129, 512, 65_536];
        for target in crate::targets() {
            for block in BlockType::ALL {
                for rows in sizes {
                    let last = packed_forms(target, block, rows).last();
                    let serves = last.is_some_and(|row| row.form != PackedForm::Unpacked);
                    assert!(serves, "{target} {} {rows}: {last:?}", block.name());
                }
            }
        }
    }

    #[test]
    fn rows_name_targets_that_exist() {
        for row in PACKED {
            let known = |target: &&str| crate::wave_size(target).is_ok();
            assert!(row.targets.iter().all(known), "{row:?}");
            assert!(!row.rows.is_empty(), "{row:?}");
        }
    }

    #[test]
    fn features_do_not_matter() {
        let forms = |target: &str| {
            let rows = packed_forms(target, BlockType::Q4_0, 1);
            rows.map(|row| row.form).collect::<Vec<_>>()
        };
        assert_eq!(forms("gfx942:sramecc+:xnack-"), forms("gfx942"));
    }
}
