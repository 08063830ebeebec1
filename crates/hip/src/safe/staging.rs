//! Pinned memory of the host, by way of which small copies go. The device copies an upload from it in
//! its own time, so that neither the caller nor the caller's memory waits for the stream; a download is
//! waited for, but need not be staged by the driver.

use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::Result;
use crate::result::Hip;
use crate::safe::{Device, Event};
use crate::sys;

/// Parts of a ring. One is filled; copies from the others go on.
const PARTS: usize = 4;
/// Bytes of a part.
const PART: usize = 512 << 10;
/// What is larger is copied from where it is, or to there: the wait is small beside the copy.
pub(super) const LARGEST: usize = PART;
/// Copies start at multiples of this: a cache line.
const ALIGNMENT: usize = 64;

/// How the small copies of a stream go.
#[derive(Default)]
pub(super) struct Staging(Mutex<State>);

#[derive(Default)]
struct State {
    ring: Place,
    /// Whether the stream notes copies in place of doing them: the ring would serve something else
    /// when they are done.
    noting: bool,
}

#[derive(Default)]
enum Place {
    /// Nobody has copied yet.
    #[default]
    Untried,
    Ready(Ring),
    /// The library has no such memory, or none left.
    Lacking,
}

impl Staging {
    /// Copies to the device in the stream's order. False where that is not the way to do it: then
    /// nothing was done.
    ///
    /// # Safety
    /// `stream` is a stream of the device, and always the same one; `to` has room for `from`, until
    /// the copy is done.
    pub(super) unsafe fn upload(
        &self,
        device: &Device,
        stream: sys::hipStream_t,
        to: *mut c_void,
        from: &[u8],
    ) -> Result<bool> {
        let mut state = self.state();
        let Some(ring) = state.ring_for(device, stream, from.len()) else {
            return Ok(false);
        };
        // SAFETY: the caller promises so. The lock keeps others from the ring.
        unsafe { ring.upload(device.bind()?, stream, to, from)? };
        Ok(true)
    }

    /// Copies from the device in the stream's order, and waits for it. False where that is not the way
    /// to do it: then nothing was done.
    ///
    /// # Safety
    /// `stream` is a stream of the device, and always the same one; `from` holds as much as `to`,
    /// until the copy is done.
    pub(super) unsafe fn download(
        &self,
        device: &Device,
        stream: sys::hipStream_t,
        to: &mut [u8],
        from: *const c_void,
    ) -> Result<bool> {
        let mut state = self.state();
        let Some(ring) = state.ring_for(device, stream, to.len()) else {
            return Ok(false);
        };
        // SAFETY: the caller promises so. The lock keeps others from the ring.
        unsafe { ring.download(device.bind()?, stream, to, from)? };
        Ok(true)
    }

    /// Runs what begins a capture. Where it succeeds, no copy goes this way until the end.
    pub(super) fn begin_capture(&self, begin: impl FnOnce() -> Result<()>) -> Result<()> {
        let mut state = self.state();
        begin()?;
        state.noting = true;
        Ok(())
    }

    /// Runs what ends a capture, which is over even where that fails.
    pub(super) fn end_capture<T>(&self, end: impl FnOnce() -> Result<T>) -> Result<T> {
        let mut state = self.state();
        state.noting = false;
        end()
    }

    /// Before the stream ends: makes sure that no copy uses memory that is freed.
    ///
    /// # Safety
    /// `stream` is the one of the copies.
    pub(super) unsafe fn finish(&mut self, device: &Device, stream: sys::hipStream_t) {
        let state = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Place::Ready(ring) = std::mem::take(&mut state.ring) else {
            return;
        };
        // SAFETY: the caller promises so.
        let waited = device
            .bind()
            .and_then(|hip| unsafe { hip.synchronize_stream(stream) });
        // A device that failed may still copy.
        let ring = ManuallyDrop::new(ring);
        if waited.is_ok() {
            drop(ManuallyDrop::into_inner(ring));
        }
    }

    /// A panic leaves the ring as it was before a copy, or with a place that nothing uses.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The ring, where a copy of so many bytes is to go by way of it.
    fn ring_for(
        &mut self,
        device: &Device,
        stream: sys::hipStream_t,
        bytes: usize,
    ) -> Option<&mut Ring> {
        // The default stream has no owner that could wait for its end.
        match stream.is_null() || self.noting || bytes > LARGEST {
            true => None,
            false => self.ring.ready(device),
        }
    }
}

impl Place {
    /// The ring, made where nobody has tried to yet.
    fn ready(&mut self, device: &Device) -> Option<&mut Ring> {
        if matches!(self, Self::Untried) {
            *self = Ring::new(device).map_or(Self::Lacking, Self::Ready);
        }
        match self {
            Self::Ready(ring) => Some(ring),
            _ => None,
        }
    }
}

/// Pinned memory that copies take turns in.
struct Ring {
    memory: Pinned,
    /// For each part what comes after all copies from it.
    events: [Event; PARTS],
    /// The part that is being filled.
    part: usize,
    /// Its bytes that are in use.
    used: usize,
}

impl Ring {
    fn new(device: &Device) -> Result<Self> {
        let event = || Event::new(device, false);
        Ok(Self {
            events: [event()?, event()?, event()?, event()?],
            memory: Pinned::new(device, PARTS * PART)?,
            part: 0,
            used: 0,
        })
    }

    /// # Safety
    /// As [`Staging::upload`].
    unsafe fn upload(
        &mut self,
        hip: &Hip,
        stream: sys::hipStream_t,
        to: *mut c_void,
        from: &[u8],
    ) -> Result<()> {
        // SAFETY: the caller promises so.
        let offset = unsafe { self.place(hip, stream, from.len())? };
        // SAFETY: a place inside the memory, which no copy reads: all from there were before an event
        // that was reached. `from` is the caller's.
        let pinned = unsafe {
            let pinned = self.memory.pointer.byte_add(offset).cast::<u8>();
            pinned.copy_from_nonoverlapping(NonNull::from(from).cast(), from.len());
            pinned
        };
        let kind = sys::hipMemcpyHostToDevice;
        // SAFETY: the place stays as it is until an event behind the copy is reached; the caller
        // promises the rest.
        unsafe { hip.memcpy_async(to, pinned.as_ptr().cast(), from.len(), kind, stream) }
    }

    /// # Safety
    /// As [`Staging::download`].
    unsafe fn download(
        &mut self,
        hip: &Hip,
        stream: sys::hipStream_t,
        to: &mut [u8],
        from: *const c_void,
    ) -> Result<()> {
        // SAFETY: the caller promises so; the place is inside the memory and no other copy's. It is read
        // once the stream was waited for.
        unsafe {
            let offset = self.place(hip, stream, to.len())?;
            let pinned = self.memory.pointer.byte_add(offset);
            let kind = sys::hipMemcpyDeviceToHost;
            hip.memcpy_async(pinned.as_ptr(), from, to.len(), kind, stream)?;
            hip.synchronize_stream(stream)?;
            NonNull::from(&mut *to)
                .cast()
                .copy_from_nonoverlapping(pinned.cast::<u8>(), to.len());
        }
        // Every copy of the ring is done.
        self.used = 0;
        Ok(())
    }

    /// An offset of so many bytes that no copy uses.
    ///
    /// # Safety
    /// As [`Staging::upload`].
    unsafe fn place(&mut self, hip: &Hip, stream: sys::hipStream_t, bytes: usize) -> Result<usize> {
        if self.used + bytes > PART {
            // SAFETY: the caller promises so.
            unsafe { self.turn(hip, stream)? };
        }
        let offset = self.part * PART + self.used;
        self.used = (self.used + bytes).next_multiple_of(ALIGNMENT);
        Ok(offset)
    }

    /// Goes on to the next part, once no copy uses it. Where that fails all stays as it was.
    ///
    /// # Safety
    /// As [`Staging::upload`].
    unsafe fn turn(&mut self, hip: &Hip, stream: sys::hipStream_t) -> Result<()> {
        let next = (self.part + 1) % PARTS;
        // SAFETY: the caller's stream; the event lives.
        unsafe { hip.record_event(self.events[self.part].raw(), stream)? };
        // One that was never recorded counts as reached.
        self.events[next].synchronize()?;
        (self.part, self.used) = (next, 0);
        Ok(())
    }
}

/// Memory of the host that devices read and write directly.
struct Pinned {
    pointer: NonNull<c_void>,
    device: Device,
}

// SAFETY: the memory belongs to whoever has this; HIP's functions may be called from any thread.
unsafe impl Send for Pinned {}

impl Pinned {
    fn new(device: &Device, bytes: usize) -> Result<Self> {
        Ok(Self {
            pointer: device.bind()?.host_malloc(bytes)?,
            device: device.clone(),
        })
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        if let Ok(hip) = self.device.bind() {
            // SAFETY: the memory comes from this driver, is dropped once, and nothing uses it: see
            // `Staging::finish`.
            let _ = unsafe { hip.host_free(self.pointer) };
        }
    }
}
