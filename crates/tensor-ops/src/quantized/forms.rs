//! The forms in which activations meet packed weights.

use redwick_hip::{Address, Factor, MatrixElement, Product};
use redwick_kernels::{BlockType, Kernel, PackedForm, PackedProducts, ProductShape, args};

use super::activations::Activations;
use super::dequantize::{cast, dequantize_rows};
use super::packed::Packed;
use crate::context::Context;
use crate::dtype::DType;
use crate::error::{Error, OfOp, Result};
use crate::ops::{self, Adjacent, Division};
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
            match self.multiply(row.form) {
                // What the library has no kernel for, the next form computes; unless it was asked for.
                Err(Error::Hip(redwick_hip::Error::Blas { .. }))
                    if self.context().products_by() == ProductsBy::Table => {}
                answer => return answer,
            }
        }
        Err(ops::no_kernel(OP, self.x.dtype(), ""))
    }

    /// The product in one form.
    pub(super) fn multiply(&self, form: PackedForm) -> Result<Storage> {
        match form {
            PackedForm::Bytes => self.as_bytes(),
            PackedForm::Held => self.held(),
            PackedForm::Tiles => self.tiles(),
            PackedForm::Unpacked => self.unpacked(),
        }
    }

    fn context(&self) -> &Context {
        self.x.context()
    }

    /// The device's target, and how many compute units it has.
    fn target(&self) -> (&str, u32) {
        let device = self.context().device();
        (device.target(), device.properties().compute_units)
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
        Storage::uninit(self.context(), dtype, self.size[0] * self.size[1])
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
        let grid = kernel.grid_for_tiles(m, n, 1).of(OP)?;
        self.context().launch(kernel, grid, &arguments)?;
        Ok(y)
    }

    /// Weights in lanes; where there are few tiles, workgroups share the inner dimension.
    fn held(&self) -> Result<Storage> {
        let dtype = self.x.dtype();
        let kernel = ops::required(OP, dtype, held_kernel(self.block, self.size[0]))?;
        let y = self.result(dtype)?;
        let division = self.division(kernel);
        if division.is_whole() {
            self.launch_held(kernel, division, &y)?;
            return Ok(y);
        }
        let sums = division.sums(self.context(), dtype, y.len())?;
        self.launch_held(kernel, division, &sums)?;
        division.add_up(&sums, &y)?;
        Ok(y)
    }

    /// How a kernel divides the inner dimension.
    fn division(&self, kernel: Kernel<args::QuantHeld>) -> Division {
        let [m, n, k] = self.size;
        let (device, info) = (self.target(), kernel.info());
        let [rows, columns] = info.tile_on(device.0).map(|side| side as usize);
        let [wanted, least] = info.divided_for(device);
        Division::of(k, m.div_ceil(rows) * n.div_ceil(columns), wanted, least)
    }

    /// Writes the product, or the sums of its parts.
    fn launch_held(
        &self,
        kernel: Kernel<args::QuantHeld>,
        division: Division,
        y: &Storage,
    ) -> Result<()> {
        let [m, n, k] = self.narrowed()?;
        let [rows, _] = kernel.info().tile_on(self.target().0);
        let arranged = self.arranged(rows)?;
        let arguments = args::QuantHeld {
            x: arranged.address(),
            w: self.w.address(),
            y: y.address(),
            m,
            n,
            k,
            to: number_of(y.dtype()),
            part: Error::narrow(OP, "a part of the inner dimension", division.size)?,
            reserved: 0,
        };
        let parts = Error::narrow(OP, "the number of parts", division.count)?;
        let grid = kernel
            .grid_for_tiles_on(self.target(), [m, n], parts)
            .of(OP)?;
        self.context().launch(kernel, grid, &arguments)
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
        let grid = kernel.grid_for_tiles(rows, k, 1).of(OP)?;
        self.context().launch(kernel, grid, &arguments)?;
        Ok(y)
    }

    /// Tiles of bf16.
    fn tiles(&self) -> Result<Storage> {
        let [m, n, k] = self.narrowed()?;
        let (_, units) = self.target();
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
        let grid = kernel.grid_for_tiles(m, n, 1).of(OP)?;
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
