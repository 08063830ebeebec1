//! Runs Candle's test functions on emulated AMD GPUs, and judges the outcome by the table of those
//! that do not pass there as they are.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{catch_unwind, AssertUnwindSafe};

use grafted::rocm_backend::{tensor_ops, RocmError};
use grafted::{Device, Result, RocmDevice};
use serde::Deserialize;

/// How a test differs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// A part of its failure.
    pub failure: String,
    /// Why that is right.
    pub reason: String,
    /// How the names of the devices begin on which it differs; without it, on all.
    pub on: Option<String>,
}

/// The differing tests of each file of Candle's, by the names of the file and of the function.
pub type Differences = BTreeMap<String, BTreeMap<String, Difference>>;

/// The table.
const DIFFERENCES: &str = include_str!("../differences.toml");

/// One of Candle's test functions.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// A path of modules that ends in the file and the function.
    pub path: &'static str,
    /// The function, with its error in words.
    pub run: fn(&Device) -> std::result::Result<(), String>,
}

/// Runs a case on the emulated `target`.
///
/// # Panics
/// When it fails and is not listed to, when it fails for another reason than the one listed, and
/// when it is listed and passes.
pub fn run_emulated(case: Case, target: &str) {
    let device = emulated(target).unwrap_or_else(|error| panic!("{error}"));
    let outcome = catch_unwind(AssertUnwindSafe(|| (case.run)(&device)));
    let failure = match outcome {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error),
        Err(panic) => Some(message(&*panic)),
    };
    if let Err(verdict) = judge(listed(&case).as_ref(), failure) {
        panic!("{verdict}");
    }
}

/// Whether a test may end so: with this failure, or with none.
///
/// # Errors
/// What is wrong about it.
pub fn judge(
    listed: Option<&Difference>,
    failure: Option<String>,
) -> std::result::Result<(), String> {
    match (listed, failure) {
        (None, None) => Ok(()),
        (None, Some(failure)) => Err(failure),
        (Some(Difference { reason, .. }), None) => {
            Err(format!("listed ({reason}), but passes: remove its row"))
        }
        (Some(Difference { failure, .. }), Some(found)) if found.contains(failure) => Ok(()),
        (Some(Difference { failure, .. }), Some(found)) => {
            Err(format!("listed for `{failure}`, but fails with: {found}"))
        }
    }
}

/// The environment variable that names a device to run on in place of every emulated one: `nvidia:0`.
/// One target's tests are enough then: `cargo test -p redwick-candle-tests gfx942`.
pub const DEVICE_VARIABLE: &str = "REDWICK_TEST_DEVICES";

/// The emulated GPU of a target, in the mode that finds mistakes which hardware does not report, or
/// the device that [`DEVICE_VARIABLE`] names.
/// Each call gives a context of its own, so that what one test does wrong does not show in another.
///
/// # Errors
/// When there is no such target.
pub fn emulated(target: &str) -> Result<Device> {
    let name = named().unwrap_or_else(|| format!("emulated:{target}:checked"));
    let spec = name.parse();
    let context = spec
        .map_err(tensor_ops::Error::from)
        .and_then(|spec| tensor_ops::open_another(&spec))
        .map_err(RocmError::from)?;
    Ok(Device::Rocm(RocmDevice::from_context(context)))
}

/// The table of tests that differ.
///
/// # Panics
/// When it is not readable.
pub fn differences() -> Differences {
    toml::from_str(DIFFERENCES).expect("differences.toml is not readable")
}

/// How a case is listed to differ.
fn listed(case: &Case) -> Option<Difference> {
    let table = differences();
    let mut path = case.path.rsplit("::");
    let (function, file) = (path.next()?, path.next()?);
    let difference = table.get(file)?.get(function)?;
    let device = named().unwrap_or_else(|| "emulated".to_owned());
    let here = |on: &String| device.starts_with(on.as_str());
    difference
        .on
        .as_ref()
        .is_none_or(here)
        .then(|| difference.clone())
}

/// The device that [`DEVICE_VARIABLE`] names.
fn named() -> Option<String> {
    let name = std::env::var(DEVICE_VARIABLE).ok();
    name.filter(|name| !name.is_empty())
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref().cloned())
        .unwrap_or_else(|| "a panic".to_owned())
}

/// Candle's `test_device!`, which names a test for each of Candle's own backends, with a test on each
/// emulated target beside the one on the CPU.
#[macro_export]
macro_rules! test_on_targets {
    ($case:ident, $cpu:ident, $cuda:ident, $metal:ident) => {
        #[test]
        fn $cpu() -> Result<()> {
            $case(&Device::Cpu)
        }

        mod $case {
            const CASE: $crate::Case = $crate::Case {
                path: module_path!(),
                run: |device| super::$case(device).map_err(|error| format!("{error:#}")),
            };

            $crate::on_targets! {
                gfx90a gfx942 gfx1030 gfx1100 gfx1201
                // Near relatives of gfx942 and gfx1100: not worth their minutes in every run.
                #[ignore = "runs with `cargo xtask test --all`"] gfx950
                #[ignore = "runs with `cargo xtask test --all`"] gfx1151
            }
        }
    };
}

/// A test on each of these targets, of the `CASE` in scope.
#[macro_export]
macro_rules! on_targets {
    ($($(#[$meta:meta])? $target:ident)*) => {
        $(#[test]
        $(#[$meta])?
        fn $target() {
            $crate::run_emulated(CASE, stringify!($target));
        })*
    };
}
