//! The runtime and its devices.

use std::ffi::{c_char, c_int, c_uint};

use redwick_hip::sys::{hipDeviceProp_tR0600, hipError_t};

use super::{Outcome, properties, put};
use crate::cuda::Cuda;
use crate::current;
use crate::failure::{self, Failure, check};

pub(crate) unsafe fn hipInit(_: &Cuda, flags: c_uint) -> Outcome {
    match flags {
        0 => Ok(()),
        _ => Err(Failure::invalid("hipInit takes no flags")),
    }
}

/// HIP 6.0, the first version whose interface this is.
pub(crate) unsafe fn hipRuntimeGetVersion(_: &Cuda, version: *mut c_int) -> Outcome {
    // SAFETY: the caller's pointer.
    unsafe { put(version, 60_000_000) }
}

pub(crate) unsafe fn hipGetErrorString(
    cuda: &Cuda,
    code: hipError_t,
) -> Result<*const c_char, Failure> {
    let mut text = std::ptr::null();
    // SAFETY: the pointer takes the result.
    check(cuda, unsafe {
        (cuda.cuGetErrorString)(code.0, &raw mut text)
    })?;
    Ok(text)
}

pub(crate) unsafe fn redwickLastFault(_: &Cuda) -> Result<*const c_char, Failure> {
    Ok(failure::last())
}

pub(crate) unsafe fn hipGetDeviceCount(cuda: &Cuda, count: *mut c_int) -> Outcome {
    // SAFETY: the caller's pointer.
    unsafe { put(count, current::count(cuda)?) }
}

pub(crate) unsafe fn hipSetDevice(cuda: &Cuda, device: c_int) -> Outcome {
    current::set(cuda, device)
}

pub(crate) unsafe fn hipGetDevice(_: &Cuda, device: *mut c_int) -> Outcome {
    // SAFETY: the caller's pointer.
    unsafe { put(device, current::device()) }
}

pub(crate) unsafe fn hipGetDevicePropertiesR0600(
    cuda: &Cuda,
    properties: *mut hipDeviceProp_tR0600,
    device: c_int,
) -> Outcome {
    current::known(cuda, device)?;
    // SAFETY: the caller's pointer.
    unsafe { put(properties, properties::of(cuda, device)?) }
}

pub(crate) unsafe fn hipDeviceSynchronize(cuda: &Cuda) -> Outcome {
    current::bind(cuda)?;
    // SAFETY: a context is current.
    check(cuda, unsafe { (cuda.cuCtxSynchronize)() })
}
