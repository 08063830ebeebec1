//! Norms over rows.

use redwick_kernels::args;

use super::rows::{Adjacent, Rows, for_length};
use super::{kernel_dtype, no_kernel};
use crate::error::{Error, Result};
use crate::storage::{Storage, View};

/// `x / sqrt(mean(x²) + epsilon) * scale` over the last dimension. `scale` has an element for each
/// column, of the same dtype. For floats; sums in f32 (f64 for f64).
///
/// # Errors
/// [`Error::NoKernel`] for other dtypes; where operands do not fit; those of an allocation.
pub fn rms_norm(x: View<'_>, scale: View<'_>, epsilon: f32) -> Result<Storage> {
    const OP: &str = "rms_norm";
    fits(OP, x, scale)?;
    let missing = || no_kernel(OP, x.dtype(), "");
    let dtype = kernel_dtype(x.dtype()).ok_or_else(missing)?;
    let rows = Rows::of(OP, x.layout())?;
    let kernels = [
        redwick_kernels::rms_norm_group(dtype),
        redwick_kernels::rms_norm_block(dtype),
        redwick_kernels::rms_norm_long(dtype),
    ];
    let kernel = for_length(rows.columns, kernels).ok_or_else(missing)?;
    let y = Storage::uninit(x.context(), x.dtype(), x.layout().elements())?;
    if rows.is_empty() {
        return Ok(y);
    }
    let (source, scale) = (Adjacent::of(x)?, Adjacent::of(scale)?);
    let arguments = args::RmsNorm {
        x: source.address(),
        scale: scale.address(),
        y: y.address(),
        rows: rows.rows,
        columns: rows.columns,
        epsilon,
        reserved: 0,
    };
    let grid = kernel.grid_for_outputs(rows.rows, 1)?;
    x.context().launch(kernel, grid, &arguments)?;
    Ok(y)
}

/// `(x - mean(x)) / sqrt(variance(x) + epsilon) * scale + shift` over the last dimension. `scale` and
/// `shift` have an element for each column, of the same dtype.
///
/// # Errors
/// As [`rms_norm`].
pub fn layer_norm(x: View<'_>, scale: View<'_>, shift: View<'_>, epsilon: f32) -> Result<Storage> {
    const OP: &str = "layer_norm";
    fits(OP, x, scale)?;
    fits(OP, x, shift)?;
    let missing = || no_kernel(OP, x.dtype(), "");
    let dtype = kernel_dtype(x.dtype()).ok_or_else(missing)?;
    let rows = Rows::of(OP, x.layout())?;
    let kernels = [
        redwick_kernels::layer_norm_group(dtype),
        redwick_kernels::layer_norm_block(dtype),
        redwick_kernels::layer_norm_long(dtype),
    ];
    let kernel = for_length(rows.columns, kernels).ok_or_else(missing)?;
    let y = Storage::uninit(x.context(), x.dtype(), x.layout().elements())?;
    if rows.is_empty() {
        return Ok(y);
    }
    let [source, scale, shift] = [Adjacent::of(x)?, Adjacent::of(scale)?, Adjacent::of(shift)?];
    let arguments = args::LayerNorm {
        x: source.address(),
        scale: scale.address(),
        shift: shift.address(),
        y: y.address(),
        rows: rows.rows,
        columns: rows.columns,
        epsilon,
        reserved: 0,
    };
    let grid = kernel.grid_for_outputs(rows.rows, 1)?;
    x.context().launch(kernel, grid, &arguments)?;
    Ok(y)
}

/// Fails where a parameter has not one element for each column.
fn fits(op: &'static str, x: View<'_>, parameter: View<'_>) -> Result<()> {
    x.matches(op, &parameter)?;
    let columns = x.layout().dims().last().copied().unwrap_or(1);
    if parameter.layout().elements() == columns {
        return Ok(());
    }
    Err(Error::Shape {
        op,
        left: format!("a parameter of {}", parameter.layout()),
        right: format!("rows of {}", x.layout()),
    })
}
