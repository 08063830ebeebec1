//! The forms in which activations meet packed weights.

use redwick_hip::{Address, Factor, MatrixElement, Product};
use redwick_kernels::{
    BlockType, Kernel, PackedForm, PackedProducts, ProductShape, ReduceOp, args,
};

use super::activations::Activations;
use super::dequantize::{cast, dequantize_rows};
use super::packed::Packed;
use crate::context::Context;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::ops::{self, Adjacent};
use crate::products::ProductsBy;
use crate::storage::{Storage, View};

pub(super) const OP: &str = "matmul with packed weights";

/// Values of a segment, in which arranged activations are: see hip/quant_held.hip.
const SEGMENT: usize = 128;

/// A product of activations, `m` rows of `k`, and the transposed weights, `n` rows of `k`.
pub(super) struct Factors<'a> {
    pub(super) x: View<'a>,
    pub(super) w: &'a Packed,
    pub(super) block: BlockType,
    /// `m`, `n`, `k`; none is 0.
    pub(super) size: [usize; 3],
}

impl Factors<'_> {
    /// The product in the first form that can be had.
    pub(super) fn multiply_in_any(
        &self,
        rows: impl Iterator<Item = &'static PackedProducts>,
    ) -> Result<Storage> {
        for row in rows {
            if row.form == PackedForm::Unpacked && !self.library_is_there()? {
                continue;
            }
            match self.multiply(row.form, row.divide) {
                // What the library has no kernel for, the next form computes; unless it was asked for.
                Err(Error::Hip(redwick_hip::Error::Blas { .. }))
                    if self.context().products_by() == ProductsBy::Table => {}
                answer => return answer,
            }
        }
        Err(ops::no_kernel(OP, self.x.dtype(), ""))
    }

    /// The product in one form. Where it can be, its inner dimension is divided for so many workgroups
    /// of each compute unit.
    pub(super) fn multiply(&self, form: PackedForm, divide: u32) -> Result<Storage> {
        match form {
            PackedForm::Bytes => self.as_bytes(),
            PackedForm::Held => self.held(divide),
            PackedForm::Tiles => self.tiles(),
            PackedForm::Unpacked => self.unpacked(),
        }
    }

    fn context(&self) -> &Context {
        self.x.context()
    }

    /// `m`, `n` and `k` as kernels take them.
    fn narrowed(&self) -> Result<[u32; 3]> {
        let [m, n, k] = self.size;
        Ok([
            Error::narrow(OP, "the number of rows", m)?,
            Error::narrow(OP, "the number of columns", n)?,
            Error::narrow(OP, "the inner dimension", k)?,
        ])
    }

    fn result(&self, dtype: DType) -> Result<Storage> {
        self.result_of(dtype, 1)
    }

    fn result_of(&self, dtype: DType, parts: usize) -> Result<Storage> {
        Storage::uninit(self.context(), dtype, parts * self.size[0] * self.size[1])
    }

    /// Bytes and dot products.
    fn as_bytes(&self) -> Result<Storage> {
        let dtype = self.x.dtype();
        let kernel = ops::required(OP, dtype, vector_kernel(self.block, self.size[0]))?;
        let activations = Activations::of(OP, self.x)?;
        let y = self.result(dtype)?;
        let [m, n, k] = self.narrowed()?;
        let arguments = args::QuantVector {
            w: self.w.address(),
            quants: activations.quants(),
            steps: activations.steps(),
            y: y.address(),
            n,
            k,
            m,
            to: number_of(dtype),
        };
        let grid = kernel.grid_for_tiles(m, n, 1)?;
        self.context().launch(kernel, grid, &arguments)?;
        Ok(y)
    }

    /// Weights in lanes.
    fn held(&self, divide: u32) -> Result<Storage> {
        let (dtype, device) = (self.x.dtype(), self.context().device());
        let target = (device.target(), device.properties().compute_units);
        let kernel = ops::required(OP, dtype, held_kernel(self.block, self.size[0]))?;
        let [m, n, k] = self.narrowed()?;
        let [rows, columns] = kernel.info().tile_on(device.target());
        let tiles = m.div_ceil(rows) * n.div_ceil(columns);
        let part = part_of(k, tiles, divide * target.1);
        let parts = k.div_ceil(part);
        let arranged = self.arranged(rows)?;
        let y = match parts {
            1 => self.result(dtype)?,
            _ => self.result_of(DType::F32, parts as usize)?,
        };
        let arguments = args::QuantHeld {
            x: arranged.address(),
            w: self.w.address(),
            y: y.address(),
            m,
            n,
            k,
            to: number_of(y.dtype()),
            part,
            reserved: 0,
        };
        let grid = kernel.grid_for_tiles_on(target, [m, n], parts)?;
        self.context().launch(kernel, grid, &arguments)?;
        match parts {
            1 => Ok(y),
            _ => self.converted(self.added_up(&y, parts as usize)?),
        }
    }

    /// The sum of so many results, one after the other, in f32.
    fn added_up(&self, sums: &Storage, parts: usize) -> Result<Storage> {
        let layout = Layout::contiguous(&[parts, sums.len() / parts]);
        ops::reduce(ReduceOp::Sum, View::new(sums, &layout)?, &[0])
    }

    /// The activations as bf16 in the order of kernels, in whole tiles of so many rows.
    fn arranged(&self, tile: u32) -> Result<Storage> {
        let kernel = ops::find(OP, self.x.dtype(), redwick_kernels::quant_arrange)?;
        let [m, _, k] = self.narrowed()?;
        let rows = self.size[0].next_multiple_of(tile as usize);
        let size = rows * self.size[2].next_multiple_of(SEGMENT);
        let y = Storage::uninit(self.context(), DType::BF16, size)?;
        let x = Adjacent::of(self.x)?;
        let arguments = args::QuantArrange {
            x: x.address(),
            y: y.address(),
            m,
            k,
        };
        let rows = Error::narrow(OP, "the number of rows", rows)?;
        let grid = kernel.grid_for_tiles(rows, k, 1)?;
        self.context().launch(kernel, grid, &arguments)?;
        Ok(y)
    }

    /// Tiles of bf16.
    fn tiles(&self) -> Result<Storage> {
        let [m, n, k] = self.narrowed()?;
        let units = self.context().device().properties().compute_units;
        let found = if m.div_ceil(128) * n.div_ceil(128) >= units {
            redwick_kernels::quant_matrix_128(self.block)
        } else {
            redwick_kernels::quant_matrix_64(self.block)
        };
        let kernel = ops::required(OP, self.x.dtype(), found)?;
        // A copy, at an address that reads of 16 bytes want.
        let rows = ops::cast(self.x, DType::BF16)?;
        let y = self.result(DType::F32)?;
        let arguments = args::QuantMatrix {
            x: rows.address(),
            w: self.w.address(),
            y: y.address(),
            m,
            n,
            k,
            reserved: 0,
        };
        let grid = kernel.grid_for_tiles(m, n, 1)?;
        self.context().launch(kernel, grid, &arguments)?;
        self.converted(y)
    }

    /// A result of f32 in the dtype of the activations.
    fn converted(&self, y: Storage) -> Result<Storage> {
        match self.x.dtype() {
            DType::F32 => Ok(y),
            dtype => cast(&y, y.len(), dtype),
        }
    }

    /// The product as the vendor's library sees it.
    fn shape(&self) -> ProductShape {
        ProductShape {
            dtype: redwick_kernels::DType::BF16,
            transposed: [false, true],
            rows: self.size[0],
            columns: self.size[1],
            depth: self.size[2],
            batches: 1,
        }
    }

    fn library_is_there(&self) -> Result<bool> {
        Ok(self.context().library_for(&self.shape())?.is_some())
    }

    /// Slices of the weights become bf16 in memory, for the vendor's library.
    fn unpacked(&self) -> Result<Storage> {
        let library = self.context().product_library()?;
        let [m, n, k] = self.size;
        let x = ops::cast(self.x, DType::BF16)?;
        let y = self.result(DType::F32)?;
        let rows = rows_of_slice([n, k], self.context().unpacked_limit());
        for first in (0..n).step_by(rows) {
            let count = rows.min(n - first);
            let w = dequantize_rows(self.w, self.block, [first, count, k], DType::BF16)?;
            let at = [&x, &w, &y].map(Storage::address);
            let product = slice([m, count, k], at, [first, n])?;
            self.context().multiply(library, &product)?;
        }
        self.converted(y)
    }
}

/// The size of a part of the inner dimension, so that there are about so many workgroups: whole
/// segments, and long enough to be worth one.
fn part_of(k: u32, tiles: u32, workgroups: u32) -> u32 {
    const SHORTEST: u32 = 512;
    let parts = (workgroups / tiles).min(k / SHORTEST);
    if parts < 2 {
        return k;
    }
    k.div_ceil(parts).next_multiple_of(SEGMENT as u32).min(k)
}

/// Rows of weights, `n` of `k` values, that are unpacked at a time into about so many bytes: slices of
/// one size, whole tiles of a product where they are more than one tile.
fn rows_of_slice([n, k]: [usize; 2], limit: usize) -> usize {
    const TILE: usize = 256;
    let most = limit / (DType::BF16.size() * k);
    if most < TILE {
        return most.max(1);
    }
    let slices = n.div_ceil(most / TILE * TILE);
    n.div_ceil(slices).next_multiple_of(TILE)
}

/// The product of `m` rows of activations and `n` rows of weights, which are columns from `first` on of
/// a result of `width`, as the library's column-major matrices: the result's rows are its columns.
fn slice(
    [m, n, k]: [usize; 3],
    [x, w, y]: [u64; 3],
    [first, width]: [usize; 2],
) -> Result<Product> {
    let number = |value| {
        let narrow = Error::narrow(OP, "a dimension of a product by the library", value)?;
        i32::try_from(narrow).map_err(|_| Error::TooLarge {
            op: OP,
            what: "a dimension of a product by the library",
            value,
            limit: i32::MAX as usize,
        })
    };
    let factor = |address, transposed| {
        Ok::<_, Error>(Factor {
            address: Address(address),
            transposed,
            leading: number(k)?,
            stride: 0,
        })
    };
    Ok(Product {
        element: MatrixElement::BF16,
        result: MatrixElement::F32,
        m: number(n)?,
        n: number(m)?,
        k: number(k)?,
        batches: 1,
        a: factor(w, true)?,
        b: factor(x, false)?,
        c: Address(y + (first * DType::F32.size()) as u64),
        c_leading: number(width)?,
    })
}

fn vector_kernel(block: BlockType, m: usize) -> Option<Kernel<args::QuantVector>> {
    match m {
        0 | 1 => redwick_kernels::quant_vector_1(block),
        2 => redwick_kernels::quant_vector_2(block),
        3 | 4 => redwick_kernels::quant_vector_4(block),
        _ => redwick_kernels::quant_vector_8(block),
    }
}

fn held_kernel(block: BlockType, m: usize) -> Option<Kernel<args::QuantHeld>> {
    match m {
        0..=16 => redwick_kernels::quant_held_16(block),
        17..=32 => redwick_kernels::quant_held_32(block),
        _ => redwick_kernels::quant_held_64(block),
    }
}

/// What kernels call a dtype of results: see hip/number.h.
fn number_of(dtype: DType) -> u32 {
    match dtype {
        DType::F16 => 1,
        DType::BF16 => 2,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_whole_segments_and_not_short() {
        assert_eq!(part_of(14_336, 64, 264), 3584);
        assert_eq!(part_of(14_336, 224, 264), 14_336, "enough tiles");
        assert_eq!(part_of(1120, 1, 264), 640);
        assert_eq!(part_of(1000, 1, 264), 1000, "too short");
        assert_eq!(part_of(4096, 1, 264), 512);
    }

    #[test]
    fn slices_are_alike_and_within_the_limit() {
        let limit = 64 << 20;
        assert_eq!(rows_of_slice([14_336, 4096], limit), 7168);
        assert_eq!(rows_of_slice([4096, 4096], limit), 4096);
        assert_eq!(rows_of_slice([4096, 14_336], limit), 2048);
        assert_eq!(rows_of_slice([100, 32], limit), 256);
        assert_eq!(rows_of_slice([100, 32], 640), 10);
        assert_eq!(rows_of_slice([100, 32], 0), 1);
    }
}
