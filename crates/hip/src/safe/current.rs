//! Which device is current on the calling thread.

use std::cell::Cell;
use std::ffi::c_int;

thread_local! {
    /// The driver and the device that this thread made current last. One entry, not one for each
    /// driver: two drivers may be the same library.
    static CURRENT: Cell<Option<(u64, c_int)>> = const { Cell::new(None) };
}

/// Whether this device is current on the calling thread.
///
/// True only for what this crate made current: code that calls `hipSetDevice` by other means on
/// the same thread has to restore the device.
pub(super) fn is(driver: u64, device: c_int) -> bool {
    CURRENT.get() == Some((driver, device))
}

/// Notes that this device was made current on the calling thread.
pub(super) fn note(driver: u64, device: c_int) {
    CURRENT.set(Some((driver, device)));
}
