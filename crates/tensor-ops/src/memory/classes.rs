//! Block sizes.

/// Rows of elements that start on this boundary allow every wide access.
const GRAIN: usize = 256;

/// How the sizes of blocks relate to the sizes asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// Blocks come in eight sizes an octave, so at most an eighth of a block is unused,
    /// and are kept for reuse.
    #[default]
    Cached,
    /// Blocks have the size asked for and are not kept. A device that checks accesses then sees one
    /// past a tensor's end, and one after a tensor's life, for what they are.
    Exact,
}

impl Policy {
    /// The size of the block to ask the driver for; nothing where it overflows.
    pub(super) fn block_size(self, bytes: usize) -> Option<usize> {
        match self {
            Self::Exact => Some(bytes),
            Self::Cached => class_of(bytes),
        }
    }

    /// The largest block that may serve where `size` is wanted: a quarter more.
    pub(super) fn largest_for(self, size: usize) -> usize {
        match self {
            Self::Exact => size,
            Self::Cached => size.saturating_add(size / 4),
        }
    }

    /// Whether blocks are kept once they are let go of.
    pub(super) fn keeps(self) -> bool {
        self == Self::Cached
    }
}

/// Rounds up to one of eight sizes an octave, and to the grain.
fn class_of(bytes: usize) -> Option<usize> {
    let octave = bytes.max(1).ilog2();
    let step = (1usize << octave.saturating_sub(3)).max(GRAIN);
    bytes.max(1).checked_next_multiple_of(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn small_sizes_round_to_the_grain() {
        assert_eq!(class_of(1), Some(256));
        assert_eq!(class_of(256), Some(256));
        assert_eq!(class_of(257), Some(512));
    }

    #[test]
    fn a_size_that_overflows_has_no_class() {
        assert_eq!(class_of(usize::MAX), None);
    }

    proptest! {
        #[test]
        fn classes_hold_what_was_asked_and_waste_an_eighth(bytes in 4096usize..1 << 40) {
            let class = class_of(bytes).unwrap();
            prop_assert!(class >= bytes);
            prop_assert!(class - bytes <= bytes / 8);
            prop_assert_eq!(class_of(class), Some(class));
        }
    }
}
