//! The order that sorts rows.

use redwick_kernels::{Divisor, Width, args};

use super::rows::{Adjacent, Rows};
use super::{find, no_kernel};
use crate::dtype::DType;
use crate::error::{Error, OfOp, Result};
use crate::storage::{Storage, View};

/// What a workgroup sorts in LDS; longer rows are merged from such tiles.
const TILE: usize = 1024;

/// The order, as u32, that sorts the last dimension. Equal elements, the two zeros among them, stay
/// in order; every NaN counts as the greatest number.
///
/// # Errors
/// [`Error::NoKernel`]; [`Error::TooLarge`] for more elements than kernels count; those of an
/// allocation.
pub fn arg_sort(x: View<'_>, ascending: bool) -> Result<Storage> {
    const OP: &str = "argsort";
    let rows = Rows::of(OP, x.layout())?;
    let elements = x.layout().elements();
    let order = Storage::uninit(x.context(), DType::U32, elements)?;
    if rows.is_empty() {
        return Ok(order);
    }
    let sort = Sort {
        op: OP,
        x,
        rows,
        n: Error::steps(OP, elements)?,
    };
    let columns = rows.columns as usize;
    if columns <= TILE {
        sort.tiles(ascending, None, &order)?;
        return Ok(order);
    }
    let keys = sort.key_storage()?;
    sort.tiles(ascending, Some(&keys), &order)?;
    sort.merged(keys, order)
}

struct Sort<'a> {
    op: &'static str,
    x: View<'a>,
    rows: Rows,
    n: u32,
}

impl Sort<'_> {
    /// Keys of elements of 8 bytes have 64 bits, others 32.
    fn key_width(&self) -> Width {
        match self.x.dtype().size() {
            8 => Width::B8,
            _ => Width::B4,
        }
    }

    fn key_storage(&self) -> Result<Storage> {
        let dtype = match self.key_width() {
            Width::B8 => DType::I64,
            _ => DType::U32,
        };
        Storage::uninit(self.x.context(), dtype, self.n as usize)
    }

    /// Sorts each tile.
    fn tiles(&self, ascending: bool, keys: Option<&Storage>, order: &Storage) -> Result<()> {
        let kernel = find(self.op, self.x.dtype(), redwick_kernels::sort_tile)?;
        let source = Adjacent::of(self.x)?;
        let columns = self.rows.columns as usize;
        let length = columns.next_power_of_two().min(TILE);
        let parts = columns.div_ceil(length);
        let blocks = (self.rows.rows as usize * parts).div_ceil(TILE / length);
        let number = |what, value| Error::narrow(self.op, what, value);
        let arguments = args::SortTile {
            x: source.address(),
            keys: keys.map_or(0, Storage::address),
            order: order.address(),
            rows: self.rows.rows,
            columns: self.rows.columns,
            length: number("the length of a part", length)?,
            descending: u32::from(!ascending),
            parts: Divisor::new(number("the parts of a row", parts)?),
            reserved: 0,
        };
        let grid = kernel
            .grid_for_outputs(number("the number of tiles", blocks)?, 1)
            .of(self.op)?;
        self.x.context().launch(kernel, grid, &arguments)
    }

    /// Merges sorted tiles until a row is one run.
    fn merged(&self, mut keys: Storage, mut order: Storage) -> Result<Storage> {
        let kernel = redwick_kernels::sort_merge(self.key_width());
        let kernel = kernel.ok_or_else(|| no_kernel(self.op, self.x.dtype(), ""))?;
        let grid = kernel.grid_for_steps(self.n).of(self.op)?;
        let mut to_keys = self.key_storage()?;
        let mut to_order = Storage::uninit(self.x.context(), DType::U32, self.n as usize)?;
        let mut run = TILE as u32;
        while run < self.rows.columns {
            let last = u64::from(run) * 2 >= u64::from(self.rows.columns);
            let arguments = args::SortMerge {
                keys: keys.address(),
                order: order.address(),
                to_keys: if last { 0 } else { to_keys.address() },
                to_order: to_order.address(),
                n: self.n,
                run,
                columns: Divisor::new(self.rows.columns),
                reserved: 0,
            };
            self.x.context().launch(kernel, grid, &arguments)?;
            std::mem::swap(&mut keys, &mut to_keys);
            std::mem::swap(&mut order, &mut to_order);
            run *= 2;
        }
        Ok(order)
    }
}
