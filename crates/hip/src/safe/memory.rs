//! Memory of a device.

use std::ffi::c_void;
use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;

use crate::error::{Error, Result};
use crate::safe::{Device, Stream};
use crate::sys::hipError_t;

/// Memory of a device, free and in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryInfo {
    /// Bytes that are free.
    pub free: usize,
    /// Bytes that there are.
    pub total: usize,
}

/// An address in device memory, as kernels take it. Holding one keeps nothing allocated.
#[repr(transparent)]
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    bytemuck::Pod,
    bytemuck::Zeroable,
)]
pub struct Address(pub u64);

impl Address {
    /// The null address.
    pub const NULL: Self = Self(0);

    /// The address `bytes` further on.
    #[must_use]
    pub fn offset(self, bytes: usize) -> Self {
        Self(self.0.wrapping_add(bytes as u64))
    }
}

impl Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

/// An allocation in device memory.
///
/// Its contents are not Rust's memory: writing to it needs no exclusive access, and reading what
/// another stream writes meanwhile gives unspecified bytes, nothing worse.
///
/// Dropping it frees it. Memory from [`Device::alloc_bytes`] is freed after all work on the device,
/// which waits; memory from [`Stream::alloc_bytes`] is freed in that stream's order, so work in
/// other streams that uses it must have been waited for.
#[derive(Debug)]
pub struct DeviceMemory {
    pointer: *mut c_void,
    bytes: usize,
    device: Device,
    /// The stream in whose order it is freed.
    stream: Option<Stream>,
}

// SAFETY: the pointer is an address on the device, which nothing dereferences on the host; HIP's
// functions may be called from any thread.
unsafe impl Send for DeviceMemory {}
// SAFETY: as above.
unsafe impl Sync for DeviceMemory {}

impl DeviceMemory {
    pub(super) fn new(device: &Device, bytes: usize) -> Result<Self> {
        let hip = device.bind()?;
        let pointer = match bytes {
            0 => std::ptr::null_mut(),
            _ => hip
                .malloc(bytes)
                .map_err(|error| out_of_memory(error, device, bytes))?,
        };
        Ok(Self {
            pointer,
            bytes,
            device: device.clone(),
            stream: None,
        })
    }

    /// Allocates in the order of a stream, or as [`DeviceMemory::new`] does where the library
    /// cannot.
    pub(super) fn new_on(stream: &Stream, bytes: usize) -> Result<Self> {
        let device = stream.device();
        if bytes == 0 {
            return Self::new(device, bytes);
        }
        // SAFETY: the stream is alive and of the device that is bound.
        match unsafe { device.bind()?.malloc_async(bytes, stream.raw()) } {
            Ok(pointer) => Ok(Self {
                pointer,
                bytes,
                device: device.clone(),
                stream: Some(stream.clone()),
            }),
            Err(error) if lacks_pools(&error) => Self::new(device, bytes),
            Err(error) => Err(out_of_memory(error, device, bytes)),
        }
    }

    /// Where it starts.
    #[must_use]
    pub fn address(&self) -> Address {
        Address(self.pointer.addr() as u64)
    }

    /// Its size in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The device that it belongs to.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Gives up ownership: the memory stays allocated until `hipFree` is called on it.
    #[must_use]
    pub fn leak(self) -> Address {
        ManuallyDrop::new(self).address()
    }

    /// The host's form of an address inside, once the range is known to be inside.
    pub(super) fn range(
        &self,
        what: &'static str,
        offset: usize,
        bytes: usize,
    ) -> Result<*mut c_void> {
        let end = offset.checked_add(bytes);
        if end.is_none_or(|end| end > self.bytes) {
            return Err(Error::OutOfRange {
                what,
                offset,
                bytes,
                size: self.bytes,
            });
        }
        Ok(self.pointer.wrapping_byte_add(offset))
    }
}

impl Drop for DeviceMemory {
    fn drop(&mut self) {
        if self.pointer.is_null() {
            return;
        }
        // A drop has nobody to tell: after a failed kernel, every later call fails too.
        let Ok(hip) = self.device.bind() else { return };
        let _ = match &self.stream {
            // SAFETY: the pointer comes from `malloc_async` and is dropped once; the stream lives.
            Some(stream) => unsafe { hip.free_async(self.pointer, stream.raw()) },
            // SAFETY: the pointer comes from `malloc` and is dropped once.
            None => unsafe { hip.free(self.pointer) },
        };
    }
}

/// Whether the library or the device cannot allocate in a stream's order.
fn lacks_pools(error: &Error) -> bool {
    matches!(error, Error::Unsupported { .. }) || error.code() == Some(hipError_t::NOT_SUPPORTED)
}

/// Says how much memory there is, where that is what an allocation failed for.
fn out_of_memory(error: Error, device: &Device, requested: usize) -> Error {
    if error.code() != Some(hipError_t::OUT_OF_MEMORY) {
        return error;
    }
    let info = device.memory_info();
    Error::OutOfMemory {
        requested,
        free: info.as_ref().map_or(0, |info| info.free),
        total: info.as_ref().map_or(0, |info| info.total),
        device: device.number(),
    }
}

/// An allocation of elements of one type.
#[derive(Debug)]
pub struct Buffer<T> {
    memory: DeviceMemory,
    len: usize,
    element: PhantomData<T>,
}

impl<T: bytemuck::Pod> Buffer<T> {
    pub(super) fn new(device: &Device, len: usize) -> Result<Self> {
        let size = size_of::<T>();
        let bytes = len.checked_mul(size).ok_or(Error::TooLarge { len, size })?;
        Ok(Self {
            memory: DeviceMemory::new(device, bytes)?,
            len,
            element: PhantomData,
        })
    }
}

impl<T> Buffer<T> {
    /// Where it starts.
    #[must_use]
    pub fn address(&self) -> Address {
        self.memory.address()
    }

    /// Its number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The allocation.
    #[must_use]
    pub fn memory(&self) -> &DeviceMemory {
        &self.memory
    }
}
