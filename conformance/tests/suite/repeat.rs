//! The same inputs give the same bits, in whatever order workgroups run.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use candle_core::{Device, RocmDevice, Tensor};
use libtest_mimic::Failed;
use redwick_conformance::op::{Case, Op};
use redwick_conformance::{EMULATED, device};
use redwick_hip_emulator::Options;
use redwick_tensor_ops::{Context, memory::Policy};

/// Another number of host threads than a machine's usual one.
const THREADS: usize = 3;

/// Compares an op's largest case on a target with itself, and, where it is emulated, with itself on
/// other host threads.
pub(crate) fn check(row: &Op, target: &'static str) -> Result<(), Failed> {
    let device = device(target)?;
    let other = match EMULATED.contains(&target) {
        true => threaded(target)?,
        false => device.clone(),
    };
    for &dtype in row.dtypes {
        let cases = (row.cases)(row.values);
        let Some(case) = cases.into_iter().max_by_key(Case::elements) else {
            continue;
        };
        let first = bits(&row.apply(&case, dtype, &device)?)?;
        for device in [&device, &other] {
            if bits(&row.apply(&case, dtype, device)?)? != first {
                return Err(format!("{} of {dtype:?} differs from itself", row.name).into());
            }
        }
    }
    Ok(())
}

/// The elements, so that NaN equals itself.
fn bits(tensor: &Tensor) -> candle_core::Result<Vec<u64>> {
    let tensor = tensor.to_device(&Device::Cpu)?.flatten_all()?;
    let tensor = match tensor.dtype() {
        candle_core::DType::F8E4M3 => tensor.to_dtype(candle_core::DType::F32)?,
        _ => tensor,
    };
    let elements = tensor.to_dtype(candle_core::DType::F64)?.to_vec1::<f64>()?;
    Ok(elements.into_iter().map(f64::to_bits).collect())
}

/// The target on [`THREADS`] host threads, without checks, with memory that is used again.
fn threaded(target: &'static str) -> Result<Device, Failed> {
    static OPENED: Mutex<Option<HashMap<&str, RocmDevice>>> = Mutex::new(None);
    let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    let opened = opened.get_or_insert_default();
    if let Some(device) = opened.get(target) {
        return Ok(Device::Rocm(device.clone()));
    }
    let options = Options {
        threads: NonZeroUsize::new(THREADS),
        ..Options::default()
    };
    let driver = redwick_hip_emulator::driver_with(target, &options)?;
    let context = Context::new(driver.device(0)?, Policy::Cached)?;
    let device = RocmDevice::from_context(context);
    opened.insert(target, device.clone());
    Ok(Device::Rocm(device))
}
