//! A row of the table: an op, what goes in, and how right the result must be.

use candle_core::{DType, Device, Result, Tensor};

use crate::compare::{Tolerance, difference};
use crate::operand::{Operand, Values};
use crate::rng::Rng;

/// What the result is compared with: the same op on Candle's CPU backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    /// On the same values as f64, for integers as they are: shows every rounding of the device.
    Wide,
    /// On the same values as f32, where the CPU backend has no f64.
    Single,
    /// In the op's dtype, for ops whose result depends on it.
    Same,
}

/// One application of an op.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The inputs.
    pub operands: Vec<Operand>,
    /// The dimensions that the op works along, or other numbers that it takes.
    pub axes: Vec<usize>,
}

impl Case {
    /// A case without axes.
    pub fn new(operands: Vec<Operand>) -> Self {
        Self::along(operands, &[])
    }

    /// A case with axes.
    pub fn along(operands: Vec<Operand>, axes: &[usize]) -> Self {
        Self {
            operands,
            axes: axes.to_vec(),
        }
    }
}

/// An op on tensors: the inputs and the case's axes.
pub type Run = fn(&[Tensor], &[usize]) -> Result<Tensor>;

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Op {
    /// The name, for messages and for the data's seed.
    pub name: &'static str,
    /// The dtypes to try.
    pub dtypes: &'static [DType],
    /// The values of the inputs that hold numbers.
    pub values: Values,
    /// All cases worth trying; the suite draws from them.
    pub cases: fn(Values) -> Vec<Case>,
    /// The op.
    pub run: Run,
    /// What to compare with.
    pub reference: Reference,
    /// How right the result must be.
    pub tolerance: Tolerance,
}

/// Floats that kernels compute with.
pub const FLOATS: &[DType] = &[DType::F32, DType::F16, DType::BF16, DType::F64];
/// Floats and the usual integers.
pub const NUMBERS: &[DType] = &[
    DType::F32,
    DType::F16,
    DType::BF16,
    DType::U8,
    DType::U32,
    DType::I64,
    DType::F64,
];

impl Op {
    /// Tries `count` of the op's cases for each dtype and says what went wrong.
    pub fn check(&self, device: &Device, count: usize) -> Vec<String> {
        let mut faults = Vec::new();
        // The CPU computes in 16 bits where a GPU computes in f32, and so is further off.
        let half = |dtype| matches!(dtype, DType::F16 | DType::BF16);
        let dtypes = self.dtypes.iter().copied();
        for dtype in dtypes.filter(|dtype| !(device.is_cpu() && half(*dtype))) {
            let mut rng = Rng::named(&format!("{} {dtype:?}", self.name));
            for case in rng.sample((self.cases)(self.values), count) {
                match self.try_case(&case, dtype, device, &mut rng) {
                    Ok(None) => {}
                    Ok(Some(fault)) => faults.push(self.describe(dtype, &case, &fault)),
                    Err(error) => faults.push(self.describe(dtype, &case, &error.to_string())),
                }
            }
        }
        faults
    }

    fn describe(&self, dtype: DType, case: &Case, fault: &str) -> String {
        let operands: Vec<_> = case
            .operands
            .iter()
            .map(|operand| format!("{:?} {:?}", operand.dims, operand.view))
            .collect();
        let operands = operands.join(", ");
        format!(
            "{} {dtype:?} ({operands}) {:?}: {fault}",
            self.name, case.axes
        )
    }

    fn try_case(
        &self,
        case: &Case,
        dtype: DType,
        device: &Device,
        rng: &mut Rng,
    ) -> Result<Option<String>> {
        let mut on_device = Vec::new();
        let mut on_cpu = Vec::new();
        for operand in &case.operands {
            let base = operand.base(dtype, rng)?;
            let reference = self.widened(&base, operand.values)?;
            let reference = plain(&operand.view.of(&reference, &operand.dims)?)?;
            if device.is_cpu() {
                // Candle's CPU backend takes fewer layouts than a device must.
                on_device.push(plain(&operand.view.of(&base, &operand.dims)?)?);
            } else {
                on_device.push(operand.view.of(&base.to_device(device)?, &operand.dims)?);
            }
            on_cpu.push(reference);
        }
        let got = (self.run)(&on_device, &case.axes)?;
        let want = (self.run)(&on_cpu, &case.axes)?;
        difference(&got, &want, self.tolerance)
    }

    /// An operand as the reference computes with it.
    fn widened(&self, base: &Tensor, values: Values) -> Result<Tensor> {
        let number = matches!(values, Values::Between(..)) && base.dtype().is_float();
        match self.reference {
            Reference::Wide if number => base.to_dtype(DType::F64),
            Reference::Single if number => base.to_dtype(DType::F32),
            _ => Ok(base.clone()),
        }
    }
}

/// The same elements in a storage of their own.
fn plain(tensor: &Tensor) -> Result<Tensor> {
    if tensor.elem_count() == 0 {
        return Tensor::zeros(tensor.dims(), tensor.dtype(), tensor.device());
    }
    tensor.force_contiguous()
}
