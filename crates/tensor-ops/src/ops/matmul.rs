//! Matrix products.

mod library;
mod tiling;

use redwick_kernels::{ProductShape, Walk, args};

use super::division::Division;
use super::{contiguous, kernel_dtype};
use crate::collapse;
use crate::context::Context;
use crate::dtype::DType;
use crate::error::{Error, OfOp, Result};
use crate::layout::Layout;
use crate::products::ProductsBy;
use crate::storage::{Storage, View};
use tiling::Plan;

const OP: &str = "matmul";

/// The most batches and rows of tiles of one launch.
const MAX_GRID_YZ: usize = 65_535;

/// The product of matrices in the last two dimensions, for each of the dimensions before. Operands
/// are laid out in any way. For floats; sums in f32 (f64 for f64).
///
/// # Errors
/// [`Error::NoKernel`] for other dtypes; where operands do not fit each other; those of an
/// allocation.
pub fn matmul(a: View<'_>, b: View<'_>) -> Result<Storage> {
    a.matches(OP, &b)?;
    let product = Product::of(a.layout(), b.layout()).ok_or_else(|| Error::Shape {
        op: OP,
        left: a.layout().to_string(),
        right: b.layout().to_string(),
    })?;
    match product {
        Batches::Alike(product) => product.run(a, b),
        Batches::Different { left, right } => {
            let (a, b) = (contiguous(a)?, contiguous(b)?);
            matmul(View::new(&a, &left)?, View::new(&b, &right)?)
        }
    }
}

/// A product as kernels see it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Product {
    m: usize,
    n: usize,
    k: usize,
    /// Strides of rows and columns.
    a: [usize; 2],
    b: [usize; 2],
    batch: collapse::Walk<2>,
}

/// Whether both operands' dimensions before the last two are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Batches {
    Alike(Product),
    /// As many, in other dimensions: contiguous layouts with one dimension for all.
    Different {
        left: Layout,
        right: Layout,
    },
}

impl Product {
    fn of(a: &Layout, b: &Layout) -> Option<Batches> {
        let ([a_outer @ .., m, k], [b_outer @ .., k2, n]) = (a.dims(), b.dims()) else {
            return None;
        };
        let count = |dims: &[usize]| dims.iter().product::<usize>();
        if k != k2 || count(a_outer) != count(b_outer) {
            return None;
        }
        if a_outer != b_outer {
            let batches = count(a_outer);
            return Some(Batches::Different {
                left: Layout::contiguous(&[batches, *m, *k]),
                right: Layout::contiguous(&[batches, *k, *n]),
            });
        }
        let (a_batch, a_strides) = a.split_last_two()?;
        let (b_batch, b_strides) = b.split_last_two()?;
        let product = Self {
            m: *m,
            n: *n,
            k: *k,
            a: a_strides,
            b: b_strides,
            batch: collapse::Walk::over([&a_batch, &b_batch]),
        };
        Some(Batches::Alike(product.with_batches_as_rows()))
    }

    /// One matrix for all batches of rows is one product of more rows.
    fn with_batches_as_rows(mut self) -> Self {
        if let ([count], [a], [0]) = (
            self.batch.dims.as_slice(),
            self.batch.strides[0].as_slice(),
            self.batch.strides[1].as_slice(),
        ) && (self.m == 1 || *a == self.m * self.a[0])
        {
            if self.m == 1 {
                self.a[0] = *a;
            }
            self.m *= count;
            self.batch = collapse::Walk::over([&Layout::contiguous(&[]); 2]);
        }
        self
    }

    fn batches(&self) -> usize {
        self.batch.dims.iter().product()
    }

    fn run(&self, a: View<'_>, b: View<'_>) -> Result<Storage> {
        let (context, dtype) = (a.context(), a.dtype());
        let count = self.batches() * self.m * self.n;
        if self.k == 0 {
            return Storage::zeroed(context, dtype, count);
        }
        let c = Storage::uninit(context, dtype, count)?;
        if count == 0 {
            return Ok(c);
        }
        let at = [a.address(), b.address(), c.address()];
        if !self.run_by_library(context, dtype, at)? {
            self.run_by_kernels(at, &c, MAX_GRID_YZ)?;
        }
        Ok(c)
    }

    /// Lets the vendor's library compute the product, where it is to and can; says whether it does.
    fn run_by_library(&self, context: &Context, dtype: DType, at: [u64; 3]) -> Result<bool> {
        let Some(shape) = self.shape(dtype) else {
            return Ok(false);
        };
        let Some(library) = context.library_for(&shape)? else {
            return Ok(false);
        };
        let Some(product) = library::product(self, dtype, at) else {
            return Ok(false);
        };
        match context.multiply(library, &product) {
            Ok(()) => Ok(true),
            // What the library has no kernel for, own ones compute; unless it was asked for.
            Err(Error::Hip(redwick_hip::Error::Blas { .. }))
                if context.products_by() == ProductsBy::Table =>
            {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    fn shape(&self, dtype: DType) -> Option<ProductShape> {
        let columns_adjacent = |[row, column]: [usize; 2]| row == 1 && column != 1;
        Some(ProductShape {
            dtype: kernel_dtype(dtype)?,
            transposed: [columns_adjacent(self.a), columns_adjacent(self.b)],
            rows: self.m,
            columns: self.n,
            depth: self.k,
            batches: self.batches(),
        })
    }

    /// Runs a kernel, in launches of at most so many tiles along the rows.
    fn run_by_kernels(&self, at: [u64; 3], c: &Storage, tiles: usize) -> Result<()> {
        let (context, dtype) = (c.context(), c.dtype());
        let device = context.device();
        let device = (device.target(), device.properties().compute_units);
        let large = context.products_by() == ProductsBy::OwnInLargeTiles;
        let Plan { kernel, division } = self.plan(dtype, at, device, large)?;
        if !division.is_whole() {
            return self.run_divided(at, c, &Plan { kernel, division });
        }
        let most = tiles * kernel.info().tile_on(device.0)[0].max(1) as usize;
        for part in self.parts(most) {
            let arguments = self.arguments(&part, division, at, dtype.size())?;
            let size = [arguments.m, arguments.n];
            let grid = kernel
                .grid_for_tiles_on(device, size, part.batch.steps())
                .of(OP)?;
            context.launch(kernel, grid, &arguments)?;
        }
        Ok(())
    }

    /// Runs a kernel for parts of the inner dimension, and adds those up.
    fn run_divided(&self, [a, b, _]: [u64; 3], c: &Storage, plan: &Plan) -> Result<()> {
        let (context, dtype) = (c.context(), c.dtype());
        let Plan { kernel, division } = *plan;
        let sums = division.sums(context, dtype, c.len())?;
        let whole = BatchPart {
            batch: Walk::new(&[], [&[], &[]]).of(OP)?,
            rows: self.m,
            from: [0; 3],
        };
        let arguments = self.arguments(&whole, division, [a, b, sums.address()], dtype.size())?;
        let device = context.device();
        let device = (device.target(), device.properties().compute_units);
        let parts = Error::narrow(OP, "the number of parts", division.count)?;
        let grid = kernel
            .grid_for_tiles_on(device, [arguments.m, arguments.n], parts)
            .of(OP)?;
        context.launch(kernel, grid, &arguments)?;
        division.add_up(&sums, c)
    }

    /// The product in parts of at most so many rows, and of as many batches as a grid can have. Nearly
    /// always it is one.
    fn parts(&self, most: usize) -> Vec<BatchPart> {
        let whole = Walk::new(
            &self.batch.dims,
            self.batch.strides.each_ref().map(|strides| &strides[..]),
        );
        match whole {
            Ok(batch) if self.batches() <= MAX_GRID_YZ && self.m <= most => vec![BatchPart {
                batch,
                rows: self.m,
                from: [0; 3],
            }],
            _ => self.single_batches(most),
        }
    }

    fn single_batches(&self, most: usize) -> Vec<BatchPart> {
        let Ok(batch) = Walk::new(&[], [&[], &[]]) else {
            return Vec::new();
        };
        let part = |number, first| BatchPart {
            batch,
            rows: most.min(self.m - first),
            from: [
                self.batch.offset(0, number) + first * self.a[0],
                self.batch.offset(1, number),
                (number * self.m + first) * self.n,
            ],
        };
        let rows = || (0..self.m).step_by(most);
        (0..self.batches())
            .flat_map(|number| rows().map(move |first| part(number, first)))
            .collect()
    }

    fn arguments(
        &self,
        part: &BatchPart,
        division: Division,
        at: [u64; 3],
        size: usize,
    ) -> Result<args::Gemm> {
        let number = |what, value| Error::narrow(OP, what, value);
        let stride = |value| number("a stride", value);
        let address = |operand: usize| at[operand] + (part.from[operand] * size) as u64;
        Ok(args::Gemm {
            a: address(0),
            b: address(1),
            c: address(2),
            m: number("the number of rows", part.rows)?,
            n: number("the number of columns", self.n)?,
            k: number("the inner dimension", self.k)?,
            a_row: stride(self.a[0])?,
            a_column: stride(self.a[1])?,
            b_row: stride(self.b[0])?,
            b_column: stride(self.b[1])?,
            part: number("a part of the inner dimension", division.size)?,
            batch: part.batch,
        })
    }
}

/// Batches and rows of one launch, and where the operands and the result start.
struct BatchPart {
    batch: Walk<2>,
    rows: usize,
    from: [usize; 3],
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strided(dims: &[usize], strides: &[usize]) -> Layout {
        Layout::strided(dims, strides, 0).unwrap()
    }

    fn alike(a: &Layout, b: &Layout) -> Product {
        match Product::of(a, b) {
            Some(Batches::Alike(product)) => product,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_does_not_fit_is_no_product() {
        let matrix = Layout::contiguous(&[3, 4]);
        assert_eq!(Product::of(&matrix, &matrix), None);
        assert_eq!(Product::of(&Layout::contiguous(&[4]), &matrix), None);
        let batched = Layout::contiguous(&[2, 4, 5]);
        assert_eq!(Product::of(&matrix, &batched), None);
    }

    #[test]
    fn a_shared_matrix_makes_one_product_of_all_rows() {
        let a = Layout::contiguous(&[5, 3, 4]);
        let product = alike(&a, &strided(&[5, 4, 7], &[0, 1, 4]));
        assert_eq!((product.m, product.batches()), (15, 1));
        assert_eq!((product.a, product.b), ([4, 1], [1, 4]));
        let gaps = strided(&[5, 3, 4], &[99, 4, 1]);
        assert_eq!(alike(&gaps, &strided(&[5, 4, 7], &[0, 7, 1])).batches(), 5);
        let rows = strided(&[5, 1, 4], &[99, 4, 1]);
        let product = alike(&rows, &strided(&[5, 4, 7], &[0, 7, 1]));
        assert_eq!((product.m, product.a), (5, [99, 1]));
    }

    #[test]
    fn batches_collapse() {
        let a = Layout::contiguous(&[2, 3, 4, 5]);
        let b = Layout::contiguous(&[2, 3, 5, 6]);
        let product = alike(&a, &b);
        assert_eq!(product.batch.dims, [6]);
        assert_eq!(product.batch.strides, [vec![20], vec![30]]);
    }

    #[test]
    fn batches_in_other_dimensions_are_flattened() {
        let a = Layout::contiguous(&[2, 3, 4, 5]);
        let b = Layout::contiguous(&[3, 2, 5, 6]);
        let found = Product::of(&a, &b);
        assert!(matches!(found, Some(Batches::Different { left, .. }) if left.dims() == [6, 4, 5]));
    }

    #[test]
    fn many_batches_are_many_launches() {
        let a = Layout::contiguous(&[70_000, 1, 2]);
        let b = Layout::contiguous(&[70_000, 2, 1]);
        let parts = alike(&a, &b).parts(MAX_GRID_YZ);
        assert_eq!(parts.len(), 70_000);
        assert_eq!((parts[3].rows, parts[3].from), (1, [6, 6, 3]));
    }

    #[cfg(feature = "emulator")]
    #[test]
    fn several_launches_compute_all_rows() {
        let context = crate::open(&"emulated:gfx1100:checked".parse().unwrap()).unwrap();
        let upload = |values: &[f32]| {
            let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
            Storage::upload(&context, DType::F32, &bytes).unwrap()
        };
        let rows = 2 * 150;
        let values: Vec<f32> = (0..rows * 2).map(|i| i as f32).collect();
        let (a, b) = (upload(&values), upload(&[1.0, 0.5, 2.0, 3.0, 0.0, 1.0]));
        let c = upload(&vec![0.0; rows * 3]);
        let batched = strided(&[2, 150, 2], &[300, 2, 1]);
        for layout in [Layout::contiguous(&[300, 2]), batched] {
            let of_b = match layout.rank() {
                2 => Layout::contiguous(&[2, 3]),
                _ => strided(&[2, 2, 3], &[0, 3, 1]),
            };
            let mut product = alike(&layout, &of_b);
            if layout.rank() == 3 {
                // As if it were two matrices.
                product.m = 150;
                product.batch =
                    collapse::Walk::over([&strided(&[2], &[300]), &strided(&[2], &[0])]);
            }
            let at = [a.address(), b.address(), c.address()];
            product.run_by_kernels(at, &c, 1).unwrap();
            let mut bytes = vec![0; c.bytes()];
            c.download(&mut bytes).unwrap();
            for row in 0..rows {
                let (x, y) = (values[2 * row], values[2 * row + 1]);
                let want = [x + 3.0 * y, 0.5 * x, 2.0 * x + y];
                let want: Vec<u8> = want.iter().flat_map(|x| x.to_le_bytes()).collect();
                assert_eq!(bytes[12 * row..][..12], want, "row {row} of {layout}");
            }
        }
    }

    #[test]
    fn many_rows_are_several_launches() {
        let most = 64 * MAX_GRID_YZ;
        let a = strided(&[most + 1, 2], &[3, 1]);
        let parts = alike(&a, &Layout::contiguous(&[2, 8])).parts(most);
        let found: Vec<_> = parts.iter().map(|part| (part.rows, part.from)).collect();
        assert_eq!(found, [(most, [0; 3]), (1, [3 * most, 0, 8 * most])]);
        let a = Layout::contiguous(&[2, 5, 2]);
        let b = Layout::contiguous(&[2, 2, 3]);
        let parts = alike(&a, &b).parts(3);
        let found: Vec<_> = parts.iter().map(|part| (part.rows, part.from)).collect();
        let second = [(3, [10, 6, 15]), (2, [16, 6, 24])];
        assert_eq!(found[..2], [(3, [0; 3]), (2, [6, 0, 9])]);
        assert_eq!(found[2..], second);
    }
}
