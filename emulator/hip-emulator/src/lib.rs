//! HIP's C interface over the software AMD GPU, as a function table.
//!
//! [`driver`] gives a [`redwick_hip::Driver`] whose devices are emulated; nothing above the driver
//! can tell. Each target and set of [`Options`] is a HIP implementation of its own with its own
//! devices and memory, made when it is first asked for and kept for the rest of the process.
//!
//! What differs from a card: work is done before the call that asks for it returns, so a kernel's
//! fault is the result of its launch, and the device stays usable after it. The fault's whole text
//! is in the driver's error; with `REDWICK_EMULATOR_VERBOSE` set it also goes to stderr.
//!
//! How a call goes: an `extern "C"` function of `abi`, made by one macro from the driver's list,
//! finds its runtime by a constant of its type, and hands over to the function of the same name in
//! `calls`, a file for each noun. There handles and pointers are checked, once; what runs behind
//! them is the software GPU's business.

mod abi;
mod calls;
mod capture;
mod failure;
mod handles;
mod options;
mod runtime;

use std::sync::OnceLock;

use redwick_hip::Driver;
use redwick_hip::sys::Api;

pub use options::{Error, Options};
use runtime::{Runtime, SLOTS};

/// The names of the targets that are emulated.
pub fn targets() -> impl Iterator<Item = &'static str> {
    redwick_gpu::Target::names()
}

/// The function table of an emulated target such as `gfx942`.
///
/// # Errors
/// When the target is not emulated, or too many different sets of options are in use.
pub fn table(target: &str, options: &Options) -> Result<Api, Error> {
    Ok(abi::TABLES[Runtime::slot(target, options)?])
}

/// The driver of an emulated target: `gfx942`, or `gfx942:checked` for the mode that finds mistakes
/// which hardware does not report. The rest is as the environment says: see [`Options::from_env`].
///
/// The same words give the same driver.
///
/// # Errors
/// When the words are not understood, or as [`table`] and [`Options::from_env`] say.
pub fn driver(spec: &str) -> Result<Driver, Error> {
    let (target, options) = options::parse(spec)?;
    driver_with(target, &options)
}

/// The driver of an emulated target with options. The same options give the same driver.
///
/// # Errors
/// As [`table`].
pub fn driver_with(target: &str, options: &Options) -> Result<Driver, Error> {
    static DRIVERS: [OnceLock<Driver>; SLOTS] = [const { OnceLock::new() }; SLOTS];
    let slot = Runtime::slot(target, options)?;
    let new = || {
        let checked = if options.checked { ", checked" } else { "" };
        let description = format!("emulated {target}{checked}");
        // SAFETY: the functions of `abi` do what HIP's documentation says.
        unsafe { Driver::from_table(abi::TABLES[slot], description) }
    };
    Ok(DRIVERS[slot].get_or_init(new).clone())
}
