//! A queue of work on a device.

use std::ffi::c_void;
use std::fmt::{self, Debug};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::result::Hip;
use crate::safe::staging::Staging;
use crate::safe::{Buffer, Device, DeviceMemory, Event};
use crate::sys;

/// A queue of work on a device: what is put into it is done in order.
///
/// Clones are the same stream, which ends when the last of them is dropped.
#[derive(Clone)]
pub struct Stream(Arc<Inner>);

struct Inner {
    raw: sys::hipStream_t,
    device: Device,
    staging: Staging,
}

// SAFETY: HIP's functions on streams may be called from any thread; the handle is not dereferenced
// here.
unsafe impl Send for Inner {}
// SAFETY: as above.
unsafe impl Sync for Inner {}

impl Stream {
    pub(super) fn new(device: &Device) -> Result<Self> {
        let raw = device.bind()?.create_stream(sys::hipStreamNonBlocking)?;
        Ok(Self::from_raw(device, raw))
    }

    pub(super) fn default_of(device: &Device) -> Self {
        Self::from_raw(device, std::ptr::null_mut())
    }

    fn from_raw(device: &Device, raw: sys::hipStream_t) -> Self {
        Self(Arc::new(Inner {
            raw,
            device: device.clone(),
            staging: Staging::default(),
        }))
    }

    /// The device that it belongs to.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.0.device
    }

    /// HIP's handle, valid while this stream lives; null for the default stream.
    #[must_use]
    pub fn raw(&self) -> sys::hipStream_t {
        self.0.raw
    }

    /// Waits for its work.
    ///
    /// # Errors
    /// As the library says; failures of earlier kernels show here.
    pub fn synchronize(&self) -> Result<()> {
        // SAFETY: the handle is valid while `self` lives.
        unsafe { self.bind()?.synchronize_stream(self.raw()) }
    }

    /// Whether its work is done.
    ///
    /// # Errors
    /// As the library says; failures of earlier kernels show here.
    pub fn is_idle(&self) -> Result<bool> {
        // SAFETY: the handle is valid while `self` lives.
        unsafe { self.bind()?.query_stream(self.raw()) }
    }

    /// Puts an event behind the work that there is, in place of where it was before.
    ///
    /// # Errors
    /// [`Error::WrongDevice`] when it is another device's; as the library says.
    pub fn record(&self, event: &Event) -> Result<()> {
        self.device().expect("an event", event.device())?;
        // SAFETY: both handles are valid while their owners live, and of one device.
        unsafe { self.bind()?.record_event(event.raw(), self.raw()) }
    }

    /// Makes later work wait for an event, which may be of another device of the driver.
    ///
    /// # Errors
    /// As the library says.
    pub fn wait(&self, event: &Event) -> Result<()> {
        // SAFETY: both handles are valid while their owners live.
        unsafe { self.bind()?.wait_event(self.raw(), event.raw()) }
    }

    /// Allocates memory in this stream's order, and frees it so: see [`DeviceMemory`].
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] when the device has no room.
    pub fn alloc_bytes(&self, bytes: usize) -> Result<DeviceMemory> {
        DeviceMemory::new_on(self, bytes)
    }

    fn bind(&self) -> Result<&Hip> {
        self.0.device.bind()
    }

    pub(super) fn staging(&self) -> &Staging {
        &self.0.staging
    }

    fn expect(&self, memory: &DeviceMemory) -> Result<()> {
        self.device().expect("memory", memory.device())
    }
}

/// Copies.
impl Stream {
    /// Copies from the host to `offset` bytes into `to`, behind the work that there is, and waits
    /// until `from` is no longer needed: for the copy, or, for up to 512 KiB, not at all. Those go by way
    /// of 2 MiB of the host's memory that the stream keeps from its first such copy on; only where that
    /// is full is the oldest of them waited for.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], [`Error::WrongDevice`], or as the library says.
    pub fn upload(&self, to: &DeviceMemory, offset: usize, from: &[u8]) -> Result<()> {
        self.expect(to)?;
        let pointer = to.range("an upload", offset, from.len())?;
        if from.is_empty() {
            return Ok(());
        }
        // SAFETY: the stream is alive and staging's only one; the range is inside an allocation, which
        // is freed only after the copy.
        let staged = unsafe {
            self.staging()
                .upload(self.device(), self.raw(), pointer, from)?
        };
        if staged {
            return Ok(());
        }
        let kind = sys::hipMemcpyHostToDevice;
        // SAFETY: both ranges are valid, and the copy is done when the stream was waited for.
        unsafe { self.copy(pointer, from.as_ptr().cast(), from.len(), kind)? };
        self.synchronize()
    }

    /// Copies from `offset` bytes into `from` to the host, behind the work that there is, and waits
    /// for it.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], [`Error::WrongDevice`], or as the library says.
    pub fn download(&self, to: &mut [u8], from: &DeviceMemory, offset: usize) -> Result<()> {
        self.expect(from)?;
        let pointer = from.range("a download", offset, to.len())?;
        if to.is_empty() {
            return Ok(());
        }
        // SAFETY: as for an upload.
        let staged = unsafe {
            self.staging()
                .download(self.device(), self.raw(), to, pointer)?
        };
        if staged {
            return Ok(());
        }
        let kind = sys::hipMemcpyDeviceToHost;
        // SAFETY: both ranges are valid, and the copy is done when the stream was waited for.
        unsafe { self.copy(to.as_mut_ptr().cast(), pointer, to.len(), kind)? };
        self.synchronize()
    }

    /// Copies `bytes` bytes on the device, each place given as an allocation and an offset. The
    /// ranges must not overlap.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] when one is outside its allocation or they overlap,
    /// [`Error::WrongDevice`], or as the library says.
    pub fn copy_within(
        &self,
        to: (&DeviceMemory, usize),
        from: (&DeviceMemory, usize),
        bytes: usize,
    ) -> Result<()> {
        self.expect(to.0)?;
        self.expect(from.0)?;
        let destination = to.0.range("a copy's destination", to.1, bytes)?;
        let source = from.0.range("a copy's source", from.1, bytes)?;
        if bytes == 0 {
            return Ok(());
        }
        if destination.addr().abs_diff(source.addr()) < bytes {
            return Err(Error::OutOfRange {
                what: "a copy whose source overlaps its destination",
                offset: to.1,
                bytes,
                size: to.0.bytes(),
            });
        }
        // SAFETY: both ranges are inside allocations, which are freed only after the copy: in the
        // order of this stream, or after all work.
        unsafe { self.copy(destination, source, bytes, sys::hipMemcpyDeviceToDevice) }
    }

    /// Sets `bytes` bytes from `offset` bytes into `to`.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], [`Error::WrongDevice`], or as the library says.
    pub fn fill(&self, to: &DeviceMemory, offset: usize, bytes: usize, value: u8) -> Result<()> {
        self.expect(to)?;
        let pointer = to.range("a fill", offset, bytes)?;
        if bytes == 0 {
            return Ok(());
        }
        // SAFETY: the range is inside an allocation, which is freed only after the fill.
        unsafe { self.bind()?.memset_async(pointer, value, bytes, self.raw()) }
    }

    /// Copies elements to the start of a buffer, and waits until `from` is no longer needed.
    ///
    /// # Errors
    /// As [`Stream::upload`].
    pub fn write<T: bytemuck::Pod>(&self, to: &Buffer<T>, from: &[T]) -> Result<()> {
        self.upload(to.memory(), 0, bytemuck::cast_slice(from))
    }

    /// Copies all elements of a buffer to the host.
    ///
    /// # Errors
    /// As [`Stream::download`].
    pub fn read<T: bytemuck::Pod>(&self, from: &Buffer<T>) -> Result<Vec<T>> {
        let mut to = vec![T::zeroed(); from.len()];
        self.download(bytemuck::cast_slice_mut(&mut to), from.memory(), 0)?;
        Ok(to)
    }

    /// # Safety
    /// As [`Hip::memcpy_async`].
    unsafe fn copy(
        &self,
        to: *mut c_void,
        from: *const c_void,
        bytes: usize,
        kind: sys::hipMemcpyKind,
    ) -> Result<()> {
        // SAFETY: the caller promises so; the stream is alive.
        unsafe { self.bind()?.memcpy_async(to, from, bytes, kind, self.raw()) }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if self.raw.is_null() {
            return;
        }
        // SAFETY: the handle is valid until below.
        unsafe { self.staging.finish(&self.device, self.raw) };
        if let Ok(hip) = self.device.bind() {
            // SAFETY: the handle comes from this driver and is dropped once. HIP keeps the stream
            // until its work is done.
            let _ = unsafe { hip.destroy_stream(self.raw) };
        }
    }
}

impl PartialEq for Stream {
    fn eq(&self, other: &Self) -> bool {
        self.0.raw == other.0.raw && self.0.device == other.0.device
    }
}

impl Eq for Stream {}

impl Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stream({:?} on {})", self.0.raw, self.0.device)
    }
}
