//! Devices under test.

use candle_core::{Device, Result, RocmDevice};

/// The targets whose code the suite runs on the emulator: wave64 without and with hardware's own
/// scratch, and three generations of wave32.
pub const EMULATED: &[&str] = &["gfx90a", "gfx942", "gfx1030", "gfx1100", "gfx1201"];

/// An emulated GPU, in the mode that reports mistakes which hardware does not.
///
/// # Errors
/// Where the target is not emulated, or has no kernels.
pub fn emulated(target: &str) -> Result<Device> {
    let device = RocmDevice::open(&format!("emulated:{target}:checked"))?;
    Ok(Device::Rocm(device))
}

/// Those of [`EMULATED`] that the emulator does not run in this build.
pub fn not_emulated() -> impl Iterator<Item = &'static str> {
    let known: Vec<_> = redwick_hip_emulator::targets().collect();
    let unknown = move |target: &&str| !known.contains(target);
    EMULATED.iter().copied().filter(unknown)
}
