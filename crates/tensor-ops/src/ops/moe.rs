//! Mixtures of experts: rows times the matrices of the experts that they are sent to.

use redwick_kernels::{Divisor, args};

use super::find;
use super::rows::Adjacent;
use crate::dtype::DType;
use crate::error::{Error, OfOp, Result};
use crate::faults::IndexFault;
use crate::storage::{Storage, View};

const OP: &str = "moe_gemm";

/// The most tiles, or rows, along y.
const MAX_GRID_Y: usize = 65_535;

/// The operands of [`moe`].
#[derive(Debug, Clone, Copy)]
pub struct MoeOperands<'a> {
    /// (rows of x, depth).
    pub x: View<'a>,
    /// (experts, columns, depth), of the dtype of `x`.
    pub weights: View<'a>,
    /// The rows of the result, each once, in u32: best with those of one expert adjacent.
    pub ids: View<'a>,
    /// For each of `ids` its expert, in u32.
    pub experts: View<'a>,
    /// For each row of the result what it is multiplied by, in f32.
    pub scales: Option<View<'a>>,
}

/// Each row of `x`, once for each of `share` experts, times the matrix of that expert: row `r` of the
/// result, (rows of x times share, columns), comes from row `r / share` of `x`. `many` says whether
/// rows of one expert are many, so that they are worth a tile. For f32, f16 and bf16; sums in f32.
///
/// # Errors
/// [`Error::NoKernel`] for other dtypes; where operands do not fit each other; those of an
/// allocation. A row or expert out of range shows later, as with
/// [`index_select`](super::index_select).
pub fn moe(operands: MoeOperands<'_>, share: usize, many: bool) -> Result<Storage> {
    let MoeOperands {
        x,
        weights,
        ids,
        experts,
        scales,
    } = operands;
    x.matches(OP, &weights)?;
    let sizes = Sizes::of(&operands, share)?;
    let kernel = find(OP, x.dtype(), |dtype| match many {
        true => redwick_kernels::moe_tile(dtype),
        false => redwick_kernels::moe_row(dtype),
    })?;
    let y = Storage::zeroed(x.context(), x.dtype(), sizes.rows * sizes.columns)?;
    if y.is_empty() {
        return Ok(y);
    }
    let [source, weights] = [Adjacent::of(x)?, Adjacent::of(weights)?];
    let [ids, experts] = [Adjacent::of(ids)?, Adjacent::of(experts)?];
    let scales = scales.map(Adjacent::of).transpose()?;
    let number = |what, value| Error::narrow(OP, what, value);
    let arguments = args::Moe {
        x: source.address(),
        weights: weights.address(),
        ids: ids.address(),
        experts: experts.address(),
        scales: scales.as_ref().map_or(0, Adjacent::address),
        y: y.address(),
        fault: x
            .context()
            .fault_word(IndexFault::of_experts(OP, sizes.experts, sizes.rows)),
        rows: Error::steps(OP, sizes.rows)?,
        columns: number("the number of columns", sizes.columns)?,
        depth: Error::steps(OP, sizes.depth)?,
        expert_count: number("the number of experts", sizes.experts)?,
        x_rows: number("the number of rows", sizes.x_rows)?,
        share: Divisor::new(number("the number of experts of a row", share)?),
        listed: 0,
        reserved: 0,
    };
    let per_launch = MAX_GRID_Y * kernel.info().tile[0].max(1) as usize;
    for first in (0..sizes.rows).step_by(per_launch) {
        let listed = (sizes.rows - first).min(per_launch);
        let arguments = args::Moe {
            ids: arguments.ids + 4 * first as u64,
            experts: arguments.experts + 4 * first as u64,
            listed: number("rows", listed)?,
            ..arguments
        };
        let grid = kernel
            .grid_for_tiles(arguments.listed, arguments.columns, 1)
            .of(OP)?;
        x.context().launch(kernel, grid, &arguments)?;
    }
    x.context().fault_is_possible();
    Ok(y)
}

/// The sizes of a problem.
struct Sizes {
    rows: usize,
    columns: usize,
    depth: usize,
    experts: usize,
    x_rows: usize,
}

impl Sizes {
    fn of(operands: &MoeOperands<'_>, share: usize) -> Result<Self> {
        let [x, weights] = [operands.x.layout(), operands.weights.layout()];
        let mismatch = |right: String| Error::Shape {
            op: OP,
            left: x.to_string(),
            right,
        };
        let (&[x_rows, x_depth], &[experts, columns, depth]) = (x.dims(), weights.dims()) else {
            return Err(mismatch(format!(
                "{weights}: (rows, depth) and (experts, columns, depth) are wanted"
            )));
        };
        if x_depth != depth {
            return Err(mismatch(format!("{weights}: the last dimensions differ")));
        }
        let sizes = Self {
            rows: x_rows * share,
            columns,
            depth,
            experts,
            x_rows,
        };
        sizes.check_list(operands, &mismatch)?;
        Ok(sizes)
    }

    /// The lists have an element for each row of the result.
    fn check_list(
        &self,
        operands: &MoeOperands<'_>,
        mismatch: &dyn Fn(String) -> Error,
    ) -> Result<()> {
        let lists = [
            (Some(operands.ids), "ids", DType::U32),
            (Some(operands.experts), "experts", DType::U32),
            (operands.scales, "scales", DType::F32),
        ];
        for (list, name, dtype) in lists {
            let Some(list) = list else { continue };
            list.same_device(OP, &operands.x)?;
            if list.dtype() != dtype {
                return Err(Error::DTypes {
                    op: OP,
                    left: dtype,
                    right: list.dtype(),
                });
            }
            if list.layout().elements() != self.rows {
                return Err(mismatch(format!(
                    "{name} of {} for {} rows",
                    list.layout(),
                    self.rows
                )));
            }
        }
        Ok(())
    }
}
