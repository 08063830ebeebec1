//! Memory: allocation, copies and fills.

#![allow(non_upper_case_globals, reason = "the names of the C interface")]

use std::ffi::{c_int, c_uint, c_void};

use redwick_hip::sys::{
    hipError_t, hipMemcpyDefault, hipMemcpyDeviceToDevice, hipMemcpyDeviceToHost,
    hipMemcpyHostToDevice, hipMemcpyKind, hipStream_t,
};

use super::{Outcome, put};
use crate::cuda::{CUdeviceptr, Cuda};
use crate::current;
use crate::failure::{Failure, check};

/// CUDA writes device addresses as numbers.
fn address(pointer: *const c_void) -> CUdeviceptr {
    pointer.addr() as CUdeviceptr
}

pub(crate) unsafe fn hipMemGetInfo(cuda: &Cuda, free: *mut usize, total: *mut usize) -> Outcome {
    current::bind(cuda)?;
    let (mut free_bytes, mut total_bytes) = (0, 0);
    // SAFETY: the pointers take the results; a context is current.
    check(cuda, unsafe {
        (cuda.cuMemGetInfo_v2)(&raw mut free_bytes, &raw mut total_bytes)
    })?;
    // SAFETY: the caller's pointers.
    unsafe {
        put(free, free_bytes)?;
        put(total, total_bytes)
    }
}

pub(crate) unsafe fn hipMalloc(cuda: &Cuda, pointer: *mut *mut c_void, size: usize) -> Outcome {
    // SAFETY: the pointer takes the result; a context is current.
    let take = |at: *mut CUdeviceptr| unsafe { (cuda.cuMemAlloc_v2)(at, size) };
    // SAFETY: the caller's pointer.
    unsafe { allocate(cuda, pointer, size, take) }
}

/// `hipHostMallocPortable`, `hipHostMallocMapped` and `hipHostMallocWriteCombined`, which CUDA has at the
/// same places. It has no others.
const HOST_FLAGS: c_uint = 1 | 2 | 4;

pub(crate) unsafe fn hipHostMalloc(
    cuda: &Cuda,
    pointer: *mut *mut c_void,
    size: usize,
    flags: c_uint,
) -> Outcome {
    if flags & !HOST_FLAGS != 0 {
        return Err(Failure::invalid(format!(
            "host memory with flags {flags:#x}"
        )));
    }
    current::bind(cuda)?;
    let mut found = std::ptr::null_mut();
    if size > 0 {
        // SAFETY: the pointer takes the result; a context is current.
        check(cuda, unsafe {
            (cuda.cuMemHostAlloc)(&raw mut found, size, flags)
        })?;
    }
    // SAFETY: the caller's pointer.
    unsafe { put(pointer, found) }
}

pub(crate) unsafe fn hipHostFree(cuda: &Cuda, pointer: *mut c_void) -> Outcome {
    if pointer.is_null() {
        return Ok(());
    }
    current::bind(cuda)?;
    // SAFETY: the caller's memory, in no use any more.
    check(cuda, unsafe { (cuda.cuMemFreeHost)(pointer) })
}

pub(crate) unsafe fn hipMallocAsync(
    cuda: &Cuda,
    pointer: *mut *mut c_void,
    size: usize,
    stream: hipStream_t,
) -> Outcome {
    // SAFETY: the pointer takes the result; the caller's stream.
    let take = |at: *mut CUdeviceptr| unsafe { (cuda.cuMemAllocAsync)(at, size, stream.cast()) };
    // SAFETY: the caller's pointer.
    unsafe { allocate(cuda, pointer, size, take) }
}

/// Allocates; nothing for 0 bytes, which CUDA refuses and HIP does not.
unsafe fn allocate(
    cuda: &Cuda,
    pointer: *mut *mut c_void,
    size: usize,
    take: impl FnOnce(*mut CUdeviceptr) -> c_int,
) -> Outcome {
    current::bind(cuda)?;
    let mut found: CUdeviceptr = 0;
    if size > 0 {
        check(cuda, take(&raw mut found))?;
    }
    // SAFETY: the caller's pointer.
    unsafe { put(pointer, std::ptr::without_provenance_mut(found as usize)) }
}

pub(crate) unsafe fn hipFree(cuda: &Cuda, pointer: *mut c_void) -> Outcome {
    if pointer.is_null() {
        return Ok(());
    }
    current::bind(cuda)?;
    // HIP's function waits for the device; CUDA's need not, for memory of a pool.
    // SAFETY: a context is current.
    check(cuda, unsafe { (cuda.cuCtxSynchronize)() })?;
    // SAFETY: the caller's memory, in no use any more.
    check(cuda, unsafe { (cuda.cuMemFree_v2)(address(pointer)) })
}

pub(crate) unsafe fn hipFreeAsync(
    cuda: &Cuda,
    pointer: *mut c_void,
    stream: hipStream_t,
) -> Outcome {
    if pointer.is_null() {
        return Ok(());
    }
    current::bind(cuda)?;
    // SAFETY: the caller's memory and stream.
    check(cuda, unsafe {
        (cuda.cuMemFreeAsync)(address(pointer), stream.cast())
    })
}

pub(crate) unsafe fn hipMemsetAsync(
    cuda: &Cuda,
    destination: *mut c_void,
    value: c_int,
    size: usize,
    stream: hipStream_t,
) -> Outcome {
    current::bind(cuda)?;
    // HIP takes the value's low byte. SAFETY: the caller's memory and stream.
    check(cuda, unsafe {
        (cuda.cuMemsetD8Async)(address(destination), value as u8, size, stream.cast())
    })
}

pub(crate) unsafe fn hipMemcpyAsync(
    cuda: &Cuda,
    destination: *mut c_void,
    source: *const c_void,
    size: usize,
    kind: hipMemcpyKind,
    stream: hipStream_t,
) -> Outcome {
    if size == 0 {
        return Ok(());
    }
    current::bind(cuda)?;
    let (to, from, stream) = (address(destination), address(source), stream.cast());
    // SAFETY: the caller's memory and stream; the caller says on which sides the addresses are.
    let answer = unsafe {
        match kind {
            hipMemcpyHostToDevice => (cuda.cuMemcpyHtoDAsync_v2)(to, source, size, stream),
            hipMemcpyDeviceToHost => (cuda.cuMemcpyDtoHAsync_v2)(destination, from, size, stream),
            // Addresses are unique over all devices and the host.
            hipMemcpyDeviceToDevice | hipMemcpyDefault => {
                (cuda.cuMemcpyAsync)(to, from, size, stream)
            }
            _ => {
                let code = hipError_t::INVALID_MEMCPY_DIRECTION;
                return Err(Failure::new(code, format!("a copy of kind {kind}")));
            }
        }
    };
    check(cuda, answer)
}
