//! Streams and events.

use std::ffi::c_uint;

use super::{Hip, call};
use crate::error::Result;
use crate::sys::{self, hipError_t};

/// Streams and events.
impl Hip {
    /// Makes a stream on the current device.
    pub fn create_stream(&self, flags: c_uint) -> Result<sys::hipStream_t> {
        let mut stream = std::ptr::null_mut();
        // SAFETY: writes one handle.
        unsafe { call!(self.hipStreamCreateWithFlags(&mut stream, flags)) }?;
        Ok(stream)
    }

    /// Ends a stream once its work is done.
    ///
    /// # Safety
    /// `stream` is valid, and not used afterwards.
    pub unsafe fn destroy_stream(&self, stream: sys::hipStream_t) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { call!(self.hipStreamDestroy(stream)) }
    }

    /// Waits for a stream's work.
    ///
    /// # Safety
    /// `stream` is valid.
    pub unsafe fn synchronize_stream(&self, stream: sys::hipStream_t) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { call!(self.hipStreamSynchronize(stream)) }
    }

    /// Whether a stream's work is done.
    ///
    /// # Safety
    /// `stream` is valid.
    pub unsafe fn query_stream(&self, stream: sys::hipStream_t) -> Result<bool> {
        // SAFETY: the caller promises so.
        ready(unsafe { call!(self.hipStreamQuery(stream)) })
    }

    /// Makes a stream wait for an event.
    ///
    /// # Safety
    /// Both are valid.
    pub unsafe fn wait_event(
        &self,
        stream: sys::hipStream_t,
        event: sys::hipEvent_t,
    ) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { call!(self.hipStreamWaitEvent(stream, event, 0)) }
    }

    /// Makes an event on the current device.
    pub fn create_event(&self, flags: c_uint) -> Result<sys::hipEvent_t> {
        let mut event = std::ptr::null_mut();
        // SAFETY: writes one handle.
        unsafe { call!(self.hipEventCreateWithFlags(&mut event, flags)) }?;
        Ok(event)
    }

    /// Ends an event.
    ///
    /// # Safety
    /// `event` is valid, and not used afterwards.
    pub unsafe fn destroy_event(&self, event: sys::hipEvent_t) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { call!(self.hipEventDestroy(event)) }
    }

    /// Puts an event behind the work that a stream holds.
    ///
    /// # Safety
    /// Both are valid, on one device.
    pub unsafe fn record_event(
        &self,
        event: sys::hipEvent_t,
        stream: sys::hipStream_t,
    ) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { call!(self.hipEventRecord(event, stream)) }
    }

    /// Waits for an event.
    ///
    /// # Safety
    /// `event` is valid.
    pub unsafe fn synchronize_event(&self, event: sys::hipEvent_t) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { call!(self.hipEventSynchronize(event)) }
    }

    /// Whether an event was reached.
    ///
    /// # Safety
    /// `event` is valid.
    pub unsafe fn query_event(&self, event: sys::hipEvent_t) -> Result<bool> {
        // SAFETY: the caller promises so.
        ready(unsafe { call!(self.hipEventQuery(event)) })
    }

    /// Milliseconds between two events.
    ///
    /// # Safety
    /// Both are valid.
    pub unsafe fn elapsed(&self, start: sys::hipEvent_t, stop: sys::hipEvent_t) -> Result<f32> {
        let mut milliseconds = 0.0;
        // SAFETY: writes one float; the caller promises that the events are valid.
        unsafe { call!(self.hipEventElapsedTime(&mut milliseconds, start, stop)) }?;
        Ok(milliseconds)
    }
}

/// Reads "not ready" as an answer.
fn ready(result: Result<()>) -> Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.code() == Some(hipError_t::NOT_READY) => Ok(false),
        Err(error) => Err(error),
    }
}
