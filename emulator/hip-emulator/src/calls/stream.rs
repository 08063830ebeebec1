//! Streams. All work is done when the call that asks for it returns, so a stream holds none.

use std::ffi::c_uint;

use redwick_hip::sys::{hipEvent_t, hipStream_t, hipStreamNonBlocking};

use super::{Outcome, put};
use crate::failure::Failure;
use crate::runtime::Runtime;

/// A stream.
pub(crate) struct Stream {
    device: usize,
}

impl Runtime {
    /// The device of a stream; the default stream is that of the current device.
    pub(crate) fn device_of(&self, stream: hipStream_t) -> Result<usize, Failure> {
        if stream.is_null() {
            return Ok(self.current());
        }
        Ok(self.streams.get(stream)?.device)
    }
}

pub(crate) unsafe fn hipStreamCreateWithFlags(
    runtime: &Runtime,
    stream: *mut hipStream_t,
    flags: c_uint,
) -> Outcome {
    if flags & !hipStreamNonBlocking != 0 {
        return Err(Failure::invalid(format!("stream flags {flags:#x}")));
    }
    let device = runtime.current();
    // SAFETY: the caller's pointer.
    unsafe { put(stream, runtime.streams.insert(Stream { device })) }
}

pub(crate) unsafe fn hipStreamDestroy(runtime: &Runtime, stream: hipStream_t) -> Outcome {
    runtime.streams.remove(stream).map(drop)
}

pub(crate) unsafe fn hipStreamSynchronize(runtime: &Runtime, stream: hipStream_t) -> Outcome {
    runtime.device_of(stream).map(drop)
}

pub(crate) unsafe fn hipStreamQuery(runtime: &Runtime, stream: hipStream_t) -> Outcome {
    runtime.device_of(stream).map(drop)
}

pub(crate) unsafe fn hipStreamWaitEvent(
    runtime: &Runtime,
    stream: hipStream_t,
    event: hipEvent_t,
    _flags: c_uint,
) -> Outcome {
    runtime.device_of(stream)?;
    runtime.events.get(event).map(drop)
}
