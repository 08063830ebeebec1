//! The table of ops, by family.

mod attention;
mod copy;
mod elementwise;
mod images;
mod index;
mod matmul;
mod packed;
mod reduce;
mod rows;
mod scatter;
mod sort;

pub use attention::{ATTENTION, EXPERTS};
pub use copy::{CASTS, COPIES};
pub use elementwise::{BINARY, COMPARE, SCALED, UNARY, WHERE};
pub use images::{CONV, POOL, UPSAMPLE};
pub use index::INDEX;
pub use matmul::MATMUL;
pub use packed::PACKED_WEIGHTS;
pub use reduce::REDUCE;
pub use rows::{NORM, ROPE, SOFTMAX};
pub use scatter::SCATTER;
pub use sort::SORT;
