//! Runs one of Candle's test functions on an emulated AMD GPU, and judges the outcome by the table
//! of those that cannot pass yet.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{catch_unwind, AssertUnwindSafe};

use grafted::{Device, Result};

/// For each file of Candle's, its test functions that cannot pass yet, each with a part of the
/// error that stops it.
type Unavailable = BTreeMap<String, BTreeMap<String, String>>;

/// The table.
const UNAVAILABLE: &str = include_str!("../unavailable.toml");

/// One of Candle's test functions.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// The file of Candle's that it is in.
    pub file: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Itself.
    pub run: fn(&Device) -> Result<()>,
}

/// Runs a case on the emulated `target`.
///
/// # Panics
/// When it fails and is not listed to, when it fails for another reason than the one listed, and
/// when it is listed and passes.
pub fn run_emulated(case: Case, target: &str) {
    let outcome = catch_unwind(AssertUnwindSafe(|| (case.run)(&emulated(target)?)));
    let failure = match outcome {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(panic) => Some(message(&*panic)),
    };
    match (listed(&case), failure) {
        (None, None) => {}
        (None, Some(failure)) => panic!("{failure}"),
        (Some(reason), None) => panic!("listed for `{reason}`, but passes: remove its line"),
        (Some(reason), Some(failure)) => {
            assert!(
                failure.contains(&reason),
                "listed for `{reason}`, but fails with: {failure}"
            );
        }
    }
}

/// The emulated GPU of a target.
///
/// # Errors
/// When there is no such target.
pub fn emulated(target: &str) -> Result<Device> {
    grafted::RocmDevice::open(&format!("emulated:{target}:checked")).map(Device::Rocm)
}

/// The reason for which a case is listed.
fn listed(case: &Case) -> Option<String> {
    let table: Unavailable = toml::from_str(UNAVAILABLE).expect("unavailable.toml is not readable");
    table.get(case.file)?.get(case.name).cloned()
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref().cloned())
        .unwrap_or_else(|| "a panic".to_owned())
}
