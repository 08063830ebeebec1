//! Memory: allocation, copies and fills.

#![allow(non_upper_case_globals, reason = "the names of the C interface")]

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use redwick_gpu::Gpu;
use redwick_hip::sys::{
    hipError_t, hipMemcpyDefault, hipMemcpyDeviceToDevice, hipMemcpyDeviceToHost,
    hipMemcpyHostToDevice, hipMemcpyKind, hipStream_t,
};

use super::{Outcome, put};
use crate::capture::Work;
use crate::failure::Failure;
use crate::runtime::Runtime;

/// Allocations start at multiples of this, as on cards.
const ALIGNMENT: u64 = 256;

pub(crate) unsafe fn hipMemGetInfo(
    runtime: &Runtime,
    free: *mut usize,
    total: *mut usize,
) -> Outcome {
    let info = runtime.gpu(runtime.current())?.memory().info();
    let count = |bytes| usize::try_from(bytes).unwrap_or(usize::MAX);
    // SAFETY: the caller's pointers.
    unsafe {
        put(free, count(info.0))?;
        put(total, count(info.1))
    }
}

pub(crate) unsafe fn hipMalloc(
    runtime: &Runtime,
    pointer: *mut *mut c_void,
    size: usize,
) -> Outcome {
    let address = allocate(runtime, runtime.current(), size)?;
    // SAFETY: the caller's pointer.
    unsafe { put(pointer, address) }
}

pub(crate) unsafe fn hipMallocAsync(
    runtime: &Runtime,
    pointer: *mut *mut c_void,
    size: usize,
    stream: hipStream_t,
) -> Outcome {
    runtime.needs_no_capture("hipMallocAsync", stream)?;
    let address = allocate(runtime, runtime.device_of(stream)?, size)?;
    // SAFETY: the caller's pointer.
    unsafe { put(pointer, address) }
}

/// Allocates on a device; nothing for 0 bytes.
fn allocate(runtime: &Runtime, device: usize, size: usize) -> Result<*mut c_void, Failure> {
    if size == 0 {
        return Ok(std::ptr::null_mut());
    }
    let gpu = runtime.gpu(device)?;
    let address = gpu.alloc(size as u64, ALIGNMENT)?;
    Ok(std::ptr::without_provenance_mut(address as usize))
}

pub(crate) unsafe fn hipFree(runtime: &Runtime, pointer: *mut c_void) -> Outcome {
    if pointer.is_null() {
        return Ok(());
    }
    let address = pointer.addr() as u64;
    let gpu = on_device(runtime, address)?;
    Ok(gpu.memory().free(address)?)
}

pub(crate) unsafe fn hipFreeAsync(
    runtime: &Runtime,
    pointer: *mut c_void,
    stream: hipStream_t,
) -> Outcome {
    runtime.needs_no_capture("hipFreeAsync", stream)?;
    runtime.device_of(stream)?;
    // SAFETY: the same contract.
    unsafe { hipFree(runtime, pointer) }
}

pub(crate) unsafe fn hipMemsetAsync(
    runtime: &Runtime,
    destination: *mut c_void,
    value: c_int,
    size: usize,
    stream: hipStream_t,
) -> Outcome {
    runtime.device_of(stream)?;
    if size == 0 {
        return Ok(());
    }
    let fill = Work::Fill {
        address: destination.addr() as u64,
        size,
        // HIP takes the value's low byte.
        value: value as u8,
    };
    // SAFETY: a fill uses nothing of the host.
    unsafe { runtime.submit(stream, fill) }
}

/// Sets bytes.
pub(crate) fn fill_now(runtime: &Runtime, address: u64, size: usize, value: u8) -> Outcome {
    let gpu = on_device(runtime, address)?;
    Ok(gpu.memory().fill(address, size as u64, &[value])?)
}

pub(crate) unsafe fn hipMemcpyAsync(
    runtime: &Runtime,
    destination: *mut c_void,
    source: *const c_void,
    size: usize,
    kind: hipMemcpyKind,
    stream: hipStream_t,
) -> Outcome {
    runtime.device_of(stream)?;
    if size == 0 {
        return Ok(());
    }
    let copy = Work::Copy {
        to: destination,
        from: source,
        size,
        kind,
    };
    // SAFETY: the caller says that both sides are valid until the copy is done.
    unsafe { runtime.submit(stream, copy) }
}

/// Copies.
///
/// # Safety
/// Sides on the host are valid for `size` bytes.
pub(crate) unsafe fn copy_now(
    runtime: &Runtime,
    destination: *mut c_void,
    source: *const c_void,
    size: usize,
    kind: hipMemcpyKind,
) -> Outcome {
    let (to, from) = (destination.addr() as u64, source.addr() as u64);
    let sides = (runtime.gpu_of(to), runtime.gpu_of(from));
    check_direction(kind, sides.0.is_some(), sides.1.is_some())?;
    match sides {
        (Some(gpu), None) => {
            // SAFETY: the caller says that the source is valid for this many bytes.
            let bytes = unsafe { std::slice::from_raw_parts(source.cast(), size) };
            gpu.memory().write(to, bytes)?;
        }
        (None, Some(gpu)) => {
            // SAFETY: the caller says that the destination is valid for this many bytes.
            let bytes = unsafe { std::slice::from_raw_parts_mut(destination.cast(), size) };
            gpu.memory().read(from, bytes)?;
        }
        (Some(to_gpu), Some(from_gpu)) => copy(&to_gpu, to, &from_gpu, from, size)?,
        // SAFETY: the caller says that both sides are valid for this many bytes.
        (None, None) => unsafe { std::ptr::copy(source.cast::<u8>(), destination.cast(), size) },
    }
    Ok(())
}

/// Copies on a device, or from one to another.
fn copy(to_gpu: &Arc<Gpu>, to: u64, from_gpu: &Arc<Gpu>, from: u64, size: usize) -> Outcome {
    if Arc::ptr_eq(to_gpu, from_gpu) {
        return Ok(to_gpu.memory().copy(to, from, size as u64)?);
    }
    let mut bytes = vec![0; size];
    from_gpu.memory().read(from, &mut bytes)?;
    Ok(to_gpu.memory().write(to, &bytes)?)
}

/// Checks that addresses are on the sides that a copy's kind says.
fn check_direction(kind: hipMemcpyKind, to_device: bool, from_device: bool) -> Outcome {
    let expected = match kind {
        hipMemcpyHostToDevice => (true, false),
        hipMemcpyDeviceToHost => (false, true),
        hipMemcpyDeviceToDevice => (true, true),
        hipMemcpyDefault => return Ok(()),
        _ => (false, false),
    };
    if (to_device, from_device) == expected {
        return Ok(());
    }
    let side = |device| if device { "device" } else { "host" };
    let text = format!(
        "a copy of kind {kind}, but from an address of the {} to one of the {}",
        side(from_device),
        side(to_device)
    );
    Err(Failure::new(hipError_t::INVALID_MEMCPY_DIRECTION, text))
}

/// The GPU of an address that must be one on a device.
fn on_device(runtime: &Runtime, address: u64) -> Result<Arc<Gpu>, Failure> {
    let foreign = || Failure::invalid(format!("{address:#x} is no address on a device"));
    runtime.gpu_of(address).ok_or_else(foreign)
}
