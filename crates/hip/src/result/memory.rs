//! Memory.

use std::ffi::c_void;
use std::ptr::NonNull;

use super::{Hip, call};
use crate::error::Result;
use crate::sys;

/// Memory.
impl Hip {
    /// Bytes that are free, and that there are, on the current device.
    pub fn memory_info(&self) -> Result<(usize, usize)> {
        let (mut free, mut total) = (0, 0);
        // SAFETY: writes two sizes.
        unsafe { call!(self.hipMemGetInfo(&mut free, &mut total)) }?;
        Ok((free, total))
    }

    /// Allocates on the current device.
    pub fn malloc(&self, size: usize) -> Result<*mut c_void> {
        let mut pointer = std::ptr::null_mut();
        // SAFETY: writes one pointer.
        unsafe { call!(self.hipMalloc(&mut pointer, size)) }?;
        Ok(pointer)
    }

    /// Frees after all work on the device.
    ///
    /// # Safety
    /// `pointer` comes from this table's allocation, and is not used afterwards.
    pub unsafe fn free(&self, pointer: *mut c_void) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { call!(self.hipFree(pointer)) }
    }

    /// Allocates memory of the host that devices read and write directly. No size is an error.
    pub fn host_malloc(&self, size: usize) -> Result<NonNull<c_void>> {
        let (mut pointer, flags) = (std::ptr::null_mut(), sys::hipHostMallocDefault);
        // SAFETY: writes one pointer.
        unsafe { call!(self.hipHostMalloc(&mut pointer, size, flags)) }?;
        let none = || self.failure("hipHostMalloc", sys::hipError_t::OUT_OF_MEMORY);
        NonNull::new(pointer).ok_or_else(none)
    }

    /// Frees memory of the host.
    ///
    /// # Safety
    /// `pointer` comes from [`Hip::host_malloc`], no work uses it, and it is not used afterwards.
    pub unsafe fn host_free(&self, pointer: NonNull<c_void>) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { call!(self.hipHostFree(pointer.as_ptr())) }
    }

    /// Allocates in the order of a stream.
    ///
    /// # Safety
    /// `stream` is a stream of the current device.
    pub unsafe fn malloc_async(
        &self,
        size: usize,
        stream: sys::hipStream_t,
    ) -> Result<*mut c_void> {
        let mut pointer = std::ptr::null_mut();
        // SAFETY: writes one pointer; the caller promises that the stream is valid.
        unsafe { call!(self.hipMallocAsync(&mut pointer, size, stream)) }?;
        Ok(pointer)
    }

    /// Frees in the order of a stream.
    ///
    /// # Safety
    /// `pointer` comes from [`Hip::malloc_async`] and is not used by work put into the stream, or
    /// into others that do not wait for it, afterwards; `stream` is valid.
    pub unsafe fn free_async(&self, pointer: *mut c_void, stream: sys::hipStream_t) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { call!(self.hipFreeAsync(pointer, stream)) }
    }

    /// Copies in the order of a stream.
    ///
    /// # Safety
    /// Both ranges are valid for `size` bytes on the side that `kind` says until the copy is done,
    /// and do not overlap; `stream` is valid.
    pub unsafe fn memcpy_async(
        &self,
        destination: *mut c_void,
        source: *const c_void,
        size: usize,
        kind: sys::hipMemcpyKind,
        stream: sys::hipStream_t,
    ) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { call!(self.hipMemcpyAsync(destination, source, size, kind, stream)) }
    }

    /// Sets bytes in the order of a stream.
    ///
    /// # Safety
    /// The range is valid for `size` bytes of device memory; `stream` is valid.
    pub unsafe fn memset_async(
        &self,
        destination: *mut c_void,
        value: u8,
        size: usize,
        stream: sys::hipStream_t,
    ) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { call!(self.hipMemsetAsync(destination, value.into(), size, stream)) }
    }
}
