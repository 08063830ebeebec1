//! Activations as bytes.

use redwick_kernels::args;

use crate::dtype::DType;
use crate::error::{Error, OfOp, Result};
use crate::ops::{self, Adjacent};
use crate::storage::{Storage, View};

/// Values with a common step.
const STEP: usize = 32;

/// Bytes of a step and the sums beside it.
const STEP_BYTES: usize = 8;

/// Values that a work-item takes.
const TAKEN: usize = 4;

/// Rows of activations as bytes, 32 with a common step: of value `step * quant`.
///
/// The largest of the 32 becomes 127 or -127. The step is rounded to f16, as in blocks of Q8_0 and
/// Q8_1, so that results agree with the CPU's; where f16 has no normal number for it, it stays f32.
pub(super) struct Activations {
    storage: Storage,
    values: usize,
}

impl Activations {
    /// The elements of a view, in rows of a multiple of 32.
    ///
    /// # Errors
    /// [`Error::NoKernel`] for others than f32, f16 and bf16; those of an allocation.
    pub(super) fn of(op: &'static str, x: View<'_>) -> Result<Self> {
        let values = x.layout().elements();
        let kernel = ops::find(op, x.dtype(), redwick_kernels::quantize)?;
        let bytes = values + values / STEP * STEP_BYTES;
        let storage = Storage::uninit(x.context(), DType::U8, bytes)?;
        let activations = Self { storage, values };
        let x_elements = Adjacent::of(x)?;
        let arguments = args::Quantize {
            x: x_elements.address(),
            quants: activations.quants(),
            steps: activations.steps(),
            n: Error::steps(op, values / TAKEN)?,
            reserved: 0,
        };
        let grid = kernel.grid_for_steps(arguments.n).of(op)?;
        x.context().launch(kernel, grid, &arguments)?;
        Ok(activations)
    }

    /// The address of the bytes.
    pub(super) fn quants(&self) -> u64 {
        self.storage.address()
    }

    /// The address of the steps.
    pub(super) fn steps(&self) -> u64 {
        self.storage.address() + self.values as u64
    }
}
