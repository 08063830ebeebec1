//! Pinned memory of the host, by way of which small uploads go: the device copies from it in its own
//! time, so that neither the caller nor the caller's memory waits for the stream.

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
const PART: usize = 128 << 10;
/// What is larger goes from where it is, which costs a wait that is small beside the copy.
pub(super) const LARGEST: usize = PART;
/// Copies start at multiples of this: a cache line.
const ALIGNMENT: usize = 64;

/// How the small uploads of a stream go.
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
    /// Nobody has uploaded yet.
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
        if state.noting || from.len() > LARGEST {
            return Ok(false);
        }
        let Some(ring) = state.ring.ready(device) else {
            return Ok(false);
        };
        // SAFETY: the caller promises so. The lock keeps others from the ring.
        unsafe { ring.upload(device.bind()?, stream, to, from)? };
        Ok(true)
    }

    /// Runs what begins a capture. Where it succeeds, no upload goes this way until the end.
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

    /// Before the stream ends: makes sure that no copy reads memory that is freed.
    ///
    /// # Safety
    /// `stream` is the one of the uploads.
    pub(super) unsafe fn finish(&mut self, device: &Device, stream: sys::hipStream_t) {
        let state = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Place::Ready(ring) = std::mem::take(&mut state.ring) else {
            return;
        };
        // SAFETY: the caller promises so.
        let waited = device
            .bind()
            .and_then(|hip| unsafe { hip.synchronize_stream(stream) });
        // A device that failed may still read.
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

    /// An offset of so many bytes that no copy reads.
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

    /// Goes on to the next part, once no copy reads it. Where that fails all stays as it was.
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
            // SAFETY: the memory comes from this driver, is dropped once, and nothing reads it: see
            // `Staging::finish`.
            let _ = unsafe { hip.host_free(self.pointer) };
        }
    }
}
