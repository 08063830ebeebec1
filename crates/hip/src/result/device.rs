//! The runtime and its devices.

use std::ffi::c_int;

use super::{Hip, call};
use crate::error::Result;
use crate::sys;

/// The runtime and its devices.
impl Hip {
    /// The runtime's version: major × 10 000 000 + minor × 100 000 + patch.
    pub fn runtime_version(&self) -> Result<c_int> {
        let mut version = 0;
        // SAFETY: writes one int.
        unsafe { call!(self.hipRuntimeGetVersion(&mut version)) }?;
        Ok(version)
    }

    /// The number of devices. A library without devices fails with
    /// [`NO_DEVICE`](sys::hipError_t::NO_DEVICE).
    pub fn device_count(&self) -> Result<c_int> {
        let mut count = 0;
        // SAFETY: writes one int.
        unsafe { call!(self.hipGetDeviceCount(&mut count)) }?;
        Ok(count)
    }

    /// Makes a device the calling thread's current one.
    pub fn set_device(&self, device: c_int) -> Result<()> {
        // SAFETY: the function checks the number.
        unsafe { call!(self.hipSetDevice(device)) }
    }

    /// The calling thread's current device.
    pub fn get_device(&self) -> Result<c_int> {
        let mut device = 0;
        // SAFETY: writes one int.
        unsafe { call!(self.hipGetDevice(&mut device)) }?;
        Ok(device)
    }

    /// Properties of a device.
    pub fn properties(&self, device: c_int) -> Result<Box<sys::hipDeviceProp_tR0600>> {
        let mut properties = Box::new(sys::hipDeviceProp_tR0600::zeroed());
        // SAFETY: writes one struct of this layout, which the function's name is versioned by.
        unsafe { call!(self.hipGetDevicePropertiesR0600(&mut *properties, device)) }?;
        Ok(properties)
    }

    /// Waits for all work on the current device.
    pub fn synchronize_device(&self) -> Result<()> {
        // SAFETY: takes nothing.
        unsafe { call!(self.hipDeviceSynchronize()) }
    }
}
