//! What tests of whole models share: weights without files, the emulated GPUs, comparisons.

mod compare;
mod targets;
mod weights;

pub use compare::difference;
pub use targets::{Target, targets};
pub use weights::random_weights;
