//! The suite: all families of ops, and a test for each on a device.

use candle_core::Device;

use crate::op::Op;
use crate::ops;

/// The families of the table, by name.
pub const FAMILIES: &[(&str, &[Op])] = &[
    ("copies", ops::COPIES),
    ("casts", ops::CASTS),
    ("unary", ops::UNARY),
    ("scaled", ops::SCALED),
    ("binary", ops::BINARY),
    ("compare", ops::COMPARE),
    ("choose", ops::WHERE),
    ("reduce", ops::REDUCE),
    ("softmax", ops::SOFTMAX),
    ("norm", ops::NORM),
    ("rope", ops::ROPE),
    ("index", ops::INDEX),
    ("matmul", ops::MATMUL),
];

/// The environment variable that says how many cases of each op and dtype to try.
const CASES_VARIABLE: &str = "REDWICK_CONFORMANCE_CASES";

/// Enough to meet each shape and each view in some op, and quick on an emulator.
const DEFAULT_CASES: usize = 40;

/// Checks all ops of a family on a device.
///
/// # Panics
/// With the list of all faults, where there is one; and where the family is unknown.
pub fn check_family(device: &Device, family: &str) {
    let cases = std::env::var(CASES_VARIABLE)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(DEFAULT_CASES);
    let found = FAMILIES.iter().find(|(name, _)| *name == family);
    let (_, ops) = found.unwrap_or_else(|| panic!("no family of ops is called {family}"));
    let faults: Vec<_> = ops.iter().flat_map(|op| op.check(device, cases)).collect();
    assert!(
        faults.is_empty(),
        "{} faults\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// Makes a module of tests, one for each family of ops, for the device that an expression opens.
#[macro_export]
macro_rules! conformance_tests {
    ($name:ident, $open:expr) => {
        $crate::conformance_tests!($name, $open,
            copies casts unary scaled binary compare choose reduce softmax norm rope index matmul);
    };
    ($name:ident, $open:expr, $($family:ident)*) => {
        mod $name {
            $(#[test]
            fn $family() {
                $crate::check_family(&$open, stringify!($family));
            })*

            #[test]
            fn no_family_is_left_out() {
                let tested = [$(stringify!($family)),*];
                assert!($crate::FAMILIES.iter().map(|(name, _)| *name).eq(tested));
            }
        }
    };
}
