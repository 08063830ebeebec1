//! Norms over rows.

use redwick_kernels::args;

use super::rows::{Adjacent, are_many_short_rows, are_packs, is_pack, map_rows};
use crate::error::{Error, Result};
use crate::storage::{Storage, View};

/// `x / sqrt(mean(x²) + epsilon) * scale` over the last dimension. `scale` has an element for each
/// column, of the same dtype. For floats; sums in f32 (f64 for f64).
///
/// # Errors
/// [`Error::NoKernel`] for other dtypes; where operands do not fit; those of an allocation.
pub fn rms_norm(x: View<'_>, scale: View<'_>, epsilon: f32) -> Result<Storage> {
    const OP: &str = "rms_norm";
    let scale = parameter(OP, x, scale)?;
    let kernels = |dtype| {
        [
            redwick_kernels::rms_norm_group(dtype),
            redwick_kernels::rms_norm_wave(dtype),
            redwick_kernels::rms_norm_short(dtype),
            redwick_kernels::rms_norm_block(dtype),
            redwick_kernels::rms_norm_wide(dtype),
            redwick_kernels::rms_norm_long(dtype),
        ]
    };
    map_rows(OP, x, kernels, |io| args::RmsNorm {
        x: io.x,
        scale: scale.address(),
        y: io.y,
        rows: io.rows,
        columns: io.columns,
        epsilon,
        reserved: 0,
    })
}

/// `(x - mean(x)) / sqrt(variance(x) + epsilon) * scale + shift` over the last dimension. `scale` and
/// `shift` have an element for each column, of the same dtype.
///
/// # Errors
/// As [`rms_norm`].
pub fn layer_norm(x: View<'_>, scale: View<'_>, shift: View<'_>, epsilon: f32) -> Result<Storage> {
    const OP: &str = "layer_norm";
    let (scale, shift) = (parameter(OP, x, scale)?, parameter(OP, x, shift)?);
    let packs = is_pack(scale.address()) && is_pack(shift.address()) && are_packs(x);
    let many = packs && are_many_short_rows(x);
    let kernels = |dtype| {
        [
            many.then(|| redwick_kernels::layer_norm_rows(dtype))
                .flatten(),
            redwick_kernels::layer_norm_group(dtype),
            redwick_kernels::layer_norm_wave(dtype),
            redwick_kernels::layer_norm_short(dtype),
            redwick_kernels::layer_norm_block(dtype),
            packs
                .then(|| redwick_kernels::layer_norm_half(dtype))
                .flatten(),
            redwick_kernels::layer_norm_wide(dtype),
            redwick_kernels::layer_norm_long(dtype),
        ]
    };
    map_rows(OP, x, kernels, |io| args::LayerNorm {
        x: io.x,
        scale: scale.address(),
        shift: shift.address(),
        y: io.y,
        rows: io.rows,
        columns: io.columns,
        epsilon,
        reserved: 0,
    })
}

/// A parameter that has one element for each column, adjacent.
fn parameter<'a>(op: &'static str, x: View<'_>, parameter: View<'a>) -> Result<Adjacent<'a>> {
    x.matches(op, &parameter)?;
    let columns = x.layout().dims().last().copied().unwrap_or(1);
    if parameter.layout().elements() == columns {
        return Adjacent::of(parameter);
    }
    Err(Error::Shape {
        op,
        left: format!("a parameter of {}", parameter.layout()),
        right: format!("rows of {}", x.layout()),
    })
}
