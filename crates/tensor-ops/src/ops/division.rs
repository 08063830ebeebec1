//! Products whose inner dimension workgroups share, where there are too few tiles to keep a device
//! busy: each part leaves its sums, and one more kernel adds those up in order, so that results are the
//! same in every run.

use redwick_kernels::args;

use super::find;
use crate::context::Context;
use crate::dtype::DType;
use crate::error::{Error, OfOp, Result};
use crate::storage::Storage;

const OP: &str = "the sum of a product's parts";

/// Parts start at multiples of this many elements, so at whole accesses and tiles.
const GRAIN: usize = 128;

/// Results that a work-item adds up.
const TAKEN: u32 = 4;

/// How an inner dimension is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Division {
    /// Elements of a part.
    pub(crate) size: usize,
    /// How many parts there are.
    pub(crate) count: usize,
}

impl Division {
    /// One part.
    pub(crate) fn whole(depth: usize) -> Self {
        Self {
            size: depth,
            count: 1,
        }
    }

    /// As many parts of `depth` as make `wanted` workgroups of `tiles`, none shorter than `least`.
    pub(crate) fn of(depth: usize, tiles: usize, wanted: usize, least: usize) -> Self {
        let parts = (wanted / tiles.max(1)).min(depth / least.max(1));
        if parts < 2 {
            return Self::whole(depth);
        }
        let size = depth.div_ceil(parts).next_multiple_of(GRAIN);
        let count = depth.div_ceil(size);
        Self {
            size: size.min(depth),
            count,
        }
    }

    pub(crate) fn is_whole(self) -> bool {
        self.count == 1
    }

    /// Memory for the sums of all parts, of `results` each.
    pub(crate) fn sums(self, context: &Context, dtype: DType, results: usize) -> Result<Storage> {
        Storage::uninit(context, summed_in(dtype), self.count * results)
    }

    /// Adds up what the parts left, into `y`.
    pub(crate) fn add_up(self, sums: &Storage, y: &Storage) -> Result<()> {
        let kernel = find(OP, y.dtype(), redwick_kernels::sum_parts)?;
        let arguments = args::SumParts {
            parts: sums.address(),
            y: y.address(),
            n: Error::steps(OP, y.len())?,
            count: Error::narrow(OP, "the number of parts", self.count)?,
        };
        let grid = kernel.grid_for_steps(arguments.n.div_ceil(TAKEN)).of(OP)?;
        y.context().launch(kernel, grid, &arguments)
    }
}

/// The dtype that kernels add up in.
fn summed_in(dtype: DType) -> DType {
    match dtype {
        DType::F64 => DType::F64,
        _ => DType::F32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_fill_the_device_and_are_not_too_short() {
        let parts = |depth, tiles, wanted| {
            let division = Division::of(depth, tiles, wanted, 256);
            (division.size, division.count)
        };
        assert_eq!(parts(4096, 10, 100), (512, 8));
        assert_eq!(parts(4096, 200, 100), (4096, 1), "enough tiles");
        assert_eq!(parts(4096, 60, 100), (4096, 1), "not enough for two");
        assert_eq!(parts(1000, 1, 100), (384, 3), "short");
        assert_eq!(parts(255, 1, 100), (255, 1));
        assert_eq!(parts(0, 0, 100), (0, 1));
    }

    #[test]
    fn all_parts_have_something() {
        for depth in [256, 257, 1000, 4096, 23_040] {
            for wanted in [2, 3, 7, 13, 100] {
                let Division { size, count } = Division::of(depth, 1, wanted, 128);
                assert!(size * (count - 1) < depth && size * count >= depth);
            }
        }
    }
}
