//! HIP's C interface: raw types, constants and the table of functions.
//!
//! Names are HIP's own, from `hip/hip_runtime_api.h` of ROCm 6. Only what is called is bound.

#![allow(
    non_camel_case_types,
    non_upper_case_globals,
    reason = "the names of the C interface, so that its documentation applies"
)]

mod blas;
mod codes;
mod functions;
mod properties;
mod table;

use std::ffi::{c_int, c_uint, c_void};

pub use blas::*;
pub use codes::hipError_t;
pub use properties::hipDeviceProp_tR0600;
pub use table::Api;

/// Defines an opaque handle.
macro_rules! handle {
    ($(#[$meta:meta])* $name:ident, $opaque:ident) => {
        #[doc(hidden)]
        #[repr(C)]
        #[derive(Debug)]
        pub struct $opaque {
            _private: [u8; 0],
        }

        $(#[$meta])*
        pub type $name = *mut $opaque;
    };
}

handle! {
    /// A queue of work; null is the default stream.
    hipStream_t, ihipStream_t
}
handle! {
    /// A mark in a stream.
    hipEvent_t, ihipEvent_t
}
handle! {
    /// A loaded code object.
    hipModule_t, ihipModule_t
}
handle! {
    /// A kernel of a module.
    hipFunction_t, ihipModuleSymbol_t
}

handle! {
    /// Work that was noted in place of being done.
    hipGraph_t, ihipGraph
}
handle! {
    /// A graph that is ready to be launched.
    hipGraphExec_t, hipGraphExec
}
handle! {
    /// A piece of a graph's work.
    hipGraphNode_t, hipGraphNode
}

/// For an implementation of these functions: writes a result where the caller asked for it.
///
/// # Errors
/// Where the address is null or not that of a `T`: what to tell the caller.
///
/// # Safety
/// An address other than that must be a place for a `T`.
pub unsafe fn write_result<T>(out: *mut T, value: T) -> Result<(), String> {
    if out.is_null() || !out.is_aligned() {
        return Err(format!("{out:?} cannot take a result"));
    }
    // SAFETY: not null, aligned, and the caller says that it is a place for a `T`.
    unsafe { out.write(value) };
    Ok(())
}

/// An address in device memory.
pub type hipDeviceptr_t = *mut c_void;

/// Which way a copy goes.
pub type hipMemcpyKind = c_int;
/// From host to device.
pub const hipMemcpyHostToDevice: hipMemcpyKind = 1;
/// From device to host.
pub const hipMemcpyDeviceToHost: hipMemcpyKind = 2;
/// From device to device.
pub const hipMemcpyDeviceToDevice: hipMemcpyKind = 3;
/// The runtime finds out from the addresses.
pub const hipMemcpyDefault: hipMemcpyKind = 4;

/// Memory of the host with nothing asked of it but to stay where it is.
pub const hipHostMallocDefault: c_uint = 0;

/// A stream that does not wait for the default stream.
pub const hipStreamNonBlocking: c_uint = 1;

/// Which calls that cannot be part of a graph are refused while one is captured.
pub type hipStreamCaptureMode = c_int;
/// Those on the capturing stream alone; an allocation, for one, goes its usual way.
pub const hipStreamCaptureModeRelaxed: hipStreamCaptureMode = 2;

/// Whether a stream notes what is put into it.
pub type hipStreamCaptureStatus = c_int;
/// It does what is put into it.
pub const hipStreamCaptureStatusNone: hipStreamCaptureStatus = 0;
/// It notes it.
pub const hipStreamCaptureStatusActive: hipStreamCaptureStatus = 1;
/// It did, until a call that cannot be noted; the capture is still to be ended.
pub const hipStreamCaptureStatusInvalidated: hipStreamCaptureStatus = 2;

/// An event that can measure time.
pub const hipEventDefault: c_uint = 0;
/// An event that cannot measure time, and is cheaper for it.
pub const hipEventDisableTiming: c_uint = 2;

/// Marks the address of packed arguments in the `extra` list of a launch.
pub const HIP_LAUNCH_PARAM_BUFFER_POINTER: *mut c_void = std::ptr::without_provenance_mut(1);
/// Marks the address of the size of packed arguments in the `extra` list of a launch.
pub const HIP_LAUNCH_PARAM_BUFFER_SIZE: *mut c_void = std::ptr::without_provenance_mut(2);
/// Ends the `extra` list of a launch.
pub const HIP_LAUNCH_PARAM_END: *mut c_void = std::ptr::without_provenance_mut(3);
