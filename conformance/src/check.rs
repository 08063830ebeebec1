//! Running a row on a device.

use candle_core::{DType, Device, Result, Tensor};

use crate::compare::difference;
use crate::cut::Extent;
use crate::op::{Case, Op, Reference};
use crate::operand::{Operand, Values};
use crate::rng::Rng;

/// What came of a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The cases that were tried.
    pub tried: usize,
    /// The cases that there are.
    pub all: usize,
    /// What went wrong.
    pub faults: Vec<String>,
}

/// The inputs of a case.
struct Inputs {
    on_device: Vec<Tensor>,
    on_cpu: Vec<Tensor>,
}

impl Op {
    /// Tries the row's cases for each of its dtypes and says what went wrong.
    pub fn check(&self, device: &Device, extent: Extent) -> Outcome {
        let mut outcome = Outcome::default();
        for &dtype in self.dtypes {
            let cases = (self.cases)(self.values);
            outcome.all += cases.len();
            if device.is_cpu() && (self.oracle.is_some() || is_narrow(dtype)) {
                // The CPU has no such op, or computes in this dtype where a GPU computes in f32 and
                // is further off.
                continue;
            }
            let cases = extent.of(cases, &mut Rng::named(&format!("{} {dtype:?}", self.name)));
            outcome.tried += cases.len();
            let faults = cases
                .iter()
                .filter_map(|case| self.try_case(case, dtype, device));
            outcome.faults.extend(faults);
        }
        outcome
    }

    /// Says what is wrong with the result of a case, if anything.
    fn try_case(&self, case: &Case, dtype: DType, device: &Device) -> Option<String> {
        match self.compare(case, dtype, device) {
            Ok(None) => None,
            Ok(Some(fault)) => Some(self.describe(dtype, case, &fault)),
            Err(error) => Some(self.describe(dtype, case, &error.to_string())),
        }
    }

    fn describe(&self, dtype: DType, case: &Case, fault: &str) -> String {
        let operand = |operand: &Operand| format!("{:?} {:?}", operand.dims, operand.view);
        let operands: Vec<_> = case.operands.iter().map(operand).collect();
        let operands = operands.join(", ");
        format!(
            "{} {dtype:?} ({operands}) {:?}: {fault}",
            self.name, case.axes
        )
    }

    fn compare(&self, case: &Case, dtype: DType, device: &Device) -> Result<Option<String>> {
        let inputs = self.inputs(case, dtype, device)?;
        let got = (self.run)(&inputs.on_device, &case.axes)?;
        let want = (self.oracle.unwrap_or(self.run))(&inputs.on_cpu, &case.axes)?;
        let expected = match self.wide(dtype) {
            Some(wide) if want.dtype() == wide && wide != got.dtype() => dtype,
            _ => want.dtype(),
        };
        if got.dtype() != expected {
            let got = got.dtype();
            return Ok(Some(format!("the result is {got:?}, want {expected:?}")));
        }
        difference(&got, &want, self.tolerance)
    }

    /// The result of a case on a device alone.
    ///
    /// # Errors
    /// Candle's.
    pub fn apply(&self, case: &Case, dtype: DType, device: &Device) -> Result<Tensor> {
        let inputs = self.inputs(case, dtype, device)?;
        (self.run)(&inputs.on_device, &case.axes)
    }

    /// The inputs of a case, whose data depend on the row, the dtype and the case alone.
    fn inputs(&self, case: &Case, dtype: DType, device: &Device) -> Result<Inputs> {
        let mut rng = Rng::named(&format!("{} {dtype:?} {case:?}", self.name));
        let mut inputs = Inputs {
            on_device: Vec::new(),
            on_cpu: Vec::new(),
        };
        for operand in &case.operands {
            let base = operand.base(dtype, &mut rng)?;
            let view = |base: &Tensor| operand.view.of(base, &operand.dims);
            let reference = self.widened(&base, operand.values)?;
            inputs.on_cpu.push(plain(&view(&reference)?)?);
            inputs.on_device.push(if device.is_cpu() {
                // Candle's CPU backend takes fewer layouts than a device must.
                plain(&view(&base)?)?
            } else {
                view(&base.to_device(device)?)?
            });
        }
        Ok(inputs)
    }

    /// An operand as the reference computes with it.
    fn widened(&self, base: &Tensor, values: Values) -> Result<Tensor> {
        match (values, self.wide(base.dtype())) {
            (Values::Between(..), Some(wide)) => widen(base, wide),
            _ => Ok(base.clone()),
        }
    }

    /// The dtype in which the reference computes, where it is another one.
    fn wide(&self, dtype: DType) -> Option<DType> {
        match self.reference {
            _ if !dtype.is_float() => None,
            Reference::Wide => Some(DType::F64),
            Reference::Single => Some(DType::F32),
            Reference::Same => (dtype == DType::F8E4M3).then_some(DType::F32),
        }
    }
}

/// Dtypes too short to compute in.
fn is_narrow(dtype: DType) -> bool {
    matches!(dtype, DType::F16 | DType::BF16 | DType::F8E4M3)
}

/// A float tensor of the CPU as a wider one.
///
/// # Errors
/// Candle's.
pub(crate) fn widen(tensor: &Tensor, wide: DType) -> Result<Tensor> {
    if tensor.dtype() == DType::F8E4M3 {
        // The CPU's way straight to f64 calls itself for ever in this release.
        return tensor.to_dtype(DType::F32)?.to_dtype(wide);
    }
    tensor.to_dtype(wide)
}

/// The same elements in a storage of their own.
fn plain(tensor: &Tensor) -> Result<Tensor> {
    if tensor.elem_count() == 0 {
        return Tensor::zeros(tensor.dims(), tensor.dtype(), tensor.device());
    }
    tensor.force_contiguous()
}
