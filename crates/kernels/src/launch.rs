//! What a kernel is and how it is launched.

use std::marker::PhantomData;

use crate::{Error, Family, KERNELS};

/// How the work of a kernel is spread over workgroups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// Adjacent elements: [`Kernel::grid_for_elements`].
    ElementWise,
    /// Steps of a walk, or steps as the kernel's doc says: [`Kernel::grid_for_steps`].
    Strided,
    /// Outputs, and parts of the reduction: [`Kernel::grid_for_outputs`].
    Reduce,
    /// Rows that stay whole: [`Kernel::grid_for_outputs`] with one part.
    Rows,
    /// Elements of the destination: [`Kernel::grid_for_steps`].
    Gather,
    /// Tiles of matrices: [`Kernel::grid_for_tiles`].
    Tiled,
}

/// An argument: a field of a struct of [`args`](crate::args).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Where it lies in the struct, in bytes.
    pub offset: usize,
    /// Bytes.
    pub size: usize,
    /// Whether it is an address of device memory.
    pub is_pointer: bool,
}

/// A struct of kernel arguments.
pub trait Arguments: bytemuck::Pod {
    /// Its fields in order.
    const FIELDS: &'static [Field];
}

/// A kernel, whatever its arguments.
#[derive(Debug, PartialEq, Eq)]
pub struct KernelInfo {
    /// The name of its entry point in the code object.
    pub symbol: &'static str,
    /// The code object that it is in.
    pub family: Family,
    /// How its work is spread.
    pub shape: Shape,
    /// Work-items of a workgroup, all along x.
    pub block: u32,
    /// Steps that each work-item takes.
    pub unroll: u32,
    /// Elements of an access of 16 bytes: what a widened walk takes in one step.
    pub lanes: u32,
    /// Outputs or rows of a workgroup; 0 where the shape has none.
    pub outputs: u32,
    /// The longest row that it takes; 0 for any.
    pub max_columns: u32,
    /// Rows and columns of the tile of a workgroup; 0 where the shape has none.
    pub tile: [u32; 2],
    /// For how many workgroups of each compute unit an inner dimension is divided, where there are
    /// fewer tiles, and the least size of a part; 0 where never.
    pub divide: [u32; 2],
    /// Targets where the tile is another.
    pub tilings: &'static [Tiling],
    /// Its arguments.
    pub fields: &'static [Field],
}

/// The tile of a kernel on one target.
#[derive(Debug, PartialEq, Eq)]
pub struct Tiling {
    /// The target.
    pub target: &'static str,
    /// Rows and columns of the tile of a workgroup.
    pub tile: [u32; 2],
    /// Bytes of LDS to ask for at the launch, beside what the kernel declares.
    pub dynamic_lds: u32,
    /// Workgroups of each compute unit that take turns with all tiles; 0 where each has one tile.
    pub turns: u32,
    /// Of 100 compute units, how many have to get a tile for the kernel to be the fastest.
    pub fill: u32,
    /// [`KernelInfo::divide`] there.
    pub divide: [u32; 2],
}

/// [`Tiling::fill`] where nothing else is said.
const MOST: u32 = 75;

impl KernelInfo {
    /// Rows and columns of the tile of a workgroup on a target, whose features are ignored.
    pub fn tile_on(&self, target: &str) -> [u32; 2] {
        self.tiling(target).map_or(self.tile, |tiling| tiling.tile)
    }

    /// Whether so many tiles occupy enough of a target's compute units.
    pub fn fills(&self, (target, compute_units): (&str, u32), tiles: u64) -> bool {
        let fill = self.tiling(target).map_or(MOST, |tiling| tiling.fill);
        tiles * 100 >= u64::from(fill) * u64::from(compute_units)
    }

    /// Bytes of LDS to ask for at a launch on a target.
    pub fn dynamic_lds_on(&self, target: &str) -> u32 {
        self.tiling(target).map_or(0, |tiling| tiling.dynamic_lds)
    }

    /// For how many workgroups, on a target with so many compute units, an inner dimension is to be
    /// divided, and the least size of a part.
    pub fn divided_for(&self, (target, compute_units): (&str, u32)) -> [usize; 2] {
        let divide = self
            .tiling(target)
            .map_or(self.divide, |tiling| tiling.divide);
        let [workgroups, least] = divide.map(|number| number as usize);
        [workgroups * compute_units as usize, least]
    }

    fn tiling(&self, target: &str) -> Option<&Tiling> {
        let is_it = |tiling: &&Tiling| target.split(':').next() == Some(tiling.target);
        self.tilings.iter().find(is_it)
    }
}

/// All kernels, in the order of [`Kernel::id`].
pub fn all() -> &'static [KernelInfo] {
    &KERNELS
}

/// Numbers of workgroups along x, y and z; the size of a workgroup is [`KernelInfo::block`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// Workgroups along each dimension.
    pub blocks: [u32; 3],
}

/// The most workgroups along y and z.
const MAX_BLOCKS_YZ: u64 = 65_535;

/// The most work-items along x: HIP counts them in 32 bits.
const MAX_THREADS_X: u64 = u32::MAX as u64;

/// A kernel that takes arguments `A`.
#[derive(Debug)]
pub struct Kernel<A> {
    id: u16,
    arguments: PhantomData<fn(A)>,
}

impl<A> Clone for Kernel<A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for Kernel<A> {}

impl<A: Arguments> Kernel<A> {
    /// The kernel at a place of the table. Only generated code knows which has which arguments.
    pub(crate) fn at(id: u16) -> Option<Self> {
        let exists = usize::from(id) < KERNELS.len();
        exists.then_some(Self {
            id,
            arguments: PhantomData,
        })
    }

    /// Its place in [`all`]: a key for a table of loaded functions.
    pub fn id(self) -> usize {
        usize::from(self.id)
    }

    /// What is known of it.
    pub fn info(self) -> &'static KernelInfo {
        &KERNELS[usize::from(self.id)]
    }

    /// The grid for `n` adjacent elements.
    ///
    /// # Errors
    /// Where a grid cannot be as large.
    pub fn grid_for_elements(self, n: u64) -> Result<Grid, Error> {
        let info = self.info();
        self.grid_x(n.div_ceil(u64::from(info.block * info.unroll * info.lanes)))
    }

    /// The grid for `steps` steps: [`Walk::steps`](crate::Walk::steps) for a walk, or what the
    /// kernel's documentation says.
    ///
    /// # Errors
    /// Where a grid cannot be as large.
    pub fn grid_for_steps(self, steps: u32) -> Result<Grid, Error> {
        let info = self.info();
        self.grid_x(u64::from(steps).div_ceil(u64::from(info.block * info.unroll)))
    }

    /// The grid for `outputs` outputs or rows, each in `parts` parts (1 for kernels over rows).
    ///
    /// # Errors
    /// Where a grid cannot be as large.
    pub fn grid_for_outputs(self, outputs: u32, parts: u32) -> Result<Grid, Error> {
        let per_block = self.info().outputs.max(1);
        let grid = self.grid_x(u64::from(outputs.div_ceil(per_block)))?;
        Ok(Grid {
            blocks: [
                grid.blocks[0],
                self.limited("parts of a reduction", parts)?,
                1,
            ],
        })
    }

    /// The grid for `batches` matrices of `rows` by `columns`.
    ///
    /// # Errors
    /// Where a grid cannot be as large.
    pub fn grid_for_tiles(self, rows: u32, columns: u32, batches: u32) -> Result<Grid, Error> {
        self.grid_of_tiles(self.info().tile, [rows, columns], batches)
    }

    /// The same on a target with so many compute units, for kernels whose tile is not that of all
    /// targets, or that take turns.
    ///
    /// # Errors
    /// Where a grid cannot be as large.
    pub fn grid_for_tiles_on(
        self,
        (target, compute_units): (&str, u32),
        size: [u32; 2],
        batches: u32,
    ) -> Result<Grid, Error> {
        let info = self.info();
        let mut grid = self.grid_of_tiles(info.tile_on(target), size, batches)?;
        let turns = info.tiling(target).map_or(0, |tiling| tiling.turns);
        if turns > 0 {
            let [across, down, _] = grid.blocks;
            let tiles = u64::from(across) * u64::from(down);
            let at_once = u64::from(turns) * u64::from(compute_units.max(1));
            grid.blocks[0] = self.grid_x(tiles.min(at_once))?.blocks[0];
            grid.blocks[1] = 1;
        }
        Ok(grid)
    }

    fn grid_of_tiles(
        self,
        tile: [u32; 2],
        [rows, columns]: [u32; 2],
        batches: u32,
    ) -> Result<Grid, Error> {
        let [tile_rows, tile_columns] = tile.map(|side| side.max(1));
        let grid = self.grid_x(u64::from(columns.div_ceil(tile_columns)))?;
        let down = self.limited("tiles along the rows", rows.div_ceil(tile_rows))?;
        Ok(Grid {
            blocks: [grid.blocks[0], down, self.limited("batches", batches)?],
        })
    }

    fn grid_x(self, blocks: u64) -> Result<Grid, Error> {
        let limit = MAX_THREADS_X / u64::from(self.info().block);
        if blocks > limit {
            return Err(self.too_large("the number of workgroups", blocks, limit));
        }
        Ok(Grid {
            blocks: [blocks as u32, 1, 1],
        })
    }

    fn limited(self, what: &'static str, value: u32) -> Result<u32, Error> {
        match u64::from(value) {
            0..=MAX_BLOCKS_YZ => Ok(value),
            many => Err(self.too_large(what, many, MAX_BLOCKS_YZ)),
        }
    }

    fn too_large(self, what: &'static str, value: u64, limit: u64) -> Error {
        Error::GridTooLarge {
            kernel: self.info().symbol,
            what,
            value,
            limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{BinaryOp, DType, Error, UnaryOp, Width};

    #[test]
    fn a_kernel_is_found_by_its_axes() {
        let kernel = crate::unary(UnaryOp::GeluErf, DType::BF16).unwrap();
        assert_eq!(kernel.info().symbol, "unary_gelu_erf_bf16");
        assert_eq!(crate::all()[kernel.id()].symbol, "unary_gelu_erf_bf16");
        assert!(crate::unary(UnaryOp::Exp, DType::U8).is_none());
        assert!(crate::cast(DType::F32, DType::F32).is_none());
        let cast = crate::cast(DType::F32, DType::BF16).unwrap();
        assert_eq!(
            (cast.info().symbol, cast.info().lanes),
            ("cast_f32_bf16", 4)
        );
    }

    #[test]
    fn symbols_are_unique() {
        let mut symbols: Vec<_> = crate::all().iter().map(|kernel| kernel.symbol).collect();
        symbols.sort_unstable();
        symbols.dedup();
        assert_eq!(symbols.len(), crate::all().len());
    }

    #[test]
    fn grids_cover_the_work() {
        let add = crate::binary(BinaryOp::Add, DType::F16).unwrap();
        let per_block = u64::from(add.info().block * add.info().unroll) * 8;
        assert_eq!(add.grid_for_elements(per_block).unwrap().blocks, [1, 1, 1]);
        assert_eq!(
            add.grid_for_elements(per_block + 1).unwrap().blocks,
            [2, 1, 1]
        );
        let gemm = crate::gemm_64(DType::F32).unwrap();
        assert_eq!(gemm.grid_for_tiles(65, 64, 3).unwrap().blocks, [1, 2, 3]);
    }

    #[test]
    fn outputs_are_shared_out_and_parts_stand_above_each_other() {
        let sum = crate::reduce_group(crate::ReduceOp::Sum, DType::F32).unwrap();
        let outputs = sum.info().outputs.max(1);
        let blocks = |n, parts| sum.grid_for_outputs(n, parts).unwrap().blocks;
        assert_eq!(blocks(outputs, 3), [1, 3, 1]);
        assert_eq!(blocks(outputs + 1, 1), [2, 1, 1]);
        let text = sum.grid_for_outputs(1, 65_536).unwrap_err().to_string();
        assert!(text.contains("parts of a reduction is 65536"), "{text}");
    }

    #[test]
    fn a_grid_that_is_too_large_is_an_error() {
        let fill = crate::fill(Width::B1).unwrap();
        assert!(matches!(
            fill.grid_for_elements(1 << 60),
            Err(Error::GridTooLarge { .. })
        ));
        let gemm = crate::gemm_64(DType::F32).unwrap();
        let error = gemm.grid_for_tiles(1, 1, 70_000).unwrap_err().to_string();
        assert!(error.contains("batches is 70000"), "{error}");
        assert!(error.contains(gemm.info().symbol), "{error}");
    }
}
