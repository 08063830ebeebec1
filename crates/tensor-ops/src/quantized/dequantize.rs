//! Packed rows as numbers.

use redwick_kernels::{BlockType, Divisor, args};

use super::format::Content;
use super::packed::Packed;
use crate::dtype::DType;
use crate::error::{Error, OfOp, Result};
use crate::faults::IndexFault;
use crate::layout::Layout;
use crate::ops::{self, Adjacent};
use crate::storage::{Storage, View};

/// Values that a work-item unpacks.
const STEP: usize = 8;

/// The first `elements` values as numbers of a dtype, rounded once as on the CPU.
///
/// # Errors
/// Where there are fewer elements; [`Error::NoKernel`] for dtypes that f32 cannot be converted to;
/// those of an allocation.
pub fn dequantize(w: &Packed, elements: usize, to: DType) -> Result<Storage> {
    const OP: &str = "dequantize";
    w.holds(OP, elements, false)?;
    let block = match w.format().content {
        Content::Numbers(_) => return cast(w.storage(), elements, to),
        Content::Blocks(block) => block,
    };
    if !matches!(to, DType::F32 | DType::F16 | DType::BF16) {
        return cast(&dequantize(w, elements, DType::F32)?, elements, to);
    }
    dequantize_rows(w, block, [0, 1, elements], to)
}

/// Some rows of so many values, from row `first` on, as f32, f16 or bf16. The caller has checked that
/// they are there, and whole blocks.
pub(super) fn dequantize_rows(
    w: &Packed,
    block: BlockType,
    [first, count, width]: [usize; 3],
    to: DType,
) -> Result<Storage> {
    const OP: &str = "dequantize";
    let y = Storage::uninit(w.context(), to, count.saturating_mul(width))?;
    let table = Rows {
        op: OP,
        from: w.format().bytes_of(OP, first.saturating_mul(width))?,
        rows: count,
        width,
        ids: None,
    };
    table.launch(w, block, &y)?;
    Ok(y)
}

/// Rows of a table of `rows` by `width`, as f32: for each id (u32, of any shape) its row.
///
/// # Errors
/// Where the table is not `rows` by `width`, or a row is no whole number of blocks;
/// [`Error::NoKernel`] for other ids; those of an allocation. An id out of range shows when the
/// device is next waited for.
pub fn embedding(w: &Packed, rows: usize, width: usize, ids: View<'_>) -> Result<Storage> {
    const OP: &str = "embedding";
    w.format().bytes_of(OP, width)?;
    w.holds(OP, rows.saturating_mul(width), true)?;
    crate::storage::same_device(OP, w.context(), ids.context())?;
    if ids.dtype() != DType::U32 {
        return Err(ops::no_kernel_but(
            OP,
            ids.dtype(),
            " ids",
            vec![DType::U32],
        ));
    }
    let block = match w.format().content {
        Content::Numbers(_) => return selected(OP, w, [rows, width], ids),
        Content::Blocks(block) => block,
    };
    let count = ids.layout().elements();
    let y = Storage::uninit(w.context(), DType::F32, count.saturating_mul(width))?;
    let ids = Adjacent::of(ids)?;
    let table = Rows {
        op: OP,
        from: 0,
        rows,
        width,
        ids: Some(ids.address()),
    };
    table.launch(w, block, &y)?;
    Ok(y)
}

/// A table of packed rows, and which of them are wanted.
struct Rows {
    op: &'static str,
    /// Where the first row starts, in bytes.
    from: usize,
    rows: usize,
    width: usize,
    ids: Option<u64>,
}

impl Rows {
    fn launch(&self, w: &Packed, block: BlockType, y: &Storage) -> Result<()> {
        if y.is_empty() {
            return Ok(());
        }
        let kernel = match y.dtype() {
            DType::BF16 => {
                ops::required(self.op, DType::BF16, redwick_kernels::quant_unpack(block))?
            }
            dtype => ops::find(self.op, dtype, |d| redwick_kernels::dequantize(block, d))?,
        };
        let arguments = args::Dequantize {
            w: w.address() + self.from as u64,
            ids: self.ids.unwrap_or(0),
            y: y.address(),
            fault: self.ids.map_or(0, |_| {
                w.context()
                    .fault_word(IndexFault::of(self.op, DType::U32, self.rows))
            }),
            steps: Error::steps(self.op, y.len() / STEP)?,
            rows: Error::narrow(self.op, "the number of rows", self.rows)?,
            row_steps: Divisor::new(Error::narrow(self.op, "a row", self.width / STEP)?),
            reserved: 0,
        };
        let grid = kernel.grid_for_steps(arguments.steps).of(self.op)?;
        w.context().launch(kernel, grid, &arguments)?;
        if self.ids.is_some() {
            w.context().fault_is_possible();
        }
        Ok(())
    }
}

/// The first elements of a storage in another dtype.
pub(super) fn cast(storage: &Storage, elements: usize, to: DType) -> Result<Storage> {
    let layout = Layout::contiguous(&[elements]);
    ops::cast(View::new(storage, &layout)?, to)
}

/// The rows of a table of numbers.
fn selected(op: &'static str, w: &Packed, dims: [usize; 2], ids: View<'_>) -> Result<Storage> {
    let table = Layout::contiguous(&dims);
    let flat = Layout::contiguous(&[ids.layout().elements()]);
    let ids = ops::contiguous(ids)?;
    let rows = ops::index_select_for(
        op,
        View::new(w.storage(), &table)?,
        View::new(&ids, &flat)?,
        0,
    )?;
    cast(&rows, rows.len(), DType::F32)
}
