//! The runtime and its devices.

use std::ffi::{c_char, c_int, c_uint};

use redwick_hip::sys::{hipDeviceProp_tR0600, hipError_t};

use super::{Outcome, properties, put};
use crate::failure::{self, Failure};
use crate::runtime::Runtime;

/// The first version whose interface this is: 6.0.
const VERSION: c_int = 60_000_000;

pub(crate) unsafe fn hipInit(_: &Runtime, flags: c_uint) -> Outcome {
    match flags {
        0 => Ok(()),
        _ => Err(Failure::invalid("hipInit takes no flags")),
    }
}

pub(crate) unsafe fn hipRuntimeGetVersion(_: &Runtime, version: *mut c_int) -> Outcome {
    // SAFETY: the caller's pointer.
    unsafe { put(version, VERSION) }
}

pub(crate) unsafe fn hipGetErrorString(
    _: &Runtime,
    code: hipError_t,
) -> Result<*const c_char, Failure> {
    Ok(failure::meaning(code).as_ptr())
}

pub(crate) unsafe fn redwickLastFault(_: &Runtime) -> Result<*const c_char, Failure> {
    Ok(failure::last())
}

pub(crate) unsafe fn hipGetDeviceCount(runtime: &Runtime, count: *mut c_int) -> Outcome {
    let devices = c_int::try_from(runtime.device_count()).unwrap_or(c_int::MAX);
    // SAFETY: the caller's pointer.
    unsafe { put(count, devices) }
}

pub(crate) unsafe fn hipSetDevice(runtime: &Runtime, device: c_int) -> Outcome {
    runtime.set_current(runtime.device(device)?);
    Ok(())
}

pub(crate) unsafe fn hipGetDevice(runtime: &Runtime, device: *mut c_int) -> Outcome {
    let current = c_int::try_from(runtime.current()).unwrap_or(c_int::MAX);
    // SAFETY: the caller's pointer.
    unsafe { put(device, current) }
}

pub(crate) unsafe fn hipGetDevicePropertiesR0600(
    runtime: &Runtime,
    properties: *mut hipDeviceProp_tR0600,
    device: c_int,
) -> Outcome {
    let device = runtime.device(device)?;
    // SAFETY: the caller's pointer.
    unsafe { put(properties, properties::of(runtime, device)) }
}

/// All work is done when the call that asks for it returns.
pub(crate) unsafe fn hipDeviceSynchronize(runtime: &Runtime) -> Outcome {
    let device = runtime.current();
    runtime.streams.try_for_each(|stream| {
        if stream.device != device || !stream.capture.is_strict() {
            return Ok(());
        }
        let code = hipError_t::STREAM_CAPTURE_UNSUPPORTED;
        stream.capture.refuse("hipDeviceSynchronize", code)
    })
}
