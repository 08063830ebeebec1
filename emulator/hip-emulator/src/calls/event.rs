//! Events. They are reached as soon as they are recorded; their times are those of the host.

use std::ffi::c_uint;
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
}

impl Event {
    /// When it was recorded, if it measures time.
    fn time(&self) -> Result<Instant, Failure> {
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
    *event
        .recorded
        .lock()
        .unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    Ok(())
}

pub(crate) unsafe fn hipEventSynchronize(runtime: &Runtime, event: hipEvent_t) -> Outcome {
    runtime.events.get(event).map(drop)
}

pub(crate) unsafe fn hipEventQuery(runtime: &Runtime, event: hipEvent_t) -> Outcome {
    runtime.events.get(event).map(drop)
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
