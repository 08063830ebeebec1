//! Streams. All work is done when the call that asks for it returns, so a stream holds none, but for
//! what it notes while it is captured.

use std::ffi::c_uint;

use redwick_hip::sys::{hipError_t, hipEvent_t, hipStream_t, hipStreamNonBlocking};

use super::{Outcome, put};
use crate::capture::Capture;
use crate::failure::Failure;
use crate::runtime::Runtime;

/// A stream.
pub(crate) struct Stream {
    pub(crate) device: usize,
    pub(crate) capture: Capture,
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
    let new = Stream {
        device: runtime.current(),
        capture: Capture::default(),
    };
    // SAFETY: the caller's pointer.
    unsafe { put(stream, runtime.streams.insert(new)) }
}

pub(crate) unsafe fn hipStreamDestroy(runtime: &Runtime, stream: hipStream_t) -> Outcome {
    runtime.streams.remove(stream).map(drop)
}

pub(crate) unsafe fn hipStreamSynchronize(runtime: &Runtime, stream: hipStream_t) -> Outcome {
    runtime.needs_no_capture("hipStreamSynchronize", stream)?;
    runtime.device_of(stream).map(drop)
}

pub(crate) unsafe fn hipStreamQuery(runtime: &Runtime, stream: hipStream_t) -> Outcome {
    runtime.needs_no_capture("hipStreamQuery", stream)?;
    runtime.device_of(stream).map(drop)
}

pub(crate) unsafe fn hipStreamWaitEvent(
    runtime: &Runtime,
    stream: hipStream_t,
    event: hipEvent_t,
    _flags: c_uint,
) -> Outcome {
    runtime.device_of(stream)?;
    let of_capture = runtime.events.get(event)?.capture();
    if of_capture == stream.addr() {
        return Ok(());
    }
    if of_capture != 0 {
        let text = "an event of a stream that is captured, for a stream that is not";
        return Err(Failure::new(hipError_t::STREAM_CAPTURE_UNSUPPORTED, text));
    }
    if stream.is_null() {
        return Ok(());
    }
    // Work from outside of the capture would be none of the graph's.
    let code = hipError_t::STREAM_CAPTURE_ISOLATION;
    let capture = &runtime.streams.get(stream)?.capture;
    capture.refuse("waiting for an event from before", code)
}
