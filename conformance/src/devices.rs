//! Devices under test.

use candle_core::{Device, Result, RocmDevice};

/// Targets of each kind that the emulator runs: wave64 with and without a unified register file, and
/// wave32.
pub const EMULATED: &[&str] = &["gfx90a", "gfx942", "gfx1100"];

/// An emulated GPU, in the mode that reports mistakes which hardware does not.
///
/// # Errors
/// Where the target is not emulated, or has no kernels.
pub fn emulated(target: &str) -> Result<Device> {
    let device = RocmDevice::open(&format!("emulated:{target}:checked"))?;
    Ok(Device::Rocm(device))
}
