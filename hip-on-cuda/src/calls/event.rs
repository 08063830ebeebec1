//! Events. The flags' values are CUDA's.

use std::ffi::c_uint;

use redwick_hip::sys::{hipEvent_t, hipStream_t};

use super::{Outcome, put};
use crate::cuda::Cuda;
use crate::current;
use crate::failure::check;

pub(crate) unsafe fn hipEventCreateWithFlags(
    cuda: &Cuda,
    event: *mut hipEvent_t,
    flags: c_uint,
) -> Outcome {
    current::bind(cuda)?;
    let mut new = std::ptr::null_mut();
    // SAFETY: the pointer takes the result; a context is current.
    check(cuda, unsafe { (cuda.cuEventCreate)(&raw mut new, flags) })?;
    // SAFETY: the caller's pointer.
    unsafe { put(event, new.cast()) }
}

pub(crate) unsafe fn hipEventDestroy(cuda: &Cuda, event: hipEvent_t) -> Outcome {
    current::bind(cuda)?;
    // SAFETY: the caller's event.
    check(cuda, unsafe { (cuda.cuEventDestroy_v2)(event.cast()) })
}

pub(crate) unsafe fn hipEventRecord(
    cuda: &Cuda,
    event: hipEvent_t,
    stream: hipStream_t,
) -> Outcome {
    current::bind(cuda)?;
    // SAFETY: the caller's event and stream.
    check(cuda, unsafe {
        (cuda.cuEventRecord)(event.cast(), stream.cast())
    })
}

pub(crate) unsafe fn hipEventSynchronize(cuda: &Cuda, event: hipEvent_t) -> Outcome {
    current::bind(cuda)?;
    // SAFETY: the caller's event.
    check(cuda, unsafe { (cuda.cuEventSynchronize)(event.cast()) })
}

pub(crate) unsafe fn hipEventQuery(cuda: &Cuda, event: hipEvent_t) -> Outcome {
    current::bind(cuda)?;
    // SAFETY: the caller's event.
    check(cuda, unsafe { (cuda.cuEventQuery)(event.cast()) })
}

pub(crate) unsafe fn hipEventElapsedTime(
    cuda: &Cuda,
    milliseconds: *mut f32,
    start: hipEvent_t,
    stop: hipEvent_t,
) -> Outcome {
    current::bind(cuda)?;
    let mut elapsed = 0.0;
    // SAFETY: the pointer takes the result; the caller's events.
    check(cuda, unsafe {
        (cuda.cuEventElapsedTime)(&raw mut elapsed, start.cast(), stop.cast())
    })?;
    // SAFETY: the caller's pointer.
    unsafe { put(milliseconds, elapsed) }
}
