//! A mark in a stream.

use crate::error::Result;
use crate::safe::Device;
use crate::sys;

/// A mark in a stream: reached when the work before it is done. See
/// [`Stream::record`](crate::Stream::record).
#[derive(Debug)]
pub struct Event {
    raw: sys::hipEvent_t,
    device: Device,
}

// SAFETY: HIP's functions on events may be called from any thread; the handle is not dereferenced
// here.
unsafe impl Send for Event {}
// SAFETY: as above.
unsafe impl Sync for Event {}

impl Event {
    pub(super) fn new(device: &Device, timing: bool) -> Result<Self> {
        let flags = if timing {
            sys::hipEventDefault
        } else {
            sys::hipEventDisableTiming
        };
        Ok(Self {
            raw: device.bind()?.create_event(flags)?,
            device: device.clone(),
        })
    }

    /// The device that it belongs to.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// HIP's handle, valid while this event lives.
    #[must_use]
    pub fn raw(&self) -> sys::hipEvent_t {
        self.raw
    }

    /// Waits until it is reached. An event that was never recorded counts as reached.
    ///
    /// # Errors
    /// As the library says; failures of earlier kernels show here.
    pub fn synchronize(&self) -> Result<()> {
        // SAFETY: the handle is valid while `self` lives.
        unsafe { self.device.bind()?.synchronize_event(self.raw) }
    }

    /// Whether it is reached.
    ///
    /// # Errors
    /// As the library says; failures of earlier kernels show here.
    pub fn is_reached(&self) -> Result<bool> {
        // SAFETY: the handle is valid while `self` lives.
        unsafe { self.device.bind()?.query_event(self.raw) }
    }

    /// Milliseconds from another event to this one; both measure time and are reached.
    ///
    /// # Errors
    /// As the library says, when one does not measure time or is not reached.
    pub fn milliseconds_since(&self, start: &Self) -> Result<f32> {
        self.device.expect("an event", &start.device)?;
        // SAFETY: both handles are valid while their owners live.
        unsafe { self.device.bind()?.elapsed(start.raw, self.raw) }
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        if let Ok(hip) = self.device.bind() {
            // SAFETY: the handle comes from this driver and is dropped once.
            let _ = unsafe { hip.destroy_event(self.raw) };
        }
    }
}
