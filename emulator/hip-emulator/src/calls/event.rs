//! Events. They are reached as soon as they are recorded, but in a stream that is captured, where they
//! never are; their times are those of the host.

use std::ffi::c_uint;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use redwick_hip::sys::{hipError_t, hipEvent_t, hipEventDisableTiming, hipStream_t};

use super::{Outcome, put};
use crate::failure::Failure;
use crate::runtime::Runtime;

/// An event.
pub(crate) struct Event {
    timing: bool,
    recorded: Mutex<Option<Instant>>,
    /// The handle of the stream that was captured when it was recorded; 0 for none.
    capture: AtomicUsize,
}

impl Event {
    /// The stream that was captured when it was recorded; 0 for none.
    pub(crate) fn capture(&self) -> usize {
        self.capture.load(Ordering::Relaxed)
    }

    /// Refuses a call that needs it to be reached.
    fn is_outside_captures(&self) -> Result<(), Failure> {
        if self.capture() == 0 {
            return Ok(());
        }
        let text = "the event was recorded in a stream that is captured";
        Err(Failure::new(hipError_t::CAPTURED_EVENT, text))
    }

    /// When it was recorded, if it measures time.
    fn time(&self) -> Result<Instant, Failure> {
        self.is_outside_captures()?;
        let refused = |text| Failure::new(hipError_t::INVALID_HANDLE, text);
        if !self.timing {
            return Err(refused("an event that does not measure time"));
        }
        let recorded = *self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        recorded.ok_or_else(|| refused("an event that was not recorded"))
    }
}

pub(crate) unsafe fn hipEventCreateWithFlags(
    runtime: &Runtime,
    event: *mut hipEvent_t,
    flags: c_uint,
) -> Outcome {
    let new = Event {
        timing: flags & hipEventDisableTiming == 0,
        recorded: Mutex::default(),
        capture: AtomicUsize::new(0),
    };
    // SAFETY: the caller's pointer.
    unsafe { put(event, runtime.events.insert(new)) }
}

pub(crate) unsafe fn hipEventDestroy(runtime: &Runtime, event: hipEvent_t) -> Outcome {
    runtime.events.remove(event).map(drop)
}

pub(crate) unsafe fn hipEventRecord(
    runtime: &Runtime,
    event: hipEvent_t,
    stream: hipStream_t,
) -> Outcome {
    runtime.device_of(stream)?;
    let event = runtime.events.get(event)?;
    let captured = !stream.is_null() && runtime.streams.get(stream)?.capture.state().is_some();
    let capture = if captured { stream.addr() } else { 0 };
    event.capture.store(capture, Ordering::Relaxed);
    *event
        .recorded
        .lock()
        .unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    Ok(())
}

pub(crate) unsafe fn hipEventSynchronize(runtime: &Runtime, event: hipEvent_t) -> Outcome {
    runtime.events.get(event)?.is_outside_captures()
}

pub(crate) unsafe fn hipEventQuery(runtime: &Runtime, event: hipEvent_t) -> Outcome {
    runtime.events.get(event)?.is_outside_captures()
}

pub(crate) unsafe fn hipEventElapsedTime(
    runtime: &Runtime,
    milliseconds: *mut f32,
    start: hipEvent_t,
    stop: hipEvent_t,
) -> Outcome {
    let start = runtime.events.get(start)?.time()?;
    let stop = runtime.events.get(stop)?.time()?;
    let elapsed = match stop.checked_duration_since(start) {
        Some(forward) => forward.as_secs_f32(),
        None => -start.duration_since(stop).as_secs_f32(),
    };
    // SAFETY: the caller's pointer.
    unsafe { put(milliseconds, elapsed * 1e3) }
}
