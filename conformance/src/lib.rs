//! One test suite over any device, each op against a CPU reference.
//!
//! [`FAMILIES`] is the table: a row of [`op::Op`] for each op says which dtypes, shapes and layouts
//! go in and how right the result must be. To add an op, add a row to a file of [`ops`] and, where
//! it is a new list of rows, the list to [`FAMILIES`]. `tests/suite` runs the table on each device
//! of [`EMULATED`], or of those that [`DEVICES_VARIABLE`] names, and on Candle's CPU backend itself.

mod check;
pub mod compare;
pub mod coverage;
pub mod cut;
mod devices;
pub mod op;
pub mod operand;
pub mod ops;
pub mod page;
pub mod rng;
pub mod shapes;
mod suite;
pub mod view;

pub use check::Outcome;
pub use devices::{
    DEVICES_VARIABLE, EMULATED, RELATED, device, emulated, not_emulated, tested, tests_emulated,
};
pub use suite::{FAMILIES, Family, by_name};
