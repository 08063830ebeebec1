//! Which own kernel computes a product.

use redwick_kernels::{Kernel, Major, args};

use super::{OP, Product};
use crate::dtype::DType;
use crate::error::Result;
use crate::ops::division::Division;
use crate::ops::{kernel_dtype, no_kernel};

/// Rows up to which a product is a matrix by vectors.
const VECTORS: usize = 4;

/// Bytes of a vector that give each work-item of a workgroup an access.
const LONG: usize = 4096;

/// Rows up to which a product is bound by reading its second operand.
const FEW_ROWS: usize = 16;

/// Bytes of an access, whose multiples packed operands are.
const PACK: usize = 16;

/// How a product is spread over workgroups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tiling {
    /// Vectors; `b` is read along the inner dimension.
    AlongK(Vectors),
    /// Vectors; `b` is read along the columns.
    AlongN(Vectors),
    /// Few rows; both operands are read along the inner dimension.
    Few,
    /// The largest tiles, read in packs along these dimensions.
    Packed([Major; 2]),
    /// Tiles large enough to need few reads, where there are enough of them to fill the device.
    Large,
    /// Smaller tiles.
    Small,
}

/// How a matrix by vectors is spread over workgroups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Vectors {
    /// One vector.
    One,
    /// One vector that is long, or by so many columns that wide tiles fill the device.
    Large,
    /// As many as [`VECTORS`] at once: what a work-item adds up of each is in registers.
    Some,
    /// So many that are long.
    SomeLarge,
    /// As many as [`FEW_ROWS`] that are long, of a type without matrix instructions.
    Few,
}

/// A kernel, and how it divides the inner dimension.
pub(super) struct Plan {
    pub(super) kernel: Kernel<args::Gemm>,
    pub(super) division: Division,
}

impl Product {
    /// The kernel for operands and a result at these addresses, on a target with so many compute
    /// units; in large tiles if that is asked for.
    ///
    /// # Errors
    /// Where there is none for the dtype.
    pub(super) fn plan(
        &self,
        dtype: DType,
        at: [u64; 3],
        device: (&str, u32),
        large: bool,
    ) -> Result<Plan> {
        let tiling = self.tiling(dtype, at, device, large);
        let kernel = find(dtype, tiling).ok_or_else(|| no_kernel(OP, dtype, ""))?;
        Ok(Plan {
            kernel,
            division: self.division(kernel, device),
        })
    }

    fn division(&self, kernel: Kernel<args::Gemm>, device: (&str, u32)) -> Division {
        if self.batches() > 1 {
            return Division::whole(self.k);
        }
        let [wanted, least] = kernel.info().divided_for(device);
        Division::of(self.k, self.tiles(kernel, device.0), wanted, least)
    }

    /// The tiles of all batches.
    fn tiles(&self, kernel: Kernel<args::Gemm>, target: &str) -> usize {
        let [rows, columns] = kernel.info().tile_on(target).map(|side| side as usize);
        self.batches() * self.m.div_ceil(rows) * self.n.div_ceil(columns)
    }

    fn tiling(&self, dtype: DType, at: [u64; 3], device: (&str, u32), large: bool) -> Tiling {
        if self.m <= VECTORS {
            return self.vectors(dtype, device);
        }
        if let Some(majors) = self.majors(dtype, at) {
            let packed = Tiling::Packed(majors);
            if large && find(dtype, packed).is_some() {
                return packed;
            }
            let along_k = self.m <= FEW_ROWS && majors == [Major::Depth; 2];
            let few = Tiling::AlongK(Vectors::Few);
            if along_k && find(dtype, Tiling::Few).is_some() {
                return Tiling::Few;
            }
            if along_k && self.is_long(dtype) && find(dtype, few).is_some() {
                return few;
            }
            if self.fills(dtype, packed, device) {
                return packed;
            }
        }
        if self.fills(dtype, Tiling::Large, device) {
            return Tiling::Large;
        }
        Tiling::Small
    }

    /// The tiling of a matrix by vectors.
    fn vectors(&self, dtype: DType, device: (&str, u32)) -> Tiling {
        let along_k = self.b[0] == 1 && (self.b[1] != 1 || self.k >= self.n);
        let of: fn(Vectors) -> Tiling = match along_k {
            true => Tiling::AlongK,
            false => Tiling::AlongN,
        };
        let large = match along_k {
            true => self.is_long(dtype),
            false => find(dtype, of(Vectors::Large)).is_some_and(|kernel| {
                let tiles = self.tiles(kernel, device.0);
                kernel.info().fills(device, tiles as u64)
            }),
        };
        match (self.m, large) {
            (1, false) => of(Vectors::One),
            (1, true) => of(Vectors::Large),
            (_, true) if along_k => of(Vectors::SomeLarge),
            _ => of(Vectors::Some),
        }
    }

    /// Whether a line along the inner dimension gives each work-item of a workgroup an access.
    fn is_long(&self, dtype: DType) -> bool {
        self.k * dtype.size() >= LONG
    }

    /// Whether tiles of this kind are half full at least, and occupy enough of the device, when the
    /// inner dimension is divided.
    fn fills(&self, dtype: DType, tiling: Tiling, device: (&str, u32)) -> bool {
        find(dtype, tiling).is_some_and(|kernel| {
            let [rows, columns] = kernel.info().tile_on(device.0).map(|side| side as usize);
            if self.m * 2 < rows || self.n * 2 < columns {
                return false;
            }
            let tiles = self.tiles(kernel, device.0) * self.division(kernel, device).count;
            kernel.info().fills(device, tiles as u64)
        })
    }

    /// The dimensions along which the operands are read in packs, where both can be.
    fn majors(&self, dtype: DType, at: [u64; 3]) -> Option<[Major; 2]> {
        let pack = PACK / dtype.size();
        let addresses = at[..2].iter().all(|at| at.is_multiple_of(PACK as u64));
        let batches = self.batch.strides.iter().flatten();
        if !addresses
            || !batches
                .into_iter()
                .all(|stride| stride.is_multiple_of(pack))
        {
            return None;
        }
        let a = major([self.m, self.a[0]], [self.k, self.a[1]], pack)?;
        let b = major([self.n, self.b[1]], [self.k, self.b[0]], pack)?;
        Some([a, b])
    }
}

/// The adjacent dimension of an operand, of which size and stride of the outer and of the inner
/// dimension are given, where it is read in whole packs.
fn major(outer: [usize; 2], depth: [usize; 2], pack: usize) -> Option<Major> {
    let packed = |[size, stride]: [usize; 2], [lines, line_stride]: [usize; 2]| {
        stride == 1 && size.is_multiple_of(pack) && (lines == 1 || line_stride.is_multiple_of(pack))
    };
    if packed(depth, outer) {
        return Some(Major::Depth);
    }
    packed(outer, depth).then_some(Major::Outer)
}

fn find(dtype: DType, tiling: Tiling) -> Option<Kernel<args::Gemm>> {
    let kernels = kernel_dtype(dtype)?;
    match tiling {
        Tiling::AlongK(Vectors::One) => redwick_kernels::gemv_k(kernels),
        Tiling::AlongK(Vectors::Large) => redwick_kernels::gemv_k_long(kernels),
        Tiling::AlongK(Vectors::Some) => redwick_kernels::gemv_k_4(kernels),
        Tiling::AlongK(Vectors::SomeLarge) => redwick_kernels::gemv_k_long_4(kernels),
        Tiling::AlongK(Vectors::Few) => redwick_kernels::gemv_k_long_16(kernels),
        Tiling::AlongN(Vectors::One) => redwick_kernels::gemv_n(kernels),
        Tiling::AlongN(Vectors::Large) => redwick_kernels::gemv_n_wide(kernels),
        Tiling::AlongN(_) => redwick_kernels::gemv_n_4(kernels),
        Tiling::Few => redwick_kernels::gemm_few(kernels),
        Tiling::Packed([a, b]) if dtype == DType::F32 => redwick_kernels::gemm_single(a, b),
        Tiling::Packed([a, b]) => redwick_kernels::gemm_half(kernels, a, b),
        Tiling::Large => redwick_kernels::gemm_128(kernels),
        Tiling::Small => redwick_kernels::gemm_64(kernels),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Batches;
    use super::*;
    use crate::layout::Layout;

    /// The tiling of an m by k and a k by n matrix, transposed or not, on a GPU of 100 units.
    fn tiling(dtype: DType, [m, k, n]: [usize; 3], [a, b]: [bool; 2], at: u64) -> Tiling {
        let layout = |rows, columns, transposed| match transposed {
            true => Layout::strided(&[rows, columns], &[1, rows], 0).unwrap(),
            false => Layout::contiguous(&[rows, columns]),
        };
        match Product::of(&layout(m, k, a), &layout(k, n, b)) {
            Some(Batches::Alike(product)) => product.tiling(dtype, [at; 3], ("gfx942", 100), false),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn tilings_follow_the_shape() {
        let f32 = |shape, transposed| tiling(DType::F32, shape, [false, transposed], 0);
        assert_eq!(f32([1, 64, 128], true), Tiling::AlongK(Vectors::One));
        assert_eq!(f32([1, 64, 128], false), Tiling::AlongN(Vectors::One));
        assert_eq!(f32([4, 64, 128], false), Tiling::AlongN(Vectors::Some));
        assert_eq!(f32([1, 1024, 128], true), Tiling::AlongK(Vectors::Large));
        assert_eq!(f32([1, 64, 6400], false), Tiling::AlongN(Vectors::Large));
        assert_eq!(f32([16, 64, 128], true), Tiling::Small);
        assert_eq!(f32([64, 64, 64], false), Tiling::Small);
        let packed = Tiling::Packed([Major::Depth, Major::Outer]);
        assert_eq!(f32([4096, 64, 4096], false), packed);
        assert_eq!(f32([4096, 63, 4096], true), Tiling::Large);
        assert_eq!(
            tiling(DType::F64, [4096, 64, 4096], [false; 2], 0),
            Tiling::Small
        );
        assert_eq!(
            tiling(DType::F64, [16, 64, 64], [false, true], 0),
            Tiling::Small
        );
    }

    #[test]
    fn packs_are_whole() {
        let f16 = |shape, transposed, at| tiling(DType::F16, shape, transposed, at);
        assert_eq!(f16([16, 64, 128], [false, true], 0), Tiling::Few);
        assert_eq!(f16([16, 64, 128], [false, false], 0), Tiling::Small);
        assert_eq!(f16([16, 60, 128], [false, true], 0), Tiling::Small);
        let shape = [4096, 64, 4096];
        let (depth, outer) = (Major::Depth, Major::Outer);
        assert_eq!(f16(shape, [true, true], 0), Tiling::Packed([outer, depth]));
        assert_eq!(
            f16(shape, [true, false], 32),
            Tiling::Packed([outer, outer])
        );
        assert_eq!(f16(shape, [false, true], 8), Tiling::Large, "an address");
        assert_eq!(
            f16([4096, 60, 4096], [false, true], 0),
            Tiling::Large,
            "a stride"
        );
        assert_eq!(
            f16([4097, 64, 4096], [false, true], 0),
            Tiling::Packed([depth; 2])
        );
        assert_eq!(
            f16([4097, 64, 4096], [true, true], 0),
            Tiling::Large,
            "a ragged edge"
        );
    }

    #[test]
    fn a_single_line_has_no_stride() {
        assert_eq!(major([1, 5], [16, 1], 8), Some(Major::Depth));
        assert_eq!(major([16, 1], [1, 5], 8), Some(Major::Outer));
        assert_eq!(major([16, 5], [16, 1], 8), None);
    }
}
