//! Streams. The flags' values are CUDA's.

use std::ffi::c_uint;

use redwick_hip::sys::{hipEvent_t, hipStream_t};

use super::{Outcome, put};
use crate::cuda::Cuda;
use crate::current;
use crate::failure::check;

pub(crate) unsafe fn hipStreamCreateWithFlags(
    cuda: &Cuda,
    stream: *mut hipStream_t,
    flags: c_uint,
) -> Outcome {
    current::bind(cuda)?;
    let mut new = std::ptr::null_mut();
    // SAFETY: the pointer takes the result; a context is current.
    check(cuda, unsafe { (cuda.cuStreamCreate)(&raw mut new, flags) })?;
    // SAFETY: the caller's pointer.
    unsafe { put(stream, new.cast()) }
}

pub(crate) unsafe fn hipStreamDestroy(cuda: &Cuda, stream: hipStream_t) -> Outcome {
    current::bind(cuda)?;
    // SAFETY: the caller's stream.
    check(cuda, unsafe { (cuda.cuStreamDestroy_v2)(stream.cast()) })
}

pub(crate) unsafe fn hipStreamSynchronize(cuda: &Cuda, stream: hipStream_t) -> Outcome {
    current::bind(cuda)?;
    // SAFETY: the caller's stream.
    check(cuda, unsafe { (cuda.cuStreamSynchronize)(stream.cast()) })
}

pub(crate) unsafe fn hipStreamQuery(cuda: &Cuda, stream: hipStream_t) -> Outcome {
    current::bind(cuda)?;
    // SAFETY: the caller's stream.
    check(cuda, unsafe { (cuda.cuStreamQuery)(stream.cast()) })
}

pub(crate) unsafe fn hipStreamWaitEvent(
    cuda: &Cuda,
    stream: hipStream_t,
    event: hipEvent_t,
    flags: c_uint,
) -> Outcome {
    current::bind(cuda)?;
    // SAFETY: the caller's stream and event.
    check(cuda, unsafe {
        (cuda.cuStreamWaitEvent)(stream.cast(), event.cast(), flags)
    })
}
