//! Devices under test.

use std::sync::OnceLock;

use candle_core::{Device, Result, RocmDevice};

/// The targets whose code the suite runs on the emulator: wave64 without and with hardware's own
/// scratch, and three generations of wave32.
pub const EMULATED: &[&str] = &["gfx90a", "gfx942", "gfx1030", "gfx1100", "gfx1201"];

/// The environment variable that names the devices to test in place of [`EMULATED`], separated by
/// commas: `nvidia:0`, `rocm:0`.
pub const DEVICES_VARIABLE: &str = "REDWICK_TEST_DEVICES";

/// The devices that the suite runs on, by name: emulated ones by their targets.
pub fn tested() -> &'static [&'static str] {
    static TESTED: OnceLock<Vec<&'static str>> = OnceLock::new();
    TESTED.get_or_init(|| match std::env::var(DEVICES_VARIABLE) {
        Ok(names) if !names.is_empty() => names.leak().split(',').collect(),
        _ => EMULATED.to_vec(),
    })
}

/// Whether the suite runs on what it is written for, and not on devices that somebody named.
pub fn tests_emulated() -> bool {
    tested() == EMULATED
}

/// One of [`tested`].
///
/// # Errors
/// Where there is no such device, or it has no kernels.
pub fn device(name: &str) -> Result<Device> {
    if EMULATED.contains(&name) {
        return emulated(name);
    }
    Ok(Device::Rocm(RocmDevice::open(name)?))
}

/// Near relatives of gfx942 and gfx1100, on which a run of everything takes the cut of the cases.
pub const RELATED: &[&str] = &["gfx950", "gfx1151"];

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
